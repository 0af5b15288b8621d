//! Tables that change in part: what comes of each kind when its inputs change.

use weft_model::{Code, PortRef};
use weft_reconcile::{Change, OutcomeStatus, Report};
use weft_testkit::{Manifests, TestMesh, minimal_mesh};

use crate::asking::ask;

const SEED: &str = "products/sales/orders/data/lines.csv";
pub(crate) const PRODUCT: &str = "products/sales/copies/product.odps.yaml";
const CONTRACT: &str = "products/sales/copies/contracts/lines.odcs.yaml";
const SQL: &str = "products/sales/copies/transforms/lines.sql";

const COPIES: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0021
name: Copies
version: 1.0.0
status: active
domain: sales
description:
  purpose: What was ordered, kept in another way.
inputPorts:
  - name: lines
    contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0002
    version: 1.0.0
outputPorts:
  - name: lines
    description: Orders.
    type: tables
    contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0022
    version: 1.0.0
    customProperties:
      - property: transform
        vendor: weft
        value: ";

const LINES: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0022
name: Lines
version: 1.0.0
description:
  purpose: What was ordered, kept in another way.
schema:
  - name: lines
    physicalType: table
    description: Orders.
    properties:
";

pub(crate) const DAY: &str =
    "      - {name: day, description: The day., logicalType: date, physicalType: date, required: true";
pub(crate) const ORDER: &str =
    "      - {name: order_id, description: Number., logicalType: integer, physicalType: bigint, required: true";
pub(crate) const AMOUNT: &str =
    "      - {name: amount, description: Cost., logicalType: number, physicalType: 'decimal(12,2)', required: true";

/// `sales.orders.lines` with a day for each order, and `sales.copies.lines` made from it.
pub(crate) fn mesh(transform: &str, columns: &[&str], sql: &str, rows: &str) -> Manifests {
    let manifests = minimal_mesh();
    let upstream = "products/sales/orders/contracts/lines.odcs.yaml";
    let contract = manifests.text(upstream) + DAY + "}\n";
    manifests
        .write(upstream, contract)
        .write(SEED, format!("order_id,amount,day\n{rows}"))
        .write(PRODUCT, format!("{COPIES}{transform}\n"))
        .write(CONTRACT, format!("{LINES}{}}}\n", columns.join("}\n")))
        .write(SQL, sql);
    manifests
}

/// `sales.copies.lines` as the number and sum of each day's orders, and `olga`, who owns the domain.
pub(crate) fn by_days(rows: &str) -> Manifests {
    let sql = "select day, count(*) as order_id, cast(sum(amount) as decimal(12,2)) as amount \
               from sales.orders.lines group by day";
    let manifests = mesh("{kind: by_time, time: {column: day, interval: P1D}}", &[DAY, ORDER, AMOUNT], sql, rows);
    let ana = "  - {name: ana, groups: [analysts], attributes: {}}\n";
    let olga = ana.replace("ana, groups: [", "olga, groups: [sales-owners, ");
    manifests.edit("governance/principals.yaml", ana, &format!("{ana}{olga}"));
    manifests
}

/// Replaces the rows of the upstream file, and brings the mesh up to date.
pub(crate) async fn reconcile(mesh: &TestMesh, manifests: &Manifests, rows: &str) -> Report {
    manifests.write(SEED, format!("order_id,amount,day\n{rows}"));
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:#?}");
    report
}

/// What became of the copy in a report.
#[track_caller]
pub(crate) fn change(report: &Report) -> Change {
    let copies: PortRef = "sales.copies.lines".parse().unwrap();
    report.plan.steps.iter().find(|step| step.port == copies).expect("a step").change
}

pub(crate) async fn copies(mesh: &TestMesh) -> String {
    let rows = ask(mesh, "ana", "select * from sales.copies.lines order by 1, 2, 3").await;
    rows.unwrap().replace('\n', " ")
}

fn version(mesh: &TestMesh) -> u64 {
    let published = mesh.catalog().published();
    let (_, port) = published.port(&"sales.copies.lines".parse().unwrap()).unwrap();
    port.table_version.unwrap()
}

#[tokio::test]
async fn rows_that_an_input_gains_are_added_once_and_none_goes() {
    let sql = "select order_id, amount, day from sales.orders.lines where amount > 1";
    let manifests = mesh("{kind: append}", &[ORDER, AMOUNT, DAY], sql, "1,10,2024-01-01\n2,20,2024-01-01\n");
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    assert_eq!(copies(&mesh).await, "1,10.00,2024-01-01 2,20.00,2024-01-01");

    let report = reconcile(&mesh, &manifests, "2,20,2024-01-01\n3,30,2024-01-02\n4,1,2024-01-02\n").await;
    assert_eq!(change(&report), Change::Increment);
    let all = "1,10.00,2024-01-01 2,20.00,2024-01-01 3,30.00,2024-01-02";
    assert_eq!((copies(&mesh).await.as_str(), version(&mesh)), (all, 1));

    // Nothing that the query takes has come: no commit.
    reconcile(&mesh, &manifests, "2,20,2024-01-01\n3,30,2024-01-02\n").await;
    assert_eq!((copies(&mesh).await.as_str(), version(&mesh)), (all, 1));
    mesh.stop().await;
}

#[tokio::test]
async fn many_small_files_become_one_with_a_later_commit() {
    let sql = "select order_id, amount, day from sales.orders.lines";
    let manifests = mesh("{kind: append}", &[ORDER, AMOUNT, DAY], sql, "0,1,2024-01-01\n");
    let mesh = TestMesh::start(manifests.path()).await;
    for n in 1..=40 {
        reconcile(&mesh, &manifests, &format!("{n},1,2024-01-01\n")).await;
    }
    let (location, count) = ("sales/copies/lines", "select count(*), sum(order_id) from sales.copies.lines");
    assert_eq!(ask(&mesh, "ana", count).await.unwrap(), "41,820");
    let last = mesh.home().join(format!("warehouse/{location}/_delta_log/00000000000000000032.json"));
    let last = std::fs::read_to_string(last).unwrap();
    assert_eq!(last.lines().filter(|line| line.starts_with("{\"remove\"")).count(), 32, "{last}");
    assert_eq!(last.lines().filter(|line| line.starts_with("{\"add\"")).count(), 2, "{last}");
    // The log is summed up, so that nobody reads all of it.
    let summed = mesh.home().join(format!("warehouse/{location}/_delta_log/_last_checkpoint"));
    assert!(std::fs::read_to_string(summed).unwrap().contains("\"version\":24"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_query_that_groups_cannot_be_added_to() {
    let sql = "select day, count(*) as order_id, sum(amount) as amount from sales.orders.lines group by day";
    let sql = sql.replace("sum(amount)", "cast(sum(amount) as decimal(12,2))");
    let manifests = mesh("{kind: append}", &[ORDER, AMOUNT, DAY], &sql, "1,10,2024-01-01\n");
    let mesh = TestMesh::start(manifests.path()).await;
    let told: Vec<_> = mesh.first.diagnostics.iter().map(|d| (d.code, d.place.file.as_str())).collect();
    assert!(told.contains(&(Code::TRANSFORM_INVALID, SQL)), "{told:?}");
    mesh.stop().await;
}

#[tokio::test]
async fn rows_with_the_same_key_take_each_others_place_late_ones_do_not_and_marked_ones_go() {
    let sql = "select order_id, amount, day from sales.orders.lines";
    let transform = "{kind: by_key, time: {column: day}, deleteWhen: amount < 0}";
    let key = format!("{ORDER}, primaryKey: true");
    let rows = "1,10,2024-01-05\n2,20,2024-01-05\n3,30,2024-01-05\n4,-1,2024-01-05\n";
    let manifests = mesh(transform, &[&key, AMOUNT, DAY], sql, rows);
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    assert_eq!(copies(&mesh).await, "1,10.00,2024-01-05 2,20.00,2024-01-05 3,30.00,2024-01-05");

    // 1 is newer, 2 is late, 3 is taken out, 5 is new, 6 goes upstream and stays here.
    let report =
        reconcile(&mesh, &manifests, "1,11,2024-01-06\n2,19,2024-01-04\n3,-1,2024-01-06\n5,50,2024-01-06\n").await;
    assert_eq!(change(&report), Change::Increment);
    assert_eq!(copies(&mesh).await, "1,11.00,2024-01-06 2,20.00,2024-01-05 5,50.00,2024-01-06");

    reconcile(&mesh, &manifests, "5,51,2024-01-07\n").await;
    assert_eq!(copies(&mesh).await, "1,11.00,2024-01-06 2,20.00,2024-01-05 5,51.00,2024-01-07");
    mesh.stop().await;
}

#[tokio::test]
async fn only_the_intervals_that_changed_rows_reach_are_made_anew() {
    let sql = "select day, count(*) as order_id, cast(sum(amount) as decimal(12,2)) as amount \
               from sales.orders.lines group by day";
    let transform = "{kind: by_time, time: {column: day, interval: P1D}}";
    let rows = "1,10,2024-01-01\n2,20,2024-01-02\n3,30,2024-01-03\n";
    let manifests = mesh(transform, &[DAY, ORDER, AMOUNT], sql, rows);
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    assert_eq!(copies(&mesh).await, "2024-01-01,1,10.00 2024-01-02,1,20.00 2024-01-03,1,30.00");

    // A late row for the 2nd, a new day, and the 3rd is gone.
    let report =
        reconcile(&mesh, &manifests, "1,10,2024-01-01\n2,20,2024-01-02\n4,5,2024-01-02\n5,50,2024-01-05\n").await;
    assert_eq!(change(&report), Change::Increment);
    assert_eq!(copies(&mesh).await, "2024-01-01,1,10.00 2024-01-02,2,25.00 2024-01-05,1,50.00");
    let log = mesh.home().join("warehouse/sales/copies/lines/_delta_log/00000000000000000001.json");
    let log = std::fs::read_to_string(log).unwrap();
    let marks: Vec<&str> = log.lines().filter(|line| line.contains("weft.interval/")).collect();
    assert_eq!(marks.len(), 3, "{log}");
    assert!(marks[0].contains("weft.interval/2024-01-02T00:00:00Z/2024-01-03T00:00:00Z"), "{log}");
    mesh.stop().await;
}

#[tokio::test]
async fn a_table_that_keeps_its_history_closes_what_is_no_longer_so() {
    let sql = "select order_id, amount, day from sales.orders.lines";
    let key = format!("{ORDER}, primaryKey: true, primaryKeyPosition: 1");
    let from = "      - {name: valid_from, description: Since., logicalType: timestamp, required: true, \
                primaryKey: true, primaryKeyPosition: 2";
    let to = "      - {name: valid_to, description: Until., logicalType: timestamp";
    let transform = "{kind: scd2, time: {column: day}}";
    let manifests = mesh(transform, &[&key, AMOUNT, DAY, from, to], sql, "1,10,2024-01-01\n2,20,2024-01-01\n");
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    let report = reconcile(&mesh, &manifests, "1,10,2024-01-01\n2,22,2024-01-05\n3,30,2024-01-05\n").await;
    assert_eq!(change(&report), Change::Increment);
    let history = "select order_id, amount, cast(valid_from as date), cast(valid_to as date) \
                   from sales.copies.lines order by 1, 3";
    assert_eq!(
        ask(&mesh, "ana", history).await.unwrap(),
        "1,10.00,2024-01-01,\n2,20.00,2024-01-01,2024-01-05\n2,22.00,2024-01-05,\n3,30.00,2024-01-05,"
    );
    // What is gone is closed, at the time of the run.
    reconcile(&mesh, &manifests, "1,10,2024-01-01\n3,30,2024-01-05\n").await;
    let open = "select order_id from sales.copies.lines where valid_to is null order by 1";
    assert_eq!(ask(&mesh, "ana", open).await.unwrap(), "1\n3");
    mesh.stop().await;
}

#[tokio::test]
async fn an_increment_that_breaks_the_contract_is_refused_and_the_next_sound_one_counts_from_before() {
    let sql = "select order_id, amount, day from sales.orders.lines";
    let key = format!("{ORDER}, unique: true");
    let manifests = mesh("{kind: append}", &[&key, AMOUNT, DAY], sql, "1,10,2024-01-01\n");
    let mesh = TestMesh::start(manifests.path()).await;
    manifests.write(SEED, "order_id,amount,day\n1,11,2024-01-02\n2,20,2024-01-02\n");
    let report = mesh.reconcile().await;
    let copy = report.outcomes.iter().find(|outcome| outcome.port.product.as_str() == "copies").unwrap();
    assert_eq!((copy.status, copy.code), (OutcomeStatus::Refused, Some(Code::DATA_KEY)), "{report:#?}");
    assert_eq!(copies(&mesh).await, "1,10.00,2024-01-01");

    reconcile(&mesh, &manifests, "1,10,2024-01-01\n2,20,2024-01-02\n").await;
    assert_eq!(copies(&mesh).await, "1,10.00,2024-01-01 2,20.00,2024-01-02");
    mesh.stop().await;
}

/// Pseudo-random numbers below `below`, the same for the same seed.
fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    }
}

/// Twelve changes of the upstream file at random; after each the copy must hold what `whole` answers.
async fn check_law(transform: &str, columns: &[&str], sql: &str, whole: &str, keeps: bool) {
    let mut next = numbers(7);
    let mut rows: Vec<(u64, u64, u64)> = (0..6).map(|id| (id, id * 10, 1 + id % 4)).collect();
    let text = |rows: &[(u64, u64, u64)]| {
        rows.iter().map(|(id, amount, day)| format!("{id},{amount},2024-01-{day:02}\n")).collect::<String>()
    };
    let manifests = mesh(transform, columns, sql, &text(&rows));
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    for round in 0..12 {
        for _ in 0..=next(3) {
            let place = next(rows.len() as u64) as usize;
            match next(if keeps { 2 } else { 3 }) {
                0 => rows.push((100 + round * 10 + next(10), next(90), 1 + next(28))),
                1 => rows[place] = (rows[place].0, next(90), if keeps { rows[place].2 } else { 1 + next(28) }),
                _ if rows.len() > 2 => drop(rows.remove(place)),
                _ => {}
            }
        }
        rows.sort();
        rows.dedup_by_key(|(id, ..)| *id);
        reconcile(&mesh, &manifests, &text(&rows)).await;
        let wanted = ask(&mesh, "ana", whole).await.unwrap().replace('\n', " ");
        assert_eq!(copies(&mesh).await, wanted, "round {round}");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn a_table_made_by_intervals_is_the_one_that_the_query_makes_as_a_whole() {
    let sql = "select day, count(*) as order_id, cast(sum(amount) as decimal(12,2)) as amount \
               from sales.orders.lines group by day";
    let transform = "{kind: by_time, time: {column: day, interval: P7D, lookback: P1D}}";
    check_law(transform, &[DAY, ORDER, AMOUNT], sql, &format!("{sql} order by 1, 2, 3"), false).await;
}

#[tokio::test]
async fn a_table_merged_by_key_is_the_one_that_the_query_makes_as_a_whole_while_no_row_goes() {
    let sql = "select order_id, amount, day from sales.orders.lines";
    let key = format!("{ORDER}, primaryKey: true");
    check_law("{kind: by_key}", &[&key, AMOUNT, DAY], sql, &format!("{sql} order by 1, 2, 3"), true).await;
}
