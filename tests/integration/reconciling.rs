//! A commit becomes tables, and only once.

use std::sync::Arc;

use weft::Settings;
use weft::clock::SystemClock;
use weft_model::Code;
use weft_reconcile::{Known, OutcomeStatus, check, plan};
use weft_testkit::{Repository, TestMesh, minimal_mesh};

use crate::asking::ask;
use crate::meshes::{tree, with_returns, with_totals};

const TOTALS: &str = "select orders, amount from sales.totals.overall";

#[tokio::test]
async fn a_query_of_the_mesh_sees_what_its_inputs_hold() {
    let mesh = TestMesh::start(with_totals().path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "3,30.50");
    mesh.stop().await;
}

#[tokio::test]
async fn a_plan_after_it_was_applied_is_empty() {
    let manifests = with_totals();
    let mesh = TestMesh::start(manifests.path()).await;
    assert_eq!(mesh.first.plan.steps.len(), 2);
    let tree = tree(manifests.path());
    let known = Known::in_catalog(mesh.catalog(), &tree, weft_model::Clock::now(&SystemClock)).await.unwrap();
    let checked = check(&tree, &known).await;
    assert!(plan(&checked.declared, &known, &checked.reviews).is_empty());
    mesh.stop().await;
}

#[tokio::test]
async fn running_twice_changes_nothing() {
    let manifests = with_totals();
    let mesh = TestMesh::start(manifests.path()).await;
    let before = mesh.catalog().published();
    let report = mesh.reconcile().await;
    assert!(report.is_complete() && report.outcomes.is_empty(), "{report:?}");
    assert_eq!(mesh.catalog().published().releases, before.releases);
    mesh.stop().await;
}

#[tokio::test]
async fn starting_again_on_the_same_home_changes_nothing() {
    let manifests = with_totals();
    let mesh = TestMesh::start(manifests.path()).await;
    let before = mesh.catalog().published();
    let home = mesh.stop().await;
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::new(SystemClock)).await.unwrap();
    assert!(mesh.first.outcomes.is_empty(), "{:?}", mesh.first.outcomes);
    assert_eq!(mesh.catalog().published().releases, before.releases);
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "3,30.50");
    mesh.stop().await;
}

#[tokio::test]
async fn a_change_of_an_input_is_seen_in_what_reads_it() {
    let manifests = with_totals();
    let mesh = TestMesh::start(manifests.path()).await;
    manifests.write("products/sales/orders/data/lines.csv", "order_id,amount\n1,1.00\n");
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(ask(&mesh, "ana", TOTALS).await.unwrap(), "1,1.00");
    mesh.stop().await;
}

#[tokio::test]
async fn a_product_with_errors_keeps_its_data_and_stops_no_other() {
    let manifests = with_returns();
    let mesh = TestMesh::start(manifests.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);

    manifests.edit("products/sales/orders/contracts/lines.odcs.yaml", "status: active", "statsu: active");
    manifests.write("products/sales/orders/data/lines.csv", "order_id,amount\n1,1.00\n");
    manifests.write("products/sales/returns/data/lines.csv", "order_id,amount\n1,1.00\n");
    let report = mesh.reconcile().await;
    assert!(!report.refused && !report.is_complete());
    let problem = report.diagnostics.iter().find(|problem| problem.code == Code::KEY_UNKNOWN).expect("a diagnostic");
    assert_eq!(problem.place.file, "products/sales/orders/contracts/lines.odcs.yaml");
    assert_eq!(ask(&mesh, "ana", "select count(*) from sales.orders.lines").await.unwrap(), "3");
    assert_eq!(ask(&mesh, "ana", "select count(*) from sales.returns.lines").await.unwrap(), "1");
    mesh.stop().await;
}

#[tokio::test]
async fn an_error_in_the_rules_refuses_the_whole_revision() {
    let manifests = minimal_mesh();
    let mesh = TestMesh::start(manifests.path()).await;
    let before = mesh.catalog().published();
    manifests.edit("governance/principals.yaml", "users:", "usres:");
    manifests.write("products/sales/orders/data/lines.csv", "order_id,amount\n1,1.00\n");
    let report = mesh.reconcile().await;
    assert!(report.refused && report.outcomes.is_empty(), "{report:?}");
    assert_eq!(mesh.catalog().published().releases, before.releases);
    assert_eq!(ask(&mesh, "ana", "select count(*) from sales.orders.lines").await.unwrap(), "3");
    mesh.stop().await;
}

#[tokio::test]
async fn a_commit_that_tightens_access_is_in_force_even_where_its_data_fail() {
    let manifests = minimal_mesh();
    let mesh = TestMesh::start(manifests.path()).await;
    let sql = "select count(*) from sales.orders.lines";
    assert_eq!(ask(&mesh, "ana", sql).await.unwrap(), "3");

    let access = manifests.text("products/sales/access.csv");
    let tightened: Vec<&str> = access.lines().filter(|line| !line.contains("role:analyst")).collect();
    manifests.write("products/sales/access.csv", format!("{}\n", tightened.join("\n")));
    manifests.write("products/sales/orders/data/lines.csv", "order_id,amount\n1,1.00\n1,2.00\n");
    let report = mesh.reconcile().await;
    assert_eq!(report.outcomes.first().map(|outcome| outcome.status), Some(OutcomeStatus::Refused), "{report:?}");
    assert!(ask(&mesh, "ana", sql).await.unwrap_err().starts_with("W0202 "));
    mesh.stop().await;
}

#[tokio::test]
async fn only_what_is_committed_counts() {
    let manifests = minimal_mesh();
    let oversight = "p, user:ana, dom:system, obj:system.mesh.runs, discover, *, -, allow\n";
    manifests.write("governance/policies/oversight.csv", oversight);
    let repository = Repository::of(manifests);
    let mesh = TestMesh::start(repository.path()).await;
    let made = ask(&mesh, "ana", "select distinct author, signature from system.mesh.runs").await;
    assert_eq!(made.as_deref(), Ok("Test <test@example.com>,none"));
    let sql = "select count(*) from sales.orders.lines";
    repository.manifests().write("products/sales/orders/data/lines.csv", "order_id,amount\n1,1.00\n");
    assert!(mesh.reconcile().await.outcomes.is_empty());
    assert_eq!(ask(&mesh, "ana", sql).await.unwrap(), "3");

    let commit = repository.commit("fewer orders");
    let report = mesh.reconcile().await;
    assert_eq!(report.revision.as_str(), commit);
    assert_eq!(ask(&mesh, "ana", sql).await.unwrap(), "1");
    mesh.stop().await;
}
