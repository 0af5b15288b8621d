//! What one principal gets to see of who reads what.

use chrono::{DateTime, NaiveDate, Utc};
use weft_model::PortRef;

/// How often one principal's queries read a port, or a column of it, on one day and for one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadView {
    pub port: PortRef,
    /// `None` for the port as a whole: every query that read it, whichever columns it read, also
    /// those that read none, as `count(*)` does.
    pub column: Option<String>,
    /// As policies write it: `user:ana`.
    pub principal: String,
    pub purpose: Option<String>,
    /// In UTC.
    pub day: NaiveDate,
    pub queries: u64,
    /// When the first and the last of these queries began.
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

/// A query that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryView {
    pub query: String,
    pub at: DateTime<Utc>,
    pub principal: String,
    pub purpose: Option<String>,
    /// Where it came in: `flight`, `http` or `transform`.
    pub door: Option<String>,
    pub trace: Option<String>,
    /// `ok`, or the code of what went wrong.
    pub outcome: String,
    pub duration_ms: u64,
    /// How many rows left the engine.
    pub rows: u64,
    /// Those it read that may be discovered, in order of name.
    pub ports: Vec<PortRef>,
}

/// How often a port was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortUsage {
    pub port: PortRef,
    /// Whether everyone's reads are counted, or only those of whoever asks.
    pub by_everyone: bool,
    /// Days on which the port was read, in order.
    pub days: Vec<DayUsage>,
    /// Columns that were read, in order of name.
    pub columns: Vec<ColumnUsage>,
}

/// How many queries read a port on one day, and of how many principals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayUsage {
    pub day: NaiveDate,
    pub queries: u64,
    pub principals: u64,
}

/// How many queries read a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnUsage {
    pub column: String,
    pub queries: u64,
    pub last_at: DateTime<Utc>,
}

/// How well a port was served within the last day, by all who read it. A number is `None` where there were too few queries
/// for it, unless the principal is told how many there were.
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficView {
    pub port: PortRef,
    /// Queries that began from here on count.
    pub since: DateTime<Utc>,
    /// Share of the queries that the platform did not fail, in percent, and the rest of it.
    pub availability: Option<f64>,
    pub error_rate: Option<f64>,
    /// Within which time half of the answers began, 95 and 99 of a hundred.
    pub latency_p50_ms: Option<u64>,
    pub latency_p95_ms: Option<u64>,
    pub latency_p99_ms: Option<u64>,
    /// How fast long answers came.
    pub rows_a_second: Option<f64>,
    /// How many queries counted, and how many of them the platform failed: for who answers for the port, or sees all usage.
    pub queries: Option<u64>,
    pub failed: Option<u64>,
}
