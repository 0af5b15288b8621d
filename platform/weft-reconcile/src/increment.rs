//! A table changed in part: what its inputs gained, brought into what it held.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMillisecondType};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt, TryStreamExt};
use weft_engine::{ContractPlanner, Gained, Reach, Rewritten};
use weft_model::{Code, Interval, PortRef, PortRelease, TimeRange, Transform};
use weft_storage::{ERASURE_MARK, INTERVAL_MARK, Layout, TableChange, TableVersion, arrow_schema, is_unanswered};

use crate::asked::{self, Asked};
use crate::build::{Order, Unbuilt};
use crate::controller::Controller;
use crate::files::takes_files;
use crate::fingerprint::first_input;

/// Most stretches of time that one run makes anew by themselves; where there are more, the table is made whole.
const RANGES_MAX: usize = 400;

/// How a table comes to be up to date.
pub(crate) enum Becomes {
    /// Nothing that it is made from has rows that it has not seen.
    Nothing,
    InPart(TableChange),
    /// It has to be made whole.
    Whole,
}

/// What a changed input means for a port's query.
struct Moved<'a> {
    port: &'a PortRef,
    reach: Reach,
    /// What came and what went; `None` where that cannot be told.
    rows: Option<(Gained, Gained)>,
    /// What came, also where rows were erased from what was there.
    came: Option<Gained>,
}

impl Controller {
    /// What brings the port's table from `served` up to date with its inputs.
    pub(crate) async fn change(&self, order: &Order<'_>, served: &PortRelease) -> Result<Becomes, Unbuilt> {
        let (Some(location), Some(version)) = (&served.location, served.table_version) else {
            return Ok(Becomes::Whole);
        };
        let table = self.parts.warehouse.table(location, version).await?;
        if !table.has_schema(&arrow_schema(&order.output.contract.columns)) {
            return Ok(Becomes::Whole);
        }
        if takes_files(&order.output.transform) {
            return self.taken(order, Some(&table)).await;
        }
        let moved = self.moved(order, served).await?;
        if moved.is_empty() && served.inputs.keys().eq(order.inputs.keys()) {
            return Ok(Becomes::Nothing);
        }
        let rewritten = match &order.output.transform {
            Transform::Append { sql, .. } => return self.appended(order, &moved, sql, &table).await,
            Transform::ByKey { sql, newest_by, .. } => {
                let key = order.output.contract.primary_key();
                let changes = self.ask(order, asked::changes(order.output, sql), gained(order, &moved)).await?;
                self.parts.engine.merge(&table, changes, &key, newest_by.as_deref()).await
            }
            Transform::ByTime { sql, column, interval, lookback, .. } => {
                let time = Times { column, interval: *interval, lookback: *lookback };
                return self.replaced(order, &moved, sql, (&table, time)).await;
            }
            Transform::Scd2 { .. } => return self.history(order, Some(&table)).await,
            Transform::Seed { .. }
            | Transform::Source { .. }
            | Transform::Files { .. }
            | Transform::Full { .. }
            | Transform::View { .. } => {
                return Ok(Becomes::Whole);
            }
        };
        let rewritten = rewritten.map_err(|error| self.unmade(order, &error))?;
        Ok(in_part(version, rewritten))
    }

    /// The state of a table that keeps its history, after the query's answer of now.
    pub(crate) async fn history(&self, order: &Order<'_>, table: Option<&TableVersion>) -> Result<Becomes, Unbuilt> {
        let Transform::Scd2 { sql, key, since, .. } = &order.output.transform else { return Ok(Becomes::Whole) };
        let rows = self.ask(order, asked::whole(order.output, sql), BTreeMap::new()).await?;
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        let (schema, at) = (arrow_schema(&order.output.contract.columns), self.parts.clock.now().timestamp_millis());
        let engine = &self.parts.engine;
        let rewritten = engine.history(table, &schema, rows, (&key, since.as_deref()), at).await;
        let rewritten = rewritten.map_err(|error| self.unmade(order, &error))?;
        Ok(match table {
            Some(table) => in_part(table.version, rewritten),
            None => Becomes::InPart(TableChange { upon: None, ..part(0, rewritten) }),
        })
    }

    /// What the first input gained, through the query.
    async fn appended(
        &self,
        order: &Order<'_>,
        moved: &[Moved<'_>],
        sql: &str,
        table: &TableVersion,
    ) -> Result<Becomes, Unbuilt> {
        let first = first_input(order.product, order.output);
        let Some(moved) = moved.iter().find(|moved| Some(moved.port) == first) else { return Ok(Becomes::Nothing) };
        let Some(came) = &moved.came else {
            let message = format!("what `{}` gained since the last release cannot be told", moved.port);
            return Err(Unbuilt::failed(Code::INPUT_BROKEN, message));
        };
        if came.is_nothing() {
            return Ok(Becomes::Nothing);
        }
        let gained = BTreeMap::from([(moved.port.clone(), came.clone())]);
        let rows = self.ask(order, asked::whole(order.output, sql), gained).await?;
        let rows = some(rows).await.map_err(|error| self.unmade(order, &error))?;
        let Some(rows) = rows else { return Ok(Becomes::Nothing) };
        let crowd = self.parts.engine.gathered(table, table.crowded()).await;
        let crowd = crowd.map_err(|error| self.unmade(order, &error))?;
        let rows = crowd.rows.into_iter().chain([rows]).collect();
        Ok(Becomes::InPart(part(table.version, Rewritten { rows, ..crowd })))
    }

    /// The intervals that changed inputs reach, made anew.
    async fn replaced(
        &self,
        order: &Order<'_>,
        moved: &[Moved<'_>],
        sql: &str,
        (table, time): (&Arc<TableVersion>, Times<'_>),
    ) -> Result<Becomes, Unbuilt> {
        let mut ranges = Vec::new();
        for moved in moved {
            let (Reach::Rows | Reach::Times, Some((came, went))) = (moved.reach, &moved.rows) else {
                return Ok(Becomes::Whole);
            };
            for part in [came, went].into_iter().filter(|part| !part.is_nothing()) {
                ranges.extend(self.intervals_of(order, sql, time, (moved.port, part)).await?);
            }
        }
        let ranges = TimeRange::merged(ranges.into_iter().map(|range| time.looking_back(range)));
        match ranges.len() {
            0 => Ok(Becomes::Nothing),
            1..=RANGES_MAX => self.remade(order, sql, (table, time), &ranges).await,
            _ => Ok(Becomes::Whole),
        }
    }

    /// The rows of `ranges`, in place of those that the table has there.
    pub(crate) async fn remade(
        &self,
        order: &Order<'_>,
        sql: &str,
        (table, time): (&Arc<TableVersion>, Times<'_>),
        ranges: &[TimeRange],
    ) -> Result<Becomes, Unbuilt> {
        let fresh = self.ask(order, asked::within(order.output, sql, time.column, ranges), BTreeMap::new()).await?;
        let outside = self.parts.engine.outside(table, time.column, ranges).await;
        let outside = outside.map_err(|error| self.unmade(order, &error))?;
        let rows = std::iter::once(fresh).chain(outside.rows).collect();
        let change = part(table.version, Rewritten { rows, ..outside });
        let marks = ranges.iter().flat_map(|range| time.marks(*range, order.release)).collect();
        let layout = Layout::Cut { column: time.column.to_owned(), interval: time.interval };
        Ok(Becomes::InPart(TableChange { layout, marks, ..change }))
    }

    /// The intervals of the rows that the query makes of a part of one input.
    async fn intervals_of(
        &self,
        order: &Order<'_>,
        sql: &str,
        time: Times<'_>,
        (port, part): (&PortRef, &Gained),
    ) -> Result<Vec<TimeRange>, Unbuilt> {
        let gained = BTreeMap::from([(port.clone(), part.clone())]);
        let asked = asked::intervals(sql, time.column, time.interval);
        let mut begins = self.answer(order, asked, gained).await?;
        let mut ranges = Vec::new();
        while let Some(batch) = begins.try_next().await.map_err(|error| self.unmade(order, &error))? {
            for column in batch.columns() {
                let instants = cast(column, &DataType::Timestamp(TimeUnit::Millisecond, None));
                let instants = instants.map_err(|error| self.unmade(order, &error.into()))?;
                let instants = instants.as_primitive::<TimestampMillisecondType>().iter().flatten();
                ranges.extend(instants.map(|at| time.interval.around(at)));
            }
        }
        Ok(ranges)
    }

    /// The inputs whose tables are at other versions than those that the port was made from.
    async fn moved<'a>(&self, order: &'a Order<'_>, served: &PortRelease) -> Result<Vec<Moved<'a>>, Unbuilt> {
        let (Some((_, sql)), schemas) = (order.output.transform.sql(), &order.input_schemas) else {
            return Ok(Vec::new());
        };
        let time = match &order.output.transform {
            Transform::ByTime { column, .. } => Some(column.as_str()),
            _ => None,
        };
        let (mut planner, mut moved) = (ContractPlanner::new(), Vec::new());
        for (port, now) in &order.inputs {
            let before = served.inputs.get(port);
            let at = |input: &weft_model::InputRelease| Some((input.location.clone()?, input.table_version?));
            let (was, is) = (before.and_then(at), at(now));
            if was.is_some() && was == is {
                continue;
            }
            let reach = planner.reach(sql, schemas, port, time).unwrap_or(Reach::Anywhere);
            let (rows, came) = match (was, is) {
                (Some(was), Some(is)) => match self.between(&was, &is).await? {
                    Some((came, went)) => (Some((came.clone(), went)), Some(came)),
                    None => (None, self.since_erasures(&was, &is).await?),
                },
                _ => (None, None),
            };
            moved.push(Moved { port, reach, rows, came });
        }
        Ok(moved)
    }

    /// What came and what went between two versions of a table; `None` where rows cannot be compared, or the earlier
    /// one is no longer there, as after an erasure.
    async fn between(&self, before: &(String, u64), now: &(String, u64)) -> Result<Option<(Gained, Gained)>, Unbuilt> {
        let warehouse = &self.parts.warehouse;
        let before = match warehouse.table(&before.0, before.1).await {
            Err(error) if !is_unanswered(&error) => return Ok(None),
            before => before?,
        };
        let now = warehouse.table(&now.0, now.1).await?;
        let (came, went) = (Gained::between(&before, &now), Gained::between(&now, &before));
        let needed = before.files_besides(&now);
        if !needed.is_empty() && !warehouse.has_files(&before.location, &needed).await? {
            return Ok(None);
        }
        Ok((came.is_comparable() && went.is_comparable()).then_some((came, went)))
    }

    /// What came since rows were erased from the earlier of two versions of a table, which brought none; `None` where
    /// none were.
    async fn since_erasures(&self, before: &(String, u64), now: &(String, u64)) -> Result<Option<Gained>, Unbuilt> {
        if before.0 != now.0 {
            return Ok(None);
        }
        let marks = self.parts.warehouse.marks(&now.0, now.1, ERASURE_MARK).await?;
        let left = |version: u64| {
            let left = marks.get(&format!("{ERASURE_MARK}{version}")).and_then(|left| u64::try_from(*left).ok());
            left.filter(|left| *left > version)
        };
        let Some(mut since) = left(before.1) else { return Ok(None) };
        while let Some(later) = left(since) {
            since = later;
        }
        let since = (before.0.clone(), since);
        Ok(self.between(&since, now).await?.map(|(came, _)| came))
    }

    /// The rows of a query in the shape of the table.
    async fn ask(
        &self,
        order: &Order<'_>,
        asked: Asked,
        gained: BTreeMap<PortRef, Gained>,
    ) -> Result<SendableRecordBatchStream, Unbuilt> {
        let rows = self.answer(order, asked, gained).await?;
        order.conform(rows)
    }
}

/// The column that tells of a row's interval.
#[derive(Clone, Copy)]
pub(crate) struct Times<'a> {
    column: &'a str,
    pub(crate) interval: Interval,
    lookback: u32,
}

impl<'a> Times<'a> {
    /// Intervals by `column`, of which each stands by itself.
    pub(crate) fn of(column: &'a str, interval: Interval) -> Self {
        Times { column, interval, lookback: 0 }
    }

    /// The beginnings of the intervals of `range`, which must be whole ones.
    pub(crate) fn starts(self, range: TimeRange) -> Vec<i64> {
        let step = usize::try_from(self.interval.milliseconds()).unwrap_or(usize::MAX);
        (range.from..range.to).step_by(step).collect()
    }

    fn looking_back(self, range: TimeRange) -> TimeRange {
        let back = self.interval.milliseconds().saturating_mul(i64::from(self.lookback));
        TimeRange { from: range.from.saturating_sub(back), to: range.to }
    }

    /// That each interval of `range` was made by `release`.
    fn marks(self, range: TimeRange, release: u64) -> impl Iterator<Item = (String, i64)> {
        let release = i64::try_from(release).unwrap_or(i64::MAX);
        self.starts(range).into_iter().map(move |from| {
            let interval = self.interval.around(from);
            (format!("{INTERVAL_MARK}{interval}"), release)
        })
    }
}

/// The part of the first input that the query may be run over instead of the whole; empty where it must see all.
fn gained(order: &Order<'_>, moved: &[Moved<'_>]) -> BTreeMap<PortRef, Gained> {
    let first = first_input(order.product, order.output);
    match moved {
        [Moved { port, reach: Reach::Rows, rows: Some((came, _)), .. }] if Some(*port) == first => {
            BTreeMap::from([((*port).clone(), came.clone())])
        }
        _ => BTreeMap::new(),
    }
}

/// The same rows; `None` where there is none.
async fn some(mut rows: SendableRecordBatchStream) -> Result<Option<SendableRecordBatchStream>, DataFusionError> {
    while let Some(batch) = rows.try_next().await? {
        if batch.num_rows() > 0 {
            let schema = rows.schema();
            let all = futures::stream::once(futures::future::ready(Ok(batch))).chain(rows);
            return Ok(Some(Box::pin(RecordBatchStreamAdapter::new(schema, all))));
        }
    }
    Ok(None)
}

fn in_part(version: u64, rewritten: Rewritten) -> Becomes {
    match rewritten.without.is_empty() && rewritten.patched.is_empty() && rewritten.rows.is_empty() {
        true => Becomes::Nothing,
        false => Becomes::InPart(part(version, rewritten)),
    }
}

/// The change upon `version` that a rewriting is.
pub(crate) fn part(version: u64, rewritten: Rewritten) -> TableChange {
    let Rewritten { without, patched, rows } = rewritten;
    TableChange { without, patched, rows, ..TableChange::restore(version) }
}
