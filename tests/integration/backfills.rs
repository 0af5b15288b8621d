//! Stretches of time of a port, made anew on demand.

use std::path::Path;

use weft_model::{PortRef, Release};
use weft_testkit::{Manifests, TestMesh};

use crate::asking::ask;
use crate::increments::{by_days, copies};

const ROWS: &str = "1,10,2024-01-01\n2,20,2024-01-02\n3,30,2024-01-03\n4,40,2024-01-05\n";
const ALL: &str = "2024-01-01,1,10.00 2024-01-02,1,20.00 2024-01-03,1,30.00 2024-01-05,1,40.00";
const PATH: &str = "/api/v1/ports/sales/copies/lines/backfill";

async fn start() -> (Manifests, TestMesh) {
    let manifests = by_days(ROWS);
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    (manifests, mesh)
}

/// What the server answers `name` who asks for a backfill.
async fn backfill(mesh: &TestMesh, name: &str, (path, body): (&str, serde_json::Value)) -> (u16, serde_json::Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", mesh.http())).bearer_auth(mesh.token(name));
    let response = request.json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn days(from: &str, to: &str) -> serde_json::Value {
    serde_json::json!({ "from": from, "to": to })
}

fn release(mesh: &TestMesh) -> Release {
    mesh.catalog().published().releases[&"sales.copies".parse().unwrap()].clone()
}

#[tokio::test]
async fn whole_intervals_are_made_anew_and_released_once() {
    let (_manifests, mesh) = start().await;
    let before = release(&mesh);
    let (status, told) = backfill(&mesh, "olga", (PATH, days("2024-01-02T12:00:00Z", "2024-01-05"))).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!((told["intervals"].as_u64(), told["commits"].as_u64()), (Some(3), Some(1)), "{told}");
    assert_eq!(told["range"], "2024-01-02T00:00:00Z/2024-01-05T00:00:00Z");
    assert_eq!(copies(&mesh).await, ALL);

    let (after, port) = (release(&mesh), "sales.copies.lines".parse::<PortRef>().unwrap());
    assert_eq!((before.number, after.number), (1, 2));
    assert_eq!(after.ports[&port.port].fingerprint, before.ports[&port.port].fingerprint);
    assert_eq!(after.ports[&port.port].table_version, Some(1));
    assert!(mesh.reconcile().await.plan.is_empty(), "it is what it was made from");
    let runs = "select port from system.mesh.runs where step = 'backfill'";
    assert_eq!(ask(&mesh, "olga", runs).await.as_deref(), Ok("sales.copies.lines"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_backfill_that_broke_off_goes_on_from_there() {
    let (manifests, mesh) = start().await;
    let folder = mesh.home().join("warehouse/sales/_releases/copies/2.json");
    std::fs::create_dir_all(&folder).unwrap();
    let (status, told) = backfill(&mesh, "olga", (PATH, days("2024-01-01", "2024-01-03"))).await;
    assert_eq!(status, 503, "the release cannot be written: {told}");
    assert_eq!((copies(&mesh).await.as_str(), release(&mesh).number), (ALL, 1));
    let home = mesh.stop().await;
    std::fs::remove_dir(&folder).unwrap();

    let mesh = again(manifests.path(), home).await;
    let (status, told) = backfill(&mesh, "olga", (PATH, days("2024-01-01", "2024-01-06"))).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!((told["intervals"].as_u64(), told["doneBefore"].as_u64()), (Some(5), Some(2)), "{told}");
    assert_eq!((copies(&mesh).await.as_str(), release(&mesh).number), (ALL, 2));
    mesh.stop().await;
}

async fn again(manifests: &Path, home: tempfile::TempDir) -> TestMesh {
    let settings = weft::Settings::local(manifests.display().to_string(), home.path());
    TestMesh::start_with(settings, home, std::sync::Arc::new(weft::clock::SystemClock)).await.unwrap()
}

#[tokio::test]
async fn a_commit_after_a_backfill_that_broke_off_is_upon_what_is_released() {
    let (manifests, mesh) = start().await;
    let folder = mesh.home().join("warehouse/sales/_releases/copies/2.json");
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(backfill(&mesh, "olga", (PATH, days("2024-01-01", "2024-01-03"))).await.0, 503);
    std::fs::remove_dir(&folder).unwrap();
    manifests.write("products/sales/orders/data/lines.csv", format!("order_id,amount,day\n{ROWS}5,1,2024-01-05\n"));
    assert!(mesh.reconcile().await.is_complete());
    let rows = ALL.replace("2024-01-05,1,40.00", "2024-01-05,2,41.00");
    assert_eq!(copies(&mesh).await, rows);
    let (status, told) = backfill(&mesh, "olga", (PATH, days("2024-01-01", "2024-01-03"))).await;
    assert_eq!((status, told["doneBefore"].as_u64()), (200, Some(0)), "another release came: {told}");
    assert_eq!(copies(&mesh).await, rows);
    mesh.stop().await;
}

#[tokio::test]
async fn who_does_not_answer_for_the_port_or_asks_for_what_cannot_be_is_refused() {
    let (_manifests, mesh) = start().await;
    let elsewhere = "/api/v1/ports/sales/orders/lines/backfill";
    let unknown = "/api/v1/ports/sales/orders/none/backfill";
    for (name, path, body, status, code) in [
        ("ana", PATH, days("2024-01-01", "2024-01-02"), 403, "W0301"),
        ("nobody", PATH, days("2024-01-01", "2024-01-02"), 404, "W0905"),
        ("olga", unknown, days("2024-01-01", "2024-01-02"), 404, "W0905"),
        ("olga", elsewhere, days("2024-01-01", "2024-01-02"), 409, "W0530"),
        ("olga", PATH, days("2024-01-02", "2024-01-02"), 409, "W0530"),
        ("olga", PATH, days("soon", "2024-01-02"), 400, "W0906"),
        ("olga", PATH, serde_json::json!({ "from": "2024-01-02" }), 400, "W0906"),
    ] {
        let (found, told) = backfill(&mesh, name, (path, body)).await;
        assert_eq!((found, told["code"].as_str()), (status, Some(code)), "{name} {path}: {told}");
    }
    assert_eq!(release(&mesh).number, 1);
    mesh.stop().await;
}
