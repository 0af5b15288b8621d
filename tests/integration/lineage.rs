//! What columns are made of, as it is told to each, and words that travel with it.

use std::collections::BTreeSet;

use weft_testkit::{Manifests, TestMesh};
use weft_wire::{Lineage, Problem};

use crate::asking::ask;
use crate::guarded::guarded;

/// The guarded mesh, whose view leaves out rows by a column that `ana` does not have.
fn filtered() -> Manifests {
    let mesh = guarded();
    let sql = "SELECT order_id, region, lower(email) AS email FROM sales.orders.lines WHERE note IS NOT NULL\n";
    mesh.write("products/sales/seen/transforms/recent.sql", sql);
    mesh
}

/// A line for each way in which something depends on a column, as SQL tells it.
async fn by_sql(mesh: &TestMesh, name: &str) -> BTreeSet<String> {
    let sql = "select from_port || '.' || from_column || ' > ' || to_port || coalesce('.' || to_column, '') || ' ' || kind \
               || ' ' || detail || ' ' || release from system.mesh.lineage where from_column is not null";
    ask(mesh, name, sql).await.unwrap().lines().map(str::to_owned).collect()
}

async fn get(mesh: &TestMesh, name: &str, query: &str) -> Result<Lineage, Problem> {
    let url = format!("{}/api/v1/lineage?{query}", mesh.http());
    let answer = reqwest::Client::new().get(url).bearer_auth(mesh.token(name)).send().await.unwrap();
    let is_answer = answer.status().is_success();
    let text = answer.text().await.unwrap();
    if is_answer { Ok(serde_json::from_str(&text).unwrap()) } else { Err(serde_json::from_str(&text).unwrap()) }
}

/// The same lines, as REST tells them of everything around the orders.
async fn by_rest(mesh: &TestMesh, name: &str) -> BTreeSet<String> {
    let found = get(mesh, name, "focus=sales.orders&level=column&hops=9").await.unwrap();
    assert!(found.complete);
    let lines = found.edges.iter().flat_map(|edge| {
        let line = |how: &weft_wire::LineageStep| {
            format!("{} > {} {} {} {}", edge.from, edge.to, how.kind, how.detail, edge.release)
        };
        edge.how.iter().map(line).collect::<Vec<_>>()
    });
    lines.collect()
}

#[tokio::test]
async fn sql_and_rest_tell_the_same_of_columns_and_nothing_of_those_that_are_hidden() {
    let mesh = TestMesh::start(filtered().path()).await;
    assert!(mesh.first.is_complete(), "{:#?}", mesh.first);
    let hidden = "sales.orders.lines.note > sales.seen.recent indirect filter 1";
    let shown = [
        "sales.orders.lines.amount > sales.totals.overall.amount direct aggregation 1",
        "sales.orders.lines.email > sales.seen.recent.email direct transformation 1",
        "sales.orders.lines.order_id > sales.seen.recent.order_id direct identity 1",
        "sales.orders.lines.region > sales.seen.recent.region direct identity 1",
    ];
    let shown: BTreeSet<String> = shown.iter().map(|line| (*line).to_owned()).collect();
    let whole: BTreeSet<String> = shown.iter().cloned().chain([hidden.to_owned()]).collect();
    for (name, expected) in [("ana", &shown), ("olga", &whole)] {
        assert_eq!(&by_sql(&mesh, name).await, expected, "{name}");
        assert_eq!(&by_rest(&mesh, name).await, expected, "{name}");
    }
    let ports = "select from_port, to_port, release from system.mesh.lineage where from_column is null order by 2";
    let told = "sales.orders.lines,sales.seen.recent,1\nsales.orders.lines,sales.totals.overall,1";
    assert_eq!(ask(&mesh, "ana", ports).await.unwrap(), told);
    assert_eq!(ask(&mesh, "nobody", "select count(*) from system.mesh.lineage").await.unwrap(), "0");
    mesh.stop().await;
}

#[tokio::test]
async fn a_focus_that_is_not_there_and_one_that_may_not_be_known_are_told_alike() {
    let mesh = TestMesh::start(filtered().path()).await;
    for (name, there, not_there) in [
        ("nobody", "sales.orders", "sales.nothing"),
        ("nobody", "sales.orders.lines", "sales.orders.nothing"),
        ("nobody", "sales.orders.lines.email", "sales.orders.lines.nothing"),
        ("ana", "sales.orders.lines.note", "sales.orders.lines.nothing"),
    ] {
        let refused = |focus: &'static str| {
            let mesh = &mesh;
            async move {
                let problem = get(mesh, name, &format!("focus={focus}&hops=2")).await.unwrap_err();
                (problem.status, problem.code, problem.detail.replace(focus, "it"))
            }
        };
        assert_eq!(refused(there).await, refused(not_there).await, "{name}: {there}");
    }
    for query in ["", "focus=sales.orders&level=row", "focus=sales.orders&hops=21", "focus=sales.orders&up=-1"] {
        assert_eq!(get(&mesh, "ana", query).await.unwrap_err().status, 400, "{query}");
    }
    mesh.stop().await;
}

#[tokio::test]
async fn a_word_that_is_dropped_on_the_way_holds_its_product_back_and_what_is_served_stays() {
    let manifests = filtered();
    let mesh = TestMesh::start(manifests.path()).await;
    let contract = "products/sales/seen/contracts/recent.odcs.yaml";
    manifests.edit(contract, "tags: [pii.email]", "classification: public");
    let report = mesh.reconcile().await;
    let told: Vec<String> = report.diagnostics.iter().map(|told| format!("{} {}", told.place, told.code)).collect();
    let line = manifests.text(contract).lines().position(|line| line.contains("name: email")).unwrap() + 5;
    assert_eq!(told, [format!("{contract}:{line}:25 W0456")]);
    let column = "select classification from system.mesh.columns where port = 'recent' and column_name = 'email'";
    assert_eq!(ask(&mesh, "olga", column).await.unwrap(), "", "the contract that is served has no classification");

    let signed = |steward: &str| {
        format!(
            "- column: sales.seen.recent.email\n  tags: [pii]\n  reason: To test.\n  steward: {steward}\n  on: 2026-01-01\n"
        )
    };
    manifests.write("governance/declassifications.yaml", signed("ana"));
    let codes =
        |report: &weft_reconcile::Report| report.diagnostics.iter().map(|told| told.code.as_str()).collect::<Vec<_>>();
    assert_eq!(codes(&mesh.reconcile().await), ["W0457", "W0456"], "she does not own the data");
    manifests.write("governance/declassifications.yaml", signed("olga"));
    let report = mesh.reconcile().await;
    assert!(report.is_complete(), "{report:#?}");
    assert_eq!(ask(&mesh, "olga", column).await.unwrap(), "public");

    manifests.remove("governance/declassifications.yaml");
    assert_eq!(
        codes(&mesh.reconcile().await),
        ["W0456"],
        "also where nothing of the product changed since its release"
    );
    mesh.stop().await;
}

#[tokio::test]
async fn nothing_is_published_for_the_sake_of_lineage() {
    let manifests = filtered();
    let mesh = TestMesh::start(manifests.path()).await;
    let again = mesh.reconcile().await;
    assert!(again.plan.is_empty(), "{:#?}", again.plan);
    let published = mesh.catalog().published();
    let release = &published.releases[&"sales.seen".parse().unwrap()];
    assert_eq!(release.number, 1);
    let mut earlier = release.clone();
    earlier.ports.values_mut().for_each(|port| port.lineage = weft_model::ColumnLineage::default());
    let text = serde_json::to_string(&earlier).unwrap();
    assert!(!text.contains("lineage"), "a release without it is written as before it was recorded");
    assert_eq!(serde_json::from_str::<weft_model::Release>(&text).unwrap(), earlier);
    assert!(earlier.repeats(release), "and is not released again for it");
    mesh.stop().await;
}
