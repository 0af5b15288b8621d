//! A look at the first rows of what is to be written.

use std::collections::HashSet;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;

/// So many of the first rows are looked at for how their values repeat.
pub(crate) const ROWS_LOOKED_AT: usize = 16_384;
/// Where more than one of so many values is new, a dictionary of them saves nothing.
const NEW_OF: usize = 5;

/// The first rows of a part, or all of them where there are few.
pub(crate) async fn first_of(part: &mut SendableRecordBatchStream) -> Result<Vec<RecordBatch>, DataFusionError> {
    let mut first = Vec::new();
    while rows_of(&first) < ROWS_LOOKED_AT {
        match part.try_next().await? {
            Some(batch) => first.push(batch),
            None => break,
        }
    }
    Ok(first)
}

pub(crate) fn rows_of(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// The columns that bring new values in each second half of some rows as they did in the first.
pub(crate) fn ever_new(schema: &SchemaRef, rows: &[RecordBatch]) -> Result<Vec<String>, DataFusionError> {
    let mut columns = Vec::new();
    for (at, field) in schema.fields().iter().enumerate().filter(|(_, field)| !field.data_type().is_nested()) {
        let (mut seen, mut number, mut new) = (HashSet::new(), 0, 0);
        for batch in rows {
            let mut hashes = vec![0; batch.num_rows()];
            create_hashes([batch.column(at)], &RandomState::default(), &mut hashes)?;
            for hash in hashes {
                new += usize::from(seen.insert(hash) && number >= ROWS_LOOKED_AT / 2);
                number += 1;
            }
        }
        if new * NEW_OF > number - ROWS_LOOKED_AT / 2 {
            columns.push(field.name().clone());
        }
    }
    Ok(columns)
}
