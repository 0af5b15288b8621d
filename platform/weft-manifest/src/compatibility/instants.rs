//! Values that can be put in order: numbers, dates, instants, times of day, durations.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use crate::form::Scalar;

const DAY: f64 = 86_400.0;

/// A number, or an instant as seconds since 1970; `None` for any other text.
pub(super) fn number_or_instant(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Integer(number) => Some(*number as f64),
        Scalar::Number(number) => Some(*number),
        Scalar::Text(text) => text.trim().parse().ok().or_else(|| instant(text)),
        Scalar::Null | Scalar::Boolean(_) => None,
    }
}

/// Seconds since 1970 of a date or a date and time (UTC where no zone is written), or seconds
/// since midnight of a time of day.
pub(super) fn instant(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Some(date.and_time(NaiveTime::MIN).and_utc().timestamp() as f64);
    }
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.timestamp_micros() as f64 / 1e6);
    }
    let local = text.replacen(' ', "T", 1);
    if let Ok(instant) = local.parse::<NaiveDateTime>() {
        return Some(instant.and_utc().timestamp_micros() as f64 / 1e6);
    }
    time_of_day(text)
}

/// Seconds since midnight of `07:00` and the like; whatever follows the time is a zone.
fn time_of_day(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
    let clock = text.get(..end)?;
    let time = NaiveTime::parse_from_str(clock, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(clock, "%H:%M"));
    time.ok().map(|time| f64::from(time.num_seconds_from_midnight()))
}

/// Which of two service levels is the larger: by number where the unit stays, else as durations,
/// else as instants or times of day. `None` where they cannot be compared.
pub(super) fn compare(old: (&Scalar, Option<&str>), new: (&Scalar, Option<&str>)) -> Option<Ordering> {
    let unit = |unit: Option<&str>| unit.map(|unit| unit.trim().to_lowercase());
    if old.0 == new.0 && unit(old.1) == unit(new.1) {
        return Some(Ordering::Equal);
    }
    if unit(old.1) == unit(new.1)
        && let (Some(before), Some(after)) = (number(old.0), number(new.0))
    {
        return before.partial_cmp(&after);
    }
    let (before, after) = (seconds(old.0, old.1), seconds(new.0, new.1));
    in_order(before, after).or_else(|| in_order(written_instant(old.0), written_instant(new.0)))
}

fn in_order(old: Option<f64>, new: Option<f64>) -> Option<Ordering> {
    old?.partial_cmp(&new?)
}

fn written_instant(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Text(text) => instant(text),
        _ => None,
    }
}

fn number(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Integer(number) => Some(*number as f64),
        Scalar::Number(number) => Some(*number),
        Scalar::Text(text) => text.trim().trim_end_matches('%').parse().ok(),
        Scalar::Null | Scalar::Boolean(_) => None,
    }
}

/// A duration in seconds: a number of units (days where none is written), or ISO 8601. A bare `m`
/// is minutes to some and months to others, so it is not read.
pub(super) fn seconds(value: &Scalar, unit: Option<&str>) -> Option<f64> {
    if let Scalar::Text(text) = value
        && let Some(seconds) = iso_8601(text.trim())
    {
        return Some(seconds);
    }
    let factor = match unit.map_or("d".to_owned(), |unit| unit.trim().to_lowercase()).as_str() {
        "s" | "sec" | "second" | "seconds" => 1.0,
        "min" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hour" | "hours" => 3_600.0,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7.0 * DAY,
        "mo" | "month" | "months" => 30.0 * DAY,
        "y" | "yr" | "year" | "years" => 365.0 * DAY,
        _ => return None,
    };
    number(value).map(|number| number * factor)
}

/// `P1DT12H` and the like; a month counts 30 days and a year 365.
fn iso_8601(text: &str) -> Option<f64> {
    let (mut rest, mut in_time, mut seconds, mut parts) = (text.strip_prefix('P')?, false, 0.0, 0);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            (rest, in_time) = (time, true);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..end)?.parse().ok()?;
        let designator = rest.get(end..)?.chars().next()?;
        seconds += number
            * match (designator, in_time) {
                ('Y', false) => 365.0 * DAY,
                ('M', false) => 30.0 * DAY,
                ('W', false) => 7.0 * DAY,
                ('D', false) => DAY,
                ('H', true) => 3_600.0,
                ('M', true) => 60.0,
                ('S', true) => 1.0,
                _ => return None,
            };
        parts += 1;
        rest = rest.get(end + designator.len_utf8()..)?;
    }
    (parts > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_units_and_in_iso_8601() {
        let whole = |number, unit| seconds(&Scalar::Integer(number), unit);
        assert_eq!(whole(90, Some("min")), Some(5_400.0));
        assert_eq!(whole(2, None), Some(2.0 * DAY));
        assert_eq!(whole(5, Some("m")), None);
        assert_eq!(seconds(&Scalar::Text("P1DT12H".to_owned()), None), Some(1.5 * DAY));
        assert_eq!(seconds(&Scalar::Text("P1X".to_owned()), Some("x")), None);
    }

    #[test]
    fn instants_of_every_writing_are_in_one_order() {
        let at = |text: &str| instant(text);
        assert_eq!(at("2024-01-01"), at("2024-01-01T00:00:00Z"));
        assert_eq!(at("2024-01-01 01:00:00"), at("2024-01-01T02:00:00+01:00"));
        assert!(at("07:00") > at("06:00:30"));
        assert_eq!(at("soon"), None);
    }

    #[test]
    fn levels_of_two_units_are_compared_as_durations() {
        let hours = |number| (Scalar::Integer(number), Some("h"));
        let (a, b) = (hours(36), (Scalar::Integer(1), Some("d")));
        assert_eq!(compare((&a.0, a.1), (&b.0, b.1)), Some(Ordering::Greater));
    }
}
