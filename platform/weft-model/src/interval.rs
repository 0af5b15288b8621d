//! Stretches of time of equal length, by which a table is made piece by piece.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::duration;

const DAY: i64 = 86_400_000;
/// Monday, the 5th of January 1970, from which weeks count.
const FIRST_MONDAY: i64 = 4 * DAY;

/// The length of one interval: a part of a day that divides it evenly, or whole days.
///
/// Written as ISO 8601 or a number and a unit: `PT1H`, `P1D`, `1 week`. Intervals follow each other without a gap,
/// in UTC: those of up to a day from midnight, whole weeks from Monday, other numbers of days from 1970-01-01. Months
/// and years differ in length and are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interval {
    // INVARIANT: above 0; divides a day or is a multiple of it.
    milliseconds: i64,
}

/// The text is not the length of an interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the length of an interval: write a part of a day or whole days, such as `PT1H` or `P1D`")]
pub struct IntervalError {
    text: String,
}

/// A stretch of time in milliseconds since 1970-01-01 UTC, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeRange {
    pub from: i64,
    pub to: i64,
}

impl Interval {
    /// How long it is.
    pub fn milliseconds(self) -> i64 {
        self.milliseconds
    }

    /// When the interval that holds `at` begins; both in milliseconds since 1970-01-01 UTC.
    pub fn start_of(self, at: i64) -> i64 {
        let first = if self.milliseconds % (7 * DAY) == 0 { FIRST_MONDAY } else { 0 };
        at - (at - first).rem_euclid(self.milliseconds)
    }

    /// The interval that holds `at`.
    pub fn around(self, at: i64) -> TimeRange {
        let from = self.start_of(at);
        TimeRange { from, to: from.saturating_add(self.milliseconds) }
    }

    /// The least stretch of whole intervals that holds `range`; `range` itself where it is empty.
    pub fn whole(self, range: TimeRange) -> TimeRange {
        if range.from >= range.to {
            return range;
        }
        TimeRange { from: self.start_of(range.from), to: self.around(range.to - 1).to }
    }
}

impl TimeRange {
    /// Whether `at` lies within.
    pub fn contains(self, at: i64) -> bool {
        (self.from..self.to).contains(&at)
    }

    /// Whether the two have an instant in common.
    pub fn overlaps(self, other: TimeRange) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// The ranges in order of time, those that touch or overlap as one.
    pub fn merged(ranges: impl IntoIterator<Item = TimeRange>) -> Vec<TimeRange> {
        let mut sorted: Vec<TimeRange> = ranges.into_iter().filter(|range| range.from < range.to).collect();
        sorted.sort();
        let mut merged: Vec<TimeRange> = Vec::new();
        for range in sorted {
            match merged.last_mut().filter(|last| last.to >= range.from) {
                Some(last) => last.to = last.to.max(range.to),
                None => merged.push(range),
            }
        }
        merged
    }
}

/// `2013-01-01T00:00:00Z/2013-01-02T00:00:00Z`, as ISO 8601 has it.
impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", written(self.from), written(self.to))
    }
}

/// The milliseconds since 1970-01-01 UTC of a time in RFC 3339, or of the midnight with which a date begins.
pub fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    let date = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis()).or_else(date)
}

fn written(milliseconds: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(milliseconds)
        .map_or_else(|| milliseconds.to_string(), |at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let refuse = || IntervalError { text: text.to_owned() };
        let lower = text.trim().to_lowercase();
        let date_part = lower.strip_prefix('p').map(|iso| iso.split('t').next().unwrap_or_default());
        let in_months = match date_part {
            Some(date) => date.contains(['m', 'y']),
            None => ["mo", "y"].iter().any(|unit| lower.contains(unit) && !lower.contains("day")),
        };
        let milliseconds = duration::milliseconds(text).and_then(|length| i64::try_from(length).ok());
        let fits = |length: &i64| *length > 0 && (DAY % length == 0 || length % DAY == 0);
        match milliseconds.filter(fits).filter(|_| !in_months) {
            Some(milliseconds) => Ok(Interval { milliseconds }),
            None => Err(refuse()),
        }
    }
}

/// In the largest unit of which it is a whole number: `P1D`, `PT6H`, `PT0.5S`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.milliseconds;
        match () {
            () if ms % DAY == 0 => write!(f, "P{}D", ms / DAY),
            () if ms % 3_600_000 == 0 => write!(f, "PT{}H", ms / 3_600_000),
            () if ms % 60_000 == 0 => write!(f, "PT{}M", ms / 60_000),
            () if ms % 1_000 == 0 => write!(f, "PT{}S", ms / 1_000),
            () => write!(f, "PT0.{ms:03}S"),
        }
    }
}

impl TryFrom<String> for Interval {
    type Error = IntervalError;

    fn try_from(text: String) -> Result<Self, IntervalError> {
        text.parse()
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> String {
        interval.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    #[test]
    fn an_interval_is_written_as_it_is_read() {
        for (text, shown) in [("P1D", "P1D"), ("1 day", "P1D"), ("PT1H", "PT1H"), ("15 min", "PT15M"), ("P1W", "P7D")] {
            let interval: Interval = text.parse().unwrap();
            assert_eq!(interval.to_string(), shown);
            assert_eq!(shown.parse(), Ok(interval));
        }
        for text in ["", "P1M", "P1Y", "1 month", "2 years", "PT5H", "PT0S", "P1DT1H", "-1 d", "day"] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }

    #[test]
    fn intervals_follow_each_other_from_midnight_and_from_monday() {
        let day: Interval = "P1D".parse().unwrap();
        assert_eq!(day.start_of(at("2013-01-02T23:59:59.999Z")), at("2013-01-02T00:00:00Z"));
        assert_eq!(day.start_of(at("1969-12-31T12:00:00Z")), at("1969-12-31T00:00:00Z"));
        let week: Interval = "P7D".parse().unwrap();
        assert_eq!(week.around(at("2013-01-02T10:00:00Z")).from, at("2012-12-31T00:00:00Z"));
        let range = TimeRange { from: at("2013-01-02T10:00:00Z"), to: at("2013-01-04T00:00:00Z") };
        assert_eq!(day.whole(range).to_string(), "2013-01-02T00:00:00Z/2013-01-04T00:00:00Z");
    }

    #[test]
    fn an_instant_is_a_time_or_a_date() {
        assert_eq!(instant("2013-01-02"), Some(at("2013-01-02T00:00:00Z")));
        assert_eq!(instant(" 2013-01-02T01:00:00+01:00"), Some(at("2013-01-02T00:00:00Z")));
        assert_eq!((instant("soon"), instant("2013-02-30")), (None, None));
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let range = |from, to| TimeRange { from, to };
        let merged = TimeRange::merged([range(5, 7), range(1, 2), range(2, 3), range(9, 9), range(6, 8)]);
        assert_eq!(merged, [range(1, 3), range(5, 8)]);
    }
}
