//! Rows of a test as Arrow has them.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use weft_model::{Place, TestRow};

/// The rows as a table with these columns; what a row leaves out is NULL.
///
/// # Errors
///
/// The place of the first row that is none of the table.
pub(super) fn of_rows(rows: &[TestRow], schema: &SchemaRef) -> Result<RecordBatch, Place> {
    decoded(rows, schema).map_err(|_| {
        let is_unfit = |row: &&TestRow| decoded(std::slice::from_ref(*row), schema).is_err();
        let first = rows.iter().find(is_unfit).or(rows.first());
        first.map_or_else(|| Place::start_of(""), |row| row.place.clone())
    })
}

fn decoded(rows: &[TestRow], schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if rows.is_empty() || schema.fields().is_empty() {
        return counted(schema, Vec::new(), rows.len());
    }
    let reader = ReaderBuilder::new(Arc::clone(schema)).with_strict_mode(true).with_batch_size(rows.len());
    let mut decoder = reader.build_decoder()?;
    for row in rows {
        decoder.decode(row.json.as_bytes())?;
    }
    decoder.flush()?.map_or_else(|| counted(schema, Vec::new(), 0), Ok)
}

/// The answer's columns that `schema` names, in its order and of its types.
pub(super) fn of_answer(answer: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns: Result<Vec<ArrayRef>, ArrowError> = schema
        .fields()
        .iter()
        .map(|field| cast(answer.column(answer.schema().index_of(field.name())?), field.data_type()))
        .collect();
    counted(schema, columns?, answer.num_rows())
}

/// A table that has so many rows even where it has no column.
fn counted(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, ArrowError> {
    if rows == 0 {
        return Ok(RecordBatch::new_empty(Arc::clone(schema)));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}
