//! What is on this machine of a git repository behind a URL, and how it is fetched.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::BStr;
use gix::protocol::handshake::Ref;
use gix::refs::transaction::PreviousValue;
use gix::remote::Direction;
use sha2::{Digest, Sha256};
use weft_model::{DomainName, FileEntry, Revision};

use super::SourceError;
use super::attempt::Heard;
use super::git::{commit_at, domain_at, folder_at};
use super::remote::without_password;

/// Every branch of the remote, and nothing else.
const BRANCHES: &str = "+refs/heads/*:refs/heads/*";

/// A bare repository that holds whatever was fetched of a remote.
pub(super) struct Mirror {
    url: String,
    /// The URL as people may see it: without a password.
    shown: String,
    branch: Option<String>,
    folder: PathBuf,
}

impl Mirror {
    /// Of the repository at `url`, below `mirrors`. `branch` is the one that counts if that is not the default.
    pub(super) fn new(url: &str, branch: Option<String>, mirrors: &Path) -> Self {
        Mirror {
            url: url.to_owned(),
            shown: without_password(url),
            branch,
            folder: mirrors.join(hex::encode(Sha256::digest(url.as_bytes()))),
        }
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn branch(&self) -> Option<&str> {
        self.branch.as_deref()
    }

    pub(super) fn trouble(&self, error: impl fmt::Display) -> SourceError {
        let problem = error.to_string().replace(&self.url, &self.shown);
        SourceError::Fetch { url: self.shown.clone(), problem }
    }

    pub(super) fn open(&self) -> Result<gix::Repository, SourceError> {
        // Nobody sits at a terminal to answer.
        let options = gix::open::Options::default().config_overrides(["gitoxide.credentials.terminalPrompt=false"]);
        options.open(&self.folder).map(|repository| repository.to_thread_local()).map_err(|error| self.trouble(error))
    }

    /// Fetches, and gives the newest commit of the branch that counts. It is one that follows what was given before: a
    /// history that was written anew may lack what is served, and somebody has to say that this is meant.
    pub(super) fn newest(&self, heard: &Heard) -> Result<Revision, SourceError> {
        let repository = self.open_or_create()?;
        let refs = self.fetch(&repository, heard)?;
        let wanted = self.branch.as_ref().map(|branch| format!("refs/heads/{branch}"));
        let found = refs.iter().find_map(|reference| match (reference, &wanted) {
            (Ref::Symbolic { full_ref_name, object, .. }, None) if full_ref_name == "HEAD" => Some(*object),
            (Ref::Direct { full_ref_name, object }, None) if full_ref_name == "HEAD" => Some(*object),
            (Ref::Direct { full_ref_name, object }, Some(wanted)) if full_ref_name == wanted.as_str() => Some(*object),
            _ => None,
        });
        match (found, &self.branch) {
            (Some(id), _) => self.follow(&repository, id),
            (None, Some(branch)) => Err(SourceError::NoBranch { place: self.shown.clone(), branch: branch.clone() }),
            (None, None) => Err(SourceError::NoCommit { place: self.shown.clone() }),
        }
    }

    fn follow(&self, repository: &gix::Repository, newest: ObjectId) -> Result<Revision, SourceError> {
        let name = self.followed_as();
        let before = repository.try_find_reference(&name).ok().flatten();
        let before = before.and_then(|reference| Some(reference.try_id()?.detach()));
        // Of a mirror that was damaged and fetched anew.
        let before = before.filter(|before| repository.find_commit(*before).is_ok());
        let revision = Revision::new(newest.to_string());
        if before == Some(newest) {
            return Ok(revision);
        }
        if let Some(before) = before {
            let common = repository.merge_base(before, newest).map_err(|error| self.trouble(error))?;
            if common.is_none_or(|common| common.detach() != before) {
                let (place, mirror) = (self.shown.clone(), self.folder.clone());
                let before = Revision::new(before.to_string());
                return Err(SourceError::Rewritten { place, before, newest: revision, mirror });
            }
        }
        let followed = repository.reference(name.as_str(), newest, PreviousValue::Any, "followed");
        followed.map(|_| revision).map_err(|error| self.trouble(error))
    }

    /// The reference that notes which commit of the branch was given last. In hexadecimal digits, since one branch may
    /// be called as the folder of another.
    fn followed_as(&self) -> String {
        match &self.branch {
            Some(branch) => format!("refs/weft-followed/{}", hex::encode(branch)),
            None => "refs/weft-followed/HEAD".to_owned(),
        }
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

    fn open_or_create(&self) -> Result<gix::Repository, SourceError> {
        if !self.folder.join("HEAD").is_file() {
            let io = |source| SourceError::Io { path: self.folder.clone(), source };
            // What is left of a first start that was cut short holds nothing yet.
            if self.folder.exists() {
                std::fs::remove_dir_all(&self.folder).map_err(io)?;
            }
            std::fs::create_dir_all(&self.folder).map_err(io)?;
            gix::init_bare(&self.folder).map_err(|error| self.trouble(error))?;
        }
        self.open()
    }

    fn fetch(&self, repository: &gix::Repository, heard: &Heard) -> Result<Vec<Ref>, SourceError> {
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
        let fetch = connection.prepare_fetch(heard.part(), options).map_err(|error| self.trouble(error))?;
        let outcome = fetch.receive(heard.part(), heard.is_given_up()).map_err(|error| self.trouble(error))?;
        Ok(outcome.ref_map.remote_refs)
    }
}

/// The reference that notes which commit counts for a domain.
fn kept_as(domain: &DomainName) -> String {
    format!("refs/weft/{domain}")
}
