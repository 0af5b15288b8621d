//! Ports that are brought up to date at their time: by a clock, or once their inputs are quiet.

use std::sync::Arc;

use chrono::Duration;
use tempfile::TempDir;
use weft::Settings;
use weft_reconcile::{OutcomeStatus, Report};
use weft_testkit::{FixedClock, Manifests, TestMesh};

use crate::asking::ask;
use crate::meshes::with_totals;

const PRODUCT: &str = "products/sales/totals/product.odps.yaml";
const SEED: &str = "products/sales/orders/data/lines.csv";
const TOTALS: &str = "select orders, amount from sales.totals.overall";

/// `with_totals`, whose sums are brought up to date by `schedule`.
fn scheduled(schedule: &str) -> Manifests {
    let manifests = with_totals();
    let property = format!("      - {{property: schedule, vendor: weft, value: {schedule}}}\n");
    manifests.write(PRODUCT, format!("{}{property}", manifests.text(PRODUCT)));
    manifests
}

async fn start(manifests: &Manifests, home: TempDir, clock: &Arc<FixedClock>) -> TestMesh {
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::clone(clock) as _).await.unwrap();
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    mesh
}

fn steps(report: &Report) -> Vec<String> {
    report.plan.steps.iter().map(|step| step.port.to_string()).collect()
}

#[tokio::test]
async fn a_port_with_a_clock_is_brought_up_to_date_at_its_tick_and_no_sooner() {
    let manifests = scheduled("{cron: 0 6 * * *, timezone: Europe/Paris}");
    let clock = Arc::new(FixedClock::at("2026-11-26T04:00:00Z"));
    let mesh = start(&manifests, TempDir::new().unwrap(), &clock).await;
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "3,30.50");

    manifests.write(SEED, "order_id,amount\n1,10.50\n");
    let report = mesh.reconcile().await;
    assert_eq!(steps(&report), ["sales.orders.lines"]);
    assert_eq!(report.plan.waiting[0].port.to_string(), "sales.totals.overall");
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "3,30.50", "its tick has not come");

    clock.advance(Duration::minutes(59));
    assert!(mesh.reconcile().await.plan.is_empty());
    clock.advance(Duration::minutes(1));
    let report = mesh.catch_up().await.expect("the tick wakes who follows");
    assert_eq!(steps(&report), ["sales.totals.overall"]);
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "1,10.50");
    mesh.stop().await;
}

#[tokio::test]
async fn a_tick_that_nobody_was_there_for_is_made_up_for_once() {
    let manifests = scheduled("{cron: 0 6 * * *}");
    let clock = Arc::new(FixedClock::at("2026-11-26T04:00:00Z"));
    let mesh = start(&manifests, TempDir::new().unwrap(), &clock).await;
    manifests.write(SEED, "order_id,amount\n1,10.50\n");
    assert_eq!(steps(&mesh.reconcile().await), ["sales.orders.lines"]);
    let home = mesh.stop().await;

    clock.advance(Duration::days(3));
    let mesh = start(&manifests, home, &clock).await;
    assert_eq!(steps(&mesh.first), ["sales.totals.overall"]);
    manifests.write(SEED, "order_id,amount\n1,10.50\n2,1\n");
    assert_eq!(steps(&mesh.reconcile().await), ["sales.orders.lines"], "the ticks of these days are done with");
    mesh.stop().await;
}

#[tokio::test]
async fn a_tick_with_nothing_to_do_counts_after_a_restart_too() {
    let manifests = scheduled("{cron: 0 6 * * *}");
    let clock = Arc::new(FixedClock::at("2026-11-26T04:00:00Z"));
    let mesh = start(&manifests, TempDir::new().unwrap(), &clock).await;
    clock.advance(Duration::hours(2));
    assert!(mesh.catch_up().await.expect("the tick").plan.is_empty());
    assert_eq!(mesh.catch_up().await.map(|report| report.plan), None, "and nothing more until the next");
    let home = mesh.stop().await;

    manifests.write(SEED, "order_id,amount\n1,10.50\n");
    let mesh = start(&manifests, home, &clock).await;
    assert_eq!(steps(&mesh.first), ["sales.orders.lines"]);
    mesh.stop().await;
}

#[tokio::test]
async fn inputs_are_taken_in_once_they_have_been_quiet() {
    let manifests = scheduled("{on: inputs, debounce: 10 min}");
    let clock = Arc::new(FixedClock::at("2026-11-26T04:00:00Z"));
    let mesh = start(&manifests, TempDir::new().unwrap(), &clock).await;
    manifests.write(SEED, "order_id,amount\n1,10.50\n");
    assert_eq!(steps(&mesh.reconcile().await), ["sales.orders.lines"]);
    clock.advance(Duration::minutes(6));
    manifests.write(SEED, "order_id,amount\n1,10.50\n2,1\n");
    assert_eq!(steps(&mesh.reconcile().await), ["sales.orders.lines"]);
    clock.advance(Duration::minutes(10));
    assert_eq!(steps(&mesh.catch_up().await.expect("quiet for long enough")), ["sales.totals.overall"]);
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "2,11.50");
    mesh.stop().await;
}

/// `sales.orders.lines` from the files of a folder, looked at every hour.
fn watched(folder: &TempDir) -> Manifests {
    let manifests = with_totals();
    let product = "products/sales/orders/product.odps.yaml";
    let url = format!("file://{}/", folder.path().display());
    let source = format!(
        "kind: source\n          source: {{url: '{url}', format: csv}}\n      - {{property: schedule, vendor: weft, value: {{cron: 0 * * * *}}}}"
    );
    manifests.edit(product, "kind: seed\n          seed: {path: data/lines.csv, format: csv}", &source);
    manifests
}

#[tokio::test]
async fn a_source_is_read_again_at_a_tick_if_what_lies_there_differs() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("a.csv"), "order_id,amount\n1,10.50\n").unwrap();
    let manifests = watched(&folder);
    let clock = Arc::new(FixedClock::at("2026-11-26T04:30:00Z"));
    let mesh = start(&manifests, TempDir::new().unwrap(), &clock).await;
    std::fs::write(folder.path().join("b.csv"), "order_id,amount\n2,1\n").unwrap();
    assert!(mesh.reconcile().await.plan.is_empty(), "it is not looked at before its time");

    clock.advance(Duration::minutes(30));
    let report = mesh.catch_up().await.expect("the tick");
    assert_eq!(steps(&report), ["sales.orders.lines", "sales.totals.overall"]);
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "2,11.50");
    clock.advance(Duration::hours(1));
    assert!(mesh.catch_up().await.expect("the tick").plan.is_empty(), "nothing differs");

    // Where nothing can be read any more, what is served stays.
    clock.advance(Duration::hours(1));
    let away = folder.path().with_extension("away");
    std::fs::rename(folder.path(), &away).unwrap();
    std::fs::write(folder.path(), "no folder").unwrap();
    let report = mesh.catch_up().await.expect("the tick");
    assert_eq!(report.outcomes[0].status, OutcomeStatus::Failed, "{report:#?}");
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "2,11.50");
    std::fs::remove_file(folder.path()).unwrap();
    std::fs::rename(&away, folder.path()).unwrap();
    std::fs::write(folder.path().join("c.csv"), "order_id,amount\n3,1\n").unwrap();
    clock.advance(Duration::hours(1));
    assert_eq!(steps(&mesh.catch_up().await.expect("the tick")), ["sales.orders.lines", "sales.totals.overall"]);
    mesh.stop().await;
}
