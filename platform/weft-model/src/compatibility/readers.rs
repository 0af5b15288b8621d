//! What is known of a table's readers, and the grades that hinge on it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Change, Grade};

/// Something about readers that decides how much a change matters to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Circumstance {
    /// Someone reads the column, or declares that they do.
    Read,
    /// Someone takes every column, `*`, into a schema of fixed width.
    Wildcard,
    /// Someone names every value of the column, and has no answer for another.
    Exhaustive,
    /// Someone's own service level depends on this one.
    OwnServiceLevel,
    /// Someone reads the files themselves, with credentials that the platform lent.
    LentCredentials,
}

/// A grade for consumers that depends on who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Hinge {
    pub on: Circumstance,
    /// The grade where it holds.
    pub then: Grade,
    /// The grade where it does not.
    pub otherwise: Grade,
}

/// What is known of those who read a table: of one of them, or of all together.
///
/// Empty means that nobody reads it. Union is by field, so readers can be added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readership {
    /// Paths of columns that are read, as SQL names them; whoever reads `address` reads
    /// `address.city` with it.
    pub columns: BTreeSet<String>,
    /// Whether every column is read, whatever it is called.
    pub wildcard: bool,
    /// Paths of columns whose every value is named.
    pub exhaustive: BTreeSet<String>,
    /// Whether a service level of the readers' own depends on this table's.
    pub own_service_level: bool,
    /// Whether files are read with lent credentials.
    pub lent_credentials: bool,
}

impl Readership {
    /// Whether somebody reads the column at `path`, a part of it, or what it is a part of.
    pub fn reads(&self, path: &str) -> bool {
        self.wildcard || touches(&self.columns, path)
    }

    /// Whether the change is about something that is read here. A change that is not about a
    /// column concerns whoever reads anything.
    pub fn is_concerned_by(&self, change: &Change) -> bool {
        match change.subject.read_as() {
            Some(path) => self.reads(path),
            None => self.wildcard || !self.columns.is_empty(),
        }
    }

    fn meets(&self, circumstance: Circumstance, change: &Change) -> bool {
        let path = change.subject.read_as();
        match circumstance {
            Circumstance::Read => self.is_concerned_by(change),
            Circumstance::Wildcard => self.wildcard,
            Circumstance::Exhaustive => path.is_some_and(|path| touches(&self.exhaustive, path)),
            Circumstance::OwnServiceLevel => self.own_service_level,
            Circumstance::LentCredentials => self.lent_credentials,
        }
    }
}

/// The same changes with the grades for consumers that these readers make them.
///
/// Only grades with a [`Hinge`] move. Pure and total; order is kept.
pub fn graded(changes: &[Change], readers: &Readership) -> Vec<Change> {
    let settle = |change: &Change| {
        let mut change = change.clone();
        if let Some(hinge) = change.hinge {
            change.grades.consumers = if readers.meets(hinge.on, &change) { hinge.then } else { hinge.otherwise };
        }
        change
    };
    changes.iter().map(settle).collect()
}

fn touches(paths: &BTreeSet<String>, path: &str) -> bool {
    paths.iter().any(|read| is_within(read, path) || is_within(path, read))
}

/// Whether `inner` is `outer` or a part of it.
fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
