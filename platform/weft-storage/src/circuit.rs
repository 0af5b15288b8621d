//! A store that is not asked while it does not answer: callers hear of it at once, and one question a second finds out
//! when it does again.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

/// After how many calls in a row without an answer the store is not asked any more. Each has been tried again by then.
const FAILURES: u32 = 3;

/// How often a store is asked whether it answers again.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// Nobody writes an object of that name; that it is not there is an answer.
const PROBE: &str = "_probe/answers";

pub(crate) struct Circuit {
    inner: Arc<dyn ObjectStore>,
    state: Arc<weft_circuit::Circuit>,
    /// Where the probe lies.
    probe: Path,
}

impl Circuit {
    /// `inner`, asked as long as it answers. `prefix` is where in it something may be asked for.
    pub(crate) fn over(inner: Arc<dyn ObjectStore>, prefix: &Path) -> Arc<dyn ObjectStore> {
        Circuit::probing(inner, prefix, PROBE_EVERY)
    }

    fn probing(inner: Arc<dyn ObjectStore>, prefix: &Path, every: Duration) -> Arc<dyn ObjectStore> {
        let probe = Path::from_iter(prefix.parts().chain(Path::from(PROBE).parts()));
        Arc::new(Circuit { inner, state: Arc::new(weft_circuit::Circuit::new("store", FAILURES, every)), probe })
    }

    fn ensure_closed(&self) -> Result<()> {
        match self.state.is_open() {
            false => Ok(()),
            true => Err(unanswered()),
        }
    }

    /// Counts what came of a call.
    fn counted<T>(&self, came: Result<T>) -> Result<T> {
        match &came {
            Err(error) if is_unanswered(error) => self.count_failure(error),
            _ => self.state.note_success(),
        }
        came
    }

    fn count_failure(&self, error: &Error) {
        if self.state.note_failure(error) {
            let (store, state, probe) = (Arc::clone(&self.inner), Arc::clone(&self.state), self.probe.clone());
            tokio::spawn(async move { state.until_it_answers(|| answers(&*store, &probe)).await });
        }
    }
}

/// Whether the store says anything at all.
async fn answers(store: &dyn ObjectStore, probe: &Path) -> bool {
    !matches!(store.head(probe).await, Err(error) if is_unanswered(&error))
}

/// Whether that is no answer of the store's, rather than one that somebody does not like.
fn is_unanswered(error: &Error) -> bool {
    matches!(error, Error::Generic { .. } | Error::JoinError { .. })
}

fn unanswered() -> Error {
    Error::Generic { store: "warehouse", source: "the store does not answer; it is asked again each second".into() }
}

impl fmt::Debug for Circuit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Display for Circuit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

#[async_trait]
impl ObjectStore for Circuit {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.ensure_closed()?;
        self.counted(self.inner.get_opts(location, options).await)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.ensure_closed()?;
        self.counted(self.inner.get_ranges(location, ranges).await)
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.ensure_closed()?;
        self.counted(self.inner.put_opts(location, payload, options).await)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.ensure_closed()?;
        self.counted(self.inner.put_multipart_opts(location, options).await)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.ensure_closed() {
            Ok(()) => self.inner.delete_stream(locations),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.ensure_closed() {
            Ok(()) => self.inner.list(prefix),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.ensure_closed() {
            Ok(()) => self.inner.list_with_offset(prefix, offset),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.ensure_closed()?;
        self.counted(self.inner.list_with_delimiter(prefix).await)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.ensure_closed()?;
        self.counted(self.inner.copy_opts(from, to, options).await)
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.ensure_closed()?;
        self.counted(self.inner.rename_opts(from, to, options).await)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use object_store::memory::InMemory;

    use super::*;

    /// A store that answers while it is told to.
    #[derive(Debug)]
    struct Shaky {
        inner: InMemory,
        answers: Arc<AtomicBool>,
        asked: Arc<AtomicU32>,
    }

    impl fmt::Display for Shaky {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("shaky")
        }
    }

    #[async_trait]
    impl ObjectStore for Shaky {
        async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            match self.answers.load(Ordering::SeqCst) {
                true => self.inner.get_opts(location, options).await,
                false => Err(Error::Generic { store: "shaky", source: "connection refused".into() }),
            }
        }

        async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
            self.inner.put_opts(location, payload, options).await
        }

        async fn put_multipart_opts(
            &self,
            at: &Path,
            options: PutMultipartOptions,
        ) -> Result<Box<dyn MultipartUpload>> {
            self.inner.put_multipart_opts(at, options).await
        }

        fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
            self.inner.delete_stream(locations)
        }

        fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
            self.inner.list(prefix)
        }

        async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
            self.inner.list_with_delimiter(prefix).await
        }

        async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
            self.inner.copy_opts(from, to, options).await
        }
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_is_left_alone_until_it_does() {
        let (answers, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
        let shaky = Shaky { inner: InMemory::new(), answers: Arc::clone(&answers), asked: Arc::clone(&asked) };
        let store = Circuit::probing(Arc::new(shaky), &Path::from("mesh"), Duration::from_millis(20));
        let missing = Path::from("mesh/nothing");
        for _ in 0..10 {
            assert!(matches!(store.get(&missing).await, Err(Error::NotFound { .. })), "which is an answer");
        }
        answers.store(false, Ordering::SeqCst);
        for _ in 0..FAILURES {
            let error = store.get(&missing).await.unwrap_err();
            assert!(error.to_string().contains("refused"), "{error}");
        }
        let before = asked.load(Ordering::SeqCst);
        // Without a pause in which the probe could run.
        for _ in 0..100 {
            let error = store.get(&missing).await.unwrap_err();
            assert!(error.to_string().contains("asked again each second"), "{error}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), before, "callers do not ask");
        answers.store(true, Ordering::SeqCst);
        while !matches!(store.get(&missing).await, Err(Error::NotFound { .. })) {
            tokio::task::yield_now().await;
        }
    }
}
