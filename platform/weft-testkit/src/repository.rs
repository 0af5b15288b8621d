//! A git repository of a test's own.

use std::path::Path;
use std::process::Command;

use crate::Manifests;

/// A git work tree over manifests. Nothing counts before it is committed.
#[derive(Debug)]
pub struct Repository {
    manifests: Manifests,
}

impl Repository {
    /// A repository whose first commit holds `manifests`.
    pub fn of(manifests: Manifests) -> Self {
        let repository = Repository { manifests };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit("first");
        repository
    }

    /// The work tree's files.
    pub fn manifests(&self) -> &Manifests {
        &self.manifests
    }

    /// The work tree's folder.
    pub fn path(&self) -> &Path {
        self.manifests.path()
    }

    /// Commits everything that differs, and gives the commit's id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs git in the work tree and gives what it prints, without the last line break. No file of
    /// the user's own says how git behaves.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .expect("git is installed");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}
