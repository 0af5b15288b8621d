//! The newest state of tables, kept in memory from commit to commit, so that the log is not read again each time.

use std::sync::Arc;

use bytes::Bytes;
use deltalake::kernel::EagerSnapshot;
use deltalake::logstore::{LogStore, LogStoreRef};
use deltalake::protocol::checkpoints::create_checkpoint;
use deltalake::table::state::DeltaTableState;
use deltalake::{DeltaResult, DeltaTable};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use serde_json::Value;

use crate::gate::OPERATION_ID;
use crate::table::commit_field;
use crate::{Committed, StorageError, Warehouse};

/// After how many commits the log is summed up, so that readers need not go through all of it.
const COMMITS_PER_CHECKPOINT: u64 = 25;

/// So many commits of others are looked for one by one; where there are more, the log is listed.
const COMMITS_LOOKED_FOR: u64 = 20;

/// The newest version of the table, of which version `known` is there. To ask for the next commit takes the same time
/// however long the log is.
pub(crate) async fn newest_version(log: &dyn LogStore, known: u64) -> DeltaResult<u64> {
    let store = log.object_store(None);
    for version in known..known.saturating_add(COMMITS_LOOKED_FOR) {
        match store.head(&commit_path(version + 1)).await {
            Ok(_) => {}
            Err(object_store::Error::NotFound { .. }) => return Ok(version),
            Err(error) => return Err(error.into()),
        }
    }
    log.get_latest_version(known).await
}

/// Where in a table's folder the commit of `version` lies.
pub(crate) fn commit_path(version: u64) -> Path {
    Path::from(format!("_delta_log/{version:020}.json"))
}

/// A table as this process met it last.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Which commit it was, as that says of itself: a table may have been made anew under the same name.
    operation: Option<Value>,
    pub(crate) snapshot: Arc<EagerSnapshot>,
}

/// The newest version of a table.
pub(crate) struct Newest {
    pub(crate) committed: Committed,
    pub(crate) snapshot: Arc<EagerSnapshot>,
}

impl Warehouse {
    /// The newest version of the table at `location`; `None` where there is no table yet. What is known already is
    /// not read again.
    pub(crate) async fn newest(&self, location: &str) -> Result<Option<Newest>, StorageError> {
        let log = self.log_store(location)?;
        let failed = |error| StorageError::table(location, error);
        let known = self.known(location, &log).await;
        let version = match &known {
            Some((known, _)) => newest_version(log.as_ref(), known.snapshot.version()).await.map_err(failed)?,
            None if !log.is_delta_table_location().await.map_err(failed)? => return Ok(None),
            None => log.get_latest_version(0).await.map_err(failed)?,
        };
        let entry = match &known {
            Some((known, entry)) if known.snapshot.version() == version => entry.clone(),
            _ => log.read_commit_entry(version).await.map_err(failed)?.unwrap_or_default(),
        };
        let snapshot = match known {
            Some((known, _)) if known.snapshot.version() == version => known.snapshot,
            Some((known, _)) => {
                let mut state = DeltaTableState::new(known.snapshot.as_ref().clone());
                state.update(log.as_ref(), Some(version)).await.map_err(failed)?;
                Arc::new(state.snapshot().clone())
            }
            None => Arc::new(EagerSnapshot::try_new(log.as_ref(), Some(version)).await.map_err(failed)?),
        };
        let known = Known { operation: commit_field(&entry, OPERATION_ID), snapshot: Arc::clone(&snapshot) };
        self.newest.insert(location.to_owned(), known).await;
        Ok(Some(Newest { committed: Committed::of(version, &entry), snapshot }))
    }

    /// What is known of the table, if its log still holds just that commit; and the commit.
    async fn known(&self, location: &str, log: &LogStoreRef) -> Option<(Known, Bytes)> {
        let known = self.newest.get(location).await?;
        let entry = log.read_commit_entry(known.snapshot.version()).await.ok()??;
        let is_there = known.operation.is_some() && commit_field(&entry, OPERATION_ID) == known.operation;
        is_there.then_some((known, entry))
    }

    /// Keeps the state after a commit of this process, and sums the log up where it is time to. That goes wrong
    /// without harm: the next commit in turn does it.
    pub(crate) async fn landed(&self, location: &str, log: LogStoreRef, operation: Value, snapshot: EagerSnapshot) {
        let version = snapshot.version();
        let snapshot = match (version + 1).is_multiple_of(COMMITS_PER_CHECKPOINT) {
            true => summed_up(log, snapshot.clone()).await.unwrap_or_else(|error| {
                tracing::warn!(location, version, %error, "the log could not be summed up");
                snapshot
            }),
            false => snapshot,
        };
        let known = Known { operation: Some(operation), snapshot: Arc::new(snapshot) };
        self.newest.insert(location.to_owned(), known).await;
    }
}

/// Writes a checkpoint of `snapshot`, and reads the state back from it: what is carried on from commit to commit is
/// gone through in as many pieces as there were commits.
async fn summed_up(log: LogStoreRef, snapshot: EagerSnapshot) -> DeltaResult<EagerSnapshot> {
    let version = snapshot.version();
    let mut table = DeltaTable::new(Arc::clone(&log));
    table.state = Some(DeltaTableState::new(snapshot));
    create_checkpoint(&table, None).await?;
    EagerSnapshot::try_new(log.as_ref(), Some(version)).await
}
