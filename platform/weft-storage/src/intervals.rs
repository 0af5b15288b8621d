//! Rows in pieces, by the intervals of time in which they lie.

use arrow::array::{Array as _, AsArray, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use weft_model::Interval;

/// The batch in pieces, each with the beginning of the interval in which its rows lie; whole without intervals.
pub(crate) fn pieces(
    batch: &RecordBatch,
    cut: Option<(&str, Interval)>,
) -> Result<Vec<(Option<i64>, RecordBatch)>, DataFusionError> {
    if batch.num_rows() == 0 {
        return Ok(Vec::new());
    }
    let Some((column, interval)) = cut else { return Ok(vec![(None, batch.clone())]) };
    let column = batch.column_by_name(column);
    let column = column.ok_or_else(|| DataFusionError::Plan("the column of time is not there".to_owned()))?;
    let instants = cast(&cast(column, &DataType::Timestamp(TimeUnit::Millisecond, None))?, &DataType::Int64)?;
    let instants: &Int64Array = instants.as_primitive::<Int64Type>();
    let start = |row: usize| (!instants.is_null(row)).then(|| interval.start_of(instants.value(row)));
    let mut pieces = Vec::new();
    let (mut first, mut current) = (0, start(0));
    for row in 1..batch.num_rows() {
        let here = start(row);
        if here != current {
            pieces.push((current, batch.slice(first, row - first)));
            (first, current) = (row, here);
        }
    }
    pieces.push((current, batch.slice(first, batch.num_rows() - first)));
    Ok(pieces)
}
