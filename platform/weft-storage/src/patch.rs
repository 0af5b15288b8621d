//! Files of which some rows become others. Of each group of rows, columns in which nothing changes are copied as they
//! lie, without being read as values again.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use arrow::compute::{cast, interleave, take};
use arrow::datatypes::SchemaRef;
use deltalake::DeltaTableError;
use deltalake::kernel::Add;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use tokio::io::AsyncWriteExt as _;

use crate::StorageError;
use crate::lying::{Fetch, Lying, Sink};
use crate::stage::{Stage, file_name, properties};
use crate::statistics::statistics_of;
use crate::table::TableFile;

/// Rows that are held as values at a time.
const ROWS_AT_ONCE: usize = 8_192;

/// A file of a table, and what becomes of some of its rows.
#[derive(Clone, Debug)]
pub struct FilePatch {
    pub file: TableFile,
    /// Rows under the table's schema, of which some take the places of others.
    pub rows: RecordBatch,
    /// In the order of the file.
    pub changed: Vec<Change>,
}

/// A place in a file, from 0 on, and the row that takes it; `None` where no row does.
pub type Change = (usize, Option<usize>);

/// A file that was written anew, and the columns of which all values are as they were in the one that it replaces.
pub(crate) struct Patched {
    pub(crate) add: Add,
    pub(crate) kept: BTreeSet<String>,
}

impl Stage {
    /// Writes the file anew as `patch` has it; nothing where no row is left.
    #[expect(clippy::disallowed_methods, reason = "when a file was written is told to readers and decides nothing")]
    pub(crate) async fn patched(
        self,
        root: Arc<dyn ObjectStore>,
        patch: FilePatch,
    ) -> Result<Vec<Patched>, StorageError> {
        let failed = |error: ParquetError| StorageError::table(&self.location, DeltaTableError::from(error));
        let mut patching = Patching::open(root, patch).await.map_err(failed)?;
        let name = file_name();
        let mut upload = BufWriter::new(self.log.object_store(None), Path::from(name.as_str()));
        let written = patching.write(&mut upload).await;
        let Some((size, statistics)) = written.map_err(failed)? else { return Ok(Vec::new()) };
        upload.shutdown().await.map_err(|error| failed(ParquetError::External(error.into())))?;
        let add = Add {
            path: name,
            size,
            modification_time: chrono::Utc::now().timestamp_millis(),
            data_change: true,
            stats: Some(statistics),
            ..Add::default()
        };
        Ok(vec![Patched { add, kept: patching.kept }])
    }
}

/// A file that is being written anew.
struct Patching {
    root: Arc<dyn ObjectStore>,
    patch: FilePatch,
    source: ArrowReaderMetadata,
    /// The columns of which every value stayed so far.
    kept: BTreeSet<String>,
}

impl Patching {
    async fn open(root: Arc<dyn ObjectStore>, patch: FilePatch) -> Result<Self, ParquetError> {
        let fetch = Fetch { store: root.as_ref(), path: &patch.file.path };
        let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = Arc::new(reader.load_and_finish(fetch, patch.file.bytes).await?);
        let source = ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new())?;
        let kept = patch.rows.schema().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Patching { root, patch, source, kept })
    }

    /// How many bytes were written, and what the log is told of them; `None` where no row is left.
    async fn write(&mut self, upload: &mut BufWriter) -> Result<Option<(i64, String)>, ParquetError> {
        let (sink, schema) = (Sink::default(), self.patch.rows.schema());
        let writer = ArrowWriter::try_new(sink.clone(), Arc::clone(&schema), Some(self.properties()))?;
        let (mut writer, encoders) = writer.into_serialized_writer()?;
        let (mut first, mut size) = (0, 0);
        let source = Arc::clone(self.source.metadata());
        for (index, group) in source.row_groups().iter().enumerate() {
            let rows = usize::try_from(group.num_rows()).unwrap_or_default();
            let changed = changed_in(&self.patch.changed, first..first + rows);
            first += rows;
            if changed.len() == rows && changed.iter().all(|(_, row)| row.is_none()) {
                self.kept.clear();
                continue;
            }
            let lying = Lying::read(self.root.as_ref(), &self.patch.file.path, group).await?;
            self.write_group(&mut writer, &encoders, Group { index, changed: &changed, lying })?;
            size += sink.pass_to(upload).await?;
        }
        if writer.flushed_row_groups().is_empty() {
            return Ok(None);
        }
        let metadata = writer.finish()?;
        size += sink.pass_to(upload).await?;
        let statistics = statistics_of(&metadata, &schema)?;
        Ok(Some((i64::try_from(size).unwrap_or(i64::MAX), statistics)))
    }

    /// As the rest of the table is written, with dictionaries for those columns that have one.
    fn properties(&self) -> WriterProperties {
        let columns = self.source.metadata().row_groups().iter().flat_map(RowGroupMetaData::columns);
        let with_dictionary = |properties: WriterPropertiesBuilder, column: &ColumnChunkMetaData| {
            let has_dictionary = column.dictionary_page_offset().is_some();
            properties.set_column_dictionary_enabled(column.column_path().clone(), has_dictionary)
        };
        columns.fold(properties(), with_dictionary).build()
    }

    fn write_group(
        &mut self,
        writer: &mut SerializedFileWriter<Sink>,
        encoders: &ArrowRowGroupWriterFactory,
        group: Group<'_>,
    ) -> Result<(), ParquetError> {
        let lies_alike = writer.schema_descr().root_schema() == self.source.parquet_schema().root_schema();
        let descriptor = writer.schema_descr().clone();
        let mut encoders = encoders.create_column_writers(writer.flushed_row_groups().len())?.into_iter();
        let mut out = writer.next_row_group()?;
        for (at, field) in self.patch.rows.schema().fields().iter().enumerate() {
            let leaves = (0..descriptor.num_columns()).filter(|leaf| descriptor.get_column_root_idx(*leaf) == at);
            let leaves: Vec<usize> = leaves.collect();
            let mut encoders: Vec<_> = encoders.by_ref().take(leaves.len()).collect();
            if lies_alike && !self.changes(&group, at)? {
                for leaf in leaves {
                    out.append_column(&group.lying, self.as_it_lies(group.index, leaf)?)?;
                }
                continue;
            }
            self.kept.remove(field.name());
            let mut first = 0;
            for batch in self.column(&group, at)? {
                let column = Arc::clone(batch?.column(0));
                let rows = column.len();
                let column = self.patch_column(&group, at, first, column)?;
                for (encoder, leaf) in encoders.iter_mut().zip(compute_leaves(field, &column)?) {
                    encoder.write(&leaf)?;
                }
                first += rows;
            }
            for encoder in encoders {
                encoder.close()?.append_to_row_group(&mut out)?;
            }
        }
        out.close()?;
        Ok(())
    }

    /// Whether the values of a column are others afterwards.
    fn changes(&self, group: &Group<'_>, at: usize) -> Result<bool, ParquetError> {
        if group.changed.iter().any(|(_, row)| row.is_none()) {
            return Ok(true);
        }
        if group.changed.is_empty() {
            return Ok(false);
        }
        let mut first = 0;
        for batch in self.column(group, at)? {
            let column = Arc::clone(batch?.column(0));
            let here = group.changed_in(first..first + column.len());
            first += column.len();
            let places = here.iter().map(|(place, _)| *place as u64);
            let before = take(column.as_ref(), &UInt64Array::from_iter_values(places), None)?;
            let rows = here.iter().filter_map(|(_, row)| *row).map(|row| row as u64);
            let after = take(self.patch.rows.column(at), &UInt64Array::from_iter_values(rows), None)?;
            if *before != *after {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A column's values from row `first` of the group on, as they are to be.
    fn patch_column(
        &self,
        group: &Group<'_>,
        at: usize,
        first: usize,
        column: ArrayRef,
    ) -> Result<ArrayRef, ParquetError> {
        let new = self.patch.rows.column(at);
        let column = if column.data_type() == new.data_type() { column } else { cast(&column, new.data_type())? };
        let here = group.changed_in(first..first + column.len());
        if here.is_empty() {
            return Ok(column);
        }
        let mut taken = Vec::with_capacity(column.len());
        let mut from = 0;
        for (place, row) in here {
            taken.extend((from..place).map(|kept| (0, kept)));
            taken.extend(row.map(|row| (1, row)));
            from = place + 1;
        }
        taken.extend((from..column.len()).map(|kept| (0, kept)));
        Ok(interleave(&[column.as_ref(), new.as_ref()], &taken)?)
    }

    /// The values of the column at this place of the table's schema.
    fn column(&self, group: &Group<'_>, at: usize) -> Result<ParquetRecordBatchReader, ParquetError> {
        let schema: SchemaRef = self.patch.rows.schema();
        let root = self.source.schema().index_of(schema.field(at).name())?;
        ParquetRecordBatchReaderBuilder::new_with_metadata(group.lying.clone(), self.source.clone())
            .with_row_groups(vec![group.index])
            .with_projection(ProjectionMask::roots(self.source.parquet_schema(), [root]))
            .with_batch_size(ROWS_AT_ONCE)
            .build()
    }

    fn as_it_lies(&self, group: usize, leaf: usize) -> Result<ColumnCloseResult, ParquetError> {
        let metadata = self.source.metadata();
        let rows = metadata.row_group(group);
        Ok(ColumnCloseResult {
            bytes_written: rows.column(leaf).compressed_size().cast_unsigned(),
            rows_written: rows.num_rows().cast_unsigned(),
            // Filters over the column are not copied with it.
            metadata: rows.column(leaf).clone().into_builder().set_bloom_filter_offset(None).build()?,
            bloom_filter: None,
            column_index: metadata.column_index().and_then(|groups| groups.get(group)?.get(leaf).cloned()),
            offset_index: metadata.offset_index().and_then(|groups| groups.get(group)?.get(leaf).cloned()),
        })
    }
}

/// A group of rows, and what changes in it, counted from its first row.
struct Group<'a> {
    index: usize,
    changed: &'a [Change],
    lying: Lying,
}

impl Group<'_> {
    fn changed_in(&self, rows: Range<usize>) -> Vec<Change> {
        changed_in(self.changed, rows)
    }
}

/// What changes among `rows`, counted from the first of these.
fn changed_in(changed: &[Change], rows: Range<usize>) -> Vec<Change> {
    let from = changed.partition_point(|(place, _)| *place < rows.start);
    let here = changed.iter().skip(from).take_while(|(place, _)| *place < rows.end);
    here.map(|(place, row)| (place - rows.start, *row)).collect()
}

#[cfg(test)]
mod tests;
