//! What each webhook has been told of the outbox, what it still has to be told, and what it never was.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AnyConnection, FromRow};

use crate::error::{CatalogError, Doing};
use crate::moment;
use crate::outbox::{self, OutboxEvent};

/// Most dead letters that are kept of one webhook; the oldest go first.
const DEAD_LETTERS_MAX: i64 = 10_000;

/// Ids of events may be missing for as long as the transaction that took them is not committed. After this long it
/// never will be.
const GAP_MAX: TimeDelta = TimeDelta::seconds(60);

/// How far a webhook is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookState {
    /// Id of the last event that was looked at.
    pub position: i64,
    /// Since when nothing is sent to it, and why; `None` where it is in use.
    pub disabled: Option<(DateTime<Utc>, String)>,
    /// What it still has to be told, in order of event.
    pub pending: Vec<PendingDelivery>,
    /// Events that it was never told and that are kept.
    pub dead_letters: u64,
}

/// An event that a webhook still has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingDelivery {
    /// Id of the event in the outbox.
    pub event: i64,
    /// When the event happened.
    pub at: DateTime<Utc>,
    /// Events of one lane are told in order, those of different lanes in any.
    pub lane: String,
    /// How often it was tried.
    pub tries: u32,
    /// When it was found to be of this webhook's concern.
    pub taken_at: DateTime<Utc>,
    /// When it may be tried next.
    pub due_at: DateTime<Utc>,
}

/// What became of trying to tell an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    Delivered,
    /// Not yet: it was tried `tries` times by now, and may be tried again from `due_at` on.
    Again {
        tries: u32,
        due_at: DateTime<Utc>,
        problem: String,
    },
    /// It is not tried any more.
    Dead {
        tries: u32,
        problem: String,
    },
}

/// An event that a webhook was never told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Id of the event in the outbox.
    pub event: i64,
    pub lane: String,
    pub tries: u32,
    pub dead_at: DateTime<Utc>,
    /// What went wrong at the last try.
    pub problem: String,
}

/// Makes the webhooks those of `declared`, which are names with digests of their configuration.
pub(crate) async fn declare(
    connection: &mut AnyConnection,
    declared: &[(String, String)],
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    let known: Vec<(String, String)> = sqlx::query_as("SELECT name, configuration FROM webhooks")
        .fetch_all(&mut *connection)
        .await
        .doing("read the webhooks")?;
    for (name, _) in known.iter().filter(|(name, _)| declared.iter().all(|(other, _)| other != name)) {
        tracing::warn!(
            webhook = name,
            "a webhook is not configured any more; what it had still to be told is forgotten"
        );
        sqlx::query("DELETE FROM webhook_deliveries WHERE webhook = $1")
            .bind(name)
            .execute(&mut *connection)
            .await
            .doing("forget a webhook")?;
        sqlx::query("DELETE FROM webhooks WHERE name = $1")
            .bind(name)
            .execute(&mut *connection)
            .await
            .doing("forget a webhook")?;
    }
    for (name, configuration) in declared {
        match known.iter().find(|(other, _)| other == name) {
            None => add(&mut *connection, name, configuration).await?,
            Some((_, before)) if before != configuration => {
                renew(&mut *connection, name, configuration, now).await?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A new webhook hears of what happens from now on.
async fn add(connection: &mut AnyConnection, name: &str, configuration: &str) -> Result<(), CatalogError> {
    let newest = outbox::newest(&mut *connection).await?;
    sqlx::query("INSERT INTO webhooks (name, position, configuration) VALUES ($1, $2, $3)")
        .bind(name)
        .bind(newest)
        .bind(configuration)
        .execute(connection)
        .await
        .doing("add a webhook")
        .map(drop)
}

/// A webhook that is configured otherwise is in use again, and its dead letters are tried anew.
async fn renew(
    connection: &mut AnyConnection,
    name: &str,
    configuration: &str,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    sqlx::query("UPDATE webhooks SET configuration = $1, disabled_at = NULL, disabled_reason = NULL WHERE name = $2")
        .bind(configuration)
        .bind(name)
        .execute(&mut *connection)
        .await
        .doing("change a webhook")?;
    sqlx::query(
        "UPDATE webhook_deliveries SET tries = 0, taken_at = $1, due_at = $2, dead_at = NULL \
         WHERE webhook = $3 AND dead_at IS NOT NULL",
    )
    .bind(moment::to_text(now))
    .bind(moment::to_text(now))
    .bind(name)
    .execute(connection)
    .await
    .doing("try dead letters again")
    .map(drop)
}

/// How far the webhook of that name is; `None` where there is none.
pub(crate) async fn state(connection: &mut AnyConnection, name: &str) -> Result<Option<WebhookState>, CatalogError> {
    let row: Option<(i64, Option<String>, Option<String>)> =
        sqlx::query_as("SELECT position, disabled_at, disabled_reason FROM webhooks WHERE name = $1")
            .bind(name)
            .fetch_optional(&mut *connection)
            .await
            .doing("read a webhook")?;
    let Some((position, disabled_at, reason)) = row else { return Ok(None) };
    let pending: Vec<PendingRow> = sqlx::query_as(
        "SELECT d.event, o.at, d.lane, d.tries, d.taken_at, d.due_at FROM webhook_deliveries d \
         JOIN outbox o ON o.id = d.event WHERE d.webhook = $1 AND d.dead_at IS NULL ORDER BY d.event",
    )
    .bind(name)
    .fetch_all(&mut *connection)
    .await
    .doing("read what a webhook has to be told")?;
    let dead: i64 = sqlx::query_scalar(
        "SELECT CAST(count(*) AS BIGINT) FROM webhook_deliveries WHERE webhook = $1 AND dead_at IS NOT NULL",
    )
    .bind(name)
    .fetch_one(connection)
    .await
    .doing("count dead letters")?;
    Ok(Some(WebhookState {
        position,
        disabled: moment::from_optional(disabled_at)?.map(|at| (at, reason.unwrap_or_default())),
        pending: pending.into_iter().map(PendingRow::read).collect::<Result<_, _>>()?,
        dead_letters: u64::try_from(dead).unwrap_or_default(),
    }))
}

/// Up to `limit` events after `position` that may be looked at: none behind one that may still come.
pub(crate) async fn news(
    connection: &mut AnyConnection,
    position: i64,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<OutboxEvent>, CatalogError> {
    let mut events = outbox::whole_after(connection, position, limit).await?;
    let mut last = position;
    let known = events.iter().take_while(|event| {
        let follows = event.id == last + 1 || event.at + GAP_MAX <= now;
        last = event.id;
        follows
    });
    let known = known.count();
    events.truncate(known);
    Ok(events)
}

/// Notes that a webhook which was at `from` has looked at the events up to `to`, and that those of `concern` are to be told,
/// each in its lane. Says whether it was at `from`; otherwise nothing is noted.
pub(crate) async fn take(
    connection: &mut AnyConnection,
    webhook: &str,
    (from, to): (i64, i64),
    concern: &[(i64, String)],
    now: DateTime<Utc>,
) -> Result<bool, CatalogError> {
    let moved = sqlx::query("UPDATE webhooks SET position = $1 WHERE name = $2 AND position = $3")
        .bind(to)
        .bind(webhook)
        .bind(from)
        .execute(&mut *connection)
        .await
        .doing("note what a webhook has to be told")?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    for (event, lane) in concern {
        sqlx::query(
            "INSERT INTO webhook_deliveries (webhook, event, lane, tries, taken_at, due_at) VALUES ($1, $2, $3, 0, $4, $5)",
        )
        .bind(webhook)
        .bind(event)
        .bind(lane)
        .bind(moment::to_text(now))
        .bind(moment::to_text(now))
        .execute(&mut *connection)
        .await
        .doing("note what a webhook has to be told")?;
    }
    Ok(true)
}

/// Notes what became of the events of a webhook.
pub(crate) async fn settle(
    connection: &mut AnyConnection,
    webhook: &str,
    settled: &[(i64, Settlement)],
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    let mut died = false;
    for (event, settlement) in settled {
        let (tries, due_at, dead_at, problem) = match settlement {
            Settlement::Delivered => {
                sqlx::query("DELETE FROM webhook_deliveries WHERE webhook = $1 AND event = $2")
                    .bind(webhook)
                    .bind(event)
                    .execute(&mut *connection)
                    .await
                    .doing("note that a webhook was told")?;
                continue;
            }
            Settlement::Again { tries, due_at, problem } => (tries, *due_at, None, problem),
            Settlement::Dead { tries, problem } => (tries, now, Some(moment::to_text(now)), problem),
        };
        died |= dead_at.is_some();
        sqlx::query(
            "UPDATE webhook_deliveries SET tries = $1, due_at = $2, dead_at = $3, problem = $4 \
             WHERE webhook = $5 AND event = $6",
        )
        .bind(i64::from(*tries))
        .bind(moment::to_text(due_at))
        .bind(dead_at)
        .bind(problem)
        .bind(webhook)
        .bind(event)
        .execute(&mut *connection)
        .await
        .doing("note that a webhook was not told")?;
    }
    if died {
        forget_oldest(connection, webhook).await?;
    }
    Ok(())
}

async fn forget_oldest(connection: &mut AnyConnection, webhook: &str) -> Result<(), CatalogError> {
    sqlx::query(
        "DELETE FROM webhook_deliveries WHERE webhook = $1 AND dead_at IS NOT NULL AND event <= \
         (SELECT event FROM webhook_deliveries WHERE webhook = $2 AND dead_at IS NOT NULL \
         ORDER BY event DESC LIMIT 1 OFFSET $3)",
    )
    .bind(webhook)
    .bind(webhook)
    .bind(DEAD_LETTERS_MAX)
    .execute(connection)
    .await
    .doing("forget old dead letters")
    .map(drop)
}

/// Notes that nothing is sent to a webhook any more.
pub(crate) async fn disable(
    connection: &mut AnyConnection,
    webhook: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    sqlx::query("UPDATE webhooks SET disabled_at = $1, disabled_reason = $2 WHERE name = $3 AND disabled_at IS NULL")
        .bind(moment::to_text(now))
        .bind(reason)
        .bind(webhook)
        .execute(connection)
        .await
        .doing("disable a webhook")
        .map(drop)
}

/// Up to `limit` events that a webhook was never told, the newest first.
pub(crate) async fn dead_letters(
    connection: &mut AnyConnection,
    webhook: &str,
    limit: i64,
) -> Result<Vec<DeadLetter>, CatalogError> {
    let rows: Vec<(i64, String, i64, String, Option<String>)> = sqlx::query_as(
        "SELECT event, lane, tries, dead_at, problem FROM webhook_deliveries \
         WHERE webhook = $1 AND dead_at IS NOT NULL ORDER BY event DESC LIMIT $2",
    )
    .bind(webhook)
    .bind(limit)
    .fetch_all(connection)
    .await
    .doing("read dead letters")?;
    let read = |(event, lane, tries, dead_at, problem): (i64, String, i64, String, Option<String>)| {
        let (tries, problem) = (count(tries), problem.unwrap_or_default());
        Ok(DeadLetter { event, lane, tries, dead_at: moment::from_text(&dead_at)?, problem })
    };
    rows.into_iter().map(read).collect()
}

#[derive(FromRow)]
struct PendingRow {
    event: i64,
    at: String,
    lane: String,
    tries: i64,
    taken_at: String,
    due_at: String,
}

impl PendingRow {
    fn read(self) -> Result<PendingDelivery, CatalogError> {
        Ok(PendingDelivery {
            event: self.event,
            at: moment::from_text(&self.at)?,
            lane: self.lane,
            tries: count(self.tries),
            taken_at: moment::from_text(&self.taken_at)?,
            due_at: moment::from_text(&self.due_at)?,
        })
    }
}

fn count(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or(u32::MAX)
}
