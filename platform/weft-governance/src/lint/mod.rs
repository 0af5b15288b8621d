//! Rules that say nothing: what can never matter, and what another rule says already.

mod dead;
mod idle;
mod shadowed;

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use weft_model::Diagnostic;

use crate::{MeshFacts, PolicySnapshot, Rules};

/// Rules without effect in the mesh that `facts` describes, as warnings at their places: rows that nobody can ever
/// match from `at` on or whose tag nothing carries, roles that no row speaks of, masks and row filters that apply to nothing
/// (W0330); rows that say only what another says already, and rows that allow what another always denies (W0331).
///
/// `snapshot` is what `rules` come to. All that is told of rows may be taken out together without a change to any
/// decision about what is in the mesh and whoever is known to it. What [`crate::read`] and
/// [`Rules::check_restrictions`] tell already is not told again. In a part of the mesh nothing is known of who there
/// is, so there rows alone are compared.
pub fn lint(rules: &Rules, snapshot: &PolicySnapshot, facts: &MeshFacts, at: DateTime<Utc>) -> Vec<Diagnostic> {
    let (mut told, dead) = dead::rows(rules, snapshot, facts, at);
    told.extend(dead::roles(rules, snapshot, facts));
    told.extend(shadowed::rows(rules, snapshot, &dead));
    told.extend(idle::restrictions(rules, facts));
    weft_model::diagnostic::sort(&mut told);
    told
}

/// Rows that are told already, by their places among those of the snapshot.
type Told = HashSet<usize>;

/// The domains as rows write them, the platform's own among them.
fn domains(facts: &MeshFacts) -> BTreeSet<String> {
    facts.domains.iter().map(|domain| format!("dom:{domain}")).chain(["dom:system".to_owned()]).collect()
}

#[cfg(test)]
mod tests;
