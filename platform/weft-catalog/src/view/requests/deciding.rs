//! Deciding on requests, and taking back what was given.

use chrono::{DateTime, Utc};
use weft_model::Principal;

use super::{CatalogView, RequestView, invalid, is_named, is_said, note_is_short};
use crate::error::CatalogError;
use crate::requests::{AccessRequest, RequestState, What};

/// What an approver gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Fewer columns than were asked for; all of them if absent.
    pub columns: Option<Vec<String>>,
    /// An earlier end than was asked for.
    pub until: Option<DateTime<Utc>>,
    pub note: String,
}

impl CatalogView {
    /// Approves a request at the level at which it waits; after the last one access is given.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`], [`CatalogError::ApproverRefused`], [`CatalogError::RequestDecided`],
    /// [`CatalogError::RequestInvalid`] where more is given than was asked for, or trouble with the database.
    pub async fn approve(&self, id: &str, given: Given) -> Result<RequestView, CatalogError> {
        note_is_short(&given.note)?;
        // What is gone, or goes by another contract now, cannot be given.
        let asked = self.seen_in(&self.catalog.requests(), id)?.asked.clone();
        let contract = self.contract(&asked.port)?;
        let given_columns = given.columns.iter().flatten();
        let gone = asked.columns.iter().chain(given_columns).find(|column| contract.column(column).is_none());
        if let Some(column) = gone {
            let problem = format!("{} has no column `{column}`; ask anew", asked.port);
            return Err(CatalogError::RequestInvalid { problem });
        }
        self.decide_on(id, move |view, request, now| {
            view.may_decide(request)?;
            let Given { columns, until, note } = given;
            let columns = columns.map(|columns| narrowed(request, columns)).transpose()?;
            let until = until.map(|until| ends_sooner(request, until, now)).transpose()?;
            if request.asked.until <= now {
                let problem = format!("{} asks for access that would have ended by now: ask anew", request.id);
                return Err(CatalogError::RequestInvalid { problem });
            }
            Ok(What::Approved { columns, until, note, rule: None })
        })
        .await
    }

    /// Declines a request, and says why.
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    pub async fn decline(&self, id: &str, note: String) -> Result<RequestView, CatalogError> {
        is_said(&note, "decline")?;
        self.decide_on(id, move |view, request, _| {
            view.may_decide(request)?;
            Ok(What::Declined { note })
        })
        .await
    }

    /// Takes the principal's own request back, or gives up the access that it gave.
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    pub async fn withdraw(&self, id: &str, note: String) -> Result<RequestView, CatalogError> {
        note_is_short(&note)?;
        self.decide_on(id, move |view, request, now| {
            view.is_theirs(request, "withdraws")?;
            is_alive(request, now)?;
            Ok(What::Withdrawn { note })
        })
        .await
    }

    /// Takes access away before its end, and says why: for whoever could have declined it, or answers for the port.
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    pub async fn revoke(&self, id: &str, note: String) -> Result<RequestView, CatalogError> {
        is_said(&note, "revoke")?;
        self.decide_on(id, move |view, request, now| {
            if !view.may_revoke(request) {
                return Err(waits_for(request, &view.sight.principal));
            }
            if request.state != RequestState::Approved {
                return Err(decided(request, now));
            }
            is_alive(request, now)?;
            Ok(What::Revoked { note })
        })
        .await
    }

    async fn decide_on<D>(&self, id: &str, decide: D) -> Result<RequestView, CatalogError>
    where
        D: FnOnce(&CatalogView, &AccessRequest, DateTime<Utc>) -> Result<What, CatalogError> + Send + 'static,
    {
        let (view, id) = (self.clone(), id.to_owned());
        let changed = self.catalog.change_requests(move |book, now| {
            let what = decide(&view, view.seen_in(book, &id)?, now)?;
            Ok(vec![(id, view.sight.principal.subject(), what)])
        });
        Ok(self.request_view(&changed.await?))
    }

    pub(super) fn may_decide(&self, request: &AccessRequest) -> Result<(), CatalogError> {
        let principal = &self.sight.principal;
        let Some(level) = request.waits_for() else { return Err(decided(request, self.sight.at)) };
        if request.asker == principal.subject() {
            let problem = format!("{} is your own request, on which somebody else decides", request.id);
            return Err(CatalogError::ApproverRefused { problem });
        }
        if request.decided.iter().any(|verdict| verdict.by == principal.subject()) {
            let problem = format!("you approved {} already; two different persons do", request.id);
            return Err(CatalogError::ApproverRefused { problem });
        }
        if is_named(principal, level) { Ok(()) } else { Err(waits_for(request, principal)) }
    }

    pub(super) fn is_theirs(&self, request: &AccessRequest, verb: &str) -> Result<(), CatalogError> {
        if request.asker == self.sight.principal.subject() {
            return Ok(());
        }
        let problem = format!("{} is {}'s, who alone {verb} it", request.id, request.asker);
        Err(CatalogError::ApproverRefused { problem })
    }
}

/// The columns that an approver gives, which must be among those that were asked for.
fn narrowed(request: &AccessRequest, columns: Vec<String>) -> Result<Vec<String>, CatalogError> {
    let asked = &request.asked.columns;
    if columns.is_empty() {
        return Err(invalid("an approval gives at least one column; decline the request instead".to_owned()));
    }
    if asked.is_empty() {
        return Ok(columns);
    }
    match columns.iter().find(|column| !asked.contains(column)) {
        Some(column) => Err(invalid(format!("{} does not ask for `{column}`", request.id))),
        None => Ok(columns),
    }
}

fn ends_sooner(
    request: &AccessRequest,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, CatalogError> {
    if until <= now {
        return Err(invalid("the end of access lies in the past".to_owned()));
    }
    if until > request.asked.until {
        return Err(invalid(format!("{} asks for access until {} and no longer", request.id, request.asked.until)));
    }
    Ok(until)
}

fn is_alive(request: &AccessRequest, now: DateTime<Utc>) -> Result<(), CatalogError> {
    match request.state_at(now) {
        "requested" | "approved" => Ok(()),
        _ => Err(decided(request, now)),
    }
}

fn decided(request: &AccessRequest, now: DateTime<Utc>) -> CatalogError {
    CatalogError::RequestDecided { id: request.id.clone(), state: request.state_at(now) }
}

fn waits_for(request: &AccessRequest, principal: &Principal) -> CatalogError {
    let names: Vec<&str> = request.asked.levels.iter().flatten().map(String::as_str).collect();
    let names = request.waits_for().map_or(names.join(", "), |level| level.join(" or "));
    let problem = format!("{} is decided by {names}, and {} is none of them", request.id, principal.name);
    CatalogError::ApproverRefused { problem }
}
