//! How queries went, port by port and hour by hour, as the database keeps it: what service levels are measured by.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AnyConnection, FromRow};
use weft_model::PortRef;

use crate::error::{CatalogError, Doing};
use crate::moment;
use crate::tally::QueryRecord;
use crate::traffic::{Counted, LongAnswers, Traffic, hour_of};
use crate::usage::port_of;

/// For how many hours counts are kept: a day more than is looked at, since the clocks of nodes differ.
const HOURS_KEPT: i64 = 48;

/// Counts queries that have ended, each for every port that it read.
pub(crate) async fn add(connection: &mut AnyConnection, queries: &[QueryRecord]) -> Result<(), CatalogError> {
    let mut counts: BTreeMap<(DateTime<Utc>, &PortRef, u64), Counted> = BTreeMap::new();
    for query in queries {
        let Some((within_ms, counted)) = Counted::of(query.served, query.rows) else { continue };
        for port in &query.ports {
            counts.entry((hour_of(query.at), port, within_ms)).or_default().add(counted);
        }
    }
    for ((hour, port, within_ms), counted) in counts {
        sqlx::query(
            "INSERT INTO usage_answers (hour, port, within_ms, answers, failures, long_answers, long_rows, long_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (hour, port, within_ms) DO UPDATE SET \
             answers = usage_answers.answers + excluded.answers, \
             failures = usage_answers.failures + excluded.failures, \
             long_answers = usage_answers.long_answers + excluded.long_answers, \
             long_rows = usage_answers.long_rows + excluded.long_rows, \
             long_ms = usage_answers.long_ms + excluded.long_ms",
        )
        .bind(moment::to_text(hour))
        .bind(port.to_string())
        .bind(stored(within_ms))
        .bind(stored(counted.answers))
        .bind(stored(counted.failures))
        .bind(stored(counted.long.answers))
        .bind(stored(counted.long.rows))
        .bind(stored(counted.long.ms))
        .execute(&mut *connection)
        .await
        .doing("record how queries went")?;
    }
    Ok(())
}

/// Forgets what is long past at `now`.
pub(crate) async fn forget_before(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM usage_answers WHERE hour < $1")
        .bind(moment::to_text(hour_of(now) - TimeDelta::hours(HOURS_KEPT)))
        .execute(connection)
        .await
        .doing("forget how old queries went")?;
    Ok(())
}

/// The queries that began since, of every port that had any.
pub(crate) async fn traffic(
    connection: &mut AnyConnection,
    since: DateTime<Utc>,
) -> Result<BTreeMap<PortRef, Traffic>, CatalogError> {
    let rows: Vec<AnswersRow> = sqlx::query_as(
        "SELECT port, within_ms, CAST(sum(answers) AS BIGINT) AS answers, CAST(sum(failures) AS BIGINT) AS failures, \
         CAST(sum(long_answers) AS BIGINT) AS long_answers, CAST(sum(long_rows) AS BIGINT) AS long_rows, \
         CAST(sum(long_ms) AS BIGINT) AS long_ms \
         FROM usage_answers WHERE hour >= $1 GROUP BY port, within_ms",
    )
    .bind(moment::to_text(since))
    .fetch_all(connection)
    .await
    .doing("read how queries went")?;
    let mut ports: BTreeMap<PortRef, Traffic> = BTreeMap::new();
    for row in rows {
        ports.entry(port_of(&row.port)?).or_default().add(read(row.within_ms), row.counted());
    }
    Ok(ports)
}

#[derive(FromRow)]
struct AnswersRow {
    port: String,
    within_ms: i64,
    answers: i64,
    failures: i64,
    long_answers: i64,
    long_rows: i64,
    long_ms: i64,
}

impl AnswersRow {
    fn counted(&self) -> Counted {
        let (answers, rows, ms) = (read(self.long_answers), read(self.long_rows), read(self.long_ms));
        let long = LongAnswers { answers, rows, ms };
        Counted { answers: read(self.answers), failures: read(self.failures), long }
    }
}

fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn read(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}
