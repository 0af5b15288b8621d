//! What a client has set for all its calls: kept on the server, named by a bearer or a cookie.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use weft_engine::SessionOptions;
use weft_model::Clock;

use crate::handles::{Bounds, Handles, Size};

/// The option, and the variable of `SET`, that says what answers are for.
pub(crate) const PURPOSE: &str = "weft.purpose";
/// The option, and the variable of `SET`, that pins all tables to one instant.
pub(crate) const AS_OF: &str = "weft.as_of";
/// The header that says the same as [`PURPOSE`] for one call.
pub(crate) const PURPOSE_HEADER: &str = SessionOptions::PURPOSE_HEADER;
/// The header that says the same as [`AS_OF`] for one call.
pub(crate) const AS_OF_HEADER: &str = SessionOptions::AS_OF_HEADER;

/// What a client says beside its SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) purpose: Option<String>,
    pub(crate) as_of: Option<DateTime<Utc>>,
}

impl Terms {
    /// These terms, and where they say nothing, those of `other`.
    pub(crate) fn or(self, other: &Terms) -> Terms {
        Terms { purpose: self.purpose.or_else(|| other.purpose.clone()), as_of: self.as_of.or(other.as_of) }
    }

    /// The terms as the engine takes them.
    pub(crate) fn options(&self) -> SessionOptions {
        let (purpose, as_of) = (self.purpose.clone(), self.as_of);
        SessionOptions { purpose, as_of, door: Some("flight"), ..SessionOptions::default() }
    }
}

/// One change of the terms; `None` takes the term away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Purpose(Option<String>),
    AsOf(Option<DateTime<Utc>>),
}

/// Why a text is no setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoSetting {
    /// There is no such option.
    Name,
    /// The option does not take this value; the text says what it takes.
    Value(String),
}

impl Setting {
    /// Reads the value of the option called `name`; an absent or empty one takes the term away.
    pub(crate) fn parse(name: &str, value: Option<&str>) -> Result<Setting, NoSetting> {
        let value = value.filter(|text| !text.is_empty());
        match name {
            PURPOSE => {
                value.map(SessionOptions::read_purpose).transpose().map(Setting::Purpose).map_err(NoSetting::Value)
            }
            AS_OF => value.map(SessionOptions::read_as_of).transpose().map(Setting::AsOf).map_err(NoSetting::Value),
            _ => Err(NoSetting::Name),
        }
    }

    /// The header that says the same for one call.
    pub(crate) fn header(&self) -> &'static str {
        match self {
            Setting::Purpose(_) => PURPOSE_HEADER,
            Setting::AsOf(_) => AS_OF_HEADER,
        }
    }

    pub(crate) fn apply(self, terms: &mut Terms) {
        match self {
            Setting::Purpose(purpose) => terms.purpose = purpose,
            Setting::AsOf(as_of) => terms.as_of = as_of,
        }
    }
}

/// The sessions that live on this server.
#[derive(Debug)]
pub(crate) struct Sessions(Handles<Terms>);

impl Sessions {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let bounds = Bounds {
            idle_max: TimeDelta::hours(12),
            age_max: TimeDelta::days(30),
            per_owner: Size { entries: 1_000, bytes: usize::MAX },
            in_all: Size { entries: 50_000, bytes: usize::MAX },
        };
        Sessions(Handles::new(bounds, clock))
    }

    /// Begins a session of `owner` and gives its id.
    pub(crate) fn begin(&self, owner: &str) -> String {
        self.0.insert(owner, 0, Terms::default())
    }

    /// What is set in the session, if it lives and is the owner's.
    pub(crate) fn terms(&self, owner: &str, id: &str) -> Option<Terms> {
        self.0.get(owner, id)
    }

    /// Sets all of `settings` at once. Whether the session lives and is the owner's.
    pub(crate) fn set(&self, owner: &str, id: &str, settings: Vec<Setting>) -> bool {
        self.0.update(owner, id, |terms| {
            let mut terms = terms.clone();
            settings.into_iter().for_each(|setting| setting.apply(&mut terms));
            (0, terms)
        })
    }

    /// Ends the session. Whether there was one.
    pub(crate) fn end(&self, owner: &str, id: &str) -> bool {
        self.0.remove(owner, id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_read_by_name_and_an_empty_value_takes_it_away() {
        let noon = DateTime::from_timestamp(1_769_860_800, 0).unwrap();
        assert_eq!(Setting::parse(AS_OF, Some("2026-01-31T13:00:00+01:00")), Ok(Setting::AsOf(Some(noon))));
        assert_eq!(Setting::parse(AS_OF, Some("2026-01-31 12:00:00Z")), Ok(Setting::AsOf(Some(noon))));
        assert_eq!(Setting::parse(PURPOSE, Some("audit")), Ok(Setting::Purpose(Some("audit".to_owned()))));
        assert_eq!(Setting::parse(AS_OF, None), Ok(Setting::AsOf(None)));
        assert_eq!(Setting::parse(PURPOSE, Some("")), Ok(Setting::Purpose(None)));
        assert_eq!(Setting::parse("catalog", Some("aviation")), Err(NoSetting::Name));
        assert!(matches!(Setting::parse(AS_OF, Some("yesterday")), Err(NoSetting::Value(_))));
        assert!(matches!(Setting::parse(PURPOSE, Some("a\nb")), Err(NoSetting::Value(_))));
    }

    #[test]
    fn what_a_call_says_goes_before_what_the_session_says() {
        let session = Terms { purpose: Some("audit".to_owned()), as_of: DateTime::from_timestamp(1, 0) };
        let call = Terms { purpose: Some("billing".to_owned()), as_of: None };
        let both = call.or(&session);
        assert_eq!(both, Terms { purpose: Some("billing".to_owned()), as_of: DateTime::from_timestamp(1, 0) });
    }
}
