//! Planning on threads of its own: deep stacks, few at a time, a limit in time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tracing::{Instrument, Span};

use crate::QueryError;
use crate::admission::Admitted;

const STACK_BYTES: usize = 64 << 20;

/// The threads on which SQL is parsed and planned.
///
/// A planner that is under way cannot be stopped. A query that hits its limit leaves its thread
/// behind, and the number of threads is capped, in all and for each principal, so that stuck ones
/// cannot take the process.
#[derive(Clone, Debug)]
pub(crate) struct PlannerThreads {
    permits: Arc<Semaphore>,
}

impl PlannerThreads {
    pub(crate) fn new(threads_max: usize) -> Self {
        PlannerThreads { permits: Arc::new(Semaphore::new(threads_max)) }
    }

    /// Runs `work` on such a thread and waits for it: `limit` at most for its turn, and `limit` at
    /// most from then on. The place in `admitted` is held until the thread ends.
    pub(crate) async fn run<T, F>(&self, admitted: &Admitted, limit: Duration, work: F) -> Result<T, QueryError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let deadline = |_| QueryError::Deadline { seconds: limit.as_secs() };
        let turn = async {
            let own = admitted.planners().acquire_owned().await.map_err(|_| stopped())?;
            let all = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| stopped())?;
            Ok::<_, QueryError>((own, all, admitted.clone()))
        };
        let held = tokio::time::timeout(limit, turn).await.map_err(deadline)??;
        let (send, receive) = oneshot::channel();
        let (runtime, span) = (Handle::current(), Span::current());
        std::thread::Builder::new()
            .name("weft-planner".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                let answer = runtime.block_on(work.instrument(span));
                drop(held);
                // Nobody may be waiting any more; then the answer is dropped.
                let _ = send.send(answer);
            })
            .map_err(|_| stopped())?;
        tokio::time::timeout(limit, receive).await.map_err(deadline)?.map_err(|_| stopped())?
    }
}

fn stopped() -> QueryError {
    QueryError::Internal { invariant: "a planner thread ended without an answer".to_owned() }
}
