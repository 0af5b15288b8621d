//! The rows of a query, as they come.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};

use crate::engine::Running;
use crate::result_cap::ResultCap;
use crate::session::Ongoing;
use crate::{Limits, QueryError};

/// A stream of batches, all of one schema, in the order the query asks for.
///
/// Ends after the first error. Dropping it cancels the query and frees what it held.
pub struct Answer {
    /// Names the query in the log, in errors' details and for cancelling.
    pub id: String,
    /// Columns as the client sees them; no view types among them.
    pub schema: SchemaRef,
    rows: SendableRecordBatchStream,
    running: Arc<Running>,
    stopped: BoxFuture<'static, QueryError>,
    memory_bytes_max: usize,
    cap: ResultCap,
    /// Whether rows are hidden that lie between those of the answer.
    hides_rows: bool,
    ended: bool,
    ongoing: Option<Ongoing>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("id", &self.id).field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) fn new(
        running: Arc<Running>,
        rows: SendableRecordBatchStream,
        limits: &Limits,
        hides_rows: bool,
    ) -> Self {
        let (running_max, memory_bytes_max, cap) = (limits.running_max, limits.memory_bytes_max, ResultCap::of(limits));
        let (cancelled, ending) = (running.cancelled(), Arc::clone(&running));
        let stopped = async move {
            tokio::select! {
                () = cancelled => ending.why_ended(),
                () = tokio::time::sleep(running_max) => QueryError::Deadline { seconds: running_max.as_secs() },
            }
        };
        let (id, schema) = (running.id.clone(), rows.schema());
        let stopped = stopped.boxed();
        Answer { id, schema, rows, running, stopped, memory_bytes_max, cap, hides_rows, ended: false, ongoing: None }
    }

    /// Keeps the query listed as running for as long as the answer lives.
    pub(crate) fn guarded_by(mut self, ongoing: Ongoing) -> Self {
        self.ongoing = Some(ongoing);
        self
    }

    /// The same rows as a stream that DataFusion's own pieces take.
    pub fn into_record_batches(self) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let rows = self.map(|batch| batch.map_err(DataFusionError::from));
        Box::pin(RecordBatchStreamAdapter::new(schema, rows))
    }

    fn fail(&mut self, error: QueryError) -> Poll<Option<Result<RecordBatch, QueryError>>> {
        self.ended = true;
        self.running.note_failure(&error);
        Poll::Ready(Some(Err(error)))
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

impl Stream for Answer {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(error) = self.stopped.poll_unpin(context) {
            return self.fail(error);
        }
        match self.rows.poll_next_unpin(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(batch))) => {
                if let Err(error) = self.cap.note(&batch) {
                    return self.fail(error);
                }
                self.running.note_rows(batch.num_rows());
                Poll::Ready(Some(Ok(batch)))
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::warn!(query = %self.id, %error, "a query failed while it ran");
                let error = QueryError::from_running(&error, self.memory_bytes_max);
                self.fail(if self.hides_rows { error.of_any_row() } else { error })
            }
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }
}
