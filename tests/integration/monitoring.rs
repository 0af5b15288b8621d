//! Service levels that the clock measures: how fresh rows are, and for how long they stay.

use std::sync::Arc;

use chrono::Duration;
use tempfile::TempDir;
use weft::Settings;
use weft_testkit::{FixedClock, Manifests, TestMesh, minimal_mesh};

use crate::asking::ask;

const CONTRACT: &str = "products/sales/orders/contracts/lines.odcs.yaml";
const PRODUCT: &str = "products/sales/orders/product.odps.yaml";
const SEED: &str = "products/sales/orders/data/lines.csv";

const PLACED_AT: &str = "      - {name: placed_at, description: When., logicalType: timestamp}\n";
const LEVELS: &str = "\
slaProperties:
  - {property: latency, value: 4, unit: h, element: lines.placed_at}
  - {property: freshness, value: P1D}
  - {property: retention, value: P30D, element: lines.placed_at}
";

const OF_CLOCK: &str = "select check_name, column_name, outcome, measured, threshold, message from system.mesh.checks \
                        where run is null order by check_name, column_name nulls first";
const OF_GATE: &str = "select count(*) from system.mesh.checks where run is not null";

/// The smallest mesh, whose lines were placed at these hours of 26 November 2026.
fn placed(hours: &[u32]) -> Manifests {
    let manifests = minimal_mesh();
    manifests.write(CONTRACT, format!("{}{PLACED_AT}{LEVELS}", manifests.text(CONTRACT)));
    place(&manifests, hours);
    manifests
}

fn place(manifests: &Manifests, hours: &[u32]) {
    let rows = hours.iter().map(|hour| format!("{hour},1.00,2026-11-26T{hour:02}:00:00\n"));
    manifests.write(SEED, format!("order_id,amount,placed_at\n{}", rows.collect::<String>()));
}

async fn start(manifests: &Manifests, clock: &Arc<FixedClock>) -> TestMesh {
    let home = TempDir::new().unwrap();
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::clone(clock) as _).await.unwrap();
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    mesh
}

#[tokio::test]
async fn what_the_clock_finds_out_stands_beside_what_the_gate_did() {
    let manifests = placed(&[2, 4]);
    let clock = Arc::new(FixedClock::at("2026-11-26T06:00:00Z"));
    let mesh = start(&manifests, &clock).await;
    let of_gate = ask(&mesh, "ana", OF_GATE).await.unwrap();
    assert_ne!(of_gate, "0");
    assert_eq!(ask(&mesh, "ana", OF_CLOCK).await.unwrap(), "");
    mesh.monitor().await;
    assert_eq!(
        ask(&mesh, "ana", OF_CLOCK).await.unwrap(),
        "freshness,,passed,0.0,must be below 86400 s,\n\
         freshness,placed_at,passed,7200.0,must be below 14400 s,\n\
         retention,placed_at,passed,14400.0,must be below 2592000 s,"
    );

    clock.advance(Duration::hours(2));
    mesh.monitor().await;
    assert_eq!(
        ask(&mesh, "ana", OF_CLOCK).await.unwrap(),
        "freshness,,passed,7200.0,must be below 86400 s,\n\
         freshness,placed_at,failed,14400.0,must be below 14400 s,no row has a `placed_at` within the last 14400 s\n\
         retention,placed_at,passed,21600.0,must be below 2592000 s,"
    );
    assert_eq!(ask(&mesh, "ana", OF_GATE).await.unwrap(), of_gate, "nothing of the gate's went");
    assert_eq!(ask(&mesh, "nobody", OF_CLOCK).await.unwrap(), "");

    place(&manifests, &[2, 4, 7]);
    assert!(mesh.reconcile().await.is_complete());
    mesh.monitor().await;
    let fresh =
        "select outcome, measured from system.mesh.checks where column_name = 'placed_at' and check_name = 'freshness'";
    assert_eq!(ask(&mesh, "ana", fresh).await.unwrap(), "passed,3600.0");
    mesh.stop().await;
}

#[tokio::test]
async fn another_service_level_leaves_the_table_as_it_is_and_a_historical_one_is_not_measured() {
    let manifests = placed(&[4]);
    let clock = Arc::new(FixedClock::at("2026-11-29T06:00:00Z"));
    let mesh = start(&manifests, &clock).await;
    mesh.monitor().await;
    let outcomes =
        "select check_name, column_name, outcome, threshold from system.mesh.checks where run is null order by 1, 2";
    assert_eq!(
        ask(&mesh, "ana", outcomes).await.unwrap(),
        "freshness,placed_at,failed,must be below 14400 s\n\
         freshness,,passed,must be below 86400 s\n\
         retention,placed_at,passed,must be below 2592000 s"
    );

    let historical = "element: lines.placed_at, customProperties: [{property: historical, vendor: weft, value: true}]}";
    manifests
        .edit(CONTRACT, "unit: h, element: lines.placed_at}", &format!("unit: h, {historical}"))
        .edit(CONTRACT, "P30D", "P40D")
        .edit(CONTRACT, "version: 1.0.0", "version: 2.0.0")
        .edit(PRODUCT, "6a0002\n    version: 1.0.0", "6a0002\n    version: 2.0.0");
    let version =
        || mesh.catalog().published().releases.values().next().unwrap().ports.values().next().unwrap().table_version;
    let before = version();
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!(version(), before, "no row was written");
    mesh.monitor().await;
    assert_eq!(
        ask(&mesh, "ana", outcomes).await.unwrap(),
        "freshness,,passed,must be below 86400 s\nretention,placed_at,passed,must be below 3456000 s"
    );
    mesh.stop().await;
}
