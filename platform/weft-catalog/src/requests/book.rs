//! Every request, as its events have made it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use weft_governance::{Grant, Grants};

use super::events::What;
use super::{AccessRequest, Event, RequestState, Terms, Verdict};

/// For how long access in an emergency lasts at most.
const EMERGENCY_MAX: TimeDelta = TimeDelta::hours(1);

/// All requests for access. A pure function of the events, whichever node recorded them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Book {
    /// Of the last event.
    seq: u64,
    /// By the number in their ids.
    requests: BTreeMap<u64, AccessRequest>,
}

impl Book {
    /// Number of the last event in it.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The id that the next request gets.
    pub(crate) fn next_id(&self) -> String {
        let last = self.requests.last_key_value().map_or(0, |(number, _)| *number);
        format!("REQ-{}", last + 1)
    }

    /// In order of id.
    pub(crate) fn requests(&self) -> impl DoubleEndedIterator<Item = &AccessRequest> {
        self.requests.values()
    }

    pub(crate) fn find(&self, id: &str) -> Option<&AccessRequest> {
        self.requests.get(&number(id)?).filter(|request| request.id == id)
    }

    /// Takes `event` in, which must be the next. One that its request does not allow changes nothing: whoever records
    /// it has made sure that it does.
    pub(crate) fn apply(&mut self, event: Event) {
        self.seq = event.seq;
        let Some(number) = number(&event.request) else { return };
        let Event { at, actor, request: id, what, .. } = event;
        if let What::Requested(asked) = what {
            let (asked, state) = (*asked, RequestState::Requested);
            let request = AccessRequest { id, asker: actor, at, asked, state, decided: Vec::new(), grant: None };
            self.requests.insert(number, request);
            return;
        }
        let Some(request) = self.requests.get_mut(&number) else { return };
        match what {
            What::Requested(_) => {}
            What::Approved { columns, until, note, rule } => {
                let is_rule = rule.is_some();
                request.decided.push(Verdict { by: rule.unwrap_or(actor), at, what: "approved", note });
                narrow(&mut request.asked, columns, until);
                if is_rule || request.waits_for().is_none() {
                    request.grant = Some(granted(request, at));
                    request.state = RequestState::Approved;
                }
            }
            What::Declined { note } => request.end(RequestState::Declined, actor, at, note),
            What::Withdrawn { note } => request.end(RequestState::Withdrawn, actor, at, note),
            What::Revoked { note } => request.end(RequestState::Revoked, actor, at, note),
        }
    }

    /// What is granted: also what has ended, for whoever asks about the past.
    pub(crate) fn grants(&self) -> Grants {
        Grants { epoch: self.seq, all: self.requests().filter_map(|request| request.grant.clone()).collect() }
    }
}

impl AccessRequest {
    fn end(&mut self, state: RequestState, by: String, at: DateTime<Utc>, note: String) {
        self.state = state;
        self.decided.push(Verdict { by, at, what: state.as_str(), note });
        if let Some(grant) = &mut self.grant {
            grant.until = grant.until.min(at);
        }
    }
}

/// Leaves of what was asked what an approver gives.
fn narrow(asked: &mut Terms, columns: Option<Vec<String>>, until: Option<DateTime<Utc>>) {
    if let Some(columns) = columns {
        asked.columns = columns;
    }
    asked.until = until.map_or(asked.until, |until| until.min(asked.until));
}

fn granted(request: &AccessRequest, at: DateTime<Utc>) -> Grant {
    let asked = &request.asked;
    let until = if asked.break_glass { asked.until.min(at + EMERGENCY_MAX) } else { asked.until };
    Grant {
        id: request.id.clone(),
        subject: request.asker.clone(),
        port: asked.port.clone(),
        columns: asked.columns.clone(),
        purpose: asked.purpose.clone(),
        since: at,
        until,
        approved_by: request.decided.iter().map(|verdict| verdict.by.clone()).collect(),
        break_glass: asked.break_glass,
    }
}

fn number(id: &str) -> Option<u64> {
    id.strip_prefix("REQ-")?.parse().ok()
}
