//! The values of a batch as texts.

use arrow::array::RecordBatch;
use arrow::buffer::NullBuffer;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// A batch whose values are read as texts.
pub(super) struct Cells<'a> {
    columns: Vec<(ArrayFormatter<'a>, Option<NullBuffer>)>,
}

impl<'a> Cells<'a> {
    /// The values of `batch`.
    pub(super) fn of(batch: &'a RecordBatch, options: &'a FormatOptions<'a>) -> Result<Self, ArrowError> {
        // Of a column of type NULL only the logical nulls tell that it holds nothing.
        let column = |array: &'a arrow::array::ArrayRef| {
            Ok((ArrayFormatter::try_new(array.as_ref(), options)?, array.logical_nulls()))
        };
        Ok(Cells { columns: batch.columns().iter().map(column).collect::<Result<_, ArrowError>>()? })
    }

    /// A row's values from left to right; `None` for NULL.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = Result<Option<String>, ArrowError>> {
        self.columns.iter().map(move |(column, nulls)| match nulls {
            Some(nulls) if nulls.is_null(row) => Ok(None),
            _ => column.value(row).try_to_string().map(Some),
        })
    }
}
