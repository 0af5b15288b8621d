//! Where in a table the rows lie that changes are for.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, UInt64Array};
use arrow::compute::kernels::cmp::gt;
use arrow::compute::take;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use datafusion::common::{DFSchema, HashMap, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::functions_aggregate::expr_fn::{max, min};
use datafusion::logical_expr::{ident, lit};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use tokio::task::JoinSet;
use weft_storage::{TableFile, TableVersion};

use crate::rewritten::in_order;

/// A row of a file with the key of a change. Both count from 0.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(crate) place: usize,
    pub(crate) change: usize,
}

/// The rows that have the keys of changes.
pub(crate) struct Matches {
    /// Of each file in which there are some: in its order.
    pub(crate) files: Vec<(TableFile, Vec<Found>)>,
    /// Of each change.
    is_there: Vec<bool>,
    is_older: Vec<bool>,
}

impl Matches {
    /// Looks for the rows of `table` with the keys of `changes`, which differ. A change is older than its row where
    /// it is less by `newest_by`.
    pub(crate) async fn find(
        context: &SessionContext,
        table: &TableVersion,
        (changes, key, newest_by): (&RecordBatch, &[&str], Option<&str>),
    ) -> Result<Matches> {
        let keys = Arc::new(Keys::of(changes, key, newest_by)?);
        let most = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (mut looked, mut running) = (Vec::new(), JoinSet::new());
        for file in table.files_where(&span(context, table, changes, key).await?) {
            if running.len() >= most {
                looked.extend(running.join_next().await);
            }
            let rows = in_order(context, table, &file, keys.read.iter().map(ident).collect()).await?;
            let keys = Arc::clone(&keys);
            running.spawn(async move { Ok::<_, DataFusionError>((file, keys.found_in(rows).await?)) });
        }
        while let Some(last) = running.join_next().await {
            looked.push(last);
        }
        let nowhere = vec![false; changes.num_rows()];
        let mut matches = Matches { files: Vec::new(), is_there: nowhere.clone(), is_older: nowhere };
        for looked in looked {
            let (file, in_file) = looked.map_err(|error| DataFusionError::External(error.into()))??;
            mark(&mut matches.is_there, in_file.found.iter().map(|found| found.change));
            mark(&mut matches.is_older, in_file.older.into_iter());
            if !in_file.found.is_empty() {
                matches.files.push((file, in_file.found));
            }
        }
        Ok(matches)
    }

    /// Whether the table has a row with the key of this change.
    pub(crate) fn is_there(&self, change: usize) -> bool {
        self.is_there.get(change).copied().unwrap_or_default()
    }

    /// Whether that row is newer than the change.
    pub(crate) fn is_older(&self, change: usize) -> bool {
        self.is_older.get(change).copied().unwrap_or_default()
    }
}

fn mark(of_changes: &mut [bool], changes: impl Iterator<Item = usize>) {
    for change in changes {
        of_changes.get_mut(change).into_iter().for_each(|mark| *mark = true);
    }
}

/// The keys of changes, to be looked up.
struct Keys {
    converter: RowConverter,
    changes: HashMap<Box<[u8]>, usize>,
    /// By what the newest of two rows is known.
    newest_by: Option<ArrayRef>,
    /// The columns to read: those of the key, then that one.
    read: Vec<String>,
    width: usize,
}

/// What was found in one file.
#[derive(Default)]
struct InFile {
    found: Vec<Found>,
    older: Vec<usize>,
}

impl Keys {
    fn of(changes: &RecordBatch, key: &[&str], newest_by: Option<&str>) -> Result<Self> {
        let column = |name: &&str| {
            let column = changes.column_by_name(name).cloned();
            column.ok_or_else(|| DataFusionError::Plan(format!("changes lack `{name}`")))
        };
        let columns = key.iter().map(column).collect::<Result<Vec<ArrayRef>>>()?;
        let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
        let converter = RowConverter::new(fields)?;
        let rows = converter.convert_columns(&columns)?;
        let changes = rows.iter().enumerate().map(|(change, row)| (Box::from(row.as_ref()), change)).collect();
        let newest = newest_by.as_ref().map(column).transpose()?;
        let read = key.iter().chain(&newest_by).map(|name| (*name).to_owned()).collect();
        Ok(Keys { converter, changes, newest_by: newest, read, width: key.len() })
    }

    /// Goes through the rows of a file in their order.
    async fn found_in(&self, mut rows: SendableRecordBatchStream) -> Result<InFile> {
        let (mut in_file, mut first) = (InFile::default(), 0);
        while let Some(batch) = rows.try_next().await? {
            let keys = self.converter.convert_columns(batch.columns().get(..self.width).unwrap_or_default())?;
            let change = |(place, row): (usize, arrow::row::Row<'_>)| {
                self.changes.get(row.as_ref()).map(|change| Found { place, change: *change })
            };
            let found: Vec<Found> = keys.iter().enumerate().filter_map(change).collect();
            in_file.older.extend(self.older(&batch, &found)?);
            in_file.found.extend(found.into_iter().map(|found| Found { place: first + found.place, ..found }));
            first += batch.num_rows();
        }
        Ok(in_file)
    }

    /// The changes that are older than the rows found for them.
    fn older(&self, batch: &RecordBatch, found: &[Found]) -> Result<Vec<usize>> {
        let (Some(new), Some(old)) = (&self.newest_by, batch.columns().get(self.width)) else { return Ok(Vec::new()) };
        let of = |numbers: Vec<usize>| UInt64Array::from_iter_values(numbers.into_iter().map(|number| number as u64));
        let old = take(old, &of(found.iter().map(|found| found.place).collect()), None)?;
        let new = take(new, &of(found.iter().map(|found| found.change).collect()), None)?;
        let is_older = gt(&old, &new)?;
        let older = found.iter().zip(is_older.iter()).filter(|(_, is_older)| *is_older == Some(true));
        Ok(older.map(|(found, _)| found.change).collect())
    }
}

/// That the first column of a key lies between those of the changes: by it most files are left out.
async fn span(
    context: &SessionContext,
    table: &TableVersion,
    changes: &RecordBatch,
    key: &[&str],
) -> Result<Arc<dyn PhysicalExpr>> {
    let Some(first) = key.first() else { return context.state().create_physical_expr(lit(true), &DFSchema::empty()) };
    let ends = vec![min(ident(*first)).alias("least"), max(ident(*first)).alias("greatest")];
    let ends = context.read_batch(changes.clone())?.aggregate(Vec::new(), ends)?.collect().await?;
    let end = |column: usize| ends.first().map(|batch| ScalarValue::try_from_array(batch.column(column), 0));
    let lies_there = match (end(0).transpose()?, end(1).transpose()?) {
        (Some(least), Some(greatest)) => ident(*first).between(lit(least), lit(greatest)),
        _ => lit(true),
    };
    context.state().create_physical_expr(lies_there, &DFSchema::try_from(Arc::clone(&table.schema))?)
}
