//! A git repository on this machine: blobs are read at a commit, and nothing is checked out.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use gix::object::tree::EntryKind;
use weft_model::{Commit, Content, DomainName, FileEntry, ManifestTree, Revision, parallel};

use super::commit::made_by;
use super::selection::{FOLDERS, MESH_FILE, is_text, is_too_large, text};
use super::{RevisionSource, SourceError};

/// Deepest folder that is looked into, so that a hostile tree cannot exhaust the stack.
const FOLDERS_MAX: usize = 64;
/// Most names that are told of what a domain's repository holds besides the domain.
const STRANGE_MAX: usize = 100;

/// A work tree, of which HEAD counts, or a bare repository.
pub(super) struct GitSource {
    repository: gix::ThreadSafeRepository,
    /// The mesh's folder within the repository, empty for its root.
    prefix: String,
    place: PathBuf,
}

impl GitSource {
    /// The repository that holds `path`; `None` where none does.
    pub(super) fn discover(path: &Path) -> Result<Option<Self>, SourceError> {
        let Some((root, is_bare)) = enclosing(path) else { return Ok(None) };
        let repository = open(&root)?;
        let prefix = if is_bare {
            String::new()
        } else {
            let folder = path.strip_prefix(&root).unwrap_or(Path::new(""));
            folder.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
        };
        Ok(Some(GitSource { repository, prefix, place: path.to_owned() }))
    }

    fn trouble(&self, error: impl fmt::Display) -> SourceError {
        trouble(&self.place, error)
    }
}

impl fmt::Debug for GitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitSource").field("place", &self.place).field("prefix", &self.prefix).finish()
    }
}

impl RevisionSource for GitSource {
    fn newest(&self) -> Result<Revision, SourceError> {
        let repository = self.repository.to_thread_local();
        let head = repository.head().map_err(|error| self.trouble(error))?;
        if head.is_unborn() {
            return Err(SourceError::NoCommit { place: self.place.display().to_string() });
        }
        let id = repository.head_id().map_err(|error| self.trouble(error))?;
        Ok(Revision::new(id.to_string()))
    }

    fn tree(&self, revision: &Revision) -> Result<ManifestTree, SourceError> {
        tree_at(&self.repository.to_thread_local(), &self.prefix, revision, &self.place)
    }

    fn read(&self, revision: &Revision, path: &str) -> Result<Vec<u8>, SourceError> {
        read_at(&self.repository.to_thread_local(), &self.prefix, revision, path, &self.place)
    }

    fn commit(&self, revision: &Revision) -> Result<Option<Commit>, SourceError> {
        made_by(&self.repository.to_thread_local(), revision, &self.place).map(Some)
    }

    fn named(&self, name: &str) -> Result<Revision, SourceError> {
        let unknown = || SourceError::NoRevision { place: self.describe(), name: name.to_owned() };
        let repository = self.repository.to_thread_local();
        let commit = repository.rev_parse_single(format!("{name}^{{commit}}").as_str()).map_err(|_| unknown())?;
        Ok(Revision::new(commit.detach().to_string()))
    }

    fn describe(&self) -> String {
        format!("git repository {}", self.place.display())
    }
}

/// Opens the repository at exactly `root`. The user's own git configuration plays no part.
pub(super) fn open(root: &Path) -> Result<gix::ThreadSafeRepository, SourceError> {
    gix::open::Options::isolated().open(root).map_err(|error| trouble(root, error))
}

pub(super) fn trouble(place: &Path, error: impl fmt::Display) -> SourceError {
    SourceError::Git { place: place.display().to_string(), problem: error.to_string() }
}

/// The work tree or bare repository that `path` lies in, and whether it is bare.
fn enclosing(path: &Path) -> Option<(PathBuf, bool)> {
    for folder in path.ancestors() {
        if folder.join(".git").exists() {
            return Some((folder.to_owned(), false));
        }
        if folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir() {
            return Some((folder.to_owned(), true));
        }
    }
    None
}

/// The files of the mesh at a commit.
pub(super) fn tree_at(
    repository: &gix::Repository,
    prefix: &str,
    revision: &Revision,
    place: &Path,
) -> Result<ManifestTree, SourceError> {
    let mut found = Vec::new();
    // An empty tree would ask for every product to be retired, which is never what a wrong folder means.
    let no_mesh = || SourceError::NoMeshAt { place: place.display().to_string(), revision: revision.clone() };
    let mesh = match folder_at(repository, prefix, revision, place) {
        Err(SourceError::NoFolder { .. }) => return Err(no_mesh()),
        mesh => mesh?,
    };
    let entries = mesh.decode().map_err(|error| trouble(place, error))?;
    for entry in &entries.entries {
        let name = entry.filename.to_string();
        let belongs = if entry.mode.is_tree() { FOLDERS.contains(&name.as_str()) } else { name == MESH_FILE };
        if belongs {
            collect(repository, name, entry.mode.kind(), entry.oid.into(), 0, place, &mut found)?;
        }
    }
    if found.is_empty() {
        return Err(no_mesh());
    }
    Ok(ManifestTree::new(revision.clone(), read_all(repository, &found, place)?))
}

/// The files of one domain at a commit, and what else stands below `prefix` that would mean something in a mesh: at
/// most a hundred names.
pub(super) fn domain_at(
    repository: &gix::Repository,
    prefix: &str,
    domain: &DomainName,
    revision: &Revision,
    place: &Path,
) -> Result<(BTreeMap<String, FileEntry>, Vec<String>), SourceError> {
    let (mut found, mut strange) = (Vec::new(), Vec::new());
    let mesh = folder_at(repository, prefix, revision, place)?;
    for entry in mesh.iter() {
        let entry = entry.map_err(|error| trouble(place, error))?;
        match entry.filename().to_string().as_str() {
            "products" if entry.mode().is_tree() => {}
            name if entry.mode().is_tree() && FOLDERS.contains(&name) => strange.push(format!("{name}/")),
            MESH_FILE => strange.push(MESH_FILE.to_owned()),
            _ => {}
        }
    }
    let products = if prefix.is_empty() { "products".to_owned() } else { format!("{prefix}/products") };
    for entry in folder_at(repository, &products, revision, place)?.iter() {
        let entry = entry.map_err(|error| trouble(place, error))?;
        let name = entry.filename().to_string();
        if name == domain.as_str() {
            let (path, kind) = (format!("products/{name}"), entry.mode().kind());
            collect(repository, path, kind, entry.object_id(), 0, place, &mut found)?;
        } else if !entry.mode().is_blob() && !name.starts_with('.') {
            strange.push(format!("products/{name}/"));
        }
    }
    strange.truncate(STRANGE_MAX);
    Ok((read_all(repository, &found, place)?, strange))
}

/// The folder at `path`, empty for the root, of a commit.
pub(super) fn folder_at<'r>(
    repository: &'r gix::Repository,
    path: &str,
    revision: &Revision,
    place: &Path,
) -> Result<gix::Tree<'r>, SourceError> {
    let root = root_tree(repository, revision, place)?;
    if path.is_empty() {
        return Ok(root);
    }
    let entry = root.lookup_entry_by_path(path).map_err(|error| trouble(place, error))?;
    let Some(entry) = entry.filter(|entry| entry.mode().is_tree()) else {
        let (place, path) = (place.display().to_string(), path.to_owned());
        return Err(SourceError::NoFolder { place, revision: revision.clone(), path });
    };
    Ok(entry.object().map_err(|error| trouble(place, error))?.into_tree())
}

/// What is known of each file, by path.
fn read_all(
    repository: &gix::Repository,
    found: &[Found],
    place: &Path,
) -> Result<BTreeMap<String, FileEntry>, SourceError> {
    let shared = repository.clone().into_sync();
    let read = |repository: &mut gix::Repository, file: &Found| {
        file_entry(repository, file, place).map(|entry| (file.path.clone(), entry))
    };
    parallel::map_with(found, || shared.to_thread_local(), read).into_iter().collect()
}

/// A file that a commit names.
struct Found {
    path: String,
    id: gix::ObjectId,
    is_link: bool,
}

/// Every file at or below `path`, none of them read.
fn collect(
    repository: &gix::Repository,
    path: String,
    kind: EntryKind,
    id: gix::ObjectId,
    depth: usize,
    place: &Path,
    found: &mut Vec<Found>,
) -> Result<(), SourceError> {
    let is_link = match kind {
        EntryKind::Tree => {
            if depth >= FOLDERS_MAX {
                return Ok(());
            }
            let tree = repository.find_tree(id).map_err(|error| trouble(place, error))?;
            let entries = tree.decode().map_err(|error| trouble(place, error))?;
            for entry in &entries.entries {
                // A name that is not UTF-8 cannot be written in a manifest, so nothing can ask for it.
                let Ok(name) = std::str::from_utf8(entry.filename) else { continue };
                collect(
                    repository,
                    format!("{path}/{name}"),
                    entry.mode.kind(),
                    entry.oid.into(),
                    depth + 1,
                    place,
                    found,
                )?;
            }
            return Ok(());
        }
        EntryKind::Commit => return Ok(()),
        EntryKind::Link => true,
        EntryKind::Blob | EntryKind::BlobExecutable => false,
    };
    found.push(Found { path, id, is_link });
    Ok(())
}

fn file_entry(repository: &gix::Repository, file: &Found, place: &Path) -> Result<FileEntry, SourceError> {
    let id = file.id.to_string();
    if file.is_link {
        return Ok(FileEntry { id, size: 0, content: Content::Link });
    }
    let size = repository.find_header(file.id).map_err(|error| trouble(place, error))?.size();
    let content = if !is_text(&file.path) {
        Content::Data
    } else if is_too_large(size) {
        Content::TooLarge
    } else {
        let mut blob = repository.find_blob(file.id).map_err(|error| trouble(place, error))?;
        text(blob.take_data())
    };
    Ok(FileEntry { id, size, content })
}

/// The bytes of one file at a commit.
pub(super) fn read_at(
    repository: &gix::Repository,
    prefix: &str,
    revision: &Revision,
    path: &str,
    place: &Path,
) -> Result<Vec<u8>, SourceError> {
    let full = if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") };
    let root = root_tree(repository, revision, place)?;
    let entry = root.lookup_entry_by_path(&full).map_err(|error| trouble(place, error))?;
    match entry.filter(|entry| entry.mode().is_blob()) {
        Some(entry) => {
            let mut object = entry.object().map_err(|error| trouble(place, error))?;
            Ok(std::mem::take(&mut object.data))
        }
        None => Err(SourceError::NoFile { revision: revision.clone(), path: path.to_owned() }),
    }
}

fn root_tree<'r>(
    repository: &'r gix::Repository,
    revision: &Revision,
    place: &Path,
) -> Result<gix::Tree<'r>, SourceError> {
    commit_at(repository, revision, place)?.tree().map_err(|error| trouble(place, error))
}

/// The commit that the revision names.
pub(super) fn commit_at<'r>(
    repository: &'r gix::Repository,
    revision: &Revision,
    place: &Path,
) -> Result<gix::Commit<'r>, SourceError> {
    let gone = || SourceError::MovedOn { place: place.display().to_string(), revision: revision.clone() };
    let id = gix::ObjectId::from_hex(revision.as_str().as_bytes()).map_err(|_| gone())?;
    repository.find_commit(id).map_err(|_| gone())
}
