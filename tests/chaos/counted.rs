//! What a commit reads: where the log can answer a contract's rules, no data file is opened for them.

use object_store::path::Path;
use weft_reconcile::Change;
use weft_testkit::faults::{Call, FaultStore, Operation, Script};
use weft_testkit::{Manifests, minimal_mesh};

use crate::disk::Disk;
use crate::process::Process;

const SEED: &str = "products/sales/orders/data/lines.csv";
const PRODUCT: &str = "products/sales/copies/product.odps.yaml";
const CONTRACT: &str = "products/sales/copies/contracts/lines.odcs.yaml";
/// One row upstream stands for so many here.
const ROWS_EACH: u32 = 1_000_000;
const FILE_BYTES: u64 = 64 << 20;

/// `sales.copies.lines`, which gains a million rows with each order, and whose rules are about rows, NULLs and bounds.
fn mesh() -> Manifests {
    let mesh = minimal_mesh();
    mesh.write(
        PRODUCT,
        "apiVersion: v1.1.0\nkind: DataProduct\nid: copies\nname: Copies\nversion: 1.0.0\nstatus: active\ndomain: sales\n\
         description:\n  purpose: Many rows.\ninputPorts:\n  - name: lines\n    contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0002\n    \
         version: 1.0.0\noutputPorts:\n  - name: lines\n    description: Many rows.\n    type: tables\n    contractId: many\n    \
         version: 1.0.0\n    customProperties:\n      - {property: transform, vendor: weft, value: {kind: append}}\n",
    )
    .write(
        CONTRACT,
        "apiVersion: v3.2.0\nkind: DataContract\nid: many\nname: Many\nversion: 1.0.0\ndescription:\n  purpose: Many rows.\n\
         schema:\n  - name: lines\n    physicalType: table\n    description: Many rows.\n    \
         quality: [{id: some, metric: rowCount, mustBeBetween: [1, 20000000]}]\n    properties:\n      \
         - {name: id, description: Number., logicalType: integer, physicalType: bigint, required: true, \
         logicalTypeOptions: {minimum: 1, exclusiveMaximum: 1000000000}}\n      \
         - {name: day, description: In 2020., logicalType: date, physicalType: date, \
         logicalTypeOptions: {minimum: '2020-01-01', maximum: '2020-12-31'}, \
         quality: [{id: filled, metric: nullValues, mustBe: 0}]}\n      \
         - {name: price, description: Below ten., logicalType: number, physicalType: 'decimal(15,2)', \
         logicalTypeOptions: {minimum: 0, maximum: 9.99}}\n",
    )
    .write(
        "products/sales/copies/transforms/lines.sql",
        format!(
            "SELECT l.order_id * {ROWS_EACH} + s.value AS id, DATE '2020-01-01' + CAST(s.value % 366 AS INT) AS day,\n\
             CAST(CAST(s.value % 1000 AS DOUBLE) / 100 AS DECIMAL(15,2)) AS price\n\
             FROM sales.orders.lines AS l CROSS JOIN generate_series(1, {ROWS_EACH}) AS s\n"
        ),
    );
    orders(&mesh, 1);
    mesh
}

fn orders(mesh: &Manifests, count: u32) {
    let rows: String = (1..=count).map(|order| format!("{order},1.00\n")).collect();
    mesh.write(SEED, format!("order_id,amount\n{rows}"));
}

fn is_data(path: &Path) -> bool {
    path.as_ref().contains("sales/copies/lines/") && path.extension() == Some("parquet")
}

/// The calls that ended since there were `before` of them.
fn calls_since(store: &FaultStore, before: usize) -> Vec<Call> {
    store.history().into_iter().skip(before).map(|event| event.call).collect()
}

#[tokio::test]
async fn a_commit_whose_rules_the_log_can_answer_opens_no_data_file() {
    let (disk, manifests) = (Disk::new(), mesh());
    let store = FaultStore::new(disk.store(), Script::sound());
    let process = Process::with_files_of(FILE_BYTES, &disk, &store, manifests.path()).await.unwrap();
    let report = process.reconcile().await.unwrap();
    assert!(report.is_complete(), "{report:#?}");

    let before = store.history().len();
    orders(&manifests, 11);
    let report = process.reconcile().await.unwrap();
    assert!(report.is_complete(), "{report:#?}");
    assert!(report.plan.steps.iter().any(|step| step.change == Change::Increment), "{report:#?}");
    assert_eq!(process.ask("select count(*) from sales.copies.lines").await.unwrap(), ["11000000"]);
    let scanned = "select count(*), sum(scanned_bytes) from system.mesh.checks where port = 'sales.copies.lines'";
    assert_eq!(process.ask(scanned).await.unwrap(), ["20,0"], "ten checks of two commits");

    let calls = calls_since(&store, before);
    let commit = |call: &Call| call.is(Operation::Put, "sales/copies/lines/_delta_log/00000000000000000001.json");
    let committed = calls.iter().position(commit).expect("the commit is put");
    let calls = &calls[..committed];
    let data: Vec<&Call> = calls.iter().filter(|call| is_data(&call.path)).collect();
    assert!(data.iter().any(|call| matches!(call.operation, Operation::Put | Operation::Upload)), "{data:?}");
    let opened: Vec<_> = data.iter().filter(|call| call.operation == Operation::Get).collect();
    assert!(opened.is_empty(), "neither what is staged nor what lies there is opened: {opened:?}");
}

#[tokio::test]
async fn a_commit_with_a_rule_that_bounds_cannot_answer_opens_what_it_must() {
    let (disk, manifests) = (Disk::new(), mesh());
    manifests.edit(CONTRACT, "maximum: 9.99", "maximum: 9.99, multipleOf: 0.01").edit(
        "products/sales/copies/transforms/lines.sql",
        &format!("(1, {ROWS_EACH})"),
        "(1, 1000)",
    );
    let store = FaultStore::new(disk.store(), Script::sound());
    let process = Process::with_files_of(FILE_BYTES, &disk, &store, manifests.path()).await.unwrap();
    let report = process.reconcile().await.unwrap();
    assert!(report.is_complete(), "{report:#?}");
    let calls = calls_since(&store, 0);
    let committed =
        calls.iter().position(|call| call.is(Operation::Put, "copies/lines/_delta_log/")).expect("a commit");
    assert!(calls[..committed].iter().any(|call| call.operation == Operation::Get && is_data(&call.path)), "{calls:?}");
}
