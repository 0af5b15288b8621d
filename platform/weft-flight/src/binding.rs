//! The rows of parameters that a client sends for a prepared statement.

use std::panic::AssertUnwindSafe;

use arrow::datatypes::SchemaRef;
use arrow::ipc::root_as_message;
use arrow::record_batch::RecordBatch;
use arrow_flight::FlightData;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use datafusion::scalar::ScalarValue;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt};
use tonic::Status;
use weft_engine::Parameters;
use weft_model::Code;

use crate::status::{malformed, of_query, refusal};

/// Bytes of Arrow data that parameters may take.
pub(crate) const PARAMETER_BYTES_MAX: usize = 1 << 20;
/// Rows of parameters, for each of which a query runs once.
const ROWS_MAX: usize = 1_000;
const MESSAGES_MAX: usize = 64;

/// Reads the rows, in their order. Empty where there are no parameters.
pub(crate) async fn read(
    messages: impl Stream<Item = Result<FlightData, Status>> + Send + 'static,
) -> Result<Vec<Parameters>, Status> {
    let (_, batches) = batches(messages, ("parameters", PARAMETER_BYTES_MAX, MESSAGES_MAX)).await?;
    if batches.iter().map(RecordBatch::num_rows).sum::<usize>() > ROWS_MAX {
        return Err(refusal(Code::QUERY_BOUNDS, format!("parameters may take {ROWS_MAX} rows at most")));
    }
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1)));
    rows.map(|row| Parameters::from_batch(&row).map_err(|error| of_query(&error))).collect()
}

/// The batches that a client sends, with their schema if they have one.
pub(crate) async fn batches(
    messages: impl Stream<Item = Result<FlightData, Status>> + Send + 'static,
    (what, bytes_max, messages_max): (&'static str, usize, usize),
) -> Result<(Option<SchemaRef>, Vec<RecordBatch>), Status> {
    let mut bytes = 0_usize;
    let messages: Vec<FlightData> = messages
        .enumerate()
        .map(|(n, message)| {
            let message = message?;
            bytes = bytes.saturating_add(message.data_body.len()).saturating_add(message.data_header.len());
            if bytes > bytes_max || n >= messages_max {
                let text = format!("{what} may take {bytes_max} bytes in {messages_max} messages at most");
                return Err(refusal(Code::QUERY_BOUNDS, text));
            }
            ensure_plain(&message)?;
            Ok(message)
        })
        .try_collect()
        .await?;
    let messages = futures::stream::iter(messages.into_iter().map(Ok));
    let mut stream = FlightRecordBatchStream::new_from_flight_data(messages);
    // Arrow's reader panics on buffers that end before their header says so.
    let batches = AssertUnwindSafe((&mut stream).try_collect::<Vec<RecordBatch>>()).catch_unwind().await;
    let batches = batches.map_err(|_| no_arrow())?.map_err(|error| match error {
        FlightError::Tonic(status) => *status,
        _ => no_arrow(),
    })?;
    Ok((stream.schema().cloned(), batches))
}

/// About the bytes that values take.
pub(crate) fn bytes_of(rows: &[Parameters]) -> usize {
    rows.iter()
        .map(|parameters| match parameters {
            Parameters::None => 0,
            Parameters::Positional(values) => values.iter().map(ScalarValue::size).sum(),
        })
        .sum()
}

/// Refuses compressed buffers: what they say of their own size would decide how much is allocated.
fn ensure_plain(message: &FlightData) -> Result<(), Status> {
    if message.data_header.is_empty() {
        return Ok(());
    }
    let header = root_as_message(&message.data_header).map_err(|_| no_arrow())?;
    let of_batch = header.header_as_record_batch().and_then(|batch| batch.compression());
    let of_dictionary =
        header.header_as_dictionary_batch().and_then(|d| d.data()).and_then(|batch| batch.compression());
    if of_batch.or(of_dictionary).is_some() {
        return Err(malformed("send it without Arrow's buffer compression"));
    }
    Ok(())
}

fn no_arrow() -> Status {
    malformed("what came is no Arrow data")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use arrow_flight::encode::FlightDataEncoderBuilder;
    use futures::executor::block_on;

    use super::*;

    fn messages(rows: i64) -> Vec<FlightData> {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|n| n.to_string())));
        let batch = RecordBatch::try_from_iter([("a", numbers), ("b", texts)]).unwrap();
        let encoded =
            FlightDataEncoderBuilder::new().with_schema(batch.schema()).build(futures::stream::iter([Ok(batch)]));
        block_on(encoded.try_collect()).unwrap()
    }

    fn told(rows: &[Parameters]) -> Vec<String> {
        let values = rows.iter().map(|row| match row {
            Parameters::None => Vec::new(),
            Parameters::Positional(values) => values.iter().map(ToString::to_string).collect(),
        });
        values.map(|values: Vec<String>| values.join(" ")).collect()
    }

    fn bind(messages: Vec<FlightData>) -> Result<Vec<Parameters>, String> {
        let stream = futures::stream::iter(messages.into_iter().map(Ok));
        block_on(read(stream)).map_err(|status| status.message().to_owned())
    }

    #[test]
    fn each_row_is_values_from_left_to_right() {
        assert_eq!(told(&bind(messages(1)).unwrap()), ["0 0"]);
        assert_eq!(told(&bind(messages(3)).unwrap()), ["0 0", "1 1", "2 2"]);
        assert_eq!(bind(messages(0)), Ok(Vec::new()));
        assert_eq!(bind(Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn what_is_too_large_or_no_arrow_is_refused() {
        let long = FlightData::new().with_data_body(vec![0_u8; PARAMETER_BYTES_MAX + 1]);
        assert!(bind(vec![long]).unwrap_err().starts_with("W0209"));
        assert!(bind(messages(1_001)).unwrap_err().starts_with("W0209"));
        let noise = FlightData::new().with_data_header(vec![0xff_u8; 40]).with_data_body(vec![0xff_u8; 40]);
        assert!(bind(vec![noise]).unwrap_err().starts_with("W0906"));
        let mut cut = messages(1);
        for message in &mut cut {
            message.data_body = message.data_body.slice(..message.data_body.len() / 2);
        }
        assert!(bind(cut).unwrap_err().starts_with("W0906"));
    }
}
