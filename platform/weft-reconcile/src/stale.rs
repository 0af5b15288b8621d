//! Since when the source of revisions cannot be asked, so that what is served may be older than what is committed.

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

/// What is served may be older than what is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// When every repository was last asked well; where none ever was, when they were first asked in vain.
    pub since: DateTime<Utc>,
    /// Why they cannot be asked, for operators.
    pub reason: String,
}

/// What came of asking the source.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    well_at: Option<DateTime<Utc>>,
    stale: Option<Stale>,
}

impl Answers {
    /// Notes an answer of `now`, or why there was none. The log has each turn, and not each second between.
    pub(crate) fn note(&self, now: DateTime<Utc>, trouble: Option<String>) {
        let mut last = self.last.lock();
        match (trouble, last.stale.take()) {
            (None, before) => {
                last.well_at = Some(now);
                if let Some(before) = before {
                    tracing::info!(since = %before.since, "the source of revisions can be asked again");
                }
            }
            (Some(reason), before) => {
                let since = before.as_ref().map_or(last.well_at.unwrap_or(now), |before| before.since);
                if before.is_none_or(|before| before.reason != reason) {
                    tracing::warn!(%since, reason, "the source of revisions cannot be asked; what is published stays");
                }
                last.stale = Some(Stale { since, reason });
            }
        }
    }

    pub(crate) fn stale(&self) -> Option<Stale> {
        self.last.lock().stale.clone()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn it_is_stale_since_the_last_good_answer_until_the_next() {
        let (answers, start) = (Answers::default(), DateTime::UNIX_EPOCH);
        let at = |seconds| start + TimeDelta::seconds(seconds);
        assert_eq!(answers.stale(), None);
        answers.note(at(1), Some("refused".to_owned()));
        assert_eq!(answers.stale(), Some(Stale { since: at(1), reason: "refused".to_owned() }), "never asked well");
        answers.note(at(2), None);
        assert_eq!(answers.stale(), None);
        answers.note(at(3), Some("refused".to_owned()));
        answers.note(at(4), Some("silent".to_owned()));
        assert_eq!(answers.stale(), Some(Stale { since: at(2), reason: "silent".to_owned() }));
        answers.note(at(5), None);
        assert_eq!(answers.stale(), None);
    }
}
