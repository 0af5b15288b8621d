//! `weft features`: training sets from governed features, and the same again later.

mod content_hash;
mod extract;
mod frame_file;
mod place;
mod replay;
mod shards;
mod training_set;

use arrow_flight::FlightInfo;
use arrow_flight::sql::client::FlightSqlServiceClient;
use tonic::transport::Channel;
use weft_engine::SessionOptions;

use super::Failure;
use super::arguments::Features;
use super::flight_failure::of_flight;

pub(super) fn features(command: &Features) -> Result<(), Failure> {
    match command {
        Features::Extract(arguments) => extract::extract(arguments),
        Features::Replay(arguments) => replay::replay(arguments),
    }
}

/// What an extraction asks the server for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    sql: String,
    endpoints: usize,
    purpose: Option<String>,
    as_of: Option<String>,
}

/// Has the server pin a query and cut its answer.
async fn endpoints(client: &FlightSqlServiceClient<Channel>, asked: &Asked) -> Result<FlightInfo, Failure> {
    let mut client = client.clone();
    client.set_header(SessionOptions::ENDPOINTS_HEADER, asked.endpoints.to_string());
    if let Some(purpose) = &asked.purpose {
        client.set_header(SessionOptions::PURPOSE_HEADER, purpose);
    }
    if let Some(as_of) = &asked.as_of {
        client.set_header(SessionOptions::AS_OF_HEADER, as_of);
    }
    client.execute(asked.sql.clone(), None).await.map_err(of_flight)
}
