//! A store of which each request is seen: as a span of whoever asks, and as numbers.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use tracing::{Instrument, Span};

#[derive(Debug)]
pub(crate) struct SeenStore {
    inner: Arc<dyn ObjectStore>,
}

impl SeenStore {
    pub(crate) fn over(inner: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        Arc::new(SeenStore { inner })
    }
}

/// What `asked` gives, within `span`. What is not there, or there already, is an answer and no failure.
async fn seen<T>(operation: &'static str, span: Span, asked: impl Future<Output = Result<T>>) -> Result<T> {
    let began = Instant::now();
    let answer = asked.instrument(span).await;
    let outcome = match &answer {
        Ok(_) => "ok",
        Err(Error::NotFound { .. }) => "not_found",
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. }) => "exists",
        Err(_) => "failed",
    };
    metrics::counter!("weft_store_requests_total", "operation" => operation, "outcome" => outcome).increment(1);
    metrics::histogram!("weft_store_request_seconds", "operation" => operation).record(began.elapsed().as_secs_f64());
    answer
}

// Spans name no path: those of tables that others wrote hold values of their partitions.
#[async_trait]
impl ObjectStore for SeenStore {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let operation = if options.head { "head" } else { "get" };
        let span = tracing::info_span!("read", operation, otel.kind = "client");
        seen(operation, span, self.inner.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let bytes: u64 = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
        let span =
            tracing::info_span!("read", operation = "ranges", ranges = ranges.len(), bytes, otel.kind = "client");
        seen("ranges", span, self.inner.get_ranges(location, ranges)).await
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let span =
            tracing::info_span!("write", operation = "put", bytes = payload.content_length(), otel.kind = "client");
        seen("put", span, self.inner.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let span = tracing::info_span!("write", operation = "put_in_parts", otel.kind = "client");
        seen("put_in_parts", span, self.inner.put_multipart_opts(location, options)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let span = tracing::info_span!("read", operation = "list", otel.kind = "client");
        seen("list", span, self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

impl fmt::Display for SeenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
