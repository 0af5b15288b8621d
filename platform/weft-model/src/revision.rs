//! Which state of the manifests.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One immutable state of the manifests: a git commit (40 or 64 hex digits) or, for a plain
/// directory, `dir-` and the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(String);

impl Revision {
    /// Takes a revision's full text form; the caller vouches that it names one immutable state.
    pub fn new(text: impl Into<String>) -> Self {
        Revision(text.into())
    }

    /// The full text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve characters (after `dir-`, where that is there), for people.
    pub fn short(&self) -> &str {
        let end = if self.0.starts_with("dir-") { 16 } else { 12 };
        self.0.get(..end).unwrap_or(&self.0)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
