//! Runs, their steps and diagnostics, and checks, in the database.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{AnyConnection, FromRow};
use weft_model::{Revision, Severity};

use crate::OffendingRows;
use crate::dialect;
use crate::error::{CatalogError, Doing};
use crate::moment;
use crate::outbox::{self, Event};
use crate::run::{
    CheckOutcome, CheckRecord, CheckSeverity, Run, RunCheck, RunDiagnostic, RunStatus, RunStep, StepStatus,
};

/// Adds the run, or replaces what is known of it, steps and diagnostics included.
pub(crate) async fn record(connection: &mut AnyConnection, run: &Run, now: DateTime<Utc>) -> Result<(), CatalogError> {
    let before: Option<(Option<String>,)> = sqlx::query_as("SELECT ended_at FROM runs WHERE id = $1")
        .bind(&run.id)
        .fetch_optional(&mut *connection)
        .await
        .doing("read a run")?;
    sqlx::query(
        "INSERT INTO runs (id, revision, plan, status, started_at, ended_at, author, committed_at, signature) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, plan = excluded.plan, \
         status = excluded.status, started_at = excluded.started_at, ended_at = excluded.ended_at, \
         author = excluded.author, committed_at = excluded.committed_at, signature = excluded.signature",
    )
    .bind(&run.id)
    .bind(run.revision.as_str())
    .bind(&run.plan)
    .bind(run.status.as_str())
    .bind(moment::to_text(run.started_at))
    .bind(run.ended_at.map(moment::to_text))
    .bind(&run.author)
    .bind(run.committed_at.map(moment::to_text))
    .bind(&run.signature)
    .execute(&mut *connection)
    .await
    .doing("record a run")?;
    record_steps(&mut *connection, run).await?;
    record_diagnostics(&mut *connection, run).await?;
    if before.is_none() {
        outbox::add(&mut *connection, now, began(run)).await?;
    }
    if run.ended_at.is_some() && before.is_none_or(|(ended,)| ended.is_none()) {
        outbox::add(connection, now, ended(&run.id, &run.revision, run.status)).await?;
    }
    Ok(())
}

/// Ends, as failed, every run that is still marked as running.
pub(crate) async fn end_interrupted(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<u64, CatalogError> {
    let runs: Vec<(String, String)> = sqlx::query_as(
        "UPDATE runs SET status = 'failed', ended_at = $1 WHERE status = 'running' RETURNING id, revision",
    )
    .bind(moment::to_text(now))
    .fetch_all(&mut *connection)
    .await
    .doing("end interrupted runs")?;
    for (id, revision) in &runs {
        sqlx::query(
            "UPDATE run_steps SET status = CASE status WHEN 'running' THEN 'failed' ELSE 'skipped' END, \
             message = 'the platform stopped before this was done' WHERE run = $1 AND status IN ('running', 'pending')",
        )
        .bind(id)
        .execute(&mut *connection)
        .await
        .doing("end interrupted runs")?;
        outbox::add(&mut *connection, now, ended(id, &Revision::new(revision), RunStatus::Failed)).await?;
    }
    Ok(runs.len() as u64)
}

/// The run of that id.
pub(crate) async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Run>, CatalogError> {
    let row: Option<RunRow> = sqlx::query_as("SELECT * FROM runs WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *connection)
        .await
        .doing("read a run")?;
    let Some(row) = row else { return Ok(None) };
    let steps: Vec<StepRow> = sqlx::query_as("SELECT * FROM run_steps WHERE run = $1 ORDER BY position")
        .bind(id)
        .fetch_all(&mut *connection)
        .await
        .doing("read the steps of a run")?;
    let diagnostics: Vec<DiagnosticRow> =
        sqlx::query_as("SELECT * FROM run_diagnostics WHERE run = $1 ORDER BY position")
            .bind(id)
            .fetch_all(connection)
            .await
            .doing("read the diagnostics of a run")?;
    let mut runs = assemble(vec![row], steps, diagnostics)?;
    Ok(runs.pop())
}

/// The runs of one revision, newest first.
pub(crate) async fn of_revision(connection: &mut AnyConnection, revision: &Revision) -> Result<Vec<Run>, CatalogError> {
    let ids: Vec<String> =
        sqlx::query_scalar("SELECT id FROM runs WHERE revision = $1 ORDER BY started_at DESC, id DESC LIMIT 20")
            .bind(revision.as_str())
            .fetch_all(&mut *connection)
            .await
            .doing("read the runs of a revision")?;
    let mut runs = Vec::with_capacity(ids.len());
    for id in ids {
        runs.extend(find(&mut *connection, &id).await?);
    }
    Ok(runs)
}

/// Up to `limit` runs that began before `before` (the start and id of another run), newest first.
pub(crate) async fn newest(
    connection: &mut AnyConnection,
    before: Option<&(DateTime<Utc>, String)>,
    limit: i64,
) -> Result<Vec<Run>, CatalogError> {
    // No text of a time begins with a tilde, so everything comes before it.
    let (at, id) = before.map_or(("~".to_owned(), ""), |(at, id)| (moment::to_text(*at), id.as_str()));
    let rows: Vec<RunRow> = sqlx::query_as(
        "SELECT * FROM runs WHERE (started_at, id) < ($1, $2) ORDER BY started_at DESC, id DESC LIMIT $3",
    )
    .bind(&at)
    .bind(id)
    .bind(limit)
    .fetch_all(&mut *connection)
    .await
    .doing("read the runs")?;
    let steps: Vec<StepRow> = sqlx::query_as(
        "SELECT s.* FROM run_steps s JOIN (SELECT id FROM runs WHERE (started_at, id) < ($1, $2) \
         ORDER BY started_at DESC, id DESC LIMIT $3) r ON r.id = s.run ORDER BY s.run, s.position",
    )
    .bind(&at)
    .bind(id)
    .bind(limit)
    .fetch_all(&mut *connection)
    .await
    .doing("read the steps of the runs")?;
    let diagnostics: Vec<DiagnosticRow> = sqlx::query_as(
        "SELECT d.* FROM run_diagnostics d JOIN (SELECT id FROM runs WHERE (started_at, id) < ($1, $2) \
         ORDER BY started_at DESC, id DESC LIMIT $3) r ON r.id = d.run ORDER BY d.run, d.position",
    )
    .bind(&at)
    .bind(id)
    .bind(limit)
    .fetch_all(connection)
    .await
    .doing("read the diagnostics of the runs")?;
    assemble(rows, steps, diagnostics)
}

/// Adds checks to a run; one of the same port, name and column replaces the one before. Tells the outbox of each that
/// failed.
pub(crate) async fn record_checks(
    connection: &mut AnyConnection,
    run: &str,
    checks: &[CheckRecord],
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    for check in checks {
        if check.outcome == CheckOutcome::Failed {
            outbox::add_once(&mut *connection, now, failed(run, check)).await?;
        }
        sqlx::query(
            "INSERT INTO checks (run, port, name, column_name, outcome, failing_rows, message, at, measured, \
             threshold, severity, scanned_bytes, duration_ms, sample) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CAST($9 AS DOUBLE PRECISION), $10, $11, $12, $13, $14) \
             ON CONFLICT (run, port, name, column_name) DO UPDATE SET outcome = excluded.outcome, \
             failing_rows = excluded.failing_rows, message = excluded.message, at = excluded.at, \
             measured = excluded.measured, threshold = excluded.threshold, severity = excluded.severity, \
             scanned_bytes = excluded.scanned_bytes, duration_ms = excluded.duration_ms, sample = excluded.sample",
        )
        .bind(run)
        .bind(check.port.to_string())
        .bind(&check.name)
        .bind(check.column.as_deref().unwrap_or(""))
        .bind(check.outcome.as_str())
        .bind(check.failing_rows.map(signed))
        .bind(&check.message)
        .bind(moment::to_text(check.at))
        .bind(check.measured.map(|measured| measured.to_string()))
        .bind(&check.threshold)
        .bind(check.severity.map(CheckSeverity::as_str))
        .bind(check.scanned_bytes.map(signed))
        .bind(check.duration_ms.map(signed))
        .bind(check.sample.as_ref().map(OffendingRows::to_json))
        .execute(&mut *connection)
        .await
        .doing("record a check")?;
    }
    Ok(())
}

/// A check that failed, without the rows that it found wanting and what it says of them.
fn failed(run: &str, check: &CheckRecord) -> Event {
    let payload = json!({
        "port": check.port,
        "run": run,
        "check": check.name,
        "column": check.column,
        "severity": check.severity.map(CheckSeverity::as_str),
        "failingRows": check.failing_rows,
        "measured": check.measured,
        "threshold": check.threshold,
    });
    Event { kind: "check.failed", subject: check.port.to_string(), payload }
}

/// Takes the rows out of all checks of a port.
pub(crate) async fn forget_samples(connection: &mut AnyConnection, port: &str) -> Result<(), CatalogError> {
    let forgotten = sqlx::query("UPDATE checks SET sample = NULL WHERE port = $1 AND sample IS NOT NULL").bind(port);
    forgotten.execute(connection).await.doing("forget rows that checks showed").map(drop)
}

/// Up to `limit` checks, newest first.
pub(crate) async fn checks(connection: &mut AnyConnection, limit: i64) -> Result<Vec<RunCheck>, CatalogError> {
    let rows: Vec<CheckRow> =
        sqlx::query_as("SELECT * FROM checks ORDER BY at DESC, run DESC, port, name, column_name LIMIT $1")
            .bind(limit)
            .fetch_all(connection)
            .await
            .doing("read the checks")?;
    rows.into_iter().map(CheckRow::read).collect()
}

/// The checks of the run that judged the port last, in order of name.
pub(crate) async fn last_checks(connection: &mut AnyConnection, port: &str) -> Result<Vec<RunCheck>, CatalogError> {
    let rows: Vec<CheckRow> = sqlx::query_as(
        "SELECT * FROM checks WHERE port = $1 AND run = \
         (SELECT run FROM checks WHERE port = $2 ORDER BY at DESC, run DESC LIMIT 1) ORDER BY name, column_name",
    )
    .bind(port)
    .bind(port)
    .fetch_all(connection)
    .await
    .doing("read the checks of a port")?;
    rows.into_iter().map(CheckRow::read).collect()
}

/// The checks that did not hold in the run that judged each of `ports` last, in no order.
pub(crate) async fn last_failed(
    connection: &mut AnyConnection,
    ports: &[String],
) -> Result<Vec<RunCheck>, CatalogError> {
    let each = dialect::each_of(connection, "$2");
    let sql = format!(
        "SELECT * FROM checks WHERE outcome = $1 AND port IN ({each}) AND run = \
         (SELECT last.run FROM checks last WHERE last.port = checks.port ORDER BY last.at DESC, last.run DESC LIMIT 1)"
    );
    let rows: Vec<CheckRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(CheckOutcome::Failed.as_str())
        .bind(json!(ports).to_string())
        .fetch_all(connection)
        .await
        .doing("read the checks of ports")?;
    rows.into_iter().map(CheckRow::read).collect()
}

async fn record_steps(connection: &mut AnyConnection, run: &Run) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM run_steps WHERE run = $1")
        .bind(&run.id)
        .execute(&mut *connection)
        .await
        .doing("record the steps of a run")?;
    for (position, step) in (0_i64..).zip(&run.steps) {
        sqlx::query(
            "INSERT INTO run_steps (run, position, port, change, status, message, rows, table_version, started_at, \
             ended_at, duration_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&run.id)
        .bind(position)
        .bind(step.port.to_string())
        .bind(&step.change)
        .bind(step.status.as_str())
        .bind(&step.message)
        .bind(step.rows.map(signed))
        .bind(step.table_version.map(signed))
        .bind(step.started_at.map(moment::to_text))
        .bind(step.ended_at.map(moment::to_text))
        .bind(step.duration_ms.map(signed))
        .execute(&mut *connection)
        .await
        .doing("record the steps of a run")?;
    }
    Ok(())
}

async fn record_diagnostics(connection: &mut AnyConnection, run: &Run) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM run_diagnostics WHERE run = $1")
        .bind(&run.id)
        .execute(&mut *connection)
        .await
        .doing("record the diagnostics of a run")?;
    for (position, diagnostic) in (0_i64..).zip(&run.diagnostics) {
        sqlx::query(
            "INSERT INTO run_diagnostics (run, position, code, severity, message, file, line, column_no, help, product) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&run.id)
        .bind(position)
        .bind(&diagnostic.code)
        .bind(diagnostic.severity.as_str())
        .bind(&diagnostic.message)
        .bind(&diagnostic.file)
        .bind(i64::from(diagnostic.line))
        .bind(i64::from(diagnostic.column))
        .bind(&diagnostic.help)
        .bind(diagnostic.product.as_ref().map(ToString::to_string))
        .execute(&mut *connection)
        .await
        .doing("record the diagnostics of a run")?;
    }
    Ok(())
}

fn began(run: &Run) -> Event {
    Event { kind: "run.began", subject: run.id.clone(), payload: json!({"run": run.id, "revision": run.revision}) }
}

fn ended(id: &str, revision: &Revision, status: RunStatus) -> Event {
    Event {
        kind: "run.ended",
        subject: id.to_owned(),
        payload: json!({ "run": id, "revision": revision, "status": status }),
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}

/// Gives each run its steps and diagnostics, which come in order of position.
fn assemble(rows: Vec<RunRow>, steps: Vec<StepRow>, diagnostics: Vec<DiagnosticRow>) -> Result<Vec<Run>, CatalogError> {
    let mut runs = rows.into_iter().map(RunRow::read).collect::<Result<Vec<_>, _>>()?;
    let mut places: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (place, run) in runs.iter().enumerate() {
        places.insert(run.id.clone(), place);
    }
    for row in steps {
        if let Some(run) = places.get(&row.run).and_then(|place| runs.get_mut(*place)) {
            run.steps.push(row.read()?);
        }
    }
    for row in diagnostics {
        if let Some(run) = places.get(&row.run).and_then(|place| runs.get_mut(*place)) {
            run.diagnostics.push(row.read()?);
        }
    }
    Ok(runs)
}

#[derive(FromRow)]
struct RunRow {
    id: String,
    revision: String,
    plan: Option<String>,
    status: String,
    started_at: String,
    ended_at: Option<String>,
    author: Option<String>,
    committed_at: Option<String>,
    signature: Option<String>,
}

impl RunRow {
    fn read(self) -> Result<Run, CatalogError> {
        Ok(Run {
            status: RunStatus::parse(&self.status).ok_or_else(|| CatalogError::corrupt("run status", &self.status))?,
            id: self.id,
            revision: Revision::new(self.revision),
            author: self.author,
            committed_at: moment::from_optional(self.committed_at)?,
            signature: self.signature,
            started_at: moment::from_text(&self.started_at)?,
            ended_at: moment::from_optional(self.ended_at)?,
            plan: self.plan,
            diagnostics: Vec::new(),
            steps: Vec::new(),
        })
    }
}

#[derive(FromRow)]
struct StepRow {
    run: String,
    port: String,
    change: String,
    status: String,
    message: Option<String>,
    rows: Option<i64>,
    table_version: Option<i64>,
    started_at: Option<String>,
    ended_at: Option<String>,
    duration_ms: Option<i64>,
}

impl StepRow {
    fn read(self) -> Result<RunStep, CatalogError> {
        Ok(RunStep {
            port: self.port.parse().map_err(|_| CatalogError::corrupt("port name", &self.port))?,
            change: self.change,
            status: StepStatus::parse(&self.status)
                .ok_or_else(|| CatalogError::corrupt("step status", &self.status))?,
            message: self.message,
            rows: unsigned(self.rows),
            table_version: unsigned(self.table_version),
            started_at: moment::from_optional(self.started_at)?,
            ended_at: moment::from_optional(self.ended_at)?,
            duration_ms: unsigned(self.duration_ms),
        })
    }
}

#[derive(FromRow)]
struct DiagnosticRow {
    run: String,
    code: String,
    severity: String,
    message: String,
    file: String,
    line: i64,
    column_no: i64,
    help: Option<String>,
    product: Option<String>,
}

impl DiagnosticRow {
    fn read(self) -> Result<RunDiagnostic, CatalogError> {
        let severity = match self.severity.as_str() {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            "info" => Severity::Info,
            other => return Err(CatalogError::corrupt("severity", other)),
        };
        let product = match self.product {
            Some(text) => Some(text.parse().map_err(|_| CatalogError::corrupt("product name", &text))?),
            None => None,
        };
        Ok(RunDiagnostic {
            code: self.code,
            severity,
            message: self.message,
            file: self.file,
            line: u32::try_from(self.line).unwrap_or_default(),
            column: u32::try_from(self.column_no).unwrap_or_default(),
            help: self.help,
            product,
        })
    }
}

#[derive(FromRow)]
struct CheckRow {
    run: String,
    port: String,
    name: String,
    column_name: String,
    outcome: String,
    failing_rows: Option<i64>,
    message: Option<String>,
    at: String,
    measured: Option<f64>,
    threshold: Option<String>,
    severity: Option<String>,
    scanned_bytes: Option<i64>,
    duration_ms: Option<i64>,
    sample: Option<String>,
}

impl CheckRow {
    fn read(self) -> Result<RunCheck, CatalogError> {
        let check = CheckRecord {
            port: self.port.parse().map_err(|_| CatalogError::corrupt("port name", &self.port))?,
            name: self.name,
            column: Some(self.column_name).filter(|column| !column.is_empty()),
            outcome: CheckOutcome::parse(&self.outcome)
                .ok_or_else(|| CatalogError::corrupt("check outcome", &self.outcome))?,
            failing_rows: unsigned(self.failing_rows),
            message: self.message,
            at: moment::from_text(&self.at)?,
            measured: self.measured,
            threshold: self.threshold,
            severity: self.severity.as_deref().and_then(CheckSeverity::parse),
            scanned_bytes: unsigned(self.scanned_bytes),
            duration_ms: unsigned(self.duration_ms),
            sample: self.sample.as_deref().and_then(OffendingRows::from_json),
        };
        Ok(RunCheck { run: Some(self.run), check })
    }
}
