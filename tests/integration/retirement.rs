//! What is no longer declared is read by nobody, whatever they hold, and its end is told to who answers for it.

use std::sync::Arc;

use chrono::Duration;
use tempfile::TempDir;
use weft::Settings;
use weft_model::{Code, ProductRef};
use weft_reconcile::{Known, check};
use weft_testkit::{FixedClock, Manifests, TestMesh};

use crate::asking::{Door, ask, ask_at, client, fetch, fetch_prepared, handle, request, told};
use crate::guarded::guarded;
use crate::meshes::tree;

const LINES: &str = "select count(*) from sales.orders.lines";
const REFUNDS: &str = "select count(*) from sales.orders.refunds";

/// [`guarded`], and a second port `sales.orders.refunds` that is filtered as `lines` is. Both may go from the
/// end of November 2026 on; `lines` is kept for a year then, `refunds` for ever.
fn ending() -> Manifests {
    let mesh = guarded();
    let lines = mesh.text("products/sales/orders/contracts/lines.odcs.yaml");
    let levels = "slaProperties:\n  - {property: endOfLife, value: 2026-11-30}\n";
    let refunds = lines.replace("6a0002", "6a0003").replace("name: lines", "name: refunds");
    let retention = "  - {property: retention, value: P1Y}\n";
    let product = mesh.text("products/sales/orders/product.odps.yaml");
    let (before, port) = product.split_once("outputPorts:\n").unwrap();
    let (port, after) = port.split_once("customProperties:\n  - {property: purposes").unwrap();
    let second = port.replace("6a0002", "6a0003").replace("name: lines", "name: refunds");
    let restrictions = mesh.text("products/sales/orders/restrictions.yaml");
    let filter = "rowFilters:\n  - {id: own-refunds, port: refunds, when: \"region = $principal.region\"}\n";
    mesh.write("products/sales/orders/contracts/lines.odcs.yaml", format!("{lines}{levels}{retention}"))
        .write("products/sales/orders/contracts/refunds.odcs.yaml", format!("{refunds}{levels}"))
        .write("products/sales/orders/restrictions.yaml", restrictions.replace("rowFilters:\n", filter))
        .write(
            "products/sales/orders/product.odps.yaml",
            format!("{before}outputPorts:\n{port}{second}customProperties:\n  - {{property: purposes{after}"),
        );
    mesh
}

/// Takes `refunds` out of the manifests, and every rule about it.
fn drop_refunds(manifests: &Manifests) {
    let product = manifests.text("products/sales/orders/product.odps.yaml");
    let (before, rest) = product.split_once("  - name: refunds").unwrap();
    let (_, after) = rest.split_once("customProperties:\n  - {property: purposes").unwrap();
    let filter = "  - {id: own-refunds, port: refunds, when: \"region = $principal.region\"}\n";
    manifests
        .write(
            "products/sales/orders/product.odps.yaml",
            format!("{before}customProperties:\n  - {{property: purposes{after}"),
        )
        .remove("products/sales/orders/contracts/refunds.odcs.yaml")
        .edit("products/sales/orders/restrictions.yaml", filter, "");
}

struct Ending {
    manifests: Manifests,
    clock: Arc<FixedClock>,
    mesh: TestMesh,
}

/// [`ending`] as it is served on 26 November 2026; the clock then goes on to December.
async fn start() -> Ending {
    let (manifests, clock) = (ending(), Arc::new(FixedClock::at("2026-11-26T12:00:00Z")));
    let mesh = serve(&manifests, &clock, TempDir::new().unwrap()).await;
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    clock.advance(Duration::days(5));
    Ending { manifests, clock, mesh }
}

async fn serve(manifests: &Manifests, clock: &Arc<FixedClock>, home: TempDir) -> TestMesh {
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    TestMesh::start_with(settings, home, clock.clone()).await.unwrap()
}

/// The answer to `sql` as of 27 November, without what differs from request to request.
async fn as_of_then(mesh: &TestMesh, name: &str, sql: &str) -> serde_json::Value {
    let request = request(mesh, name, sql).header("x-weft-as-of", "2026-11-27T00:00:00Z");
    let mut answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    answer.as_object_mut().unwrap().retain(|member, _| !["trace_id", "explain_id"].contains(&member.as_str()));
    answer
}

async fn page(mesh: &TestMesh, name: &str, product: &str) -> (u16, serde_json::Value) {
    let url = format!("{}/api/v1/products/{}", mesh.http(), product.replace('.', "/"));
    let answer = reqwest::Client::new().get(url).bearer_auth(mesh.token(name)).send().await.unwrap();
    let status = answer.status().as_u16();
    let mut body: serde_json::Value = answer.json().await.unwrap();
    body.as_object_mut().unwrap().remove("trace_id");
    (status, body)
}

#[tokio::test]
async fn a_port_that_was_dropped_is_read_by_nobody_at_any_instant() {
    let Ending { manifests, clock, mesh } = start().await;
    assert_eq!(ask(&mesh, "ana", REFUNDS).await.as_deref(), Ok("6"));
    assert_eq!(as_of_then(&mesh, "ana", REFUNDS).await["rows"], serde_json::json!([[6]]));

    drop_refunds(&manifests);
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:?}");
    assert!(
        report.plan.to_text(false).contains("- refunds  1.0.0  no longer served, 10 rows kept\n"),
        "{:?}",
        report.plan
    );

    let unknown = |answer: serde_json::Value| answer.to_string().replace("refunds", "nothing");
    for name in ["ana", "olga", "nobody"] {
        for door in Door::ALL {
            let told = ask_at(door, &mesh, name, None, REFUNDS).await.unwrap_err();
            let expected = ask_at(door, &mesh, name, None, &REFUNDS.replace("refunds", "nothing")).await.unwrap_err();
            assert_eq!(told.replace("refunds", "nothing"), expected);
        }
        let nothing = as_of_then(&mesh, name, &REFUNDS.replace("refunds", "nothing")).await;
        assert_eq!(unknown(as_of_then(&mesh, name, REFUNDS).await), nothing.to_string());
    }
    assert_eq!(as_of_then(&mesh, "ana", LINES).await["rows"], serde_json::json!([[6]]));

    // Another port of that name does not bring the rows of the first one back, whose rules are gone.
    let again = ending();
    for file in ["product.odps.yaml", "contracts/refunds.odcs.yaml"] {
        let file = format!("products/sales/orders/{file}");
        manifests.write(&file, again.text(&file));
    }
    clock.advance(Duration::days(1));
    assert!(mesh.reconcile().await.is_complete());
    assert_eq!(ask(&mesh, "ana", REFUNDS).await.as_deref(), Ok("10"), "nothing filters it any more");
    assert_eq!(as_of_then(&mesh, "ana", REFUNDS).await["code"], "W0202");
    let ended = "select release, retired, kept_until from system.mesh.releases where port = 'refunds' order by release";
    assert_eq!(ask(&mesh, "olga", ended).await.as_deref(), Ok("1,false,\n2,true,\n3,false,"));
    assert_eq!(ask(&mesh, "ana", ended).await.as_deref(), Ok("1,false,\n3,false,"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_retired_product_is_read_by_nobody_whatever_they_hold() {
    let Ending { manifests, mesh, .. } = start().await;
    let mut ana = client(&mesh, "ana").await;
    let ticket = ana.execute(LINES.to_owned(), None).await.unwrap();
    let handle = handle(&mut ana, LINES).await.unwrap();
    assert!(fetch(&mut ana, ticket.clone()).await.is_ok());

    manifests.remove("products/sales/orders");
    let report = mesh.reconcile().await;
    let retired =
        "  - sales.orders   BREAKING\n      - lines    1.0.0  no longer served, 10 rows kept until 2027-12-01\n";
    assert!(report.plan.to_text(false).contains(retired), "{}", report.plan.to_text(false));

    let ticket = fetch(&mut ana, ticket).await.map_err(told).unwrap_err();
    let handle = fetch_prepared(&mut ana, handle).await.map_err(told).unwrap_err();
    for refusal in [ticket, handle] {
        assert!(refusal.starts_with("W0202 "), "{refusal}");
    }
    for name in ["ana", "olga"] {
        let nothing = as_of_then(&mesh, name, "select count(*) from sales.nothing.lines").await.to_string();
        assert_eq!(as_of_then(&mesh, name, LINES).await.to_string().replace("orders", "nothing"), nothing);
        assert!(ask(&mesh, name, LINES).await.unwrap_err().starts_with("W0202 "));
        // A view that stays, since its product has an error now, has nothing to read.
        assert!(ask(&mesh, name, "select count(*) from sales.seen.recent").await.is_err());
        assert_eq!(
            as_of_then(&mesh, name, "select count(*) from sales.seen.recent").await["rows"],
            serde_json::Value::Null
        );
    }
    assert!(report.diagnostics.iter().any(|told| told.code == Code::INPUT_UNKNOWN), "{:?}", report.diagnostics);
    mesh.stop().await;
}

#[tokio::test]
async fn the_end_of_a_product_is_told_to_who_answers_for_it_alone() {
    let Ending { manifests, mesh, .. } = start().await;
    manifests.remove("products/sales/orders");
    let report = mesh.reconcile().await;

    let (status, problem) = page(&mesh, "olga", "sales.orders").await;
    assert_eq!((status, &problem["code"], &problem["title"]), (410, &"W0909".into(), &"retired".into()));
    let told = format!(
        "`sales.orders` was retired on 2026-12-01 by revision {}: data of `lines` are kept until 2027-12-01, of \
         `refunds` are kept for ever",
        report.revision.short()
    );
    assert_eq!(problem["detail"], told.as_str());
    for name in ["ana", "mo", "nobody"] {
        let (status, unknown) = page(&mesh, name, "sales.nothing").await;
        let (gone, problem) = page(&mesh, name, "sales.orders").await;
        assert_eq!((gone, status), (404, 404), "{name}");
        assert_eq!(problem.to_string().replace("orders", "nothing"), unknown.to_string());
    }
    let ended = "select port, table_version, row_count, kept_until from system.mesh.releases \
                 where product = 'sales.orders' and retired order by port";
    assert_eq!(ask(&mesh, "olga", ended).await.as_deref(), Ok("lines,0,,2027-12-01T12:00:00Z\nrefunds,0,,"));
    assert_eq!(ask(&mesh, "ana", ended).await.as_deref(), Ok(""));
    let steps = "select port from system.mesh.runs where step = 'retire' order by port";
    assert_eq!(ask(&mesh, "olga", steps).await.as_deref(), Ok("sales.orders.lines\nsales.orders.refunds"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_lost_catalog_does_not_bring_a_retired_product_back() {
    let Ending { manifests, clock, mesh } = start().await;
    let folder = manifests.path().join("products/sales/orders");
    let aside = TempDir::new().unwrap();
    let orders: ProductRef = "sales.orders".parse().unwrap();
    std::fs::rename(&folder, aside.path().join("orders")).unwrap();
    mesh.reconcile().await;
    let history = mesh.catalog().releases(&orders).await.unwrap();
    let home = mesh.stop().await;
    for file in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        let _ = std::fs::remove_file(home.path().join(file));
    }
    let mesh = serve(&manifests, &clock, home).await;
    assert!(mesh.first.plan.is_empty(), "nothing is left to retire: {:?}", mesh.first.plan.steps);
    assert_eq!(mesh.catalog().releases(&orders).await.unwrap(), history);
    assert!(ask(&mesh, "ana", LINES).await.unwrap_err().starts_with("W0202 "));

    // Declared again it goes on counting.
    std::fs::rename(aside.path().join("orders"), &folder).unwrap();
    assert!(mesh.reconcile().await.is_complete());
    assert_eq!(mesh.catalog().published().releases[&orders].number, 3);
    assert_eq!(ask(&mesh, "ana", LINES).await.as_deref(), Ok("6"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_tombstone_that_was_written_and_not_flipped_is_taken_up() {
    let Ending { manifests, clock, mesh } = start().await;
    let home = mesh.stop().await;
    let (catalog, before) = (home.path().join("catalog.db"), home.path().join("before.db"));
    std::fs::copy(&catalog, &before).unwrap();
    manifests.remove("products/sales/orders");
    let mesh = serve(&manifests, &clock, home).await;
    let orders: ProductRef = "sales.orders".parse().unwrap();
    let history = mesh.catalog().releases(&orders).await.unwrap();
    let home = mesh.stop().await;

    // As if the process had died between the object and the flip.
    std::fs::rename(&before, &catalog).unwrap();
    clock.advance(Duration::days(1));
    let mesh = serve(&manifests, &clock, home).await;
    assert_eq!(mesh.first.outcomes.len(), 2, "{:?}", mesh.first.outcomes);
    assert_eq!(mesh.catalog().releases(&orders).await.unwrap(), history, "it ended on the day on which it was said");
    assert!(ask(&mesh, "ana", LINES).await.unwrap_err().starts_with("W0202 "));
    mesh.stop().await;
}

#[tokio::test]
async fn rules_that_go_with_a_product_open_nothing_while_it_is_still_there() {
    let Ending { manifests, mesh, .. } = start().await;
    let case = "{who: ana, action: read, what: sales.orders.lines, expected: allow, because: she analyses them}";
    manifests.remove("products/sales/orders").write("governance/cases/ana.yaml", format!("- {case}\n"));
    let tree = tree(manifests.path());
    let known = Known::in_catalog(mesh.catalog(), &tree, "2026-12-01T12:00:00Z".parse().unwrap()).await.unwrap();
    let checked = check(&tree, &known).await;
    let (port, snapshot) =
        ("sales.orders.lines".parse().unwrap(), checked.snapshot.expect("a case about what goes is not asked"));
    let olga = snapshot.principals().find("olga").unwrap();
    let (release, _) = known.published.port(&port).unwrap();
    let columns = &release.product.output(&port.port).unwrap().contract.columns;
    let request = weft_governance::AccessRequest {
        principal: &olga,
        action: weft_model::Action::Read,
        object: weft_governance::ObjectRef::Port(port),
        purpose: None,
        at: known.now,
    };
    let decision = weft_governance::Authorizer::decide_read(&snapshot, &request, columns);
    assert!(!decision.is_allowed());
    assert_eq!(decision.because()[0].text.as_ref(), "the port is retired: nothing declares it any more");
    mesh.stop().await;
}

#[tokio::test]
async fn a_product_that_may_not_go_keeps_the_restrictions_that_went_with_it() {
    let manifests = guarded();
    let mesh = TestMesh::start(manifests.path()).await;
    assert_eq!(ask(&mesh, "ana", LINES).await.as_deref(), Ok("6"));
    manifests.remove("products/sales/orders");
    let report = mesh.reconcile().await;
    assert!(report.diagnostics.iter().any(|told| told.code == Code::CHANGE_REMOVED), "{:?}", report.diagnostics);
    assert_eq!(ask(&mesh, "ana", LINES).await.as_deref(), Ok("6"));
    mesh.stop().await;
}

#[tokio::test]
async fn a_domain_of_which_something_may_not_go_keeps_the_rules_that_went_with_it() {
    let manifests = guarded();
    let anyone = "p, group:analysts, dom:any, obj:any, *, *, -, allow\n";
    manifests.write("governance/policies/analysts.csv", anyone);
    let mesh = TestMesh::start(manifests.path()).await;
    assert_eq!(ask(&mesh, "ana", LINES).await.as_deref(), Ok("10"), "see_all_rows");
    let notes = "select note from sales.orders.lines";
    assert!(ask(&mesh, "ana", notes).await.is_err());
    manifests.remove("products/sales");
    let report = mesh.reconcile().await;
    assert!(report.diagnostics.iter().any(|told| told.code == Code::CHANGE_REMOVED), "{:?}", report.diagnostics);
    assert_eq!(ask(&mesh, "ana", LINES).await.as_deref(), Ok("10"));
    assert!(ask(&mesh, "ana", notes).await.is_err(), "the domain's own line denies it");
    mesh.stop().await;
}
