//! What a new product is begun from: a CSV file, a Parquet file, or a Delta table.

use std::fs;
use std::path::Path;

use futures::StreamExt;
use url::Url;
use weft_engine::foreign_rows;
use weft_storage::{FileKind, SourceLimits, StorageError};

use super::{Exit, Failure, block_on};
use crate::environment;
use crate::scaffold::{self, Guess, Origin, Sample, ScaffoldError};

/// What a Parquet file begins with.
const PARQUET_MAGIC: &[u8] = b"PAR1";

/// A small example.
pub(super) fn example() -> Result<(Origin, Guess), Failure> {
    csv(scaffold::EXAMPLE.as_bytes().to_vec())
}

/// What lies at a path or URL, and what it seems to hold. Files are taken into the repository, as seeds; tables and what
/// lies elsewhere are read where they are.
pub(super) fn read(from: &str) -> Result<(Origin, Guess), Failure> {
    if from.contains("://") {
        let (kind, format) =
            if from.ends_with(".parquet") { (FileKind::Parquet, "parquet") } else { (FileKind::Delta, "delta") };
        return Ok((Origin::Source { format, url: from.to_owned() }, guess(from, kind)?));
    }
    let unread = |error| Failure::io(format!("cannot read `{from}`"), &error);
    let path = fs::canonicalize(from).map_err(unread)?;
    if path.is_dir() {
        if !path.join("_delta_log").is_dir() {
            return Err(Failure::new(Exit::Problems, format!("`{from}` is a folder and no Delta table"))
                .help("give a CSV or Parquet file, or a folder that holds `_delta_log/`"));
        }
        let url = file_url(&path, true)?;
        return Ok((Origin::Source { format: "delta", url: url.clone() }, guess(&url, FileKind::Delta)?));
    }
    let bytes = fs::read(&path).map_err(unread)?;
    if bytes.starts_with(PARQUET_MAGIC) {
        let guess = guess(&file_url(&path, false)?, FileKind::Parquet)?;
        return Ok((Origin::Seed { format: "parquet", bytes }, guess));
    }
    csv(bytes)
}

fn csv(bytes: Vec<u8>) -> Result<(Origin, Guess), Failure> {
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::new(Exit::Problems, "this is no text, no Parquet file and no Delta table"))?;
    let guess = scaffold::columns_of_csv(text).map_err(failure)?;
    Ok((Origin::Seed { format: "csv", bytes }, guess))
}

/// Guesses from the columns that the file or table says it has, and from its first rows.
fn guess(url: &str, kind: FileKind) -> Result<Guess, Failure> {
    let coded = |error: StorageError| Failure::coded(error.code(), error.to_string());
    block_on(async {
        let limits = SourceLimits { local_files: true, options: environment::store_options() };
        let mut rows = foreign_rows(url, kind, &limits).await.map_err(coded)?;
        let mut sample = Sample::of(rows.schema);
        while !sample.is_enough() {
            let Some(batch) = rows.batches.next().await else { break };
            sample.add(&batch.map_err(coded)?).map_err(failure)?;
        }
        sample.guess().map_err(failure)
    })
}

fn file_url(path: &Path, is_folder: bool) -> Result<String, Failure> {
    let url = if is_folder { Url::from_directory_path(path) } else { Url::from_file_path(path) };
    url.map(String::from).map_err(|()| Failure::new(Exit::Bug, format!("`{}` has no URL", path.display())))
}

fn failure(error: ScaffoldError) -> Failure {
    Failure::new(Exit::Problems, error.to_string())
}
