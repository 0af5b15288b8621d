//! Arrow schemas and batches as Flight's messages.

use std::collections::VecDeque;
use std::mem;
use std::pin::Pin;
use std::time::{Duration, Instant};

use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::IpcWriteOptions;
use arrow::record_batch::RecordBatch;
use arrow_flight::{IpcMessage, SchemaAsIpc};
use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt};
use tonic::Status;
use weft_engine::QueryError;

use crate::encoder::{self, Encoder};
use crate::message::Message;
use crate::status::{bug, of_query, traced};

// How long rows are held back for others to go with them in one message.
const GATHERING_MAX: Duration = Duration::from_millis(5);

/// Bytes of a message that every client takes: those in Rust and Go refuse 4 MiB unless they are told
/// otherwise.
pub(crate) const MESSAGE_BYTES: usize = 2 << 20;
/// Bytes of a message where clients take them up to 16 MiB: few large messages cost them least.
pub(crate) const LARGE_MESSAGE_BYTES: usize = 8 << 20;
/// Bytes of a message where clients set no limit.
pub(crate) const LARGEST_MESSAGE_BYTES: usize = 24 << 20;

/// Messages under way to a client.
pub(crate) type Rows = Pin<Box<dyn Stream<Item = Result<Message, Status>> + Send>>;

type Batches = Pin<Box<dyn Stream<Item = Result<RecordBatch, Status>> + Send>>;

/// The rows of a query as they come. What goes wrong on the way ends them with a status; dropping
/// them cancels the query.
pub(crate) fn answer(
    schema: &SchemaRef,
    rows: impl Stream<Item = Result<RecordBatch, QueryError>> + Send + 'static,
    (message_bytes, gathering): (usize, Gathering),
    trace: String,
) -> Rows {
    let rows = rows.map(move |batch| {
        batch.map_err(|error| {
            metrics::counter!("weft_flight_streams_failed_total", "code" => error.code().as_str()).increment(1);
            traced(of_query(&error), &trace)
        })
    });
    encode_by(schema, (message_bytes, gathering), rows)
}

/// One batch that is there already.
pub(crate) fn batch(batch: RecordBatch) -> Rows {
    encode(&batch.schema(), MESSAGE_BYTES, futures::stream::iter([Ok(batch)]))
}

/// The schema in the form that Flight's messages carry it.
pub(crate) fn schema(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message: Result<IpcMessage, _> = SchemaAsIpc::new(schema, &options).try_into();
    message.map(|IpcMessage(bytes)| bytes).map_err(|error| bug("a schema can be encoded", &error))
}

/// A message of the schema, and then those of the batches, of which empty ones bring none. Ends
/// with the first trouble.
pub(crate) fn encode(
    schema: &SchemaRef,
    message_bytes: usize,
    batches: impl Stream<Item = Result<RecordBatch, Status>> + Send + 'static,
) -> Rows {
    encode_by(schema, (message_bytes, Gathering::Ready), batches)
}

/// Which batches go into one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gathering {
    /// Those that are there when it is made.
    Ready,
    /// Each by itself, so that the same batches give the same bytes whenever they come.
    None,
}

fn encode_by(
    schema: &SchemaRef,
    (message_bytes, gathering): (usize, Gathering),
    batches: impl Stream<Item = Result<RecordBatch, Status>> + Send + 'static,
) -> Rows {
    let (encoder, begin) = Encoder::new(schema, message_bytes);
    let (ready, batches) = (VecDeque::from([begin]), Box::pin(batches));
    let encoding = Encoding { encoder, batches, gathering, next: None, ready, end: None };
    Box::pin(futures::stream::unfold(encoding, |mut encoding| async move {
        encoding.next().await.map(|message| (message, encoding))
    }))
}

struct Encoding {
    encoder: Encoder,
    batches: Batches,
    gathering: Gathering,
    /// A batch that came while others were gathered and is too large to go with them.
    next: Option<RecordBatch>,
    ready: VecDeque<Message>,
    /// How the batches ended, once they have.
    end: Option<Result<(), Status>>,
}

impl Encoding {
    async fn next(&mut self) -> Option<Result<Message, Status>> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(Ok(message));
            }
            let batch = match (self.next.take(), &mut self.end) {
                (Some(batch), _) => batch,
                (None, Some(end)) => return mem::replace(end, Ok(())).err().map(Err),
                (None, None) => match self.batches.next().await {
                    Some(Ok(batch)) => batch,
                    Some(Err(status)) => return self.ended(Err(status)),
                    None => return self.ended(Ok(())),
                },
            };
            if batch.num_rows() == 0 {
                continue;
            }
            let gathered = self.gathered(batch);
            if let Err(error) = self.encoder.encode(&gathered, &mut self.ready) {
                return self.ended(Err(bug("rows can be encoded", &error)));
            }
        }
    }

    fn ended(&mut self, end: Result<(), Status>) -> Option<Result<Message, Status>> {
        self.end = Some(Ok(()));
        end.err().map(Err)
    }

    /// The batch with those after it that are there already and go into the same message.
    fn gathered(&mut self, batch: RecordBatch) -> Vec<RecordBatch> {
        let (begun, bytes_max) = (Instant::now(), self.encoder.together_bytes_max());
        let mut bytes = encoder::bytes_of(&batch);
        let mut gathered = vec![batch];
        let gathers = self.gathering == Gathering::Ready;
        while gathers && self.end.is_none() && bytes < bytes_max && begun.elapsed() < GATHERING_MAX {
            match self.batches.next().now_or_never() {
                None => break,
                Some(None) => self.end = Some(Ok(())),
                Some(Some(Err(status))) => self.end = Some(Err(status)),
                Some(Some(Ok(batch))) => {
                    bytes += encoder::bytes_of(&batch);
                    if bytes > bytes_max {
                        self.next = Some(batch);
                        break;
                    }
                    gathered.push(batch);
                }
            }
        }
        gathered
    }
}

#[cfg(test)]
mod tests;
