//! What happens to requests, as the catalog keeps it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::AnyConnection;

use super::{Book, Terms};
use crate::error::{CatalogError, Doing};
use crate::{moment, outbox};

/// Something that happened to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Counts from 1 without gaps, over all requests.
    pub(crate) seq: u64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) request: String,
    /// Who did it, as policies write it; for an automatic approval who asked.
    pub(crate) actor: String,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub(crate) enum What {
    Requested(Box<Terms>),
    /// At one level. `columns` and `until` where the approver gives less than was asked.
    #[serde(rename_all = "camelCase")]
    Approved {
        #[serde(default)]
        columns: Option<Vec<String>>,
        #[serde(default)]
        until: Option<DateTime<Utc>>,
        note: String,
        /// The rule, where nobody decided.
        #[serde(default)]
        rule: Option<String>,
    },
    Declined {
        note: String,
    },
    Withdrawn {
        note: String,
    },
    Revoked {
        note: String,
    },
}

impl What {
    /// How the event is called in the outbox.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            What::Requested(_) => "request.opened",
            What::Approved { .. } => "request.approved",
            What::Declined { .. } => "request.declined",
            What::Withdrawn { .. } => "request.withdrawn",
            What::Revoked { .. } => "grant.revoked",
        }
    }
}

/// The event as the outbox passes it on, with what `book` knew of its request before it. A note may hold anything, and
/// stays here.
pub(crate) fn told(event: &Event, book: &Book) -> outbox::Event {
    let mut payload = json!({"request": event.request, "actor": event.actor});
    let terms = match &event.what {
        What::Requested(terms) => Some(&**terms),
        _ => book.find(&event.request).map(|request| &request.asked),
    };
    if let (Some(terms), Some(payload)) = (terms, payload.as_object_mut()) {
        payload.insert("port".to_owned(), json!(terms.port.to_string()));
        payload.insert("breakGlass".to_owned(), json!(terms.break_glass));
    }
    outbox::Event { kind: event.what.kind(), subject: event.request.clone(), payload }
}

/// Adds `event` in the caller's transaction.
pub(crate) async fn append(connection: &mut AnyConnection, event: &Event) -> Result<(), CatalogError> {
    let document = serde_json::to_string(&event.what).map_err(|_| CatalogError::corrupt("request", &event.request))?;
    sqlx::query("INSERT INTO access_events (seq, at, request, actor, document) VALUES ($1, $2, $3, $4, $5)")
        .bind(i64::try_from(event.seq).unwrap_or(i64::MAX))
        .bind(moment::to_text(event.at))
        .bind(&event.request)
        .bind(&event.actor)
        .bind(document)
        .execute(connection)
        .await
        .doing("record a request for access")?;
    Ok(())
}

/// Every event after `seq`, in order.
pub(crate) async fn load(connection: &mut AnyConnection, seq: u64) -> Result<Vec<Event>, CatalogError> {
    let rows: Vec<(i64, String, String, String, String)> =
        sqlx::query_as("SELECT seq, at, request, actor, document FROM access_events WHERE seq > $1 ORDER BY seq")
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .fetch_all(connection)
            .await
            .doing("read requests for access")?;
    let read = |(seq, at, request, actor, document): (i64, String, String, String, String)| {
        Ok(Event {
            seq: u64::try_from(seq).unwrap_or_default(),
            at: moment::from_text(&at)?,
            what: serde_json::from_str(&document).map_err(|_| CatalogError::corrupt("request", &request))?,
            request,
            actor,
        })
    };
    rows.into_iter().map(read).collect()
}
