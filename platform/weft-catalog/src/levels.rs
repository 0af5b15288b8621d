//! What the clock found out about service levels, of data and of queries: one row each, of now and not of a run.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{AnyConnection, FromRow};

use crate::error::{CatalogError, Doing};
use crate::moment;
use crate::outbox::{self, Event};
use crate::run::{CheckOutcome, CheckRecord, CheckSeverity};

/// Every verdict that stands, in order of port, name and column.
pub(crate) async fn all(connection: &mut AnyConnection) -> Result<Vec<CheckRecord>, CatalogError> {
    let rows: Vec<LevelRow> = sqlx::query_as("SELECT * FROM service_levels ORDER BY port, name, column_name")
        .fetch_all(connection)
        .await
        .doing("read the service levels")?;
    rows.into_iter().map(LevelRow::read).collect()
}

/// The verdicts of one port that stand, in order of name and column.
pub(crate) async fn of(connection: &mut AnyConnection, port: &str) -> Result<Vec<CheckRecord>, CatalogError> {
    let rows: Vec<LevelRow> = sqlx::query_as("SELECT * FROM service_levels WHERE port = $1 ORDER BY name, column_name")
        .bind(port)
        .fetch_all(connection)
        .await
        .doing("read the service levels of a port")?;
    rows.into_iter().map(LevelRow::read).collect()
}

/// Lets each of `made` take the place of the verdict before it, and tells the outbox where it is another. Where there
/// was none, one that passed is no news; nor is it ever that there are too few queries to tell, or enough again.
pub(crate) async fn record(
    connection: &mut AnyConnection,
    made: &[CheckRecord],
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    for check in made {
        let column = check.column.as_deref().unwrap_or("");
        let before: Option<String> =
            sqlx::query_scalar("SELECT outcome FROM service_levels WHERE port = $1 AND name = $2 AND column_name = $3")
                .bind(check.port.to_string())
                .bind(&check.name)
                .bind(column)
                .fetch_optional(&mut *connection)
                .await
                .doing("read a service level")?;
        sqlx::query(
            "INSERT INTO service_levels (port, name, column_name, outcome, message, at, measured, threshold) \
             VALUES ($1, $2, $3, $4, $5, $6, CAST($7 AS DOUBLE PRECISION), $8) \
             ON CONFLICT (port, name, column_name) DO UPDATE SET outcome = excluded.outcome, \
             message = excluded.message, at = excluded.at, measured = excluded.measured, \
             threshold = excluded.threshold",
        )
        .bind(check.port.to_string())
        .bind(&check.name)
        .bind(column)
        .bind(check.outcome.as_str())
        .bind(&check.message)
        .bind(moment::to_text(check.at))
        .bind(check.measured.map(|measured| measured.to_string()))
        .bind(&check.threshold)
        .execute(&mut *connection)
        .await
        .doing("record a service level")?;
        let before = before.as_deref().and_then(CheckOutcome::parse).unwrap_or(CheckOutcome::Passed);
        let is_failed = |outcome| outcome == CheckOutcome::Failed;
        let is_news = match check.is_of_traffic() {
            true => is_failed(before) != is_failed(check.outcome),
            false => before != check.outcome,
        };
        if is_news {
            outbox::add(&mut *connection, now, turned(check)).await?;
        }
    }
    Ok(())
}

/// Forgets the verdicts on what is promised no more.
pub(crate) async fn forget(connection: &mut AnyConnection, gone: &[CheckRecord]) -> Result<(), CatalogError> {
    for check in gone {
        sqlx::query("DELETE FROM service_levels WHERE port = $1 AND name = $2 AND column_name = $3")
            .bind(check.port.to_string())
            .bind(&check.name)
            .bind(check.column.as_deref().unwrap_or(""))
            .execute(&mut *connection)
            .await
            .doing("forget a service level")?;
    }
    Ok(())
}

fn turned(check: &CheckRecord) -> Event {
    let payload = json!({
        "port": check.port,
        "level": check.name,
        "column": check.column,
        "outcome": check.outcome,
        "threshold": check.threshold,
    });
    Event { kind: "service_level.turned", subject: check.port.to_string(), payload }
}

#[derive(FromRow)]
struct LevelRow {
    port: String,
    name: String,
    column_name: String,
    outcome: String,
    message: Option<String>,
    at: String,
    measured: Option<f64>,
    threshold: Option<String>,
}

impl LevelRow {
    fn read(self) -> Result<CheckRecord, CatalogError> {
        Ok(CheckRecord {
            port: self.port.parse().map_err(|_| CatalogError::corrupt("port name", &self.port))?,
            name: self.name,
            column: Some(self.column_name).filter(|column| !column.is_empty()),
            outcome: CheckOutcome::parse(&self.outcome)
                .ok_or_else(|| CatalogError::corrupt("check outcome", &self.outcome))?,
            failing_rows: None,
            message: self.message,
            at: moment::from_text(&self.at)?,
            measured: self.measured,
            threshold: self.threshold,
            severity: Some(CheckSeverity::Warns),
            // The log and the release tell.
            scanned_bytes: Some(0),
            duration_ms: None,
            sample: None,
        })
    }
}
