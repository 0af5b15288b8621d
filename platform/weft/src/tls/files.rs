//! The files of TLS, and what they amount to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, cipher_suite};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig};
use weft_model::Code;

use super::TlsFiles;

/// Why files are of no use for TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    #[error("cannot read `{}`: {source}", file.display())]
    File {
        file: PathBuf,
        #[source]
        source: pem::Error,
    },

    #[error("`{}` holds no certificate in PEM", file.display())]
    NoCertificate { file: PathBuf },

    #[error("`{}` is not the certificate of the key in `{}`, or is malformed: {source}", certificate.display(), key.display())]
    Pair {
        certificate: PathBuf,
        key: PathBuf,
        #[source]
        source: rustls::Error,
    },

    #[error("the certificates in `{}` cannot vouch for clients: {problem}", file.display())]
    ClientCa { file: PathBuf, problem: String },
}

impl TlsError {
    /// The stable code.
    pub fn code(&self) -> Code {
        Code::TLS_FILES
    }
}

/// By what a change of the files is noticed: when each was written, and how long it is.
pub(super) type Stamp = Vec<Option<(SystemTime, u64)>>;

pub(super) fn stamp(files: &TlsFiles) -> Stamp {
    let of = |metadata: std::fs::Metadata| Some((metadata.modified().ok()?, metadata.len()));
    files.all().map(|file| file.metadata().ok().and_then(of)).collect()
}

/// What the files amount to: TLS 1.3, with the cipher first that costs least here.
pub(super) fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(provider());
    let certificates = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|source| TlsError::File { file: files.key.clone(), source })?;
    let pair = |source| TlsError::Pair { certificate: files.certificate.clone(), key: files.key.clone(), source };

    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(&[&TLS13]).map_err(pair)?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let refused =
                |problem: VerifierBuilderError| TlsError::ClientCa { file: file.clone(), problem: problem.to_string() };
            let roots = Arc::new(roots(file)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build().map_err(refused)?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(certificates, key).map_err(pair)?;
    config.ignore_client_order = true;
    Ok(config)
}

pub(super) fn certificates(file: &PathBuf) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let trouble = |source| TlsError::File { file: file.clone(), source };
    let all = CertificateDer::pem_file_iter(file).map_err(trouble)?;
    let all = all.collect::<Result<Vec<_>, _>>().map_err(trouble)?;
    if all.is_empty() { Err(TlsError::NoCertificate { file: file.clone() }) } else { Ok(all) }
}

fn roots(file: &PathBuf) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        let added = roots.add(certificate);
        added.map_err(|error| TlsError::ClientCa { file: file.clone(), problem: error.to_string() })?;
    }
    Ok(roots)
}

pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        ],
        ..aws_lc_rs::default_provider()
    }
}
