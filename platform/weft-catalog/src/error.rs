//! Why the catalog gave no answer.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use weft_model::{Code, PortName, ProductRef, Revision};

/// Why the catalog gave no answer. What a client sees is [`CatalogError::code`] and, for
/// [`CatalogError::NotFound`] and [`CatalogError::Retired`] alone, the message; the rest is for the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// Also the answer for what the principal may not know about: neither the message nor the
    /// code tells the two apart, and `name` is the name that was asked.
    #[error("no {kind} `{name}`")]
    NotFound { kind: &'static str, name: String },

    /// Told to whoever answers for the product alone; all others get `NotFound`. `kept` says of each
    /// port that has data until when they are kept at least, `None` for ever.
    #[error("`{product}` was retired on {} by revision {}{}", at.format("%Y-%m-%d"), revision.short(), told(kept))]
    Retired { product: ProductRef, at: DateTime<Utc>, revision: Revision, kept: Vec<(PortName, Option<DateTime<Utc>>)> },

    /// A request for access that cannot be made as it is.
    #[error("{problem}")]
    RequestInvalid { problem: String },

    /// The request was decided already, or has ended.
    #[error("{id} was {state} already")]
    RequestDecided { id: String, state: &'static str },

    /// Somebody else decides on the request.
    #[error("{problem}")]
    ApproverRefused { problem: String },

    /// A search that is none.
    #[error("{problem}")]
    SearchInvalid { problem: String },

    #[error("cannot search the catalog")]
    Search {
        #[source]
        source: Box<tantivy::TantivyError>,
    },

    #[error("cannot {doing}: {source}")]
    Database {
        doing: &'static str,
        #[source]
        source: sqlx::Error,
    },

    /// Nobody asks the database until it answers again, which is found out each second.
    #[error("the database of the catalog does not answer; it is asked again each second")]
    Away,

    /// Too many wait for the database, or it was waited for in vain.
    #[error("the database of the catalog is busy; try again")]
    Busy,

    #[error("the catalog was written by a newer version of weft; start that version, or restore a backup")]
    Newer {
        #[source]
        source: sqlx::migrate::MigrateError,
    },

    #[error("cannot bring the catalog's tables up to date")]
    Migration {
        #[source]
        source: sqlx::migrate::MigrateError,
    },

    #[error("the catalog holds a {kind} that cannot be read: `{text}`; delete the catalog to rebuild it")]
    Corrupt { kind: &'static str, text: String },

    /// A bug of ours: releases of a product count without gaps.
    #[error("release {number} of `{product}` cannot follow release {latest}")]
    OutOfOrder { product: ProductRef, number: u64, latest: u64 },

    /// A bug of ours: what is published never changes.
    #[error("release {number} of `{product}` is already published and differs")]
    Differs { product: ProductRef, number: u64 },

    /// A bug of ours: only an empty catalog is filled from release objects.
    #[error("the catalog already holds releases, so it cannot be restored over")]
    NotEmpty,

    #[error("cannot use `{}`: {source}", file.display())]
    Copy {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },

    /// Another process on the same catalog brings the mesh to revisions; nothing was written. `leader` is its name, `None`
    /// where nobody leads at the moment.
    #[error("{}", not_leading(leader.as_deref()))]
    NotLeading { leader: Option<String> },

    /// Nothing that the decisions allowed may be shown if its record must be on disk first.
    #[error("the record of decisions cannot be written")]
    Unrecorded,

    /// The work was stopped half-way because the process is ending; nothing was committed.
    #[error("the platform is shutting down")]
    Stopped,
}

impl CatalogError {
    /// The stable code, one page each in `platform/docs/errors/`.
    pub fn code(&self) -> Code {
        match self {
            CatalogError::NotFound { .. } => Code::NOT_FOUND,
            CatalogError::Retired { .. } => Code::PRODUCT_RETIRED,
            CatalogError::RequestInvalid { .. } => Code::ACCESS_REQUEST_INVALID,
            CatalogError::RequestDecided { .. } => Code::ACCESS_REQUEST_DECIDED,
            CatalogError::ApproverRefused { .. } => Code::APPROVER_REFUSED,
            CatalogError::SearchInvalid { .. } => Code::REQUEST_INVALID,
            CatalogError::Search { .. }
            | CatalogError::Database { .. }
            | CatalogError::Away
            | CatalogError::Busy
            | CatalogError::Newer { .. }
            | CatalogError::Migration { .. }
            | CatalogError::Corrupt { .. }
            | CatalogError::Copy { .. }
            | CatalogError::Stopped => Code::CATALOG_UNAVAILABLE,
            CatalogError::NotLeading { .. } => Code::NOT_LEADING,
            CatalogError::Unrecorded => Code::AUDIT_UNAVAILABLE,
            CatalogError::OutOfOrder { .. } | CatalogError::Differs { .. } | CatalogError::NotEmpty => Code::INTERNAL,
        }
    }

    /// What kept this program from the server of a shared catalog, where it was that.
    pub fn unreached(&self) -> Option<Unreached> {
        match self {
            CatalogError::Database { source, .. } => Unreached::of(source),
            CatalogError::Away => Some(Unreached::Nobody),
            _ => None,
        }
    }

    pub(crate) fn corrupt(kind: &'static str, text: impl Into<String>) -> Self {
        CatalogError::Corrupt { kind, text: text.into() }
    }
}

impl From<tantivy::TantivyError> for CatalogError {
    fn from(source: tantivy::TantivyError) -> Self {
        CatalogError::Search { source: Box::new(source) }
    }
}

impl From<std::io::Error> for CatalogError {
    fn from(error: std::io::Error) -> Self {
        tantivy::TantivyError::from(error).into()
    }
}

fn not_leading(leader: Option<&str>) -> String {
    match leader {
        Some(leader) => format!("this node does not lead the mesh; `{leader}` does"),
        None => "no node leads the mesh at the moment".to_owned(),
    }
}

/// `: data of `lines` are kept until 2027-11-26, of `returns` for ever`; empty where none are kept.
fn told(kept: &[(PortName, Option<DateTime<Utc>>)]) -> String {
    let each = kept.iter().map(|(port, until)| match until {
        Some(until) => format!("of `{port}` are kept until {}", until.format("%Y-%m-%d")),
        None => format!("of `{port}` are kept for ever"),
    });
    let each = each.collect::<Vec<_>>().join(", ");
    if each.is_empty() { each } else { format!(": data {each}") }
}

/// Why a database server was not reached, as far as that can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// Nobody answers at that address.
    Nobody,
    /// The server does not let that role in with that password.
    Role,
    /// The server has no such database.
    Database,
    /// The two do not agree on TLS.
    Tls,
    /// The server takes no more connections.
    Full,
}

impl Unreached {
    fn of(error: &sqlx::Error) -> Option<Self> {
        match error {
            sqlx::Error::Io(_) => Some(Unreached::Nobody),
            sqlx::Error::Tls(_) => Some(Unreached::Tls),
            sqlx::Error::Database(error) => match error.code()?.as_ref() {
                "28000" | "28P01" => Some(Unreached::Role),
                "3D000" => Some(Unreached::Database),
                "53300" => Some(Unreached::Full),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Work that goes on by itself, given up after `time`: a database that falls silent in the midst of it must not stop it for
/// ever.
pub(crate) async fn in_time<T>(
    time: Duration,
    work: impl Future<Output = Result<T, CatalogError>>,
) -> Result<T, CatalogError> {
    tokio::time::timeout(time, work).await.unwrap_or(Err(CatalogError::Away))
}

/// Adds what was being done to a database error.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, CatalogError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, CatalogError> {
        self.map_err(|source| CatalogError::Database { doing, source })
    }
}
