//! What a commit says of its making.

use std::path::Path;

use chrono::DateTime;
use weft_model::{Commit, Revision, SignatureKind};

use super::SourceError;
use super::git::{commit_at, trouble};

/// Longest author that is told.
const AUTHOR_CHARS_MAX: usize = 200;

/// What the commit says of its author and signature.
pub(super) fn made_by(repository: &gix::Repository, revision: &Revision, place: &Path) -> Result<Commit, SourceError> {
    let commit = commit_at(repository, revision, place)?;
    let decoded = commit.decode().map_err(|error| trouble(place, error))?;
    let author = decoded.author().map_err(|error| trouble(place, error))?;
    let time = commit.time().map_err(|error| trouble(place, error))?;
    let author = format!("{} <{}>", author.name, author.email);
    Ok(Commit {
        author: author.chars().filter(|c| !c.is_control()).take(AUTHOR_CHARS_MAX).collect(),
        at: DateTime::from_timestamp(time.seconds, 0).unwrap_or_default(),
        signature: decoded.extra_headers().pgp_signature().map(|signature| kind_of(signature)),
    })
}

/// Git keeps all kinds in one header and tells them by how they begin.
fn kind_of(signature: &[u8]) -> SignatureKind {
    const BEGINNINGS: [(&[u8], SignatureKind); 4] = [
        (b"-----BEGIN PGP SIGNATURE-----", SignatureKind::OpenPgp),
        (b"-----BEGIN PGP MESSAGE-----", SignatureKind::OpenPgp),
        (b"-----BEGIN SSH SIGNATURE-----", SignatureKind::Ssh),
        (b"-----BEGIN SIGNED MESSAGE-----", SignatureKind::X509),
    ];
    let known = BEGINNINGS.iter().find(|(beginning, _)| signature.starts_with(beginning));
    known.map_or(SignatureKind::Other, |(_, kind)| *kind)
}
