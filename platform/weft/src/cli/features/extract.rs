//! `weft features extract SPEC.yaml`: a training set into files.

use std::fs;
use std::path::Path;

use arrow_flight::Ticket;
use chrono::SecondsFormat;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value as Json;
use weft_manifest::features_file::{FeaturesFile, FeaturesFormat};
use weft_model::{Clock, ManifestTree};
use weft_wire::TrainingSetRequest;

use super::super::arguments::Extract;
use super::super::connection::Connection;
use super::super::found::Found;
use super::super::{Exit, Failure, Look, block_on, flight_channel, terminal};
use super::frame_file::{self, FrameFile};
use super::place::{Extraction, Folder};
use super::training_set::{self, ShardFile, TrainingSet};
use super::{Asked, endpoints, shards};
use crate::clock::SystemClock;
use crate::render::diagnostics;
use crate::render::rows::Format;

const SHARDS_MAX: i64 = 1_024;

pub(super) fn extract(arguments: &Extract) -> Result<(), Failure> {
    let spec = read(&arguments.spec)?;
    let beside = arguments.spec.parent().unwrap_or(Path::new("."));
    let request = Request::of(&spec, arguments, beside)?;
    let folder = Folder::make(beside.join(&spec.output.path))?;
    let connection = Connection::new(&arguments.server)?;
    let set = block_on(async {
        let mut set = run(&connection, &request, &folder).await?;
        if arguments.hold > 0 {
            set.held_until = Some(hold(&connection, &set, arguments.hold).await?);
        }
        Ok(set)
    })?;
    set.write(folder.path())?;
    folder.forget()?;
    terminal::note(&format!(
        "{} rows in {} files, content {}: `weft features replay {}` makes them again",
        set.rows,
        set.files.len(),
        set.content_hash,
        folder.path().display(),
    ));
    Ok(())
}

/// What a specification comes to.
struct Request {
    asked: Asked,
    entities_sha256: String,
    features: Vec<String>,
    knowledge_time: bool,
    format: Format,
    file: Option<FrameFile>,
}

impl Request {
    /// Files of the specification lie `beside` it.
    fn of(spec: &FeaturesFile, arguments: &Extract, beside: &Path) -> Result<Self, Failure> {
        let entities = &spec.entities;
        let file = entities.file.as_ref().map(|file| FrameFile::read(&beside.join(file))).transpose()?;
        let frame = match (&entities.sql, &entities.file, &entities.port) {
            // On lines of its own, so that it may end in a comment.
            (Some(sql), None, None) => format!("(\n{}\n)", sql.trim().trim_end_matches(';')),
            (None, None, Some(port)) => port.split('.').map(quoted).collect::<Vec<_>>().join("."),
            (None, Some(_), None) => file.as_ref().map(FrameFile::table).unwrap_or_default(),
            _ => return Err(Failure::usage("entities are one of `sql`, `file` and `port`")),
        };
        let shards = spec.output.shards.unwrap_or(1);
        let Some(endpoints) = usize::try_from(shards).ok().filter(|_| (1..=SHARDS_MAX).contains(&shards)) else {
            return Err(Failure::usage(format!("a training set has 1 to {SHARDS_MAX} shards, and not {shards}")));
        };
        let knowledge_time = spec.knowledge_time.unwrap_or(true);
        let names = spec.features.iter().map(|name| format!("'{}'", name.replace('\'', "''")));
        let names = names.collect::<Vec<_>>().join(", ");
        let at = quoted(&spec.event_time);
        let sql = format!(
            "SELECT * FROM features({frame}, {names}, at => {at}, knowledge_time => {knowledge_time}) AS frame"
        );
        let purpose = arguments.purpose.clone().or_else(|| spec.purpose.clone());
        Ok(Request {
            entities_sha256: file.as_ref().map_or_else(|| frame_file::sha256(frame.as_bytes()), FrameFile::sha256),
            asked: Asked { sql, endpoints, purpose, as_of: spec.as_of.clone() },
            features: spec.features.clone(),
            knowledge_time,
            format: match spec.output.format {
                Some(FeaturesFormat::Arrow) => Format::Arrow,
                Some(FeaturesFormat::Parquet) | None => Format::Parquet,
            },
            file,
        })
    }

    fn file_name(&self, number: usize) -> String {
        let ending = if self.format == Format::Arrow { "arrows" } else { "parquet" };
        format!("part-{:05}-of-{:05}.{ending}", number + 1, self.asked.endpoints)
    }
}

/// Reads a specification; problems in it are shown with their places.
fn read(path: &Path) -> Result<FeaturesFile, Failure> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| Failure::io(format!("cannot read `{shown}`"), &error))?;
    let (read, problems) = FeaturesFile::read(&shown, &text);
    if let Some(read) = read.filter(|_| !problems.iter().any(weft_model::Diagnostic::is_error)) {
        return Ok(read);
    }
    let mut found = Found::default();
    found.take(problems, &ManifestTree::of_texts([(shown.as_str(), text.as_str())]), str::to_owned);
    terminal::print(&diagnostics::text(&found.diagnostics, &found, Look::of_stdout()))?;
    Err(Failure::silent(Exit::Problems))
}

async fn run(connection: &Connection, request: &Request, folder: &Folder) -> Result<TrainingSet, Failure> {
    let client = flight_channel::client(connection).await?;
    let now = SystemClock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let asked = format!("{:?} {:?}", request.asked, request.format);
    let mut extraction = match folder.broken_off(&asked, &now) {
        Some(extraction) => extraction,
        None => {
            if let Some(file) = &request.file {
                file.keep(folder.path())?;
                file.upload(&client).await?;
            }
            begin(&endpoints(&client, &request.asked).await?, asked)?
        }
    };
    folder.keep(&extraction)?;
    let (tickets, done) = (extraction.tickets.clone(), extraction.done.clone());
    let (all, there) = (tickets.len(), done.iter().flatten().count());
    if there > 0 {
        terminal::note(&format!("{there} of {all} shards are there already"));
    }
    let missing = tickets.iter().enumerate().filter(|(number, _)| done.get(*number).is_none_or(Option::is_none));
    let fetched = stream::iter(missing).map(|(number, ticket)| {
        let path = request.file_name(number);
        let (client, file) = (&client, (folder.path().join(&path), request.format));
        async move {
            let counted = shards::fetch(client, &ticket_of(ticket)?, Some(file)).await?;
            let content_hash = counted.hash.to_string();
            Ok::<_, Failure>((number, ShardFile { path, rows: counted.rows, content_hash }))
        }
    });
    let mut fetched = Box::pin(fetched.buffer_unordered(shards::AT_ONCE));
    while let Some((number, shard)) = fetched.try_next().await? {
        terminal::note(&format!("{} {} rows", shard.path, shard.rows));
        if let Some(place) = extraction.done.get_mut(number) {
            *place = Some(shard);
        }
        folder.keep(&extraction)?;
    }
    complete(request, extraction)
}

/// Has the server keep what the set was made from; until when.
async fn hold(connection: &Connection, set: &TrainingSet, days: u32) -> Result<String, Failure> {
    let request = TrainingSetRequest {
        sql: set.sql.clone(),
        purpose: set.purpose.clone(),
        as_of: set.as_of().unwrap_or_default().to_owned(),
        features: set.features.clone(),
        rows: set.rows,
        content_hash: set.content_hash.clone(),
        days: Some(days),
    };
    let held: weft_wire::TrainingSet = connection.post("/api/v1/training-sets", &request).await?;
    Ok(held.held_until)
}

fn begin(info: &arrow_flight::FlightInfo, asked: String) -> Result<Extraction, Failure> {
    let odd = |what: &str| Failure::new(Exit::Bug, format!("the server's answer is odd: {what}"));
    let pinned: Json = serde_json::from_slice(&info.app_metadata).map_err(|error| odd(&error.to_string()))?;
    let tickets: Option<Vec<String>> =
        info.endpoint.iter().map(|endpoint| Some(hex::encode(&endpoint.ticket.as_ref()?.ticket))).collect();
    let tickets = tickets.filter(|tickets| !tickets.is_empty()).ok_or_else(|| odd("it names no place to read from"))?;
    let done = vec![None; tickets.len()];
    Ok(Extraction { asked, pinned, tickets, done })
}

fn complete(request: &Request, extraction: Extraction) -> Result<TrainingSet, Failure> {
    let files: Option<Vec<ShardFile>> = extraction.done.into_iter().collect();
    let files = files.ok_or_else(|| Failure::new(Exit::Bug, "a shard is missing"))?;
    let (rows, content_hash) = training_set::whole(&files);
    Ok(TrainingSet {
        sql: request.asked.sql.clone(),
        entities_sha256: request.entities_sha256.clone(),
        entities_file: request.file.as_ref().map(FrameFile::name),
        features: request.features.clone(),
        knowledge_time: request.knowledge_time,
        purpose: request.asked.purpose.clone(),
        pinned: extraction.pinned,
        rows,
        content_hash,
        held_until: None,
        files,
    })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn ticket_of(hexadecimal: &str) -> Result<Ticket, Failure> {
    let bytes = hex::decode(hexadecimal);
    bytes.map(Ticket::new).map_err(|_| Failure::new(Exit::Problems, "the record of what was broken off is damaged"))
}
