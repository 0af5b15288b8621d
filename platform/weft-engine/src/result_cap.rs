//! How large an answer may become.

use arrow::record_batch::RecordBatch;

use crate::{Limits, QueryError};

/// Counts an answer while its rows go out.
#[derive(Debug)]
pub(crate) struct ResultCap {
    rows_max: u64,
    bytes_max: u64,
    rows: u64,
    bytes: u64,
}

impl ResultCap {
    pub(crate) fn of(limits: &Limits) -> Self {
        ResultCap { rows_max: limits.result_rows_max, bytes_max: limits.result_bytes_max, rows: 0, bytes: 0 }
    }

    /// Counts one more batch.
    ///
    /// # Errors
    ///
    /// [`QueryError::ResultBounds`] where the answer would be too large with it; it does not go out.
    pub(crate) fn note(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
        self.bytes = self.bytes.saturating_add(bytes_of(batch));
        let over = |unit, limit| QueryError::ResultBounds { what: "the answer".to_owned(), unit, limit };
        if self.rows > self.rows_max {
            return Err(over("rows", self.rows_max));
        }
        if self.bytes > self.bytes_max {
            return Err(over("bytes", self.bytes_max));
        }
        Ok(())
    }
}

/// Bytes of the rows that are shown, whatever the memory behind them is shared with.
fn bytes_of(batch: &RecordBatch) -> u64 {
    let of_column = |column: &arrow::array::ArrayRef| {
        column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size()) as u64
    };
    batch.columns().iter().map(of_column).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    fn batch(rows: i64) -> RecordBatch {
        RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef)]).unwrap()
    }

    #[test]
    fn an_answer_ends_where_its_rows_pass_the_limit() {
        let mut cap = ResultCap::of(&Limits { result_rows_max: 10, ..Limits::default() });
        assert!(cap.note(&batch(6)).is_ok());
        assert!(cap.note(&batch(4)).is_ok());
        assert!(matches!(cap.note(&batch(1)), Err(QueryError::ResultBounds { unit: "rows", limit: 10, .. })));
    }

    #[test]
    fn an_answer_ends_where_its_bytes_pass_the_limit() {
        let mut cap = ResultCap::of(&Limits { result_bytes_max: 100, ..Limits::default() });
        assert!(cap.note(&batch(10)).is_ok());
        assert!(matches!(cap.note(&batch(10)), Err(QueryError::ResultBounds { unit: "bytes", .. })));
        let mut cap = ResultCap::of(&Limits { result_bytes_max: 100, ..Limits::default() });
        assert!(cap.note(&batch(1_000).slice(5, 2)).is_ok(), "only what is shown counts");
    }
}
