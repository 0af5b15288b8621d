//! What a mesh is started with, wherever that was written.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use weft_engine::Limits;

use crate::tls::TlsFiles;

/// Address of the HTTP door where none is given.
pub const HTTP: &str = "127.0.0.1:8080";
/// Address of the Flight SQL door where none is given.
pub const FLIGHT: &str = "127.0.0.1:8815";

/// What a mesh is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A folder with `products/` and `governance/`, or a git URL.
    pub mesh: String,
    /// The folder of all local state. Made where it is missing.
    pub home: PathBuf,
    /// URL of the object store for tables; `None` is `warehouse/` within the home.
    pub warehouse: Option<String>,
    /// Loopback only where there is no `tls`. Port 0 picks a free one.
    pub http: SocketAddr,
    /// As with `http`.
    pub flight: SocketAddr,
    /// TLS of both doors; `None` is none.
    pub tls: Option<TlsFiles>,
    /// Which environment of `mesh.yaml` this is; `None` gives variables in manifests their defaults only.
    pub environment: Option<String>,
    /// Options of the object store, under the names that it knows (`aws_endpoint`, …).
    pub store: HashMap<String, String>,
    /// How much one query may take.
    pub limits: Limits,
}

impl Settings {
    /// A mesh on free ports with its state in `home` and its tables beside it.
    pub fn local(mesh: impl Into<String>, home: impl Into<PathBuf>) -> Self {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        Settings {
            mesh: mesh.into(),
            home: home.into(),
            warehouse: None,
            http: free,
            flight: free,
            tls: None,
            environment: None,
            store: HashMap::new(),
            limits: Limits::default(),
        }
    }
}
