//! One question of one principal, as the record of queries keeps it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;
use weft_catalog::{QueryRecord, ReadRecord, Served};
use weft_model::{PortRef, Principal, TraceContext};

use crate::read::ReadPorts;
use crate::{QueryError, SessionOptions};

/// Who asks, when, where and what for. What the question is, is not kept: SQL holds values.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) subject: String,
    at: DateTime<Utc>,
    began: Instant,
    purpose: Option<String>,
    door: Option<&'static str>,
    trace: Option<String>,
}

/// The door of questions that the platform asks while it builds tables.
const OF_TRANSFORMS: &str = "transform";

/// How much time an answer takes, and whose it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    /// How long after the question its first rows were there, or its end.
    began_after: Option<Duration>,
    /// For how long nobody asked for more.
    idle: Duration,
}

impl Pace {
    /// Notes that rows, or the end, are there so long after the question.
    pub(crate) fn began(&mut self, after: Duration) {
        self.began_after.get_or_insert(after);
    }

    pub(crate) fn idled(&mut self, time: Duration) {
        self.idle += time;
    }

    /// How the query was served that ends without an error so long after the question. One that was left before anything
    /// was there says nothing.
    pub(crate) fn served(&self, after: Duration) -> Served {
        self.began_after.map_or(Served::Aside, |began| Served::Answered {
            first_ms: milliseconds(began),
            busy_ms: milliseconds(after.saturating_sub(self.idle)),
        })
    }
}

pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// An id that no other question has.
pub(crate) fn fresh_id() -> String {
    Uuid::new_v4().simple().to_string()
}

impl Question {
    /// A question that is asked now.
    pub(crate) fn new(principal: &Principal, options: &SessionOptions, now: DateTime<Utc>) -> Self {
        Question {
            id: options.query.clone().unwrap_or_else(fresh_id),
            subject: principal.subject(),
            at: now,
            began: Instant::now(),
            purpose: options.purpose.clone(),
            door: options.door,
            trace: options.trace.clone().or_else(|| Some(TraceContext::current()?.trace_id())),
        }
    }

    /// How long ago it was asked.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How a question was served that fails now.
    pub(crate) fn failed(&self, error: &QueryError) -> Served {
        match error.is_of_platform() {
            true => Served::Failed { after_ms: milliseconds(self.elapsed()) },
            false => Served::Aside,
        }
    }

    /// That it reads `ports`.
    pub(crate) fn reading(&self, ports: ReadPorts) -> ReadRecord {
        ReadRecord { at: self.at, principal: self.subject.clone(), purpose: self.purpose.clone(), ports }
    }

    /// That it has ended now: `outcome` is `ok` or a code. What a transform reads says nothing of how others are served.
    pub(crate) fn ended(
        &self,
        outcome: &'static str,
        rows: u64,
        served: Served,
        ports: BTreeSet<PortRef>,
    ) -> QueryRecord {
        QueryRecord {
            query: self.id.clone(),
            at: self.at,
            principal: self.subject.clone(),
            purpose: self.purpose.clone(),
            door: self.door,
            trace: self.trace.clone(),
            outcome,
            duration_ms: milliseconds(self.elapsed()),
            rows,
            served: if self.door == Some(OF_TRANSFORMS) { Served::Aside } else { served },
            ports,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn an_answer_begins_once_and_its_readers_time_is_not_the_platforms() {
        let mut pace = Pace::default();
        assert_eq!(pace.served(ms(9)), Served::Aside);
        pace.began(ms(10));
        pace.idled(ms(500));
        pace.began(ms(600));
        pace.idled(ms(300));
        assert_eq!(pace.served(ms(1_000)), Served::Answered { first_ms: 10, busy_ms: 200 });
        pace.idled(ms(300));
        assert_eq!(pace.served(ms(1_000)), Served::Answered { first_ms: 10, busy_ms: 0 });
    }
}
