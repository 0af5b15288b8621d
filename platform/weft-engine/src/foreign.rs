//! The rows of a file or table that is not ours, for whoever begins a contract from them.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::execute_stream;
use futures::stream::{BoxStream, StreamExt};
use weft_storage::{FileKind, SourceLimits, StorageError, source_table};

use crate::engine::base_state;

/// Rows as they come, with the columns that file or table says it has.
pub struct ForeignRows {
    pub schema: SchemaRef,
    /// Nothing is read before it is asked for; dropping it ends the reading.
    pub batches: BoxStream<'static, Result<RecordBatch, StorageError>>,
}

/// All rows of what lies at `url`, in no order.
///
/// # Errors
///
/// [`StorageError::Url`] for a URL that may not be read, [`StorageError::Rows`] or [`StorageError::Table`] if there is
/// nothing of that format.
pub async fn foreign_rows(url: &str, kind: FileKind, limits: &SourceLimits) -> Result<ForeignRows, StorageError> {
    let unreadable = |error: DataFusionError| StorageError::Rows { source: Box::new(error) };
    let state = base_state();
    let table = source_table(&state, url, kind, &HashMap::new(), limits).await?;
    let plan = table.scan(&state, None, &[], None).await.map_err(unreadable)?;
    let schema = plan.schema();
    let batches = execute_stream(plan, state.task_ctx()).map_err(unreadable)?;
    Ok(ForeignRows { schema, batches: batches.map(move |batch| batch.map_err(unreadable)).boxed() })
}
