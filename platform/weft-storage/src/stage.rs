//! Rows on their way out: written as data files that no commit names yet.

use std::num::NonZeroU64;

use arrow::array::{Array as _, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use deltalake::datafile::writer::{DeltaWriter, WriterConfig};
use deltalake::kernel::Add;
use deltalake::logstore::LogStoreRef;
use futures::TryStreamExt;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use weft_model::Interval;

use crate::StorageError;

/// After how many rows the size of a file is looked at, where one was asked for.
const ROWS_PER_CHECK: usize = 16;
/// A file is cut at the border of an interval from so many rows on.
const ROWS_PER_CUT: usize = 16_384;

/// Writes each of `parts` to files of its own, cut between intervals where `cut` says so.
pub(crate) async fn stage(
    log: &LogStoreRef,
    location: &str,
    parts: Vec<SendableRecordBatchStream>,
    cut: Option<(String, Interval)>,
    file_bytes: Option<NonZeroU64>,
) -> Result<Vec<Add>, StorageError> {
    let rows = |source| StorageError::Rows { source: Box::new(source) };
    let failed = |error| StorageError::table(location, error);
    let mut added = Vec::new();
    for mut part in parts {
        let schema = part.schema();
        let fresh = || DeltaWriter::new(log.object_store(None), configuration(&schema, file_bytes));
        let (mut writer, mut rows_in_file, mut last) = (fresh(), 0, None);
        while let Some(batch) = part.try_next().await.map_err(rows)? {
            for (interval, piece) in pieces(&batch, cut.as_ref()).map_err(rows)? {
                if rows_in_file >= ROWS_PER_CUT && interval != last {
                    let full = std::mem::replace(&mut writer, fresh());
                    added.extend(full.close().await.map_err(failed)?);
                    rows_in_file = 0;
                }
                writer.write(&piece).await.map_err(failed)?;
                (rows_in_file, last) = (rows_in_file + piece.num_rows(), interval);
            }
        }
        added.extend(writer.close().await.map_err(failed)?);
    }
    Ok(added)
}

fn configuration(schema: &SchemaRef, file_bytes: Option<NonZeroU64>) -> WriterConfig {
    let level = ZstdLevel::try_new(3).unwrap_or_default();
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    WriterConfig::new(
        schema.clone(),
        Vec::new(),
        Some(properties),
        file_bytes,
        file_bytes.map(|_| ROWS_PER_CHECK),
        // Statistics for every column, so that the gate counts NULLs from the log.
        "-1".try_into().unwrap_or_default(),
        None,
    )
}

/// The batch in pieces, each with the beginning of the interval in which its rows lie; whole without intervals.
fn pieces(
    batch: &RecordBatch,
    cut: Option<&(String, Interval)>,
) -> Result<Vec<(Option<i64>, RecordBatch)>, DataFusionError> {
    if batch.num_rows() == 0 {
        return Ok(Vec::new());
    }
    let Some((column, interval)) = cut else { return Ok(vec![(None, batch.clone())]) };
    let column = batch.column_by_name(column);
    let column = column.ok_or_else(|| DataFusionError::Plan("the column of time is not there".to_owned()))?;
    let instants = cast(&cast(column, &DataType::Timestamp(TimeUnit::Millisecond, None))?, &DataType::Int64)?;
    let instants: &Int64Array = instants.as_primitive::<Int64Type>();
    let start = |row: usize| (!instants.is_null(row)).then(|| interval.start_of(instants.value(row)));
    let mut pieces = Vec::new();
    let (mut first, mut current) = (0, start(0));
    for row in 1..batch.num_rows() {
        let here = start(row);
        if here != current {
            pieces.push((current, batch.slice(first, row - first)));
            (first, current) = (row, here);
        }
    }
    pieces.push((current, batch.slice(first, batch.num_rows() - first)));
    Ok(pieces)
}
