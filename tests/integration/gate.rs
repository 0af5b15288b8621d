//! Rows that break a contract never become a commit.

use weft_model::Code;
use weft_reconcile::OutcomeStatus;
use weft_testkit::{TestMesh, minimal_mesh};

use crate::asking::ask;

const SEED: &str = "products/sales/orders/data/lines.csv";
const COUNT: &str = "select count(*) from sales.orders.lines";

#[tokio::test]
async fn a_required_column_with_a_null_is_refused_and_nothing_is_seen() {
    check_refused("order_id,amount\n1,10.50\n,20.00\n", Code::DATA_REQUIRED).await;
}

#[tokio::test]
async fn a_key_that_comes_twice_is_refused_and_nothing_is_seen() {
    check_refused("order_id,amount\n1,10.50\n1,20.00\n", Code::DATA_KEY).await;
}

#[tokio::test]
async fn a_file_that_lacks_a_column_is_refused_and_nothing_is_seen() {
    check_refused("order_id\n1\n", Code::DATA_SCHEMA).await;
}

#[tokio::test]
async fn a_value_that_is_none_of_its_type_is_refused_and_nothing_is_seen() {
    check_refused("order_id,amount\none,10.50\n", Code::DATA_SCHEMA).await;
}

/// Both for a port that nobody has seen yet, and for one that stays as it is.
async fn check_refused(rows: &str, code: Code) {
    let manifests = minimal_mesh();
    let sound = manifests.text(SEED);
    manifests.write(SEED, rows);
    let mesh = TestMesh::start(manifests.path()).await;
    let [outcome] = mesh.first.outcomes.as_slice() else { panic!("one step: {:?}", mesh.first.outcomes) };
    assert_ne!(outcome.status, OutcomeStatus::Applied);
    assert_eq!(outcome.code, Some(code), "{:?}", outcome.message);
    assert!(mesh.catalog().published().releases.is_empty());
    assert!(ask(&mesh, "ana", COUNT).await.unwrap_err().starts_with("W0202 "));

    manifests.write(SEED, sound);
    assert!(mesh.reconcile().await.is_complete());
    assert_eq!(ask(&mesh, "ana", COUNT).await.unwrap(), "3");
    let before = mesh.catalog().published();

    manifests.write(SEED, rows);
    let report = mesh.reconcile().await;
    assert_eq!(report.outcomes.first().and_then(|outcome| outcome.code), Some(code));
    assert_eq!(mesh.catalog().published().releases, before.releases);
    assert_eq!(ask(&mesh, "ana", COUNT).await.unwrap(), "3");
    mesh.stop().await;
}
