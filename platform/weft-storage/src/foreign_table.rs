//! A Delta table that somebody else wrote: all of its rows, as the protocol says that they are read.

mod adapted;
mod constant;
mod footers;
mod places;
mod reshaped;
mod vector;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use chrono::DateTime;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::context::SessionState;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use deltalake::kernel::{EagerSnapshot, LogicalFileView};
use deltalake::logstore::{StorageConfig, default_logstore};
use object_store::prefix::PrefixStore;
use object_store::{ObjectMeta, ObjectStore};
use url::Url;

use crate::StorageError;
use crate::foreign_table::adapted::Adapted;
use crate::foreign_table::footers::CheckedFooters;
use crate::foreign_table::places::{Place, Places};
use crate::foreign_table::reshaped::{Mapping, bare};
use crate::kept::Kept;
use crate::kept_source::KeptSource;
use crate::scan::dealt_out;
use crate::table::rows_in;

/// What of the protocol a reader must know and this one does. What only writers must know is no matter here.
const KNOWN: [&str; 7] = [
    "columnMapping",
    "deletionVectors",
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
];

/// The newest version of the table that lies at `url`, which is `path` in `store`. Other stores that its log names are
/// opened by `open`.
///
/// # Errors
///
/// [`StorageError::Table`] for a log that cannot be read, [`StorageError::Foreign`] for a table that it tells of and that
/// cannot be read right.
pub(crate) async fn foreign_table(
    state: &SessionState,
    url: &Url,
    store: Arc<dyn ObjectStore>,
    path: object_store::path::Path,
    open: impl Fn(&Url) -> std::result::Result<Arc<dyn ObjectStore>, StorageError>,
) -> std::result::Result<Arc<dyn TableProvider>, StorageError> {
    let failed = |error: deltalake::DeltaTableError| StorageError::table(url.as_str(), error);
    let prefixed = Arc::new(PrefixStore::new(Arc::clone(&store), path.clone()));
    let log = default_logstore(prefixed, Arc::clone(&store), url, &StorageConfig::default());
    let snapshot = match EagerSnapshot::try_new(log.as_ref(), None).await {
        Ok(snapshot) => snapshot,
        Err(error) => return Err(StorageError::of_log(url.as_str(), error, store.as_ref(), &path).await),
    };
    let columns = Columns::of(&snapshot).map_err(|problem| unfit(url, problem))?;
    let mut places = Places::new(url, &path, store);
    let mut files = Vec::new();
    for file in snapshot.try_log_data().map_err(failed)?.iter() {
        let told = |problem| unfit(url, format!("data file `{}`: {problem}", file.path()));
        let place = places.of(&file.path(), &open).map_err(told)?;
        let rows = vector::rows_left(&file, rows_in(&file.stats().unwrap_or_default()), &mut places, &open).await;
        let rows = rows.map_err(told)?;
        files.push(columns.file(&file, place, rows).map_err(told)?);
    }
    places.register_in(state.runtime_env());
    Ok(Arc::new(ForeignTable { columns, files }))
}

fn unfit(url: &Url, problem: String) -> StorageError {
    StorageError::Foreign { location: url.to_string(), problem }
}

/// The columns of a table, those of its files before those that its partitions stand for.
#[derive(Debug)]
struct Columns {
    /// As the table offers them.
    schema: SchemaRef,
    /// Where each of them is in `table`.
    places: Vec<usize>,
    table: TableSchema,
    /// Of each partition column, the name that the log calls it by.
    keys: Vec<String>,
    adapted: Arc<Adapted>,
}

impl Columns {
    fn of(snapshot: &EagerSnapshot) -> std::result::Result<Self, String> {
        let protocol = snapshot.protocol();
        let features = protocol.reader_features().unwrap_or_default();
        if let Some(unknown) = features.iter().map(ToString::to_string).find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(format!("it uses the feature `{unknown}`, which is not supported here"));
        }
        let may_map = protocol.min_reader_version() == 2 || features.iter().any(|f| f.to_string() == "columnMapping");
        let mode = snapshot.metadata().configuration().get("delta.columnMapping.mode").filter(|_| may_map);
        let mapping = match mode.map_or("none", String::as_str) {
            "none" => Mapping::Name,
            "name" => Mapping::PhysicalName,
            "id" => Mapping::Id,
            other => return Err(format!("its columns are mapped by `{other}`, which is not supported here")),
        };
        let schema = snapshot.arrow_schema();
        let partitions = snapshot.metadata().partition_columns();
        let is_partition = |field: &&Arc<Field>| partitions.contains(field.name());
        let (of_partitions, of_files): (Vec<_>, Vec<_>) = schema.fields().iter().partition(is_partition);
        let keys = of_partitions.iter().map(|field| mapping.key_of(field).to_owned()).collect();
        let declared = Schema::new(of_files.iter().map(|field| field.as_ref().clone()).collect::<Vec<_>>());
        // Never equal to the schema of a file, so that none is taken to be laid out as the table is.
        let marked = HashMap::from([("delta".to_owned(), mode.map_or("none", String::as_str).to_owned())]);
        let files = Schema::new_with_metadata(bare(declared.fields()), marked);
        let partitions = bare(&of_partitions.into_iter().cloned().collect());
        let table = TableSchema::builder(Arc::new(files)).with_table_partition_cols(partitions).build();
        let all = table.table_schema();
        let place = |field: &Arc<Field>| all.index_of(field.name()).map_err(|error| error.to_string());
        let places = schema.fields().iter().map(place).collect::<std::result::Result<Vec<_>, _>>()?;
        let schema = all.project(&places).map_err(|error| error.to_string())?;
        let adapted = Arc::new(Adapted { mapping, declared: Arc::new(declared) });
        Ok(Columns { schema: Arc::new(schema), places, table, keys, adapted })
    }

    fn file(
        &self,
        file: &LogicalFileView,
        place: Place,
        rows: Option<ParquetRowSelection>,
    ) -> std::result::Result<(ObjectStoreUrl, PartitionedFile), String> {
        let size = u64::try_from(file.size()).map_err(|_| "its size is negative".to_owned())?;
        let object =
            ObjectMeta { location: place.path, last_modified: DateTime::UNIX_EPOCH, size, e_tag: None, version: None };
        let mut part = PartitionedFile::from(object);
        let told = file.partition_values_map();
        let values = self.keys.iter().zip(self.table.table_partition_cols()).map(|(key, column)| {
            let text = told.get(key).ok_or_else(|| format!("it has no value for the partition column `{key}`"))?;
            constant::value(text.as_deref(), column.data_type()).ok_or_else(|| {
                format!("its value of the partition column `{}` is no {}", column.name(), column.data_type())
            })
        });
        part.partition_values = values.collect::<std::result::Result<Vec<ScalarValue>, String>>()?;
        if let Some(rows) = rows {
            part = part.with_extension(rows);
        }
        Ok((place.store, part))
    }
}

#[derive(Debug)]
struct ForeignTable {
    columns: Columns,
    files: Vec<(ObjectStoreUrl, PartitionedFile)>,
}

#[async_trait]
impl TableProvider for ForeignTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.columns.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Filters are for whoever asks; only what is said of the columns in the log is known here.
    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let everywhere = || (0..self.columns.places.len()).collect();
        let wanted: Vec<usize> = projection.cloned().unwrap_or_else(everywhere);
        let wanted: Vec<usize> = wanted.iter().filter_map(|place| self.columns.places.get(*place)).copied().collect();
        let mut of_stores: Vec<(&ObjectStoreUrl, Vec<PartitionedFile>)> = Vec::new();
        for (store, file) in &self.files {
            match of_stores.iter_mut().find(|(known, _)| *known == store) {
                Some((_, files)) => files.push(file.clone()),
                None => of_stores.push((store, vec![file.clone()])),
            }
        }
        if of_stores.is_empty() {
            let schema = self.columns.table.table_schema().project(&wanted)?;
            return Ok(Arc::new(EmptyExec::new(Arc::new(schema))));
        }
        let partitions = state.config().target_partitions();
        let mut options = state.table_options().parquet.clone();
        // The old form of instants reaches further than nanoseconds do.
        options.global.coerce_int96 = Some("us".to_owned());
        let scans = of_stores.into_iter().map(|(store, files)| {
            let source = ParquetSource::new(self.columns.table.clone()).with_table_parquet_options(options.clone());
            let objects = state.runtime_env().object_store(store)?;
            let readers = Arc::new(CheckedFooters::over(objects));
            // Read once, and so nothing is kept.
            let source = KeptSource::new(source, readers, Kept::new(0));
            let config = FileScanConfigBuilder::new(store.clone(), Arc::new(source))
                .with_file_groups(dealt_out(files, partitions))
                .with_projection_indices(Some(wanted.clone()))?
                .with_limit(limit)
                .with_expr_adapter(Some(Arc::clone(&self.columns.adapted) as _))
                .build();
            Ok(DataSourceExec::from_data_source(config) as Arc<dyn ExecutionPlan>)
        });
        let mut scans = scans.collect::<Result<Vec<_>>>()?;
        match scans.len() {
            1 => Ok(scans.remove(0)),
            _ => UnionExec::try_new(scans),
        }
    }
}

#[cfg(test)]
mod tests;
