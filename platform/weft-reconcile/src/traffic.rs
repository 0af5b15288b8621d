//! Whether queries are answered as contracts promise: what the monitor says of traffic.

use chrono::{DateTime, Utc};
use weft_catalog::{CheckOutcome, CheckRecord, CheckSeverity, Traffic};
use weft_model::{PortRef, Published, TrafficLevel};

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// Every promise about queries that holds now, of views too.
pub(crate) fn promises(published: &Published) -> Vec<(PortRef, &TrafficLevel)> {
    let mut promises = Vec::new();
    for release in published.releases.values() {
        for name in release.ports.keys() {
            let Some(output) = release.product.output(name) else { continue };
            let port = release.product.name.port(name);
            promises.extend(output.contract.traffic_levels.iter().map(|level| (port.clone(), level)));
        }
    }
    promises
}

/// What the queries of the last day say of a level at `now`. The message holds no number of theirs, so that it stays the
/// same while the verdict does, and tells nobody how many asked.
pub(crate) fn verdict(port: PortRef, level: &TrafficLevel, traffic: &Traffic, now: DateTime<Utc>) -> CheckRecord {
    let (outcome, measured, message) = match judge(level, traffic) {
        Judged::Kept(measured) => (CheckOutcome::Passed, Some(measured), None),
        Judged::Missed(measured) => (CheckOutcome::Failed, Some(measured), Some(missed(level))),
        Judged::Untold(why) => (CheckOutcome::Unknown, None, Some(why)),
    };
    CheckRecord {
        port,
        name: level.name(),
        column: None,
        outcome,
        failing_rows: None,
        message,
        at: now,
        measured,
        threshold: Some(threshold(level)),
        severity: Some(CheckSeverity::Warns),
        scanned_bytes: Some(0),
        duration_ms: None,
        sample: None,
    }
}

/// What is to be said of a level, with what was measured in the unit of its threshold.
#[derive(Clone, Debug, PartialEq)]
enum Judged {
    Kept(f64),
    Missed(f64),
    Untold(String),
}

fn judge(level: &TrafficLevel, traffic: &Traffic) -> Judged {
    let (least, what) = wanted(level);
    let (count, is_kept, measured) = match level {
        TrafficLevel::Availability { least } => {
            let most = TrafficLevel::WHOLE.saturating_sub(*least);
            (traffic.queries(), traffic.fails_at_most(most), traffic.availability())
        }
        TrafficLevel::ErrorRate { most } => (traffic.queries(), traffic.fails_at_most(*most), traffic.error_rate()),
        TrafficLevel::Latency { percentile, most_ms } => {
            let within = traffic.latency_ms(*percentile);
            let is_kept = within.is_some_and(|within| within <= *most_ms);
            (traffic.answered(), is_kept, within.map(|within| within as f64 / 1000.0))
        }
        TrafficLevel::Throughput { least_rows_a_day: Some(least) } => {
            (traffic.long_answers(), traffic.comes_with(*least), traffic.rows_a_second())
        }
        TrafficLevel::Throughput { least_rows_a_day: None } => {
            let why = "throughput is measured in rows: promise it with a unit such as `rows/s`";
            return Judged::Untold(why.to_owned());
        }
    };
    match measured.filter(|_| count >= least) {
        None => Judged::Untold(format!("within the last 24 h there were fewer than {least} {what}")),
        Some(measured) if is_kept => Judged::Kept(measured),
        Some(measured) => Judged::Missed(measured),
    }
}

/// How many of what it takes to tell.
fn wanted(level: &TrafficLevel) -> (u64, String) {
    match level {
        TrafficLevel::Availability { .. } | TrafficLevel::ErrorRate { .. } => {
            (Traffic::QUERIES_MIN, "queries".to_owned())
        }
        TrafficLevel::Latency { percentile, .. } => (Traffic::answers_min(*percentile), "answers".to_owned()),
        TrafficLevel::Throughput { .. } => {
            (Traffic::QUERIES_MIN, format!("answers of {} rows and more", Traffic::LONG_ROWS))
        }
    }
}

/// What must hold, with the unit of what is measured last.
fn threshold(level: &TrafficLevel) -> String {
    let bound = match level {
        TrafficLevel::Availability { least } => format!("at least {} %", TrafficLevel::percent(*least)),
        TrafficLevel::ErrorRate { most } => format!("at most {} %", TrafficLevel::percent(*most)),
        TrafficLevel::Latency { most_ms, .. } => format!("at most {} s", *most_ms as f64 / 1000.0),
        TrafficLevel::Throughput { least_rows_a_day: Some(rows) } => format!("at least {} rows/s", *rows as f64 / DAY),
        TrafficLevel::Throughput { least_rows_a_day: None } => "measured in rows".to_owned(),
    };
    format!("must be {bound}")
}

fn missed(level: &TrafficLevel) -> String {
    let what = match level {
        TrafficLevel::Availability { .. } | TrafficLevel::ErrorRate { .. } => "the platform failed too many queries",
        TrafficLevel::Latency { .. } => "too many answers began too late",
        TrafficLevel::Throughput { .. } => "rows came too slowly",
    };
    format!("within the last 24 h {what}")
}

#[cfg(test)]
mod tests;
