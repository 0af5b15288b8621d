//! Why a mesh does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use weft_catalog::{CatalogError, Unreached};
use weft_model::Code;

use crate::handed::HandedError;
use crate::home::HomeError;
use crate::tls::TlsError;

/// Why a mesh does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    #[error(transparent)]
    Home(#[from] HomeError),

    #[error(transparent)]
    Source(#[from] weft_manifest::source::SourceError),

    #[error(transparent)]
    Storage(#[from] weft_storage::StorageError),

    #[error(transparent)]
    Catalog(#[from] weft_catalog::CatalogError),

    /// Casbin decides otherwise than it must.
    #[error(transparent)]
    Decisions(#[from] weft_governance::PolicyError),

    #[error(transparent)]
    Identity(#[from] weft_identity::IdentityError),

    #[error("the identity provider of the configuration cannot be used: {reason}")]
    Oidc { reason: String },

    #[error(transparent)]
    Reconcile(#[from] weft_reconcile::ReconcileError),

    #[error(transparent)]
    Tls(#[from] TlsError),

    #[error(transparent)]
    Handed(#[from] HandedError),

    #[error("webhooks cannot be told of anything: {0}")]
    Notice(#[from] weft_notice::NoticeError),

    #[error("`{address}` can be reached from other machines, and without TLS tokens would travel in the clear")]
    NotLoopback { address: SocketAddr },

    #[error("the keys in `{}` are not those of the node that leads this mesh", folder.display())]
    Keys { folder: PathBuf },

    #[error("another node leads this mesh and has not said within half a minute which keys it has")]
    NoKeys,

    #[error("cannot listen on {address}: {source}")]
    Bind {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },

    #[error("cannot use the folder `{}`: {source}", folder.display())]
    Folder {
        folder: PathBuf,
        #[source]
        source: io::Error,
    },

    #[error("cannot listen for signals: {source}")]
    Signals {
        #[source]
        source: io::Error,
    },

    #[error("the home is not an absolute path")]
    Relative,
}

impl StartError {
    /// The stable code, where there is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            StartError::Home(error) => error.code(),
            StartError::Notice(weft_notice::NoticeError::Catalog(error)) => Some(error.code()),
            StartError::Source(error) => Some(error.code()),
            StartError::Storage(error) => Some(error.code()),
            StartError::Catalog(error) => Some(error.code()),
            StartError::Identity(error) => Some(error.code()),
            StartError::Reconcile(error) => Some(error.code()),
            StartError::Tls(error) => Some(error.code()),
            StartError::Handed(error) => Some(error.code()),
            StartError::NotLoopback { .. } | StartError::Oidc { .. } | StartError::Keys { .. } => {
                Some(Code::REQUEST_INVALID)
            }
            StartError::Notice(_)
            | StartError::NoKeys
            | StartError::Bind { .. }
            | StartError::Folder { .. }
            | StartError::Signals { .. } => None,
            StartError::Relative | StartError::Decisions(_) => Some(Code::INTERNAL),
        }
    }

    /// The next thing to do, where there is one that the message does not say.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            StartError::Home(HomeError::Held { pid, .. }) => match pid {
                Some(pid) => format!("stop that process (`kill {pid}`), or give this one another --home"),
                None => "stop that process, or give this one another --home".to_owned(),
            },
            StartError::NotLoopback { .. } => {
                "listen on 127.0.0.1 or [::1], or start with `weft serve` and a `[tls]` of your own".to_owned()
            }
            StartError::Handed(error) => error.help(),
            StartError::Keys { .. } => {
                "copy the folder `keys` from the home of that node: tokens, tickets and masked values must mean the same \
                 on each"
                    .to_owned()
            }
            StartError::NoKeys => "look at the log of that node, and start this one again".to_owned(),
            StartError::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "another process listens there: name another address, or port 0 for a free one".to_owned()
            }
            StartError::Catalog(error @ CatalogError::Database { .. }) => match error.unreached() {
                Some(unreached) => way_to(unreached).to_owned(),
                None => "mend its disk or rights; a damaged catalog.db may be moved away, and is rebuilt from the release \
                         objects then"
                    .to_owned(),
            },
            _ => return None,
        })
    }
}

/// What to do about a database server that was not reached.
fn way_to(unreached: Unreached) -> &'static str {
    match unreached {
        Unreached::Nobody => {
            "see whether Postgres runs at the address in `catalog`, and whether this machine may reach it"
        }
        Unreached::Role => {
            "`catalog` names the role and `catalog_password` the file with its password: both must be as the server has \
             them, and its pg_hba.conf must let the role in from here"
        }
        Unreached::Database => "make it (`createdb --owner ROLE DATABASE`), or name another in `catalog`",
        Unreached::Tls => {
            "set `sslmode` in `catalog` as the server has it; `verify-full` asks for `sslrootcert`, a file, where its \
             authority is not known to this machine"
        }
        Unreached::Full => "raise `max_connections` of the server: each node takes five",
    }
}
