//! Requests for access, what was decided on them, and the grants that follow.

mod book;
mod events;
mod oaas;
mod patch;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use weft_governance::Grant;
use weft_model::{ContractKey, PortRef};

pub(crate) use book::Book;
pub(crate) use events::{Event, What, append, load, told};
pub(crate) use oaas::agreement;
pub(crate) use patch::added;

/// One request for access, as its history has made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRequest {
    /// `REQ-7`.
    pub id: String,
    /// Who asks, as policies write it: `user:dana`.
    pub asker: String,
    pub at: DateTime<Utc>,
    pub asked: Terms,
    pub state: RequestState,
    /// What was decided so far, in order.
    pub decided: Vec<Verdict>,
    /// What is granted, once it was approved: as asked, or narrower.
    pub grant: Option<Grant>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    pub port: PortRef,
    /// The contract that was in force when it was asked.
    pub contract: ContractKey,
    /// Names of columns in the order of the contract; empty for the whole port.
    pub columns: Vec<String>,
    pub purpose: Option<String>,
    /// Access ends then. In an emergency it ends an hour after approval, if that is sooner.
    pub until: DateTime<Utc>,
    pub note: String,
    /// The role of the contract under which it is asked for; `None` where the contract has none.
    pub role: Option<String>,
    /// Who decides, level by level: names of groups and users, any of whom will do. Not empty.
    pub levels: Vec<Vec<String>>,
    /// In an emergency, for all rows too.
    #[serde(default)]
    pub break_glass: bool,
    /// Id of the request whose access it prolongs.
    #[serde(default)]
    pub extends: Option<String>,
    /// The group that owns the domain, for documents.
    pub provider: String,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestState {
    /// Waits for a decision.
    Requested,
    Approved,
    Declined,
    /// Taken back by whoever asked: before it was decided, or as access given up.
    Withdrawn,
    /// Access was taken away before its end.
    Revoked,
}

impl RequestState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            RequestState::Requested => "requested",
            RequestState::Approved => "approved",
            RequestState::Declined => "declined",
            RequestState::Withdrawn => "withdrawn",
            RequestState::Revoked => "revoked",
        }
    }
}

/// One decision on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who decided, as policies write it; for an automatic approval the rule, as `file:line: id`.
    pub by: String,
    pub at: DateTime<Utc>,
    /// `approved`, `declined`, `withdrawn`, `revoked`.
    pub what: &'static str,
    pub note: String,
}

impl AccessRequest {
    /// Who may decide on it next; `None` where nothing is left to decide.
    pub fn waits_for(&self) -> Option<&[String]> {
        if self.state != RequestState::Requested {
            return None;
        }
        let approved = self.decided.iter().filter(|verdict| verdict.what == "approved").count();
        self.asked.levels.get(approved).map(Vec::as_slice)
    }

    /// Its state in one word at `now`: that of [`RequestState`], or `expired` where access has ended by itself.
    pub fn state_at(&self, now: DateTime<Utc>) -> &'static str {
        let is_over = self.grant.as_ref().is_some_and(|grant| grant.until <= now);
        if self.state == RequestState::Approved && is_over { "expired" } else { self.state.as_str() }
    }
}
