//! What lies at a source, as its store lists it: told without reading a row.

use std::collections::HashMap;

use deltalake::DeltaTable;
use deltalake::logstore::{StorageConfig, default_logstore};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use serde::Serialize;
use std::sync::Arc;
use url::Url;

use crate::files::open_source;
use crate::{FileKind, SourceLimits, StorageError};

/// The files at a source in order of name, or the one version of a Delta table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Listing {
    pub files: Vec<SourceFile>,
}

/// One file at a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceFile {
    /// Under which it can be read by itself.
    pub url: String,
    /// The path below the source's address.
    pub name: String,
    pub bytes: u64,
    /// Differs whenever the file's content does: its entity tag, or when it was last changed.
    pub state: String,
}

/// Lists what [`source_table`](crate::source_table) would read; files whose names begin with `_` or `.`, and empty ones
/// that stand for folders, are none. Nothing there is an empty list.
///
/// # Errors
///
/// [`StorageError::Url`] for a URL that may not be read; else as the store or the table gives them.
pub async fn list_source(
    url: &str,
    kind: FileKind,
    options: &HashMap<String, String>,
    limits: &SourceLimits,
) -> Result<Listing, StorageError> {
    let (parsed, store, path) = open_source(url, options, limits)?;
    if kind == FileKind::Delta {
        return delta_version(&parsed, store, path).await;
    }
    let failed = |source| StorageError::Store { url: url.to_owned(), source };
    let single = match parsed.path().ends_with('/') {
        true => None,
        false => match store.head(&path).await {
            Ok(found) => Some(found),
            Err(object_store::Error::NotFound { .. }) => None,
            Err(error) => return Err(failed(error)),
        },
    };
    let found = match single {
        Some(found) => vec![found],
        None => match store.list(Some(&path)).try_collect().await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(failed(error)),
        },
    };
    let mut files: Vec<SourceFile> = found.iter().filter_map(|found| file(&parsed, &path, found)).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Listing { files })
}

/// The object as a file of the source; `None` where it is none.
fn file(source: &Url, below: &Path, found: &ObjectMeta) -> Option<SourceFile> {
    let name: Vec<String> = found.location.prefix_match(below)?.map(|part| part.as_ref().to_owned()).collect();
    let is_hidden = name.iter().any(|part| part.starts_with(['_', '.']));
    let is_folder = found.size == 0 && found.location.as_ref().ends_with('/');
    if is_hidden || is_folder {
        return None;
    }
    let mut url = source.clone();
    if let (false, Ok(mut parts)) = (name.is_empty(), url.path_segments_mut()) {
        parts.pop_if_empty().extend(&name);
    }
    let itself = source.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    Some(SourceFile {
        url: url.into(),
        name: if name.is_empty() { itself.to_owned() } else { name.join("/") },
        bytes: found.size,
        state: found.e_tag.clone().unwrap_or_else(|| found.last_modified.timestamp_micros().to_string()),
    })
}

/// The newest version of a Delta table, and which table it is.
async fn delta_version(url: &Url, root: Arc<dyn ObjectStore>, path: Path) -> Result<Listing, StorageError> {
    let failed = |error: deltalake::DeltaTableError| StorageError::table(url.as_str(), error);
    let prefixed = Arc::new(PrefixStore::new(Arc::clone(&root), path));
    let mut table = DeltaTable::new(default_logstore(prefixed, root, url, &StorageConfig::default()));
    table.load().await.map_err(failed)?;
    let state = table.snapshot().map_err(failed)?;
    let version = state.version();
    let state = format!("{}@{version}", state.metadata().id());
    Ok(Listing { files: vec![SourceFile { url: url.to_string(), name: String::new(), bytes: 0, state }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn names(url: &str) -> Vec<String> {
        let limits = SourceLimits { local_files: true, ..SourceLimits::default() };
        let listing = list_source(url, FileKind::Csv, &HashMap::new(), &limits).await.unwrap();
        listing.files.into_iter().map(|file| file.name).collect()
    }

    #[tokio::test]
    async fn files_below_a_folder_are_listed_by_name_and_a_changed_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "deeper/c d.csv", "_SUCCESS", ".hidden"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "n\n1\n").unwrap();
        }
        let url = Url::from_directory_path(folder.path()).unwrap();
        assert_eq!(names(url.as_str()).await, ["a.csv", "b.csv", "deeper/c d.csv"]);
        assert_eq!(names(url.as_str().trim_end_matches('/')).await, ["a.csv", "b.csv", "deeper/c d.csv"]);
        assert_eq!(names(url.join("a.csv").unwrap().as_str()).await, ["a.csv"]);
        assert_eq!(names(url.join("nothing/").unwrap().as_str()).await, Vec::<String>::new());

        let limits = SourceLimits { local_files: true, ..SourceLimits::default() };
        let options = HashMap::new();
        let list = || list_source(url.as_str(), FileKind::Csv, &options, &limits);
        let before = list().await.unwrap();
        assert!(before.files[2].url.ends_with("/deeper/c%20d.csv"), "{before:?}");
        assert_eq!(list().await.unwrap(), before);
        std::fs::write(folder.path().join("a.csv"), "n\n1\n2\n").unwrap();
        let after = list().await.unwrap();
        assert_ne!(after.files[0], before.files[0]);
        assert_eq!(after.files[1..], before.files[1..]);
    }
}
