//! Who made a revision, as the commit itself says.

use chrono::{DateTime, Utc};

/// What a git commit says of its making. Anyone can write an author's name: only a signature that
/// was verified would prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// `Name <e-mail>`, without control characters and of 200 characters at most.
    pub author: String,
    /// When it was committed, by the committer's clock.
    pub at: DateTime<Utc>,
    /// The kind of signature that it carries; `None` for one that carries none.
    pub signature: Option<SignatureKind>,
}

/// With what a commit is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureKind {
    OpenPgp,
    Ssh,
    X509,
    /// With something that git does not know either.
    Other,
}

impl SignatureKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            SignatureKind::OpenPgp => "openpgp",
            SignatureKind::Ssh => "ssh",
            SignatureKind::X509 => "x509",
            SignatureKind::Other => "other",
        }
    }
}

impl Commit {
    /// What is known of the signature, for records: `none`, or as in `ssh unverified`, since no list
    /// says whose keys count.
    pub fn signature_text(&self) -> String {
        match self.signature {
            None => "none".to_owned(),
            Some(kind) => format!("{} unverified", kind.as_str()),
        }
    }
}
