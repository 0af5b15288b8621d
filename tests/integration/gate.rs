//! Rows that break a contract never become a commit.

use weft_model::Code;
use weft_reconcile::{Change, OutcomeStatus};
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

/// Raises the contract of `sales.orders.lines` to 1.1.0, under which every order has an amount.
fn demand_amounts(mesh: &weft_testkit::Manifests) {
    let contract = "products/sales/orders/contracts/lines.odcs.yaml";
    mesh.edit(contract, "version: 1.0.0", "version: 1.1.0")
        .edit(contract, "logicalType: number", "logicalType: number\n        required: true")
        .edit("products/sales/orders/product.odps.yaml", "0002\n    version: 1.0.0", "0002\n    version: 1.1.0");
}

/// How many data files of the port there are in the home's warehouse, whichever commit names them.
fn data_files(mesh: &TestMesh) -> usize {
    let table = mesh.home().join("warehouse/sales/orders/lines");
    let names = std::fs::read_dir(table).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".parquet")).count()
}

#[tokio::test]
async fn what_more_a_contract_demands_is_checked_on_the_rows_where_they_lie() {
    let manifests = minimal_mesh();
    manifests.write("products/sales/orders/data/lines.csv", "order_id,amount\n1,10.50\n2,20.00\n");
    let mesh = TestMesh::start(manifests.path()).await;
    let files = data_files(&mesh);
    demand_amounts(&manifests);
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.plan.steps[0].change, Change::Evolve);
    assert_eq!(data_files(&mesh), files);
    assert_eq!(ask(&mesh, "ana", "select sum(amount) from sales.orders.lines").await.unwrap(), "30.50");
    let nullable = "select is_nullable from information_schema.columns where column_name = 'amount'";
    assert_eq!(ask(&mesh, "ana", nullable).await.unwrap(), "NO");
    mesh.stop().await;
}

#[tokio::test]
async fn rows_that_do_not_meet_what_more_a_contract_demands_keep_the_earlier_one_in_force() {
    let manifests = minimal_mesh();
    let mesh = TestMesh::start(manifests.path()).await;
    demand_amounts(&manifests);
    let report = mesh.reconcile().await;
    let outcome = report.outcomes.first().expect("one step");
    assert_eq!((outcome.status, outcome.code), (OutcomeStatus::Refused, Some(Code::DATA_REQUIRED)), "{report:?}");
    assert_eq!(ask(&mesh, "ana", "select count(*) from sales.orders.lines").await.unwrap(), "3");
    let (release, port) = {
        let published = mesh.catalog().published();
        let (release, port) = published.port(&"sales.orders.lines".parse().unwrap()).unwrap();
        (release.number, port.table_version)
    };
    assert_eq!((release, port), (1, Some(0)));
    mesh.stop().await;
}
