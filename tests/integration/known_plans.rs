//! A query that is asked again is planned once, and decided each time.

use weft_testkit::TestMesh;

use crate::asking::{Door, ask, ask_at};
use crate::guarded::guarded;

const COUNT: &str = "select count(*) from sales.orders.lines";
const READ: &str = "p, role:analyst, dom:sales, obj:sales, read, *, -, allow\n";

#[tokio::test]
async fn what_is_known_is_decided_anew_for_each_who_asks_and_under_the_policies_of_now() {
    let manifests = guarded();
    let mesh = TestMesh::start(manifests.path()).await;
    for _ in 0..3 {
        assert_eq!(ask(&mesh, "ana", COUNT).await.as_deref(), Ok("6"));
        assert_eq!(ask(&mesh, "olga", COUNT).await.as_deref(), Ok("10"));
        assert!(ask(&mesh, "nobody", COUNT).await.is_err());
    }
    let purpose = |purpose| ask_at(Door::Statement, &mesh, "mo", purpose, COUNT);
    for _ in 0..2 {
        assert!(purpose(Some("modelling")).await.is_ok());
        assert!(purpose(None).await.is_err());
    }
    manifests.edit("products/sales/access.csv", READ, "");
    mesh.reconcile().await;
    assert!(ask(&mesh, "ana", COUNT).await.is_err());
    assert_eq!(ask(&mesh, "olga", COUNT).await.as_deref(), Ok("10"));
    mesh.stop().await;
}

#[tokio::test]
async fn each_use_of_a_known_plan_is_on_record_and_reads_what_is_released_now() {
    let manifests = guarded();
    let mesh = TestMesh::start(manifests.path()).await;
    for _ in 0..3 {
        assert_eq!(ask(&mesh, "olga", COUNT).await.as_deref(), Ok("10"));
    }
    let rows = manifests.text("products/sales/orders/data/lines.csv");
    manifests.write("products/sales/orders/data/lines.csv", format!("{rows}99,EU,zoe@example.com,7,late\n"));
    mesh.reconcile().await;
    assert_eq!(ask(&mesh, "olga", COUNT).await.as_deref(), Ok("11"));
    let reads = "select port, queries from system.usage.reads where principal = 'user:olga' and column_name is null";
    assert_eq!(ask(&mesh, "olga", reads).await.as_deref(), Ok("sales.orders.lines,4"));
    let decided = "select count(*) from system.audit.decisions where principal = 'user:olga' and action = 'read'";
    assert_eq!(ask(&mesh, "olga", decided).await.as_deref(), Ok("4"));
    mesh.stop().await;
}

#[tokio::test]
async fn what_depends_on_the_moment_is_planned_each_time() {
    let mesh = TestMesh::start(guarded().path()).await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        seen.insert(
            ask(&mesh, "olga", "select now(), order_id from sales.orders.lines order by 2 limit 1").await.unwrap(),
        );
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
    mesh.stop().await;
}
