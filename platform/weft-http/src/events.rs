//! Changes of state, told as they happen: server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use tokio::sync::watch;
use weft_catalog::EventView;
use weft_model::Principal;
use weft_wire as wire;

use crate::Doors;
use crate::caller::Caller;
use crate::problem::Problem;

/// How long one stream lasts. Browsers come back by themselves, and who may know what is asked anew.
const STREAM_MAX: Duration = Duration::from_secs(15 * 60);

/// How often something is sent where nothing happens, so that whoever is between does not give up.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// Tells of releases, runs, requests and service levels as they change, as far as the caller may know of them: from now
/// on, or from the event after `Last-Event-ID` on.
#[utoipa::path(get, path = "/v1/events", tag = "catalog",
    params(("last-event-id" = Option<String>, Header, description = "The `id` of the last event that came.")),
    responses((status = 200, body = wire::Event, content_type = "text/event-stream")))]
pub(crate) async fn get_events(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let changes = doors.catalog.changes();
    let after = match headers.get("last-event-id") {
        None => doors.view(&principal).newest_event().await?,
        Some(id) => id
            .to_str()
            .ok()
            .and_then(|id| id.parse().ok())
            .filter(|id| *id >= 0)
            .ok_or_else(|| Problem::malformed("`Last-Event-ID` is not the id of an event"))?,
    };
    let until = tokio::time::Instant::now() + STREAM_MAX;
    let telling = Telling { doors, principal, changes, after, waiting: Vec::new(), until };
    let events = futures::stream::unfold(telling, |mut telling| async move {
        let event = telling.next().await?;
        Some((Ok(event), telling))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SILENCE_MAX)))
}

struct Telling {
    doors: Doors,
    principal: Principal,
    changes: watch::Receiver<()>,
    /// Id of the last event that was looked at.
    after: i64,
    /// To be told next, the last one first.
    waiting: Vec<EventView>,
    until: tokio::time::Instant,
}

impl Telling {
    /// The next event; none once the stream is to end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop() {
                return told(event);
            }
            self.changes.mark_unchanged();
            // With whatever the caller may know by now.
            let found = self.doors.view(&self.principal).events_after(self.after).await;
            let (mut events, last) = found.inspect_err(|error| tracing::warn!(%error, "events stop")).ok()?;
            let is_all = last == self.after;
            self.after = last;
            events.reverse();
            self.waiting = events;
            if self.waiting.is_empty() && is_all {
                tokio::time::timeout_at(self.until, self.changes.changed()).await.ok()?.ok()?;
            }
        }
    }
}

fn told(event: EventView) -> Option<Event> {
    let EventView { id, at, kind, subject } = event;
    let name = kind.clone();
    let data = wire::Event { id: u64::try_from(id).ok()?, at, kind, subject };
    Event::default().id(id.to_string()).event(name).json_data(data).ok()
}
