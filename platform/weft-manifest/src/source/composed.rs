//! A mesh of several repositories: its own, and those of the domains that its `mesh.yaml` names.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use weft_model::{Commit, DomainName, ManifestTree, OwnRepository, Revision};

use super::remote::RemoteSource;
use super::selection::MESH_FILE;
use super::{RevisionSource, SourceError};
use crate::mesh::{DomainRepository, repositories_of};

/// Fewest characters by which a revision can be asked for.
const NAME_CHARS_MIN: usize = 4;

/// The mesh's own source, with the domains that have repositories of their own put in their places. Where
/// `mesh.yaml` names none, every answer is the mesh's own source's.
///
/// A revision is known by the hash of its [`Parts`], so that the same commits are the same revision on every
/// machine. The parts are kept beside the mirrors, and the commits in them.
#[derive(Debug)]
pub(super) struct ComposedSource {
    root: Box<dyn RevisionSource>,
    mirrors: PathBuf,
    /// The domains at the revision of the root that was asked of last. Held while something is fetched.
    seen: Mutex<Option<(Revision, Vec<Domain>)>>,
    is_current: AtomicBool,
}

/// What a revision is put together from.
#[derive(Debug, Serialize, Deserialize)]
struct Parts {
    /// Revision of the mesh's own source.
    root: Revision,
    /// Commit of each domain's repository.
    domains: BTreeMap<DomainName, Revision>,
}

/// A domain, and the repository that it has for itself.
struct Domain {
    entry: DomainRepository,
    remote: RemoteSource,
}

impl ComposedSource {
    pub(super) fn over(root: impl RevisionSource + 'static, mirrors: &Path) -> Self {
        let (root, mirrors) = (Box::new(root), mirrors.to_owned());
        ComposedSource { root, mirrors, seen: Mutex::default(), is_current: AtomicBool::new(true) }
    }

    /// The domains that the root's `mesh.yaml` names.
    fn domains_at(&self, root: &Revision) -> Result<Vec<Domain>, SourceError> {
        match self.root.read(root, MESH_FILE) {
            Ok(text) => Ok(domains_of(std::str::from_utf8(&text).ok(), &self.mirrors)),
            Err(SourceError::NoFile { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The newest parts. A domain that cannot be had leaves the last commit that was.
    fn fetch(&self, root: Revision, domains: &[Domain]) -> Result<Parts, SourceError> {
        let is_current = Cell::new(true);
        let parts = Parts::of(root, domains, |domain| {
            domain.newest().or_else(|error| {
                let Some(last) = domain.last() else { return Err(domain.trouble(error)) };
                let name = &domain.entry.name;
                tracing::warn!(domain = %name, commit = %last, %error, "the domain stays at the last commit that was fetched");
                is_current.set(false);
                Ok(last)
            })
        })?;
        self.is_current.store(is_current.get(), Ordering::SeqCst);
        Ok(parts)
    }

    /// The revision of these parts, which are kept; the root's own where there is nothing else.
    fn keep(&self, parts: &Parts) -> Result<Revision, SourceError> {
        if parts.domains.is_empty() {
            return Ok(parts.root.clone());
        }
        let text = serde_json::to_string_pretty(parts).unwrap_or_default();
        let revision = Revision::new(hex::encode(Sha256::digest(&text)));
        let path = self.record(&revision);
        if fs::read(&path).is_ok_and(|kept| kept == text.as_bytes()) {
            return Ok(revision);
        }
        // Readers see the whole text or none.
        let unfinished = path.with_extension(format!("{}.new", std::process::id()));
        fs::create_dir_all(self.records())
            .and_then(|()| fs::write(&unfinished, text))
            .and_then(|()| fs::rename(&unfinished, &path))
            .map_err(|source| SourceError::Io { path, source })?;
        Ok(revision)
    }

    /// What the revision is put together from; `None` for one of the root's alone.
    fn parts(&self, revision: &Revision) -> Result<Option<Parts>, SourceError> {
        if !is_hex(revision.as_str()) {
            return Ok(None);
        }
        let path = self.record(revision);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SourceError::Io { path, source }),
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| SourceError::Io { path, source: error.into() })
    }

    fn records(&self) -> PathBuf {
        self.mirrors.join("compositions")
    }

    fn record(&self, revision: &Revision) -> PathBuf {
        self.records().join(format!("{revision}.json"))
    }

    /// The only kept revision that begins with `name`.
    fn kept(&self, name: &str) -> Option<Revision> {
        if name.len() < NAME_CHARS_MIN || !is_hex(name) {
            return None;
        }
        let files = fs::read_dir(self.records()).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut found = files.filter_map(|file| Some(file.strip_suffix(".json")?.to_owned()));
        let mut found = std::iter::from_fn(|| found.find(|id| id.starts_with(name)));
        found.next().filter(|_| found.next().is_none()).map(Revision::new)
    }

    /// The root's files and, in their places, those of the domains at the commits of `parts`.
    fn put_together(
        &self,
        mut tree: ManifestTree,
        revision: Revision,
        parts: &Parts,
    ) -> Result<ManifestTree, SourceError> {
        let domains = domains_of(tree.text(MESH_FILE).map(AsRef::as_ref), &self.mirrors);
        tree.revision = revision;
        domains.iter().try_fold(tree, |tree, domain| match parts.domains.get(&domain.entry.name) {
            Some(commit) => domain.put_into(tree, commit),
            None => Ok(tree),
        })
    }
}

impl RevisionSource for ComposedSource {
    fn newest(&self) -> Result<Revision, SourceError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let root = self.root.newest()?;
        if seen.as_ref().is_none_or(|(of, _)| *of != root) {
            *seen = Some((root.clone(), self.domains_at(&root)?));
        }
        let domains = seen.as_ref().map(|(_, domains)| domains.as_slice()).unwrap_or_default();
        self.keep(&self.fetch(root, domains)?)
    }

    fn newest_tree(&self) -> Result<ManifestTree, SourceError> {
        let _one_at_a_time = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let tree = self.root.newest_tree()?;
        let domains = domains_of(tree.text(MESH_FILE).map(AsRef::as_ref), &self.mirrors);
        let parts = self.fetch(tree.revision.clone(), &domains)?;
        self.put_together(tree, self.keep(&parts)?, &parts)
    }

    fn tree(&self, revision: &Revision) -> Result<ManifestTree, SourceError> {
        match self.parts(revision)? {
            Some(parts) => self.put_together(self.root.tree(&parts.root)?, revision.clone(), &parts),
            None => self.root.tree(revision),
        }
    }

    fn read(&self, revision: &Revision, path: &str) -> Result<Vec<u8>, SourceError> {
        let Some(parts) = self.parts(revision)? else { return self.root.read(revision, path) };
        let owner = path.strip_prefix("products/").and_then(|below| below.split('/').next());
        let Some((name, commit)) = parts.domains.iter().find(|(name, _)| Some(name.as_str()) == owner) else {
            return self.root.read(&parts.root, path);
        };
        let domains = self.domains_at(&parts.root)?;
        let domain = domains.iter().find(|domain| domain.entry.name == *name);
        let missing = || SourceError::NoFile { revision: revision.clone(), path: path.to_owned() };
        let domain = domain.ok_or_else(missing)?;
        domain.remote.read(commit, &domain.within(path))
    }

    fn named(&self, name: &str) -> Result<Revision, SourceError> {
        let root = match self.root.named(name) {
            Ok(root) => root,
            Err(unknown) => return self.kept(name).ok_or(unknown),
        };
        let last = |domain: &Domain| {
            let never = || SourceError::NotFetched { place: domain.remote.mirror().shown().to_owned() };
            domain.last().ok_or_else(|| domain.trouble(never()))
        };
        let domains = self.domains_at(&root)?;
        self.keep(&Parts::of(root, &domains, last)?)
    }

    /// Of the newest of its commits, which is the one that made it new; `None` where the root knows no commits.
    fn commit(&self, revision: &Revision) -> Result<Option<Commit>, SourceError> {
        let Some(parts) = self.parts(revision)? else { return self.root.commit(revision) };
        let Some(mut newest) = self.root.commit(&parts.root)? else { return Ok(None) };
        for domain in self.domains_at(&parts.root)? {
            let Some(commit) = parts.domains.get(&domain.entry.name) else { continue };
            newest = domain.remote.commit(commit)?.filter(|commit| commit.at > newest.at).unwrap_or(newest);
        }
        Ok(Some(newest))
    }

    fn is_current(&self) -> bool {
        self.is_current.load(Ordering::SeqCst)
    }

    fn describe(&self) -> String {
        self.root.describe()
    }
}

/// The tree with what was fetched last of each domain that has a repository of its own, as far as it is under
/// `mirrors`. Nothing is fetched.
pub(super) fn with_fetched(tree: ManifestTree, mirrors: &Path) -> ManifestTree {
    let domains = domains_of(tree.text(MESH_FILE).map(AsRef::as_ref), mirrors);
    domains.iter().fold(tree, |tree, domain| match domain.last() {
        Some(commit) => domain.put_into(tree.clone(), &commit).unwrap_or(tree),
        None => tree,
    })
}

fn domains_of(mesh_file: Option<&str>, mirrors: &Path) -> Vec<Domain> {
    let with_remote = |entry: DomainRepository| {
        let remote = RemoteSource::new(&entry.source.repository, entry.source.branch.clone(), mirrors);
        Domain { entry, remote }
    };
    mesh_file.map(repositories_of).unwrap_or_default().into_iter().map(with_remote).collect()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Parts {
    fn of(
        root: Revision,
        domains: &[Domain],
        commit_of: impl Fn(&Domain) -> Result<Revision, SourceError>,
    ) -> Result<Self, SourceError> {
        let commits = domains.iter().map(|domain| Ok((domain.entry.name.clone(), commit_of(domain)?)));
        Ok(Parts { root, domains: commits.collect::<Result<_, SourceError>>()? })
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain").field("name", &self.entry.name).field("remote", &self.remote).finish()
    }
}

impl Domain {
    /// The newest commit, which counts from here on. One without the domain's folder does not: it would ask for every
    /// product to be retired, which is never what a wrong path means.
    fn newest(&self) -> Result<Revision, SourceError> {
        let newest = self.remote.newest()?;
        self.remote.mirror().holds_folder(&newest, &self.within(&self.folder()))?;
        self.remote.mirror().keep(&self.entry.name, &newest)?;
        Ok(newest)
    }

    /// The last commit that counted.
    fn last(&self) -> Option<Revision> {
        let last = self.remote.mirror().kept(&self.entry.name)?;
        self.remote.mirror().holds_folder(&last, &self.within(&self.folder())).is_ok().then_some(last)
    }

    /// The tree with the domain's files at a commit, unless the domain stands there already.
    fn put_into(&self, tree: ManifestTree, commit: &Revision) -> Result<ManifestTree, SourceError> {
        let (name, folder) = (&self.entry.name, self.folder());
        if tree.under(&format!("{folder}/")).next().is_some() {
            return Ok(tree);
        }
        let (files, strange) = self.remote.mirror().domain(commit, self.path(), name)?;
        let repository = OwnRepository { place: self.remote.mirror().shown().to_owned(), strange };
        Ok(tree.with_domain(name.clone(), repository, files))
    }

    fn folder(&self) -> String {
        format!("products/{}", self.entry.name)
    }

    /// The folder within the repository, without slashes around it; empty for its root.
    fn path(&self) -> &str {
        self.entry.source.path.as_deref().unwrap_or_default().trim_matches('/')
    }

    /// A path of the mesh as one of the repository.
    fn within(&self, path: &str) -> String {
        if self.path().is_empty() { path.to_owned() } else { format!("{}/{path}", self.path()) }
    }

    fn trouble(&self, source: SourceError) -> SourceError {
        let (domain, place) = (self.entry.name.clone(), self.entry.place.clone());
        SourceError::Domain { domain, place, source: Box::new(source) }
    }
}
