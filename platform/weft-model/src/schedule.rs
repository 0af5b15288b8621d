//! When a port is brought up to date: at the ticks of a clock, or once its inputs have been quiet for a while.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};

/// When a port whose inputs have changed takes the change in. A port without one does so at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "on")]
pub enum Schedule {
    /// At the ticks of `cron` in the wall time of `timezone`.
    Cron { cron: Cron, timezone: TimeZone },
    /// Once no input has had a new release for `debounce_ms` milliseconds.
    Inputs { debounce_ms: u64 },
}

/// A cron expression: minute, hour, day of the month, month and day of the week, with seconds before them or not.
///
/// Where the clock goes forward, a tick within the hour that there is not comes at the end of the gap; where it goes
/// back, a tick at a fixed time of day comes once, the first time, and one that repeats within the hour comes both times.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    // INVARIANT: what the text says; comes at least once in four hundred years.
    pattern: Box<croner::Cron>,
}

/// A time zone of the IANA list, such as `Europe/Paris`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(Tz);

/// The text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    #[error("`{text}` is no cron expression: {problem}")]
    Cron { text: String, problem: String },

    #[error("`{text}` never comes")]
    Never { text: String },

    #[error("there is no time zone `{text}`")]
    TimeZone { text: String },
}

impl Schedule {
    /// The last tick at or before `now`; `None` for a schedule without ticks, and where there was none yet.
    pub fn last_tick(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Schedule::Cron { cron, timezone } = self else { return None };
        let now = now.trunc_subsecs(0).with_timezone(&timezone.0);
        Some(cron.pattern.find_previous_occurrence(&now, true).ok()?.to_utc())
    }

    /// The first tick after `now`; `None` for a schedule without ticks.
    pub fn next_tick(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Schedule::Cron { cron, timezone } = self else { return None };
        let now = now.trunc_subsecs(0).with_timezone(&timezone.0);
        Some(cron.pattern.find_next_occurrence(&now, false).ok()?.to_utc())
    }

    /// How long inputs must have been quiet; `None` where they need not.
    pub fn debounce(&self) -> Option<TimeDelta> {
        let Schedule::Inputs { debounce_ms } = self else { return None };
        // Longer than time itself is for ever.
        Some(i64::try_from(*debounce_ms).ok().and_then(TimeDelta::try_milliseconds).unwrap_or(TimeDelta::MAX))
    }
}

impl FromStr for Cron {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let parser =
            CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).sloppy_ranges(true).build();
        let text = text.trim().to_owned();
        let pattern = match parser.parse(&text) {
            Ok(pattern) => pattern,
            Err(error) => return Err(ScheduleError::Cron { problem: error.to_string().to_lowercase(), text }),
        };
        match pattern.find_next_occurrence(&DateTime::UNIX_EPOCH, true) {
            Ok(_) => Ok(Cron { text, pattern: Box::new(pattern) }),
            Err(_) => Err(ScheduleError::Never { text }),
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Cron {}

impl Serialize for Cron {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Cron {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        TimeZone(Tz::UTC)
    }
}

impl FromStr for TimeZone {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        text.parse().map(TimeZone).map_err(|_| ScheduleError::TimeZone { text: text.to_owned() })
    }
}

impl TryFrom<String> for TimeZone {
    type Error = ScheduleError;

    fn try_from(text: String) -> Result<Self, ScheduleError> {
        text.parse()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> String {
        zone.0.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(cron: &str, timezone: &str) -> Schedule {
        Schedule::Cron { cron: cron.parse().unwrap(), timezone: timezone.parse().unwrap() }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The ticks from one instant to another, each asked for one by one from the one before.
    fn ticks(schedule: &Schedule, from: &str, to: &str) -> Vec<String> {
        let mut ticks = Vec::new();
        let mut now = at(from);
        while let Some(next) = schedule.next_tick(now).filter(|next| *next < at(to)) {
            ticks.push(next.format("%dT%H:%M").to_string());
            now = next;
        }
        ticks
    }

    #[test]
    fn ticks_are_told_in_the_wall_time_of_the_zone() {
        let daily = schedule("0 6 * * *", "Europe/Paris");
        assert_eq!(daily.last_tick(at("2026-11-26T04:59:59Z")), Some(at("2026-11-25T05:00:00Z")));
        assert_eq!(
            daily.last_tick(at("2026-11-26T05:00:00.5Z")),
            Some(at("2026-11-26T05:00:00Z")),
            "at the tick itself"
        );
        assert_eq!(daily.next_tick(at("2026-11-26T05:00:00.5Z")), Some(at("2026-11-27T05:00:00Z")));
        assert_eq!(daily.last_tick(at("2026-07-26T04:00:00Z")), Some(at("2026-07-26T04:00:00Z")), "in summer");
    }

    #[test]
    fn no_tick_is_lost_and_none_comes_twice_where_the_clock_changes() {
        // In Paris the clock went forward at 2026-03-29T01:00Z and went back at 2026-10-25T01:00Z.
        let nightly = schedule("30 2 * * *", "Europe/Paris");
        assert_eq!(
            ticks(&nightly, "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"),
            ["28T01:30", "29T01:00", "30T00:30"],
            "02:30 is no time of the 29th"
        );
        assert_eq!(
            ticks(&nightly, "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"),
            ["24T00:30", "25T00:30", "26T01:30"],
            "02:30 comes twice on the 25th"
        );
        let hourly = schedule("0 * * * *", "Europe/Paris");
        let hours = ticks(&hourly, "2026-10-24T22:30:00Z", "2026-10-25T03:30:00Z");
        assert_eq!(hours, ["24T23:00", "25T00:00", "25T01:00", "25T02:00", "25T03:00"]);
    }

    #[test]
    fn the_last_tick_is_the_one_that_was_told_to_come_next() {
        for (cron, zone) in
            [("30 2 * * *", "Europe/Paris"), ("*/20 * * * *", "Europe/Paris"), ("15 1 * * SUN", "Africa/Cairo")]
        {
            let schedule = schedule(cron, zone);
            for (from, hours) in
                [("2026-03-27T23:07:31Z", 80), ("2026-04-24T00:07:31Z", 40), ("2026-10-24T00:07:31Z", 170)]
            {
                let mut told = schedule.last_tick(at(from)).unwrap();
                for minutes in 0..hours * 12 {
                    let now = at(from) + TimeDelta::minutes(minutes * 5);
                    while let Some(next) = schedule.next_tick(told).filter(|next| *next <= now) {
                        told = next;
                    }
                    assert_eq!(schedule.last_tick(now), Some(told), "{cron} in {zone} at {now}");
                }
            }
        }
    }

    #[test]
    fn a_schedule_is_read_back_as_it_was_written() {
        for schedule in [schedule("0 6 * * MON-FRI", "Europe/Paris"), Schedule::Inputs { debounce_ms: 600_000 }] {
            let json = serde_json::to_string(&schedule).unwrap();
            assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule, "{json}");
        }
        assert!("0 25 * * *".parse::<Cron>().is_err());
        assert_eq!("0 0 30 2 *".parse::<Cron>(), Err(ScheduleError::Never { text: "0 0 30 2 *".to_owned() }));
        for text in ["0 20 * * *", "*/15 8-18 * * MON-FRI", "0 0 1,15 JAN ?", "30 0 6 * * 7", "@daily", "5/10 * * * *"]
        {
            assert!(text.parse::<Cron>().is_ok(), "{text}");
        }
        assert!("Europe/Pariss".parse::<TimeZone>().is_err());
    }
}
