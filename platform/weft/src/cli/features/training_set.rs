//! What a training set was made of, so that it can be made again: `training-set.json` beside its files.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::{Exit, Failure};
use super::content_hash::ContentHash;

pub(super) const FILE: &str = "training-set.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrainingSet {
    /// The query that was asked, with the entities in it.
    pub(super) sql: String,
    /// SHA-256 of the text or file that the entities come from.
    pub(super) entities_sha256: String,
    /// The copy of that file, if it was one, beside this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) entities_file: Option<String>,
    pub(super) features: Vec<String>,
    pub(super) knowledge_time: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) purpose: Option<String>,
    /// What the server pinned: `asOf`, `tables` with their versions, `services` with their releases, `engine`.
    pub(super) pinned: Json,
    pub(super) rows: u64,
    /// Of all rows, in whatever order: 32 hexadecimal digits.
    pub(super) content_hash: String,
    /// Until then the server keeps what it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) held_until: Option<String>,
    pub(super) files: Vec<ShardFile>,
}

/// One file of a training set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShardFile {
    /// Relative to the folder of the training set.
    pub(super) path: String,
    pub(super) rows: u64,
    pub(super) content_hash: String,
}

/// Rows and content of all files together.
pub(super) fn whole(files: &[ShardFile]) -> (u64, String) {
    let hashes = files.iter().filter_map(|file| file.content_hash.parse().ok());
    let hash = hashes.fold(ContentHash::default(), ContentHash::with);
    (files.iter().map(|file| file.rows).sum(), hash.to_string())
}

impl TrainingSet {
    /// Reads what lies in a folder, or at the path of the file itself.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
        let shown = path.display();
        let text = fs::read(&path).map_err(|error| Failure::io(format!("cannot read `{shown}`"), &error))?;
        serde_json::from_slice(&text).map_err(|error| {
            Failure::new(Exit::Problems, format!("`{shown}` tells of no training set: {error}"))
                .help("it is the file that `weft features extract` wrote")
        })
    }

    /// Writes it into a folder, complete or not at all.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::new(Exit::Bug, error.to_string()))?;
        super::place::write(&folder.join(FILE), format!("{text}\n").as_bytes())
    }

    /// The instant that everything was read as of.
    pub(super) fn as_of(&self) -> Option<&str> {
        self.pinned.get("asOf").and_then(Json::as_str)
    }
}
