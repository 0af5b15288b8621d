//! Arrow schemas and batches as Flight's messages.

use std::pin::Pin;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::IpcWriteOptions;
use arrow::record_batch::RecordBatch;
use arrow_flight::encode::{FlightDataEncoderBuilder, GRPC_TARGET_MAX_FLIGHT_SIZE_BYTES};
use arrow_flight::error::FlightError;
use arrow_flight::{FlightData, IpcMessage, SchemaAsIpc};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tonic::Status;
use weft_engine::Answer;

use crate::status::{bug, of_query, traced};

/// Batches under way to a client.
pub(crate) type Rows = Pin<Box<dyn Stream<Item = Result<FlightData, Status>> + Send>>;

/// The rows of a query as they come. What goes wrong on the way ends them with a status; dropping
/// them cancels the query.
pub(crate) fn answer(answer: Answer, trace: String) -> Rows {
    let schema = answer.schema.clone();
    let rows = answer.map(move |batch| {
        batch.map_err(|error| {
            metrics::counter!("weft_flight_streams_failed_total", "code" => error.code().as_str()).increment(1);
            FlightError::from(traced(of_query(&error), &trace))
        })
    });
    encode(schema, rows)
}

/// One batch that is there already.
pub(crate) fn batch(batch: RecordBatch) -> Rows {
    encode(batch.schema(), futures::stream::iter([Ok(batch)]))
}

/// The schema in the form that Flight's messages carry it.
pub(crate) fn schema(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message: Result<IpcMessage, _> = SchemaAsIpc::new(schema, &options).try_into();
    message.map(|IpcMessage(bytes)| bytes).map_err(|error| bug("a schema can be encoded", &error))
}

fn encode(schema: SchemaRef, rows: impl Stream<Item = Result<RecordBatch, FlightError>> + Send + 'static) -> Rows {
    let encoded = FlightDataEncoderBuilder::new()
        .with_schema(schema)
        .with_max_flight_data_size(GRPC_TARGET_MAX_FLIGHT_SIZE_BYTES)
        .build(rows);
    Box::pin(encoded.map(|message| {
        message.map_err(|error| match error {
            FlightError::Tonic(status) => *status,
            other => bug("rows can be encoded", &other),
        })
    }))
}
