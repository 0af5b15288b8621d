//! A plain directory: its content's hash is its revision.

use std::collections::BTreeMap;
use std::fs::{FileType, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use weft_model::{Content, FileEntry, ManifestTree, Revision, parallel};

use super::selection::{FOLDERS, MESH_FILE, is_text, is_too_large, text};
use super::{RevisionSource, SourceError};

const FOLDERS_MAX: usize = 64;

/// A directory that is no git repository.
#[derive(Debug)]
pub(super) struct DirectorySource {
    root: PathBuf,
    /// Hashes of files as they were seen, so that asking again reads only what has changed.
    seen: Mutex<BTreeMap<String, Seen>>,
}

#[derive(Clone, Debug)]
struct Seen {
    modified: Option<SystemTime>,
    size: u64,
    id: String,
}

impl DirectorySource {
    pub(super) fn open(root: PathBuf) -> Result<Self, SourceError> {
        if !holds_mesh(&root) {
            return Err(SourceError::NoMesh { path: root });
        }
        Ok(DirectorySource { root, seen: Mutex::default() })
    }

    /// Every file with its hash, and the revision that they make up.
    ///
    /// A directory that is gone, as on a volume that is not mounted, is an error and not an empty mesh.
    fn survey(&self) -> Result<(Revision, BTreeMap<String, FileEntry>), SourceError> {
        if !holds_mesh(&self.root) {
            return Err(SourceError::NoMesh { path: self.root.clone() });
        }
        let mut found = Vec::new();
        for name in FOLDERS.iter().chain([&MESH_FILE]) {
            if let Some(metadata) = self.metadata(name)? {
                self.collect(name, metadata.file_type(), 0, &mut found)?;
            }
        }
        let entries = parallel::map(&found, |path| Ok(self.entry(path)?.map(|entry| (path.clone(), entry))));
        let entries = entries.into_iter().filter_map(Result::transpose);
        let files = entries.collect::<Result<BTreeMap<String, FileEntry>, SourceError>>()?;
        let mut whole = Sha256::new();
        for (path, entry) in &files {
            whole.update(path.as_bytes());
            whole.update([0]);
            whole.update(entry.id.as_bytes());
            whole.update([u8::from(entry.content == Content::Link)]);
        }
        Ok((Revision::new(format!("dir-{}", hex::encode(whole.finalize()))), files))
    }

    /// What the system says of a file, or of a link itself; `None` where there is none.
    fn metadata(&self, path: &str) -> Result<Option<Metadata>, SourceError> {
        let full = self.root.join(path);
        match full.symlink_metadata() {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SourceError::Io { path: full, source }),
        }
    }

    /// The paths of every file at or below `path`, which is of that type.
    fn collect(&self, path: &str, of: FileType, depth: usize, found: &mut Vec<String>) -> Result<(), SourceError> {
        if of.is_dir() && depth < FOLDERS_MAX {
            let full = self.root.join(path);
            let io = |source| SourceError::Io { path: full.clone(), source };
            for entry in std::fs::read_dir(&full).map_err(io)? {
                let entry = entry.map_err(io)?;
                if let Some(name) = entry.file_name().to_str() {
                    self.collect(&format!("{path}/{name}"), entry.file_type().map_err(io)?, depth + 1, found)?;
                }
            }
        } else if of.is_symlink() || of.is_file() {
            found.push(path.to_owned());
        }
        Ok(())
    }

    /// The file at `path`; `None` where it has gone meanwhile.
    fn entry(&self, path: &str) -> Result<Option<FileEntry>, SourceError> {
        match self.metadata(path)? {
            Some(metadata) => self.entry_of(path, &metadata).map(Some),
            None => Ok(None),
        }
    }

    fn entry_of(&self, path: &str, metadata: &Metadata) -> Result<FileEntry, SourceError> {
        let full = &self.root.join(path);
        let (size, modified) = (metadata.len(), metadata.modified().ok());
        let io = |source| SourceError::Io { path: full.clone(), source };
        if metadata.is_symlink() {
            let target = std::fs::read_link(full).map_err(io)?;
            let id = hash(target.as_os_str().as_encoded_bytes());
            return Ok(FileEntry { id, size: 0, content: Content::Link });
        }
        if is_text(path) && !is_too_large(size) {
            // Hashed as it is read, so that id and content agree.
            let bytes = std::fs::read(full).map_err(io)?;
            let id = hash(&bytes);
            return Ok(FileEntry { id, size: bytes.len() as u64, content: text(bytes) });
        }
        let content = if is_text(path) { Content::TooLarge } else { Content::Data };
        let known = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(known) = known
            && known.size == size
            && known.modified == modified
            && modified.is_some()
        {
            return Ok(FileEntry { id: known.id, size, content });
        }
        let mut file = std::fs::File::open(full).map_err(io)?;
        let mut digest = Sha256::new();
        std::io::copy(&mut file, &mut digest).map_err(io)?;
        let id = hex::encode(digest.finalize());
        let seen = Seen { modified, size, id: id.clone() };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), seen);
        Ok(FileEntry { id, size, content })
    }

    fn moved_on(&self, revision: &Revision) -> SourceError {
        SourceError::MovedOn { place: self.root.display().to_string(), revision: revision.clone() }
    }
}

impl RevisionSource for DirectorySource {
    fn newest(&self) -> Result<Revision, SourceError> {
        self.survey().map(|(revision, _)| revision)
    }

    fn newest_tree(&self) -> Result<ManifestTree, SourceError> {
        self.survey().map(|(revision, files)| ManifestTree::new(revision, files))
    }

    fn tree(&self, revision: &Revision) -> Result<ManifestTree, SourceError> {
        let (now, files) = self.survey()?;
        if &now != revision {
            return Err(self.moved_on(revision));
        }
        Ok(ManifestTree::new(now, files))
    }

    fn read(&self, revision: &Revision, path: &str) -> Result<Vec<u8>, SourceError> {
        let tree = self.tree(revision)?;
        let entry = tree.file(path).filter(|entry| entry.content != Content::Link);
        let entry = entry.ok_or_else(|| SourceError::NoFile { revision: revision.clone(), path: path.to_owned() })?;
        let full = self.root.join(path);
        let bytes = std::fs::read(&full).map_err(|source| SourceError::Io { path: full, source })?;
        if hash(&bytes) != entry.id {
            return Err(self.moved_on(revision));
        }
        Ok(bytes)
    }

    fn describe(&self) -> String {
        format!("directory {}", self.root.display())
    }
}

/// Where all domains have repositories of their own there need be no `products/`.
fn holds_mesh(root: &Path) -> bool {
    root.join("products").is_dir() || root.join(MESH_FILE).is_file()
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
