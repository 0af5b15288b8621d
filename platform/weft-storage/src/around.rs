//! A store with something around each request, whatever is asked.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

/// What a store is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) operation: &'static str,
    pub(crate) writes: bool,
    /// How many parts of an object are read, where it is not read whole.
    pub(crate) ranges: Option<usize>,
    /// How much is written, or read of those parts.
    pub(crate) bytes: Option<u64>,
}

/// What is done around requests.
pub(crate) trait Around: fmt::Debug + Send + Sync + 'static {
    /// What comes of `request`: that of `answer`, which asks the store once it is awaited, or an error in its place.
    fn around<T: Send>(
        &self,
        request: Request,
        answer: impl Future<Output = Result<T>> + Send,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Whether lists and deletes, which answer bit by bit, may begin.
    fn ensure_open(&self) -> Result<()> {
        Ok(())
    }
}

/// `inner`, with `layer` around each request. The parts of an upload and bodies that are still to come are not within it.
#[derive(Debug)]
pub(crate) struct AroundStore<A> {
    inner: Arc<dyn ObjectStore>,
    layer: A,
}

impl<A: Around> AroundStore<A> {
    pub(crate) fn over(inner: Arc<dyn ObjectStore>, layer: A) -> Arc<dyn ObjectStore> {
        Arc::new(AroundStore { inner, layer })
    }

    fn begun<T: Send + 'static>(
        &self,
        answers: impl FnOnce() -> BoxStream<'static, Result<T>>,
    ) -> BoxStream<'static, Result<T>> {
        match self.layer.ensure_open() {
            Ok(()) => answers(),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }
}

fn read(operation: &'static str) -> Request {
    Request { operation, writes: false, ranges: None, bytes: None }
}

fn write(operation: &'static str, bytes: Option<u64>) -> Request {
    Request { operation, writes: true, ranges: None, bytes }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<A: Around> ObjectStore for AroundStore<A> {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let request = read(if options.head { "head" } else { "get" });
        self.layer.around(request, self.inner.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let bytes = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
        let request = Request { ranges: Some(ranges.len()), bytes: Some(bytes), ..read("ranges") };
        self.layer.around(request, self.inner.get_ranges(location, ranges)).await
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let request = write("put", Some(payload.content_length() as u64));
        self.layer.around(request, self.inner.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let request = write("put_in_parts", None);
        self.layer.around(request, self.inner.put_multipart_opts(location, options)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.begun(|| self.inner.delete_stream(locations))
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.begun(|| self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.begun(|| self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.layer.around(read("list"), self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.layer.around(write("copy", None), self.inner.copy_opts(from, to, options)).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.layer.around(write("rename", None), self.inner.rename_opts(from, to, options)).await
    }
}

impl<A> fmt::Display for AroundStore<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
