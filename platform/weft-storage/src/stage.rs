//! Rows on their way out: written as data files that no commit names yet.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;

use arrow::array::{Array as _, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use deltalake::DeltaTableError;
use deltalake::datafile::writer::{DeltaWriter, WriterConfig};
use deltalake::kernel::Add;
use deltalake::logstore::LogStoreRef;
use futures::TryStreamExt;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinError, JoinSet};
use weft_model::Interval;

use crate::StorageError;

/// After how many rows the size of a file is looked at, where one was asked for.
const ROWS_PER_CHECK: usize = 16;
/// A file is cut at the border of an interval from so many rows on.
const ROWS_PER_CUT: usize = 32_768;
/// Rows of a file of which others hold what comes before and after: changes touch few of them.
const ROWS_IN_ORDER: usize = 524_288;
/// From so many rows on, which need be in no order, files are written side by side.
const ROWS_FOR_ONE: usize = 262_144;
/// Rows of a group: what is read of a file at least, unless its pages tell more.
const ROWS_PER_GROUP: usize = 262_144;
/// Batches that wait for each writer.
const BATCHES_WAITING: usize = 2;

/// In which order rows lie in files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// In whichever order they come to several files at once.
    #[default]
    AsTheyCome,
    /// In the order in which they come, from file to file.
    InOrder,
    /// In that order, and files end at the border of an interval of this column, by which the rows are sorted.
    Cut { column: String, interval: Interval },
}

/// Where rows go, and how.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) log: LogStoreRef,
    pub(crate) location: String,
    pub(crate) layout: Layout,
    pub(crate) file_bytes: Option<NonZeroU64>,
}

impl Stage {
    /// Writes each of `parts` to files of its own; several at once, where there are several.
    pub(crate) async fn write(&self, parts: Vec<SendableRecordBatchStream>) -> Result<Vec<Add>, StorageError> {
        let most = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (mut added, mut running) = (Vec::new(), JoinSet::new());
        for part in parts {
            while running.len() >= most {
                added.extend(self.joined(running.join_next().await)?);
            }
            let stage = self.clone();
            running.spawn(async move { stage.part(part).await });
        }
        while let Some(written) = running.join_next().await {
            added.extend(self.joined(Some(written))?);
        }
        Ok(added)
    }

    fn joined(
        &self,
        written: Option<Result<Result<Vec<Add>, StorageError>, JoinError>>,
    ) -> Result<Vec<Add>, StorageError> {
        match written {
            Some(Ok(written)) => written,
            Some(Err(error)) => Err(self.failed(DeltaTableError::generic(error.to_string()))),
            None => Ok(Vec::new()),
        }
    }

    async fn part(&self, part: SendableRecordBatchStream) -> Result<Vec<Add>, StorageError> {
        match &self.layout {
            Layout::AsTheyCome => self.side_by_side(part).await,
            Layout::InOrder => self.in_order(part, None).await,
            Layout::Cut { column, interval } => self.in_order(part, Some((column, *interval))).await,
        }
    }

    async fn in_order(
        &self,
        mut part: SendableRecordBatchStream,
        cut: Option<(&str, Interval)>,
    ) -> Result<Vec<Add>, StorageError> {
        let (schema, mut added) = (part.schema(), Vec::new());
        let (mut writer, mut rows_in_file, mut last) = (self.writer(&schema), 0, None);
        while let Some(batch) = part.try_next().await.map_err(rows)? {
            for (interval, piece) in pieces(&batch, cut).map_err(rows)? {
                let is_full = match cut {
                    Some(_) => rows_in_file >= ROWS_PER_CUT && interval != last,
                    None => rows_in_file >= ROWS_IN_ORDER,
                };
                if is_full {
                    let full = std::mem::replace(&mut writer, self.writer(&schema));
                    added.extend(full.close().await.map_err(|error| self.failed(error))?);
                    rows_in_file = 0;
                }
                writer.write(&piece).await.map_err(|error| self.failed(error))?;
                (rows_in_file, last) = (rows_in_file + piece.num_rows(), interval);
            }
        }
        added.extend(writer.close().await.map_err(|error| self.failed(error))?);
        Ok(added)
    }

    /// One file at first; another as long as rows come faster than they are written, up to one for each core.
    async fn side_by_side(&self, mut part: SendableRecordBatchStream) -> Result<Vec<Add>, StorageError> {
        let schema = part.schema();
        let (sender, batches) = mpsc::channel::<RecordBatch>(BATCHES_WAITING);
        let batches = Arc::new(Mutex::new(batches));
        let mut writers = JoinSet::new();
        let most = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut rows_sent = 0;
        while let Some(batch) = part.try_next().await.map_err(rows)? {
            let is_behind = rows_sent > ROWS_FOR_ONE && sender.capacity() == 0;
            if writers.is_empty() || (is_behind && writers.len() < most) {
                writers.spawn(write_all(self.writer(&schema), Arc::clone(&batches)));
            }
            rows_sent += batch.num_rows();
            // A writer that has failed takes no more; why is told below.
            if sender.send(batch).await.is_err() || writers.is_empty() {
                break;
            }
        }
        drop(sender);
        drop(batches);
        let mut added = Vec::new();
        while let Some(written) = writers.join_next().await {
            let written = written.unwrap_or_else(|error| Err(DeltaTableError::generic(error.to_string())));
            added.extend(written.map_err(|error| self.failed(error))?);
        }
        Ok(added)
    }

    fn writer(&self, schema: &SchemaRef) -> DeltaWriter {
        DeltaWriter::new(self.log.object_store(None), configuration(schema, self.file_bytes))
    }

    fn failed(&self, error: DeltaTableError) -> StorageError {
        StorageError::table(&self.location, error)
    }
}

fn rows(source: DataFusionError) -> StorageError {
    StorageError::Rows { source: Box::new(source) }
}

/// Writes whatever batches are left for it to take.
async fn write_all(
    mut writer: DeltaWriter,
    batches: Arc<Mutex<mpsc::Receiver<RecordBatch>>>,
) -> Result<Vec<Add>, DeltaTableError> {
    loop {
        let next = batches.lock().await.recv().await;
        match next {
            Some(batch) if batch.num_rows() > 0 => {
                if let Err(error) = writer.write(&batch).await {
                    batches.lock().await.close();
                    return Err(error);
                }
            }
            Some(_) => {}
            None => return writer.close().await,
        }
    }
}

fn configuration(schema: &SchemaRef, file_bytes: Option<NonZeroU64>) -> WriterConfig {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .build();
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
    cut: Option<(&str, Interval)>,
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
