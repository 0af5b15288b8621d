//! TLS of the doors: certificate and key from files, which are taken anew when they change.

mod ending;
mod files;
mod listener;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio_util::task::AbortOnDropHandle;

pub(crate) use ending::{Term, terms};
pub use files::TlsError;
pub(crate) use listener::{Secured, Wire};

// How soon files that have changed are taken.
const LOOK_EVERY: Duration = Duration::from_secs(1);
// What the doors speak, as a client asks for it while TLS is agreed on.
const HTTP: &[u8] = b"http/1.1";
const FLIGHT: &[u8] = b"h2";

/// Where the parts of a door's TLS are, all in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, and after it those that vouch for it.
    pub certificate: PathBuf,
    /// The private key of the first certificate.
    pub key: PathBuf,
    /// Certificates of which one must vouch for each client; without, clients show none.
    pub client_ca: Option<PathBuf>,
}

impl TlsFiles {
    fn all(&self) -> impl Iterator<Item = &Path> {
        [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()].into_iter().flatten().map(PathBuf::as_path)
    }
}

/// What the doors greet new connections with.
///
/// Files are looked at each second. What they hold is in force for connections that come later once
/// all of it is well-formed and belongs together; until then the last that was stays in force.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    current: Arc<Current>,
    _following: Arc<AbortOnDropHandle<()>>,
}

/// One configuration for each protocol that is spoken.
#[derive(Debug)]
struct Current {
    http: ArcSwap<ServerConfig>,
    flight: ArcSwap<ServerConfig>,
}

/// Files whose changes come into force.
#[derive(Debug)]
struct Followed {
    files: TlsFiles,
    seen: files::Stamp,
    current: Arc<Current>,
}

impl Tls {
    /// Takes the files and follows them. Must be called within a runtime.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, or they do not belong together.
    pub(crate) fn open(files: TlsFiles) -> Result<Tls, TlsError> {
        let mut followed = Followed::open(files)?;
        let current = Arc::clone(&followed.current);
        let following = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                followed.look();
            }
        });
        Ok(Tls { current, _following: Arc::new(AbortOnDropHandle::new(following)) })
    }

    /// What the HTTP door greets a connection with that comes now.
    pub(crate) fn http(&self) -> Arc<ServerConfig> {
        self.current.http.load_full()
    }

    /// What the Flight SQL door greets a connection with that comes now.
    pub(crate) fn flight(&self) -> Arc<ServerConfig> {
        self.current.flight.load_full()
    }
}

impl Followed {
    fn open(files: TlsFiles) -> Result<Followed, TlsError> {
        // Before they are read, so that no change in between is missed.
        let seen = files::stamp(&files);
        let config = files::read(&files)?;
        let current = Current {
            http: ArcSwap::from_pointee(speaking(&config, HTTP)),
            flight: ArcSwap::from_pointee(speaking(&config, FLIGHT)),
        };
        Ok(Followed { files, seen, current: Arc::new(current) })
    }

    /// Takes the files if they have changed.
    fn look(&mut self) {
        let stamp = files::stamp(&self.files);
        if stamp == self.seen {
            return;
        }
        self.seen = stamp;
        match files::read(&self.files) {
            Ok(config) => {
                self.current.http.store(Arc::new(speaking(&config, HTTP)));
                self.current.flight.store(Arc::new(speaking(&config, FLIGHT)));
                tracing::info!("the files of TLS have changed and are in force");
            }
            Err(error) => {
                tracing::error!(code = %error.code(), %error, "the files of TLS have changed, and what was in force stays");
            }
        }
    }
}

fn speaking(config: &ServerConfig, protocol: &[u8]) -> ServerConfig {
    let mut config = config.clone();
    config.alpn_protocols = vec![protocol.to_vec()];
    config
}

#[cfg(test)]
mod tests;
