//! Changes brought into a table by key.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, BooleanArray, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Field, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionContext;
use weft_model::PortRef;
use weft_storage::{FilePatch, TableFile, TableVersion, nullable_schema};

use crate::matches::{Found, Matches};
use crate::namespace::put;
use crate::rewritten::{Held, by, columns_of, read, shaped};
use crate::{Engine, Limits, QueryError, Rewritten, statement};

/// Name of the column that marks rows which take others out.
pub const DELETED: &str = "weft.deleted";

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
        let changes = Changes::of(&held.whole()?, &table.schema)?;
        let context = SessionContext::new_with_state(self.platform_state()?);
        let matches = Matches::find(&context, table, (&changes.rows, key, newest_by)).await?;
        let patched = changes.patches(&matches);
        // Files that are too many for readers become one, as far as they are not written anew already.
        let is_patched = |file: &TableFile| patched.iter().any(|patch| patch.file == *file);
        let crowd: Vec<TableFile> = table.crowded().into_iter().filter(|file| !is_patched(file)).collect();
        let added = changes.without_place(&matches)?;
        let mut rows = Vec::new();
        if added.num_rows() > 0 || !crowd.is_empty() {
            let mut all = context.read_batch(added)?;
            if !crowd.is_empty() {
                let crowded = read(&context, &table.of_files(crowd.clone()))?;
                all = all.union(crowded.select(columns_of(&table.schema))?)?;
            }
            rows.push(shaped(all.sort(by(key))?, &table.schema).await?);
        }
        Ok(Rewritten { without: crowd, patched, rows })
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
}

/// Rows that are to take the places of others, and which of them take a place and leave it empty.
struct Changes {
    rows: RecordBatch,
    deleted: Option<BooleanArray>,
}

impl Changes {
    /// The changes in the shape of the table.
    fn of(changes: &RecordBatch, schema: &SchemaRef) -> Result<Self> {
        let shape = nullable_schema(schema);
        let column = |field: &Arc<Field>| {
            let column = changes.column_by_name(field.name());
            column.cloned().ok_or_else(|| DataFusionError::Plan(format!("changes lack `{}`", field.name())))
        };
        let columns = shape.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
        let deleted = changes.column_by_name(DELETED).and_then(|marks| marks.as_boolean_opt()).cloned();
        Ok(Changes { rows: RecordBatch::try_new(shape, columns)?, deleted })
    }

    fn is_deleted(&self, change: usize) -> bool {
        self.deleted.as_ref().is_some_and(|marks| marks.is_valid(change) && marks.value(change))
    }

    /// What becomes of the rows that are there.
    fn patches(&self, matches: &Matches) -> Vec<FilePatch> {
        let patch = |(file, found): &(TableFile, Vec<Found>)| {
            let newer = found.iter().filter(|found| !matches.is_older(found.change));
            let changed = newer.map(|found| (found.place, (!self.is_deleted(found.change)).then_some(found.change)));
            FilePatch { file: file.clone(), rows: self.rows.clone(), changed: changed.collect() }
        };
        matches.files.iter().map(patch).filter(|patch| !patch.changed.is_empty()).collect()
    }

    /// The rows that take the place of none.
    fn without_place(&self, matches: &Matches) -> Result<RecordBatch> {
        let rows = (0..self.rows.num_rows()).filter(|row| !matches.is_there(*row) && !self.is_deleted(*row));
        let rows = UInt64Array::from_iter_values(rows.map(|row| row as u64));
        Ok(take_record_batch(&self.rows, &rows)?)
    }
}
