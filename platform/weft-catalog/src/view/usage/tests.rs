use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use expect_test::{Expect, expect};
use weft_governance::{MeshFacts, PolicySnapshot};
use weft_model::{Column, ManifestTree, PortRef, Revision};

use crate::sample::{at, clock, noon, release};
use crate::{Catalog, CatalogView, QueryRecord, ReadRecord};

const PRINCIPALS: &str = "
users:
  - {name: ana, groups: [analysts], attributes: {}}
  - {name: ben, groups: [analysts], attributes: {}}
  - {name: omar, groups: [aviation_team], attributes: {}}
  - {name: stella, groups: [], attributes: {}}
  - {name: greta, groups: [governance], attributes: {}}
  - {name: nobody, groups: [], attributes: {}}
services:
  - {name: jobs, groups: [], attributes: {}}
groups:
  - {name: analysts}
  - {name: aviation_team}
  - {name: governance}
";

/// Analysts know of `departures` and read it but for its `id`; the owner, and a steward, read all of
/// aviation but know of nothing else; governance reads what the platform knows.
const POLICIES: &str = "\
g, group:analysts, role:analyst, dom:any
p, role:analyst, dom:aviation, obj:aviation.flights.departures, read, *, -, allow
p, role:analyst, dom:aviation, obj:aviation.flights.departures.id, read, *, -, deny
p, group:aviation_team, dom:aviation, obj:aviation, read, *, -, allow
p, user:stella, dom:aviation, obj:aviation, read, *, -, allow
p, group:governance, dom:system, obj:system.usage, read, *, -, allow
";

fn policies() -> Arc<PolicySnapshot> {
    let tree = ManifestTree::of_texts([
        ("governance/model.conf", include_str!("../../../../../governance/model.conf")),
        ("governance/policies/test.csv", POLICIES),
        ("governance/principals.yaml", PRINCIPALS),
    ]);
    let (rules, diagnostics) = weft_governance::read(&tree);
    assert!(!rules.refused(), "{diagnostics:?}");
    let domains = ["aviation", "fleet"].map(|domain| domain.parse().unwrap());
    let facts = MeshFacts { domains: BTreeSet::from(domains), ..MeshFacts::default() };
    Arc::new(rules.compile(&Revision::new("rev1"), &facts).unwrap())
}

fn read(principal: &str, second: u64, ports: &[(&str, &[&str])]) -> ReadRecord {
    let ports = ports.iter().map(|(port, columns)| {
        let columns: BTreeSet<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        (port.parse().unwrap(), columns)
    });
    ReadRecord { at: at(second), principal: principal.to_owned(), purpose: None, ports: ports.collect() }
}

fn query(principal: &str, outcome: &'static str, ports: &[&str]) -> QueryRecord {
    QueryRecord {
        query: format!("{principal} {outcome}"),
        at: at(1),
        principal: principal.to_owned(),
        purpose: Some("reporting".to_owned()),
        door: Some("flight"),
        trace: Some("0af7".to_owned()),
        outcome,
        duration_ms: 12,
        rows: 3,
        ports: ports.iter().map(|port| port.parse().unwrap()).collect(),
    }
}

/// `ana` reads `departures`, `planes` and what is served no more; a service reads both; `ben` nothing.
async fn mesh() -> Catalog {
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let mut flights = release(1, &["aviation.flights.departures", "aviation.flights.arrivals"], &[]);
    flights.domain.stewards = vec!["stella".to_owned(), "jobs".to_owned()];
    for output in &mut flights.product.outputs {
        let column = Column { name: "seats".to_owned(), ..output.contract.columns[0].clone() };
        output.contract.columns.push(column);
    }
    catalog.publish(vec![flights, release(1, &["fleet.aircraft.planes"], &[])]).await.unwrap();
    let (departures, planes) = ("aviation.flights.departures", "fleet.aircraft.planes");
    catalog.note_reads(read("user:ana", 1, &[(departures, &["id", "seats"])]));
    catalog.note_reads(read("user:ana", 90_000, &[(departures, &["seats"]), (planes, &["id"])]));
    catalog.note_reads(read("user:ana", 2, &[("aviation.gone.lines", &["id"])]));
    catalog.note_reads(read("service:jobs", 3, &[(departures, &[]), (planes, &["id"])]));
    catalog.note_query(query("user:ana", "ok", &[departures, planes]));
    catalog.note_query(query("user:ben", "W0202", &[]));
    catalog
}

fn see(catalog: &Catalog, name: &str) -> CatalogView {
    let policies = policies();
    let principal = policies.principals().find(name).unwrap();
    catalog.view(policies, &principal, noon())
}

async fn check(name: &str, expected: Expect) {
    let view = see(&mesh().await, name);
    let mut text = String::new();
    for read in view.reads().await.unwrap() {
        let column = read.column.map_or_else(|| "*".to_owned(), |column| format!(".{column}"));
        writeln!(text, "{} {}{column} {} {}", read.day, read.port, read.principal, read.queries).unwrap();
    }
    for query in view.queries().await.unwrap() {
        let ports: Vec<_> = query.ports.iter().map(ToString::to_string).collect();
        writeln!(text, "query {} {ports:?}", query.query).unwrap();
    }
    expected.assert_eq(&text);
}

#[tokio::test]
async fn a_principal_sees_its_own_reads_of_what_it_may_know() {
    check(
        "ana",
        expect![[r#"
            2026-03-02 aviation.flights.departures* user:ana 1
            2026-03-02 aviation.flights.departures.seats user:ana 1
            2026-03-01 aviation.flights.departures* user:ana 1
            2026-03-01 aviation.flights.departures.seats user:ana 1
            query user:ana ok ["aviation.flights.departures"]
        "#]],
    )
    .await;
    check(
        "ben",
        expect![[r#"
        query user:ben W0202 []
    "#]],
    )
    .await;
    check("nobody", expect![[""]]).await;
}

#[tokio::test]
async fn who_answers_for_a_port_sees_who_reads_it() {
    check(
        "omar",
        expect![[r#"
        2026-03-02 aviation.flights.departures* user:ana 1
        2026-03-02 aviation.flights.departures.seats user:ana 1
        2026-03-01 aviation.flights.departures* service:jobs 1
        2026-03-01 aviation.flights.departures* user:ana 1
        2026-03-01 aviation.flights.departures.id user:ana 1
        2026-03-01 aviation.flights.departures.seats user:ana 1
    "#]],
    )
    .await;
    check(
        "stella",
        expect![[r#"
        2026-03-02 aviation.flights.departures* user:ana 1
        2026-03-02 aviation.flights.departures.seats user:ana 1
        2026-03-01 aviation.flights.departures* service:jobs 1
        2026-03-01 aviation.flights.departures* user:ana 1
        2026-03-01 aviation.flights.departures.id user:ana 1
        2026-03-01 aviation.flights.departures.seats user:ana 1
    "#]],
    )
    .await;
    // A service is no steward, whatever its name.
    check("jobs", expect![[""]]).await;
}

#[tokio::test]
async fn who_may_read_the_platforms_usage_sees_all_of_it() {
    check(
        "greta",
        expect![[r#"
        2026-03-02 aviation.flights.departures* user:ana 1
        2026-03-02 aviation.flights.departures.seats user:ana 1
        2026-03-02 fleet.aircraft.planes* user:ana 1
        2026-03-02 fleet.aircraft.planes.id user:ana 1
        2026-03-01 aviation.flights.departures* service:jobs 1
        2026-03-01 aviation.flights.departures* user:ana 1
        2026-03-01 aviation.flights.departures.id user:ana 1
        2026-03-01 aviation.flights.departures.seats user:ana 1
        2026-03-01 aviation.gone.lines* user:ana 1
        2026-03-01 aviation.gone.lines.id user:ana 1
        2026-03-01 fleet.aircraft.planes* service:jobs 1
        2026-03-01 fleet.aircraft.planes.id service:jobs 1
        query user:ben W0202 []
        query user:ana ok ["aviation.flights.departures", "fleet.aircraft.planes"]
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_usage_of_a_port_is_everyones_for_its_owner_and_the_askers_own_for_others() {
    let catalog = mesh().await;
    let departures: PortRef = "aviation.flights.departures".parse().unwrap();
    for (name, by_everyone, queries, columns) in [
        ("omar", true, vec![2, 1], vec![("id", 1), ("seats", 2)]),
        ("ana", false, vec![1, 1], vec![("seats", 2)]),
        ("ben", false, vec![], vec![]),
    ] {
        let usage = see(&catalog, name).usage_of(&departures).await.unwrap();
        assert_eq!(usage.by_everyone, by_everyone, "{name}");
        assert_eq!(usage.days.iter().map(|day| day.queries).collect::<Vec<_>>(), queries, "{name}");
        let shown: Vec<_> = usage.columns.iter().map(|column| (column.column.as_str(), column.queries)).collect();
        assert_eq!(shown, columns, "{name}");
    }
    let planes: PortRef = "fleet.aircraft.planes".parse().unwrap();
    let error = see(&catalog, "ana").usage_of(&planes).await.unwrap_err();
    assert_eq!(error.to_string(), "no port `fleet.aircraft.planes`");
}

#[tokio::test]
async fn what_was_read_outlasts_the_process_and_is_told_to_who_only_reads() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let catalog = Catalog::open(&path, clock()).await.unwrap();
    catalog.note_reads(read("user:ana", 1, &[("a_b.flights.departures", &["seats"]), ("a.b.c", &[])]));
    catalog.close().await;
    let catalog = Catalog::open(&path, clock()).await.unwrap();
    catalog.note_reads(read("user:ana", 5, &[("a_b.flights.departures", &["seats"])]));
    catalog.note_reads(read("service:jobs", 90_000, &[("a_b.flights.departures", &["seats"])]));
    catalog.note_query(query("user:ana", "ok", &[]));
    catalog.close().await;

    let reader = Catalog::open_read_only(&path, clock()).await.unwrap();
    let told = |since| {
        let reader = reader.clone();
        async move {
            let reads = reader.reads_since(since).await.unwrap();
            let line = |read: &weft_model::ObservedRead| {
                let column = read.column.as_deref().unwrap_or("*");
                format!("{} {column} {} {} {}", read.port, read.principal, read.count, read.last_at.timestamp())
            };
            reads.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    };
    expect![[r#"
        a.b.c * user:ana 1 1772366401
        a_b.flights.departures * service:jobs 1 1772456400
        a_b.flights.departures * user:ana 2 1772366405
        a_b.flights.departures seats service:jobs 1 1772456400
        a_b.flights.departures seats user:ana 2 1772366405"#]]
    .assert_eq(&told(at(0)).await);
    expect![[r#"
        a_b.flights.departures * service:jobs 1 1772456400
        a_b.flights.departures seats service:jobs 1 1772456400"#]]
    .assert_eq(&told(at(6)).await);
}

#[tokio::test]
async fn a_catalog_of_before_reads_were_observed_holds_none() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let catalog = Catalog::open(&path, clock()).await.unwrap();
    let mut writer = catalog.store().writer().await.unwrap();
    sqlx::query("DROP TABLE usage_reads").execute(&mut *writer).await.unwrap();
    drop(writer);
    catalog.close().await;
    let reader = Catalog::open_read_only(&path, clock()).await.unwrap();
    assert_eq!(reader.reads_since(at(0)).await.unwrap(), []);
}

#[tokio::test]
async fn days_long_past_are_forgotten() {
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let long_ago = read("user:ana", 1, &[("a.b.c", &[])]);
    for days in [399, 402] {
        catalog.note_reads(ReadRecord { at: noon() - chrono::Duration::days(days), ..long_ago.clone() });
    }
    let all = BTreeMap::from_iter(
        catalog
            .reads_since(noon() - chrono::Duration::days(1_000))
            .await
            .unwrap()
            .into_iter()
            .map(|read| (read.port, read.count)),
    );
    assert_eq!(all.into_values().collect::<Vec<_>>(), [1]);
}
