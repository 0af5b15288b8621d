//! `weft query`: SQL through Flight SQL, rows to standard output.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Read};
use std::time::Instant;

use arrow::datatypes::SchemaRef;
use arrow_flight::FlightEndpoint;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt;
use tonic::transport::Channel;
use weft_wire::EXPLAIN_ID_HEADER;

use super::arguments::{Query, QueryFormat};
use super::connection::Connection;
use super::flight_failure::of_flight;
use super::{Exit, Failure, Look, block_on, flight_channel, terminal};
use crate::render::rows::{Format, RowWriter, WriteError};
use crate::render::table;

pub(super) fn query(arguments: &Query) -> Result<(), Failure> {
    let sql = sql(arguments)?;
    let format = stream_format(arguments.format);
    if format.is_some_and(Format::is_binary) && io::stdout().is_terminal() {
        return Err(Failure::usage("this format is bytes, which a terminal cannot show")
            .help("write them to a file: `> rows.arrow`"));
    }
    let connection = Connection::new(&arguments.server)?;
    block_on(async {
        let began = Instant::now();
        let mut client = client(&connection, arguments).await?;
        let info = client.execute(sql, None).await.map_err(of_flight)?;
        let mut answer = Answer { client, endpoints: info.endpoint.into_iter(), now: None, rows: 0, explain: None };
        answer.begin().await?;
        match format {
            Some(format) => stream(&mut answer, format).await?,
            None => draw(&mut answer).await?,
        }
        terminal::note(&table::footer(answer.rows, began.elapsed()));
        if let Some(id) = &answer.explain {
            terminal::note(&format!("Not all is shown as it is: `weft access explain {id}`"));
        }
        Ok(())
    })
}

fn stream_format(format: QueryFormat) -> Option<Format> {
    match format {
        QueryFormat::Table => None,
        QueryFormat::Csv => Some(Format::Csv),
        QueryFormat::Json => Some(Format::Json),
        QueryFormat::Arrow => Some(Format::Arrow),
        QueryFormat::Parquet => Some(Format::Parquet),
    }
}

fn sql(arguments: &Query) -> Result<String, Failure> {
    let stdin = || {
        let mut text = String::new();
        io::stdin()
            .lock()
            .read_to_string(&mut text)
            .map(|_| text)
            .map_err(|error| Failure::io("cannot read standard input", &error))
    };
    match (&arguments.sql, &arguments.file) {
        (Some(sql), _) => Ok(sql.clone()),
        (None, Some(file)) if file.as_os_str() == "-" => stdin(),
        (None, Some(file)) => {
            fs::read_to_string(file).map_err(|error| Failure::io(format!("cannot read `{}`", file.display()), &error))
        }
        (None, None) if io::stdin().is_terminal() => {
            Err(Failure::usage("no query is given").help("write it as an argument, or name a file with -f"))
        }
        (None, None) => stdin(),
    }
}

async fn client(connection: &Connection, arguments: &Query) -> Result<FlightSqlServiceClient<Channel>, Failure> {
    let mut client = flight_channel::client(connection).await?;
    if let Some(purpose) = &arguments.purpose {
        client.set_header("x-weft-purpose", purpose);
    }
    if let Some(as_of) = &arguments.as_of {
        client.set_header("x-weft-as-of", as_of);
    }
    Ok(client)
}

/// The rows of an answer, endpoint after endpoint.
struct Answer {
    client: FlightSqlServiceClient<Channel>,
    endpoints: std::vec::IntoIter<FlightEndpoint>,
    now: Option<FlightRecordBatchStream>,
    rows: usize,
    /// By which it is explained, where something is masked, left out or filtered.
    explain: Option<String>,
}

impl Answer {
    /// Opens the first endpoint; every answer has one.
    async fn begin(&mut self) -> Result<(), Failure> {
        if !self.open_next().await? {
            return Err(Failure::new(Exit::Bug, "the server's answer names no place to read it from"));
        }
        Ok(())
    }

    async fn open_next(&mut self) -> Result<bool, Failure> {
        let Some(ticket) = self.endpoints.next().and_then(|endpoint| endpoint.ticket) else {
            self.now = None;
            return Ok(false);
        };
        let rows = self.client.do_get(ticket).await.map_err(of_flight)?;
        let explain = rows.headers().get(EXPLAIN_ID_HEADER).and_then(|id| id.to_str().ok());
        self.explain = explain.map(str::to_owned).or(self.explain.take());
        self.now = Some(rows);
        Ok(true)
    }

    async fn next(&mut self) -> Result<Option<arrow::array::RecordBatch>, Failure> {
        while let Some(stream) = &mut self.now {
            if let Some(batch) = stream.try_next().await.map_err(of_flight)? {
                self.rows += batch.num_rows();
                return Ok(Some(batch));
            }
            if !self.open_next().await? {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// The schema, and the first batch where there is one: a stream tells its schema before any rows.
    async fn first(&mut self) -> Result<(SchemaRef, Option<arrow::array::RecordBatch>), Failure> {
        let no_schema = || of_flight(FlightError::protocol("the answer has no schema"));
        let Some(stream) = &mut self.now else { return Err(no_schema()) };
        let batch = stream.try_next().await.map_err(of_flight)?;
        let schema = stream.schema().cloned().ok_or_else(no_schema)?;
        self.rows += batch.as_ref().map_or(0, arrow::array::RecordBatch::num_rows);
        Ok((schema, batch))
    }
}

async fn stream(answer: &mut Answer, format: Format) -> Result<(), Failure> {
    let (schema, mut batch) = answer.first().await?;
    let mut writer = RowWriter::begin(format, &schema, BufWriter::new(io::stdout())).or_else(unwritten)?;
    while let Some(rows) = batch {
        writer.write(&rows).or_else(unwritten)?;
        batch = answer.next().await?;
    }
    writer.finish().map(|_| ()).or_else(unwritten)
}

async fn draw(answer: &mut Answer) -> Result<(), Failure> {
    let (schema, mut batch) = answer.first().await?;
    let mut batches = Vec::new();
    while let Some(rows) = batch {
        batches.push(rows);
        batch = answer.next().await?;
    }
    let drawn = table::rows(&schema, &batches, Look::of_stdout());
    let text = drawn.map_err(|error| Failure::new(Exit::Bug, format!("the answer cannot be shown: {error}")))?;
    terminal::print(&text)
}

fn unwritten<T>(error: WriteError) -> Result<T, Failure> {
    match error {
        WriteError::Stream(error) => match terminal::written(Err(error)) {
            Err(failure) => Err(failure),
            Ok(()) => Err(Failure::silent(Exit::Ok)),
        },
        WriteError::Value(problem) => {
            Err(Failure::new(Exit::Problems, format!("the answer cannot be written in this format: {problem}")))
        }
    }
}
