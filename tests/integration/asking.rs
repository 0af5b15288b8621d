//! SQL as a principal of a mesh that runs in this process, through its Flight SQL door.

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt;
use tonic::transport::{Channel, Endpoint};
use weft_testkit::TestMesh;

/// The rows of an answer, a line each with commas between values and nothing for NULL; or what the
/// door says instead, which begins with a code.
pub(crate) async fn ask(mesh: &TestMesh, name: &str, sql: &str) -> Result<String, String> {
    let mut client = client(mesh, name).await;
    let batches = batches(&mut client, sql).await.map_err(|error| match error {
        FlightError::Tonic(status) => status.message().to_owned(),
        other => other.to_string(),
    })?;
    Ok(batches.iter().flat_map(lines).collect::<Vec<_>>().join("\n"))
}

async fn client(mesh: &TestMesh, name: &str) -> FlightSqlServiceClient<Channel> {
    let url = mesh.flight().replace("grpc://", "http://");
    let channel = Endpoint::from_shared(url).unwrap().connect().await.expect("the door is open");
    let mut client = FlightSqlServiceClient::new(channel);
    client.set_token(mesh.token(name));
    client
}

async fn batches(client: &mut FlightSqlServiceClient<Channel>, sql: &str) -> Result<Vec<RecordBatch>, FlightError> {
    let info = client.execute(sql.to_owned(), None).await?;
    let mut batches = Vec::new();
    for endpoint in info.endpoint {
        let ticket = endpoint.ticket.expect("every endpoint has a ticket");
        batches.extend(client.do_get(ticket).await?.try_collect::<Vec<_>>().await?);
    }
    Ok(batches)
}

fn lines(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default();
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let line = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(",");
    (0..batch.num_rows()).map(line).collect()
}
