//! Training sets that can be made again.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A training set whose rows were fetched, and which is to be made again as long as its hold lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrainingSetRequest {
    /// The query that it is the answer of.
    pub sql: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// The instant that it was read as of.
    pub as_of: String,
    /// Names of feature services, views and single features.
    pub features: Vec<String>,
    pub rows: u64,
    /// Of all rows: 32 hexadecimal digits.
    pub content_hash: String,
    /// For how many days what it was made from is to be kept; a year if left out, five years at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// A training set that somebody noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrainingSet {
    pub id: String,
    pub at: String,
    /// Until then no version is deleted that it was made from, unless rows are erased for good.
    pub held_until: String,
    pub as_of: String,
    pub features: Vec<String>,
    pub tables: Vec<HeldTable>,
    pub rows: u64,
    pub content_hash: String,
}

/// A version of a table that a training set was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldTable {
    pub port: String,
    /// Number of the product's release.
    pub release: u64,
    /// Version of the Delta table; `null` for a view.
    pub table_version: Option<u64>,
}
