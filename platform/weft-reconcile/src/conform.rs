//! A query's rows in the very shape of the contract.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use weft_model::Code;
use weft_storage::{Finding, nullable_schema};

use crate::sql_check::same_type;

/// The same rows with the contract's columns in the contract's order, each allowed to hold NULL:
/// whether it may is for the gate to say.
///
/// # Errors
///
/// A finding for each column that is missing, extra or of another type.
pub(crate) fn conform(
    rows: SendableRecordBatchStream,
    contract: &SchemaRef,
) -> Result<SendableRecordBatchStream, Vec<Finding>> {
    let given = rows.schema();
    let finding =
        |column: &str, message: String| Finding { code: Code::DATA_SCHEMA, message, column: Some(column.to_owned()) };
    let mut findings = Vec::new();
    let mut places = Vec::new();
    for field in contract.fields() {
        match given.index_of(field.name()) {
            Err(_) => findings.push(finding(field.name(), format!("column `{}` is missing", field.name()))),
            Ok(at) if same_type(given.field(at).data_type(), field.data_type()) => places.push(at),
            Ok(at) => {
                let (is, shall) = (given.field(at).data_type(), field.data_type());
                findings.push(finding(field.name(), format!("column `{}` is {is} and must be {shall}", field.name())));
            }
        }
    }
    for field in given.fields() {
        if contract.index_of(field.name()).is_err() {
            findings.push(finding(field.name(), format!("the contract has no column `{}`", field.name())));
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let schema = nullable_schema(contract);
    let shape = Arc::clone(&schema);
    let shaped = rows.map(move |batch| reshape(&batch?, &places, &shape));
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, shaped)))
}

fn reshape(batch: &RecordBatch, places: &[usize], schema: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    let columns: Result<Vec<ArrayRef>, _> = places
        .iter()
        .zip(schema.fields())
        .map(|(at, field)| {
            let column = batch.column(*at);
            if column.data_type() == field.data_type() {
                Ok(Arc::clone(column))
            } else {
                cast(column, field.data_type())
            }
        })
        .collect();
    Ok(RecordBatch::try_new(Arc::clone(schema), columns?)?)
}
