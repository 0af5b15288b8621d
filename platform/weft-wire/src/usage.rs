//! How often a port is read.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::PortRef;

/// How often a port was read in the last ninety days: `GET /api/v1/ports/{domain}/{product}/{port}/usage`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    pub port: PortRef,
    /// Whether everyone's reads are counted, as for who answers for the port, or only the asker's own.
    pub by_everyone: bool,
    /// Days, in UTC, on which it was read, in order.
    pub days: Vec<UsageDay>,
    /// Columns that were read, in order of name. A query that reads none, as `count(*)`, is in `days` alone.
    pub columns: Vec<UsageColumn>,
}

/// How many queries read a port on one day, and of how many principals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageDay {
    pub day: NaiveDate,
    pub queries: u64,
    pub principals: u64,
}

/// How many queries read a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageColumn {
    pub name: String,
    pub queries: u64,
    pub last_at: DateTime<Utc>,
}
