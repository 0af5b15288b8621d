//! What of a table stays and what comes, where a run changes it in part.
//!
//! Runs as the platform over the port's own table alone: its rows go into that table's next version and nowhere
//! else.

use std::sync::Arc;

use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::ScalarValue;
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, SortExpr, cast, ident, lit};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::TryStreamExt;
use weft_model::TimeRange;
use weft_storage::{FilePatch, TableFile, TableVersion, nullable_schema};

use crate::Engine;
use crate::measure::candidate;

/// Most bytes of changes that one run may bring; they are held while the table is compared with them.
const CHANGES_BYTES_MAX: usize = 2 << 30;

/// What a run does to a table: which of its files go, and the rows that come.
pub struct Rewritten {
    pub without: Vec<TableFile>,
    /// Files of which some rows become others.
    pub patched: Vec<FilePatch>,
    pub rows: Vec<SendableRecordBatchStream>,
}

impl std::fmt::Debug for Rewritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (without, patched) = (self.without.len(), self.patched.len());
        f.debug_struct("Rewritten").field("without", &without).field("patched", &patched).finish_non_exhaustive()
    }
}

impl Rewritten {
    pub(crate) fn nothing() -> Self {
        Rewritten { without: Vec::new(), patched: Vec::new(), rows: Vec::new() }
    }
}

impl Engine {
    /// The rows of `files` of the table, to be written to fewer.
    pub async fn gathered(&self, table: &TableVersion, files: Vec<TableFile>) -> Result<Rewritten> {
        if files.is_empty() {
            return Ok(Rewritten::nothing());
        }
        let context = SessionContext::new_with_state(self.platform_state()?);
        let rows = shaped(read(&context, &table.of_files(files.clone()))?, &table.schema).await?;
        Ok(Rewritten { without: files, rows: vec![rows], ..Rewritten::nothing() })
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
            return Ok(Rewritten { without, ..Rewritten::nothing() });
        }
        let context = SessionContext::new_with_state(self.platform_state()?);
        let within = within(&table.schema, column, ranges)?;
        let rest = read(&context, &table.of_files(partly))?.filter(within.is_not_true())?.sort(by(&[column]))?;
        let rows = vec![shaped(rest, &table.schema).await?];
        Ok(Rewritten { without, rows, ..Rewritten::nothing() })
    }
}

/// Changes, held while they are compared.
pub(crate) struct Held {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Held {
    pub(crate) async fn of(mut rows: SendableRecordBatchStream) -> Result<Self> {
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

    pub(crate) fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    pub(crate) fn whole(&self) -> Result<RecordBatch> {
        Ok(concat_batches(&self.schema, &self.batches)?)
    }

    pub(crate) fn table(&self) -> Result<Arc<dyn TableProvider>> {
        Ok(Arc::new(MemTable::try_new(Arc::clone(&self.schema), vec![self.batches.clone()])?))
    }

    pub(crate) fn frame(&self, context: &SessionContext) -> Result<DataFrame> {
        context.read_table(self.table()?)
    }
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

pub(crate) fn columns_of(schema: &SchemaRef) -> Vec<Expr> {
    schema.fields().iter().map(|field| ident(field.name())).collect()
}

pub(crate) fn read(context: &SessionContext, table: &TableVersion) -> Result<DataFrame> {
    context.read_table(candidate(table))
}

/// What `columns` are in each row of a file, in its order, so that rows are known by their places.
pub(crate) async fn in_order(
    context: &SessionContext,
    table: &TableVersion,
    file: &TableFile,
    columns: Vec<Expr>,
) -> Result<SendableRecordBatchStream> {
    let mut state = context.state();
    state.config_mut().options_mut().execution.target_partitions = 1;
    let rows = read(&SessionContext::new_with_state(state), &table.of_files(vec![file.clone()]))?;
    rows.select(columns)?.execute_stream().await
}

pub(crate) fn by(columns: &[&str]) -> Vec<SortExpr> {
    columns.iter().map(|column| ident(*column).sort(true, true)).collect()
}

/// The frame's rows under the very schema of the table, each column of which may be NULL on the way.
pub(crate) async fn shaped(frame: DataFrame, schema: &SchemaRef) -> Result<SendableRecordBatchStream> {
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
