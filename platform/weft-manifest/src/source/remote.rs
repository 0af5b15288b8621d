//! A git repository behind a URL, mirrored on this machine.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use gix::bstr::BStr;
use gix::protocol::handshake::Ref;
use gix::refs::transaction::PreviousValue;
use gix::remote::Direction;
use sha2::{Digest, Sha256};
use weft_model::{Commit, DomainName, FileEntry, ManifestTree, Revision};

use super::commit::made_by;
use super::git::{commit_at, domain_at, folder_at, read_at, tree_at};
use super::{RevisionSource, SourceError};

/// Every branch of the remote, and nothing else.
const BRANCHES: &str = "+refs/heads/*:refs/heads/*";

/// A remote whose commits are fetched into a bare mirror.
pub(super) struct RemoteSource {
    url: String,
    /// The URL as people may see it: without a password.
    shown: String,
    branch: Option<String>,
    mirror: PathBuf,
    /// One fetch at a time.
    fetching: Mutex<()>,
}

impl RemoteSource {
    /// The remote that `mesh` names; `None` if it is no URL but a path.
    pub(super) fn of_url(mesh: &str, mirrors: &Path) -> Option<Self> {
        let (url, branch) = match mesh.split_once('#') {
            Some((url, branch)) if !branch.is_empty() => (url, Some(branch.to_owned())),
            Some((url, _)) => (url, None),
            None => (mesh, None),
        };
        let is_bare_path = url.ends_with(".git") && (branch.is_some() || !Path::new(url).is_dir());
        (is_url(url) || is_bare_path).then(|| RemoteSource::new(url, branch, mirrors))
    }

    /// The repository at `url`, and the branch of it that counts if that is not the default.
    pub(super) fn new(url: &str, branch: Option<String>, mirrors: &Path) -> Self {
        RemoteSource {
            url: url.to_owned(),
            shown: without_password(url),
            branch,
            mirror: mirrors.join(hex::encode(Sha256::digest(url.as_bytes()))),
            fetching: Mutex::new(()),
        }
    }

    /// The URL as people may see it: without a password.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// The commit that [`keep`](Self::keep) noted last for `domain`.
    pub(super) fn kept(&self, domain: &DomainName) -> Option<Revision> {
        let repository = self.open().ok()?;
        let id = repository.try_find_reference(&kept_as(domain)).ok()??.try_id()?.detach();
        Some(Revision::new(id.to_string()))
    }

    /// Notes which commit counts for `domain`, so that it stays and is found again without asking the remote.
    pub(super) fn keep(&self, domain: &DomainName, revision: &Revision) -> Result<(), SourceError> {
        if self.kept(domain).as_ref() == Some(revision) {
            return Ok(());
        }
        let repository = self.open()?;
        let id = commit_at(&repository, revision, Path::new(&self.shown))?.id;
        let kept = repository.reference(kept_as(domain), id, PreviousValue::Any, "fetched");
        kept.map(drop).map_err(|error| self.trouble(error))
    }

    /// An error where the commit has no such folder.
    pub(super) fn holds_folder(&self, revision: &Revision, folder: &str) -> Result<(), SourceError> {
        folder_at(&self.open()?, folder, revision, Path::new(&self.shown)).map(drop)
    }

    /// The files of `domain` at a commit, and what else stands below `path` that would mean something in a mesh.
    pub(super) fn domain(
        &self,
        revision: &Revision,
        path: &str,
        domain: &DomainName,
    ) -> Result<(BTreeMap<String, FileEntry>, Vec<String>), SourceError> {
        domain_at(&self.open()?, path, domain, revision, Path::new(&self.shown))
    }

    fn trouble(&self, error: impl fmt::Display) -> SourceError {
        let problem = error.to_string().replace(&self.url, &self.shown);
        SourceError::Fetch { url: self.shown.clone(), problem }
    }

    fn open(&self) -> Result<gix::Repository, SourceError> {
        // Nobody sits at a terminal to answer, and a server that is silent must not hold us up.
        let settings = ["gitoxide.credentials.terminalPrompt=false", "gitoxide.http.connectTimeout=20000"];
        let options = gix::open::Options::default().config_overrides(settings);
        options.open(&self.mirror).map(|repository| repository.to_thread_local()).map_err(|error| self.trouble(error))
    }

    fn open_or_create(&self) -> Result<gix::Repository, SourceError> {
        if !self.mirror.join("HEAD").is_file() {
            let io = |source| SourceError::Io { path: self.mirror.clone(), source };
            // What is left of a first start that was cut short holds nothing yet.
            if self.mirror.exists() {
                std::fs::remove_dir_all(&self.mirror).map_err(io)?;
            }
            std::fs::create_dir_all(&self.mirror).map_err(io)?;
            gix::init_bare(&self.mirror).map_err(|error| self.trouble(error))?;
        }
        self.open()
    }

    fn fetch(&self, repository: &gix::Repository) -> Result<Vec<Ref>, SourceError> {
        let remote = repository
            .remote_at(self.url.as_str())
            .and_then(|remote| remote.with_refspecs([BStr::new(BRANCHES)], Direction::Fetch))
            .map_err(|error| self.trouble(error))?
            .with_fetch_tags(gix::remote::fetch::Tags::None);
        let connection = remote.connect(Direction::Fetch).map_err(|error| self.trouble(error))?;
        let options = gix::remote::ref_map::Options {
            prefix_from_spec_as_filter_on_remote: false,
            ..gix::remote::ref_map::Options::default()
        };
        let fetch = connection.prepare_fetch(gix::progress::Discard, options).map_err(|error| self.trouble(error))?;
        let outcome =
            fetch.receive(gix::progress::Discard, &AtomicBool::new(false)).map_err(|error| self.trouble(error))?;
        Ok(outcome.ref_map.remote_refs)
    }
}

impl fmt::Debug for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSource").field("url", &self.shown).field("branch", &self.branch).finish_non_exhaustive()
    }
}

impl RevisionSource for RemoteSource {
    fn newest(&self) -> Result<Revision, SourceError> {
        let _one_at_a_time = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        let repository = self.open_or_create()?;
        let refs = self.fetch(&repository)?;
        let wanted = self.branch.as_ref().map(|branch| format!("refs/heads/{branch}"));
        let found = refs.iter().find_map(|reference| match (reference, &wanted) {
            (Ref::Symbolic { full_ref_name, object, .. }, None) if full_ref_name == "HEAD" => Some(*object),
            (Ref::Direct { full_ref_name, object }, None) if full_ref_name == "HEAD" => Some(*object),
            (Ref::Direct { full_ref_name, object }, Some(wanted)) if full_ref_name == wanted.as_str() => Some(*object),
            _ => None,
        });
        match (found, &self.branch) {
            (Some(id), _) => Ok(Revision::new(id.to_string())),
            (None, Some(branch)) => Err(SourceError::NoBranch { place: self.shown.clone(), branch: branch.clone() }),
            (None, None) => Err(SourceError::NoCommit { place: self.shown.clone() }),
        }
    }

    fn tree(&self, revision: &Revision) -> Result<ManifestTree, SourceError> {
        tree_at(&self.open()?, "", revision, Path::new(&self.shown))
    }

    fn read(&self, revision: &Revision, path: &str) -> Result<Vec<u8>, SourceError> {
        read_at(&self.open()?, "", revision, path, Path::new(&self.shown))
    }

    fn commit(&self, revision: &Revision) -> Result<Option<Commit>, SourceError> {
        made_by(&self.open()?, revision, Path::new(&self.shown)).map(Some)
    }

    fn describe(&self) -> String {
        match &self.branch {
            Some(branch) => format!("git repository {} (branch {branch})", self.shown),
            None => format!("git repository {}", self.shown),
        }
    }
}

/// Whether the text is a URL of a git repository, or what ssh takes for one, and no path.
pub(crate) fn is_url(text: &str) -> bool {
    let has_scheme = ["http://", "https://", "ssh://", "git://", "file://"].iter().any(|s| text.starts_with(s));
    let is_scp = text.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'));
    (has_scheme || is_scp) && !text.contains('#')
}

/// The reference that notes which commit counts for a domain.
fn kept_as(domain: &DomainName) -> String {
    format!("refs/weft/{domain}")
}

/// The URL as people may see it.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest.get(..end).and_then(|host| host.rsplit_once('@')) {
        Some((_, host)) => format!("{scheme}://{host}{}", rest.get(end..).unwrap_or("")),
        None => url.to_owned(),
    }
}
