//! The bytes of a data file as they lie: groups of rows on their way in, whatever is written on its way out.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parking_lot::Mutex;
use parquet::arrow::async_reader::MetadataFetch;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, Length};

/// The bytes of one group of rows, found by where they lie in the file.
#[derive(Clone)]
pub(crate) struct Lying {
    start: u64,
    bytes: Bytes,
}

impl Lying {
    pub(crate) async fn read(
        store: &dyn ObjectStore,
        path: &Path,
        group: &RowGroupMetaData,
    ) -> Result<Self, ParquetError> {
        let ranges = group.columns().iter().map(|column| column.byte_range());
        let ends = ranges.map(|(start, length)| (start, start + length));
        let (start, end) = ends.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1))).unwrap_or_default();
        let bytes = store.get_range(path, start..end).await.map_err(external)?;
        Ok(Lying { start, bytes })
    }

    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let skipped = start.checked_sub(self.start).and_then(|skipped| usize::try_from(skipped).ok());
        let skipped = skipped.filter(|skipped| *skipped <= self.bytes.len());
        skipped.map(|skipped| self.bytes.slice(skipped..)).ok_or_else(outside)
    }
}

impl Length for Lying {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Lying {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        if length <= bytes.len() { Ok(bytes.slice(..length)) } else { Err(outside()) }
    }
}

/// Reads what a file says of itself.
pub(crate) struct Fetch<'a> {
    pub(crate) store: &'a dyn ObjectStore,
    pub(crate) path: &'a Path,
}

impl MetadataFetch for Fetch<'_> {
    fn fetch(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        self.store.get_range(self.path, range).map_err(external).boxed()
    }
}

/// Takes in what is written until it is passed on.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    /// How many bytes were passed on.
    pub(crate) async fn pass_to(&self, upload: &mut BufWriter) -> Result<usize, ParquetError> {
        let bytes = Bytes::from(std::mem::take(&mut *self.0.lock()));
        let size = bytes.len();
        upload.put(bytes).await.map_err(external)?;
        Ok(size)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

fn outside() -> ParquetError {
    ParquetError::General("a column does not lie where the file says".to_owned())
}
