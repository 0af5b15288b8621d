use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use expect_test::{Expect, expect};
use weft_governance::{MeshFacts, PolicySnapshot};
use weft_model::{Column, ManifestTree, PortRef, Revision};

use crate::sample::{at, clock, noon, release};
use crate::{Catalog, CatalogView, QueryRecord, ReadRecord, Served, Traffic};

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
        served: Served::Answered { first_ms: 12, busy_ms: 12 },
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

/// `departures` was read as often as said, each time slower by a millisecond and by the last of them in vain.
async fn busy(queries: usize) -> Catalog {
    let catalog = mesh().await;
    for n in 1..queries {
        let served = match n + 1 == queries {
            true => Served::Failed { after_ms: 1 },
            false => Served::Answered { first_ms: n as u64, busy_ms: 10 },
        };
        let at = noon() + chrono::Duration::minutes(i64::try_from(n % 60).unwrap());
        let query = query("user:ana", "ok", &["aviation.flights.departures", "aviation.gone.lines"]);
        catalog.note_query(QueryRecord { at, rows: 1_000, served, ..query });
    }
    catalog
}

/// What `name` is told of how well ports are served.
async fn traffic(catalog: &Catalog, name: &str) -> String {
    let mut text = String::new();
    for told in see(catalog, name).traffic().await.unwrap() {
        let numbers =
            (told.availability, told.error_rate, told.latency_p50_ms, told.latency_p95_ms, told.latency_p99_ms);
        let counts = (told.rows_a_second, told.queries, told.failed);
        writeln!(text, "{} {numbers:?} {counts:?}", told.port).unwrap();
    }
    text
}

#[tokio::test]
async fn how_well_a_port_is_served_is_told_to_who_knows_it_and_how_many_asked_to_who_answers_for_it() {
    let catalog = busy(25).await;
    expect![[r#"
        aviation.flights.departures (Some(96.0), Some(4.0), Some(12), Some(22), None) (Some(100000.0), None, None)
    "#]]
    .assert_eq(&traffic(&catalog, "ana").await);
    expect![[r#"
        aviation.flights.departures (Some(96.0), Some(4.0), Some(12), Some(22), Some(23)) (Some(100000.0), Some(25), Some(1))
    "#]]
    .assert_eq(&traffic(&catalog, "omar").await);
    assert!(traffic(&catalog, "greta").await.contains("fleet.aircraft.planes (Some(100.0), Some(0.0), Some(12)"));
    assert_eq!(traffic(&catalog, "nobody").await, "");
}

#[tokio::test]
async fn of_few_queries_only_who_answers_for_the_port_is_told() {
    let catalog = busy(19).await;
    assert_eq!(traffic(&catalog, "ana").await, "");
    assert!(traffic(&catalog, "stella").await.contains("Some(19), Some(1)"));
}

#[tokio::test]
async fn traffic_counts_for_a_day_and_is_forgotten_in_two() {
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let port: PortRef = "aviation.flights.departures".parse().unwrap();
    for hours in [0, 24, 25, 49] {
        let query = query("user:ana", "ok", &["aviation.flights.departures"]);
        catalog.note_query(QueryRecord { at: noon() - chrono::Duration::hours(hours), ..query });
    }
    let counted = async |since| catalog.traffic_since(since).await.unwrap().get(&port).map_or(0, Traffic::queries);
    assert_eq!(counted(Traffic::since(noon())).await, 2);
    assert_eq!(counted(noon() - chrono::Duration::days(30)).await, 3);
}
