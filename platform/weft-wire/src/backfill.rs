//! A stretch of time of a port, made anew.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which intervals of a port are to be made anew: those with an instant from `from` up to `to`, which is not among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackfillRequest {
    /// A date, or a time in RFC 3339.
    pub from: String,
    pub to: String,
}

/// What a backfill came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backfill {
    /// From the beginning of the first interval to the end of the last: `2026-01-01T00:00:00Z/2026-02-01T00:00:00Z`.
    pub range: String,
    pub intervals: u64,
    /// Of these, the ones that an attempt before had made.
    pub done_before: u64,
    pub commits: u64,
    /// Number of the release that readers see from now on.
    pub release: u64,
    pub table_version: u64,
    /// Rows in the whole table.
    pub rows: Option<u64>,
    /// The id of the run that records it.
    pub run: String,
}
