//! How well a port was served, by the queries that read it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use weft_model::TrafficLevel;

/// How far back queries count, by the hour in which they began: that of now and as many before it.
const HOURS: i64 = 24;

/// How many bits of a length of time are kept, which is to a sixteenth of it.
const KEPT_BITS: u32 = 5;

/// How a query was served, as far as that is the platform's to answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// The first row, or the end where there was none, came after `first_ms`. All that was taken of it was made within
    /// `busy_ms`, which leaves out the time in which nobody asked for more.
    Answered { first_ms: u64, busy_ms: u64 },
    /// The platform failed it after so long.
    Failed { after_ms: u64 },
    /// It says nothing of that: it was refused, ended by whoever asked or by a limit on it, or was the platform's own.
    Aside,
}

/// The queries of one port within a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many answers began within so many milliseconds, and not within fewer.
    answers: BTreeMap<u64, u64>,
    failed: u64,
    long: LongAnswers,
}

/// Answers that say how many rows come in which time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LongAnswers {
    pub(crate) answers: u64,
    pub(crate) rows: u64,
    pub(crate) ms: u64,
}

impl Traffic {
    /// With fewer queries than these, a single one says too much.
    pub const QUERIES_MIN: u64 = 20;

    /// From how many rows on an answer is a long one. What is shorter tells of the time to begin.
    pub const LONG_ROWS: u64 = 1_000;

    /// From when on queries count at `now`: for a day, and for as much of the hour as has passed.
    pub fn since(now: DateTime<Utc>) -> DateTime<Utc> {
        hour_of(now) - TimeDelta::hours(HOURS)
    }

    /// How many queries were answered.
    pub fn answered(&self) -> u64 {
        self.answers.values().sum()
    }

    /// How many queries the platform failed.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// All that count.
    pub fn queries(&self) -> u64 {
        self.answered() + self.failed
    }

    /// How many answers say how many rows come in which time.
    pub fn long_answers(&self) -> u64 {
        self.long.answers
    }

    /// The share of queries that the platform did not fail, in percent. `None` where there was no query.
    pub fn availability(&self) -> Option<f64> {
        let queries = self.queries();
        (queries > 0).then(|| self.answered() as f64 * 100.0 / queries as f64)
    }

    /// The rest of it: the share of queries that the platform failed, in percent.
    pub fn error_rate(&self) -> Option<f64> {
        let queries = self.queries();
        (queries > 0).then(|| self.failed as f64 * 100.0 / queries as f64)
    }

    /// Whether no more than `most` millionths of the queries failed.
    pub fn fails_at_most(&self, most: u32) -> bool {
        u128::from(self.failed) * u128::from(TrafficLevel::WHOLE) <= u128::from(most) * u128::from(self.queries())
    }

    /// Within how many milliseconds that share of the answers began, in millionths, by the nearest rank; at most a
    /// sixteenth more than it was. `None` where there was no answer.
    pub fn latency_ms(&self, percentile: u32) -> Option<u64> {
        let (share, whole) = (u128::from(percentile), u128::from(TrafficLevel::WHOLE));
        let rank = (u128::from(self.answered()) * share).div_ceil(whole).max(1);
        let mut passed = 0;
        self.answers.iter().find_map(|(within_ms, answers)| {
            passed += u128::from(*answers);
            (passed >= rank).then_some(*within_ms)
        })
    }

    /// How many answers there must be for a percentile that is not simply the slowest of them.
    pub fn answers_min(percentile: u32) -> u64 {
        let rest = u64::from(TrafficLevel::WHOLE.saturating_sub(percentile).max(1));
        u64::from(TrafficLevel::WHOLE).div_ceil(rest).max(Traffic::QUERIES_MIN)
    }

    /// How many rows a second long answers came with, all of them together. `None` where there was none.
    pub fn rows_a_second(&self) -> Option<f64> {
        (self.long.ms > 0).then(|| self.long.rows as f64 * 1000.0 / self.long.ms as f64)
    }

    /// Whether long answers came with that many rows a day, had they gone on for one.
    pub fn comes_with(&self, rows_a_day: u64) -> bool {
        const DAY_MS: u128 = 86_400_000;
        u128::from(self.long.rows) * DAY_MS >= u128::from(rows_a_day) * u128::from(self.long.ms)
    }

    /// Counts what queries whose beginning, or failure, came within `within_ms` add.
    pub(crate) fn add(&mut self, within_ms: u64, counted: Counted) {
        if counted.answers > 0 {
            *self.answers.entry(within_ms).or_default() += counted.answers;
        }
        self.failed += counted.failures;
        self.long.answers += counted.long.answers;
        self.long.rows += counted.long.rows;
        self.long.ms += counted.long.ms;
    }
}

/// Queries one by one, each with how many rows it gave.
impl FromIterator<(Served, u64)> for Traffic {
    fn from_iter<T: IntoIterator<Item = (Served, u64)>>(queries: T) -> Self {
        let mut traffic = Traffic::default();
        for (within_ms, counted) in queries.into_iter().filter_map(|(served, rows)| Counted::of(served, rows)) {
            traffic.add(within_ms, counted);
        }
        traffic
    }
}

/// What is counted of queries that took alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) answers: u64,
    pub(crate) failures: u64,
    pub(crate) long: LongAnswers,
}

impl Counted {
    /// What one query with `rows` counts for, and within how many milliseconds it began or failed. `None` for one that
    /// says nothing.
    pub(crate) fn of(served: Served, rows: u64) -> Option<(u64, Counted)> {
        match served {
            Served::Answered { first_ms, busy_ms } => {
                let is_long = rows >= Traffic::LONG_ROWS;
                // Nothing takes no time.
                let long = is_long.then(|| LongAnswers { answers: 1, rows, ms: busy_ms.max(1) });
                let counted = Counted { answers: 1, failures: 0, long: long.unwrap_or_default() };
                Some((rounded_up(first_ms), counted))
            }
            Served::Failed { after_ms } => Some((rounded_up(after_ms), Counted { failures: 1, ..Counted::default() })),
            Served::Aside => None,
        }
    }

    pub(crate) fn add(&mut self, other: Counted) {
        self.answers += other.answers;
        self.failures += other.failures;
        self.long.answers += other.long.answers;
        self.long.rows += other.long.rows;
        self.long.ms += other.long.ms;
    }
}

/// When the hour of `at` began.
pub(crate) fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = at.timestamp();
    DateTime::from_timestamp(seconds - seconds.rem_euclid(3600), 0).unwrap_or(at)
}

/// The greatest length of time, in milliseconds, that is kept as the same as `ms`.
fn rounded_up(ms: u64) -> u64 {
    let bits = u64::BITS - ms.leading_zeros();
    let dropped = bits.saturating_sub(KEPT_BITS);
    ms | ((1 << dropped) - 1)
}

#[cfg(test)]
mod tests;
