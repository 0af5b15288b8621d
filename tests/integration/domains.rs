//! Domains in repositories of their own.

use std::sync::Arc;

use tempfile::TempDir;
use weft::Settings;
use weft::clock::SystemClock;
use weft_model::{Clock, Code};
use weft_reconcile::Report;
use weft_testkit::{FixedClock, Manifests, Repository, TestMesh, minimal_mesh};

use crate::asking::ask;

const SALES: &str = "select count(*) from sales.orders.lines";
const STOCK: &str = "select count(*) from stock.orders.lines";
const ONE_LINE: &str = "order_id,amount\n1,1.00\n";

/// The mesh's own repository, with its rules, and those of the domains `sales` and `stock`.
struct Repositories {
    mesh: Repository,
    sales: Repository,
    stock: Repository,
}

impl Repositories {
    fn new() -> Self {
        let whole = minimal_mesh();
        let (sales, stock, mesh) = (Manifests::empty(), Manifests::empty(), Manifests::empty());
        for file in ["domain.yaml", "access.csv", "orders/product.odps.yaml", "orders/contracts/lines.odcs.yaml"] {
            let text = whole.text(&format!("products/sales/{file}"));
            let others = text.replace("-1c9f6d6a0", "-2c9f6d6a0").replace("sales", "stock");
            sales.write(&format!("products/sales/{file}"), text);
            stock.write(&format!("products/stock/{file}"), others);
        }
        let lines = whole.text("products/sales/orders/data/lines.csv");
        sales.write("products/sales/orders/data/lines.csv", &lines);
        stock.write("products/stock/orders/data/lines.csv", &lines);
        let principals = whole.text("governance/principals.yaml");
        let (services, groups) = ("services:\n", "groups:\n");
        let principals = principals
            .replace(services, &format!("{services}  - {{name: stock-jobs, groups: [], attributes: {{}}}}\n"));
        mesh.write(
            "governance/principals.yaml",
            principals.replace(groups, &format!("{groups}  - {{name: stock-owners}}\n")),
        );
        mesh.write("governance/model.conf", whole.text("governance/model.conf"));
        let entry = |name: &str, of: &Manifests| {
            format!("  - {{name: {name}, repository: 'file://{}'}}\n", of.path().display())
        };
        mesh.write("mesh.yaml", format!("mesh: shop\ndomains:\n{}{}", entry("sales", &sales), entry("stock", &stock)));
        Repositories { mesh: Repository::of(mesh), sales: Repository::of(sales), stock: Repository::of(stock) }
    }
}

fn ports(report: &Report) -> Vec<String> {
    report.outcomes.iter().map(|outcome| outcome.port.to_string()).collect()
}

async fn counts(mesh: &TestMesh) -> (String, String) {
    (ask(mesh, "ana", SALES).await.unwrap(), ask(mesh, "ana", STOCK).await.unwrap())
}

#[tokio::test]
async fn a_commit_of_one_domain_builds_that_domain_anew() {
    let repositories = Repositories::new();
    let mesh = TestMesh::start(repositories.mesh.path()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    assert_eq!(counts(&mesh).await, ("3".to_owned(), "3".to_owned()));

    repositories.stock.manifests().write("products/stock/orders/data/lines.csv", ONE_LINE);
    repositories.stock.commit("less in stock");
    let report = mesh.reconcile().await;
    assert_eq!((ports(&report), report.is_complete()), (vec!["stock.orders.lines".to_owned()], true), "{report:?}");
    assert_eq!(counts(&mesh).await, ("3".to_owned(), "1".to_owned()));
    assert!(mesh.reconcile().await.outcomes.is_empty());
    mesh.stop().await;
}

#[tokio::test]
async fn a_domain_that_reaches_into_another_is_held_back_and_the_other_goes_on() {
    let repositories = Repositories::new();
    let mesh = TestMesh::start(repositories.mesh.path()).await;
    let (sales, stock) = (&repositories.sales, &repositories.stock);
    sales.manifests().write("products/sales/orders/data/lines.csv", ONE_LINE);
    sales.manifests().write("products/stock/orders/data/lines.csv", "order_id,amount\n7,7.00\n8,8.00\n");
    sales.manifests().write("products/stock/access.csv", "p, user:nobody, dom:stock, obj:stock, read, *, -, allow\n");
    sales.commit("take over");
    stock.manifests().write("products/stock/orders/data/lines.csv", ONE_LINE);
    stock.commit("less in stock");
    let report = mesh.reconcile().await;
    assert_eq!((ports(&report), report.refused), (vec!["stock.orders.lines".to_owned()], false), "{report:?}");
    let told: Vec<_> = report.diagnostics.iter().map(|told| (told.code, told.place.file.as_str())).collect();
    assert_eq!(told, [(Code::DOMAIN_OUTSIDE, "products/sales/domain.yaml")]);
    assert_eq!(counts(&mesh).await, ("3".to_owned(), "1".to_owned()));
    assert!(ask(&mesh, "nobody", STOCK).await.is_err());

    // Within its own folder a domain speaks of itself alone.
    sales.manifests().remove("products/stock");
    let access = sales.manifests().text("products/sales/access.csv");
    let reaching = format!("{access}p, user:nobody, dom:stock, obj:stock, read, *, -, allow\n");
    sales.manifests().write("products/sales/access.csv", reaching);
    sales.commit("open the other's");
    let report = mesh.reconcile().await;
    assert!(report.diagnostics.iter().any(|told| told.code == Code::POLICY_OUTSIDE_DOMAIN), "{report:?}");
    assert_eq!((ports(&report), report.refused), (vec!["sales.orders.lines".to_owned()], false), "{report:?}");
    assert!(ask(&mesh, "nobody", STOCK).await.is_err());
    assert_eq!(counts(&mesh).await, ("1".to_owned(), "1".to_owned()));
    mesh.stop().await;
}

#[tokio::test]
async fn a_domain_whose_repository_is_gone_stays_served_after_a_restart() {
    let repositories = Repositories::new();
    let mesh = TestMesh::start(repositories.mesh.path()).await;
    let home = mesh.stop().await;
    let Repositories { mesh: own, sales, stock } = repositories;
    drop(stock);
    sales.manifests().write("products/sales/orders/data/lines.csv", ONE_LINE);
    sales.commit("fewer orders");
    let settings = Settings::local(own.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::new(SystemClock)).await.unwrap();
    assert_eq!((ports(&mesh.first), mesh.first.is_complete()), (vec!["sales.orders.lines".to_owned()], true));
    assert_eq!(counts(&mesh).await, ("1".to_owned(), "3".to_owned()));
    mesh.stop().await;
}

#[tokio::test]
async fn restricted_data_close_when_a_domain_could_not_be_asked_for_an_hour() {
    let repositories = Repositories::new();
    let contract = "products/sales/orders/contracts/lines.odcs.yaml";
    repositories.sales.manifests().edit(contract, "- name: amount", "- name: amount\n        tags: [restricted]");
    repositories.sales.commit("restrict");
    let clock = Arc::new(FixedClock::at("2026-01-01T00:00:00Z"));
    let home = TempDir::new().unwrap();
    let settings = Settings::local(repositories.mesh.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::clone(&clock) as Arc<dyn Clock>).await.unwrap();
    let more_than_an_hour = || clock.advance(chrono::Duration::minutes(61));
    more_than_an_hour();
    mesh.reconcile().await;
    assert_eq!(counts(&mesh).await, ("3".to_owned(), "3".to_owned()));

    drop(repositories.stock);
    more_than_an_hour();
    mesh.reconcile().await;
    assert_eq!(ask(&mesh, "ana", STOCK).await.unwrap(), "3");
    assert!(ask(&mesh, "ana", SALES).await.is_err(), "rules of some domain may have been tightened meanwhile");
    mesh.stop().await;
}
