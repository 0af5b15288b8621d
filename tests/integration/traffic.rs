//! Service levels that queries are measured by.

use std::sync::Arc;

use chrono::Duration;
use tempfile::TempDir;
use weft::Settings;
use weft_testkit::{FixedClock, TestMesh, minimal_mesh};

use crate::asking::{Door, ask, ask_at};

const CONTRACT: &str = "products/sales/orders/contracts/lines.odcs.yaml";
const LEVELS: &str = "\
slaProperties:
  - {property: availability, value: 99.5, unit: percent}
  - {property: errorRate, value: 0.5, unit: percent}
  - property: latency
    value: 1
    unit: h
    customProperties: [{property: percentile, vendor: weft, value: 95}]
  - {property: throughput, value: 1, unit: rows/s}
";

const VERDICTS: &str =
    "select check_name, outcome, threshold, message from system.mesh.checks where run is null order by 1";
const NUMBERS: &str = "select port, availability, error_rate, latency_p95_ms is not null, queries, failed \
                       from system.mesh.service_levels";

#[tokio::test]
async fn queries_of_a_day_keep_what_a_contract_promises_of_them() {
    let manifests = minimal_mesh();
    manifests.write(CONTRACT, format!("{}{LEVELS}", manifests.text(CONTRACT)));
    let clock = Arc::new(FixedClock::at("2026-11-26T06:30:00Z"));
    let home = TempDir::new().unwrap();
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::clone(&clock) as _).await.unwrap();
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);

    mesh.monitor().await;
    let untold = "availability,unknown,must be at least 99.5 %,within the last 24 h there were fewer than 20 queries\n\
                  errorRate,unknown,must be at most 0.5 %,within the last 24 h there were fewer than 20 queries\n\
                  latency p95,unknown,must be at most 3600 s,within the last 24 h there were fewer than 20 answers\n\
                  throughput,unknown,must be at least 1 rows/s,within the last 24 h there were fewer than 20 answers of \
                  1000 rows and more";
    assert_eq!(ask(&mesh, "ana", VERDICTS).await.unwrap(), untold);
    for n in 0..20 {
        let door = Door::ALL[n % Door::ALL.len()];
        ask_at(door, &mesh, "ana", None, "select count(*) from sales.orders.lines").await.unwrap();
        assert!(ask_at(door, &mesh, "ana", None, "select absent from sales.orders.lines").await.is_err());
        assert!(ask_at(door, &mesh, "nobody", None, "select 1 from sales.orders.lines").await.is_err());
    }
    mesh.monitor().await;
    let throughput = untold.lines().last().unwrap();
    assert_eq!(
        ask(&mesh, "ana", VERDICTS).await.unwrap(),
        format!(
            "availability,passed,must be at least 99.5 %,\nerrorRate,passed,must be at most 0.5 %,\n\
             latency p95,passed,must be at most 3600 s,\n{throughput}"
        )
    );
    assert!(ask(&mesh, "ana", NUMBERS).await.unwrap().starts_with("sales.orders.lines,100.0,0.0,true,"));
    assert_eq!(ask(&mesh, "nobody", NUMBERS).await.unwrap(), "");

    clock.advance(Duration::hours(25));
    mesh.monitor().await;
    assert_eq!(ask(&mesh, "ana", VERDICTS).await.unwrap(), untold);
    assert_eq!(ask(&mesh, "ana", NUMBERS).await.unwrap(), "");
    mesh.stop().await;
}
