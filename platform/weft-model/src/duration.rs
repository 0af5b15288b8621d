//! Lengths of time as manifests and rules write them.

/// Units of time, each with its length in seconds. A month counts 30 days and a year 365.
const UNITS: &[(&[&str], f64)] = &[
    (&["ms", "millisecond", "milliseconds"], 0.001),
    (&["s", "sec", "second", "seconds"], 1.0),
    (&["min", "minute", "minutes"], 60.0),
    (&["h", "hr", "hour", "hours"], 3600.0),
    (&["d", "day", "days"], 86_400.0),
    (&["w", "week", "weeks"], 604_800.0),
    (&["mo", "mon", "month", "months"], 2_592_000.0),
    (&["y", "yr", "year", "years"], 31_536_000.0),
];

/// The length in milliseconds of an ISO 8601 duration or of a number and a unit, such as `36 h`.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let seconds = iso_seconds(text).or_else(|| {
        let unit_at = text.find(|c: char| c.is_alphabetic())?;
        let number: f64 = text.get(..unit_at)?.trim().parse().ok()?;
        Some(number * seconds_of(text.get(unit_at..)?)?)
    })?;
    // A length beyond all bounds stays the longest there is.
    (seconds >= 0.0).then(|| (seconds * 1000.0).round() as u64)
}

/// The length of one `unit`, such as `h` or `days`, in seconds. A bare `m` is none: it could be minutes or months.
pub fn seconds_of(unit: &str) -> Option<f64> {
    let unit = unit.to_lowercase();
    UNITS.iter().find(|(words, _)| words.contains(&unit.as_str())).map(|(_, seconds)| *seconds)
}

/// The length in seconds of an ISO 8601 duration, such as `P1DT12H`.
pub fn iso_seconds(text: &str) -> Option<f64> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').map_or((rest, None), |(days, time)| (days, Some(time)));
    let mut total = iso_part(days, &[('Y', "y"), ('M', "mo"), ('W', "w"), ('D', "d")])?;
    let mut is_empty = days.is_empty();
    if let Some(time) = time {
        total += iso_part(time, &[('H', "h"), ('M', "min"), ('S', "s")])?;
        is_empty = time.is_empty();
    }
    (!is_empty).then_some(total)
}

fn iso_part(text: &str, units: &[(char, &str)]) -> Option<f64> {
    let (mut total, mut rest, mut units) = (0.0, text, units.iter());
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..end)?.parse().ok()?;
        let letter = rest.get(end..)?.chars().next()?;
        let (_, unit) = units.find(|(word, _)| *word == letter)?;
        total += number * seconds_of(unit)?;
        rest = rest.get(end + 1..)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_iso_8601_has_them() {
        for (text, seconds) in [("P1D", 86_400.0), ("PT4H", 14_400.0), ("P1DT12H", 129_600.0), ("PT0.5S", 0.5)] {
            assert_eq!(iso_seconds(text), Some(seconds), "{text}");
        }
        for text in ["", "P", "PT", "P1", "1D", "P1H", "P1D1Y", "PT1D", "P-1D", "P1é"] {
            assert_eq!(iso_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_and_a_unit_are_a_length_too() {
        assert_eq!(milliseconds("36 h"), milliseconds("P1DT12H"));
        assert_eq!(milliseconds("1.5s"), Some(1_500));
        for text in ["36", "h", "5 m", "-1 d", "five days", ""] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
