//! Whether a table is still there as of an earlier version: nothing that was cached counts.

use std::collections::HashSet;
use std::fmt;

use deltalake::kernel::EagerSnapshot;
use futures::TryStreamExt;
use object_store::path::Path;

use crate::table::below;
use crate::{StorageError, Warehouse};

/// What is missing of a table as of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The log does not tell any more which files the version has.
    Log,
    /// So many of its data files.
    Files(usize),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lost::Log => write!(f, "its log does not reach back that far any more"),
            Lost::Files(1) => write!(f, "a data file is gone"),
            Lost::Files(count) => write!(f, "{count} data files are gone"),
        }
    }
}

impl Warehouse {
    /// What is missing of the table at `location` as of `version`; `None` where it can be read whole. Lists the
    /// table's folder once and reads its log.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    pub async fn lost(&self, location: &str, version: u64) -> Result<Option<Lost>, StorageError> {
        let base = self.path(location);
        let objects = self.root.list(Some(&base)).map_ok(|object| object.location);
        let there: HashSet<Path> = objects.try_collect().await.map_err(|error| self.store_error(error))?;
        let log = self.log_store(location)?;
        let snapshot = match EagerSnapshot::try_new(log.as_ref(), Some(version)).await {
            Ok(snapshot) => snapshot,
            Err(error) => {
                tracing::warn!(location, version, %error, "a version of a table cannot be opened any more");
                return Ok(Some(Lost::Log));
            }
        };
        let files = snapshot.log_data();
        let gone = files.iter().filter(|file| !there.contains(&below(&base, &file.object_store_path()))).count();
        Ok((gone > 0).then_some(Lost::Files(gone)))
    }
}
