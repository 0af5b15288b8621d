//! Who has been seen reading what.

use chrono::{DateTime, Utc};

use crate::PortRef;

/// That a principal's queries read a port, or one column of it, as the mesh observed it.
///
/// Lists of them are in order of port, then column with the port as a whole first, then principal,
/// and hold each of these triples once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedRead {
    pub port: PortRef,
    /// As the contract names it; a part of a column counts as the column. `None` for the port as a
    /// whole: every query that read it, whichever columns it read, also those that read none, as
    /// `count(*)` does.
    pub column: Option<String>,
    /// As policies write it: `user:ana`, `service:punctuality-jobs`.
    pub principal: String,
    /// When the last of these queries began.
    pub last_at: DateTime<Utc>,
    /// How many queries there were. At least one.
    pub count: u64,
}
