//! A table version as something that DataFusion scans: a plain Parquet scan of the files in the log.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use crate::prune::prune;
use crate::{TableFile, TableVersion, Warehouse};

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
    fn statistics_known(&self) -> Statistics {
        let rows = self.table.rows().map_or(Precision::Absent, |rows| Precision::Exact(rows as usize));
        let column = |name: &str| {
            let nulls = self.table.nulls(name);
            ColumnStatistics {
                null_count: nulls.map_or(Precision::Absent, |nulls| Precision::Exact(nulls as usize)),
                ..ColumnStatistics::new_unknown()
            }
        };
        Statistics {
            num_rows: rows,
            total_byte_size: Precision::Absent,
            column_statistics: self.table.schema.fields().iter().map(|field| column(field.name())).collect(),
        }
    }

    /// `files`, largest first, dealt out to at most `partitions` groups.
    fn groups(mut files: Vec<&TableFile>, partitions: usize) -> Vec<FileGroup> {
        files.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        let mut groups: Vec<Vec<PartitionedFile>> = vec![Vec::new(); partitions.clamp(1, files.len().max(1))];
        let count = groups.len();
        for (i, file) in files.into_iter().enumerate() {
            if let Some(group) = groups.get_mut(i % count) {
                group.push(PartitionedFile::new(file.path.to_string(), file.bytes));
            }
        }
        groups.into_iter().map(FileGroup::new).collect()
    }
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
        Some(self.statistics_known())
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
        let (mut files, mut statistics) = (self.table.files.iter().collect::<Vec<_>>(), self.statistics_known());
        if let Some(predicate) = conjunction(filters.iter().cloned()) {
            let schema = DFSchema::try_from(Arc::clone(&self.table.schema))?;
            let predicate = state.create_physical_expr(predicate, &schema)?;
            files = prune(&self.table.files, &self.table.schema, &predicate);
            if files.len() < self.table.files.len() {
                statistics = statistics.to_inexact();
            }
            source = source.with_predicate(predicate);
        }
        let config = FileScanConfigBuilder::new(Warehouse::engine_url(), Arc::new(source))
            .with_file_groups(DeltaScan::groups(files, state.config().target_partitions()))
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(if filters.is_empty() { limit } else { None })
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
