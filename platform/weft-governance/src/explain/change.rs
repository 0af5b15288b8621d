//! The least that would show more.

use std::sync::Arc;

use chrono::{Days, TimeDelta};
use weft_model::PortRef;

use super::{Inquiry, NearMiss, Sees};
use crate::seen::{ColumnSeen, Sight};
use crate::{AccessRequest, Authorizer, Decision, Grant, Grants};

/// For how long access is asked for where nobody says.
const DAYS: Days = Days::new(90);

/// Something that would show more, which was tried: the decision under it shows all of what was asked about, or shows
/// it at all where nothing is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Ask again and say that it is for this.
    Purpose(String),
    /// Ask for access.
    Request(Draft),
    /// Only whoever may change that rule can help: what it says, and where it stands.
    Rule(String),
}

/// A request for access, filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub port: PortRef,
    /// Empty for the whole port.
    pub columns: Vec<String>,
    pub purpose: Option<String>,
    pub until: chrono::DateTime<chrono::Utc>,
}

/// What helps with the least effort. `near` tells which purpose would do.
pub(super) fn least(inquiry: &Inquiry<'_>, sees: &Sees, near: &[NearMiss]) -> Option<Change> {
    if inquiry.is_seen_whole(sees) {
        return None;
    }
    let by_purpose = || {
        let could = near.iter().any(|miss| miss.failed.len() == 1);
        let helps = |purpose: &String| {
            let decision = with_purpose(inquiry, purpose);
            shows(inquiry, &decision) || (*sees == Sees::Denied && opens(inquiry, &decision))
        };
        purposes(inquiry).into_iter().filter(|_| could).find(helps)
    };
    if let Some(purpose) = by_purpose() {
        return Some(Change::Purpose(purpose));
    }
    let draft = draft(inquiry);
    if shows(inquiry, &granted(inquiry, &draft)) {
        return Some(Change::Request(draft));
    }
    let line = inquiry.deciding_rows().into_iter().next()?;
    Some(Change::Rule(format!("{line}: no grant overrides that")))
}

fn purposes(inquiry: &Inquiry<'_>) -> Vec<String> {
    let product = inquiry.port.product_ref();
    let allowed = inquiry.snapshot.purposes_of(&product);
    allowed.filter(|purpose| inquiry.request.purpose != Some(*purpose)).map(str::to_owned).collect()
}

fn with_purpose(inquiry: &Inquiry<'_>, purpose: &str) -> Decision {
    let request = AccessRequest { purpose: Some(purpose), ..inquiry.request.clone() };
    inquiry.snapshot.decide_read(&request, &inquiry.contract.columns)
}

fn draft(inquiry: &Inquiry<'_>) -> Draft {
    let product = inquiry.port.product_ref();
    let allowed: Vec<&str> = inquiry.snapshot.purposes_of(&product).collect();
    let given = inquiry.request.purpose.filter(|purpose| allowed.contains(purpose));
    let at = inquiry.request.at;
    Draft {
        port: inquiry.port.clone(),
        columns: inquiry.column.iter().map(|column| column.name.clone()).collect(),
        purpose: given.or(allowed.first().copied()).map(str::to_owned),
        until: at.checked_add_days(DAYS).unwrap_or(at + TimeDelta::days(1)),
    }
}

/// What would be decided if the request were approved.
fn granted(inquiry: &Inquiry<'_>, draft: &Draft) -> Decision {
    let grant = Grant {
        id: "to be asked for".to_owned(),
        subject: inquiry.request.principal.subject(),
        port: draft.port.clone(),
        columns: draft.columns.clone(),
        purpose: draft.purpose.clone(),
        since: inquiry.request.at,
        until: draft.until,
        approved_by: Vec::new(),
        break_glass: false,
    };
    let snapshot = inquiry.snapshot.with_grants(Arc::new(Grants { epoch: 0, all: vec![grant] }), 0);
    let request = AccessRequest { purpose: draft.purpose.as_deref(), ..inquiry.request.clone() };
    snapshot.decide_read(&request, &inquiry.contract.columns)
}

/// Whether what was asked about is open, be it masked.
fn opens(inquiry: &Inquiry<'_>, decision: &Decision) -> bool {
    let is_shown = |seen: &ColumnSeen| inquiry.column.is_none() || seen.sight.is_open();
    decision.is_allowed() && inquiry.seen_under(decision).columns.iter().all(is_shown)
}

/// Whether what was asked about is open and in clear under `decision`.
fn shows(inquiry: &Inquiry<'_>, decision: &Decision) -> bool {
    let is_clear = |seen: &ColumnSeen| seen.sight == Sight::Clear;
    decision.is_allowed() && inquiry.seen_under(decision).columns.iter().all(is_clear)
}
