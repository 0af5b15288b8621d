//! What a contract promises over time: what grows old by the clock alone, and how queries are answered.

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

/// A promise about the queries that read a port, kept or missed by those of the last day. Shares are in millionths, so
/// that promises compare exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TrafficLevel {
    /// The least share of queries that the platform does not fail.
    Availability { least: u32 },
    /// The greatest share of queries that the platform fails.
    ErrorRate { most: u32 },
    /// The time within which that share of answers begins.
    Latency { percentile: u32, most_ms: u64 },
    /// How many rows a day answers come with at least, while they come. `None` where it is promised in another unit than
    /// rows, so that nobody can measure it.
    Throughput { least_rows_a_day: Option<u64> },
}

impl TrafficLevel {
    /// A whole, in the unit of shares.
    pub const WHOLE: u32 = 1_000_000;

    /// The name by which the record of checks knows the level: `availability`, `errorRate`, `latency p95` and so on,
    /// `throughput`.
    pub fn name(&self) -> String {
        match self {
            TrafficLevel::Availability { .. } => AVAILABILITY.to_owned(),
            TrafficLevel::ErrorRate { .. } => ERROR_RATE.to_owned(),
            TrafficLevel::Latency { percentile, .. } => format!("{LATENCY}{}", TrafficLevel::percent(*percentile)),
            TrafficLevel::Throughput { .. } => THROUGHPUT.to_owned(),
        }
    }

    /// Whether the record of checks knows a level of this kind by `name`.
    pub fn is_name(name: &str) -> bool {
        [AVAILABILITY, ERROR_RATE, THROUGHPUT].contains(&name) || name.starts_with(LATENCY)
    }

    /// A share in percent.
    pub fn percent(share: u32) -> f64 {
        f64::from(share) / f64::from(TrafficLevel::WHOLE / 100)
    }
}

const AVAILABILITY: &str = "availability";
const ERROR_RATE: &str = "errorRate";
const LATENCY: &str = "latency p";
const THROUGHPUT: &str = "throughput";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_known_by_its_name_and_aging_by_none_of_them() {
        let levels = [
            TrafficLevel::Availability { least: 999_500 },
            TrafficLevel::ErrorRate { most: 500 },
            TrafficLevel::Latency { percentile: 950_000, most_ms: 500 },
            TrafficLevel::Latency { percentile: 999_000, most_ms: 500 },
            TrafficLevel::Throughput { least_rows_a_day: None },
        ];
        let names = levels.each_ref().map(TrafficLevel::name);
        assert_eq!(names, ["availability", "errorRate", "latency p95", "latency p99.9", "throughput"]);
        assert!(names.iter().all(|name| TrafficLevel::is_name(name)));
        assert!(![Aging::Freshness, Aging::Retention].iter().any(|of| TrafficLevel::is_name(of.as_str())));
        assert!(!TrafficLevel::is_name("latency"));
    }

    #[test]
    fn a_level_reads_back_as_it_was_written() {
        let level = TrafficLevel::Throughput { least_rows_a_day: Some(1) };
        let text = serde_json::to_string(&level).unwrap();
        assert_eq!(text, r#"{"of":"throughput","leastRowsADay":1}"#);
        assert_eq!(serde_json::from_str::<TrafficLevel>(&text).unwrap(), level);
    }
}
