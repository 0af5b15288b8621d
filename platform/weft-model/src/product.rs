//! What a domain publishes: a product, its ports, and how each port is made.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Contract, ContractKey, FeatureService, FeatureView, Interval, MajorVersion, PortName, PortRef, ProductRef,
    Resources, Schedule,
};

/// One data product as its ODPS document says, already checked for form and references.
///
/// It does not say whether the product exists in storage; see [`crate::Published`] for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataProduct {
    pub name: ProductRef,
    /// Path of the ODPS document in the repository.
    pub file: String,
    /// The id of the ODPS document.
    pub id: String,
    pub title: Option<String>,
    pub version: Option<String>,
    pub status: Option<String>,
    pub purpose: String,
    pub tags: Vec<String>,
    /// What the data may be asked for; grants may depend on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<String>,
    /// Changes of contracts that are allowed although they break readers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Features of several views that are asked for together; names distinct.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureService>,
    /// None is a port of this product.
    pub inputs: Vec<InputPort>,
    /// Not empty, names distinct.
    pub outputs: Vec<OutputPort>,
}

impl DataProduct {
    /// The full name of one of its output ports.
    pub fn port_ref(&self, output: &OutputPort) -> PortRef {
        self.name.port(&output.name)
    }

    /// The output called `port`, if there is one.
    pub fn output(&self, port: &PortName) -> Option<&OutputPort> {
        self.outputs.iter().find(|output| &output.name == port)
    }
}

/// A change of a contract that someone answers for, although it breaks readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The change as a plan names it: `departures.gate`, `departures.gate type`, `departures freshness`.
    pub change: String,
    pub reason: String,
    /// Who allowed it.
    pub approver: String,
    /// The last day on which it counts.
    pub until: NaiveDate,
}

/// A table of another product that this product's transforms read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputPort {
    pub name: String,
    /// The upstream contract as the manifest names it.
    pub contract: ContractKey,
    /// The upstream port that offers that contract.
    pub port: PortRef,
}

/// One table that a product offers, and the terms on which it offers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputPort {
    pub name: PortName,
    pub description: String,
    pub contract: Contract,
    pub transform: Transform,
    /// When it is brought up to date; at once where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What its runs may take.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resources: Resources,
    /// Set where major versions of the port are offered side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub major: Option<MajorVersion>,
    /// Set where its rows are features of entities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_view: Option<FeatureView>,
}

fn is_default(resources: &Resources) -> bool {
    *resources == Resources::default()
}

/// Format of a file that a seed or a source reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeedFormat {
    Csv,
    /// One JSON object a line.
    Json,
    Parquet,
    /// A Delta table; a source only.
    Delta,
}

/// How a port's rows come about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Transform {
    /// A file of the repository. `path` is relative to the repository's root; `content` is the
    /// file's content id.
    Seed { path: String, format: SeedFormat, content: String },
    /// Files at an object-store URL.
    Source { url: String, format: SeedFormat, options: BTreeMap<String, String> },
    /// Files at an object-store URL, each of which is taken once: its rows are added, or take the place of those with
    /// the same primary key.
    Files {
        url: String,
        format: SeedFormat,
        options: BTreeMap<String, String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        merge: Option<Merge>,
    },
    /// A query whose whole result replaces the table. `file` is the path of the SQL.
    Full { file: String, sql: String },
    /// A query over what its first input gained; what it yields is added, and nothing ever goes.
    Append { file: String, sql: String },
    /// A query whose rows take the place of those with the same primary key.
    ByKey {
        file: String,
        sql: String,
        /// Of rows with the same key, the one in which this column is greatest stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newest_by: Option<String>,
        /// A condition on the query's columns: the rows for which it is true take those with their key out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delete_when: Option<String>,
    },
    /// A query of whose result whole intervals of time are replaced.
    ByTime {
        file: String,
        sql: String,
        /// The column that says to which interval a row belongs.
        column: String,
        interval: Interval,
        /// How many intervals before the first that changes are made anew too.
        lookback: u32,
    },
    /// A query whose result is kept as it was at each time: a row for each state of a key.
    Scd2 {
        file: String,
        sql: String,
        /// What tells one thing from another: the primary key without `valid_from`.
        key: Vec<String>,
        /// The query's column that says since when its row holds; else since the run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    /// A query that is run when the port is read.
    View { file: String, sql: String },
}

/// Which of several rows with the same primary key stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The one in which this column is greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_by: Option<String>,
    /// A condition on the columns: a row for which it is true takes those with its key out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_when: Option<String>,
}

/// The columns with which a table of kind `scd2` says when a row held: from when, and until when, if it no longer does.
pub const VALIDITY: [&str; 2] = ["valid_from", "valid_to"];

impl Transform {
    /// The word that manifests use.
    pub fn kind(&self) -> &'static str {
        match self {
            Transform::Seed { .. } => "seed",
            Transform::Source { .. } => "source",
            Transform::Full { .. } => "full",
            Transform::Append { .. } | Transform::Files { merge: None, .. } => "append",
            Transform::ByKey { .. } | Transform::Files { merge: Some(_), .. } => "by_key",
            Transform::ByTime { .. } => "by_time",
            Transform::Scd2 { .. } => "scd2",
            Transform::View { .. } => "view",
        }
    }

    /// The query and the file it stands in, for the kinds that have one.
    pub fn sql(&self) -> Option<(&str, &str)> {
        match self {
            Transform::Full { file, sql }
            | Transform::Append { file, sql }
            | Transform::ByKey { file, sql, .. }
            | Transform::ByTime { file, sql, .. }
            | Transform::Scd2 { file, sql, .. }
            | Transform::View { file, sql } => Some((file, sql)),
            Transform::Seed { .. } | Transform::Source { .. } | Transform::Files { .. } => None,
        }
    }

    /// The address of a source, the format of its files and the options of its store, for the kinds that have one.
    pub fn source(&self) -> Option<(&str, SeedFormat, &BTreeMap<String, String>)> {
        match self {
            Transform::Source { url, format, options } | Transform::Files { url, format, options, .. } => {
                Some((url, *format, options))
            }
            _ => None,
        }
    }

    /// By which column the newest of several rows with one key is told, and which rows take others out, for the kinds
    /// that merge rows.
    pub fn merge(&self) -> Option<(Option<&str>, Option<&str>)> {
        match self {
            Transform::ByKey { newest_by, delete_when, .. }
            | Transform::Files { merge: Some(Merge { newest_by, delete_when }), .. } => {
                Some((newest_by.as_deref(), delete_when.as_deref()))
            }
            _ => None,
        }
    }

    /// Whether a change of inputs changes the table in part, so that what it held before counts.
    pub fn is_incremental(&self) -> bool {
        matches!(
            self,
            Transform::Append { .. }
                | Transform::Files { .. }
                | Transform::ByKey { .. }
                | Transform::ByTime { .. }
                | Transform::Scd2 { .. }
        )
    }
}
