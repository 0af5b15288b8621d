//! The rows of a query, as they come.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};

use crate::QueryError;
use crate::engine::Running;
use crate::session::Ongoing;

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
        running_max: Duration,
        memory_bytes_max: usize,
    ) -> Self {
        let cancelled = running.cancelled();
        let stopped = async move {
            tokio::select! {
                () = cancelled => QueryError::Cancelled,
                () = tokio::time::sleep(running_max) => QueryError::Deadline { seconds: running_max.as_secs() },
            }
        };
        let (id, schema) = (running.id.clone(), rows.schema());
        Answer { id, schema, rows, running, stopped: stopped.boxed(), memory_bytes_max, ended: false, ongoing: None }
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
                self.running.note_rows(batch.num_rows());
                Poll::Ready(Some(Ok(batch)))
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::warn!(query = %self.id, %error, "a query failed while it ran");
                let error = QueryError::from_running(&error, self.memory_bytes_max);
                self.fail(error)
            }
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }
}
