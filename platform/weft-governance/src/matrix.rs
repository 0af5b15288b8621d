//! Who may do what, written out: `governance/decisions.txt`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::DateTime;
use weft_model::{Action, Column, PortRef, Principal};

use crate::{AccessRequest, Authorizer, Decision, Mask, MeshFacts, ObjectRef, Obligation, PolicySnapshot, Principals};

/// Every port with those who may discover it and those who may read it, without a purpose and with
/// each of the product's; under a line of readers, what each of them does not see.
///
/// The same rules and facts give the same text, in order of name, so that a commit shows whose
/// access it changes as a difference of a few words.
pub fn decisions_matrix(snapshot: &PolicySnapshot, principals: &Principals, facts: &MeshFacts) -> String {
    let mut text = String::from("# Who may do what, as the policies decide it. Generated; do not edit.\n");
    for (port, side) in &facts.ports {
        let asked = Row { snapshot, port, columns: &side.columns };
        let may_discover =
            |principal: &&Principal| snapshot.decide(&asked.request(principal, Action::Discover, None)).is_allowed();
        let discover: Vec<&str> = principals.iter().filter(may_discover).map(|who| who.name.as_str()).collect();
        // Writing to a string does not fail.
        let _ = write!(text, "\n{port}\n  discover: {}\n", listed(&discover));

        let without: Vec<(&str, Decision)> =
            principals.iter().map(|who| (who.name.as_str(), asked.read(who, None))).collect();
        text.push_str(&readers("read:    ", without.iter().map(|(who, decision)| (*who, decision))));
        for purpose in facts.purposes.get(&port.product_ref()).into_iter().flatten() {
            let with: Vec<(&str, Decision)> =
                principals.iter().map(|who| (who.name.as_str(), asked.read(who, Some(purpose)))).collect();
            let is_changed = |before: &Decision, now: &Decision| {
                now.is_allowed() != before.is_allowed() || now.obligations() != before.obligations()
            };
            let changed: Vec<(&str, &Decision)> = without
                .iter()
                .zip(&with)
                .filter(|((_, before), (_, now))| is_changed(before, now))
                .map(|(_, (who, now))| (*who, now))
                .collect();
            if !changed.is_empty() {
                text.push_str(&readers(&format!("read for {purpose}:"), changed.into_iter()));
            }
        }
    }
    text
}

struct Row<'a> {
    snapshot: &'a PolicySnapshot,
    port: &'a PortRef,
    columns: &'a [Column],
}

impl Row<'_> {
    fn request<'r>(&self, principal: &'r Principal, action: Action, purpose: Option<&'r str>) -> AccessRequest<'r> {
        let object = ObjectRef::Port(self.port.clone());
        AccessRequest { principal, action, object, purpose, at: DateTime::UNIX_EPOCH }
    }

    fn read(&self, principal: &Principal, purpose: Option<&str>) -> Decision {
        self.snapshot.decide_read(&self.request(principal, Action::Read, purpose), self.columns)
    }
}

/// A line of readers, and one for each group of them who see less than everything.
fn readers<'a>(title: &str, decisions: impl Iterator<Item = (&'a str, &'a Decision)>) -> String {
    let mut names = Vec::new();
    let mut by_terms: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (who, decision) in decisions.filter(|(_, decision)| decision.is_allowed()) {
        names.push(who);
        if !decision.obligations().is_empty() {
            by_terms.entry(terms(decision)).or_default().push(who);
        }
    }
    let mut text = format!("  {title} {}\n", listed(&names));
    let mut lines: Vec<(String, String)> = by_terms.into_iter().map(|(terms, who)| (who.join(", "), terms)).collect();
    lines.sort();
    for (who, terms) in lines {
        let _ = writeln!(text, "    {who}: {terms}");
    }
    text
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "(no one)".to_owned() } else { names.join(", ") }
}

/// What is not seen: `some rows; masked: email (partial_email); hidden: ssn`.
fn terms(decision: &Decision) -> String {
    let (mut masked, mut hidden) = (Vec::new(), Vec::new());
    for imposed in decision.obligations() {
        match &imposed.obligation {
            Obligation::KeepRows(_) => {}
            Obligation::MaskColumn { path, mask } => masked.push(format!("{} ({})", path.join("."), describe(mask))),
            Obligation::HideColumn { column } => hidden.push(column.clone()),
        }
    }
    let mut said = Vec::new();
    if decision.hides_rows() {
        said.push("some rows".to_owned());
    }
    for (word, mut columns) in [("masked", masked), ("hidden", hidden)] {
        if !columns.is_empty() {
            columns.sort();
            said.push(format!("{word}: {}", columns.join(", ")));
        }
    }
    said.join("; ")
}

/// A mask in the words of `restrictions.yaml`, without values.
pub(crate) fn describe(mask: &Mask) -> String {
    match mask {
        Mask::Null => "null".to_owned(),
        Mask::Constant(_) => "constant".to_owned(),
        Mask::Hash { .. } => "hash".to_owned(),
        Mask::PartialEmail => "partial_email".to_owned(),
        Mask::Prefix { characters } => format!("prefix {characters}"),
        Mask::Round { to } => format!("round {to}"),
        Mask::Truncate { to } => format!("truncate {}", to.as_str()),
    }
}
