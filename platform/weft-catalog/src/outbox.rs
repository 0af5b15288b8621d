//! Changes of state, kept for whoever wants to be told.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::AnyConnection;
use weft_model::{PortRef, ProductRef, TraceContext};

use crate::error::{CatalogError, Doing};
use crate::moment;
use crate::view::EventView;

/// Every kind of event that there is, in order of name.
pub const EVENT_KINDS: [&str; 14] = [
    "change.breaking",
    "check.failed",
    "grant.revoked",
    "port.deprecated",
    "product.retired",
    "release.published",
    "release.rolled_back",
    "request.approved",
    "request.declined",
    "request.opened",
    "request.withdrawn",
    "run.began",
    "run.ended",
    "service_level.turned",
];

/// A change of state, whole: what `platform/docs/events.md` describes, for relays, which know no principal.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxEvent {
    /// Rises with time.
    pub id: i64,
    pub at: DateTime<Utc>,
    /// One of [`EVENT_KINDS`].
    pub kind: String,
    /// Name of the product or port, id of the run or request.
    pub subject: String,
    /// An object of names and numbers.
    pub payload: Value,
}

impl OutboxEvent {
    /// The product that it is about; `None` for what happens to many, as runs do.
    pub fn product(&self) -> Option<ProductRef> {
        let of_port = |text: &str| text.parse::<PortRef>().ok().map(|port| port.product_ref());
        let told = || of_port(self.payload.get("port")?.as_str()?);
        self.subject.parse().ok().or_else(|| of_port(&self.subject)).or_else(told)
    }
}

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
    debug_assert!(EVENT_KINDS.contains(&event.kind), "{} is among the kinds", event.kind);
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

/// Adds `event` as [`add`] does, unless the very same was told before.
pub(crate) async fn add_once(
    connection: &mut AnyConnection,
    at: DateTime<Utc>,
    event: Event,
) -> Result<(), CatalogError> {
    let told: Vec<String> = sqlx::query_scalar("SELECT payload FROM outbox WHERE kind = $1 AND subject = $2")
        .bind(event.kind)
        .bind(&event.subject)
        .fetch_all(&mut *connection)
        .await
        .doing("read the outbox")?;
    // Whatever work it came of.
    let same = |payload: &String| {
        let mut payload: Value = serde_json::from_str(payload).unwrap_or_default();
        payload.as_object_mut().map(|payload| payload.remove(TraceContext::HEADER));
        payload == event.payload
    };
    if told.iter().any(same) {
        return Ok(());
    }
    add(connection, at, event).await
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

/// Up to `limit` events after the one of that id, with their payloads, in order.
pub(crate) async fn whole_after(
    connection: &mut AnyConnection,
    id: i64,
    limit: i64,
) -> Result<Vec<OutboxEvent>, CatalogError> {
    let rows: Vec<WholeRow> =
        sqlx::query_as("SELECT id, at, kind, subject, payload FROM outbox WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(id)
            .bind(limit)
            .fetch_all(connection)
            .await
            .doing("read the outbox")?;
    rows.into_iter().map(whole).collect()
}

/// The event of that id, with its payload.
pub(crate) async fn find(connection: &mut AnyConnection, id: i64) -> Result<Option<OutboxEvent>, CatalogError> {
    let row: Option<WholeRow> = sqlx::query_as("SELECT id, at, kind, subject, payload FROM outbox WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await
        .doing("read the outbox")?;
    row.map(whole).transpose()
}

type WholeRow = (i64, String, String, String, String);

fn whole((id, at, kind, subject, payload): WholeRow) -> Result<OutboxEvent, CatalogError> {
    let payload = serde_json::from_str(&payload).map_err(|_| CatalogError::corrupt("event", payload))?;
    Ok(OutboxEvent { id, at: moment::from_text(&at)?, kind, subject, payload })
}
