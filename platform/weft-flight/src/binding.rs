//! The row of parameters that a client sends for a prepared statement.

use std::panic::AssertUnwindSafe;

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
const MESSAGES_MAX: usize = 64;

/// Reads the only row there may be. No row at all means no parameters.
pub(crate) async fn read(
    messages: impl Stream<Item = Result<FlightData, Status>> + Send + 'static,
) -> Result<Parameters, Status> {
    let mut bytes = 0_usize;
    let messages: Vec<FlightData> = messages
        .enumerate()
        .map(|(n, message)| {
            let message = message?;
            bytes = bytes.saturating_add(message.data_body.len()).saturating_add(message.data_header.len());
            if bytes > PARAMETER_BYTES_MAX || n >= MESSAGES_MAX {
                let text =
                    format!("parameters may take {PARAMETER_BYTES_MAX} bytes in {MESSAGES_MAX} messages at most");
                return Err(refusal(Code::QUERY_BOUNDS, text));
            }
            ensure_plain(&message)?;
            Ok(message)
        })
        .try_collect()
        .await?;
    let messages = futures::stream::iter(messages.into_iter().map(Ok));
    let batches = FlightRecordBatchStream::new_from_flight_data(messages).try_collect::<Vec<RecordBatch>>();
    // Arrow's reader panics on buffers that end before their header says so.
    let batches = AssertUnwindSafe(batches).catch_unwind().await.map_err(|_| no_arrow())?;
    let batches = batches.map_err(|error| match error {
        FlightError::Tonic(status) => *status,
        _ => no_arrow(),
    })?;
    let mut rows = batches.into_iter().filter(|batch| batch.num_rows() > 0);
    match (rows.next(), rows.next()) {
        (None, _) => Ok(Parameters::None),
        (Some(batch), None) => Parameters::from_batch(&batch).map_err(|error| of_query(&error)),
        (Some(_), Some(_)) => {
            Err(refusal(Code::QUERY_PARAMETERS, "a query takes one row of parameters, and more were given"))
        }
    }
}

/// About the bytes that values take.
pub(crate) fn bytes_of(parameters: &Parameters) -> usize {
    match parameters {
        Parameters::None => 0,
        Parameters::Positional(values) => values.iter().map(ScalarValue::size).sum(),
    }
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
        return Err(malformed("send the parameters without Arrow's buffer compression"));
    }
    Ok(())
}

fn no_arrow() -> Status {
    malformed("the parameters are no Arrow data")
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

    fn bind(messages: Vec<FlightData>) -> Result<Parameters, String> {
        let stream = futures::stream::iter(messages.into_iter().map(Ok));
        block_on(read(stream)).map_err(|status| status.message().to_owned())
    }

    #[test]
    fn one_row_is_values_from_left_to_right() {
        let Ok(Parameters::Positional(values)) = bind(messages(1)) else { panic!("no values") };
        assert_eq!(values.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0", "0"]);
    }

    #[test]
    fn no_row_is_no_parameters_and_two_are_refused() {
        assert_eq!(bind(messages(0)), Ok(Parameters::None));
        assert_eq!(bind(Vec::new()), Ok(Parameters::None));
        assert!(bind(messages(2)).unwrap_err().starts_with("W0214"));
    }

    #[test]
    fn what_is_too_large_or_no_arrow_is_refused() {
        let long = FlightData::new().with_data_body(vec![0_u8; PARAMETER_BYTES_MAX + 1]);
        assert!(bind(vec![long]).unwrap_err().starts_with("W0209"));
        let noise = FlightData::new().with_data_header(vec![0xff_u8; 40]).with_data_body(vec![0xff_u8; 40]);
        assert!(bind(vec![noise]).unwrap_err().starts_with("W0906"));
        let mut cut = messages(1);
        for message in &mut cut {
            message.data_body = message.data_body.slice(..message.data_body.len() / 2);
        }
        assert!(bind(cut).unwrap_err().starts_with("W0906"));
    }
}
