//! Rows that are erased: out of what is served, out of what is kept, and with a certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Duration;
use serde_json::{Value, json};
use weft_model::Release;
use weft_testkit::{FixedClock, Manifests, TestMesh};

use crate::asking::{ask, request};
use crate::gate::demand_amounts;
use crate::increments::{PRODUCT, by_days, copies, reconcile};
use crate::releases::orders;

const LINES: &str = "select order_id, amount from sales.orders.lines order by 1";
const ORDERS: &str = "/api/v1/ports/sales/orders/lines/erase";
const COPIES: &str = "/api/v1/ports/sales/copies/lines/erase";
const SEED: &str = "products/sales/orders/data/lines.csv";
const CONTRACT: &str = "products/sales/orders/contracts/lines.odcs.yaml";

async fn start(manifests: &Manifests) -> TestMesh {
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    mesh
}

/// What the server answers `name` who asks for rows to be erased.
async fn asked(mesh: &TestMesh, name: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", mesh.http())).bearer_auth(mesh.token(name));
    let response = request.json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The certificate of an erasure by the owner.
async fn erase(mesh: &TestMesh, path: &str, condition: &str) -> Value {
    let (status, told) = asked(mesh, "olga", path, &json!({ "where": condition })).await;
    assert_eq!(status, 200, "{told}");
    told
}

fn release(mesh: &TestMesh, product: &str) -> Release {
    mesh.catalog().published().releases[&product.parse().unwrap()].clone()
}

/// Data files of a table, relative to the warehouse.
fn files(mesh: &TestMesh, table: &str) -> Vec<String> {
    let folder = mesh.home().join("warehouse").join(table);
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> =
        names.filter(|name| name.ends_with(".parquet")).map(|name| format!("{table}/{name}")).collect();
    files.sort();
    files
}

fn commits(mesh: &TestMesh, table: &str) -> usize {
    let log = mesh.home().join("warehouse").join(table).join("_delta_log");
    std::fs::read_dir(log)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "json"))
        .count()
}

/// The certificates that are kept about a port, in no order.
fn kept(mesh: &TestMesh, port: &str) -> Vec<Value> {
    let folder = mesh.home().join("warehouse/sales/_erasures").join(port);
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn rows_are_gone_from_what_is_served_and_from_disk_and_a_certificate_says_so() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    let (before, held) = (release(&mesh, "sales.orders"), files(&mesh, "sales/orders/lines"));
    let told = erase(&mesh, ORDERS, "order_id = 2").await;

    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00");
    let now = files(&mesh, "sales/orders/lines");
    assert_eq!((&told["filesRemoved"], &told["filesWritten"]), (&json!(held), &json!(now)), "{told}");
    assert_eq!((held.len(), now.len(), held == now), (1, 1, false));
    let after = release(&mesh, "sales.orders");
    let port = |release: &Release| release.ports[&"lines".parse().unwrap()].clone();
    assert_eq!((after.number, port(&after).table_version, port(&after).rows), (2, Some(1), Some(1)));
    assert_eq!(port(&after).made_from(), port(&before).fingerprint);

    let facts = ["port", "condition", "by", "rowsErased", "versionBefore", "versionAfter", "release"];
    let facts: Vec<&Value> = facts.iter().map(|fact| &told[*fact]).collect();
    assert_eq!(json!(facts), json!(["sales.orders.lines", "order_id = 2", "user:olga", 1, 0, 1, 2]));
    assert_eq!((&told["releasesUnreadable"], &told["madeFrom"]), (&json!([1]), &json!([SEED])));
    let reads = json!(["sales.orders.lines"]);
    let derived = json!([
        { "port": "sales.copies.lines", "kind": "append", "reads": reads, "keepsRows": true },
        { "port": "sales.totals.overall", "kind": "full", "reads": reads, "keepsRows": false },
    ]);
    assert_eq!((&told["derivedPorts"], &told["derivedPortsUnnamed"]), (&derived, &json!(0)));
    assert_eq!(kept(&mesh, "orders/lines"), [told]);

    let report = mesh.reconcile().await;
    let steps: Vec<String> =
        report.plan.steps.iter().map(|step| format!("{} {}", step.change.as_str(), step.port)).collect();
    assert_eq!(steps, ["increment sales.copies.lines", "refresh sales.totals.overall"], "what reads it");
    assert_eq!(ask(&mesh, "ana", "select orders from sales.totals.overall").await.unwrap(), "1");
    assert_eq!(copies(&mesh).await, "1,10.00,2024-01-01 2,20.00,2024-01-01");
    assert!(report.is_complete() && mesh.reconcile().await.plan.is_empty());
    let runs = "select port from system.mesh.runs where step = 'erase'";
    assert_eq!(ask(&mesh, "olga", runs).await.as_deref(), Ok("sales.orders.lines"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_second_time_there_is_no_such_row_and_nothing_is_written() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    let first = erase(&mesh, ORDERS, "order_id = 2").await;
    let second = erase(&mesh, ORDERS, "order_id = 2").await;
    let facts =
        |told: &Value| json!([told["rowsErased"], told["versionBefore"], told["versionAfter"], told["release"]]);
    assert_eq!((facts(&first), facts(&second)), (json!([1, 0, 1, 2]), json!([0, 1, 1, 2])));
    assert_eq!((&second["filesRemoved"], &second["filesWritten"]), (&json!([]), &json!([])));
    assert_eq!((commits(&mesh, "sales/orders/lines"), release(&mesh, "sales.orders").number), (2, 2));
    assert_eq!(kept(&mesh, "orders/lines"), [first]);
    // NULL is not true.
    assert_eq!(erase(&mesh, ORDERS, "nullif(order_id, 1) > 1").await["rowsErased"], 0);
    let all = erase(&mesh, ORDERS, "true").await;
    assert_eq!((&all["rowsErased"], ask(&mesh, "ana", LINES).await.unwrap().as_str()), (&json!(1), ""));
    assert_eq!(files(&mesh, "sales/orders/lines"), Vec::<String>::new());
    mesh.stop().await;
}

#[tokio::test]
async fn what_was_served_before_can_be_read_and_served_no_more() {
    let manifests = orders();
    let clock = Arc::new(FixedClock::at("2026-06-01T12:00:00Z"));
    let home = tempfile::TempDir::new().unwrap();
    let settings = weft::Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, clock.clone()).await.unwrap();
    clock.advance(Duration::days(1));
    reconcile(&mesh, &manifests, "1,10,2024-01-01\n3,30,2024-01-01\n").await;
    clock.advance(Duration::days(1));
    // The row is in an earlier version alone.
    let told = erase(&mesh, ORDERS, "order_id = 2").await;
    assert_eq!((&told["rowsErased"], &told["releasesUnreadable"]), (&json!(0), &json!([1])), "{told}");
    assert_eq!((told["filesRemoved"].as_array().unwrap().len(), files(&mesh, "sales/orders/lines").len()), (1, 1));

    let then = request(&mesh, "ana", LINES).header("x-weft-as-of", "2026-06-01T18:00:00Z").send().await.unwrap();
    assert_eq!(then.status().as_u16(), 503);
    assert_eq!(then.json::<Value>().await.unwrap()["code"], "W0702");
    let path = "/api/v1/products/sales/orders/rollback";
    let (status, refused) = asked(&mesh, "olga", path, &json!({ "to": 1, "reason": "" })).await;
    assert_eq!((status, &refused["code"]), (409, &json!("W0521")), "{refused}");
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00\n3,30.00");
    mesh.stop().await;
}

#[tokio::test]
async fn a_dry_run_tells_what_would_go_and_does_nothing() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    let body = json!({ "where": "order_id > 1", "dryRun": true });
    let (status, told) = asked(&mesh, "olga", ORDERS, &body).await;
    assert_eq!((status, &told["rowsErased"], &told["releasesUnreadable"]), (200, &json!(1), &json!([1])), "{told}");
    assert_eq!(told["filesRemoved"], json!(files(&mesh, "sales/orders/lines")));
    assert_eq!(json!([told["versionAfter"], told["release"], told["sha256"]]), json!([null, null, null]));
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00\n2,20.00");
    assert_eq!((commits(&mesh, "sales/orders/lines"), release(&mesh, "sales.orders").number), (1, 1));
    assert!(kept(&mesh, "orders/lines").is_empty());
    mesh.stop().await;
}

#[tokio::test]
async fn what_reads_the_port_goes_on_and_keeps_what_its_kind_keeps() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    erase(&mesh, ORDERS, "order_id = 2").await;
    reconcile(&mesh, &manifests, "1,10,2024-01-01\n3,30,2024-01-02\n").await;
    assert_eq!(copies(&mesh).await, "1,10.00,2024-01-01 2,20.00,2024-01-01 3,30.00,2024-01-02");
    assert_eq!(ask(&mesh, "ana", "select orders from sales.totals.overall").await.unwrap(), "2");

    let told = erase(&mesh, COPIES, "amount = 20").await;
    assert_eq!((&told["rowsErased"], &told["madeFrom"]), (&json!(1), &json!(["sales.orders.lines"])), "{told}");
    reconcile(&mesh, &manifests, "1,10,2024-01-01\n3,30,2024-01-02\n4,40,2024-01-02\n").await;
    assert_eq!(copies(&mesh).await, "1,10.00,2024-01-01 3,30.00,2024-01-02 4,40.00,2024-01-02");
    mesh.stop().await;
}

/// `sales.orders.more`, which is made from the same file under as many demands as `sales.orders.lines`.
fn with_two_names(manifests: &Manifests) {
    let product = "products/sales/orders/product.odps.yaml";
    let text = manifests.text(product);
    let (_, port) = text.split_once("outputPorts:\n").unwrap();
    let port = port.replace("name: lines", "name: more").replace("6a0002", "6a0003");
    let contract = manifests.text(CONTRACT).replace("6a0002", "6a0003").replace("  - name: lines", "  - name: more");
    manifests.write(product, format!("{text}{port}"));
    manifests.write("products/sales/orders/contracts/more.odcs.yaml", contract);
}

#[tokio::test]
async fn a_table_of_two_names_loses_rows_under_both_and_under_neither_where_they_differ() {
    let manifests = orders();
    with_two_names(&manifests);
    let mesh = start(&manifests).await;
    let told = erase(&mesh, ORDERS, "order_id = 2").await;
    assert_eq!(told["servedAlsoAs"], json!(["more"]), "{told}");
    let more = "select order_id from sales.orders.more";
    assert_eq!(ask(&mesh, "ana", more).await.unwrap(), "1");
    assert!(mesh.reconcile().await.is_complete() && mesh.reconcile().await.plan.is_empty());

    // From now on one of them is made from another file, into a later version of the same table.
    let other = "products/sales/orders/data/other.csv";
    manifests.write(other, "order_id,amount,day\n7,70,2024-01-01\n");
    manifests.edit("products/sales/orders/product.odps.yaml", "data/lines.csv", "data/other.csv");
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:#?}");
    let (status, refused) = asked(&mesh, "olga", ORDERS, &json!({ "where": "true" })).await;
    assert_eq!((status, &refused["code"]), (409, &json!("W0531")), "{refused}");
    assert!(refused["detail"].as_str().unwrap().starts_with("`more` is served from version 1"), "{refused}");
    assert_eq!(
        (ask(&mesh, "ana", more).await.unwrap(), ask(&mesh, "ana", LINES).await.unwrap()),
        ("1".into(), "7,70.00".into())
    );
    mesh.stop().await;
}

#[tokio::test]
async fn what_a_contract_demands_anew_is_checked_and_brings_no_row_back() {
    let manifests = orders();
    let mesh = start(&manifests).await;
    erase(&mesh, ORDERS, "order_id = 2").await;
    demand_amounts(&manifests);
    let report = mesh.reconcile().await;
    let lines = report.plan.steps.iter().find(|step| step.port.product.as_str() == "orders").unwrap();
    assert!(report.is_complete() && lines.change.as_str() == "evolve", "{report:#?}");
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00");
    mesh.stop().await;
}

#[tokio::test]
async fn intervals_of_what_was_erased_are_made_anew_with_the_next_run() {
    let manifests = by_days("1,10,2024-01-01\n2,20,2024-01-02\n");
    let mesh = start(&manifests).await;
    erase(&mesh, ORDERS, "order_id = 2").await;
    reconcile(&mesh, &manifests, "1,10,2024-01-01\n3,30,2024-01-03\n").await;
    assert_eq!(copies(&mesh).await, "2024-01-01,1,10.00 2024-01-03,1,30.00");
    mesh.stop().await;
}

async fn again(manifests: &Path, home: tempfile::TempDir) -> TestMesh {
    let settings = weft::Settings::local(manifests.display().to_string(), home.path());
    TestMesh::start_with(settings, home, Arc::new(weft::clock::SystemClock)).await.unwrap()
}

/// What an erasure came to that broke off where `obstacle` stands in the way, once that is gone and it is asked again.
async fn completed(obstacle: &str) -> (Value, Value, TestMesh) {
    let manifests = orders();
    let mesh = start(&manifests).await;
    let obstacle: PathBuf = mesh.home().join("warehouse/sales").join(obstacle);
    std::fs::create_dir_all(&obstacle).unwrap();
    let held = files(&mesh, "sales/orders/lines");
    let (status, told) = asked(&mesh, "olga", ORDERS, &json!({ "where": "order_id = 2" })).await;
    assert_eq!(status, 503, "{told}");
    let home = mesh.stop().await;
    std::fs::remove_dir(&obstacle).unwrap();
    let mesh = again(manifests.path(), home).await;
    let told = erase(&mesh, ORDERS, "order_id = 2").await;
    let facts = json!([told["rowsErased"], told["versionBefore"], told["versionAfter"], told["release"]]);
    assert_eq!((&told["filesRemoved"], commits(&mesh, "sales/orders/lines")), (&json!(held), 2), "{told}");
    assert_eq!(told["filesWritten"], json!(files(&mesh, "sales/orders/lines")));
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00");
    (facts, told, mesh)
}

#[tokio::test]
async fn one_that_broke_off_before_its_release_is_completed_and_certified() {
    let (facts, told, mesh) = completed("_releases/orders/2.json").await;
    assert_eq!((facts, kept(&mesh, "orders/lines")), (json!([1, 0, 1, 2]), vec![told]));
    mesh.stop().await;
}

#[tokio::test]
async fn one_that_broke_off_before_its_certificate_is_certified_as_a_whole() {
    // Under the version that was left, and the hash of the condition.
    let (facts, told, mesh) = completed("_erasures/orders/lines/1-3f5e9d781bc8b8ed.json").await;
    assert_eq!((facts, kept(&mesh, "orders/lines")), (json!([1, 0, 1, 2]), vec![told]));
    mesh.stop().await;
}

#[tokio::test]
async fn a_contract_that_would_not_hold_without_the_rows_keeps_them() {
    let manifests = orders();
    let rule = "description: One row per order.\n    quality:\n      \
                - {id: some, type: library, metric: rowCount, mustBeGreaterThan: 1}";
    manifests.edit(CONTRACT, "description: One row per order.", rule);
    let mesh = start(&manifests).await;
    let (status, told) = asked(&mesh, "olga", ORDERS, &json!({ "where": "order_id = 2" })).await;
    assert_eq!((status, &told["code"]), (409, &json!("W0605")), "{told}");
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00\n2,20.00");
    assert_eq!((release(&mesh, "sales.orders").number, kept(&mesh, "orders/lines").len()), (1, 0));
    mesh.stop().await;
}

#[tokio::test]
async fn who_does_not_answer_for_the_port_or_gives_no_condition_is_refused() {
    let manifests = orders();
    manifests.edit(PRODUCT, "{kind: append}", "{kind: view, sql: transforms/lines.sql}");
    let mesh = start(&manifests).await;
    let unknown = "/api/v1/ports/sales/orders/none/erase";
    let condition = |text: &str| json!({ "where": text });
    for (name, path, body, status, code) in [
        ("ana", ORDERS, condition("true"), 403, "W0301"),
        ("nobody", ORDERS, condition("true"), 404, "W0905"),
        ("olga", unknown, condition("true"), 404, "W0905"),
        ("olga", COPIES, condition("true"), 409, "W0531"),
        ("olga", ORDERS, condition("order_id"), 409, "W0531"),
        ("olga", ORDERS, condition("none = 1"), 409, "W0531"),
        ("olga", ORDERS, condition("order_id in (select 1)"), 409, "W0531"),
        ("olga", ORDERS, condition("1 / (order_id - 1) > 0"), 409, "W0531"),
        ("olga", ORDERS, json!({}), 400, "W0906"),
        ("olga", ORDERS, condition(&"x".repeat(10_001)), 400, "W0906"),
    ] {
        for dry_run in [true, false] {
            let mut body = body.clone();
            body["dryRun"] = json!(dry_run);
            let (found, told) = asked(&mesh, name, path, &body).await;
            assert_eq!((found, told["code"].as_str()), (status, Some(code)), "{name} {path} {body}: {told}");
        }
    }
    assert_eq!((release(&mesh, "sales.orders").number, commits(&mesh, "sales/orders/lines")), (1, 1));
    mesh.stop().await;
}
