//! What an erasure of rows came to: with its hash, the certificate of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{PortName, PortRef};

/// Which rows of a port were erased, and what went with them; or what would be, where nobody did it yet.
///
/// Holds no value of a row but what the condition itself says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    pub port: PortRef,
    /// As it was given. A row is erased where it is true.
    pub condition: String,
    pub at: DateTime<Utc>,
    /// Who asked, as policies write it: `user:omar`.
    pub by: String,
    pub rows_erased: u64,
    /// The version of the table in which the rows were.
    pub version_before: u64,
    /// The version without them; the same where there were none. `None` where nothing was done.
    pub version_after: Option<u64>,
    /// Number of the release that serves that version. `None` where nothing was done.
    pub release: Option<u64>,
    /// Data files that are gone, or would be, relative to the warehouse; in order.
    pub files_removed: Vec<String>,
    /// Data files that hold the rows which stayed of those; in order.
    pub files_written: Vec<String>,
    /// Earlier releases of the product of which this table cannot be read any more, or could not; in order.
    pub releases_unreadable: Vec<u64>,
    /// Other names under which the product serves the same table: they lack the rows too.
    pub served_also_as: Vec<PortName>,
    /// What the port is made from: ports, or an address. Where rows still stand there they come back when the table is
    /// made anew.
    pub made_from: Vec<String>,
    /// Ports that read this one, straight or through others, in order of name.
    pub derived_ports: Vec<DerivedPort>,
    /// How many more there are that whoever asked may not know of.
    pub derived_ports_unnamed: u64,
    /// SHA-256 of all of the above as JSON without blanks, keys in order of the alphabet, as hex. `None` where nothing
    /// was done, which is no certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A port that was made from rows that were erased, as far as it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DerivedPort {
    pub port: PortRef,
    /// Of which kind its transform is.
    pub kind: String,
    /// Which of its inputs were made from such rows.
    pub reads: Vec<PortRef>,
    /// Whether it keeps what it took, or reads a port that does: then rows must be erased there too. Else it takes the
    /// change in with its next run, a view at once.
    pub keeps_rows: bool,
}
