//! Large answers that nobody reads on: they hold up neither others nor, once their client is gone, their own principal.

use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::StreamExt;
use tonic::transport::{Channel, Endpoint};
use weft_testkit::TestMesh;

use crate::asking::{ask, client, fetch_prepared, handle, told, written};
use crate::guarded::guarded;

const COUNT: &str = "select count(*) from sales.orders.lines";
const ENDLESS: &str =
    "select a.value, b.value from generate_series(1, 1000000) a cross join generate_series(1, 100000) b";
/// So many queries one principal may have under way.
const QUERIES_MAX: usize = 16;

/// An answer without end, on a connection of its own, of which one batch was read.
async fn begun(mesh: &TestMesh, name: &str) -> Result<FlightRecordBatchStream, String> {
    begun_by(client(mesh, name).await).await
}

async fn begun_by(mut client: FlightSqlServiceClient<Channel>) -> Result<FlightRecordBatchStream, String> {
    let info = client.execute(ENDLESS.to_owned(), None).await.map_err(told)?;
    let mut rows = client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.map_err(told)?;
    rows.next().await.unwrap().map_err(told)?;
    Ok(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_on_holds_up_nobody_and_a_few_queries_of_its_own() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut unread = Vec::new();
    for _ in 1..QUERIES_MAX {
        unread.push(begun(&mesh, "olga").await.unwrap());
    }
    for _ in 0..50 {
        assert_eq!(ask(&mesh, "ana", COUNT).await.as_deref(), Ok("6"));
        assert_eq!(ask(&mesh, "olga", COUNT).await.as_deref(), Ok("10"));
    }
    unread.push(begun(&mesh, "olga").await.unwrap());
    let refusal = ask(&mesh, "olga", COUNT).await.unwrap_err();
    assert!(refusal.starts_with("W0216 "), "{refusal}");
    assert_eq!(ask(&mesh, "ana", COUNT).await.as_deref(), Ok("6"));
    // They are where they were, and go on as soon as they are read.
    for rows in &mut unread {
        assert!(rows.next().await.unwrap().unwrap().num_rows() > 0);
    }
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_disappears_gives_back_what_it_had() {
    let mesh = TestMesh::start(guarded().path()).await;
    for _ in 0..3 {
        let (url, token) = (mesh.flight().replace("grpc://", "http://"), mesh.token("olga"));
        // A client with threads of its own, which end without a word while its answers are under way.
        let theirs = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            let unread = runtime.block_on(async {
                let mut unread = Vec::new();
                loop {
                    let channel = Endpoint::from_shared(url.clone()).unwrap().connect().await.unwrap();
                    let mut client = FlightSqlServiceClient::new(channel);
                    client.set_token(token.clone());
                    match begun_by(client).await {
                        Ok(rows) => unread.push(rows),
                        Err(_) => break unread,
                    }
                }
            });
            let count = unread.len();
            runtime.shutdown_background();
            std::mem::forget(unread);
            count
        });
        assert!(theirs.join().unwrap() > 0);
        // The server hears of it when it hears of it.
        loop {
            match ask(&mesh, "olga", COUNT).await {
                Ok(count) => break assert_eq!(count, "10"),
                Err(refusal) => assert!(refusal.starts_with("W0216 "), "{refusal}"),
            }
        }
    }
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_statements_of_one_push_out_nothing_of_another() {
    let mesh = TestMesh::start(guarded().path()).await;
    let (mut ana, mut olga) = (client(&mesh, "ana").await, client(&mesh, "olga").await);
    let olgas = handle(&mut olga, COUNT).await.unwrap();
    let first = handle(&mut ana, COUNT).await.unwrap();
    let mut last = first.clone();
    // One principal keeps 500.
    for more in [500, 9_500] {
        for _ in 0..more {
            last = handle(&mut ana, COUNT).await.unwrap();
        }
        let refusal = fetch_prepared(&mut ana, first.clone()).await.map_err(told).unwrap_err();
        assert!(refusal.starts_with("W0905 "), "{refusal}");
        for (client, handle, count) in [(&mut ana, last.clone(), "6"), (&mut olga, olgas.clone(), "10")] {
            let rows = fetch_prepared(client, handle).await.map_err(told).unwrap();
            assert_eq!(written(&rows), count);
        }
    }
    mesh.stop().await;
}
