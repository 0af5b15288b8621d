//! Two major versions of a port, side by side, until the day on which the later one takes the name.

use std::sync::Arc;

use chrono::Duration;
use tempfile::TempDir;
use weft::Settings;
use weft_model::Code;
use weft_testkit::{FixedClock, Manifests, TestMesh};

use crate::asking::ask;
use crate::meshes::with_totals;

const PRODUCT: &str = "products/sales/orders/product.odps.yaml";

/// `with_totals`, and a second major version of `sales.orders.lines` whose amounts are called `total`. Amounts of
/// `lines` are rounded for analysts.
fn with_two_versions() -> Manifests {
    let mesh = with_totals();
    let second = "  - name: lines
    description: One row per order.
    type: tables
    contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0002
    version: 2.0.0
    customProperties:
      - {property: switch, vendor: weft, value: 2027-01-01}
      - property: transform
        vendor: weft
        value:
          kind: seed
          seed: {path: data/totals.csv, format: csv}
";
    let contract = mesh.text("products/sales/orders/contracts/lines.odcs.yaml");
    let contract = contract.replace("version: 1.0.0", "version: 2.0.0").replace("name: amount", "name: total");
    let more = "      - {name: secret, description: Not for analysts., logicalType: string}\n      \
                - {name: weight, description: What it weighs., logicalType: integer}\n";
    let contract = format!("{contract}{more}");
    let rows = "p, service:sales-jobs, dom:sales, obj:sales, unmask, *, -, allow\n\
                p, role:analyst, dom:sales, obj:sales.orders.lines_v2.secret, read, *, -, deny\n";
    mesh.write(PRODUCT, format!("{}{second}", mesh.text(PRODUCT)))
        .write("products/sales/orders/contracts/lines_v2.odcs.yaml", contract)
        .write("products/sales/orders/data/totals.csv", "order_id,total,secret,weight\n1,11.00,hush,7\n")
        .write("products/sales/access.csv", format!("{}{rows}", mesh.text("products/sales/access.csv")))
        .write(
            "products/sales/orders/restrictions.yaml",
            "masks:\n  - {id: amounts, port: lines, column: amount, mask: {round: 100}, exempt: unmask}\n  \
             - {id: weights, port: lines_v2, column: weight, mask: {round: 100}, exempt: unmask}\n",
        );
    mesh
}

#[tokio::test]
async fn a_later_version_takes_the_name_on_its_day_and_no_row_is_written_again() {
    let manifests = with_two_versions();
    let clock = Arc::new(FixedClock::at("2026-12-31T12:00:00Z"));
    let home = TempDir::new().unwrap();
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, clock.clone()).await.unwrap();
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);

    let amounts = "select sum(amount) from sales.orders.lines";
    assert_eq!(ask(&mesh, "ana", amounts).await.as_deref(), Ok("0.00"), "rounded by the rule about `lines`");
    assert_eq!(ask(&mesh, "ana", "select total from sales.orders.lines_v2").await.as_deref(), Ok("11.00"));
    let of_second = ["select secret from sales.orders.lines_v2", "select weight from sales.orders.lines_v2"];
    let told_before = [ask(&mesh, "ana", of_second[0]).await, ask(&mesh, "ana", of_second[1]).await];
    assert!(told_before[0].as_ref().is_err_and(|told| told.starts_with("W0203 ")), "{told_before:?}");
    assert_eq!(told_before[1].as_deref(), Ok("0"));
    let before = mesh.catalog().published();

    clock.advance(Duration::hours(12));
    let report = mesh.reconcile().await;
    let steps: Vec<String> =
        report.plan.steps.iter().map(|step| format!("{} {}", step.change.as_str(), step.port)).collect();
    assert_eq!(steps, ["adopt sales.orders.lines_v1", "redescribe sales.orders.lines_v2", "adopt sales.orders.lines"]);
    let total = "select total from sales.orders.lines";
    assert_eq!(ask(&mesh, "ana", total).await.as_deref(), Ok("11.00"));
    assert_eq!(ask(&mesh, "ana", &total.replace("lines", "lines_v2")).await.as_deref(), Ok("11.00"));
    // What is said of `lines` holds for whatever version of it.
    assert_eq!(ask(&mesh, "ana", &amounts.replace("lines", "lines_v1")).await.as_deref(), Ok("0.00"));

    // What is said of `lines_v2` holds for what is called `lines` by now.
    for (sql, told) in of_second.iter().zip(told_before) {
        assert_eq!(ask(&mesh, "ana", &sql.replace("lines_v2", "lines")).await, told, "{sql}");
    }

    let tables = |published: &weft_model::Published, port: &str| {
        let (_, port) = published.port(&port.parse().unwrap()).unwrap();
        (port.location.clone(), port.table_version)
    };
    let after = mesh.catalog().published();
    assert_eq!(tables(&after, "sales.orders.lines_v1"), tables(&before, "sales.orders.lines"));
    assert_eq!(tables(&after, "sales.orders.lines"), tables(&before, "sales.orders.lines_v2"));

    // Whoever still asks for the earlier version under the old name is told, and serves what it served.
    let told = report.diagnostics.iter().find(|told| told.code == Code::SQL_INPUT_UNDECLARED).expect("a diagnostic");
    assert!(told.help.as_deref().is_some_and(|help| help.contains("sales.orders.lines_v1")), "{told:?}");
    assert_eq!(ask(&mesh, "ana", "select amount from sales.totals.overall").await.as_deref(), Ok("30.50"));

    // The earlier version goes, and then the later one's own name, whenever nobody reads them any more.
    manifests.edit("products/sales/totals/transforms/overall.sql", "lines", "lines_v1");
    assert!(mesh.reconcile().await.is_complete());
    assert_eq!(ask(&mesh, "ana", "select orders from sales.totals.overall").await.as_deref(), Ok("3"));
    mesh.stop().await;
}
