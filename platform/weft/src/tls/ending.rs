//! From when until when certificates are good.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};

use super::{TlsError, TlsFiles, files};

/// The first second of the year 10000, which no certificate can name.
const AFTER_ALL: Duration = Duration::from_secs(253_402_300_800);

/// When a certificate is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) file: PathBuf,
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
}

/// The terms of the certificates in these files, in their order: the server's and those that vouch for it, then those
/// that vouch for clients. One that does not tell is left out.
///
/// # Errors
///
/// If a file cannot be read or holds no certificate.
pub(crate) fn terms(files: &TlsFiles) -> Result<Vec<Term>, TlsError> {
    let mut terms = Vec::new();
    for file in std::iter::once(&files.certificate).chain(&files.client_ca) {
        let certificates = files::certificates(file)?;
        terms.extend(certificates.iter().filter_map(|certificate| term(file, certificate)));
    }
    Ok(terms)
}

/// What verifies certificates tells when one is good only of one that is not: so it is asked of the first second that it
/// knows, and of one after the last. Before everything else it looks at the time.
fn term(file: &Path, certificate: &CertificateDer<'static>) -> Option<Term> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).ok()?;
    let provider = Arc::new(files::provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
    let name = ServerName::try_from("localhost").ok()?;
    let refused = |at: Duration| {
        let time = UnixTime::since_unix_epoch(at);
        verifier.verify_server_cert(certificate, &[], &name, &[], time).err()
    };
    let from = match refused(Duration::ZERO) {
        Some(Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) => not_before,
        _ => UnixTime::since_unix_epoch(Duration::ZERO),
    };
    let Some(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) = refused(AFTER_ALL) else {
        return None;
    };
    Some(Term { file: file.to_owned(), from: instant(from)?, until: instant(not_after)? })
}

fn instant(time: UnixTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(time.as_secs()).ok()?, 0)
}
