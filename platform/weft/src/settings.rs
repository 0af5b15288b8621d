//! What a mesh is started with, wherever that was written.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use weft_engine::Limits;
use weft_identity::{OidcSettings, RateSettings};
use weft_notice::Webhook;

use crate::tls::TlsFiles;
use crate::traces::TraceSettings;

/// Address of the HTTP door where none is given.
pub const HTTP: &str = "127.0.0.1:8080";
/// Address of the Flight SQL door where none is given.
pub const FLIGHT: &str = "127.0.0.1:8815";
/// How long what is under way is waited for at the end, where nothing is said of it.
pub(crate) const DRAIN: Duration = Duration::from_secs(10);
/// The least memory that a process can be held to.
const MEMORY_LEAST: u64 = 1 << 30;

/// What a mesh is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A folder with `products/` and `governance/`, or a git URL.
    pub mesh: String,
    /// The folder of all local state. Made where it is missing.
    pub home: PathBuf,
    /// The Postgres database that holds the catalog; `None` is a file of the home.
    pub catalog: Option<SharedCatalog>,
    /// URL of the object store for tables; `None` is `warehouse/` within the home.
    pub warehouse: Option<String>,
    /// Loopback only where there is no `tls`. Port 0 picks a free one.
    pub http: SocketAddr,
    /// As with `http`.
    pub flight: SocketAddr,
    /// URL under which browsers reach the HTTP door; `None` where that is its own.
    pub public_url: Option<String>,
    /// Where browsers may sign in besides, and whose tokens are bearers; `None` is nowhere.
    pub oidc: Option<OidcSettings>,
    /// What the paths of the HTTP door begin with, such as `/weft`; empty for nothing.
    pub base_path: String,
    /// Whether browsers may sign in by choosing a principal that the mesh marks as one of its demo; without TLS only.
    pub offers_demo: bool,
    /// TLS of both doors; `None` is none.
    pub tls: Option<TlsFiles>,
    /// Whom the mesh tells of what happens in it; their names differ.
    pub webhooks: Vec<Webhook>,
    /// Which environment of `mesh.yaml` this is; `None` gives variables in manifests their defaults only.
    pub environment: Option<String>,
    /// Options of the object store, under the names that it knows (`aws_endpoint`, …).
    pub store: HashMap<String, String>,
    /// Where traces are sent; `None` is nowhere.
    pub traces: Option<TraceSettings>,
    /// Most memory that the process may hold, in bytes; `None` is four fifths of what the system gives it.
    pub memory_max: Option<u64>,
    /// How long what is under way is waited for at the end.
    pub drain: Duration,
    /// How much one query may take.
    pub limits: Limits,
    /// How often one may ask.
    pub rates: RateSettings,
}

/// A Postgres database that several nodes may share.
#[derive(Clone)]
pub struct SharedCatalog {
    /// `postgres://user@host:port/database`, with `?sslmode=verify-full` and the like.
    pub url: String,
    /// `None` where the URL has it, or none is asked for.
    pub password: Option<String>,
}

impl std::fmt::Debug for SharedCatalog {
    /// Without the password, also that of the URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedCatalog").finish_non_exhaustive()
    }
}

/// The bytes that a text such as `8 GiB` says, if it is a size that a process can do with.
pub(crate) fn memory(text: &str) -> Option<u64> {
    weft_model::resources::bytes(text).filter(|bytes| *bytes >= MEMORY_LEAST)
}

impl Settings {
    /// A mesh on free ports with its state in `home` and its tables beside it.
    pub fn local(mesh: impl Into<String>, home: impl Into<PathBuf>) -> Self {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        Settings {
            mesh: mesh.into(),
            home: home.into(),
            catalog: None,
            warehouse: None,
            http: free,
            flight: free,
            public_url: None,
            oidc: None,
            base_path: String::new(),
            offers_demo: true,
            tls: None,
            webhooks: Vec::new(),
            environment: None,
            store: HashMap::new(),
            traces: None,
            memory_max: None,
            drain: DRAIN,
            limits: Limits::default(),
            rates: RateSettings::DEFAULT,
        }
    }
}
