//! The condition of a policy row: for which purpose it counts, and until when.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// Condition that asks nothing.
pub(crate) const NO_CONDITION: &str = "-";
/// Condition that the purpose of the request is one that the product allows.
pub(crate) const PURPOSE_GRANTED: &str = "purpose_granted";
const PURPOSE: &str = "purpose:";
const UNTIL: &str = "until:";
/// Stands between conditions that must all hold.
const AND: char = '+';

/// Under which circumstances a row counts: every term must hold.
///
/// Written `-`, or terms joined by `+`: `purpose_granted`, `purpose:billing`, and `until:2027-01-31`, which counts
/// to the end of that day in UTC, or `until:2027-01-31T12:00:00Z`, which counts before that instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowCondition<'t> {
    pub(crate) purpose_granted: bool,
    pub(crate) purpose: Option<&'t str>,
    pub(crate) until: Option<DateTime<Utc>>,
}

/// What conditions are held against: facts about one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances<'r> {
    /// Whether the product allows the purpose of the request.
    pub(crate) purpose_granted: bool,
    /// As the caller declares it.
    pub(crate) purpose: Option<&'r str>,
    pub(crate) at: DateTime<Utc>,
}

impl<'t> RowCondition<'t> {
    /// `None` where `text` is no condition, or says a thing twice.
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let mut condition = RowCondition::default();
        if text == NO_CONDITION {
            return Some(condition);
        }
        for term in text.split(AND) {
            let is_new = if term == PURPOSE_GRANTED {
                !std::mem::replace(&mut condition.purpose_granted, true)
            } else if let Some(purpose) = term.strip_prefix(PURPOSE) {
                is_purpose(purpose) && condition.purpose.replace(purpose).is_none()
            } else {
                condition.until.replace(end(term.strip_prefix(UNTIL)?)?).is_none()
            };
            if !is_new {
                return None;
            }
        }
        Some(condition)
    }

    /// Whether every term holds.
    pub(crate) fn holds(&self, circumstances: &Circumstances<'_>) -> bool {
        self.unmet(circumstances).is_empty()
    }

    /// The terms that do not hold, in words that continue "since".
    pub(crate) fn unmet(&self, circumstances: &Circumstances<'_>) -> Vec<String> {
        let mut unmet = Vec::new();
        if self.purpose_granted && !circumstances.purpose_granted {
            unmet.push(match circumstances.purpose {
                Some(purpose) => format!("the product does not allow the purpose `{purpose}`"),
                None => "no purpose was given".to_owned(),
            });
        }
        if let Some(wanted) = self.purpose.filter(|wanted| circumstances.purpose != Some(*wanted)) {
            unmet.push(match circumstances.purpose {
                Some(given) => format!("it is for the purpose `{wanted}`, and `{given}` was given"),
                None => format!("it is for the purpose `{wanted}`, and none was given"),
            });
        }
        if let Some(until) = self.until.filter(|until| circumstances.at >= *until) {
            unmet.push(format!("it ended on {}", until.format("%Y-%m-%d at %H:%M:%S UTC")));
        }
        unmet
    }
}

/// The condition as a row writes it.
pub(crate) fn written(purpose: Option<&str>, until: DateTime<Utc>) -> String {
    let until = format!("{UNTIL}{}", until.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
    match purpose {
        Some(purpose) => format!("{PURPOSE}{purpose}{AND}{until}"),
        None => until,
    }
}

fn is_purpose(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    !text.is_empty() && text.len() <= 63 && text.bytes().all(is_part)
}

/// The first instant that does not count any more: of a day, the next one's beginning.
fn end(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Some(day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN).and_utc());
    }
    let instant = DateTime::parse_from_rfc3339(text).ok()?;
    text.ends_with('Z').then(|| instant.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_no_condition_is_not_read() {
        for text in ["", "+", "-+-", "purpose_grante", "purpose:", "purpose:A", "until:", "until:2027-13-01", "until:x"]
        {
            assert_eq!(RowCondition::read(text), None, "{text}");
        }
        for twice in ["purpose:a+purpose:b", "until:2027-01-01+until:2027-01-02", "purpose_granted+purpose_granted"] {
            assert_eq!(RowCondition::read(twice), None, "{twice}");
        }
        assert_eq!(RowCondition::read("until:2027-01-01T00:00:00+01:00"), None, "in UTC alone");
    }

    #[test]
    fn a_row_ends_at_its_very_instant() {
        let circumstances = |at| Circumstances { purpose_granted: false, purpose: Some("billing"), at };
        let end = at("2027-02-01T00:00:00Z");
        for text in ["until:2027-01-31", "until:2027-02-01T00:00:00Z", "purpose:billing+until:2027-01-31"] {
            let condition = RowCondition::read(text).unwrap();
            assert!(condition.holds(&circumstances(end - TimeDelta::nanoseconds(1))), "{text}");
            assert!(!condition.holds(&circumstances(end)), "{text}");
        }
    }

    #[test]
    fn a_purpose_is_met_by_itself_alone() {
        let condition = RowCondition::read("purpose:billing").unwrap();
        let holds =
            |purpose| condition.holds(&Circumstances { purpose_granted: true, purpose, at: DateTime::UNIX_EPOCH });
        assert_eq!([holds(Some("billing")), holds(Some("bill")), holds(None)], [true, false, false]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let until = at("2027-01-31T12:00:00.25Z");
        let text = written(Some("billing"), until);
        let expected = RowCondition { purpose_granted: false, purpose: Some("billing"), until: Some(until) };
        assert_eq!(RowCondition::read(&text), Some(expected), "{text}");
    }
}
