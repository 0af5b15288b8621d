//! The rows of a query, as they come.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};
use parking_lot::Mutex;
use tokio::task::AbortHandle;
use tracing::Span;

use crate::audit::AppliedTerms;
use crate::engine::Running;
use crate::result_cap::ResultCap;
use crate::session::Ongoing;
use crate::{Limits, QueryError, Redacted};

/// How long to wait for whoever works on rows before looking again.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// A stream of batches, all of one schema, in the order the query asks for.
///
/// Ends after the first error. Dropping it cancels the query and frees what it held; so does the end
/// of the query's time, whether or not anybody reads.
pub struct Answer {
    /// Names the query in the log, in errors' details and for cancelling.
    pub id: String,
    /// Columns as the client sees them; no view types among them.
    pub schema: SchemaRef,
    rows: Rows,
    running: Arc<Running>,
    /// Empties `rows` when the query is to end.
    watch: AbortHandle,
    stopped: BoxFuture<'static, QueryError>,
    memory_bytes_max: usize,
    cap: ResultCap,
    /// Whether rows are hidden that lie between those of the answer.
    hides_rows: bool,
    ended: bool,
    /// When rows were last handed out, until more are asked for.
    handed_at: Option<Instant>,
    /// In which the rows are made.
    span: Span,
    /// Keeps the query listed as running until its rows end, or nobody wants them any more.
    ongoing: Option<Arc<Ongoing>>,
}

/// What makes the rows, until it is done or its time is over.
type Rows = Arc<Mutex<Option<SendableRecordBatchStream>>>;

impl Drop for Answer {
    fn drop(&mut self) {
        self.is_asked();
        self.watch.abort();
        *self.rows.lock() = None;
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("id", &self.id).field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn new(
        ongoing: Arc<Ongoing>,
        rows: SendableRecordBatchStream,
        limits: &Limits,
        hides_rows: bool,
    ) -> Self {
        let running = Arc::clone(&ongoing.running);
        let (memory_bytes_max, cap) = (limits.memory_bytes_max, ResultCap::of(limits));
        let (id, schema) = (running.id.clone(), rows.schema());
        let rows = Arc::new(Mutex::new(Some(rows)));
        let (cancelled, running_max) = (running.cancelled(), limits.running_max);
        let watch = tokio::spawn(emptied(Arc::clone(&rows), cancelled, running_max)).abort_handle();
        let stopped = stopped(Arc::clone(&running), running_max).boxed();
        Answer {
            id,
            schema,
            rows,
            running,
            watch,
            stopped,
            memory_bytes_max,
            cap,
            hides_rows,
            ended: false,
            handed_at: None,
            span: tracing::info_span!("rows"),
            ongoing: Some(ongoing),
        }
    }

    /// Whether something of what the query reads is masked, left out or filtered for whoever asks: then its id is one
    /// to ask why.
    pub fn is_on_terms(&self) -> bool {
        !self.terms().is_empty()
    }

    /// What of the tables below the answer is masked, left out or filtered, also of those below views.
    pub fn terms(&self) -> Vec<AppliedTerms> {
        self.running.terms()
    }

    /// The same rows as a stream that DataFusion's own pieces take.
    pub fn into_record_batches(self) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let rows = self.map(|batch| batch.map_err(DataFusionError::from));
        Box::pin(RecordBatchStreamAdapter::new(schema, rows))
    }

    /// Ends the time in which nobody asked for more.
    fn is_asked(&mut self) {
        if let Some(at) = self.handed_at.take() {
            self.running.note_idle(at.elapsed());
        }
    }

    fn fail(&mut self, error: QueryError) -> Poll<Option<Result<RecordBatch, QueryError>>> {
        self.ended = true;
        *self.rows.lock() = None;
        self.running.note_failure(&error);
        self.ongoing = None;
        Poll::Ready(Some(Err(error)))
    }
}

/// Why the query is to end, once it is.
async fn stopped(running: Arc<Running>, running_max: Duration) -> QueryError {
    tokio::select! {
        () = running.cancelled() => running.why_ended(),
        () = tokio::time::sleep(running_max) => QueryError::Deadline { seconds: running_max.as_secs() },
    }
}

/// Frees what makes the rows when the query is to end. A client that does not read would else hold
/// its memory for as long as it likes.
async fn emptied(rows: Rows, cancelled: impl Future<Output = ()> + Send, running_max: Duration) {
    // Or its time is over.
    let _ = tokio::time::timeout(running_max, cancelled).await;
    loop {
        // Whoever works on it right now sees for itself that it is over.
        if let Some(mut rows) = rows.try_lock() {
            *rows = None;
            return;
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

/// The same rows, cut into batches of one length.
///
/// Where rows are hidden, the borders of batches could tell how many there are between those shown.
pub(crate) fn evenly_cut(rows: SendableRecordBatchStream, rows_per_batch: usize) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let cutter = BatchCoalescer::new(Arc::clone(&schema), rows_per_batch);
    let even = futures::stream::try_unfold((rows, cutter, false), |(mut rows, mut cutter, mut ended)| async move {
        loop {
            if let Some(batch) = cutter.next_completed_batch() {
                return Ok(Some((batch, (rows, cutter, ended))));
            }
            if ended {
                return Ok(None);
            }
            match rows.next().await {
                Some(batch) => cutter.push_batch(batch?)?,
                None => {
                    ended = true;
                    cutter.finish_buffered_batch()?;
                }
            }
        }
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, even))
}

/// The next batch. A panic on the way is an error of this query alone: a damaged file can bring a decoder down.
fn polled(
    rows: &mut SendableRecordBatchStream,
    context: &mut Context<'_>,
) -> Poll<Option<Result<RecordBatch, DataFusionError>>> {
    catch_unwind(AssertUnwindSafe(|| rows.poll_next_unpin(context))).unwrap_or_else(|_| {
        let text = "what makes the rows came down; the panic is on record above this line".to_owned();
        Poll::Ready(Some(Err(DataFusionError::Internal(text))))
    })
}

impl Stream for Answer {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.is_asked();
        let span = self.span.clone();
        let _in_span = span.enter();
        if let Poll::Ready(error) = self.stopped.poll_unpin(context) {
            return self.fail(error);
        }
        let polled = match self.rows.lock().as_mut() {
            Some(rows) => polled(rows, context),
            // It was emptied in between: why is known in a moment.
            None => Poll::Pending,
        };
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(batch))) => {
                if let Err(error) = self.cap.note(&batch) {
                    return self.fail(error);
                }
                self.running.note_rows(batch.num_rows());
                self.handed_at = Some(Instant::now());
                Poll::Ready(Some(Ok(batch)))
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::warn!(query = %self.id, error = %Redacted(&error), "a query failed while it ran");
                let error = QueryError::from_running(&error, self.memory_bytes_max);
                let error = if self.hides_rows { error.of_any_row() } else { error };
                self.fail(error)
            }
            Poll::Ready(None) => {
                self.ended = true;
                *self.rows.lock() = None;
                self.running.note_begun();
                // On record as ended before its asker sees the end.
                self.ongoing = None;
                Poll::Ready(None)
            }
        }
    }
}
