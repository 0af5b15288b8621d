//! What queries leave behind about what they read, and who is told.

use std::sync::Arc;

use weft::Settings;
use weft::clock::SystemClock;
use weft_model::Clock;
use weft_testkit::TestMesh;

use crate::asking::{Door, ask, ask_at, request};
use crate::guarded::guarded;

/// What `reader` is told that `principal` has read: port, column and number of queries.
async fn read_by(mesh: &TestMesh, reader: &str, principal: &str) -> String {
    let sql = format!(
        "select port, coalesce(column_name, '*'), sum(queries) from system.usage.reads \
         where principal = '{principal}' group by port, column_name order by port, column_name nulls first"
    );
    ask(mesh, reader, &sql).await.unwrap()
}

#[tokio::test]
async fn a_query_is_known_by_what_it_reads_and_a_refused_one_by_its_code() {
    let mesh = TestMesh::start(guarded().path()).await;
    ask(&mesh, "ana", "select order_id from sales.orders.lines where region = 'EU'").await.unwrap();
    ask_at(Door::RestJson, &mesh, "ana", None, "select count(*) from sales.orders.lines").await.unwrap();
    ask_at(Door::PreparedHandle, &mesh, "ana", None, "select max(email) from sales.seen.recent").await.unwrap();
    let explained = ask(&mesh, "ana", "explain select amount from sales.orders.lines").await;
    assert!(explained.is_ok(), "{explained:?}");
    for door in [Door::Statement, Door::Prepared, Door::RestJson] {
        for sql in ["select note from sales.orders.lines", "select 1 from sales.secret.lines"] {
            assert!(ask_at(door, &mesh, "ana", None, sql).await.is_err());
        }
    }

    let expected = "sales.orders.lines,*,3\nsales.orders.lines,email,1\nsales.orders.lines,order_id,1\n\
                    sales.orders.lines,region,1\nsales.seen.recent,*,1\nsales.seen.recent,email,1";
    assert_eq!(read_by(&mesh, "ana", "user:ana").await, expected);
    let outcomes = "select door, outcome, row_count, count(*) from system.usage.queries \
                    where ports is not null or outcome <> 'ok' group by door, outcome, row_count order by 1, 2, 3";
    assert_eq!(
        ask(&mesh, "ana", outcomes).await.unwrap(),
        "flight,W0202,0,2\nflight,W0203,0,2\nflight,ok,1,1\nflight,ok,6,1\nhttp,W0202,0,1\nhttp,W0203,0,1\nhttp,ok,1,1"
    );
    let ports = "select ports from system.usage.queries where ports like '%recent'";
    assert_eq!(ask(&mesh, "ana", ports).await.unwrap(), "sales.orders.lines\nsales.seen.recent");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request(&mesh, "ana", "select 1").header("traceparent", trace).send().await.unwrap().text().await.unwrap();
    let traced = "select count(*) from system.usage.queries where trace = '0af7651916cd43dd8448eb211c80319c'";
    assert_eq!(ask(&mesh, "ana", traced).await.unwrap(), "1");
    mesh.stop().await;
}

#[tokio::test]
async fn reads_of_others_are_for_who_answers_for_the_port_and_outlast_a_restart() {
    let manifests = guarded();
    let mesh = TestMesh::start(manifests.path()).await;
    ask_at(Door::Statement, &mesh, "mo", Some("modelling"), "select region from sales.orders.lines").await.unwrap();
    let home = mesh.stop().await;
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::new(SystemClock)).await.unwrap();

    let by_mo = "sales.orders.lines,*,1\nsales.orders.lines,region,1";
    assert_eq!(read_by(&mesh, "mo", "user:mo").await, by_mo);
    assert_eq!(read_by(&mesh, "olga", "user:mo").await, by_mo);
    // The transform of `totals` read its input as the domain's service.
    let by_service = "sales.orders.lines,*,1\nsales.orders.lines,amount,1";
    assert_eq!(read_by(&mesh, "olga", "service:sales-jobs").await, by_service);
    for stranger in ["ana", "vera", "nobody"] {
        for principal in ["user:mo", "service:sales-jobs"] {
            assert_eq!(read_by(&mesh, stranger, principal).await, "", "{stranger}");
        }
        let others = format!("select count(*) from system.usage.queries where principal <> 'user:{stranger}'");
        assert_eq!(ask(&mesh, stranger, &others).await.unwrap(), "0");
    }
    let purposes = "select distinct purpose from system.usage.reads where principal = 'user:mo'";
    assert_eq!(ask(&mesh, "olga", purposes).await.unwrap(), "modelling");

    let since = SystemClock.now() - chrono::Duration::hours(1);
    let observed = mesh.catalog().reads_since(since).await.unwrap();
    let observed: Vec<_> = observed
        .iter()
        .map(|read| format!("{} {} {}", read.port, read.column.as_deref().unwrap_or("*"), read.principal))
        .collect();
    assert_eq!(
        observed,
        [
            "sales.orders.lines * service:sales-jobs",
            "sales.orders.lines * user:mo",
            "sales.orders.lines amount service:sales-jobs",
            "sales.orders.lines region user:mo",
        ]
    );
    mesh.stop().await;
}
