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
pub(crate) fn demand_amounts(mesh: &weft_testkit::Manifests) {
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

/// The minimal mesh, whose amounts are not below 0, of which there is one at least, and which had better be known.
fn with_rules() -> weft_testkit::Manifests {
    let mesh = minimal_mesh();
    let contract = "products/sales/orders/contracts/lines.odcs.yaml";
    let of_amounts = "physicalType: decimal(12,2)
        logicalTypeOptions: {minimum: 0, maximum: 1000}
        quality:
          - {id: known, type: library, metric: nullValues, unit: percent, mustBeLessThan: 10, severity: warning}";
    let of_table = "description: One row per order.
    quality:
      - {id: some, type: library, metric: rowCount, mustBeGreaterThan: 0}
      - {type: library, metric: duplicateValues, arguments: {properties: [order_id, amount]}, mustBe: 0}
      - {id: paid, type: sql, query: 'SELECT SUM(amount) FROM {object}', mustBeLessThan: 1500, severity: error}
      - {id: sane, type: sql, query: 'SELECT COUNT(*) < 100 FROM lines', mustBe: true}";
    mesh.edit(contract, "physicalType: decimal(12,2)", of_amounts).edit(
        contract,
        "description: One row per order.",
        of_table,
    );
    mesh
}

const CHECKS: &str = "select check_name, coalesce(column_name, '-'), outcome, coalesce(failing_rows, -1), coalesce(message, '-') \
                      from system.mesh.checks where check_name not in ('schema', 'required', 'primary_key') order by check_name";

#[tokio::test]
async fn quality_rules_are_checked_before_the_commit_and_what_they_found_is_told() {
    let mesh = TestMesh::start(with_rules().path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    let expected = "\
duplicateValues,order_id, amount,passed,0,-
known,amount,failed,1,column `amount`: check `known` counts 33.33 % of the rows, and must be below 10 %; the rule warns only
maximum,amount,passed,0,-
minimum,amount,passed,0,-
paid,-,passed,-1,-
sane,-,passed,-1,-
some,-,passed,-1,-";
    assert_eq!(ask(&mesh, "ana", CHECKS).await.as_deref(), Ok(expected));
    mesh.stop().await;
}

#[tokio::test]
async fn rows_that_break_a_quality_rule_are_refused_and_nothing_is_seen() {
    let manifests = with_rules();
    let mesh = TestMesh::start(manifests.path()).await;
    for (rows, told) in [
        ("1,10.50\n2,-20.00\n3,-1.00\n", "column `amount`: check `minimum` counts 2 rows, and must be 0"),
        ("1,10.50\n2,1000.01\n", "column `amount`: check `maximum` counts 1 row, and must be 0"),
        ("1,900.00\n2,900.00\n", "check `paid` returns 1800, and must be below 1500"),
        ("", "check `some` counts 0 rows, and must be above 0; check `paid` returns nothing, and must be below 1500"),
    ] {
        manifests.write(SEED, format!("order_id,amount\n{rows}"));
        let report = mesh.reconcile().await;
        let outcome = report.outcomes.first().expect("one step");
        assert_eq!((outcome.status, outcome.code), (OutcomeStatus::Refused, Some(Code::DATA_QUALITY)), "{report:?}");
        assert_eq!(outcome.message.as_deref(), Some(told));
        assert_eq!(ask(&mesh, "ana", COUNT).await.unwrap(), "3");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn a_new_rule_is_checked_on_the_rows_where_they_lie() {
    let manifests = minimal_mesh();
    let mesh = TestMesh::start(manifests.path()).await;
    let files = data_files(&mesh);
    let contract = "products/sales/orders/contracts/lines.odcs.yaml";
    let raise = |from: &str, to: &str, maximum: u32| {
        let bound = format!("physicalType: decimal(12,2)\n        logicalTypeOptions: {{maximum: {maximum}}}");
        let text = manifests.text(contract);
        let (before, _) = text.split_once("physicalType: decimal(12,2)").unwrap();
        manifests.write(contract, format!("{before}{bound}\n").replace(from, to)).edit(
            "products/sales/orders/product.odps.yaml",
            &format!("0002\n    {from}"),
            &format!("0002\n    {to}"),
        );
    };
    raise("version: 1.0.0", "version: 1.1.0", 20);
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.plan.steps[0].change, Change::Evolve);
    raise("version: 1.1.0", "version: 1.2.0", 19);
    let report = mesh.reconcile().await;
    assert_eq!(report.outcomes.first().and_then(|outcome| outcome.code), Some(Code::DATA_QUALITY), "{report:?}");
    assert_eq!(data_files(&mesh), files);
    mesh.stop().await;
}

#[tokio::test]
async fn a_contract_that_is_refused_leaves_to_readers_what_they_had() {
    let manifests = minimal_mesh();
    let mesh = TestMesh::start(manifests.path()).await;
    let rows = "select * from sales.orders.lines order by order_id";
    let before = ask(&mesh, "ana", rows).await.unwrap();
    assert!(before.starts_with("1,10.50"), "{before}");
    demand_amounts(&manifests);
    assert!(!mesh.reconcile().await.is_complete());
    assert_eq!(ask(&mesh, "ana", rows).await.unwrap(), before);
    mesh.stop().await;
}
