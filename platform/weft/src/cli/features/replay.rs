//! `weft features replay SET`: the same training set again, or what of it is gone.

use std::path::Path;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value as Json;
use weft_model::Code;

use super::super::arguments::Replay;
use super::super::connection::Connection;
use super::super::{Exit, Failure, block_on, flight_channel, terminal};
use super::frame_file::FrameFile;
use super::place::Folder;
use super::training_set::{self, ShardFile, TrainingSet};
use super::{Asked, endpoints, shards};
use crate::render::rows::Format;

pub(super) fn replay(arguments: &Replay) -> Result<(), Failure> {
    let set = TrainingSet::read(&arguments.set)?;
    let Some(as_of) = set.as_of().map(str::to_owned) else {
        return Err(Failure::new(Exit::Problems, "the training set does not say as of when it was read"));
    };
    let entities = entities(&set, &arguments.set)?;
    let folder = arguments.output.clone().map(Folder::make).transpose()?;
    let connection = Connection::new(&arguments.server)?;
    let asked = Asked {
        sql: set.sql.clone(),
        endpoints: set.files.len().max(1),
        purpose: arguments.purpose.clone().or_else(|| set.purpose.clone()),
        as_of: Some(as_of),
    };
    let (pinned, files) = block_on(async {
        let again = run(&connection, &asked, (entities.as_ref(), &set.files), folder.as_ref()).await;
        match again {
            Err(failure) if failure.code == Some(Code::STORE_UNAVAILABLE) => {
                Err(gone(&connection, &set, failure).await)
            }
            again => again,
        }
    })?;
    let same_tables = pinned.get("tables") == set.pinned.get("tables");
    if !same_tables {
        return Err(
            Failure::new(Exit::Problems, "the tables are not those of the training set").help(moved(&set, &pinned))
        );
    }
    let (rows, hash) = training_set::whole(&files);
    if (rows, &hash) != (set.rows, &set.content_hash) {
        let message = format!("{rows} rows of content {hash} came, not {} of {}", set.rows, set.content_hash);
        return Err(Failure::new(Exit::Problems, message)
            .help("who asks sees other rows or values than who made the set, or the engine is another"));
    }
    if let Some(folder) = folder {
        TrainingSet { files, pinned, ..set }.write(folder.path())?;
    }
    terminal::print(&format!("the same: {rows} rows, content {hash}\n"))
}

/// The entities of a set that were a file, which must be the same still.
fn entities(set: &TrainingSet, path: &Path) -> Result<Option<FrameFile>, Failure> {
    let Some(name) = &set.entities_file else { return Ok(None) };
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let file = FrameFile::read(&folder.join(name))?;
    if file.sha256() != set.entities_sha256 {
        return Err(Failure::new(Exit::Problems, format!("`{name}` is not the file that the set was made from")));
    }
    Ok(Some(file))
}

async fn run(
    connection: &Connection,
    asked: &Asked,
    (entities, files): (Option<&FrameFile>, &[ShardFile]),
    folder: Option<&Folder>,
) -> Result<(Json, Vec<ShardFile>), Failure> {
    let client = flight_channel::client(connection).await?;
    if let Some(entities) = entities {
        entities.upload(&client).await?;
    }
    let info = endpoints(&client, asked).await?;
    let pinned = serde_json::from_slice(&info.app_metadata)
        .map_err(|error| Failure::new(Exit::Bug, format!("the server's answer is odd: {error}")))?;
    let shards = info.endpoint.into_iter().zip(files).map(|(endpoint, file)| {
        let (client, path) = (&client, file.path.clone());
        let format = if path.ends_with(".parquet") { Format::Parquet } else { Format::Arrow };
        let into = folder.map(|folder| (folder.path().join(&path), format));
        async move {
            let ticket = endpoint.ticket.unwrap_or_default();
            let counted = shards::fetch(client, &ticket, into).await?;
            Ok::<_, Failure>(ShardFile { path, rows: counted.rows, content_hash: counted.hash.to_string() })
        }
    });
    let shards = stream::iter(shards.collect::<Vec<_>>()).buffered(shards::AT_ONCE).try_collect().await?;
    Ok((pinned, shards))
}

/// The failure of a set whose data files are gone, with the tables that another release has taken the place of.
async fn gone(connection: &Connection, set: &TrainingSet, failure: Failure) -> Failure {
    let mut replaced = Vec::new();
    for table in set.pinned.get("tables").and_then(Json::as_array).into_iter().flatten() {
        let (port, release) =
            (table["port"].as_str().unwrap_or_default(), table["release"].as_u64().unwrap_or_default());
        let Some((product, name)) = port.rsplit_once('.') else { continue };
        let path = format!("/api/v1/products/{}/releases?limit=1", product.replace('.', "/"));
        let newest = connection.get::<weft_wire::Page<weft_wire::Release>>(&path).await;
        if newest.is_ok_and(|page| page.items.first().is_some_and(|newest| newest.number > release)) {
            replaced.push(format!("version {} of `{product}.{name}` (release {release})", table["tableVersion"]));
        }
    }
    if replaced.is_empty() {
        return failure;
    }
    let held = set.held_until.as_deref().map_or(String::new(), |until| format!(", or until {until} as it was held"));
    failure.help(format!(
        "these have been replaced, and their data files stay for thirty days{held}, unless rows were erased: {}",
        replaced.join(", ")
    ))
}

/// Which table is another, in words.
fn moved(set: &TrainingSet, pinned: &Json) -> String {
    let tables = |of: &Json| of.get("tables").and_then(Json::as_array).cloned().unwrap_or_default();
    let now = tables(pinned);
    let gone = tables(&set.pinned).into_iter().filter(|table| !now.contains(table));
    let told = gone.map(|table| {
        let text = |key: &str| table.get(key).map(|value| value.to_string().replace('"', "")).unwrap_or_default();
        format!("version {} of `{}` is not served any more", text("tableVersion"), text("port"))
    });
    told.collect::<Vec<_>>().join("; ")
}
