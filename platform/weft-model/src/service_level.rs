//! What a contract promises over time: kept or missed by the clock alone, whatever is written.

use serde::{Deserialize, Serialize};

/// A promise whose measure grows as time passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevel {
    pub of: Aging,
    /// The column that tells when what a row is about took place. `None` for freshness since the port was brought up
    /// to date; retention always has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The age, in milliseconds, that is not reached.
    pub below: u64,
}

/// What grows old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Aging {
    /// The newest of a table. Contracts call it `latency` as well.
    Freshness,
    /// The oldest of a table.
    Retention,
}

impl Aging {
    /// The word that people and the record of checks use.
    pub fn as_str(self) -> &'static str {
        match self {
            Aging::Freshness => "freshness",
            Aging::Retention => "retention",
        }
    }
}
