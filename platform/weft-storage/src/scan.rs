//! A table version as something that DataFusion scans: a plain Parquet scan of the files in the log.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::common::Statistics;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, FileSource, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use crate::kept_source::KeptSource;
use crate::prune::prune;
use crate::told;
use crate::{TableVersion, Warehouse};

/// A provider that scans `table`. Ungoverned: it is for the engine to wrap, and for the gate's checks.
///
/// Filters are used to skip files and row groups only, so callers keep them above. The session must know the
/// warehouse's store ([`Warehouse::register_in`]).
pub fn scan(table: Arc<TableVersion>) -> Arc<dyn TableProvider> {
    Arc::new(DeltaScan { table })
}

#[derive(Debug)]
struct DeltaScan {
    table: Arc<TableVersion>,
}

impl DeltaScan {
    fn everywhere(&self) -> Vec<usize> {
        (0..self.table.files.len()).collect()
    }

    /// What is known of the rows in the files at `places`.
    fn statistics_of(&self, places: &[usize]) -> Statistics {
        let told = self.table.told();
        told::together(places.iter().filter_map(|place| told.get(*place)).map(AsRef::as_ref), &self.table.schema)
    }

    /// The files at `places`, largest first, dealt out to at most `partitions` groups.
    fn groups(&self, places: &[usize], partitions: usize) -> Vec<FileGroup> {
        let told = self.table.told();
        let part = |place: &usize| {
            let (file, told) = (self.table.files.get(*place)?, told.get(*place)?);
            Some(PartitionedFile::new(file.path.to_string(), file.bytes).with_statistics(Arc::clone(told)))
        };
        dealt_out(places.iter().filter_map(part).collect(), partitions)
    }
}

/// The files, largest first, in at most so many groups.
pub(crate) fn dealt_out(mut files: Vec<PartitionedFile>, partitions: usize) -> Vec<FileGroup> {
    files.sort_by(|PartitionedFile { object_meta: a, .. }, PartitionedFile { object_meta: b, .. }| {
        b.size.cmp(&a.size).then_with(|| a.location.cmp(&b.location))
    });
    let mut groups: Vec<Vec<PartitionedFile>> = vec![Vec::new(); partitions.clamp(1, files.len().max(1))];
    let count = groups.len();
    for (i, file) in files.into_iter().enumerate() {
        if let Some(group) = groups.get_mut(i % count) {
            group.push(file);
        }
    }
    groups.into_iter().map(FileGroup::new).collect()
}

#[async_trait]
impl TableProvider for DeltaScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.table.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.statistics_of(&self.everywhere()))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut source = ParquetSource::new(Arc::clone(&self.table.schema))
            .with_table_parquet_options(state.table_options().parquet.clone());
        let mut places = self.everywhere();
        if let Some(predicate) = conjunction(filters.iter().cloned()) {
            let schema = DFSchema::try_from(Arc::clone(&self.table.schema))?;
            let predicate = state.create_physical_expr(predicate, &schema)?;
            places = prune(self.table.told(), &self.table.schema, &predicate);
            source = source.with_predicate(predicate);
        }
        let source: Arc<dyn FileSource> = match &self.table.kept {
            Some(kept) => {
                let store = state.runtime_env().object_store(Warehouse::engine_url())?;
                let readers = CachedParquetFileReaderFactory::new(store, kept.footers());
                Arc::new(KeptSource::new(source, Arc::new(readers), kept.clone()))
            }
            None => Arc::new(source),
        };
        let config = FileScanConfigBuilder::new(Warehouse::engine_url(), source)
            .with_file_groups(self.groups(&places, state.config().target_partitions()))
            .with_statistics(self.statistics_of(&places))
            .with_projection_indices(projection.cloned())?
            .with_limit(if filters.is_empty() { limit } else { None })
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
