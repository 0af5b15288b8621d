//! Ports that are brought up to date at their time: by a clock, or once their inputs are quiet.

use std::sync::Arc;

use chrono::Duration;
use tempfile::TempDir;
use weft::Settings;
use weft_model::Code;
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

/// `sales.orders.lines` from the files of a folder, each of which is taken once.
fn taken(folder: &TempDir, kind: &str, key: bool) -> Manifests {
    let manifests = watched(folder);
    manifests.edit("products/sales/orders/product.odps.yaml", "kind: source", kind);
    if key {
        let contract = "products/sales/orders/contracts/lines.odcs.yaml";
        assert!(manifests.text(contract).contains("primaryKey: true"));
    }
    manifests
}

const LINES: &str = "select order_id, amount from sales.orders.lines order by 1, 2";

async fn lines(mesh: &TestMesh) -> String {
    ask(mesh, "ana", LINES).await.unwrap().replace('\n', " ")
}

#[tokio::test]
async fn each_file_of_a_folder_is_taken_once() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, rows: &str| std::fs::write(folder.path().join(name), format!("order_id,amount\n{rows}"));
    write("a.csv", "1,10.50\n").unwrap();
    let manifests = taken(&folder, "kind: append", false);
    let clock = Arc::new(FixedClock::at("2026-11-26T04:30:00Z"));
    let mesh = start(&manifests, TempDir::new().unwrap(), &clock).await;
    assert_eq!(lines(&mesh).await, "1,10.50");

    write("b.csv", "2,1\n").unwrap();
    std::fs::write(folder.path().join("c.csv"), "amount,order_id\n2,3\n").unwrap();
    clock.advance(Duration::minutes(30));
    let report = mesh.catch_up().await.expect("the tick");
    assert_eq!(report.plan.steps[0].change.as_str(), "increment", "{report:#?}");
    assert_eq!(lines(&mesh).await, "1,10.50 2,1.00 3,2.00");

    // One that was changed after it was taken is told and left; one that is gone leaves its rows.
    write("a.csv", "1,10.50\n4,4\n").unwrap();
    std::fs::remove_file(folder.path().join("b.csv")).unwrap();
    write("d.csv", "5,5\n").unwrap();
    clock.advance(Duration::hours(1));
    let report = mesh.catch_up().await.expect("the tick");
    assert!(report.is_complete(), "{report:#?}");
    let told: Vec<_> = report.diagnostics.iter().map(|told| (told.code, told.message.contains("`a.csv`"))).collect();
    assert_eq!(told, [(Code::SOURCE_FILE_CHANGED, true)]);
    assert_eq!(lines(&mesh).await, "1,10.50 2,1.00 3,2.00 5,5.00");
    mesh.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_and_the_others_wait_with_it() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.csv", "order_id,amount\n1,10.50\n");
    let manifests = taken(&folder, "kind: append", false);
    let clock = Arc::new(FixedClock::at("2026-11-26T04:30:00Z"));
    let mesh = start(&manifests, TempDir::new().unwrap(), &clock).await;
    for (text, why) in [
        ("<html>no such page</html>\n", "the file has no column `order_id`"),
        ("order_id,amount\nsecret,1\n", "column `order_id` holds 1 values that are no"),
    ] {
        write("b.csv", "order_id,amount\n2,1\n");
        write("c.csv", text);
        clock.advance(Duration::hours(1));
        let report = mesh.catch_up().await.expect("the tick");
        let told = report.outcomes[0].message.clone().unwrap_or_default();
        assert!(told.contains("file `c.csv`: ") && told.contains(why) && !told.contains("secret"), "{told}");
        assert!(told.ends_with("the other new files wait with it"), "{told}");
        assert_eq!(lines(&mesh).await, "1,10.50");
    }
    write("c.csv", "order_id,amount\n3,1\n");
    clock.advance(Duration::hours(1));
    assert!(mesh.catch_up().await.expect("the tick").is_complete());
    assert_eq!(lines(&mesh).await, "1,10.50 2,1.00 3,1.00");
    mesh.stop().await;
}

#[tokio::test]
async fn what_was_committed_and_not_released_is_not_taken_for_granted() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, rows: &str| std::fs::write(folder.path().join(name), format!("order_id,amount\n{rows}"));
    write("a.csv", "1,10.50\n").unwrap();
    let manifests = taken(&folder, "kind: append", false);
    let clock = Arc::new(FixedClock::at("2026-11-26T04:30:00Z"));
    let mesh = start(&manifests, TempDir::new().unwrap(), &clock).await;

    // The process dies between the commit that takes `b.csv` and the flip: where a folder stands, no object is written.
    let home = mesh.home().to_owned();
    let release = home.join("warehouse/sales/_releases/orders/2.json");
    std::fs::create_dir_all(&release).unwrap();
    write("b.csv", "2,1\n").unwrap();
    clock.advance(Duration::hours(1));
    assert!(mesh.catch_up().await.is_none(), "the release cannot be written");
    assert_eq!(lines(&mesh).await, "1,10.50");
    let log = home.join("warehouse/sales/orders/lines/_delta_log");
    assert!(log.join("00000000000000000001.json").exists());
    let home = mesh.stop().await;
    std::fs::remove_dir(&release).unwrap();

    // Another file comes meanwhile: the next commit restores what is released and takes both.
    write("c.csv", "3,1\n").unwrap();
    let mesh = start(&manifests, home, &clock).await;
    assert_eq!(lines(&mesh).await, "1,10.50 2,1.00 3,1.00");
    clock.advance(Duration::hours(1));
    assert!(mesh.catch_up().await.expect("the tick").plan.is_empty());
    write("d.csv", "4,1\n").unwrap();
    clock.advance(Duration::hours(1));
    assert!(mesh.catch_up().await.expect("the tick").is_complete());
    assert_eq!(lines(&mesh).await, "1,10.50 2,1.00 3,1.00 4,1.00");
    mesh.stop().await;
}

#[tokio::test]
async fn rows_of_files_take_the_place_of_those_with_the_same_key() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, rows: &str| std::fs::write(folder.path().join(name), format!("order_id,amount\n{rows}"));
    write("a.csv", "1,10.50\n2,2\n3,-1\n1,10.50\n").unwrap();
    let manifests = taken(&folder, "kind: by_key\n          deleteWhen: amount < 0", true);
    let clock = Arc::new(FixedClock::at("2026-11-26T04:30:00Z"));
    let home = TempDir::new().unwrap();
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::clone(&clock) as _).await.unwrap();
    let told = mesh.first.outcomes[0].code;
    assert_eq!(told, Some(Code::DATA_KEY), "which of two rows with a key is newer is not told");

    write("a.csv", "1,10.50\n2,2\n3,-1\n").unwrap();
    clock.advance(Duration::hours(1));
    assert!(mesh.catch_up().await.expect("the tick").is_complete());
    assert_eq!(lines(&mesh).await, "1,10.50 2,2.00");
    write("b.csv", "2,-1\n1,11\n4,4\n").unwrap();
    clock.advance(Duration::hours(1));
    assert!(mesh.catch_up().await.expect("the tick").is_complete());
    assert_eq!(lines(&mesh).await, "1,11.00 4,4.00");
    mesh.stop().await;
}

#[tokio::test]
async fn what_cannot_be_taken_file_by_file_is_told() {
    let folder = TempDir::new().unwrap();
    for (kind, told) in [
        ("kind: append\n          sql: transforms/lines.sql", "not from both"),
        ("kind: append\n          deleteWhen: amount < 0", "has no `deleteWhen`"),
        ("kind: by_key\n          deleteWhen: price < 0", "cannot be computed from the contract's columns"),
    ] {
        let manifests = taken(&folder, kind, true);
        let tree = crate::meshes::tree(manifests.path());
        let checked = weft_reconcile::check(&tree, &weft_reconcile::Known::nothing()).await;
        let all: Vec<&str> = checked.diagnostics.iter().map(|told| told.message.as_str()).collect();
        assert!(all.iter().any(|message| message.contains(told)), "{kind}: {all:?}");
    }
}
