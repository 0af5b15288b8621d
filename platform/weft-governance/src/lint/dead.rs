//! Rows that can never match.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use weft_model::{Code, Column, Diagnostic, PortRef, ProductRef};

use super::{Told, domains};
use crate::names::{column_term, expanded, tags_of, tags_within};
use crate::row::{ANY_TAG, PolicyRow};
use crate::row_condition::RowCondition;
use crate::{MeshFacts, PolicySnapshot, PortFacts, Rules};

const ANY_DOMAIN: &str = "dom:any";

/// `p` rows of this revision that can never match, and their places.
pub(super) fn rows(
    rules: &Rules,
    snapshot: &PolicySnapshot,
    facts: &MeshFacts,
    at: DateTime<Utc>,
) -> (Vec<Diagnostic>, Told) {
    let own: HashSet<*const PolicyRow> = rules.own_rows().flat_map(|rows| &rows.policies).map(Arc::as_ptr).collect();
    let holders = Holders::of(rules, snapshot, facts);
    let carriers = Carriers::of(snapshot, facts);
    let vocabulary = rules.vocabulary(facts.vocabulary());
    let (mut told, mut dead) = (Vec::new(), Told::new());
    for (place, row) in snapshot.rows().iter().enumerate() {
        // A tag that means nothing at all is told where the rows are checked against the mesh.
        let is_told = row.tag != ANY_TAG && !vocabulary.contains(&row.tag);
        let why = is_over(row, at).or_else(|| holders.lack(row));
        let why = why.or_else(|| carriers.lack(row).filter(|_| !is_told));
        if let Some((field, why)) = why.filter(|_| own.contains(&Arc::as_ptr(row))) {
            told.push(without_effect(row.origin.field(field), why));
            dead.insert(place);
        }
    }
    (told, dead)
}

/// `g` rows of this revision that give a role of which no row speaks.
pub(super) fn roles(rules: &Rules, snapshot: &PolicySnapshot, facts: &MeshFacts) -> Vec<Diagnostic> {
    let mut spoken: HashMap<&str, HashSet<&str>> = HashMap::new();
    for row in snapshot.rows() {
        spoken.entry(&row.subject).or_default().insert(&row.domain);
    }
    let all = domains(facts);
    let is_spoken_of = |role: &str, domain: &str| {
        let held = snapshot.reached(role, domain);
        let mut places = held.iter().filter_map(|held| spoken.get(held.as_str()));
        places.any(|domains| domains.contains(domain) || domains.contains(ANY_DOMAIN))
    };
    let mut known: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    let mut told = Vec::new();
    for row in rules.own_rows().flat_map(|rows| &rows.roles).filter(|_| !facts.is_part) {
        let is_alive = *known.entry((&row.role, &row.domain)).or_insert_with(|| match row.domain.as_str() {
            ANY_DOMAIN => all.iter().any(|domain| is_spoken_of(&row.role, domain)),
            domain => is_spoken_of(&row.role, domain),
        });
        if !is_alive {
            let why =
                format!("no `p` row speaks of `{}`{}, so holding it means nothing", row.role, within(&row.domain));
            told.push(without_effect(row.origin.field(2), why));
        }
    }
    told
}

/// That the row counted until some time ago.
fn is_over(row: &PolicyRow, at: DateTime<Utc>) -> Option<(usize, String)> {
    let until = RowCondition::read(&row.condition)?.until.filter(|until| *until <= at)?;
    Some((6, format!("the row has not counted since {}", until.format("%Y-%m-%d at %H:%M:%S UTC"))))
}

pub(super) fn without_effect(place: weft_model::Place, why: String) -> Diagnostic {
    Diagnostic::warning(Code::RULE_WITHOUT_EFFECT, place, why)
}

/// ` in the domain `sales``; nothing for all of them.
fn within(domain: &str) -> String {
    match domain.strip_prefix("dom:") {
        Some("any") | None => String::new(),
        Some(domain) => format!(" in the domain `{domain}`"),
    }
}

/// What somebody who is known holds, by domain.
struct Holders {
    /// Empty where it is not known who there is.
    by_domain: BTreeMap<String, HashSet<String>>,
    /// Roles that a `g` row gives; one that none gives is told where the rows are read.
    given: HashSet<String>,
}

impl Holders {
    fn of(rules: &Rules, snapshot: &PolicySnapshot, facts: &MeshFacts) -> Self {
        let given = rules.own_rows().flat_map(|rows| &rows.roles).map(|row| row.role.clone()).collect();
        if facts.is_part {
            return Holders { by_domain: BTreeMap::new(), given };
        }
        let mut members: BTreeSet<String> = BTreeSet::new();
        for principal in rules.principals().iter() {
            members.insert(principal.subject());
            members.extend(principal.groups.iter().map(|group| format!("group:{group}")));
        }
        let held = |domain: &String| members.iter().flat_map(|member| snapshot.reached(member, domain)).collect();
        let by_domain = domains(facts).into_iter().map(|domain| (domain.clone(), held(&domain))).collect();
        Holders { by_domain, given }
    }

    /// Why nobody is the subject of `row`, and in which field that stands.
    fn lack(&self, row: &PolicyRow) -> Option<(usize, String)> {
        let is_told = row.subject.starts_with("role:") && !self.given.contains(&row.subject);
        if self.by_domain.is_empty() || row.subject == "role:any" || is_told {
            return None;
        }
        let is_held = match row.domain.as_str() {
            ANY_DOMAIN => self.by_domain.values().any(|held| held.contains(&row.subject)),
            domain => self.by_domain.get(domain).is_none_or(|held| held.contains(&row.subject)),
        };
        let verb = if row.subject.starts_with("group:") { "nobody is in" } else { "nobody holds" };
        (!is_held).then(|| (1, format!("{verb} `{}`{}, so the row never matches", row.subject, within(&row.domain))))
    }
}

/// What lies under each object, by domain and object.
#[derive(Default)]
struct Carriers {
    by_object: HashMap<(String, String), Carried>,
}

#[derive(Default)]
struct Carried {
    tags: BTreeSet<String>,
    has_purpose: bool,
}

impl Carriers {
    fn of(snapshot: &PolicySnapshot, facts: &MeshFacts) -> Self {
        let mut carriers = Carriers::default();
        for (port, side) in &facts.ports {
            carriers.note_port(snapshot, facts, port, side);
        }
        for product in facts.tags.keys() {
            let tags = facts.tags.get(product).into_iter().flatten().map(String::as_str);
            let around = snapshot.around(&format!("obj:{product}"));
            carriers.note(product, around, &expanded(tags), facts);
        }
        carriers
    }

    fn note_port(&mut self, snapshot: &PolicySnapshot, facts: &MeshFacts, port: &PortRef, side: &PortFacts) {
        let term = snapshot.term_of(port);
        let whole = expanded(side.tags.iter().map(String::as_str));
        let of_column = |column: &Column| {
            let own = expanded(tags_of(column).chain(tags_within(column)));
            own.union(&whole).cloned().collect::<BTreeSet<String>>()
        };
        let mut all = whole.clone();
        for column in &side.columns {
            let (object, tags) = (column_term(&term, &column.name), of_column(column));
            if snapshot.names(&object) {
                self.note(&port.product_ref(), snapshot.around(&object), &tags, facts);
            }
            all.extend(tags);
        }
        self.note(&port.product_ref(), snapshot.around(&term), &all, facts);
    }

    fn note(&mut self, of: &ProductRef, around: BTreeSet<String>, tags: &BTreeSet<String>, facts: &MeshFacts) {
        let has_purpose = facts.purposes.get(of).is_some_and(|purposes| !purposes.is_empty());
        let domain = format!("dom:{}", of.domain);
        for object in around {
            for domain in [domain.as_str(), ANY_DOMAIN] {
                let carried = self.by_object.entry((domain.to_owned(), object.clone())).or_default();
                carried.tags.extend(tags.iter().cloned());
                carried.has_purpose |= has_purpose;
            }
        }
    }

    /// Why nothing under the object of `row` is what the row asks for, and in which field that stands.
    fn lack(&self, row: &PolicyRow) -> Option<(usize, String)> {
        // What is not in the mesh is told where rows are checked against it; the platform's own carries no tags.
        let carried = self.by_object.get(&(row.domain.clone(), row.object.clone()))?;
        let object = row.object.strip_prefix("obj:").filter(|object| *object != "any");
        let under = object.map(|object| format!(" under `{object}`")).unwrap_or_default();
        if row.tag != ANY_TAG && !carried.tags.contains(&row.tag) {
            return Some((5, format!("nothing{under} carries the tag `{}`, so the row never matches", row.tag)));
        }
        let asks_for_one = RowCondition::read(&row.condition).is_some_and(|condition| condition.purpose_granted);
        (asks_for_one && !carried.has_purpose)
            .then(|| (6, format!("no product{under} allows any purpose, so the row never matches")))
    }
}
