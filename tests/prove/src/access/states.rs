//! States of a generated mesh: who there is, by which rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use weft_governance::{Grant, Grants, MeshFacts, MeshState, PolicySnapshot, PortFacts, read};
use weft_model::{Column, DataType, Diagnostic, ManifestTree, PortRef, Revision};

const MODEL: &str = include_str!("../../../../governance/model.conf");

/// Ports, the tags of their contracts, and their columns with classification and tags.
type Port = (&'static str, &'static [&'static str], &'static [(&'static str, &'static [&'static str])]);

const PORTS: [Port; 4] = [
    (
        "a.p.x",
        &[],
        &[("id", &["public"]), ("mail", &["confidential", "pii.email"]), ("note", &["odd"]), ("region", &["public"])],
    ),
    ("a.p.y", &["pii"], &[("id", &["public"]), ("phone", &["confidential", "pii.phone"]), ("region", &["public"])]),
    ("a.q.x", &[], &[("id", &["public"]), ("pay", &["restricted"]), ("region", &["public"])]),
    ("b.p.x", &["secret"], &[("id", &[]), ("region", &["public"])]),
];

const OBJECTS: [&str; 11] =
    ["any", "a", "a.p", "a.p.x", "a.q", "a.box", "b", "b.p.x", "a.p.x.mail", "a.p.x.note", "a.q.x.pay"];
const TAGS: [&str; 7] = ["*", "*", "*", "pii", "pii.email", "secret", "confidential"];

const CONDITIONS: [&str; 8] =
    ["-", "-", "-", "-", "purpose_granted", "purpose:fraud", "until:2023-11-13", "purpose_granted+until:2023-11-14"];

/// The instant at which everything is decided.
pub(super) fn instant() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

/// One state: texts, what they come to, and what they govern.
pub(super) struct State {
    parts: Parts,
    pub(super) facts: MeshFacts,
    pub(super) snapshot: PolicySnapshot,
}

#[derive(Clone)]
struct Parts {
    principals: Vec<String>,
    rows: Vec<String>,
    mesh_restrictions: Option<String>,
    product_restrictions: Option<String>,
    purposes: BTreeSet<String>,
    grants: Vec<Grant>,
    /// Ports that are there.
    ports: Vec<Port>,
}

impl State {
    pub(super) fn any(rng: &mut Rng) -> Self {
        let ports = PORTS.into_iter().filter(|_| rng.u8(0..10) > 0).collect();
        State::of(Parts {
            principals: (0..7).map(|n| principal(n, rng)).collect(),
            rows: (0..rng.usize(3..16)).filter_map(|_| row(rng)).collect(),
            mesh_restrictions: mesh_restrictions(rng),
            product_restrictions: product_restrictions(rng),
            purposes: purposes(rng),
            grants: (0..rng.usize(0..3)).map(|n| grant(n, rng)).collect(),
            ports,
        })
    }

    /// The state after a revision: most of it stays.
    pub(super) fn changed(&self, rng: &mut Rng) -> Self {
        let mut parts = self.parts.clone();
        if rng.u8(0..3) == 0 {
            let n = rng.usize(0..7);
            parts.principals[n] = principal(n, rng);
        }
        if rng.u8(0..8) == 0 {
            // Rows name the first two.
            parts.principals.remove(rng.usize(2..7));
        }
        if rng.u8(0..3) > 0 {
            for _ in 0..rng.usize(0..3) {
                if !parts.rows.is_empty() {
                    parts.rows.remove(rng.usize(0..parts.rows.len()));
                }
            }
            parts.rows.extend((0..rng.usize(0..3)).filter_map(|_| row(rng)));
        }
        // Lines that move change nothing.
        parts.rows.insert(0, "# said\n".to_owned());
        if rng.u8(0..4) == 0 {
            parts.mesh_restrictions = mesh_restrictions(rng);
        }
        if rng.u8(0..4) == 0 {
            parts.product_restrictions = product_restrictions(rng);
        }
        if rng.u8(0..4) == 0 {
            parts.purposes = purposes(rng);
        }
        if rng.u8(0..6) == 0 {
            parts.grants = (0..rng.usize(0..3)).map(|n| grant(n, rng)).collect();
        }
        if rng.u8(0..6) == 0 {
            parts.ports = PORTS.into_iter().filter(|_| rng.u8(0..5) > 0).collect();
        }
        State::of(parts)
    }

    pub(super) fn mesh(&self) -> MeshState<'_> {
        MeshState { snapshot: &self.snapshot, facts: &self.facts }
    }

    /// The `g` rows as they are written, without white space.
    pub(super) fn gives(&self, member: &str, role: &str, domain: &str) -> bool {
        let wanted = [domain, "any"].map(|domain| format!("g,{member},{role},dom:{domain}"));
        self.parts.rows.iter().any(|row| wanted.contains(&row.trim().replace(' ', "")))
    }

    fn of(parts: Parts) -> Self {
        let mut principals = format!("users:\n{}", parts.principals.concat());
        principals.push_str("services:\n  - {name: s0, groups: [g1]}\ngroups: [{name: g0}, {name: g1}, {name: g2}]\n");
        let mut texts = BTreeMap::from([
            ("governance/model.conf", MODEL.to_owned()),
            ("governance/principals.yaml", principals),
            ("governance/policies/mesh.csv", parts.rows.concat()),
            ("products/a/p/product.odps.yaml", String::new()),
            ("products/a/q/product.odps.yaml", String::new()),
            ("products/b/p/product.odps.yaml", String::new()),
        ]);
        texts.extend(parts.mesh_restrictions.clone().map(|text| ("governance/restrictions.yaml", text)));
        texts.extend(parts.product_restrictions.clone().map(|text| ("products/a/p/restrictions.yaml", text)));
        let tree = ManifestTree::of_texts(texts.iter().map(|(path, text)| (*path, text.as_str())));
        let (rules, told) = read(&tree);
        let wrong: Vec<&Diagnostic> = told.iter().filter(|told| told.is_error()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let facts = facts(&parts);
        let grants = Grants { epoch: 1, all: parts.grants.clone() };
        let snapshot = rules.compile(&Revision::new("r"), &facts).unwrap().with_grants(Arc::new(grants), 1);
        State { parts, facts, snapshot }
    }
}

fn principal(n: usize, rng: &mut Rng) -> String {
    let groups: Vec<String> = (0..3).filter(|_| rng.u8(0..3) == 0).map(|group| format!("g{group}")).collect();
    let region = rng.choice(["attributes: {region: EU}", "attributes: {region: US}", "attributes: {}"]).unwrap();
    format!("  - {{name: u{n}, groups: [{}], {region}}}\n", groups.join(", "))
}

fn subject(rng: &mut Rng) -> String {
    match rng.u8(0..8) {
        0..2 => format!("user:u{}", rng.u8(0..2)),
        2..4 => format!("group:g{}", rng.u8(0..3)),
        4..7 => format!("role:r{}", rng.u8(0..4)),
        _ => "role:any".to_owned(),
    }
}

/// A row; none where it would be refused.
fn row(rng: &mut Rng) -> Option<String> {
    let domain = rng.choice(["a", "b", "any", "any"]).unwrap();
    match rng.u8(0..10) {
        0..7 => {
            let object = rng.choice(OBJECTS).unwrap();
            let action = rng.choice(["discover", "read", "read", "read", "unmask", "see_all_rows", "*"]).unwrap();
            let tag = rng.choice(TAGS).unwrap();
            let condition = rng.choice(CONDITIONS).unwrap();
            let effect = rng.choice(["allow", "allow", "allow", "deny"]).unwrap();
            let fits = domain == "any" || object == "any" || object.split('.').next() == Some(domain);
            let who = subject(rng);
            fits.then(|| format!("p, {who}, dom:{domain}, obj:{object}, {action}, {tag}, {condition}, {effect}\n"))
        }
        // Roles are held by those of a lower number, so that no ring comes about.
        7 => {
            let low = rng.u8(0..3);
            Some(format!("g, role:r{low}, role:r{}, dom:{domain}\n", rng.u8(low + 1..4)))
        }
        8 => Some(subject(rng)).filter(|who| !who.starts_with("role:")).map(|who| {
            let role = rng.u8(0..4);
            format!("g, {who}, role:r{role}, dom:{domain}\n")
        }),
        _ => Some(format!(
            "g2, obj:{}, obj:a.box\n",
            rng.choice(["a.p", "a.p.x", "a.q.x", "b.p", "a.p.x.mail"]).unwrap()
        )),
    }
}

/// One that counts at [`instant`], that is over, or that is still to come.
fn grant(n: usize, rng: &mut Rng) -> Grant {
    let (port, _, columns) = rng.choice(PORTS).unwrap();
    let columns = columns.iter().filter(|_| rng.u8(0..3) == 0).map(|(name, _)| (*name).to_owned()).collect();
    let (since, until) = rng.choice([(-10, 10), (-10, 10), (-10, 0), (0, 10), (1, 10)]).unwrap();
    Grant {
        id: format!("REQ-{n}"),
        subject: rng.choice(["user:u0", "user:u3", "service:s0", "user:stranger"]).unwrap().to_owned(),
        port: port.parse().unwrap(),
        columns,
        purpose: rng.choice([None, Some("billing"), Some("fraud")]).unwrap().map(str::to_owned),
        since: instant() + TimeDelta::days(since),
        until: instant() + TimeDelta::days(until),
        approved_by: vec!["lena".to_owned()],
        break_glass: rng.u8(0..4) == 0,
    }
}

fn mesh_restrictions(rng: &mut Rng) -> Option<String> {
    if rng.u8(0..8) == 0 {
        return None;
    }
    let mut text = "clear: [public, internal]\nmasks:\n".to_owned();
    for (id, tag, mask) in [
        ("mail", "pii.email", "partial_email"),
        ("pii", "pii", "\"null\""),
        ("confidential", "confidential", "{hash: group}"),
        ("pay", "restricted", "{prefix: 1}"),
        ("odd", "odd", "{constant: x}"),
    ] {
        if rng.u8(0..3) > 0 {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  - {{id: {id}, tag: {tag}, mask: {mask}}}");
        }
    }
    if text.ends_with("masks:\n") {
        text = text.replace("masks:\n", "");
    }
    if rng.bool() {
        let when = rng.choice(["region = $principal.region", "region = 'EU'", "id = $principal.name"]).unwrap();
        let _ = writeln!(text, "rowFilters:\n  - {{id: own, tag: pii, when: {when:?}}}");
    }
    Some(text)
}

fn product_restrictions(rng: &mut Rng) -> Option<String> {
    let when = ["region IN $principal.groups", "region = $principal.region OR id IS NULL", "region <> 'US'"];
    let filter = format!("rowFilters:\n  - {{id: rows, port: x, when: {:?}}}\n", rng.choice(when).unwrap());
    let mask = "masks:\n  - {id: note, port: x, column: note, mask: {hash: product}}\n".to_owned();
    match rng.u8(0..4) {
        0 => None,
        1 => Some(filter),
        2 => Some(mask),
        _ => Some(format!("{mask}{filter}")),
    }
}

fn purposes(rng: &mut Rng) -> BTreeSet<String> {
    ["billing", "fraud"].into_iter().filter(|_| rng.bool()).map(str::to_owned).collect()
}

fn facts(parts: &Parts) -> MeshFacts {
    let mut facts = MeshFacts::default();
    for (name, tags, columns) in &parts.ports {
        let port: PortRef = name.parse().unwrap();
        facts.domains.insert(port.domain.clone());
        facts.tags.insert(port.product_ref(), BTreeSet::new());
        let purposes = if *name == "a.p.x" || *name == "a.p.y" { parts.purposes.clone() } else { BTreeSet::new() };
        facts.purposes.insert(port.product_ref(), purposes);
        let columns = columns.iter().map(|(name, tags)| column(name, tags)).collect();
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        facts.ports.insert(port, PortFacts { tags, columns, ..PortFacts::default() });
    }
    facts
}

fn column(name: &str, tags: &[&str]) -> Column {
    Column {
        name: name.to_owned(),
        description: String::new(),
        data_type: DataType::String,
        required: false,
        unique: false,
        primary_key_position: None,
        classification: tags.first().map(|tag| (*tag).to_owned()),
        tags: tags.iter().skip(1).map(|tag| (*tag).to_owned()).collect(),
        parts: Vec::new(),
    }
}
