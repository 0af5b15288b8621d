//! Rows on their way out: written as data files that no commit names yet.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use deltalake::DeltaTableError;
use deltalake::datafile::writer::{DeltaWriter, WriterConfig};
use deltalake::kernel::Add;
use deltalake::logstore::LogStoreRef;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use parquet::basic::Compression;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;
use weft_model::Interval;

use crate::StorageError;
use crate::first_rows::{ROWS_LOOKED_AT, ever_new, first_of, rows_of};
use crate::intervals::pieces;
use crate::patch::{FilePatch, Patched};

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
    /// In whichever order they come, to several files at once. Streams are parts of one whole, made at the same time:
    /// the order within each is kept.
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
    without_dictionary: Vec<String>,
}

impl Stage {
    pub(crate) fn new(log: LogStoreRef, location: &str, layout: Layout, file_bytes: Option<NonZeroU64>) -> Self {
        Stage { log, location: location.to_owned(), layout, file_bytes, without_dictionary: Vec::new() }
    }

    /// Writes each of `parts` to files of its own; several at once, where there are several.
    pub(crate) async fn write(&self, parts: Vec<SendableRecordBatchStream>) -> Result<Vec<Add>, StorageError> {
        match &self.layout {
            Layout::AsTheyCome if parts.len() > 1 => self.together(parts).await,
            _ => self.side(parts.into_iter().map(|part| self.clone().part(part))).await,
        }
    }

    /// Writes files anew, each as its patch has it; several at once.
    pub(crate) async fn patch(
        &self,
        root: &Arc<dyn ObjectStore>,
        patches: Vec<FilePatch>,
    ) -> Result<Vec<Patched>, StorageError> {
        self.side(patches.into_iter().map(|patch| self.clone().patched(Arc::clone(root), patch))).await
    }

    /// What all of `files` come to, as many at once as there are cores.
    async fn side<F, T>(&self, files: impl Iterator<Item = F>) -> Result<Vec<T>, StorageError>
    where
        F: Future<Output = Result<Vec<T>, StorageError>> + Send + 'static,
        T: Send + 'static,
    {
        let most = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (mut added, mut running) = (Vec::new(), JoinSet::new());
        for file in files {
            while running.len() >= most {
                added.extend(self.joined(running.join_next().await)?);
            }
            running.spawn(file);
        }
        while let Some(written) = running.join_next().await {
            added.extend(self.joined(Some(written))?);
        }
        Ok(added)
    }

    fn joined<T>(
        &self,
        written: Option<Result<Result<Vec<T>, StorageError>, JoinError>>,
    ) -> Result<Vec<T>, StorageError> {
        match written {
            Some(Ok(written)) => written,
            Some(Err(error)) => Err(self.failed(DeltaTableError::generic(error.to_string()))),
            None => Ok(Vec::new()),
        }
    }

    /// Parts of one whole: each to files of its own, but for those of few rows, which come together.
    async fn together(&self, parts: Vec<SendableRecordBatchStream>) -> Result<Vec<Add>, StorageError> {
        let (mut added, mut few, mut running) = (Vec::new(), Vec::new(), JoinSet::new());
        let schema = parts.first().map(|part| part.schema());
        // None may wait for another: they can be made from the same rows.
        for part in parts {
            running.spawn(self.clone().apart(part));
        }
        while let Some(written) = running.join_next().await {
            for written in self.joined(Some(written))? {
                match written {
                    Apart::Files(files) => added.extend(files),
                    Apart::Few(batches) => few.extend(batches.into_iter().map(Ok)),
                }
            }
        }
        if let Some(schema) = schema.filter(|_| !few.is_empty()) {
            let few = RecordBatchStreamAdapter::new(schema, futures::stream::iter(few));
            added.extend(self.clone().part(Box::pin(few)).await?);
        }
        Ok(added)
    }

    async fn apart(mut self, mut part: SendableRecordBatchStream) -> Result<Vec<Apart>, StorageError> {
        let first = first_of(&mut part).await.map_err(rows)?;
        if rows_of(&first) < ROWS_LOOKED_AT {
            return Ok(vec![Apart::Few(first)]);
        }
        let part = self.looked_at(first, part).map_err(rows)?;
        Ok(vec![Apart::Files(self.in_order(part, None).await?)])
    }

    async fn part(mut self, mut part: SendableRecordBatchStream) -> Result<Vec<Add>, StorageError> {
        let first = first_of(&mut part).await.map_err(rows)?;
        let part = self.looked_at(first, part).map_err(rows)?;
        match &self.layout {
            Layout::AsTheyCome => self.side_by_side(part).await,
            Layout::InOrder => self.in_order(part, None).await,
            Layout::Cut { column, interval } => self.in_order(part, Some((column, *interval))).await,
        }
    }

    /// All rows again, after a look at the first of them: columns of ever new values are written without a dictionary,
    /// which would only be made and given up.
    fn looked_at(
        &mut self,
        first: Vec<RecordBatch>,
        part: SendableRecordBatchStream,
    ) -> Result<SendableRecordBatchStream, DataFusionError> {
        let schema = part.schema();
        if rows_of(&first) >= ROWS_LOOKED_AT {
            self.without_dictionary = ever_new(&schema, &first)?;
        }
        let all = futures::stream::iter(first.into_iter().map(Ok)).chain(part);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, all)))
    }

    /// File after file, each written while the rows of the next are made.
    async fn in_order(
        &self,
        mut part: SendableRecordBatchStream,
        cut: Option<(&str, Interval)>,
    ) -> Result<Vec<Add>, StorageError> {
        let most = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let (schema, mut added, mut writers) = (part.schema(), Vec::new(), JoinSet::new());
        let (mut file, mut rows_in_file, mut last) = (None, 0, None);
        'rows: while let Some(batch) = part.try_next().await.map_err(rows)? {
            for (interval, piece) in pieces(&batch, cut).map_err(rows)? {
                let is_full = match cut {
                    Some(_) => rows_in_file >= ROWS_PER_CUT && interval != last,
                    None => rows_in_file >= ROWS_IN_ORDER,
                };
                if is_full {
                    (file, rows_in_file) = (None, 0);
                }
                let sender: &mut mpsc::Sender<RecordBatch> = match &mut file {
                    Some(sender) => sender,
                    none => {
                        while writers.len() >= most {
                            added.extend(self.closed(writers.join_next().await)?);
                        }
                        let (sender, batches) = mpsc::channel(BATCHES_WAITING);
                        writers.spawn(write_all(self.writer(&schema), Arc::new(Mutex::new(batches))));
                        none.insert(sender)
                    }
                };
                (rows_in_file, last) = (rows_in_file + piece.num_rows(), interval);
                // A writer that has failed takes no more; why is told below.
                if sender.send(piece).await.is_err() {
                    break 'rows;
                }
            }
        }
        drop(file);
        while let Some(written) = writers.join_next().await {
            added.extend(self.closed(Some(written))?);
        }
        Ok(added)
    }

    /// The files of a writer that has ended.
    fn closed(
        &self,
        written: Option<Result<Result<Vec<Add>, DeltaTableError>, JoinError>>,
    ) -> Result<Vec<Add>, StorageError> {
        let written = written.unwrap_or(Ok(Ok(Vec::new())));
        let written = written.unwrap_or_else(|error| Err(DeltaTableError::generic(error.to_string())));
        written.map_err(|error| self.failed(error))
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
            added.extend(self.closed(Some(written))?);
        }
        Ok(added)
    }

    fn configuration(&self, schema: &SchemaRef) -> WriterConfig {
        let plain = |properties: WriterPropertiesBuilder, column: &String| {
            properties.set_column_dictionary_enabled(ColumnPath::from(column.as_str()), false)
        };
        WriterConfig::new(
            schema.clone(),
            Vec::new(),
            Some(self.without_dictionary.iter().fold(properties(), plain).build()),
            self.file_bytes,
            self.file_bytes.map(|_| ROWS_PER_CHECK),
            // Statistics for every column, so that the gate counts NULLs from the log.
            "-1".try_into().unwrap_or_default(),
            None,
        )
    }

    fn writer(&self, schema: &SchemaRef) -> DeltaWriter {
        DeltaWriter::new(self.log.object_store(None), self.configuration(schema))
    }

    fn failed(&self, error: DeltaTableError) -> StorageError {
        StorageError::table(&self.location, error)
    }
}

/// What came of one part of several.
enum Apart {
    Files(Vec<Add>),
    Few(Vec<RecordBatch>),
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

/// How data files are written, whichever way they come to be.
pub(crate) fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(ROWS_PER_GROUP))
}

/// A name that no other data file has.
pub(crate) fn file_name() -> String {
    format!("part-00000-{}-c000.snappy.parquet", Uuid::new_v4())
}
