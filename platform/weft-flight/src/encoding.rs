//! Arrow schemas and batches as Flight's messages.

use std::collections::VecDeque;
use std::mem;
use std::pin::Pin;

use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::error::ArrowError;
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

// Batches below this many bytes are put together, to no more than these bytes and rows. Each copy
// spares client and server the work that goes with a message.
const SMALL_BYTES: usize = 256 << 10;
const GATHERED_BYTES: usize = 1 << 20;
const GATHERED_ROWS: usize = 64 << 10;

/// Bytes of a message that every client takes: those in Rust and Go refuse 4 MiB unless they are told
/// otherwise.
pub(crate) const MESSAGE_BYTES: usize = 2 << 20;
/// Bytes of a message where clients take it: few large messages cost them least.
pub(crate) const LARGE_MESSAGE_BYTES: usize = 8 << 20;

/// Messages under way to a client.
pub(crate) type Rows = Pin<Box<dyn Stream<Item = Result<Message, Status>> + Send>>;

type Batches = Pin<Box<dyn Stream<Item = Result<RecordBatch, Status>> + Send>>;

/// The rows of a query as they come. What goes wrong on the way ends them with a status; dropping
/// them cancels the query.
pub(crate) fn answer(
    schema: &SchemaRef,
    rows: impl Stream<Item = Result<RecordBatch, QueryError>> + Send + 'static,
    message_bytes: usize,
    trace: String,
) -> Rows {
    let rows = rows.map(move |batch| {
        batch.map_err(|error| {
            metrics::counter!("weft_flight_streams_failed_total", "code" => error.code().as_str()).increment(1);
            traced(of_query(&error), &trace)
        })
    });
    encode(schema, message_bytes, rows)
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
    let (encoder, begin) = Encoder::new(schema, message_bytes);
    let dictionaries = schema.fields().iter().any(|field| matches!(field.data_type(), DataType::Dictionary(..)));
    let encoding = Encoding {
        encoder,
        batches: Box::pin(batches),
        gathers: !dictionaries,
        next: None,
        ready: VecDeque::from([begin]),
        end: None,
    };
    Box::pin(futures::stream::unfold(encoding, |mut encoding| async move {
        encoding.next().await.map(|message| (message, encoding))
    }))
}

struct Encoding {
    encoder: Encoder,
    batches: Batches,
    /// Whether small batches are put together: not where each may have dictionaries of its own.
    gathers: bool,
    /// A batch that came while others were gathered and is too large for these.
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
            let encoded = self.gathered(batch).and_then(|batch| self.encoder.encode(batch, &mut self.ready));
            if let Err(error) = encoded {
                return self.ended(Err(bug("rows can be encoded", &error)));
            }
        }
    }

    fn ended(&mut self, end: Result<(), Status>) -> Option<Result<Message, Status>> {
        self.end = Some(Ok(()));
        end.err().map(Err)
    }

    /// The batch with those after it that are small and there already.
    fn gathered(&mut self, batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
        let mut bytes = encoder::bytes_of(&batch);
        if !self.gathers || bytes >= SMALL_BYTES {
            return Ok(batch);
        }
        let mut rows = batch.num_rows();
        let mut gathered = vec![batch];
        while bytes < GATHERED_BYTES && rows < GATHERED_ROWS && self.end.is_none() {
            match self.batches.next().now_or_never() {
                None => break,
                Some(None) => self.end = Some(Ok(())),
                Some(Some(Err(status))) => self.end = Some(Err(status)),
                Some(Some(Ok(batch))) => {
                    let more = encoder::bytes_of(&batch);
                    if more >= SMALL_BYTES {
                        self.next = Some(batch);
                        break;
                    }
                    (bytes, rows) = (bytes + more, rows + batch.num_rows());
                    gathered.push(batch);
                }
            }
        }
        match gathered.len() {
            1 => Ok(gathered.remove(0)),
            _ => concat_batches(&gathered[0].schema(), &gathered),
        }
    }
}

#[cfg(test)]
mod tests;
