//! A store whose bodies are whole: what comes back shorter than it was said to be is an error.
//!
//! Readers above take the length of what they asked for as given; some end the process's thread where it is not.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

#[derive(Debug)]
pub(crate) struct WholeBodies {
    inner: Arc<dyn ObjectStore>,
}

impl WholeBodies {
    pub(crate) fn over(inner: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        Arc::new(WholeBodies { inner })
    }
}

/// The same body, with an error at its end where that comes too early.
fn whole(body: BoxStream<'static, Result<Bytes>>, path: Path, expected: u64) -> BoxStream<'static, Result<Bytes>> {
    let counted = futures::stream::unfold((body, Some(0_u64)), move |(mut body, got)| {
        let path = path.clone();
        async move {
            let got = got?;
            match body.next().await {
                Some(Ok(bytes)) => {
                    let got = got.saturating_add(bytes.len() as u64);
                    Some((Ok(bytes), (body, Some(got))))
                }
                Some(Err(error)) => Some((Err(error), (body, None))),
                None if got < expected => Some((Err(cut_off(&path, got, expected)), (body, None))),
                None => None,
            }
        }
    });
    counted.fuse().boxed()
}

fn cut_off(path: &Path, got: u64, expected: u64) -> Error {
    let source = format!("`{path}` was cut off: {got} bytes came back of {expected}").into();
    Error::Generic { store: "warehouse", source }
}

#[async_trait]
impl ObjectStore for WholeBodies {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let is_head = options.head;
        let mut got = self.inner.get_opts(location, options).await?;
        if let GetResultPayload::Stream(body) = got.payload {
            let expected = if is_head { 0 } else { got.range.end.saturating_sub(got.range.start) };
            got.payload = GetResultPayload::Stream(whole(body, location.clone(), expected));
        }
        Ok(got)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let parts = self.inner.get_ranges(location, ranges).await?;
        for (part, range) in parts.iter().zip(ranges) {
            let (got, expected) = (part.len() as u64, range.end.saturating_sub(range.start));
            if got < expected {
                return Err(cut_off(location, got, expected));
            }
        }
        Ok(parts)
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
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
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

impl fmt::Display for WholeBodies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
