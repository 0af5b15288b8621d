//! A Parquet source that takes columns from memory where they are kept there, and names the file that is at fault.

use std::fmt;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::config::ConfigOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{
    CachedParquetFileReaderFactory, ParquetAccessPlan, ParquetFileMetrics, ParquetFileReaderFactory,
    RowGroupAccessPlanFilter,
};
use datafusion::datasource::physical_plan::{FileOpener, FileScanConfig, FileSource, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::projection::{ProjectionExprs, Projector};
use datafusion::physical_expr::utils::reassign_expr_columns;
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};
use datafusion::physical_plan::DisplayFormatType;
use datafusion::physical_plan::filter_pushdown::FilterPushdownPropagation;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion_datasource::morsel::{Morsel, MorselPlan, MorselPlanner, Morselizer};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};

use crate::kept::{Chunk, Kept, PIECE_ROWS, Pieces};
use crate::named_file::{named, of_file};

/// Row groups of more bytes than this, once decoded, are read batch by batch and not kept.
const GROUP_BYTES_MAX: i64 = 1 << 30;

/// A Parquet source over files that never change.
#[derive(Clone)]
pub(crate) struct KeptSource {
    inner: Arc<dyn FileSource>,
    readers: Arc<dyn ParquetFileReaderFactory>,
    kept: Kept,
    batch_rows: usize,
}

impl KeptSource {
    /// `inner` reads what is not kept, by `readers`.
    pub(crate) fn new(inner: ParquetSource, readers: Arc<dyn ParquetFileReaderFactory>, kept: Kept) -> Self {
        let inner = inner.with_parquet_file_reader_factory(Arc::clone(&readers));
        KeptSource { inner: Arc::new(inner), readers, kept, batch_rows: 8_192 }
    }

    fn over(&self, inner: Arc<dyn FileSource>) -> Arc<dyn FileSource> {
        Arc::new(KeptSource { inner, ..self.clone() })
    }

    /// The places of the columns that are read, in order.
    fn columns(&self) -> Vec<usize> {
        let all = || (0..self.table_schema().table_schema().fields().len()).collect();
        self.projection().map_or_else(all, |projection| projection.column_indices())
    }
}

impl FileSource for KeptSource {
    fn create_file_opener(&self, _: Arc<dyn ObjectStore>, _: &FileScanConfig, _: usize) -> Result<Arc<dyn FileOpener>> {
        Err(DataFusionError::Internal("files are planned in pieces here".to_owned()))
    }

    fn create_morselizer(
        &self,
        object_store: Arc<dyn ObjectStore>,
        base_config: &FileScanConfig,
        partition: usize,
    ) -> Result<Box<dyn Morselizer>> {
        let inner = self.inner.create_morselizer(object_store, base_config, partition)?;
        let schema = Arc::clone(self.table_schema().table_schema());
        let columns = self.columns();
        let read: SchemaRef = Arc::new(schema.project(&columns)?);
        let projector = match self.projection() {
            Some(projection) => {
                let places = projection.clone().try_map_exprs(|expr| reassign_expr_columns(expr, &read))?;
                Some(places.make_projector(&read)?)
            }
            None => None,
        };
        let asked = Asked {
            kept: self.kept.clone(),
            readers: Arc::clone(&self.readers),
            predicate: self.filter(),
            metrics: self.metrics().clone(),
            partition,
            batch_rows: self.batch_rows,
            schema,
            columns,
            read,
            projector,
        };
        Ok(Box::new(KeptFiles { inner, asked: Arc::new(asked) }))
    }

    fn table_schema(&self) -> &TableSchema {
        self.inner.table_schema()
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        let inner = self.inner.with_batch_size(batch_size);
        Arc::new(KeptSource { inner, batch_rows: batch_size, ..self.clone() })
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.inner.filter()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        self.inner.projection()
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        self.inner.metrics()
    }

    fn file_type(&self) -> &str {
        self.inner.file_type()
    }

    fn fmt_extra(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_extra(t, f)
    }

    fn supports_repartitioning(&self) -> bool {
        self.inner.supports_repartitioning()
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        let pushed = self.inner.try_pushdown_filters(filters, config)?;
        let updated_node = pushed.updated_node.map(|inner| self.over(inner));
        Ok(FilterPushdownPropagation { filters: pushed.filters, updated_node })
    }

    fn reorder_files(&self, files: Vec<PartitionedFile>) -> Vec<PartitionedFile> {
        self.inner.reorder_files(files)
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        Ok(self.inner.try_pushdown_projection(projection)?.map(|inner| self.over(inner)))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.inner.apply_expressions(f)
    }
}

/// What is asked of each file.
struct Asked {
    kept: Kept,
    readers: Arc<dyn ParquetFileReaderFactory>,
    predicate: Option<Arc<dyn PhysicalExpr>>,
    metrics: ExecutionPlanMetricsSet,
    partition: usize,
    batch_rows: usize,
    schema: SchemaRef,
    /// Places of the columns that are read, and these columns alone.
    columns: Vec<usize>,
    read: SchemaRef,
    projector: Option<Projector>,
}

#[derive(Debug)]
struct KeptFiles {
    inner: Box<dyn Morselizer>,
    asked: Arc<Asked>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl Morselizer for KeptFiles {
    fn plan_file(&self, file: PartitionedFile) -> Result<Box<dyn MorselPlanner>> {
        let location = file.object_meta.location.clone();
        let inner = self.inner.plan_file(file.clone()).map_err(|error| of_file(error, &location))?;
        let is_plain = file.partition_values.is_empty() && file.extensions.is_empty();
        let planner = match is_plain && self.asked.kept.keeps() {
            true => Box::new(Unopened { inner, file, asked: Arc::clone(&self.asked) }),
            false => inner,
        };
        Ok(named(planner, &location))
    }
}

/// A file whose footer is to be looked at.
#[derive(Debug)]
struct Unopened {
    /// Reads the file the other way.
    inner: Box<dyn MorselPlanner>,
    file: PartitionedFile,
    asked: Arc<Asked>,
}

impl MorselPlanner for Unopened {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        let Unopened { inner, file, asked } = *self;
        Ok(Some(MorselPlan::new().with_pending_planner(async move {
            let (asked, footer) = (Arc::clone(&asked), asked.footer(&file).await?);
            let location = &file.object_meta.location;
            let worth_it = |(_, all): &(Vec<usize>, bool)| asked.kept.is_worth_it(location, &asked.columns, *all);
            Ok(match asked.groups(&file, &footer).filter(worth_it) {
                Some((groups, _)) => Box::new(Opened { file, footer, groups, asked }) as Box<dyn MorselPlanner>,
                None => inner,
            })
        })))
    }
}

/// A file of which these row groups are read.
#[derive(Debug)]
struct Opened {
    file: PartitionedFile,
    footer: ArrowReaderMetadata,
    groups: Vec<usize>,
    asked: Arc<Asked>,
}

impl MorselPlanner for Opened {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        if self.groups.is_empty() {
            return Ok(None);
        }
        let morsel = |group: &usize| {
            let (file, footer, asked) = (self.file.clone(), self.footer.clone(), Arc::clone(&self.asked));
            Box::new(Group { file, footer, group: *group, asked }) as Box<dyn Morsel>
        };
        Ok(Some(MorselPlan::new().with_morsels(self.groups.iter().map(morsel).collect())))
    }
}

/// A row group.
#[derive(Debug)]
struct Group {
    file: PartitionedFile,
    footer: ArrowReaderMetadata,
    group: usize,
    asked: Arc<Asked>,
}

impl Morsel for Group {
    fn into_stream(self: Box<Self>) -> BoxStream<'static, Result<RecordBatch>> {
        let asked = Arc::clone(&self.asked);
        let pieces = async move { self.asked.pieces(&self.file, &self.footer, self.group).await };
        let batches = futures::stream::once(pieces).map_ok(move |pieces| {
            let asked = Arc::clone(&asked);
            futures::stream::iter(pieces.into_iter().flat_map(move |piece| asked.shown(&piece)))
        });
        batches.try_flatten().boxed()
    }
}

impl Asked {
    async fn footer(&self, file: &PartitionedFile) -> Result<ArrowReaderMetadata> {
        let mut reader = self.reader(file)?;
        let metadata = reader.get_metadata(None).await?;
        Ok(ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new())?)
    }

    fn reader(&self, file: &PartitionedFile) -> Result<Box<dyn AsyncFileReader>> {
        Ok(self.readers.create_reader(self.partition, file.clone(), None, &self.metrics)?)
    }

    /// The row groups of `file` that are to be read, and whether these are all of its part that was asked for; nothing
    /// where it is not laid out as the table is, so that it must be read the other way.
    fn groups(&self, file: &PartitionedFile, footer: &ArrowReaderMetadata) -> Option<(Vec<usize>, bool)> {
        let (metadata, groups) = (footer.metadata(), footer.metadata().row_groups());
        let is_large = groups.iter().any(|group| group.total_byte_size() > GROUP_BYTES_MAX);
        if is_large || !is_alike(footer.schema(), &self.schema) {
            return None;
        }
        let mut filter = RowGroupAccessPlanFilter::new(ParquetAccessPlan::new_all(groups.len()));
        if let Some(range) = &file.range {
            filter.prune_by_range(groups, range);
        }
        let asked_for = filter.remaining_row_group_count();
        if let Some(predicate) = self.predicate.as_ref().and_then(|predicate| self.pruning(predicate)) {
            let metrics = ParquetFileMetrics::new(self.partition, file.object_meta.location.as_ref(), &self.metrics);
            let parquet = metadata.file_metadata().schema_descr();
            filter.prune_by_statistics(&self.schema, parquet, groups, &predicate, &metrics);
        }
        let kept: Vec<usize> = filter.row_group_indexes().collect();
        let all = kept.len() == asked_for;
        Some((kept, all))
    }

    fn pruning(&self, predicate: &Arc<dyn PhysicalExpr>) -> Option<PruningPredicate> {
        let built = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&self.schema));
        built.try_build(Arc::clone(predicate)).ok()
    }

    /// All rows of a row group, piece by piece: what is not kept yet is read, and kept.
    async fn pieces(
        &self,
        file: &PartitionedFile,
        footer: &ArrowReaderMetadata,
        group: usize,
    ) -> Result<Vec<RecordBatch>> {
        let chunk = |column: usize| Chunk { file: file.object_meta.location.clone(), group, column };
        let kept: Vec<Option<Pieces>> = self.columns.iter().map(|column| self.kept.get(&chunk(*column))).collect();
        let missing: Vec<usize> =
            self.columns.iter().zip(&kept).filter(|(_, kept)| kept.is_none()).map(|(column, _)| *column).collect();
        let mut read = match missing.is_empty() {
            true => Vec::new(),
            false => self.read(file, footer, group, &missing).await?,
        };
        for (column, pieces) in missing.iter().zip(&read) {
            self.kept.keep(chunk(*column), Arc::clone(pieces));
        }
        let mut read = read.drain(..);
        let columns: Vec<Pieces> = kept.into_iter().filter_map(|kept| kept.or_else(|| read.next())).collect();
        let rows = usize::try_from(footer.metadata().row_group(group).num_rows()).unwrap_or(0);
        let starts = (0..rows).step_by(PIECE_ROWS).enumerate();
        let piece = |(place, start): (usize, usize)| {
            let options = RecordBatchOptions::new().with_row_count(Some(PIECE_ROWS.min(rows - start)));
            let values = columns.iter().filter_map(|pieces| pieces.get(place)).cloned().collect();
            RecordBatch::try_new_with_options(Arc::clone(&self.read), values, &options).map_err(|error| {
                let file = &file.object_meta.location;
                DataFusionError::Execution(format!("`{file}` is not as its footer says: {error}"))
            })
        };
        starts.map(piece).collect()
    }

    /// Columns of a row group from the file.
    async fn read(
        &self,
        file: &PartitionedFile,
        footer: &ArrowReaderMetadata,
        group: usize,
        columns: &[usize],
    ) -> Result<Vec<Pieces>> {
        let parquet = footer.metadata().file_metadata().schema_descr();
        // `columns` are in order, as the reader gives them.
        let batches = ParquetRecordBatchStreamBuilder::new_with_metadata(self.reader(file)?, footer.clone())
            .with_projection(ProjectionMask::roots(parquet, columns.iter().copied()))
            .with_row_groups(vec![group])
            .with_batch_size(PIECE_ROWS)
            .build()?;
        let batches: Vec<RecordBatch> = batches.try_collect().await?;
        let values =
            (0..columns.len()).map(|place| batches.iter().map(|batch| Arc::clone(batch.column(place))).collect());
        Ok(values.collect())
    }

    /// The rows of a piece as they were asked for, in batches.
    fn shown(&self, piece: &RecordBatch) -> Vec<Result<RecordBatch>> {
        let starts = (0..piece.num_rows()).step_by(self.batch_rows.max(1));
        let batch = |start: usize| {
            let rows = piece.slice(start, self.batch_rows.min(piece.num_rows() - start));
            match &self.projector {
                Some(projector) => projector.project_batch(&rows),
                None => Ok(rows),
            }
        };
        starts.map(batch).collect()
    }
}

/// Keeps the columns at `columns` of a file of a table with that `schema` as long as there is room. Nothing of a file that is
/// laid out in another way is kept, or has row groups that are too large.
pub(crate) async fn keep(
    kept: &Kept,
    store: Arc<dyn ObjectStore>,
    schema: &SchemaRef,
    file: PartitionedFile,
    columns: Vec<usize>,
) -> Result<()> {
    if !kept.has_room() {
        return Ok(());
    }
    let asked = Asked {
        kept: kept.clone(),
        readers: Arc::new(CachedParquetFileReaderFactory::new(store, kept.footers())),
        predicate: None,
        metrics: ExecutionPlanMetricsSet::new(),
        partition: 0,
        batch_rows: PIECE_ROWS,
        schema: Arc::clone(schema),
        read: Arc::new(schema.project(&columns)?),
        columns,
        projector: None,
    };
    let footer = asked.footer(&file).await?;
    let (groups, _) = asked.groups(&file, &footer).unwrap_or_default();
    for group in groups {
        if !kept.has_room() {
            break;
        }
        asked.pieces(&file, &footer, group).await?;
    }
    Ok(())
}

/// Whether a file has just the columns of the table, at the same places and of the same types.
fn is_alike(file: &Schema, table: &Schema) -> bool {
    let alike = |(file, table): (&Arc<arrow::datatypes::Field>, &Arc<arrow::datatypes::Field>)| {
        file.name() == table.name() && file.data_type() == table.data_type()
    };
    file.fields().len() == table.fields().len() && file.fields().iter().zip(table.fields()).all(alike)
}

#[cfg(test)]
mod tests;
