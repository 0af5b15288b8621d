//! A store that is not asked while it does not answer: callers hear of it at once, and one question a second finds out
//! when it does again.

use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, Result};

use crate::around::{Around, AroundStore, Request};

/// After how many calls in a row without an answer the store is not asked any more. Each has been tried again by then.
const FAILURES: u32 = 3;

/// How often a store is asked whether it answers again.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// Nobody writes an object of that name; that it is not there is an answer.
const PROBE: &str = "_probe/answers";

#[derive(Debug)]
pub(crate) struct Circuit {
    /// The store below, which the probe asks.
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
        let state = Arc::new(weft_circuit::Circuit::new("store", FAILURES, every));
        AroundStore::over(Arc::clone(&inner), Circuit { inner, state, probe })
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

impl Around for Circuit {
    async fn around<T: Send>(&self, _: Request, answer: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.ensure_open()?;
        self.counted(answer.await)
    }

    fn ensure_open(&self) -> Result<()> {
        match self.state.is_open() {
            false => Ok(()),
            true => Err(unanswered()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use object_store::memory::InMemory;

    use super::*;

    /// What it is around answers while it is told to.
    #[derive(Debug)]
    struct Shaky {
        answers: Arc<AtomicBool>,
        asked: Arc<AtomicU32>,
    }

    impl Around for Shaky {
        async fn around<T: Send>(&self, _: Request, answer: impl Future<Output = Result<T>> + Send) -> Result<T> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            match self.answers.load(Ordering::SeqCst) {
                true => answer.await,
                false => Err(Error::Generic { store: "shaky", source: "connection refused".into() }),
            }
        }
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_is_left_alone_until_it_does() {
        let (answers, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
        let shaky = Shaky { answers: Arc::clone(&answers), asked: Arc::clone(&asked) };
        let store = AroundStore::over(Arc::new(InMemory::new()), shaky);
        let store = Circuit::probing(store, &Path::from("mesh"), Duration::from_millis(20));
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
