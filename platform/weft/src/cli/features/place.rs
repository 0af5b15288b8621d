//! Where a training set is written, and what is known of an extraction that was broken off.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::{Exit, Failure};
use super::training_set::ShardFile;

const FILE: &str = ".extraction.json";

/// An extraction under way: what the server pinned, and which shards are there. It stands in the folder until all are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extraction {
    /// What was asked; another question begins anew.
    pub(super) asked: String,
    pub(super) pinned: Json,
    /// Tickets of the shards, as hexadecimal digits.
    pub(super) tickets: Vec<String>,
    /// Shards that are there; nothing for one that is not yet.
    pub(super) done: Vec<Option<ShardFile>>,
}

/// The folder of a training set.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn make(path: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(&path).map_err(|error| trouble("make", &path, &error))?;
        Ok(Folder(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What was broken off here, if the same was asked and its tickets still hold at `now`. Shards whose files are gone
    /// are not done.
    pub(super) fn broken_off(&self, asked: &str, now: &str) -> Option<Extraction> {
        let text = fs::read(self.0.join(FILE)).ok()?;
        let mut found: Extraction = serde_json::from_slice(&text).ok()?;
        let expires = found.pinned.get("expires").and_then(Json::as_str)?;
        if found.asked != asked || expires <= now {
            return None;
        }
        for done in &mut found.done {
            *done = done.take().filter(|shard| self.0.join(&shard.path).is_file());
        }
        Some(found)
    }

    pub(super) fn keep(&self, extraction: &Extraction) -> Result<(), Failure> {
        let text = serde_json::to_vec(extraction).map_err(|error| Failure::new(Exit::Bug, error.to_string()))?;
        write(&self.0.join(FILE), &text)
    }

    /// Forgets what was under way, since it is complete.
    pub(super) fn forget(&self) -> Result<(), Failure> {
        let path = self.0.join(FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(trouble("remove", &path, &error)),
            _ => Ok(()),
        }
    }
}

/// Writes a file that is there complete or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let unfinished = unfinished(path);
    fs::write(&unfinished, bytes).map_err(|error| trouble("write", &unfinished, &error))?;
    settle(path)
}

/// Under which name a file is written before it is complete.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

/// Gives a file that is complete its name.
pub(super) fn settle(path: &Path) -> Result<(), Failure> {
    fs::rename(unfinished(path), path).map_err(|error| trouble("write", path, &error))
}

fn trouble(doing: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::io(format!("cannot {doing} `{}`", path.display()), error)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_broken_off_goes_on_where_it_was_if_the_same_is_asked_in_time() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::make(home.path().join("out/set")).unwrap();
        let shard = |path: &str| Some(ShardFile { path: path.to_owned(), rows: 1, content_hash: String::new() });
        let extraction = Extraction {
            asked: "this".to_owned(),
            pinned: json!({"expires": "2026-01-02T00:00:00Z"}),
            tickets: vec!["00".to_owned(); 3],
            done: vec![shard("a"), shard("b"), None],
        };
        write(&folder.path().join("a"), b"rows").unwrap();
        folder.keep(&extraction).unwrap();
        let found = folder.broken_off("this", "2026-01-01T00:00:00Z").unwrap();
        assert_eq!(found.done, [shard("a"), None, None]);
        assert_eq!(folder.broken_off("that", "2026-01-01T00:00:00Z"), None);
        assert_eq!(folder.broken_off("this", "2026-01-02T00:00:00Z"), None);
        folder.forget().unwrap();
        assert_eq!(folder.broken_off("this", "2026-01-01T00:00:00Z"), None);
    }
}
