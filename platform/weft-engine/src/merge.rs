//! What of a table stays and what takes its place, where a run changes it in part.
//!
//! Runs as the platform over the port's own table alone: its rows go into that table's next version and nowhere
//! else.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::{MemoryCatalogProviderList, TableProvider};
use datafusion::common::{JoinType, ScalarValue};
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, SessionState, SessionStateBuilder};
use datafusion::functions_aggregate::expr_fn::{max, min};
use datafusion::logical_expr::{Expr, SortExpr, cast, ident, lit};
use datafusion::physical_plan::execute_stream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::{DataFrame, SessionContext, when};
use futures::TryStreamExt;
use weft_model::{PortRef, TimeRange, VALIDITY};
use weft_storage::{TableFile, TableVersion, nullable_schema};

use crate::measure::candidate;
use crate::namespace::put;
use crate::{Engine, Limits, QueryError, statement};

/// Name of the column that marks rows which take others out.
pub const DELETED: &str = "weft.deleted";

/// Most bytes of changes that one run may bring; they are held while the table is compared with them.
const CHANGES_BYTES_MAX: usize = 2 << 30;

/// What a run does to a table: which of its files go, and the rows that come.
pub struct Rewritten {
    pub without: Vec<TableFile>,
    pub rows: Vec<SendableRecordBatchStream>,
}

impl std::fmt::Debug for Rewritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rewritten").field("without", &self.without.len()).finish_non_exhaustive()
    }
}

impl Rewritten {
    fn nothing() -> Self {
        Rewritten { without: Vec::new(), rows: Vec::new() }
    }
}

impl Engine {
    /// Puts `changes` into `table` by `key`: each takes the place of the row with its key, unless that row is newer
    /// by `newest_by`. A change with [`DELETED`] true takes the row out and leaves none.
    ///
    /// `changes` have the table's columns, and [`DELETED`] where rows can be taken out; their keys differ. Files in
    /// which no key of a change lies are not touched.
    ///
    /// # Errors
    ///
    /// As rows or files give them, and where the changes are more than can be held.
    pub async fn merge(
        &self,
        table: &TableVersion,
        changes: SendableRecordBatchStream,
        key: &[&str],
        newest_by: Option<&str>,
    ) -> Result<Rewritten> {
        let held = Held::of(changes).await?;
        if held.rows() == 0 {
            return Ok(Rewritten::nothing());
        }
        let context = SessionContext::new_with_state(one_stream(self.platform_state()?));
        let matched = held.matched(&context, table, key).await?;
        let touched: Vec<TableFile> = matched.iter().map(|matched| matched.file.clone()).collect();
        let mut changes = held.frame(&context)?;
        if let Some(newest_by) = newest_by {
            let old = read(&context, &table.of_files(touched.clone()))?.alias("old")?;
            let is_older = same(key).chain([of("old", newest_by).gt(of("new", newest_by))]);
            let older = changes.clone().alias("new")?.join_on(old, JoinType::LeftSemi, is_older)?;
            changes = apart_from(changes, older, key)?;
        }
        let changes = changes.cache().await?;
        let mut rows = Vec::new();
        for file in &touched {
            let old = read(&context, &table.of_files(vec![file.clone()]))?;
            let updated = updated(changes.clone(), old, &table.schema, key, held.marks_deleted())?;
            rows.push(shaped(updated, &table.schema).await?);
        }
        // Files that are too many for readers become one, as far as they are not written anew already.
        let mut without = touched;
        let crowd: Vec<TableFile> = table.crowded().into_iter().filter(|file| !without.contains(file)).collect();
        let mut added = changes;
        for matched in matched {
            added = apart_from(added, matched.keys(&context)?, key)?;
        }
        if held.marks_deleted() {
            added = added.filter(ident(DELETED).is_not_true())?;
        }
        added = added.select(columns_of(&table.schema))?;
        if !crowd.is_empty() {
            let crowded = read(&context, &table.of_files(crowd.clone()))?;
            added = added.union(crowded.select(columns_of(&table.schema))?)?;
            without.extend(crowd);
        }
        rows.push(shaped(added.sort(by(key))?, &table.schema).await?);
        Ok(Rewritten { without, rows })
    }

    /// The rows of `files` of the table, to be written to fewer.
    pub async fn gathered(&self, table: &TableVersion, files: Vec<TableFile>) -> Result<Rewritten> {
        if files.is_empty() {
            return Ok(Rewritten::nothing());
        }
        let context = SessionContext::new_with_state(self.platform_state()?);
        let rows = shaped(read(&context, &table.of_files(files.clone()))?, &table.schema).await?;
        Ok(Rewritten { without: files, rows: vec![rows] })
    }

    /// What `sql` makes of `rows`, which it calls `name`; it reads nothing else.
    ///
    /// # Errors
    ///
    /// As rows give them, where they are more than can be held, and where the query cannot be planned.
    pub async fn rearranged(
        &self,
        rows: SendableRecordBatchStream,
        name: &PortRef,
        sql: &str,
    ) -> Result<SendableRecordBatchStream> {
        let held = Held::of(rows).await?;
        let limits = Limits::for_transforms();
        let refused = |error: QueryError| DataFusionError::External(Box::new(error));
        let query = statement::parse(sql, &limits).map_err(refused)?;
        let base = self.platform_state().map_err(refused)?;
        let catalogs = MemoryCatalogProviderList::new();
        for table in statement::tables_of(&base, &query).map_err(refused)? {
            if table.parse::<PortRef>().ok().as_ref() != Some(name) {
                return Err(refused(QueryError::UnknownTable { table }));
            }
            put(&catalogs, name, held.table()?)?;
        }
        let mut state = SessionStateBuilder::new_from_existing(base).with_catalog_list(Arc::new(catalogs)).build();
        let plan = statement::logical_plan(&state, query).await.map_err(refused)?;
        let physical = statement::physical_plan(&mut state, &plan, &limits).await.map_err(refused)?;
        execute_stream(physical, state.task_ctx())
    }

    /// What of `table` lies outside of `ranges` by `column`, in files that also hold rows within; those files and the
    /// ones that lie within as a whole are to go.
    pub async fn outside(&self, table: &TableVersion, column: &str, ranges: &[TimeRange]) -> Result<Rewritten> {
        let (mut without, mut partly) = (Vec::new(), Vec::new());
        for file in &table.files {
            match file.times(column) {
                Some(file) if !ranges.iter().any(|range| range.overlaps(file)) => continue,
                Some(file) if ranges.iter().any(|range| range.from <= file.from && file.to <= range.to) => {}
                _ => partly.push(file.clone()),
            }
            without.push(file.clone());
        }
        if partly.is_empty() {
            return Ok(Rewritten { without, rows: Vec::new() });
        }
        let context = SessionContext::new_with_state(self.platform_state()?);
        let within = within(&table.schema, column, ranges)?;
        let rest = read(&context, &table.of_files(partly))?.filter(within.is_not_true())?.sort(by(&[column]))?;
        Ok(Rewritten { without, rows: vec![shaped(rest, &table.schema).await?] })
    }

    /// Brings a table that keeps its history to the state `now`, whose rows have the table's columns without
    /// [`VALIDITY`]: what is no longer so is closed, what is new is opened, since `since` (a column of it) or else
    /// since `at`, in milliseconds since 1970-01-01 UTC.
    pub async fn history(
        &self,
        table: Option<&TableVersion>,
        schema: &SchemaRef,
        now: SendableRecordBatchStream,
        (key, since): (&[&str], Option<&str>),
        at: i64,
    ) -> Result<Rewritten> {
        let held = Held::of(now).await?;
        let context = SessionContext::new_with_state(self.platform_state()?);
        let [from, to] = VALIDITY;
        let kind = |name: &str| schema.field_with_name(name).map(|field| field.data_type().clone());
        let instant = |name: &str| -> Result<Expr> {
            Ok(cast(lit(ScalarValue::TimestampMillisecond(Some(at), None)), kind(name)?))
        };
        let begins = match since {
            Some(since) => cast(ident(since), kind(from)?),
            None => instant(from)?,
        };
        let states: Vec<&str> = states_names(schema).collect();
        let opened_as = |frame: DataFrame| -> Result<DataFrame> {
            let null = lit(ScalarValue::try_from(&kind(to)?)?);
            let all = states.iter().map(|name| ident(*name)).chain([begins.clone().alias(from), null.alias(to)]);
            frame.select(all.collect::<Vec<_>>())?.select(columns_of(schema))
        };
        let now = held.frame(&context)?;
        let Some(table) = table else {
            let opened = opened_as(now)?.sort(by(key))?;
            return Ok(Rewritten { without: Vec::new(), rows: vec![shaped(opened, schema).await?] });
        };
        let open_files: Vec<TableFile> = table.files.iter().filter(|file| file.nulls(to) != Some(0)).cloned().collect();
        let stored = read(&context, &table.of_files(open_files.clone()))?;
        let current = stored.clone().filter(ident(to).is_null())?;
        // A row is the same where all that it says is the same, NULL being NULL.
        let is_same: Vec<Expr> = states.iter().map(|name| not_distinct(of("old", name), of("new", name))).collect();
        let opened =
            now.clone().alias("new")?.join_on(current.clone().alias("old")?, JoinType::LeftAnti, is_same.clone())?;
        let gone = current.clone().alias("old")?.join_on(now.clone().alias("new")?, JoinType::LeftAnti, is_same)?;
        if gone.clone().limit(0, Some(1))?.count().await? == 0 && opened.clone().limit(0, Some(1))?.count().await? == 0
        {
            return Ok(Rewritten::nothing());
        }
        let opened = opened_as(opened)?;
        // The end of what went is the beginning of what came in its place, else this run.
        let beginnings = opened.clone().select(
            key.iter()
                .map(|k| ident(*k).alias(format!("weft.{k}")))
                .chain([ident(from).alias("weft.from")])
                .collect::<Vec<_>>(),
        )?;
        let on: Vec<Expr> = key.iter().map(|k| of("old", k).eq(ident(format!("weft.{k}")))).collect();
        let closed = gone.join_on(beginnings, JoinType::Left, on)?;
        let ending = datafusion::functions::expr_fn::coalesce(vec![ident("weft.from"), instant(from)?]);
        let columns = schema.fields().iter().map(|field| match field.name() == to {
            true => Ok(cast(ending.clone(), kind(to)?).alias(to)),
            false => Ok(of("old", field.name()).alias(field.name())),
        });
        let closed = closed.select(columns.collect::<Result<Vec<_>>>()?)?;
        let keyed: Vec<&str> = key.iter().copied().chain([from]).collect();
        let untouched = apart_from(stored, closed.clone(), &keyed)?;
        let all = untouched.select(columns_of(schema))?.union(closed)?.union(opened)?.sort(by(&keyed))?;
        Ok(Rewritten { without: open_files, rows: vec![shaped(all, schema).await?] })
    }
}

/// Changes, held while they are compared.
struct Held {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Held {
    async fn of(mut rows: SendableRecordBatchStream) -> Result<Self> {
        let schema = rows.schema();
        let (mut batches, mut bytes) = (Vec::new(), 0_usize);
        while let Some(batch) = rows.try_next().await? {
            bytes = bytes.saturating_add(batch.get_array_memory_size());
            if bytes > CHANGES_BYTES_MAX {
                let limit = CHANGES_BYTES_MAX >> 20;
                let problem =
                    format!("one run changes more than {limit} MiB of rows: let it run more often, or use `full`");
                return Err(DataFusionError::ResourcesExhausted(problem));
            }
            if batch.num_rows() > 0 {
                batches.push(batch);
            }
        }
        Ok(Held { schema, batches })
    }

    fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn marks_deleted(&self) -> bool {
        self.schema.field_with_name(DELETED).is_ok()
    }

    fn table(&self) -> Result<Arc<dyn TableProvider>> {
        Ok(Arc::new(MemTable::try_new(Arc::clone(&self.schema), vec![self.batches.clone()])?))
    }

    fn frame(&self, context: &SessionContext) -> Result<DataFrame> {
        context.read_table(self.table()?)
    }

    /// The files of `table` that hold a row with the key of a change, each with the keys that it holds.
    async fn matched(&self, context: &SessionContext, table: &TableVersion, key: &[&str]) -> Result<Vec<Matched>> {
        let mut matched = Vec::new();
        let keys = self.frame(context)?.select(named(key))?;
        let schema = Arc::new(keys.schema().as_arrow().clone());
        let may_match = self.span(context, key).await?;
        for file in &table.files {
            let rows = read(context, &table.of_files(vec![file.clone()]))?.filter(may_match.clone())?;
            let rows = rows.select(named(key))?.alias("old")?;
            let found = keys.clone().alias("new")?.join_on(rows, JoinType::LeftSemi, same(key))?.collect().await?;
            if found.iter().any(|batch| batch.num_rows() > 0) {
                matched.push(Matched { file: file.clone(), schema: Arc::clone(&schema), keys: found });
            }
        }
        Ok(matched)
    }

    /// The condition that the first column of a key lies between those of the changes: by it most files are left out.
    async fn span(&self, context: &SessionContext, key: &[&str]) -> Result<Expr> {
        let Some(first) = key.first() else { return Ok(lit(true)) };
        let ends = vec![min(ident(*first)).alias("least"), max(ident(*first)).alias("greatest")];
        let ends = self.frame(context)?.aggregate(Vec::new(), ends)?.collect().await?;
        let end = |column: usize| ends.first().map(|batch| ScalarValue::try_from_array(batch.column(column), 0));
        Ok(match (end(0).transpose()?, end(1).transpose()?) {
            (Some(least), Some(greatest)) => ident(*first).between(lit(least), lit(greatest)),
            _ => lit(true),
        })
    }
}

/// A file, and the keys of changes that it holds.
struct Matched {
    file: TableFile,
    schema: SchemaRef,
    keys: Vec<RecordBatch>,
}

impl Matched {
    fn keys(self, context: &SessionContext) -> Result<DataFrame> {
        context.read_table(Arc::new(MemTable::try_new(self.schema, vec![self.keys])?))
    }
}

/// The rows of `old` in their order, with those that `changes` have a row for in its form, or without them where that
/// marks them as gone.
fn updated(changes: DataFrame, old: DataFrame, schema: &SchemaRef, key: &[&str], marks: bool) -> Result<DataFrame> {
    let mut joined = changes.alias("new")?.join_on(old.alias("old")?, JoinType::Right, same(key))?;
    if marks {
        joined = joined.filter(of("new", DELETED).is_not_true())?;
    }
    let has_change = || key.first().map_or(lit(false), |first| of("new", first).is_not_null());
    let columns = schema.fields().iter().map(|field| {
        let name = field.name();
        Ok(when(has_change(), of("new", name)).otherwise(of("old", name))?.alias(name))
    });
    joined.select(columns.collect::<Result<Vec<Expr>>>()?)
}

/// Plans that keep the order of their rows: of joins the larger side comes second, and is walked through once.
fn one_stream(state: SessionState) -> SessionState {
    let config = state.config().clone().with_target_partitions(1);
    let config = config.set_bool("datafusion.optimizer.join_reordering", false);
    SessionStateBuilder::new_from_existing(state).with_config(config).build()
}

fn columns_of(schema: &SchemaRef) -> Vec<Expr> {
    schema.fields().iter().map(|field| ident(field.name())).collect()
}

fn named(columns: &[&str]) -> Vec<Expr> {
    columns.iter().map(|column| ident(*column)).collect()
}

/// The condition that a row of `schema` lies within one of `ranges` by `column`.
fn within(schema: &SchemaRef, column: &str, ranges: &[TimeRange]) -> Result<Expr> {
    let kind = schema.field_with_name(column)?.data_type().clone();
    let instant =
        |at: i64| -> Result<Expr> { Ok(lit(ScalarValue::TimestampMillisecond(Some(at), None).cast_to(&kind)?)) };
    let mut any = lit(false);
    for range in ranges {
        // Dates begin at midnight: those from the first within to the last before the end.
        any = any.or(ident(column).gt_eq(instant(range.from)?).and(ident(column).lt(instant(range.to)?)));
    }
    Ok(any)
}

fn read(context: &SessionContext, table: &TableVersion) -> Result<DataFrame> {
    context.read_table(candidate(table))
}

fn of(side: &str, column: &str) -> Expr {
    Expr::Column(datafusion::common::Column::new(Some(side), column))
}

/// That two rows have the same key.
fn same<'a>(key: &'a [&'a str]) -> impl Iterator<Item = Expr> + 'a {
    key.iter().map(|column| of("old", column).eq(of("new", column)))
}

fn not_distinct(one: Expr, other: Expr) -> Expr {
    datafusion::logical_expr::binary_expr(one, datafusion::logical_expr::Operator::IsNotDistinctFrom, other)
}

/// The rows of `all` that have no key of `others`.
fn apart_from(all: DataFrame, others: DataFrame, key: &[&str]) -> Result<DataFrame> {
    let keys = others.select(named(key))?;
    all.alias("old")?.join_on(keys.alias("new")?, JoinType::LeftAnti, same(key))
}

fn by(columns: &[&str]) -> Vec<SortExpr> {
    columns.iter().map(|column| ident(*column).sort(true, true)).collect()
}

fn states_names(schema: &SchemaRef) -> impl Iterator<Item = &str> {
    schema.fields().iter().map(|field| field.name().as_str()).filter(|name| !VALIDITY.contains(name))
}

/// The frame's rows under the very schema of the table, each column of which may be NULL on the way.
async fn shaped(frame: DataFrame, schema: &SchemaRef) -> Result<SendableRecordBatchStream> {
    let schema = nullable_schema(schema);
    let columns: Vec<Expr> = schema
        .fields()
        .iter()
        .map(|field| cast(ident(field.name()), field.data_type().clone()).alias(field.name()))
        .collect();
    let rows = frame.select(columns)?.execute_stream().await?;
    let of = Arc::clone(&schema);
    let named = rows.and_then(move |batch| {
        let batch = RecordBatch::try_new(Arc::clone(&of), batch.columns().to_vec()).map_err(DataFusionError::from);
        futures::future::ready(batch)
    });
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, named)))
}
