//! The Flight door where clients misbehave, go away, or keep what they were given.

use std::sync::Arc;
use std::time::Duration;

use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{ProstMessageExt, TicketStatementQuery};
use arrow_flight::{Action, FlightEndpoint, FlightInfo, RenewFlightEndpointRequest, Ticket};
use futures::StreamExt;
use prost::Message;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use weft::Settings;
use weft_testkit::{FixedClock, TestMesh};

use crate::asking::{ask, client, fetch, told, written};
use crate::guarded::guarded;

const COUNT: &str = "select count(*) from sales.orders.lines";
const ENDLESS: &str =
    "select a.value, b.value from generate_series(1, 1000000) a cross join generate_series(1, 100000) b";

/// How a connection of HTTP/2 begins: the preface, and settings that say nothing.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn call<T>(mesh: &TestMesh, name: &str, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {}", mesh.token(name)).parse().unwrap());
    request
}

async fn flight(client: &mut FlightSqlServiceClient<Channel>, sql: &str) -> FlightInfo {
    client.execute(sql.to_owned(), None).await.unwrap()
}

#[tokio::test]
async fn connections_that_say_nothing_or_nonsense_hold_up_nobody() {
    let mesh = TestMesh::start(guarded().path()).await;
    let address = mesh.flight().trim_start_matches("grpc://").to_owned();
    let mut open = Vec::new();
    for said in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", &PREFACE[..9], PREFACE, b"\x16\x03\x01\x02\0\x01\0\x01"] {
        for _ in 0..40 {
            let mut connection = TcpStream::connect(&address).await.unwrap();
            connection.write_all(said).await.unwrap();
            open.push(connection);
        }
    }
    assert_eq!(ask(&mesh, "olga", COUNT).await.as_deref(), Ok("10"));
    // They keep the door from closing no more than they keep others out.
    tokio::time::timeout(Duration::from_secs(8), mesh.stop()).await.unwrap();
    drop(open);
}

#[tokio::test]
async fn a_ticket_that_is_none_is_refused_and_nothing_else_ends() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut ana = client(&mesh, "ana").await;
    let right = TicketStatementQuery { statement_handle: "x".into() }.as_any().encode_to_vec();
    let cut = right[..right.len() - 3].to_vec();
    for bytes in [Vec::new(), vec![0xff; 64], cut, vec![0; 1 << 20]] {
        let ticket = Ticket::new(bytes);
        let refusal = ana.inner_mut().do_get(call(&mesh, "ana", ticket)).await.map(drop).unwrap_err();
        assert_eq!(refusal.code(), tonic::Code::InvalidArgument, "{refusal}");
        assert!(refusal.message().starts_with("W0906 "), "{refusal}");
        assert!(refusal.metadata().contains_key("x-weft-trace-id"));
    }
    let unknown = ana.inner_mut().do_get(call(&mesh, "ana", Ticket::new(right))).await.map(drop).unwrap_err();
    assert_eq!(unknown.code(), tonic::Code::NotFound, "{unknown}");
    let large = Ticket::new(vec![0; 17 << 20]);
    assert!(ana.inner_mut().do_get(call(&mesh, "ana", large)).await.is_err());
    assert_eq!(ask(&mesh, "ana", COUNT).await.as_deref(), Ok("6"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_query_ends_when_its_client_goes_away() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut olga = client(&mesh, "olga").await;
    // Far more than one principal may have under way: each must end for the later ones to begin.
    for _ in 0..50 {
        let info = loop {
            // The server hears of it when it hears of it.
            match olga.execute(ENDLESS.to_owned(), None).await.map_err(told) {
                Ok(info) => break info,
                Err(refusal) => assert!(refusal.starts_with("W0216 "), "{refusal}"),
            }
        };
        let ticket = info.endpoint[0].ticket.clone().unwrap();
        let Ok(mut rows) = olga.do_get(ticket).await else { continue };
        rows.next().await.unwrap().unwrap();
    }
    assert_eq!(ask(&mesh, "olga", COUNT).await.as_deref(), Ok("10"));
    mesh.stop().await;
}

#[tokio::test]
async fn who_asks_for_compression_reads_the_same_rows() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut plain = client(&mesh, "olga").await;
    let squeezing = plain.inner().clone().accept_compressed(CompressionEncoding::Zstd);
    let mut squeezing = FlightSqlServiceClient::new_from_inner(squeezing);
    squeezing.set_token(mesh.token("olga"));
    let sql = "select * from sales.orders.lines order by 1";
    let (one, other) = (flight(&mut plain, sql).await, flight(&mut squeezing, sql).await);
    let (one, other) = (fetch(&mut plain, one).await.unwrap(), fetch(&mut squeezing, other).await.unwrap());
    assert!(written(&one).lines().count() == 10);
    assert_eq!(written(&one), written(&other));
    mesh.stop().await;
}

#[tokio::test]
async fn a_ticket_that_is_renewed_lives_longer_and_says_until_when() {
    let clock = Arc::new(FixedClock::at("2026-03-01T12:00:00Z"));
    let home = TempDir::new().unwrap();
    let manifests = guarded();
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, clock.clone()).await.unwrap();
    let mut olga = client(&mesh, "olga").await;
    let info = flight(&mut olga, COUNT).await;
    let until = |endpoint: &FlightEndpoint| endpoint.expiration_time.as_ref().unwrap().seconds;
    let first = until(&info.endpoint[0]);

    clock.advance(chrono::Duration::minutes(4));
    let request = RenewFlightEndpointRequest { endpoint: Some(info.endpoint[0].clone()) }.encode_to_vec();
    let renew = || Action { r#type: "RenewFlightEndpoint".to_owned(), body: request.clone().into() };
    let refusal = olga.inner_mut().do_action(call(&mesh, "ana", renew())).await.map(drop).unwrap_err();
    assert_eq!(refusal.code(), tonic::Code::NotFound, "another's ticket: {refusal}");
    let renewed = olga.inner_mut().do_action(call(&mesh, "olga", renew())).await.unwrap().into_inner().next().await;
    let renewed = FlightEndpoint::decode(renewed.unwrap().unwrap().body).unwrap();
    assert_eq!(until(&renewed) - first, 4 * 60);

    clock.advance(chrono::Duration::minutes(4));
    let rows = fetch(&mut olga, info).await.unwrap();
    assert_eq!(written(&rows), "10");
    mesh.stop().await;
}
