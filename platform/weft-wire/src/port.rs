//! Ports, their columns and their contracts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortRef, Revision};

use crate::{Check, ContractId, FeatureView};

/// A port in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortSummary {
    pub name: PortRef,
    pub description: String,
    /// How its rows come about: `seed`, `source`, `full` or `view`.
    pub kind: String,
    /// Whether the asker may read it, if perhaps not every row or column.
    pub readable: bool,
    /// `null` for a view, and where the asker may not read every row.
    pub rows: Option<u64>,
}

/// A port: `GET /api/v1/ports/{domain}/{product}/{port}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    pub name: PortRef,
    pub description: String,
    /// How its rows come about: `seed`, `source`, `full` or `view`.
    pub kind: String,
    pub contract: ContractId,
    /// In the order of the contract.
    pub columns: Vec<Column>,
    /// Names of the key's columns in key order; empty where no key is declared.
    pub primary_key: Vec<String>,
    /// Between columns that the asker may know of.
    pub foreign_keys: Vec<ForeignKey>,
    /// Set where its rows are features of entities; `null` also where the asker may not know how they are found.
    pub feature_view: Option<FeatureView>,
    /// Path of the ODCS document in the repository.
    pub file: String,
    /// Whether the asker may read it, if perhaps not every row or column.
    pub readable: bool,
    /// Whether it may be read, but not every row.
    pub hides_rows: bool,
    /// `null` for a view, and where the asker may not read every row.
    pub rows: Option<u64>,
    /// As with `rows`.
    pub bytes: Option<u64>,
    /// Version of the Delta table; `null` for a view.
    pub table_version: Option<u64>,
    /// Number of the product's release that serves it.
    pub release: u64,
    /// When that release was made.
    pub at: DateTime<Utc>,
    /// What the checks of its contract found out last, as far as the asker is told.
    pub quality: Quality,
    /// How fresh its rows are, how long they stay, and how queries that read it went, measured by the clock.
    pub service_levels: Vec<Check>,
}

/// How many checks came out how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    pub passed: u64,
    pub failed: u64,
    pub unknown: u64,
    /// When the last of them was made; `null` where there is none.
    pub at: Option<DateTime<Utc>>,
}

/// Columns of a port whose values are those of another's, or of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForeignKey {
    /// Unique within the contract.
    pub name: String,
    /// Not empty.
    pub columns: Vec<String>,
    pub target: PortRef,
    /// As many as `columns`, in that order.
    pub target_columns: Vec<String>,
}

/// A column of a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    pub name: String,
    pub description: String,
    /// The word that SQL uses: `string`, `bigint`, `decimal(12,2)`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Never NULL.
    pub required: bool,
    /// No value occurs twice.
    pub unique: bool,
    /// Place in the primary key, counted from 1.
    pub primary_key_position: Option<u32>,
    pub classification: Option<String>,
    pub tags: Vec<String>,
    /// How the asker sees it: `clear`, `masked`, `hidden`, or `denied` where the port may not be read.
    pub sees: String,
    /// How it is masked, in words, where it is.
    pub mask: Option<String>,
}

/// The contract of a port: `GET /api/v1/ports/{domain}/{product}/{port}/contract`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    pub port: PortRef,
    pub id: String,
    pub version: String,
    pub status: Option<String>,
    pub purpose: String,
    /// Path of the ODCS document in the repository.
    pub file: String,
    /// In which the document stands.
    pub revision: Revision,
    /// The ODCS document as it is committed, in YAML; `null` where it names columns that the asker may not know of.
    pub document: Option<String>,
    /// Roles under which access may be asked for.
    pub roles: Vec<ContractRole>,
}

/// A role under which access is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractRole {
    pub name: String,
    pub access: Option<String>,
    /// Groups or users who decide, one after the other.
    pub approvers: Vec<String>,
}
