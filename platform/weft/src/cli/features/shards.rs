//! The shards of a training set on their way from the server into files.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow_flight::Ticket;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt;
use tonic::transport::Channel;

use super::super::flight_failure::of_flight;
use super::super::{Exit, Failure};
use super::content_hash::ContentHash;
use super::place;
use crate::render::rows::{Format, RowWriter};

/// So many shards are fetched side by side.
pub(super) const AT_ONCE: usize = 4;
/// How often a shard is begun anew after the connection broke, and how long is waited before, longer each time.
const TRIES: u32 = 5;
const WAIT: Duration = Duration::from_millis(200);

/// What came of a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) rows: u64,
    pub(super) hash: ContentHash,
}

/// Fetches the rows of a ticket into a file, if there is to be one, which is there complete or not at all. A ticket
/// brings the same rows each time, so one that broke off is begun anew.
pub(super) async fn fetch(
    client: &FlightSqlServiceClient<Channel>,
    ticket: &Ticket,
    file: Option<(PathBuf, Format)>,
) -> Result<Counted, Failure> {
    let mut wait = WAIT;
    for _ in 1..TRIES {
        match fetch_once(client.clone(), ticket.clone(), file.as_ref()).await {
            Err(Broken::Away) => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            Err(Broken::For(failure)) => return Err(failure),
            Ok(counted) => return Ok(counted),
        }
    }
    let last = fetch_once(client.clone(), ticket.clone(), file.as_ref()).await;
    last.map_err(|broken| match broken {
        Broken::For(failure) => failure,
        Broken::Away => Failure::new(Exit::Unreachable, "the server went away again and again")
            .help("what is complete is kept: the same command goes on from there"),
    })
}

/// Why a shard did not come.
enum Broken {
    /// The connection broke, or the server is not there at the moment.
    Away,
    For(Failure),
}

impl From<FlightError> for Broken {
    fn from(error: FlightError) -> Self {
        match &error {
            FlightError::Tonic(status) if status.code() == tonic::Code::Unavailable => Broken::Away,
            FlightError::Tonic(status)
                if status.code() == tonic::Code::Unknown && status.message().contains("transport") =>
            {
                Broken::Away
            }
            _ => Broken::For(of_flight(error)),
        }
    }
}

async fn fetch_once(
    mut client: FlightSqlServiceClient<Channel>,
    ticket: Ticket,
    file: Option<&(PathBuf, Format)>,
) -> Result<Counted, Broken> {
    let mut rows = client.do_get(ticket).await.map_err(Broken::from)?;
    let first = rows.try_next().await?;
    let mut writer =
        file.map(|(path, format)| Writing::begin(path, *format, &rows)).transpose().map_err(Broken::For)?;
    let mut counted = Counted::default();
    let mut next = first;
    while let Some(batch) = next {
        counted.rows += batch.num_rows() as u64;
        counted.hash.add(&batch).map_err(|error| Broken::For(Failure::new(Exit::Problems, error.to_string())))?;
        if let Some(writer) = &mut writer {
            writer.rows.write(&batch).map_err(|error| Broken::For(writer.trouble(&error)))?;
        }
        next = rows.try_next().await?;
    }
    if let Some(writer) = writer {
        writer.finish().map_err(Broken::For)?;
    }
    Ok(counted)
}

/// A file that is being written.
struct Writing {
    path: PathBuf,
    rows: RowWriter<BufWriter<File>>,
}

impl Writing {
    fn begin(path: &Path, format: Format, rows: &FlightRecordBatchStream) -> Result<Self, Failure> {
        let no_schema = || of_flight(FlightError::protocol("the answer has no schema"));
        let schema = rows.schema().ok_or_else(no_schema)?;
        let unfinished = place::unfinished(path);
        let trouble = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::Problems, format!("cannot write `{}`: {error}", unfinished.display()))
        };
        let file = File::create(&unfinished).map_err(|error| trouble(&error))?;
        let rows = RowWriter::begin(format, schema, BufWriter::new(file)).map_err(|error| trouble(&error))?;
        Ok(Writing { path: path.to_owned(), rows })
    }

    fn trouble(&self, error: &dyn std::fmt::Display) -> Failure {
        Failure::new(Exit::Problems, format!("cannot write `{}`: {error}", self.path.display()))
    }

    fn finish(self) -> Result<(), Failure> {
        let Writing { path, rows } = self;
        let trouble = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::Problems, format!("cannot write `{}`: {error}", path.display()))
        };
        let file = rows.finish().map_err(|error| trouble(&error))?;
        let file = file.into_inner().map_err(|error| trouble(&error))?;
        file.sync_all().map_err(|error| trouble(&error))?;
        place::settle(&path)
    }
}
