//! One question of one principal, as the record of queries keeps it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;
use weft_catalog::{QueryRecord, ReadRecord};
use weft_model::{PortRef, Principal, TraceContext};

use crate::SessionOptions;
use crate::read::ReadPorts;

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

    /// That it reads `ports`.
    pub(crate) fn reading(&self, ports: ReadPorts) -> ReadRecord {
        ReadRecord { at: self.at, principal: self.subject.clone(), purpose: self.purpose.clone(), ports }
    }

    /// That it has ended now: `outcome` is `ok` or a code.
    pub(crate) fn ended(&self, outcome: &'static str, rows: u64, ports: BTreeSet<PortRef>) -> QueryRecord {
        QueryRecord {
            query: self.id.clone(),
            at: self.at,
            principal: self.subject.clone(),
            purpose: self.purpose.clone(),
            door: self.door,
            trace: self.trace.clone(),
            outcome,
            duration_ms: u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX),
            rows,
            ports,
        }
    }
}
