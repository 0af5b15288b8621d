//! Who gains and who loses access by a revision.

mod simulated;
mod text;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use weft_governance::{AccessCause, AccessEffect, MeshFacts, MeshState, PolicySnapshot, Rules, SightChange, simulate};
use weft_model::compatibility::Sign;
use weft_model::{Declared, Diagnostic, ManifestTree, PortRef};

pub use simulated::{PlannedOver, SimulateError, Simulated};

use crate::check::{self, Checked};
use crate::known::Kept;
use crate::{Known, held};

/// What decides who sees what: rules that hold together, and the mesh that they govern.
#[derive(Debug)]
pub struct AccessState {
    snapshot: PolicySnapshot,
    facts: MeshFacts,
}

impl AccessState {
    /// What is in force where `tree` holds the rules in force, and is served what is `known` to be published. `None`
    /// where the rules do not hold together.
    pub fn served(tree: &ManifestTree, known: &Known) -> Option<Self> {
        let facts = facts_served(tree, known);
        let snapshot = compiled(weft_governance::read(tree).0, tree, &facts, &known.kept)?;
        Some(AccessState { snapshot: granting(&snapshot, known), facts })
    }

    /// What `tree` would put in force if everything in it could be built and the cases of its rules were brought up to
    /// date, with every problem in its manifests and rules; `None` where its rules have errors. No query is planned and
    /// no test run.
    pub fn declared(tree: &ManifestTree, known: &Known) -> (Option<Self>, Vec<Diagnostic>) {
        let (mut declared, mut diagnostics) = weft_manifest::read(tree, known.now.date_naive());
        declared.hold_back(&known.published);
        held::set_aside(&mut declared, &known.published);
        let (rules, trouble) = weft_governance::read(tree);
        diagnostics.extend(trouble);
        let (rules, snapshot, trouble) = check::compiled(rules, tree, &declared, &known.published, &known.kept);
        diagnostics.extend(trouble);
        diagnostics.extend(snapshot.iter().flat_map(|snapshot| check::failed_cases(&rules, snapshot, &declared)));
        weft_model::diagnostic::sort(&mut diagnostics);
        diagnostics.dedup();
        let facts = MeshFacts::of(&declared, &known.published);
        let snapshot = snapshot.filter(|_| !declared.refused);
        (snapshot.map(|snapshot| AccessState { snapshot: granting(&snapshot, known), facts }), diagnostics)
    }

    /// What was `checked` would put in force; `None` where it would be refused.
    pub(crate) fn of_checked(checked: &Checked, known: &Known) -> Option<Self> {
        let facts = MeshFacts::of(&checked.declared, &known.published);
        Some(AccessState { snapshot: granting(checked.snapshot.as_ref()?, known), facts })
    }

    /// Who gains and who loses what, if `after` takes the place of this.
    pub fn effects(&self, after: &AccessState, at: DateTime<Utc>) -> Vec<AccessEffect> {
        simulate(self.mesh(), after.mesh(), at)
    }

    fn mesh(&self) -> MeshState<'_> {
        MeshState { snapshot: &self.snapshot, facts: &self.facts }
    }
}

/// Who gains and who loses what, if the revision that was `checked` takes the place of the rules in `before` over what
/// is `known` to be published. Nothing where the revision would be refused.
pub fn access_changes(before: &ManifestTree, checked: &Checked, known: &Known) -> Vec<AccessChange> {
    let Some(after) = AccessState::of_checked(checked, known) else { return Vec::new() };
    let Some(before) = AccessState::served(before, known) else { return Vec::new() };
    before.effects(&after, known.now).into_iter().map(AccessChange::from).collect()
}

/// The same with what is granted besides the rules.
fn granting(snapshot: &PolicySnapshot, known: &Known) -> PolicySnapshot {
    snapshot.with_grants(Arc::clone(&known.grants), 0)
}

fn facts_served(tree: &ManifestTree, known: &Known) -> MeshFacts {
    let mut facts = MeshFacts::of(&Declared::empty(tree.revision.clone()), &known.published);
    // Nothing is about to go.
    facts.retired.clear();
    facts.is_part = tree.is_part;
    facts
}

fn compiled(mut rules: Rules, tree: &ManifestTree, facts: &MeshFacts, kept: &Kept) -> Option<PolicySnapshot> {
    rules.check_restrictions(facts);
    let (domains, products) =
        (rules.broken_domains().cloned().collect(), rules.broken_restrictions().cloned().collect());
    check::keep(&mut rules, kept, &domains, &products);
    rules.compile(&tree.revision, facts).ok()
}

/// What changes alike for some principals at one port, as people and programs read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessChange {
    /// Added for what is gained, removed for what is lost.
    pub sign: Sign,
    /// `gains`, `clears`, `widens`, `masks_otherwise`, `differs`, `narrows`, `masks` or `loses`.
    pub change: &'static str,
    pub port: PortRef,
    /// The columns that it is about; none where it is about rows.
    pub columns: Vec<String>,
    /// Whether these are all columns of the port.
    pub is_whole: bool,
    /// The masks under which the columns are seen then, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masks: Option<String>,
    /// Whether every row is seen then.
    pub every_row: bool,
    /// Purposes for which it holds and without which it does not; none where it holds without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<String>,
    /// Names of users.
    pub people: Vec<String>,
    /// Names of services.
    pub services: Vec<String>,
    /// The lines that it comes from.
    pub because: Vec<ChangeCause>,
}

/// A line that a change comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeCause {
    /// Whether it comes to hold or holds no more; none for one that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<Sign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Counts from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    pub text: String,
}

impl From<AccessEffect> for AccessChange {
    fn from(effect: AccessEffect) -> Self {
        let AccessEffect { port, change, columns, is_whole, purposes, people, services, because } = effect;
        let (sign, word) = sign_and_word(&change);
        let every_row = change == SightChange::RowsWiden { is_all: true };
        let masks = match change {
            SightChange::Gains { masks } => masks,
            SightChange::Masks { masks } | SightChange::MasksOtherwise { masks } => Some(masks),
            _ => None,
        };
        let because = because.into_iter().map(ChangeCause::from).collect();
        AccessChange {
            sign,
            change: word,
            port,
            columns,
            is_whole,
            masks,
            every_row,
            purposes,
            people,
            services,
            because,
        }
    }
}

impl From<AccessCause> for ChangeCause {
    fn from(cause: AccessCause) -> Self {
        let (file, line) = cause.line.place.map(|(file, line)| (file.to_string(), line)).unzip();
        ChangeCause { sign: cause.sign, file, line, text: cause.line.text.to_string() }
    }
}

fn sign_and_word(change: &SightChange) -> (Sign, &'static str) {
    match change {
        SightChange::Gains { .. } => (Sign::Added, "gains"),
        SightChange::Clears => (Sign::Added, "clears"),
        SightChange::RowsWiden { .. } => (Sign::Added, "widens"),
        SightChange::MasksOtherwise { .. } => (Sign::Changed, "masks_otherwise"),
        SightChange::RowsDiffer => (Sign::Changed, "differs"),
        SightChange::RowsNarrow => (Sign::Removed, "narrows"),
        SightChange::Masks { .. } => (Sign::Removed, "masks"),
        SightChange::Loses => (Sign::Removed, "loses"),
    }
}

#[cfg(test)]
mod tests;
