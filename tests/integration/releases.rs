//! Rolling back: an earlier release is served again, by whoever answers for the product alone, and what reads it
//! follows.

use std::sync::Arc;

use chrono::Duration;
use serde_json::{Value, json};
use tempfile::TempDir;
use weft::Settings;
use weft_model::Code;
use weft_reconcile::Change;
use weft_testkit::{FixedClock, Manifests, TestMesh};

use crate::asking::{ask, request};
use crate::guarded::{self, guarded};
use crate::increments::{AMOUNT, DAY, ORDER, change, copies, mesh as copying, reconcile};

const SEED: &str = "products/sales/orders/data/lines.csv";
const ORDERS: &str = "sales.orders";
const LINES: &str = "select order_id, amount from sales.orders.lines order by 1";
const OVERALL: &str = "select orders, amount from sales.totals.overall";
const GOOD: &str = "1,10,2024-01-01\n2,20,2024-01-01\n";
const BAD: &str = "1,-10,2024-01-01\n";

/// `sales.orders.lines`, `sales.copies.lines` to which its rows are added, and `sales.totals.overall`, made of all of
/// them. `olga` owns the domain, `ana` reads it.
pub(crate) fn orders() -> Manifests {
    let sql = "select order_id, amount, day from sales.orders.lines";
    let manifests = copying("{kind: append}", &[ORDER, AMOUNT, DAY], sql, GOOD);
    let totals = "select count(*) as orders, cast(sum(amount) as bigint) as amount from sales.orders.lines";
    let principals = manifests.text("governance/principals.yaml");
    let access = manifests.text("products/sales/access.csv");
    let owner = "g, group:sales-owners, role:owner, dom:sales\np, role:owner, dom:sales, obj:sales, *, *, -, allow\n";
    manifests
        .write(
            "governance/principals.yaml",
            principals.replace("users:\n", "users:\n  - {name: olga, groups: [sales-owners], attributes: {}}\n"),
        )
        .write("products/sales/access.csv", format!("{access}{owner}"))
        .write("products/sales/totals/product.odps.yaml", guarded::product("1", "totals", "overall", "full"))
        .write(
            "products/sales/totals/contracts/overall.odcs.yaml",
            guarded::contract("0012", "overall", &[("orders", "bigint", ""), ("amount", "bigint", "")]),
        )
        .write("products/sales/totals/transforms/overall.sql", totals);
    manifests
}

/// A mesh on the first of June.
async fn start(manifests: &Manifests) -> (TestMesh, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at("2026-06-01T12:00:00Z"));
    let mesh = serve(manifests, &clock, TempDir::new().unwrap()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    (mesh, clock)
}

async fn serve(manifests: &Manifests, clock: &Arc<FixedClock>, home: TempDir) -> TestMesh {
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    TestMesh::start_with(settings, home, clock.clone()).await.unwrap()
}

/// A mesh whose orders were good on the first of June, and have been bad since the second; it is the third.
async fn gone_bad(manifests: &Manifests) -> (TestMesh, Arc<FixedClock>) {
    let (mesh, clock) = start(manifests).await;
    clock.advance(Duration::days(1));
    reconcile(&mesh, manifests, BAD).await;
    clock.advance(Duration::days(1));
    (mesh, clock)
}

/// Status and body of a roll-back, without the trace id.
async fn roll_back(mesh: &TestMesh, name: &str, product: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/v1/products/{}/rollback", mesh.http(), product.replace('.', "/"));
    let answer = reqwest::Client::new().post(url).bearer_auth(mesh.token(name)).json(&body).send().await.unwrap();
    let status = answer.status().as_u16();
    let mut body: Value = answer.json().await.unwrap();
    body.as_object_mut().unwrap().remove("trace_id");
    (status, body)
}

/// Code and text of a refusal.
async fn refused(mesh: &TestMesh, product: &str, body: Value) -> (u16, String) {
    let (status, problem) = roll_back(mesh, "olga", product, body).await;
    (status, format!("{} {}", problem["code"].as_str().unwrap(), problem["detail"].as_str().unwrap()))
}

/// Rolls back as the owner, to the release before.
async fn back(mesh: &TestMesh, product: &str) {
    let (status, made) = roll_back(mesh, "olga", product, json!({ "reason": "it went bad" })).await;
    assert_eq!(status, 200, "{made}");
}

async fn as_of(mesh: &TestMesh, instant: &str, sql: &str) -> Value {
    let answer: Value =
        request(mesh, "ana", sql).header("x-weft-as-of", instant).send().await.unwrap().json().await.unwrap();
    answer["rows"].clone()
}

fn number(mesh: &TestMesh, product: &str) -> u64 {
    mesh.catalog().published().releases[&product.parse().unwrap()].number
}

/// How many commits a table has.
fn commits(mesh: &TestMesh, table: &str) -> usize {
    let log = mesh.home().join("warehouse").join(table).join("_delta_log");
    let files = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter(|name| name.ends_with(".json")).count()
}

#[tokio::test]
async fn an_earlier_release_is_served_again_at_once_and_what_reads_it_is_made_of_it() {
    let manifests = orders();
    let (mesh, clock) = gone_bad(&manifests).await;
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,-10.00");

    let (status, made) = roll_back(&mesh, "olga", ORDERS, json!({ "reason": "amounts are negative" })).await;
    assert_eq!((status, &made["number"], &made["current"]), (200, &json!(3), &json!(true)), "{made}");
    let back = json!({ "to": 1, "from": 2, "by": "user:olga", "reason": "amounts are negative" });
    assert_eq!(made["rolledBack"], back);
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00\n2,20.00");
    assert_eq!(commits(&mesh, "sales/orders/lines"), 2, "no table is written");
    for (instant, rows) in [
        ("2026-06-01T18:00:00Z", json!([[1, "10.00"], [2, "20.00"]])),
        ("2026-06-02T18:00:00Z", json!([[1, "-10.00"]])),
        ("2026-06-03T18:00:00Z", json!([[1, "10.00"], [2, "20.00"]])),
    ] {
        assert_eq!(as_of(&mesh, instant, LINES).await, rows, "{instant}");
    }

    assert_eq!(ask(&mesh, "ana", OVERALL).await.unwrap(), "1,-10");
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:#?}");
    let held = "  = sales.orders   held: rolled back to release 1; changes with the next commit to the product\n";
    assert!(report.plan.to_text(false).contains(held), "{}", report.plan.to_text(false));
    assert_eq!(ask(&mesh, "ana", OVERALL).await.unwrap(), "2,30");
    assert_eq!((number(&mesh, ORDERS), number(&mesh, "sales.totals")), (3, 3));
    let again = mesh.reconcile().await;
    assert!(again.plan.is_empty(), "{:#?}", again.plan);

    let releases =
        "select release, rolled_back_to, reason from system.mesh.releases where product = 'sales.orders' order by 1";
    assert_eq!(ask(&mesh, "ana", releases).await.unwrap(), "1,,\n2,,\n3,1,amounts are negative");
    let inputs = "select inputs from system.mesh.releases where product = 'sales.totals' order by release";
    let made_from =
        |release, version| format!(r#"{{"sales.orders.lines":{{"release":{release},"tableVersion":{version}}}}}"#);
    let all = [made_from(1, 0), made_from(2, 1), made_from(3, 0)].join("\n");
    assert_eq!(ask(&mesh, "ana", inputs).await.unwrap(), all);

    clock.advance(Duration::days(1));
    let report = reconcile(&mesh, &manifests, "1,10,2024-01-01\n2,20,2024-01-01\n3,30,2024-01-02\n").await;
    assert!(report.plan.held.is_empty());
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00\n2,20.00\n3,30.00");
    assert_eq!((number(&mesh, ORDERS), ask(&mesh, "ana", OVERALL).await.unwrap().as_str()), (4, "3,60"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_table_that_is_added_to_goes_on_from_the_release_that_is_served_again() {
    let manifests = orders();
    let (mesh, _) = gone_bad(&manifests).await;
    let good = "1,10.00,2024-01-01 2,20.00,2024-01-01";
    assert_eq!(copies(&mesh).await, format!("1,-10.00,2024-01-01 {good}"));
    back(&mesh, "sales.copies").await;
    assert_eq!(copies(&mesh).await, good);

    // It is held, while its input is mended.
    reconcile(&mesh, &manifests, "1,10,2024-01-01\n3,30,2024-01-02\n").await;
    assert_eq!((copies(&mesh).await.as_str(), commits(&mesh, "sales/copies/lines")), (good, 2));

    manifests.edit("products/sales/copies/product.odps.yaml", "name: Copies", "name: Copies of orders");
    let report = mesh.reconcile().await;
    assert_eq!(change(&report), Change::Increment, "{report:#?}");
    assert_eq!(copies(&mesh).await, format!("{good} 3,30.00,2024-01-02"));
    mesh.stop().await;
}

#[tokio::test]
async fn another_contract_is_held_against_the_rows_that_are_served_again_and_these_are_restored() {
    let manifests = orders();
    let (mesh, _) = gone_bad(&manifests).await;
    back(&mesh, ORDERS).await;
    back(&mesh, "sales.copies").await;
    assert!(mesh.reconcile().await.is_complete());
    // The rows of now hold an order twice.
    let contract = "products/sales/copies/contracts/lines.odcs.yaml";
    manifests
        .edit(contract, "version: 1.0.0", "version: 2.0.0")
        .edit(contract, "physicalType: bigint, required: true", "physicalType: bigint, required: true, unique: true")
        .edit("products/sales/copies/product.odps.yaml", "6a0022\n    version: 1.0.0", "6a0022\n    version: 2.0.0");
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!(change(&report), Change::Evolve);
    assert_eq!(copies(&mesh).await, "1,10.00,2024-01-01 2,20.00,2024-01-01");
    assert_eq!(commits(&mesh, "sales/copies/lines"), 3);
    mesh.stop().await;
}

#[tokio::test]
async fn going_back_to_what_the_newest_commit_made_takes_the_hold_off() {
    let manifests = orders();
    let (mesh, _) = gone_bad(&manifests).await;
    back(&mesh, ORDERS).await;
    assert_eq!(mesh.reconcile().await.plan.held.len(), 1);
    let (status, made) = roll_back(&mesh, "olga", ORDERS, json!({ "to": 2, "reason": "they were refunds" })).await;
    assert_eq!((status, &made["number"]), (200, &json!(4)), "{made}");
    let report = mesh.reconcile().await;
    assert!(report.is_complete() && report.plan.held.is_empty(), "{report:#?}");
    assert_eq!(ask(&mesh, "ana", OVERALL).await.unwrap(), "1,-10");
    mesh.stop().await;
}

#[tokio::test]
async fn a_lost_catalog_is_rebuilt_with_the_roll_back_in_force() {
    let manifests = orders();
    let (mesh, clock) = gone_bad(&manifests).await;
    back(&mesh, ORDERS).await;
    assert!(mesh.reconcile().await.is_complete());
    let history = mesh.catalog().releases(&ORDERS.parse().unwrap()).await.unwrap();
    let home = mesh.stop().await;
    for file in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        let _ = std::fs::remove_file(home.path().join(file));
    }
    let mesh = serve(&manifests, &clock, home).await;
    assert!(mesh.first.plan.is_empty() && mesh.first.plan.held.len() == 1, "{:#?}", mesh.first.plan);
    assert_eq!(mesh.catalog().releases(&ORDERS.parse().unwrap()).await.unwrap(), history);
    assert_eq!(ask(&mesh, "ana", LINES).await.unwrap(), "1,10.00\n2,20.00");
    mesh.stop().await;
}

#[tokio::test]
async fn a_roll_back_that_was_written_and_not_flipped_is_taken_up() {
    let manifests = orders();
    let (mesh, clock) = gone_bad(&manifests).await;
    let home = mesh.stop().await;
    let (catalog, before) = (home.path().join("catalog.db"), home.path().join("before.db"));
    std::fs::copy(&catalog, &before).unwrap();
    let mesh = serve(&manifests, &clock, home).await;
    back(&mesh, ORDERS).await;
    let home = mesh.stop().await;

    // As if the process had died between the object and the flip.
    std::fs::rename(&before, &catalog).unwrap();
    let mesh = serve(&manifests, &clock, home).await;
    assert_eq!((number(&mesh, ORDERS), mesh.first.plan.held.len()), (3, 1));
    assert_eq!(ask(&mesh, "ana", OVERALL).await.unwrap(), "2,30");
    mesh.stop().await;
}

#[tokio::test]
async fn only_who_answers_for_a_product_rolls_it_back() {
    let manifests = orders();
    let (mesh, _) = gone_bad(&manifests).await;
    let wanted = json!({ "reason": "" });
    let (status, problem) = roll_back(&mesh, "ana", ORDERS, wanted.clone()).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some(Code::ACCESS_DENIED.as_str())), "{problem}");
    for name in ["nobody", "olga", "ana"] {
        let unknown = roll_back(&mesh, name, "sales.nothing", wanted.clone()).await;
        assert_eq!((unknown.0, &unknown.1["code"]), (404, &json!("W0905")));
        if name == "nobody" {
            let hidden = roll_back(&mesh, name, ORDERS, wanted.clone()).await;
            assert_eq!(hidden.1.to_string().replace("orders", "nothing"), unknown.1.to_string());
        }
    }
    for body in [
        json!({}),
        json!({ "reason": "a\nb" }),
        json!({ "reason": "", "too": 1 }),
        json!({ "reason": "a".repeat(1001) }),
    ] {
        let (status, problem) = roll_back(&mesh, "olga", ORDERS, body).await;
        assert_eq!((status, &problem["code"]), (400, &json!("W0906")), "{problem}");
    }
    assert_eq!(number(&mesh, ORDERS), 2);
    back(&mesh, ORDERS).await;
    let whose = async |name: &str| {
        let url = format!("{}/api/v1/products/sales/orders/releases", mesh.http());
        let answer = reqwest::Client::new().get(url).bearer_auth(mesh.token(name)).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["items"][0]["rolledBack"]["by"].clone()
    };
    assert_eq!((whose("olga").await, whose("ana").await), (json!("user:olga"), Value::Null));
    mesh.stop().await;
}

#[tokio::test]
async fn a_release_that_is_not_there_or_not_whole_is_not_served_again() {
    let manifests = orders();
    let (mesh, _) = gone_bad(&manifests).await;
    let to = |number: u64| json!({ "to": number, "reason": "" });
    let told = (409, "W0520 `sales.orders` serves what release 2 served already".to_owned());
    assert_eq!(refused(&mesh, ORDERS, to(2)).await, told);
    let told = (409, "W0520 `sales.orders` has no release 9".to_owned());
    assert_eq!(refused(&mesh, ORDERS, to(9)).await, told);

    // A reader of now has the version in its cache: that does not count.
    assert_eq!(as_of(&mesh, "2026-06-01T18:00:00Z", "select count(*) from sales.orders.lines").await, json!([[2]]));
    let table = mesh.home().join("warehouse/sales/orders/lines");
    let first = table.join("_delta_log/00000000000000000000.json");
    let log = std::fs::read_to_string(&first).unwrap();
    let add = log.lines().find_map(|line| serde_json::from_str::<Value>(line).unwrap().get("add").cloned()).unwrap();
    let file = table.join(add["path"].as_str().unwrap());
    let rows = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let incomplete = "W0521 the table of `lines` is not complete any more as release 1 serves it: ";
    assert_eq!(refused(&mesh, ORDERS, to(1)).await, (409, format!("{incomplete}a data file is gone")));
    std::fs::write(&file, rows).unwrap();
    std::fs::remove_file(&first).unwrap();
    let told = format!("{incomplete}its log does not reach back that far any more");
    assert_eq!(refused(&mesh, ORDERS, to(1)).await, (409, told));
    std::fs::write(&first, log).unwrap();
    assert_eq!(number(&mesh, ORDERS), 2);
    back(&mesh, ORDERS).await;

    manifests.remove("products/sales/copies");
    assert!(mesh.reconcile().await.is_complete());
    let (status, told) = refused(&mesh, "sales.copies", to(1)).await;
    assert_eq!(status, 410, "{told}");
    assert!(told.starts_with("W0909 `sales.copies` was retired on 2026-06-03"), "{told}");
    mesh.stop().await;
}

#[tokio::test]
async fn what_would_break_readers_is_listed_and_wants_a_word() {
    let manifests = orders();
    let (mesh, _) = start(&manifests).await;
    let contract = "products/sales/orders/contracts/lines.odcs.yaml";
    let with_note = manifests.text(contract).replace("version: 1.0.0", "version: 1.1.0");
    let note = "      - {name: note, description: A word., logicalType: string, physicalType: string}\n";
    manifests
        .write(contract, format!("{with_note}{note}"))
        .edit("products/sales/orders/product.odps.yaml", "6a0002\n    version: 1.0.0", "6a0002\n    version: 1.1.0")
        .write(SEED, "order_id,amount,day,note\n1,10,2024-01-01,a\n");
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!(ask(&mesh, "ana", "select note from sales.orders.lines").await.unwrap(), "a");

    let (status, told) = refused(&mesh, ORDERS, json!({ "reason": "" })).await;
    let breaks =
        "W0522 rolling back to release 1 breaks who reads the product today:\n  - lines.note string   hits user:ana";
    assert_eq!((status, told.as_str()), (409, breaks));
    assert_eq!(number(&mesh, ORDERS), 2);
    let (status, made) = roll_back(&mesh, "olga", ORDERS, json!({ "reason": "", "acceptBreaking": true })).await;
    assert_eq!(status, 200, "{made}");
    assert!(ask(&mesh, "ana", "select note from sales.orders.lines").await.is_err());
    let report = mesh.reconcile().await;
    assert!(report.is_complete() && report.plan.reviews.is_empty(), "{report:#?}");
    assert_eq!(ask(&mesh, "ana", OVERALL).await.unwrap(), "2,30");
    mesh.stop().await;
}

#[tokio::test]
async fn words_and_filters_of_today_hold_for_what_is_served_again() {
    let manifests = guarded();
    let (mesh, clock) = start(&manifests).await;
    let regions = "select count(*), min(region), max(region) from sales.orders.lines";
    assert_eq!(ask(&mesh, "ana", regions).await.unwrap(), "6,EU,EU");
    clock.advance(Duration::days(1));
    // From now on the region is an e-mail address.
    let contract = "products/sales/orders/contracts/lines.odcs.yaml";
    let (before, after) =
        manifests.text(contract).split_once("name: region").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let after = after.replacen("classification: public", "tags: [pii.email]", 1);
    manifests.write(contract, format!("{before}name: region{after}"));
    // The view that takes it over says so too.
    let view = "products/sales/seen/contracts/recent.odcs.yaml";
    let (before, after) =
        manifests.text(view).split_once("name: region").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let after = after.replacen("classification: public", "tags: [pii.email]", 1);
    manifests.write(view, format!("{before}name: region{after}"));
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:#?}");
    let masked = ask(&mesh, "ana", regions).await.unwrap();
    assert!(!masked.contains("EU"), "{masked}");

    let wanted = json!({ "reason": "", "acceptBreaking": true });
    let (status, made) = roll_back(&mesh, "olga", ORDERS, wanted).await;
    assert_eq!((status, &made["rolledBack"]["to"]), (200, &json!(1)), "{made}");
    assert_eq!(ask(&mesh, "ana", regions).await.unwrap(), masked);
    assert_eq!(mesh.reconcile().await.plan.held.len(), 1);
    assert_eq!(ask(&mesh, "ana", regions).await.unwrap(), masked);
    let home = mesh.stop().await;
    let mesh = serve(&manifests, &clock, home).await;
    assert_eq!(ask(&mesh, "ana", regions).await.unwrap(), masked);
    mesh.stop().await;
}
