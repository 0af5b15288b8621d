//! A stretch of time of a port that is made by intervals, made anew: chunk by chunk, and released once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use uuid::Uuid;
use weft_catalog::{CheckRecord, Run, RunStatus, RunStep, StepStatus};
use weft_model::{Code, Interval, PortRef, PortRelease, Release, TimeRange, Transform};
use weft_storage::{Committed, INTERVAL_MARK, TableVersion, Warehouse};

use crate::ReconcileError;
use crate::apply::{inputs_now, schemas_of};
use crate::build::{Order, Unbuilt};
use crate::controller::Controller;
use crate::increment::{Becomes, Times};
use crate::judge::ContractJudge;

/// How long one chunk is to take about; the next one is made larger or smaller by that.
const CHUNK_TAKES: Duration = Duration::from_secs(60);
/// How many rows the first chunk is to hold about.
const CHUNK_ROWS: u64 = 2_000_000;
/// Most intervals that are made anew in one go.
const INTERVALS_MAX: i64 = 200_000;
/// What stands behind the fingerprint of a table in which a backfill is under way.
const UNDER_WAY: &str = "+backfill";

/// What a backfill came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backfilled {
    /// The whole intervals that were asked for, from the first to the last.
    pub range: TimeRange,
    pub intervals: u64,
    /// Of these, the ones that an earlier attempt had made.
    pub done_before: u64,
    pub commits: u64,
    /// Number of the release that readers see from now on.
    pub release: u64,
    pub table_version: u64,
    pub rows: Option<u64>,
    /// The id of the run that records it.
    pub run: String,
}

/// Why nothing was released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackfillError {
    #[error("`{port}` is not served")]
    NotServed { port: PortRef },

    #[error("`{port}` is of kind `{kind}`, and only a port of kind `by_time` is made by intervals")]
    NotByTime { port: PortRef, kind: &'static str },

    #[error("there is no interval from then to then")]
    Empty,

    #[error("{intervals} intervals are more than {INTERVALS_MAX}: backfill a part of them at a time")]
    TooMany { intervals: i64 },

    /// The chunks before stay in the table, where nobody sees them, and the next attempt goes on from there.
    #[error("{message}")]
    Unbuilt { code: Code, message: String },

    #[error(transparent)]
    Trouble(#[from] ReconcileError),
}

impl BackfillError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            BackfillError::NotServed { .. } => Code::NOT_FOUND,
            BackfillError::NotByTime { .. } | BackfillError::Empty | BackfillError::TooMany { .. } => {
                Code::BACKFILL_INVALID
            }
            BackfillError::Unbuilt { code, .. } => *code,
            BackfillError::Trouble(error) => error.code(),
        }
    }
}

impl From<Unbuilt> for BackfillError {
    fn from(unbuilt: Unbuilt) -> Self {
        BackfillError::Unbuilt { code: unbuilt.code, message: unbuilt.message }
    }
}

/// A backfill while it is under way.
struct Work<'a> {
    order: Order<'a>,
    release: &'a Release,
    served: &'a PortRelease,
    location: String,
    sql: &'a str,
    time: Times<'a>,
}

impl Controller {
    /// Makes the whole intervals of `port` anew that have an instant in `range`, from its inputs as they are released
    /// now, and releases the table once all of them are made.
    ///
    /// Chunks of intervals are commits through the gate of their own. One that breaks off goes on where it was, as long
    /// as no other release of the product came: intervals whose mark is the release in the making are done.
    ///
    /// # Errors
    ///
    /// [`BackfillError`] says why; readers see what they saw before.
    pub async fn backfill(&self, port: &PortRef, range: TimeRange) -> Result<Backfilled, BackfillError> {
        let _alone = self.alone().await?;
        let not_served = || BackfillError::NotServed { port: port.clone() };
        let number = self.next_number(&port.product_ref()).await?;
        let published = self.parts.catalog.published();
        let (release, served) = published.port(port).ok_or_else(not_served)?;
        let output = release.product.output(&port.port).ok_or_else(not_served)?;
        let Transform::ByTime { sql, column, interval, .. } = &output.transform else {
            return Err(BackfillError::NotByTime { port: port.clone(), kind: output.transform.kind() });
        };
        let range = whole(*interval, range)?;
        let location = served.location.clone().unwrap_or_else(|| Warehouse::location_of(port));
        let (fingerprint, environments) = (format!("{}{UNDER_WAY}", served.fingerprint), BTreeMap::new());
        let order = Order {
            revision: &release.revision,
            plan: &release.plan,
            release: number,
            at: self.parts.clock.now(),
            domain: &release.domain,
            environments: &environments,
            product: &release.product,
            output,
            fingerprint: &fingerprint,
            goes_on: None,
            is_promised: true,
            inputs: inputs_now(&release.product, output, &published),
            input_schemas: schemas_of(&release.product, &published),
            listing: None,
            warnings: Mutex::default(),
            lanes: 1,
        };
        let work = Work { order, release, served, location, sql, time: Times::of(column, *interval) };
        self.recorded(&work, port, range).await
    }

    /// The same as a run that is on record from its beginning.
    async fn recorded(&self, work: &Work<'_>, port: &PortRef, range: TimeRange) -> Result<Backfilled, BackfillError> {
        let began = Instant::now();
        let mut run = self.new_run_of(work);
        self.parts.catalog.record_run(&run).await.map_err(ReconcileError::from)?;
        let mut checks = Vec::new();
        let made = self.made(work, port, range, &run.id, &mut checks).await;
        run.ended_at = Some(self.parts.clock.now());
        run.status = if made.is_ok() { RunStatus::Succeeded } else { RunStatus::Failed };
        run.steps = vec![RunStep {
            port: port.clone(),
            change: "backfill".to_owned(),
            status: if made.is_ok() { StepStatus::Succeeded } else { StepStatus::Failed },
            message: made.as_ref().err().map(|error| format!("{} {error}", error.code())),
            rows: made.as_ref().ok().and_then(|made| made.rows),
            table_version: made.as_ref().ok().map(|made| made.table_version),
            started_at: Some(run.started_at),
            ended_at: run.ended_at,
            duration_ms: u64::try_from(began.elapsed().as_millis()).ok(),
        }];
        self.parts.catalog.record_run(&run).await.map_err(ReconcileError::from)?;
        self.parts.catalog.record_checks(&run.id, &checks).await.map_err(ReconcileError::from)?;
        made
    }

    async fn made(
        &self,
        work: &Work<'_>,
        port: &PortRef,
        range: TimeRange,
        run: &str,
        checks: &mut Vec<CheckRecord>,
    ) -> Result<Backfilled, BackfillError> {
        let (mut table, done) = self.base(work).await?;
        let starts = work.time.starts(range);
        let todo: Vec<i64> = starts.iter().copied().filter(|from| !done.contains(from)).collect();
        let mut backfilled = Backfilled {
            range,
            intervals: starts.len() as u64,
            done_before: (starts.len() - todo.len()) as u64,
            commits: 0,
            release: work.order.release,
            table_version: table.version,
            rows: None,
            run: run.to_owned(),
        };
        let (mut rest, mut size) = (todo.as_slice(), first_chunk(&table, starts.len()));
        while !rest.is_empty() {
            let began = Instant::now();
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            table = self.chunk(work, port, &table, chunk, checks).await?;
            backfilled.commits += 1;
            (rest, size) = (after, next_chunk(chunk.len(), began.elapsed()));
            tracing::info!(%port, version = table.version, left = rest.len(), "intervals were made anew");
        }
        (backfilled.table_version, backfilled.rows) = (table.version, table.rows());
        self.publish(released(work, port, &table, self.parts.clock.now())).await?;
        Ok(backfilled)
    }

    /// The version to go on from, and the beginnings of the intervals that are made already.
    async fn base(&self, work: &Work<'_>) -> Result<(Arc<TableVersion>, BTreeSet<i64>), BackfillError> {
        let warehouse = &self.parts.warehouse;
        let newest = warehouse.newest_commit(&work.location).await.map_err(ReconcileError::from)?;
        let is_ours = |commit: &Committed| commit.fingerprint.as_deref() == Some(work.order.fingerprint);
        let (version, done) = match newest.filter(is_ours) {
            Some(commit) => {
                let marks = warehouse.marks(&work.location, commit.version, INTERVAL_MARK).await;
                let made_now = i64::try_from(work.order.release).unwrap_or(i64::MAX);
                let marks = marks.map_err(ReconcileError::from)?.into_iter();
                let done = marks.filter(|(_, release)| *release == made_now).filter_map(|(name, _)| start_of(&name));
                (commit.version, done.collect())
            }
            None => (work.served.table_version.unwrap_or_default(), BTreeSet::new()),
        };
        let table = warehouse.table(&work.location, version).await.map_err(ReconcileError::from)?;
        Ok((table, done))
    }

    /// The intervals that begin at `starts`, in one commit upon `table`.
    async fn chunk(
        &self,
        work: &Work<'_>,
        port: &PortRef,
        table: &Arc<TableVersion>,
        starts: &[i64],
        checks: &mut Vec<CheckRecord>,
    ) -> Result<Arc<TableVersion>, BackfillError> {
        let order = &work.order;
        let ranges = TimeRange::merged(starts.iter().map(|from| work.time.interval.around(*from)));
        let change = match self.remade(order, work.sql, (table, work.time), &ranges).await? {
            Becomes::InPart(change) => change,
            Becomes::Nothing | Becomes::Whole => return Ok(Arc::clone(table)),
        };
        let (engine, clock) = (Arc::clone(&self.parts.engine), Arc::clone(&self.parts.clock));
        let contract = &order.output.contract;
        let beside = self.beside(order, &work.release.ports).await;
        let judge = ContractJudge::new(engine, clock, port.clone(), contract.clone(), beside);
        let judge = Arc::new(judge.of_promised(order.is_promised));
        let written = self.commit_change(order, &work.location, change, &judge).await;
        *checks = judge.take_checks();
        let table = self.parts.warehouse.table(&work.location, written?).await;
        Ok(table.map_err(ReconcileError::from)?)
    }

    fn new_run_of(&self, work: &Work<'_>) -> Run {
        Run {
            id: Uuid::now_v7().to_string(),
            revision: work.release.revision.clone(),
            author: None,
            committed_at: None,
            signature: None,
            started_at: self.parts.clock.now(),
            ended_at: None,
            status: RunStatus::Running,
            plan: None,
            diagnostics: Vec::new(),
            steps: Vec::new(),
        }
    }
}

/// The release that serves `table`, and all else as it is served.
fn released(work: &Work<'_>, port: &PortRef, table: &TableVersion, at: chrono::DateTime<chrono::Utc>) -> Release {
    let mut release = Release { number: work.order.release, at, archived: BTreeMap::new(), ..work.release.clone() };
    // What the other intervals were made from counts on, so that what came since reaches them with the next run.
    let (rows, bytes) = (table.rows(), Some(table.bytes()));
    let served = PortRelease { table_version: Some(table.version), rows, bytes, ..work.served.clone() };
    release.ports.insert(port.port.clone(), served);
    release
}

/// The whole intervals that have an instant in `range`.
fn whole(interval: Interval, range: TimeRange) -> Result<TimeRange, BackfillError> {
    if range.from >= range.to {
        return Err(BackfillError::Empty);
    }
    let whole = interval.whole(range);
    let intervals = whole.to.saturating_sub(whole.from) / interval.milliseconds();
    if intervals > INTERVALS_MAX { Err(BackfillError::TooMany { intervals }) } else { Ok(whole) }
}

/// When the interval begins that a mark is about.
fn start_of(mark: &str) -> Option<i64> {
    let (from, _) = mark.strip_prefix(INTERVAL_MARK)?.split_once('/')?;
    chrono::DateTime::parse_from_rfc3339(from).ok().map(|from| from.timestamp_millis())
}

/// How many intervals the first chunk holds, if all of them had as many rows as the table has in so many.
fn first_chunk(table: &TableVersion, intervals: usize) -> usize {
    let rows = table.rows().unwrap_or(u64::MAX).max(1);
    let share = CHUNK_ROWS.saturating_mul(intervals as u64) / rows;
    usize::try_from(share).unwrap_or(usize::MAX).max(1)
}

/// How many intervals the next chunk holds after one of `intervals` took that long: at most twice as many.
fn next_chunk(intervals: usize, took: Duration) -> usize {
    let share = CHUNK_TAKES.as_secs_f64() / took.as_secs_f64().max(0.001);
    ((intervals as f64 * share.min(2.0)) as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_grow_by_twice_at_most_and_shrink_to_one_interval() {
        assert_eq!(next_chunk(10, Duration::from_secs(60)), 10);
        assert_eq!(next_chunk(10, Duration::from_millis(1)), 20);
        assert_eq!(next_chunk(10, Duration::from_secs(300)), 2);
        assert_eq!(next_chunk(10, Duration::from_secs(6000)), 1);
    }

    #[test]
    fn whole_intervals_are_made_and_too_many_are_not() {
        let day: Interval = "P1D".parse().unwrap();
        let range = |from: i64, to: i64| TimeRange { from, to };
        assert_eq!(whole(day, range(5, 86_400_001)).unwrap(), range(0, 2 * 86_400_000));
        assert!(matches!(whole(day, range(5, 5)), Err(BackfillError::Empty)));
        assert!(matches!(whole(day, range(0, i64::MAX - 1)), Err(BackfillError::TooMany { .. })));
        let mark = format!("{INTERVAL_MARK}{}", range(0, 86_400_000));
        assert_eq!(start_of(&mark), Some(0));
    }
}
