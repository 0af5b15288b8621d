//! Where revisions come from: a git work tree, a bare repository, a remote, or a plain directory.

mod attempt;
mod commit;
mod composed;
mod directory;
mod git;
mod mirror;
mod remote;
mod selection;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use weft_model::{Code, Commit, DomainName, ManifestTree, Place, Revision};

use composed::ComposedSource;
pub(crate) use remote::{is_url, without_password};

/// A place that holds the manifests of a mesh, one state of them at a time.
///
/// All calls block. All answers about one revision agree with each other for as long as the source
/// still has that revision.
pub trait RevisionSource: Send + Sync + fmt::Debug {
    /// The newest revision; a remote is fetched first.
    fn newest(&self) -> Result<Revision, SourceError>;

    /// The manifests and rules of a revision. Data files are named, not loaded.
    fn tree(&self, revision: &Revision) -> Result<ManifestTree, SourceError>;

    /// The newest revision with its manifests and rules, in one look where that is cheaper.
    fn newest_tree(&self) -> Result<ManifestTree, SourceError> {
        self.tree(&self.newest()?)
    }

    /// The bytes of one file of a revision, by its path in [`tree`](Self::tree).
    fn read(&self, revision: &Revision, path: &str) -> Result<Vec<u8>, SourceError>;

    /// The revision that `name` means: a branch, a tag, `HEAD~1`, a commit's id. Nothing is fetched.
    fn named(&self, name: &str) -> Result<Revision, SourceError> {
        Err(SourceError::NoRevision { place: self.describe(), name: name.to_owned() })
    }

    /// What the commit behind a revision says of its making; `None` where there is no commit.
    fn commit(&self, _revision: &Revision) -> Result<Option<Commit>, SourceError> {
        Ok(None)
    }

    /// Whether [`newest`](Self::newest) could last ask every repository. Where not, it took the last commit
    /// that it had of one, which may have moved on.
    fn is_current(&self) -> bool {
        true
    }

    /// For people: what this is and where.
    fn describe(&self) -> String;
}

/// Why a revision cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    #[error("there is no directory `{}`", path.display())]
    Missing { path: PathBuf },

    #[error("`{}` holds no mesh: there is no `products/` and no `mesh.yaml` in it", path.display())]
    NoMesh { path: PathBuf },

    #[error("`{place}` holds no mesh at revision {revision}: commit its `products/` folder")]
    NoMeshAt { place: String, revision: Revision },

    #[error("`{place}` holds no folder `{path}` at revision {revision}")]
    NoFolder { place: String, revision: Revision, path: String },

    #[error("`{place}` was never fetched here: `weft plan` fetches it")]
    NotFetched { place: String },

    #[error("domain `{domain}`, whose repository {place} names, cannot be had and never was: {source}")]
    Domain {
        domain: DomainName,
        place: Place,
        #[source]
        source: Box<SourceError>,
    },

    #[error("`{place}` has no commit yet: commit the mesh, since only what is committed counts")]
    NoCommit { place: String },

    #[error("`{place}` has no branch `{branch}`")]
    NoBranch { place: String, branch: String },

    /// Held where it was, until somebody says that this is meant.
    #[error(
        "`{place}` was written anew: {newest} does not follow {before}, which counts here; push a commit that follows both \
         (`git merge -s ours {before}`), or delete `{}` while Weft is stopped", mirror.display()
    )]
    Rewritten { place: String, before: Revision, newest: Revision, mirror: PathBuf },

    #[error("{place} has no revision `{name}`")]
    NoRevision { place: String, name: String },

    #[error("`{place}` no longer has revision {revision}: it has moved on, ask for the newest")]
    MovedOn { place: String, revision: Revision },

    #[error("revision {revision} has no file `{path}`")]
    NoFile { revision: Revision, path: String },

    #[error("cannot read git repository `{place}`: {problem}")]
    Git { place: String, problem: String },

    #[error("cannot fetch `{url}`: {problem}")]
    Fetch { url: String, problem: String },

    #[error("cannot read `{}`", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl SourceError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            SourceError::NoFile { .. } => Code::FILE_MISSING,
            _ => Code::SOURCE_UNAVAILABLE,
        }
    }

    /// Whether nobody answered, rather than with something that cannot be used.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self, SourceError::Fetch { .. })
    }

    /// Whether a repository elsewhere cannot be had as it was before, so that the last commit of it has to do.
    pub fn is_of_remote(&self) -> bool {
        matches!(
            self,
            SourceError::Fetch { .. }
                | SourceError::NoBranch { .. }
                | SourceError::NoCommit { .. }
                | SourceError::Rewritten { .. }
        )
    }
}

/// Opens the mesh at `mesh`: a git work tree or a folder in one, a bare repository, a git URL (with
/// `#branch` at its end for another branch than the default), or a plain directory.
///
/// Domains that its `mesh.yaml` says have repositories of their own stand in their places. Repositories
/// behind URLs are mirrored under `mirrors`. Nothing is fetched before the first call
/// of [`RevisionSource::newest`].
///
/// # Errors
///
/// Where there is no such directory, or it holds neither a repository nor a mesh.
pub fn open(mesh: &str, mirrors: &Path) -> Result<Box<dyn RevisionSource>, SourceError> {
    if let Some(remote) = remote::RemoteSource::of_url(mesh, mirrors) {
        return Ok(Box::new(ComposedSource::over(remote, mirrors)));
    }
    let path = Path::new(mesh);
    if !path.is_dir() {
        return Err(SourceError::Missing { path: path.to_owned() });
    }
    let path = path.canonicalize().map_err(|source| SourceError::Io { path: path.to_owned(), source })?;
    if let Some(source) = git::GitSource::discover(&path)? {
        return Ok(Box::new(ComposedSource::over(source, mirrors)));
    }
    Ok(Box::new(ComposedSource::over(directory::DirectorySource::open(path)?, mirrors)))
}

/// The tree with what was fetched last of each domain that has a repository of its own, as far as `mirrors`
/// holds it. Nothing is fetched; what is there already stays.
pub fn with_fetched(tree: ManifestTree, mirrors: &Path) -> ManifestTree {
    composed::with_fetched(tree, mirrors)
}

/// Opens the plain directory at `path` as it is on disk, also where it is part of a git work tree. Domains in
/// repositories of their own are not in it.
///
/// # Errors
///
/// Where there is no such directory, or it holds no mesh.
pub fn open_directory(path: &Path) -> Result<Box<dyn RevisionSource>, SourceError> {
    if !path.is_dir() {
        return Err(SourceError::Missing { path: path.to_owned() });
    }
    let path = path.canonicalize().map_err(|source| SourceError::Io { path: path.to_owned(), source })?;
    directory::DirectorySource::open(path).map(|source| Box::new(source) as Box<dyn RevisionSource>)
}
