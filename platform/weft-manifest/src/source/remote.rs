//! A git repository behind a URL: asked for its newest commit, and left alone for a while where it does not answer.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use weft_circuit::Circuit;
use weft_model::{Commit, ManifestTree, Revision};

use super::attempt::{Attempt, Waited};
use super::commit::made_by;
use super::git::{read_at, tree_at};
use super::mirror::Mirror;
use super::{RevisionSource, SourceError};

/// How long a host may say nothing while it is asked. What it sends may take as long as it takes.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// After how many questions in a row that were not answered a host is asked less often, and how often then.
const FAILURES: u32 = 3;
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// How long such a question is waited for at a time: it is under way meanwhile.
const PROBE_PATIENCE: Duration = Duration::from_secs(1);

/// Most questions to one host that may hang at the same time, given up or not.
const HANGING_MAX: usize = 64;

/// A remote whose commits are fetched into a mirror.
pub(super) struct RemoteSource {
    mirror: Arc<Mirror>,
    circuit: Circuit,
    /// The question that is under way while nobody waits for it. Held by whoever asks: one at a time.
    under_way: Mutex<Option<Attempt<Result<Revision, SourceError>>>>,
    /// One more for each thread that has not ended.
    hanging: Arc<()>,
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
            mirror: Arc::new(Mirror::new(url, branch, mirrors)),
            circuit: Circuit::new("git", FAILURES, PROBE_EVERY),
            under_way: Mutex::default(),
            hanging: Arc::default(),
        }
    }

    /// What has been fetched, of which nothing asks the host.
    pub(super) fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    fn ask(&self) -> Result<Attempt<Result<Revision, SourceError>>, SourceError> {
        if !self.circuit.enters() {
            return Err(self.mirror.trouble("it did not answer, and is asked again within seconds"));
        }
        if Arc::strong_count(&self.hanging) > HANGING_MAX {
            return Err(self.mirror.trouble("too many earlier questions to it hang; a restart lets go of them"));
        }
        let mirror = Arc::clone(&self.mirror);
        let attempt = Attempt::begin(Arc::clone(&self.hanging), move |heard| mirror.newest(heard));
        attempt.map_err(|error| self.mirror.trouble(error))
    }
}

impl fmt::Debug for RemoteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (url, branch) = (self.mirror.shown(), self.mirror.branch());
        f.debug_struct("RemoteSource").field("url", &url).field("branch", &branch).finish_non_exhaustive()
    }
}

impl RevisionSource for RemoteSource {
    fn newest(&self) -> Result<Revision, SourceError> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let mut attempt = match under_way.take() {
            Some(attempt) => attempt,
            None => self.ask()?,
        };
        // Whoever else is to be asked need not wait for a host that counts as down.
        let patience = self.circuit.is_open().then_some(PROBE_PATIENCE);
        let unanswered = match attempt.wait(SILENCE_MAX, patience) {
            Waited::Answered(Err(error)) if error.is_unanswered() => error,
            Waited::Answered(answer) => {
                self.circuit.note_success();
                return answer;
            }
            Waited::Silent => {
                self.mirror.trouble(format_args!("nothing was heard of it for {} s", SILENCE_MAX.as_secs()))
            }
            Waited::NotYet => {
                *under_way = Some(attempt);
                return Err(self.mirror.trouble("it is asked again, and has not answered yet"));
            }
        };
        self.circuit.note_failure(&unanswered);
        Err(unanswered)
    }

    fn tree(&self, revision: &Revision) -> Result<ManifestTree, SourceError> {
        tree_at(&self.mirror.open()?, "", revision, Path::new(self.mirror.shown()))
    }

    fn read(&self, revision: &Revision, path: &str) -> Result<Vec<u8>, SourceError> {
        read_at(&self.mirror.open()?, "", revision, path, Path::new(self.mirror.shown()))
    }

    fn commit(&self, revision: &Revision) -> Result<Option<Commit>, SourceError> {
        made_by(&self.mirror.open()?, revision, Path::new(self.mirror.shown())).map(Some)
    }

    fn describe(&self) -> String {
        match self.mirror.branch() {
            Some(branch) => format!("git repository {} (branch {branch})", self.mirror.shown()),
            None => format!("git repository {}", self.mirror.shown()),
        }
    }
}

/// Whether the text is a URL of a git repository, or what ssh takes for one, and no path.
pub(crate) fn is_url(text: &str) -> bool {
    let has_scheme = ["http://", "https://", "ssh://", "git://", "file://"].iter().any(|s| text.starts_with(s));
    let is_scp = text.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'));
    (has_scheme || is_scp) && !text.contains('#')
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
