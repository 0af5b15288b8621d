//! Changes of state, kept for whoever wants to be told.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::AnyConnection;
use weft_model::TraceContext;

use crate::error::{CatalogError, Doing};
use crate::moment;
use crate::view::EventView;

/// A change of state as the outbox holds it. `kind` is the event's type, `subject` the name or id
/// of what changed; the payload holds names and numbers, never rows, and from
/// [`add`] on `traceparent`: the trace of the work that changed it, where there is one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) subject: String,
    pub(crate) payload: Value,
}

/// Adds `event` in the caller's transaction, so that it is told exactly when the change is kept.
pub(crate) async fn add(
    connection: &mut AnyConnection,
    at: DateTime<Utc>,
    mut event: Event,
) -> Result<(), CatalogError> {
    if let (Some(trace), Value::Object(payload)) = (TraceContext::current(), &mut event.payload) {
        payload.insert(TraceContext::HEADER.to_owned(), trace.to_string().into());
    }
    sqlx::query("INSERT INTO outbox (at, kind, subject, payload) VALUES ($1, $2, $3, $4)")
        .bind(moment::to_text(at))
        .bind(event.kind)
        .bind(event.subject)
        .bind(event.payload.to_string())
        .execute(connection)
        .await
        .doing("add to the outbox")?;
    Ok(())
}

/// Up to `limit` events after the one of that id, in order.
pub(crate) async fn after(connection: &mut AnyConnection, id: i64, limit: i64) -> Result<Vec<EventView>, CatalogError> {
    let rows: Vec<(i64, String, String, String)> =
        sqlx::query_as("SELECT id, at, kind, subject FROM outbox WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(id)
            .bind(limit)
            .fetch_all(connection)
            .await
            .doing("read the outbox")?;
    let read = |(id, at, kind, subject): (i64, String, String, String)| {
        Ok(EventView { id, at: moment::from_text(&at)?, kind, subject })
    };
    rows.into_iter().map(read).collect()
}

/// The id of the newest event; 0 where there is none.
pub(crate) async fn newest(connection: &mut AnyConnection) -> Result<i64, CatalogError> {
    sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM outbox").fetch_one(connection).await.doing("read the outbox")
}
