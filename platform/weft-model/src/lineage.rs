//! Which columns of its inputs the columns of a port depend on, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::PortRef;

/// How a value depends on a column, in the words of the column lineage of `OpenLineage`.
///
/// The first three are direct: the value is made of values of the column. The others are indirect: the column decides
/// which value it is, or which rows there are, and no value of it goes in. Of two direct ones in a row the later in
/// this order tells what comes of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dependence {
    /// The value itself.
    Identity,
    /// Computed from one row's value.
    Transformation,
    /// Computed from values of many rows.
    Aggregation,
    /// Kept or left out by it.
    Filter,
    /// Found by it in another table.
    Join,
    /// Put together by it.
    GroupBy,
    /// Put in order by it.
    Sort,
    /// The rows beside which it is looked at.
    Window,
    /// Chosen by it among others.
    Conditional,
}

impl Dependence {
    /// Whether values of the column go in.
    pub fn is_direct(self) -> bool {
        self <= Dependence::Aggregation
    }

    /// `direct` or `indirect`.
    pub fn kind(self) -> &'static str {
        if self.is_direct() { "direct" } else { "indirect" }
    }

    /// The word that manifests, REST and SQL use.
    pub fn as_str(self) -> &'static str {
        match self {
            Dependence::Identity => "identity",
            Dependence::Transformation => "transformation",
            Dependence::Aggregation => "aggregation",
            Dependence::Filter => "filter",
            Dependence::Join => "join",
            Dependence::GroupBy => "group_by",
            Dependence::Sort => "sort",
            Dependence::Window => "window",
            Dependence::Conditional => "conditional",
        }
    }
}

impl fmt::Display for Dependence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A column of an input, and all the ways in which something depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnSource {
    pub port: PortRef,
    pub column: String,
    /// Never empty.
    pub how: BTreeSet<Dependence>,
}

impl ColumnSource {
    /// Whether values of it go in.
    pub fn is_direct(&self) -> bool {
        self.how.iter().any(|how| how.is_direct())
    }
}

/// What a port's columns depend on. Empty for a port that no query makes, and where it was released before lineage was
/// recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnLineage {
    /// For each column what its values depend on, in order of port and column. A column that depends on none is there.
    #[serde(default)]
    pub columns: BTreeMap<String, Vec<ColumnSource>>,
    /// What decides which rows there are, and in which order: every column depends on it alike. Indirect only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<ColumnSource>,
}

impl ColumnLineage {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.rows.is_empty()
    }

    /// The columns whose values go into those of `column`.
    pub fn direct(&self, column: &str) -> impl Iterator<Item = &ColumnSource> {
        self.columns.get(column).into_iter().flatten().filter(|source| source.is_direct())
    }
}
