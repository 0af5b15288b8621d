//! What changes from one contract to the next, and whom it breaks.
//!
//! Pure and total: the same two contracts give the same changes. Items are matched by `id` where
//! both contracts have one, else by what names them, so that a rename is a rename and no loss.

mod access;
mod columns;
mod comparison;
mod constraints;
mod ending;
mod instants;
mod levels;
mod meaning;
mod pairs;
mod quality;
mod relationships;
mod scope;
mod servers;
mod shift;
mod tables;
mod typed;
mod types;

use semver::Version;
use weft_model::compatibility::Change;
pub use weft_model::compatibility::minimum_bump;

pub use comparison::{
    Comparison, Folders, Pair, Unreadable, compare_files, compare_folders, compare_texts, label, line,
};
pub use ending::{retention, supported_until};

use crate::odcs::DataContract;
use scope::Scope;

/// What the functions here judge of a contract; the rest is text. Its version says how much
/// changed, so a version is no change of its own.
const JUDGED: &[&str] =
    &["version", "schema", "slaProperties", "roles", "servers", "context", "customProperties", "status"];

/// Lists every difference between two contracts, graded.
///
/// Empty for contracts that say the same; to write a default out is no difference. Tables and
/// columns come first, in the order of `old` with what is new behind it; then service levels,
/// access, servers and words. What comes with a table or a column, or goes with it, is part of
/// that one change. Grades that hinge on readers are those of readers of whom nothing is known;
/// [`weft_model::compatibility::graded`] settles them.
pub fn changes(old: &DataContract, new: &DataContract) -> Vec<Change> {
    let mut found = Vec::new();
    if old == new {
        return found;
    }
    let whole = Scope::default();
    tables::changes(old.schema.as_deref(), new.schema.as_deref(), &mut found);
    levels::changes(
        (old.sla_properties.as_deref(), old.sla_default_element.as_deref()),
        (new.sla_properties.as_deref(), new.sla_default_element.as_deref()),
        &whole,
        &mut found,
    );
    access::roles(old.roles.as_deref(), new.roles.as_deref(), "", &whole, &mut found);
    servers::changes(old.servers.as_deref(), new.servers.as_deref(), &whole, &mut found);
    meaning::status(old.status.as_deref(), new.status.as_deref(), &whole, &mut found);
    meaning::context(old.context.as_ref(), new.context.as_ref(), &whole, &mut found);
    whole.custom_properties(old.custom_properties.as_deref(), new.custom_properties.as_deref(), &mut found);
    whole.rest(old, new, JUDGED, &mut found);
    found
}

/// Lists what would break for a reader of `old` who is handed `new`.
///
/// Empty means that every query valid under `old` stays valid and keeps its meaning, as far as
/// contracts can tell. A column that goes away counts as read.
pub fn breaks(old: &DataContract, new: &DataContract) -> Vec<Change> {
    changes(old, new).into_iter().filter(Change::breaks).collect()
}

/// Compares `new` with every version that is still supported, in the order of `olds`: each reader
/// may still hold any of them.
pub fn against_all(olds: &[&DataContract], new: &DataContract) -> Vec<Comparison> {
    olds.iter().map(|old| Comparison::of(old, new)).collect()
}

/// The version of a contract, where it is a semantic one.
fn version(contract: &DataContract) -> Option<Version> {
    Version::parse(&contract.version).ok()
}

#[cfg(test)]
mod tests;
