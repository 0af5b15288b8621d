//! How long it takes to tell who sees what of a port, why, and what a change of rules does to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use weft_governance::{
    AccessRequest, MeshFacts, MeshState, ObjectRef, PolicySnapshot, RosterQuestion, read, roster, simulate,
};
use weft_model::{Action, Contract, ManifestTree, PortRef, Revision};

use crate::decisions::{self, at_share, millis};
use crate::line;

const DOMAINS: usize = 20;
const PRODUCTS_A_DOMAIN: usize = 50;
const PRINCIPALS: usize = 1_000;
const GROUPS: usize = 40;
const RULES: usize = 10_000;
/// Every so many ports one is asked about.
const ROSTERS_EVERY: usize = 5;

pub(crate) fn measure() {
    let facts = decisions::facts();
    let snapshot = compile(&texts(""), &facts);
    let at: DateTime<Utc> = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let ports: Vec<&PortRef> = facts.ports.keys().collect();
    let mesh = "10,000 rules, 1,000 products and principals";

    let times = explain(&snapshot, &facts, &ports, at);
    line(&format!("explain, {mesh}: p50"), millis(at_share(&times, 50)), 50.0, "ms");
    line(&format!("explain, {mesh}: p95"), millis(at_share(&times, 95)), 50.0, "ms");
    let times = rosters(&snapshot, &facts, &ports, at);
    line(&format!("roster, {mesh}: p50"), millis(at_share(&times, 50)), 1_000.0, "ms");
    line(&format!("roster, {mesh}: p95"), millis(at_share(&times, 95)), 1_000.0, "ms");

    let more =
        "p, user:u7, dom:d3, obj:d3.p4, read, *, -, allow\np, role:reader3, dom:d3, obj:d3, unmask, pii, -, allow\n";
    let changed = compile(&texts(more), &facts);
    let (before, after) =
        (MeshState { snapshot: &snapshot, facts: &facts }, MeshState { snapshot: &changed, facts: &facts });
    let began = Instant::now();
    let effects = simulate(before, after, at);
    let took = began.elapsed();
    assert!(!effects.is_empty());
    line(&format!("simulation of two more rules, {mesh}"), took.as_secs_f64(), 1.0, "s");
}

/// Why one principal after the other sees a column of one port after the other, each asked for the first time.
fn explain(snapshot: &PolicySnapshot, facts: &MeshFacts, ports: &[&PortRef], at: DateTime<Utc>) -> Vec<Duration> {
    let mut times = Vec::new();
    for (n, port) in ports.iter().enumerate() {
        let principal = snapshot.principals().find(&format!("u{}", n * 7 % PRINCIPALS)).unwrap();
        let contract = contract(facts, port);
        let object = ObjectRef::Port((*port).clone());
        let request = AccessRequest { principal: &principal, action: Action::Read, object, purpose: None, at };
        let began = Instant::now();
        assert!(black_box(snapshot.explain(&request, &contract, Some("c9"))).is_some());
        times.push(began.elapsed());
    }
    times.sort();
    times
}

fn rosters(snapshot: &PolicySnapshot, facts: &MeshFacts, ports: &[&PortRef], at: DateTime<Utc>) -> Vec<Duration> {
    let mut times = Vec::new();
    for port in ports.iter().step_by(ROSTERS_EVERY) {
        let columns = &facts.ports[*port].columns;
        let began = Instant::now();
        let told = roster(snapshot, &RosterQuestion { port, columns, column: None, purpose: None, at });
        times.push(began.elapsed());
        assert_eq!(told.groups.iter().map(|group| group.members.len()).sum::<usize>(), PRINCIPALS);
    }
    times.sort();
    times
}

fn contract(facts: &MeshFacts, port: &PortRef) -> Contract {
    let mut contract: Contract = serde_json::from_value(serde_json::json!({
        "key": {"id": "rows", "version": "1.0.0"}, "file": "rows.odcs.yaml", "status": null, "purpose": "", "columns": []
    }))
    .unwrap();
    contract.columns.clone_from(&facts.ports[port].columns);
    contract.document = "apiVersion: v3.2.0\nkind: DataContract\nid: rows\nversion: 1.0.0\nstatus: active\nschema:\n  \
                         - name: rows\n    physicalType: table\n    properties:\n"
        .to_owned();
    for column in &contract.columns {
        let _ = writeln!(contract.document, "      - name: {}", column.name);
        contract.document.push_str("        description: A column.\n        logicalType: string\n");
        contract.document.push_str("        classification: public\n        tags: [pii.email]\n");
    }
    contract
}

fn compile(texts: &BTreeMap<String, String>, facts: &MeshFacts) -> PolicySnapshot {
    let tree = ManifestTree::of_texts(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let (rules, told) = read(&tree);
    assert!(told.is_empty(), "{:?}", told.first());
    rules.compile(&Revision::new("bench"), facts).unwrap()
}

/// Rules of the products: each group plays a role in each domain, and roles are granted product by product; `more` rows
/// of domain `d3` besides.
fn texts(more: &str) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::from([
        ("governance/model.conf".to_owned(), include_str!("../../../governance/model.conf").to_owned()),
        ("governance/principals.yaml".to_owned(), principals()),
        (
            "governance/restrictions.yaml".to_owned(),
            "clear: [public]\nmasks:\n  - {id: e-mail, tag: pii.email, mask: partial_email}\n".to_owned(),
        ),
    ]);
    let rows_of_domain = RULES / DOMAINS;
    for domain in 0..DOMAINS {
        let mut text = String::new();
        for group in 0..GROUPS {
            let _ = writeln!(text, "g, group:g{group}, role:reader{}, dom:d{domain}", group % 9);
        }
        for n in 0..rows_of_domain - GROUPS {
            let (product, turn) = (n % PRODUCTS_A_DOMAIN, n / PRODUCTS_A_DOMAIN);
            let object = format!("obj:d{domain}.p{product}");
            let _ = match turn {
                0..6 => writeln!(text, "p, role:reader{turn}, dom:d{domain}, {object}, read, *, -, allow"),
                6 => writeln!(text, "p, role:reader6, dom:d{domain}, {object}.rows.c3, read, *, -, allow"),
                7 => writeln!(text, "p, role:reader1, dom:d{domain}, {object}, unmask, pii, -, allow"),
                8 => writeln!(text, "p, role:reader2, dom:d{domain}, {object}, see_all_rows, *, -, allow"),
                _ => writeln!(text, "p, user:u{n}, dom:d{domain}, {object}, read, *, -, allow"),
            };
        }
        if domain == 3 {
            text.push_str(more);
        }
        texts.insert(format!("products/d{domain}/access.csv"), text);
        for product in 0..PRODUCTS_A_DOMAIN {
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
    for user in 0..PRINCIPALS {
        let (group, other) = (user % GROUPS, (user * 7 + 3) % GROUPS);
        let groups = if group == other { format!("g{group}") } else { format!("g{group}, g{other}") };
        let _ = writeln!(text, "  - {{name: u{user}, groups: [{groups}], attributes: {{region: r{}}}}}", user % 5);
    }
    text.push_str("services: []\ngroups:\n");
    for group in 0..GROUPS {
        let _ = writeln!(text, "  - {{name: g{group}}}");
    }
    text
}
