//! How long the catalog takes to answer in a mesh of 10,000 products and a million columns, and how much memory it holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use weft_catalog::{Catalog, LineageLevel, LineageNode, SearchFilters, SearchKind, SearchQuestion};
use weft_governance::{MeshFacts, Policies, PortFacts, read};
use weft_model::{
    Clock, Column, ColumnLineage, Contract, ContractKey, DataProduct, DataType, Domain, InputPort, ManifestTree,
    OutputPort, PortRef, PortRelease, Release, Resources, Revision, SeedFormat, Transform,
};

use crate::decisions::{at_share, millis};
use crate::line;

const PRODUCTS: usize = 10_000;
const DOMAINS: usize = 100;
const PORTS: usize = 2;
const COLUMNS: usize = 50;
/// Inputs of each product that has some, of which each goes into all of its ports.
const INPUTS: usize = 3;
/// Products from which others are made, and which are made from none themselves.
const SOURCES: usize = PRODUCTS / 10;
/// Of these, as many go into one product, which lies in a domain that everybody knows.
const FAN_IN: usize = 300;
const WIDE: usize = SOURCES + 1;
/// What is made from so many that about 1,000 nodes lie within two steps of it.
const WIDEST: usize = PRODUCTS - 2;
const WIDEST_INPUTS: usize = 600;
const WIDEST_STEPS: (u32, u32) = (2, 0);
const PEOPLE: usize = 10;
/// Every so many domains one is known to nobody who searches.
const HIDDEN_EVERY: usize = 10;

/// Words of which names are made.
const WORDS: [&str; 60] = [
    "account", "address", "agent", "amount", "balance", "batch", "branch", "budget", "campaign", "carrier", "channel",
    "claim", "client", "contract", "cost", "country", "credit", "currency", "customer", "delay", "delivery",
    "discount", "employee", "event", "failure", "flight", "gate", "income", "invoice", "item", "ledger", "line",
    "location", "margin", "member", "message", "order", "parcel", "payment", "plan", "price", "product", "profit",
    "quantity", "reason", "refund", "region", "return", "risk", "route", "sale", "score", "session", "shipment",
    "status", "stock", "store", "supplier", "ticket", "visit",
];

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        at()
    }
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

pub(crate) async fn measure() {
    let home = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(&home.path().join("catalog.db"), Arc::new(Fixed)).await.unwrap();
    let policies = Arc::new(Policies::granting(catalog.grants()));
    publish(&catalog, &policies).await;
    let view = |person: usize| {
        let current = policies.current();
        let principal = current.principals().find(&format!("u{person}")).unwrap();
        catalog.view(current, &principal, at())
    };
    let mesh = "10,000 products, 1 M columns";

    let began = Instant::now();
    catalog.ready_search().unwrap();
    line(&format!("index, {mesh}: made at start"), began.elapsed().as_secs_f64(), 60.0, "s");
    let began = Instant::now();
    catalog.publish(vec![release(PRODUCTS - 1, 2)]).await.unwrap();
    catalog.ready_search().unwrap();
    line(&format!("index, {mesh}: one release more"), millis(began.elapsed()), 1_000.0, "ms");

    let everything = SearchQuestion { limit: 20, ..SearchQuestion::default() };
    let first: Vec<Duration> = (0..PEOPLE).map(|person| timed(|| view(person).search(&everything).unwrap())).collect();
    line(&format!("search, {mesh}: all that a person may find, first time"), worst(&first), 5_000.0, "ms");
    let mut times = Vec::new();
    for (n, question) in questions().iter().enumerate() {
        times.push(timed(|| view(n % PEOPLE).search(question).unwrap()));
    }
    report(&format!("search, {mesh}"), times, 50.0);

    let product = |n: usize| name(n).product_ref();
    let times = (0..500).map(|n| timed(|| view(n % PEOPLE).product(&product(n * 19 + 1)).map(drop)));
    report(&format!("product, {mesh}"), times.collect(), 50.0);

    let began = Instant::now();
    view(0).lineage_around(&LineageNode::Port(name(WIDE)), LineageLevel::Port, (0, 0)).unwrap();
    line("lineage, 50,000 edges: put in order after a release", millis(began.elapsed()), 1_000.0, "ms");
    let drawn = |person: usize, focus: LineageNode, level, steps| {
        let view = view(person);
        let mut nodes = 0;
        let took = timed(|| {
            let found = view.lineage_around(&focus, level, steps).unwrap();
            nodes = found.nodes.len();
            view.drawing_of(&found)
        });
        (nodes, took)
    };
    let (nodes, took) = drawn(0, LineageNode::Port(name(WIDE)), LineageLevel::Port, (1, 1));
    line(&format!("lineage, 1 step at a port with {nodes} around it"), millis(took), 300.0, "ms");
    let (nodes, took) = drawn(1, LineageNode::Port(name(WIDE)), LineageLevel::Port, (1, 1));
    line(&format!("lineage, the same {nodes} for another person"), millis(took), 300.0, "ms");
    let wide = view(2).lineage_around(&LineageNode::Port(name(WIDEST)), LineageLevel::Port, WIDEST_STEPS).unwrap();
    let (nodes, took) = drawn(2, LineageNode::Port(name(WIDEST)), LineageLevel::Port, WIDEST_STEPS);
    let edges = wide.links.len();
    line(&format!("lineage, {nodes} nodes and {edges} edges found and drawn"), millis(took), 1_000.0, "ms");

    if let Some(resident) = resident_bytes() {
        line(&format!("resident memory, {mesh}"), resident as f64 / 1e9, 1.5, "GB");
    }
}

fn report(what: &str, mut times: Vec<Duration>, goal: f64) {
    times.sort();
    line(&format!("{what}: p50"), millis(at_share(&times, 50)), goal, "ms");
    line(&format!("{what}: p95"), millis(at_share(&times, 95)), goal, "ms");
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    black_box(work());
    began.elapsed()
}

fn worst(times: &[Duration]) -> f64 {
    times.iter().max().map_or(0.0, |time| millis(*time))
}

/// What people type: names, beginnings, several words, wrong letters, and what every table has.
fn questions() -> Vec<SearchQuestion> {
    let mut texts: Vec<String> = vec!["id".into(), "created".into(), "nothing of that name".into(), String::new()];
    for (n, word) in WORDS.iter().enumerate() {
        let other = WORDS[(n * 7 + 3) % WORDS.len()];
        let wrong: String = word.chars().skip(1).collect();
        texts.extend([
            (*word).to_owned(),
            word.chars().take(3).collect(),
            format!("{word} {other}"),
            format!("{word}_{other}_{n}"),
            wrong,
        ]);
    }
    let kinds = [None, None, Some(SearchKind::Column), Some(SearchKind::Port)];
    let question = |(n, q): (usize, String)| SearchQuestion {
        q,
        filters: SearchFilters { kind: kinds[n % kinds.len()], ..SearchFilters::default() },
        after: None,
        limit: 20,
    };
    texts.into_iter().enumerate().map(question).collect()
}

async fn publish(catalog: &Catalog, policies: &Policies) {
    let mut facts = MeshFacts::default();
    let releases: Vec<Release> = (0..PRODUCTS).map(|n| release(n, 1)).collect();
    for release in &releases {
        let name = &release.product.name;
        facts.domains.insert(name.domain.clone());
        facts.tags.insert(name.clone(), Default::default());
        for output in &release.product.outputs {
            let columns = output.contract.columns.clone();
            facts.ports.insert(name.port(&output.name), PortFacts { columns, ..PortFacts::default() });
        }
    }
    catalog.publish(releases).await.unwrap();
    let domain = |n: usize| format!("domain: d{n}\ndescription: A domain.\nowner: owners\n");
    let mut texts: BTreeMap<String, String> =
        (0..DOMAINS).map(|n| (format!("products/d{n}/domain.yaml"), domain(n))).collect();
    texts.insert("governance/model.conf".to_owned(), include_str!("../../../governance/model.conf").to_owned());
    texts.insert("governance/principals.yaml".to_owned(), principals());
    texts.insert("governance/policies/access.csv".to_owned(), access());
    let tree = ManifestTree::of_texts(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let (rules, told) = read(&tree);
    // Rows name products whose files are not written here, which is a warning.
    assert!(!rules.refused(), "{:?}", told.first());
    policies.replace(rules.compile(&Revision::new("bench"), &facts).unwrap());
    policies.confirm(at());
}

/// Everybody knows of all domains but some, reads one in so many, and nobody is to know of one column of each table there.
fn access() -> String {
    let mut text = String::new();
    for domain in (0..DOMAINS).filter(|domain| domain % HIDDEN_EVERY != 0) {
        let _ = writeln!(text, "p, role:any, dom:d{domain}, obj:d{domain}, discover, *, -, allow");
        let _ = writeln!(text, "p, role:reader{}, dom:d{domain}, obj:d{domain}, read, *, -, allow", domain % PEOPLE);
    }
    for person in 0..PEOPLE {
        let _ = writeln!(text, "g, user:u{person}, role:reader{person}, dom:any");
    }
    for n in (0..PRODUCTS).step_by(20) {
        let port = name(n);
        let _ = writeln!(text, "p, role:any, dom:{}, obj:{port}.c1, discover, *, -, deny", port.domain);
    }
    text
}

fn principals() -> String {
    let mut text = "users:\n".to_owned();
    for person in 0..PEOPLE {
        let _ = writeln!(text, "  - {{name: u{person}, groups: [], attributes: {{}}}}");
    }
    text + "services: []\ngroups:\n  - {name: owners}\n"
}

/// The first port of a product.
fn name(n: usize) -> PortRef {
    let words = [WORDS[n % WORDS.len()], WORDS[n / WORDS.len() % WORDS.len()]];
    format!("d{}.{}_{}_{n}.rows0", n % DOMAINS, words[0], words[1]).parse().unwrap()
}

fn inputs(n: usize) -> Vec<usize> {
    match n {
        WIDE => (0..FAN_IN).collect(),
        WIDEST => (SOURCES + 2..).take(WIDEST_INPUTS).collect(),
        n if n < SOURCES => Vec::new(),
        _ => (0..INPUTS).map(|k| (n * (k + 3) * 7 + k) % n.min(SOURCES * (k * 4 + 1))).collect(),
    }
}

fn release(n: usize, number: u64) -> Release {
    let first = name(n);
    let product = first.product_ref();
    let made_from: Vec<PortRef> = inputs(n).into_iter().map(name).collect();
    let key = |port: &PortRef| ContractKey { id: port.to_string(), version: "1.0.0".parse().unwrap() };
    let sql = made_from.iter().map(|port| format!("select * from {port}")).collect::<Vec<_>>().join(" union all ");
    let transform = match made_from.is_empty() {
        true => Transform::Seed { path: "data/rows.csv".into(), format: SeedFormat::Csv, content: "c".into() },
        false => Transform::Full { file: "transforms/rows.sql".into(), sql },
    };
    let outputs: Vec<OutputPort> = (0..PORTS)
        .map(|port| OutputPort {
            name: format!("rows{port}").parse().unwrap(),
            description: format!("One row for each {} of a {}.", WORDS[(n + port) % 60], WORDS[n / 60 % 60]),
            contract: Contract {
                key: key(&first),
                file: "contracts/rows.odcs.yaml".into(),
                status: None,
                purpose: String::new(),
                tags: Vec::new(),
                columns: (0..COLUMNS).map(|column| a_column(n, port, column)).collect(),
                checks: Vec::new(),
                service_levels: Vec::new(),
                traffic_levels: Vec::new(),
                roles: Vec::new(),
                document: String::new(),
            },
            transform: transform.clone(),
            schedule: None,
            resources: Resources::default(),
            major: None,
            feature_view: None,
        })
        .collect();
    let table = PortRelease {
        location: Some("tables/rows".into()),
        table_version: Some(number),
        fingerprint: format!("f{n}"),
        rows: Some(1_000),
        bytes: Some(100_000),
        inputs: BTreeMap::new(),
        refreshed_at: None,
        lineage: ColumnLineage::default(),
    };
    Release {
        number,
        revision: Revision::new("bench"),
        plan: "bench".into(),
        at: at(),
        rolled_back: None,
        domain: Domain {
            name: product.domain.clone(),
            description: "A domain.".into(),
            owner: format!("{}-owners", product.domain),
            stewards: vec!["u0".into()],
            service: None,
            contact: None,
        },
        ports: outputs.iter().map(|output| (output.name.clone(), table.clone())).collect(),
        archived: BTreeMap::new(),
        product: DataProduct {
            file: "product.odps.yaml".into(),
            id: product.to_string(),
            title: Some(format!("{} by {}", WORDS[n % 60], WORDS[n / 60 % 60])),
            version: Some("1.0.0".into()),
            status: Some("active".into()),
            purpose: format!("What is known of each {} and its {}.", WORDS[n % 60], WORDS[n / 60 % 60]),
            tags: vec!["bench".into()],
            purposes: Vec::new(),
            overrides: Vec::new(),
            features: Vec::new(),
            inputs: made_from
                .iter()
                .map(|port| InputPort { name: port.product.to_string(), contract: key(port), port: port.clone() })
                .collect(),
            outputs,
            name: product,
        },
    }
}

fn a_column(n: usize, port: usize, column: usize) -> Column {
    let words = [WORDS[(n * 31 + port * 17 + column * 7) % 60], WORDS[(n * 13 + column * 11) % 60]];
    Column {
        name: match column {
            0 => "id".to_owned(),
            1 => "c1".to_owned(),
            2 => "created_at".to_owned(),
            _ => format!("{}_{}_{column}", words[0], words[1]),
        },
        description: format!("The {} of the {}, as it was booked.", words[0], words[1]),
        data_type: DataType::String,
        required: false,
        unique: column == 0,
        primary_key_position: None,
        classification: Some("public".to_owned()),
        tags: Vec::new(),
        parts: Vec::new(),
    }
}

/// Memory that the process holds, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
