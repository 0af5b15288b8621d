//! Changes of state, kept for whoever wants to be told.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::SqliteConnection;

use crate::error::{CatalogError, Doing};
use crate::moment;

/// A change of state as the outbox holds it. `kind` is the event's type, `subject` the name or id
/// of what changed; the payload holds names and numbers, never rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) subject: String,
    pub(crate) payload: Value,
}

/// Adds `event` in the caller's transaction, so that it is told exactly when the change is kept.
pub(crate) async fn add(
    connection: &mut SqliteConnection,
    at: DateTime<Utc>,
    event: Event,
) -> Result<(), CatalogError> {
    sqlx::query("INSERT INTO outbox (at, kind, subject, payload) VALUES (?, ?, ?, ?)")
        .bind(moment::to_text(at))
        .bind(event.kind)
        .bind(event.subject)
        .bind(event.payload.to_string())
        .execute(connection)
        .await
        .doing("add to the outbox")?;
    Ok(())
}
