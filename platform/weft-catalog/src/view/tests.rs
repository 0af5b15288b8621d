use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::{Expect, expect};
use weft_governance::{MeshFacts, PolicySnapshot};
use weft_model::{Code, ManifestTree, Revision};

use super::*;
use crate::run::{CheckRecord, StepStatus};
use crate::sample::{at, clock, noon, release, run, tombstone};
use crate::{CheckOutcome, CheckSeverity, OffendingRows};

const PRINCIPALS: &str = "
users:
  - {name: ana, groups: [analysts], attributes: {}}
  - {name: pia, groups: [operators], attributes: {}}
  - {name: nobody, groups: [], attributes: {}}
services: []
groups:
  - {name: analysts}
  - {name: operators}
";

/// `ana` reads one of the two ports of `aviation.flights`, knows of `punctuality`, and of nothing
/// else; `pia` knows of everything and reads nothing.
const POLICIES: &str = "\
g, group:analysts, role:analyst, dom:any
g, group:operators, role:operator, dom:any
p, role:analyst, dom:aviation, obj:aviation.flights.departures, read, *, -, allow
p, role:analyst, dom:punctuality, obj:punctuality, discover, *, -, allow
p, role:operator, dom:any, obj:any, discover, *, -, allow
";

fn policies() -> Arc<PolicySnapshot> {
    let tree = ManifestTree::of_texts([
        ("governance/model.conf", include_str!("../../../../governance/model.conf")),
        ("governance/policies/test.csv", POLICIES),
        ("governance/principals.yaml", PRINCIPALS),
    ]);
    let (rules, diagnostics) = weft_governance::read(&tree);
    assert!(!rules.refused(), "{diagnostics:?}");
    let domains = ["aviation", "fleet", "loyalty", "punctuality"].map(|domain| domain.parse().unwrap());
    let facts = MeshFacts { domains: BTreeSet::from(domains), ..MeshFacts::default() };
    Arc::new(rules.compile(&Revision::new("rev1"), &facts).unwrap())
}

async fn mesh() -> Catalog {
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let releases = vec![
        release(1, &["aviation.flights.departures", "aviation.flights.arrivals"], &[]),
        release(1, &["fleet.aircraft.planes"], &[]),
        release(1, &["punctuality.delays.daily"], &["aviation.flights.departures", "fleet.aircraft.planes"]),
        release(1, &["loyalty.members.profiles"], &["aviation.flights.departures"]),
    ];
    catalog.publish(releases).await.unwrap();
    catalog
}

fn see(catalog: &Catalog, name: &str) -> CatalogView {
    let policies = policies();
    let principal = policies.principals().find(name).unwrap();
    catalog.view(policies, &principal, noon())
}

/// Everything that a view tells, as text.
async fn everything(view: &CatalogView) -> String {
    let mut text = String::new();
    for domain in view.domains() {
        writeln!(text, "domain {} {:?}", domain.name, domain.products.iter().map(|p| p.as_str()).collect::<Vec<_>>())
            .unwrap();
    }
    for product in view.products(None) {
        let inputs: Vec<_> = product.inputs.iter().map(|input| input.port.to_string()).collect();
        writeln!(text, "product {} release {} inputs {inputs:?}", product.name, product.release).unwrap();
        for port in &product.ports {
            assert_eq!(view.port(&port.port).as_ref().ok(), Some(port));
        }
        assert_eq!(view.product(&product.name).unwrap(), product);
    }
    for port in view.ports() {
        let (rows, bytes, version) = (port.rows, port.bytes, port.table_version);
        writeln!(text, "port {} readable {} rows {rows:?} bytes {bytes:?} v{version:?}", port.port, port.readable)
            .unwrap();
    }
    for column in view.columns() {
        writeln!(text, "column {} {} {}", column.port, column.position, column.column.name).unwrap();
    }
    for edge in view.lineage() {
        writeln!(text, "edge {} -> {}", edge.from, edge.to).unwrap();
    }
    for release in view.releases().await.unwrap() {
        let ports: Vec<_> = release.ports.iter().map(|p| (p.port.as_str(), p.table_version, p.rows)).collect();
        let current = if release.current { " current" } else { "" };
        writeln!(text, "release {} {}{current} {ports:?}", release.product, release.number).unwrap();
    }
    for run in view.runs().await.unwrap() {
        let steps: Vec<_> = run.steps.iter().map(|s| format!("{} {} {:?}", s.port, s.status, s.rows)).collect();
        let files: Vec<_> = run.diagnostics.iter().map(|d| d.file.as_str()).collect();
        let made = (run.author.is_some(), run.committed_at.is_some(), run.signature.is_some());
        assert_eq!(made, (run.plan.is_some(), run.plan.is_some(), run.plan.is_some()));
        writeln!(text, "run {} {} plan {:?} {steps:?} {files:?}", run.id, run.status, run.plan).unwrap();
        assert_eq!(view.run(&run.id).await.unwrap(), run);
    }
    for check in view.checks().await.unwrap() {
        let sample = check.sample.map(|rows| format!(" {}", rows.to_json())).unwrap_or_default();
        let counts = (check.failing_rows, check.measured, check.scanned_bytes, check.duration_ms);
        writeln!(text, "check {} {} {} {counts:?}{sample}", check.port, check.name, check.outcome).unwrap();
    }
    text
}

async fn check(catalog: &Catalog, name: &str, expected: Expect) {
    expected.assert_eq(&everything(&see(catalog, name)).await);
}

async fn busy_mesh() -> Catalog {
    let catalog = mesh().await;
    let steps = [
        ("aviation.flights.departures", StepStatus::Succeeded),
        ("aviation.flights.arrivals", StepStatus::Failed),
        ("loyalty.members.profiles", StepStatus::Succeeded),
    ];
    let files =
        ["governance/policies/a.csv", "products/loyalty/members/about.md", "products/punctuality/delays/about.md"];
    catalog.record_run(&run("r1", 10, &steps, &files)).await.unwrap();
    catalog.record_run(&run("r2", 20, &steps[2..], &files[..2])).await.unwrap();
    let check = |port: &str| CheckRecord {
        port: port.parse().unwrap(),
        name: "required".into(),
        column: Some("id".into()),
        outcome: CheckOutcome::Failed,
        failing_rows: Some(3),
        message: None,
        at: at(11),
        measured: Some(3.0),
        threshold: Some("must be 0".into()),
        severity: Some(CheckSeverity::Blocks),
        scanned_bytes: Some(20),
        duration_ms: Some(1),
        sample: OffendingRows::from_json(r#"[{"id":1,"gone":2}]"#),
    };
    let checks = ["aviation.flights.departures", "punctuality.delays.daily", "loyalty.members.profiles"].map(check);
    catalog.record_checks("r1", &checks).await.unwrap();
    catalog
}

#[tokio::test]
async fn rows_that_checks_showed_are_forgotten_and_counts_stay() {
    let catalog = busy_mesh().await;
    let sample = async || see(&catalog, "ana").checks().await.unwrap().into_iter().find_map(|check| check.sample);
    catalog.forget_samples(&"aviation.flights.arrivals".parse().unwrap()).await.unwrap();
    assert!(sample().await.is_some(), "of another port");
    catalog.forget_samples(&"aviation.flights.departures".parse().unwrap()).await.unwrap();
    assert_eq!(sample().await, None);
    let counted = see(&catalog, "ana").checks().await.unwrap().into_iter().map(|check| check.failing_rows);
    assert_eq!(counted.collect::<Vec<_>>(), [Some(3)]);
}

#[tokio::test]
async fn an_analyst_sees_what_policies_let_her_discover_and_counts_of_what_she_reads() {
    check(
        &busy_mesh().await,
        "ana",
        expect![[r#"
            domain aviation ["flights"]
            domain punctuality ["delays"]
            product aviation.flights release 1 inputs []
            product punctuality.delays release 1 inputs ["aviation.flights.departures"]
            port aviation.flights.departures readable true rows Some(101) bytes Some(4096) vSome(1)
            port punctuality.delays.daily readable false rows None bytes None vSome(1)
            column aviation.flights.departures 1 id
            column punctuality.delays.daily 1 id
            edge aviation.flights.departures -> punctuality.delays.daily
            release aviation.flights 1 current [("departures", Some(1), Some(101))]
            release punctuality.delays 1 current [("daily", Some(1), None)]
            run r1 succeeded plan None ["aviation.flights.departures succeeded Some(7)"] []
            check aviation.flights.departures required failed (Some(3), Some(3.0), Some(20), Some(1)) [{"id":1}]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn what_the_clock_finds_out_is_seen_as_what_the_gate_does() {
    let catalog = busy_mesh().await;
    let level = |port: &str, column: Option<&str>| CheckRecord {
        port: port.parse().unwrap(),
        name: "freshness".into(),
        column: column.map(str::to_owned),
        outcome: CheckOutcome::Failed,
        failing_rows: None,
        message: Some("late".into()),
        at: at(30),
        measured: Some(60.0),
        threshold: Some("must be below 5 s".into()),
        severity: Some(CheckSeverity::Warns),
        scanned_bytes: Some(0),
        duration_ms: None,
        sample: None,
    };
    let levels = [
        level("aviation.flights.departures", None),
        level("aviation.flights.departures", Some("id")),
        level("punctuality.delays.daily", Some("id")),
    ];
    catalog.record_service_levels(&levels, &[]).await.unwrap();
    let port = "aviation.flights.departures".parse().unwrap();
    let told = async |name: &str| {
        let checks = see(&catalog, name).checks().await.unwrap().into_iter().filter(|check| check.run.is_none());
        let told = checks.map(|check| (check.port.to_string(), check.column, check.measured, check.message));
        told.collect::<Vec<_>>()
    };
    let row = |port: &str, column: Option<&str>, tells: bool| {
        (port.to_owned(), column.map(str::to_owned), tells.then_some(60.0), tells.then(|| "late".to_owned()))
    };
    let departures = "aviation.flights.departures";
    assert_eq!(told("ana").await, [row(departures, None, true), row(departures, Some("id"), true)]);
    let of_operator = [row(departures, None, false), row(departures, Some("id"), false)];
    assert_eq!(told("pia").await[..2], of_operator);
    assert!(told("nobody").await.is_empty());
    let of_port = see(&catalog, "ana").checks_of(&port).await.unwrap();
    let told = of_port.iter().map(|check| (check.name.as_str(), check.run.as_deref())).collect::<Vec<_>>();
    assert_eq!(told, [("required", Some("r1")), ("freshness", None), ("freshness", None)]);
}

#[tokio::test]
async fn an_operator_who_reads_nothing_sees_everything_but_counts() {
    check(
        &busy_mesh().await,
        "pia",
        expect![[r#"
            domain aviation ["flights"]
            domain fleet ["aircraft"]
            domain loyalty ["members"]
            domain punctuality ["delays"]
            product aviation.flights release 1 inputs []
            product fleet.aircraft release 1 inputs []
            product loyalty.members release 1 inputs ["aviation.flights.departures"]
            product punctuality.delays release 1 inputs ["aviation.flights.departures", "fleet.aircraft.planes"]
            port aviation.flights.arrivals readable false rows None bytes None vSome(1)
            port aviation.flights.departures readable false rows None bytes None vSome(1)
            port fleet.aircraft.planes readable false rows None bytes None vSome(1)
            port loyalty.members.profiles readable false rows None bytes None vSome(1)
            port punctuality.delays.daily readable false rows None bytes None vSome(1)
            column aviation.flights.arrivals 1 id
            column aviation.flights.departures 1 id
            column fleet.aircraft.planes 1 id
            column loyalty.members.profiles 1 id
            column punctuality.delays.daily 1 id
            edge aviation.flights.departures -> loyalty.members.profiles
            edge aviation.flights.departures -> punctuality.delays.daily
            edge fleet.aircraft.planes -> punctuality.delays.daily
            release aviation.flights 1 current [("arrivals", Some(1), None), ("departures", Some(1), None)]
            release fleet.aircraft 1 current [("planes", Some(1), None)]
            release loyalty.members 1 current [("profiles", Some(1), None)]
            release punctuality.delays 1 current [("daily", Some(1), None)]
            run r2 partial plan Some("plan1") ["loyalty.members.profiles succeeded None"] ["governance/policies/a.csv", "products/loyalty/members/about.md"]
            run r1 partial plan Some("plan1") ["aviation.flights.departures succeeded None", "aviation.flights.arrivals failed None", "loyalty.members.profiles succeeded None"] ["governance/policies/a.csv", "products/loyalty/members/about.md", "products/punctuality/delays/about.md"]
            check aviation.flights.departures required failed (None, None, None, None)
            check loyalty.members.profiles required failed (None, None, None, None)
            check punctuality.delays.daily required failed (None, None, None, None)
        "#]],
    )
    .await;
}

#[tokio::test]
async fn who_has_no_rights_sees_an_empty_mesh() {
    check(&busy_mesh().await, "nobody", expect![""]).await;
}

/// Two worlds that differ only in what ana may not discover look alike to her.
#[tokio::test]
async fn what_is_hidden_makes_no_difference() {
    let (one, other) = (busy_mesh().await, busy_mesh().await);
    let hidden = vec![
        release(2, &["loyalty.members.profiles"], &["aviation.flights.departures"]),
        release(1, &["fleet.crew.pilots"], &["aviation.flights.departures"]),
    ];
    other.publish(hidden).await.unwrap();
    other.publish(vec![tombstone(&release(1, &["fleet.aircraft.planes"], &[]))]).await.unwrap();
    let steps = [("fleet.crew.pilots", StepStatus::Failed)];
    other.record_run(&run("r3", 30, &steps, &["products/loyalty/x/about.md", "mesh.yaml"])).await.unwrap();
    assert_ne!(everything(&see(&one, "pia")).await, everything(&see(&other, "pia")).await);
    assert_eq!(everything(&see(&one, "ana")).await, everything(&see(&other, "ana")).await);
}

#[tokio::test]
async fn hidden_and_unknown_get_the_same_answer() {
    let view = see(&busy_mesh().await, "ana");
    let told = |error: CatalogError| (error.code(), error.to_string());
    let answers = |product: &str, port: &str| {
        [
            told(view.product(&product.parse().unwrap()).unwrap_err()),
            told(view.port(&format!("{product}.{port}").parse().unwrap()).unwrap_err()),
        ]
    };
    let named = |product: &str, port: &str| {
        [(Code::NOT_FOUND, format!("no product `{product}`")), (Code::NOT_FOUND, format!("no port `{product}.{port}`"))]
    };
    for (product, port) in [("fleet.aircraft", "planes"), ("fleet.aircraft", "x"), ("no.such", "thing")] {
        assert_eq!(answers(product, port), named(product, port));
    }
    let of = |product: &str| product.parse().unwrap();
    assert_eq!(told(view.releases_of(&of("fleet.aircraft")).await.unwrap_err()).1, "no product `fleet.aircraft`");
    assert_eq!(told(view.releases_of(&of("no.such")).await.unwrap_err()).1, "no product `no.such`");
    let arrivals = "aviation.flights.arrivals".parse().unwrap();
    assert_eq!(told(view.port(&arrivals).unwrap_err()).1, "no port `aviation.flights.arrivals`");
    assert_eq!(told(view.releases_of_port(&arrivals).await.unwrap_err()).1, "no port `aviation.flights.arrivals`");
    assert_eq!(told(view.run("r2").await.unwrap_err()), (Code::NOT_FOUND, "no run `r2`".to_owned()));
    assert_eq!(told(view.run("r9").await.unwrap_err()), (Code::NOT_FOUND, "no run `r9`".to_owned()));
}

#[tokio::test]
async fn a_search_finds_words_of_what_may_be_seen_only() {
    let catalog = mesh().await;
    let found = |name: &str, q: &str| {
        let products = see(&catalog, name).products(Some(q)).into_iter();
        products.map(|product| product.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found("ana", "departures"), ["aviation.flights"]);
    assert_eq!(found("ana", "ARRIVALS"), Vec::<String>::new());
    assert_eq!(found("pia", "ARRIVALS"), ["aviation.flights"]);
    assert_eq!(found("pia", "tell planes"), ["fleet.aircraft"]);
    assert_eq!(found("pia", "the delays"), ["punctuality.delays"]);
    assert_eq!(found("pia", " "), ["aviation.flights", "fleet.aircraft", "loyalty.members", "punctuality.delays"]);
}

#[tokio::test]
async fn a_retired_product_is_seen_in_history_only() {
    let catalog = mesh().await;
    let planes: ProductRef = "fleet.aircraft".parse().unwrap();
    catalog.publish(vec![tombstone(&release(1, &["fleet.aircraft.planes"], &[]))]).await.unwrap();
    let view = see(&catalog, "pia");
    assert!(view.product(&planes).is_err());
    let releases = view.releases().await.unwrap();
    let retired: Vec<_> = releases.iter().filter(|r| r.product == planes).map(|r| (r.number, r.current)).collect();
    assert_eq!(retired, [(1, false)]);
    assert!(view.lineage().iter().all(|edge| edge.from.product_ref() != planes));
}

#[tokio::test]
async fn a_release_that_came_after_the_view_is_not_in_its_history() {
    let catalog = mesh().await;
    let view = see(&catalog, "pia");
    let before = everything(&view).await;
    let flights = release(2, &["aviation.flights.departures"], &[]);
    catalog.publish(vec![flights, release(1, &["fleet.crew.pilots"], &[])]).await.unwrap();
    // The pointer has moved on, what the view was taken of has not.
    assert_eq!(everything(&view).await, before);
}

#[tokio::test]
async fn runs_come_in_parts_of_what_may_be_seen() {
    let catalog = mesh().await;
    for number in 0..7 {
        let port = if number % 2 == 0 { "aviation.flights.departures" } else { "loyalty.members.profiles" };
        let run = run(&format!("r{number}"), 5, &[(port, StepStatus::Succeeded)], &[]);
        catalog.record_run(&run).await.unwrap();
    }
    let view = see(&catalog, "ana");
    let mut parts = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let part = view.runs_after(after.as_deref(), 2).await.unwrap();
        parts.push(part.items.iter().map(|run| run.id.clone()).collect::<Vec<_>>().join(" "));
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(parts, ["r6 r4", "r2 r0"]);
    for id in ["r5", "no such"] {
        assert_eq!(view.runs_after(Some(id), 2).await.unwrap().items, []);
    }
}

#[tokio::test]
async fn features_of_views_that_may_not_be_discovered_are_not_there() {
    let view_of = |release: &mut Release| {
        for output in &mut release.product.outputs {
            for name in ["at", "delay"] {
                let column =
                    Column { name: name.into(), primary_key_position: None, ..output.contract.columns[0].clone() };
                output.contract.columns.push(column);
            }
            output.feature_view = Some(weft_model::FeatureView {
                entity: vec!["id".into()],
                event_time: "at".into(),
                created_time: None,
                ttl_ms: Some(1000),
                features: vec!["delay".into()],
            });
        }
    };
    let mut flights = release(1, &["aviation.flights.departures", "aviation.flights.arrivals"], &[]);
    let mut planes = release(1, &["fleet.aircraft.planes"], &[]);
    view_of(&mut flights);
    view_of(&mut planes);
    let part = |view: &str, features: &[&str]| weft_model::FeaturePart {
        view: view.parse().unwrap(),
        features: features.iter().map(|name| (*name).to_owned()).collect(),
        keys: BTreeMap::new(),
        prefix: None,
    };
    let service = |name: &str, parts| weft_model::FeatureService {
        name: name.parse().unwrap(),
        description: String::new(),
        parts,
    };
    let mut delays = release(1, &["punctuality.delays.daily"], &[]);
    delays.product.features = vec![
        service("both", vec![part("aviation.flights.departures", &[]), part("fleet.aircraft.planes", &["delay"])]),
        service("hidden", vec![part("fleet.aircraft.planes", &[]), part("aviation.flights.arrivals", &[])]),
    ];
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    catalog.publish(vec![flights, planes, delays]).await.unwrap();
    let told = |name: &str| {
        let product = see(&catalog, name).product(&"punctuality.delays".parse().unwrap()).unwrap();
        let parts = |service: &weft_model::FeatureService| {
            let parts = service.parts.iter().map(|part| format!("{} {:?}", part.view, part.features));
            format!("{}: {}", service.name, parts.collect::<Vec<_>>().join(", "))
        };
        product.features.iter().map(parts).collect::<Vec<_>>()
    };
    assert_eq!(told("ana"), [r#"both: aviation.flights.departures ["delay"]"#]);
    assert_eq!(
        told("pia"),
        [
            r#"both: aviation.flights.departures ["delay"], fleet.aircraft.planes ["delay"]"#,
            r#"hidden: fleet.aircraft.planes ["delay"], aviation.flights.arrivals ["delay"]"#,
        ]
    );
    let port = see(&catalog, "ana").port(&"aviation.flights.departures".parse().unwrap()).unwrap();
    assert_eq!(port.feature_view.map(|view| view.features), Some(vec!["delay".to_owned()]));
}
