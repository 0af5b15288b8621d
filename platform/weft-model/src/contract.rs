//! What a port promises: columns, keys and the words that describe them.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{DataType, QualityCheck, ServiceLevel, TrafficLevel};

/// How sensitive a column is, in the organisation's own vocabulary (`public`, `personal`, …).
pub type Classification = String;

/// Which contract: its id and its own version. An input port names its upstream by this pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContractKey {
    pub id: String,
    pub version: Version,
}

impl fmt::Display for ContractKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.version)
    }
}

/// The terms on which a port is offered, distilled from its ODCS document: what the gate holds
/// every commit to, and what readers may rely on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    pub key: ContractKey,
    /// Path of the ODCS document in the repository.
    pub file: String,
    pub status: Option<String>,
    /// What the port is for, in one or two sentences; empty where the document says nothing.
    pub purpose: String,
    /// Words on the document, on its table and on the port; they hold for the whole port. Each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// In the order written; names differ even without regard to case.
    pub columns: Vec<Column>,
    /// What else must hold of the rows: what columns demand, in their order, then the rules of the table. Rules that
    /// no check is made of are in the document alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<QualityCheck>,
    /// What the clock measures: how fresh the rows are, and for how long they stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_levels: Vec<ServiceLevel>,
    /// What is measured of the queries that read the port. Of each kind once, of latency once for each percentile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traffic_levels: Vec<TrafficLevel>,
    /// What may be asked for, and who decides, in the order written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<ContractRole>,
    /// The ODCS document as it is committed, so that a later version can be compared with it. Empty
    /// where it was published before documents were kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub document: String,
}

impl Contract {
    /// The column called `name`, if there is one.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Names of the primary key's columns in key order; empty where no key is declared.
    pub fn primary_key(&self) -> Vec<&str> {
        primary_key(&self.columns)
    }
}

/// Names of the columns that make up the primary key, in key order; empty where no key is declared.
pub fn primary_key(columns: &[Column]) -> Vec<&str> {
    let mut keyed: Vec<_> =
        columns.iter().filter_map(|c| c.primary_key_position.map(|p| (p, c.name.as_str()))).collect();
    keyed.sort_by_key(|(position, _)| *position);
    keyed.into_iter().map(|(_, name)| name).collect()
}

/// A role under which access is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRole {
    pub name: String,
    /// What it lets one do: `read`. `None` where the document does not say.
    pub access: Option<String>,
    /// A group or user who decides first.
    pub first_approver: Option<String>,
    /// A group or user who decides after the first.
    pub second_approver: Option<String>,
}

/// One column of a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub description: String,
    pub data_type: DataType,
    /// Never NULL. Key columns are required too.
    pub required: bool,
    /// No value occurs twice; NULLs are not counted.
    pub unique: bool,
    /// Place in the primary key, counted from 1.
    pub primary_key_position: Option<u32>,
    pub classification: Option<Classification>,
    pub tags: Vec<String>,
    /// Parts within the column that carry a classification or tags of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<ColumnPart>,
}

/// A part of a nested column with a classification or tags of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnPart {
    /// Names from below the column down to the part; `[]` stands for the elements of a list, `{}` for
    /// the values of a map.
    pub path: Vec<String>,
    pub classification: Option<Classification>,
    pub tags: Vec<String>,
}
