//! SQL as a principal of a mesh that runs in this process, through each of its doors.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::ipc::reader::StreamReader;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any, CommandPreparedStatementQuery,
    ProstMessageExt,
};
use arrow_flight::{Action, Ticket};
use bytes::Bytes;
use futures::TryStreamExt;
use prost::Message;
use serde_json::json;
use tonic::transport::{Channel, Endpoint};
use weft_testkit::TestMesh;
use weft_wire::{ARROW_STREAM, Problem};

/// A door through which anybody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Flight SQL: a statement, and the ticket for its rows.
    Statement,
    /// Flight SQL: a prepared statement.
    Prepared,
    /// Flight SQL: a prepared statement, whose rows are fetched by its handle.
    PreparedHandle,
    /// `POST /api/v1/sql` for JSON.
    RestJson,
    /// `POST /api/v1/sql` for Arrow.
    RestArrow,
}

impl Door {
    pub(crate) const ALL: [Door; 5] =
        [Door::Statement, Door::Prepared, Door::PreparedHandle, Door::RestJson, Door::RestArrow];
}

/// The rows of an answer, a line each with commas between values and nothing for NULL; or what the
/// door says instead, which begins with a code.
pub(crate) async fn ask(mesh: &TestMesh, name: &str, sql: &str) -> Result<String, String> {
    ask_at(Door::Statement, mesh, name, None, sql).await
}

/// As [`ask`], through `door` and for `purpose`.
pub(crate) async fn ask_at(
    door: Door,
    mesh: &TestMesh,
    name: &str,
    purpose: Option<&str>,
    sql: &str,
) -> Result<String, String> {
    Ok(written(&answer_at(door, mesh, name, purpose, sql).await?))
}

/// The batches of an answer.
pub(crate) async fn answer_at(
    door: Door,
    mesh: &TestMesh,
    name: &str,
    purpose: Option<&str>,
    sql: &str,
) -> Result<Vec<RecordBatch>, String> {
    if door == Door::RestArrow {
        return arrow(mesh, name, purpose, sql).await;
    }
    if door == Door::RestJson {
        return rest(mesh, name, purpose, sql).await;
    }
    let mut client = client(mesh, name).await;
    if let Some(purpose) = purpose {
        client.set_header("x-weft-purpose", purpose);
    }
    let answered = match door {
        Door::Statement => statement(&mut client, sql).await,
        Door::Prepared => prepared(&mut client, sql, None).await,
        _ => by_handle(&mut client, sql).await,
    };
    answered.map_err(told)
}

/// The answer to a statement with one row of parameters.
pub(crate) async fn bound(mesh: &TestMesh, name: &str, sql: &str, values: Vec<ArrayRef>) -> Result<String, String> {
    let columns = values.into_iter().enumerate().map(|(n, values)| (n.to_string(), values));
    let parameters = RecordBatch::try_from_iter(columns).unwrap();
    let batches = prepared(&mut client(mesh, name).await, sql, Some(parameters)).await;
    Ok(written(&batches.map_err(told)?))
}

/// A client of the Flight SQL door.
pub(crate) async fn client(mesh: &TestMesh, name: &str) -> FlightSqlServiceClient<Channel> {
    let url = mesh.flight().replace("grpc://", "http://");
    let channel = Endpoint::from_shared(url).unwrap().connect().await.expect("the door is open");
    let mut client = FlightSqlServiceClient::new(channel);
    client.set_token(mesh.token(name));
    client
}

/// A request to `POST /api/v1/sql`.
pub(crate) fn request(mesh: &TestMesh, name: &str, sql: &str) -> reqwest::RequestBuilder {
    let request = reqwest::Client::new().post(format!("{}/api/v1/sql", mesh.http()));
    request.bearer_auth(mesh.token(name)).json(&json!({ "sql": sql }))
}

pub(crate) fn told(error: impl Into<FlightError>) -> String {
    match error.into() {
        FlightError::Tonic(status) => status.message().to_owned(),
        other => other.to_string(),
    }
}

pub(crate) fn written(batches: &[RecordBatch]) -> String {
    batches.iter().flat_map(lines).collect::<Vec<_>>().join("\n")
}

async fn statement(client: &mut FlightSqlServiceClient<Channel>, sql: &str) -> Result<Vec<RecordBatch>, FlightError> {
    let info = client.execute(sql.to_owned(), None).await?;
    fetch(client, info).await
}

async fn prepared(
    client: &mut FlightSqlServiceClient<Channel>,
    sql: &str,
    parameters: Option<RecordBatch>,
) -> Result<Vec<RecordBatch>, FlightError> {
    let mut statement = client.prepare(sql.to_owned(), None).await?;
    if let Some(parameters) = parameters {
        statement.set_parameters(parameters)?;
    }
    let info = statement.execute().await?;
    fetch(client, info).await
}

async fn by_handle(client: &mut FlightSqlServiceClient<Channel>, sql: &str) -> Result<Vec<RecordBatch>, FlightError> {
    let handle = handle(client, sql).await?;
    fetch_prepared(client, handle).await
}

/// The handle of a newly prepared statement.
pub(crate) async fn handle(client: &mut FlightSqlServiceClient<Channel>, sql: &str) -> Result<Bytes, FlightError> {
    let request = ActionCreatePreparedStatementRequest { query: sql.to_owned(), transaction_id: None };
    let body = request.as_any().encode_to_vec().into();
    let action = Action { r#type: "CreatePreparedStatement".to_owned(), body };
    let mut results = client.do_action(action).await?;
    let result = results.message().await?.expect("one result");
    // Read to its end: a client that breaks off a thousand answers is cut off by its own HTTP/2.
    while results.message().await?.is_some() {}
    let any = Any::decode(result.body).expect("a message");
    let prepared: ActionCreatePreparedStatementResult = any.unpack()?.expect("a prepared statement");
    Ok(prepared.prepared_statement_handle)
}

/// The rows of a prepared statement, fetched by its handle alone.
pub(crate) async fn fetch_prepared(
    client: &mut FlightSqlServiceClient<Channel>,
    handle: Bytes,
) -> Result<Vec<RecordBatch>, FlightError> {
    let command = CommandPreparedStatementQuery { prepared_statement_handle: handle };
    client.do_get(Ticket::new(command.as_any().encode_to_vec())).await?.try_collect().await
}

/// The rows that a flight stands for.
pub(crate) async fn fetch(
    client: &mut FlightSqlServiceClient<Channel>,
    info: arrow_flight::FlightInfo,
) -> Result<Vec<RecordBatch>, FlightError> {
    let mut batches = Vec::new();
    for endpoint in info.endpoint {
        let ticket = endpoint.ticket.expect("every endpoint has a ticket");
        batches.extend(client.do_get(ticket).await?.try_collect::<Vec<_>>().await?);
    }
    Ok(batches)
}

async fn arrow(mesh: &TestMesh, name: &str, purpose: Option<&str>, sql: &str) -> Result<Vec<RecordBatch>, String> {
    let mut request = request(mesh, name, sql).header("accept", ARROW_STREAM);
    if let Some(purpose) = purpose {
        request = request.header("x-weft-purpose", purpose);
    }
    let body = body(request).await?;
    let reader = StreamReader::try_new(body.as_slice(), None).expect("a stream of Arrow");
    Ok(reader.map(|batch| batch.expect("a whole batch")).collect())
}

/// JSON rows as one batch of texts, so that they are written as those of the other doors.
async fn rest(mesh: &TestMesh, name: &str, purpose: Option<&str>, sql: &str) -> Result<Vec<RecordBatch>, String> {
    let client = reqwest::Client::new().post(format!("{}/api/v1/sql", mesh.http())).bearer_auth(mesh.token(name));
    let body = body(client.json(&json!({ "sql": sql, "purpose": purpose }))).await?;
    let answer: weft_wire::SqlAnswer = serde_json::from_slice(&body).expect("an answer in JSON");
    if let Some(problem) = answer.problem {
        return Err(format!("{} {}", problem.code, problem.detail));
    }
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let column = |n: usize| -> ArrayRef {
        Arc::new(answer.rows.iter().map(|row| text(&row[n])).collect::<arrow::array::StringArray>())
    };
    let fields: Vec<_> = answer
        .columns
        .iter()
        .map(|column| arrow::datatypes::Field::new(&column.name, arrow::datatypes::DataType::Utf8, true))
        .collect();
    let columns: Vec<ArrayRef> = (0..fields.len()).map(column).collect();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(answer.rows.len()));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    Ok(vec![RecordBatch::try_new_with_options(schema, columns, &options).expect("columns of one length")])
}

async fn body(request: reqwest::RequestBuilder) -> Result<Vec<u8>, String> {
    let response = request.send().await.expect("the door is open");
    let status = response.status();
    let body = response.bytes().await.expect("a whole body").to_vec();
    if status.is_success() {
        return Ok(body);
    }
    let problem: Problem = serde_json::from_slice(&body).expect("a problem");
    Err(format!("{} {}", problem.code, problem.detail))
}

fn lines(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default();
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let line = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(",");
    (0..batch.num_rows()).map(line).collect()
}
