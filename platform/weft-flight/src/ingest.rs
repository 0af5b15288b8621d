//! Tables that clients upload to ask about.

use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow_flight::FlightData;
use arrow_flight::sql::{CommandStatementIngest, TableExistsOption, TableNotExistOption};
use futures::Stream;
use tonic::Status;
use weft_engine::Engine;

use crate::binding;
use crate::caller::Caller;
use crate::status::{malformed, of_query, read_only};

const BYTES_MAX: usize = 256 << 20;
const MESSAGES_MAX: usize = 100_000;

/// Keeps the rows as a table of the caller's own; gives how many there are. Tables of the mesh are not written so.
pub(crate) async fn ingest(
    engine: &Engine,
    caller: &Caller,
    command: CommandStatementIngest,
    messages: impl Stream<Item = Result<FlightData, Status>> + Send + 'static,
) -> Result<i64, Status> {
    let names_another = [&command.schema, &command.catalog].into_iter().flatten().any(|name| !name.is_empty());
    if !command.temporary || names_another {
        return Err(read_only("ingesting into a table that is not temporary"));
    }
    if command.transaction_id.as_ref().is_some_and(|id| !id.is_empty()) {
        return Err(malformed("there are no transactions here, so none goes with a statement"));
    }
    let options = command.table_definition_options.unwrap_or_default();
    if options.if_not_exist() == TableNotExistOption::Fail || options.if_exists() == TableExistsOption::Append {
        return Err(malformed("an uploaded table is made or replaced as a whole"));
    }
    let replaces = options.if_exists() != TableExistsOption::Fail;
    let (schema, batches) = binding::batches(messages, ("an upload", BYTES_MAX, MESSAGES_MAX)).await?;
    let rows: usize = batches.iter().map(arrow::array::RecordBatch::num_rows).sum();
    let schema = schema.unwrap_or_else(|| Arc::new(Schema::empty()));
    let kept = engine.upload(&caller.principal, (&command.table, replaces), (schema, batches));
    kept.map_err(|error| of_query(&error))?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}
