//! Footers of files that nobody vouches for: one that says it is longer than its file brings no decoder down.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::datasource::physical_plan::parquet::DefaultParquetFileReaderFactory;
use datafusion::error::Result;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::ObjectStore;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

/// What ends a file: the length of its footer, and four letters.
const TAIL_BYTES: u64 = 8;

/// Readers that look at the end of a file before they read its footer.
#[derive(Debug)]
pub(super) struct CheckedFooters(DefaultParquetFileReaderFactory);

impl CheckedFooters {
    pub(super) fn over(store: Arc<dyn ObjectStore>) -> Self {
        CheckedFooters(DefaultParquetFileReaderFactory::new(store))
    }
}

impl ParquetFileReaderFactory for CheckedFooters {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let size = file.object_meta.size;
        Ok(Box::new(Checked { inner: self.0.create_reader(partition, file, hint, metrics)?, size }))
    }
}

struct Checked {
    inner: Box<dyn AsyncFileReader + Send>,
    size: u64,
}

impl Checked {
    async fn check(&mut self) -> Result<(), ParquetError> {
        let Some(start) = self.size.checked_sub(TAIL_BYTES) else {
            return Err(ParquetError::EOF("the file is too short for a footer".to_owned()));
        };
        let tail = self.inner.get_bytes(start..self.size).await?;
        let length = tail.first_chunk().map_or(0, |length| u64::from(u32::from_le_bytes(*length)));
        match length <= start {
            true => Ok(()),
            false => Err(ParquetError::EOF("the footer is longer than its file".to_owned())),
        }
    }
}

impl AsyncFileReader for Checked {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        self.inner.get_bytes(range)
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        self.inner.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        let checked = async move {
            self.check().await?;
            self.inner.get_metadata(options).await
        };
        checked.boxed()
    }
}
