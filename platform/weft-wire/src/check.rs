//! Checks: what the gate found out about a port's table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What one check of a contract found out: `GET /api/v1/ports/{domain}/{product}/{port}/checks`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The run in which the check was made; `null` for one that the clock makes.
    pub run: Option<String>,
    pub name: String,
    /// Several names with commas between them for a key; `null` for a check of the whole table.
    pub column: Option<String>,
    /// `passed`, `failed` or `unknown`.
    pub outcome: String,
    /// `blocks` or `warns`.
    pub severity: Option<String>,
    /// The number that was compared, and what it had to be, in words.
    pub measured: Option<f64>,
    pub threshold: Option<String>,
    pub failing_rows: Option<u64>,
    pub message: Option<String>,
    pub scanned_bytes: Option<u64>,
    pub duration_ms: Option<u64>,
    /// Some of the rows that are not as they must be, as far as the asker reads them in clear.
    pub sample: Option<Vec<Map<String, Value>>>,
    pub at: DateTime<Utc>,
}
