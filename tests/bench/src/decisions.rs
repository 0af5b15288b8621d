//! How long a decision takes, and how long it takes to put rules in force.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use weft_governance::{AccessRequest, Authorizer, MeshFacts, ObjectRef, Policies, PortFacts, read};
use weft_model::{Action, Column, DataType, ManifestTree, PortRef, Revision};

use crate::line;

const DOMAINS: usize = 20;
const PRODUCTS: usize = 1_000;
const USERS: usize = 100;

pub(crate) fn measure() {
    let facts = facts();
    let policies = Policies::new_closed();
    load(&policies, &facts, 10_000);
    let at: DateTime<Utc> = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    policies.confirm(at);
    let ports: Vec<&PortRef> = facts.ports.keys().collect();
    let (cold, warm) = (ask(&policies, &facts, &ports, at), ask(&policies, &facts, &ports, at));
    line("decision, cold, 10,000 rules, 1,000 products: p50", millis(at_share(&cold, 50)), 10.0, "ms");
    line("decision, cold, 10,000 rules, 1,000 products: p99", millis(at_share(&cold, 99)), 10.0, "ms");
    line("decision, warm, 10,000 rules, 1,000 products: p50", millis(at_share(&warm, 50)), 1.0, "ms");
    line("decision, warm, 10,000 rules, 1,000 products: p99", millis(at_share(&warm, 99)), 1.0, "ms");

    let took = load(&policies, &facts, 100_000);
    line("snapshot of 100,000 rules: read, compile and swap", took.as_secs_f64(), 2.0, "s");
}

/// Asks for each port as three people, and gives the times in order of length.
fn ask(policies: &Policies, facts: &MeshFacts, ports: &[&PortRef], at: DateTime<Utc>) -> Vec<Duration> {
    let mut times = Vec::new();
    for (n, port) in ports.iter().enumerate() {
        for person in 0..3 {
            let current = policies.current();
            let principal = current.principals().find(&format!("u{}", (n + person * 7) % USERS)).unwrap();
            let object = ObjectRef::Port((*port).clone());
            let request = AccessRequest { principal: &principal, action: Action::Read, object, purpose: None, at };
            let began = Instant::now();
            std::hint::black_box(current.decide_read(&request, &facts.ports[*port].columns));
            times.push(began.elapsed());
        }
    }
    times.sort();
    times
}

pub(crate) fn at_share(times: &[Duration], percent: usize) -> Duration {
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Reads `rules` rules, compiles them and puts them in force; how long that took.
fn load(policies: &Policies, facts: &MeshFacts, rules: usize) -> Duration {
    let texts = texts(rules);
    let tree = ManifestTree::of_texts(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let began = Instant::now();
    let (rules, diagnostics) = read(&tree);
    let snapshot = rules.compile(&Revision::new("bench"), facts);
    policies.replace(snapshot.unwrap_or_else(|error| panic!("{error}: {:?}", diagnostics.first())));
    let took = began.elapsed();
    assert!(diagnostics.is_empty(), "{:?}", diagnostics.first());
    took
}

/// Rules of [`PRODUCTS`] products, `rules` rows in all: roles, grants, denials and exemptions.
fn texts(rules: usize) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::from([
        ("governance/model.conf".to_owned(), include_str!("../../../governance/model.conf").to_owned()),
        ("governance/principals.yaml".to_owned(), principals()),
        (
            "governance/restrictions.yaml".to_owned(),
            "clear: [public]\nmasks:\n  - {id: e-mail, tag: pii.email, mask: partial_email}\n".to_owned(),
        ),
    ]);
    let products = PRODUCTS / DOMAINS;
    for domain in 0..DOMAINS {
        let mut text = String::new();
        let mut rows = 0;
        for user in 0..USERS {
            let _ = writeln!(text, "g, user:u{user}, role:reader{}, dom:d{domain}", user % 10);
            rows += 1;
        }
        for n in 0.. {
            // The last step may add two.
            if (rows + 1) * DOMAINS >= rules {
                break;
            }
            // Every product gets a row for every reader's role first, then others of all kinds.
            let (product, turn) = (n % products, n / products);
            let object = format!("obj:d{domain}.p{product}");
            let row = match turn {
                0..10 => format!("role:reader{turn}, dom:d{domain}, {object}, read, *, -, allow"),
                _ if turn % 3 == 0 => {
                    format!("role:other{turn}, dom:d{domain}, {object}.rows.c{}, read, *, -, deny", n % 10)
                }
                _ if turn % 3 == 1 => format!("role:other{turn}, dom:d{domain}, {object}, unmask, pii, -, allow"),
                _ => format!("role:other{turn}, dom:d{domain}, {object}, see_all_rows, *, purpose_granted, allow"),
            };
            let _ = writeln!(text, "p, {row}");
            rows += 1;
            if turn >= 10 && n % products == 0 {
                let _ = writeln!(text, "g, group:others, role:other{turn}, dom:d{domain}");
                rows += 1;
            }
        }
        texts.insert(format!("products/d{domain}/access.csv"), text);
        texts.insert(
            format!("products/d{domain}/domain.yaml"),
            format!("domain: d{domain}\ndescription: A domain.\nowner: others\n"),
        );
        for product in 0..products {
            texts.insert(
                format!("products/d{domain}/p{product}/restrictions.yaml"),
                "rowFilters:\n  - {id: own, port: rows, when: c0 = $principal.region}\n".to_owned(),
            );
        }
    }
    texts
}

fn principals() -> String {
    let mut text = "users:\n".to_owned();
    for user in 0..USERS {
        let _ = writeln!(text, "  - {{name: u{user}, groups: [all], attributes: {{region: EU}}}}");
    }
    text + "services: []\ngroups:\n  - {name: all}\n  - {name: others}\n"
}

/// One port for each product, of ten columns.
pub(crate) fn facts() -> MeshFacts {
    let mut facts = MeshFacts::default();
    for n in 0..PRODUCTS {
        let (domain, product) = (n % DOMAINS, n / DOMAINS);
        let port: PortRef = format!("d{domain}.p{product}.rows").parse().unwrap();
        facts.domains.insert(port.domain.clone());
        facts.tags.insert(port.product_ref(), BTreeSet::new());
        facts.purposes.insert(port.product_ref(), BTreeSet::new());
        facts.ports.insert(port, PortFacts { columns: (0..10).map(column).collect(), ..PortFacts::default() });
    }
    facts
}

fn column(n: usize) -> Column {
    Column {
        name: format!("c{n}"),
        description: "A column.".to_owned(),
        data_type: DataType::String,
        required: false,
        unique: false,
        primary_key_position: None,
        classification: Some("public".to_owned()),
        tags: if n == 9 { vec!["pii.email".to_owned()] } else { Vec::new() },
        parts: Vec::new(),
    }
}
