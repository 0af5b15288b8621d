//! Writing a table: rows become Parquet files, and the files become one commit through the gate.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use arrow::datatypes::{DataType as ArrowType, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use deltalake::DeltaTableError;
use deltalake::datafile::writer::{DeltaWriter, WriterConfig};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake::kernel::{Action, Add, EagerSnapshot, Protocol, StructType, Transaction, new_metadata};
use deltalake::logstore::LogStoreRef;
use deltalake::protocol::{DeltaOperation, SaveMode};
use futures::TryStreamExt;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::json;
use uuid::Uuid;
use weft_model::{ContractKey, PortRef, Revision};

use crate::fence::FENCE;
use crate::gate::{GatedLogStore, OPERATION_ID};
use crate::table::rows_in;
use crate::{CommitJudge, StorageError, TableVersion, Warehouse};

/// What a commit says of itself in its `commitInfo`, as `weft.*` fields.
#[derive(Clone, Debug)]
pub struct CommitNote {
    pub port: PortRef,
    pub contract: ContractKey,
    pub revision: Revision,
    /// Content address of the plan.
    pub plan: String,
    /// What the table is made from; equal fingerprints mean equal tables.
    pub fingerprint: String,
    /// Number of the release that will publish this commit.
    pub release: u64,
}

/// A commit that landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub version: u64,
    pub rows: u64,
    pub bytes: u64,
}

/// After how many rows the size of a file is looked at, where one was asked for.
const ROWS_PER_CHECK: usize = 16;

/// Name under which commits record the release they belong to, as a Delta application transaction.
const APPLICATION: &str = "weft.release";

impl Warehouse {
    /// Replaces the whole content of the table at `location` by `rows`, creating the table if there
    /// is none; in one commit, which exists only if `judge` lets it.
    ///
    /// `rows` must have exactly the columns of `schema`; whether they may hold NULL is the judge's to
    /// say. Dropping the future leaves no commit, at
    /// worst data files that no commit names.
    ///
    /// # Errors
    ///
    /// [`StorageError::Refused`] with the judge's findings; [`StorageError::Rows`] if a row could
    /// not be produced; [`StorageError::Conflict`] if somebody else wrote the table meanwhile.
    pub async fn replace(
        &self,
        location: &str,
        schema: SchemaRef,
        rows: SendableRecordBatchStream,
        note: &CommitNote,
        judge: Arc<dyn CommitJudge>,
    ) -> Result<Written, StorageError> {
        let log = self.log_store(location)?;
        let failed = |e| StorageError::table(location, e);
        let before = match self.newest_commit(location).await? {
            Some(newest) => Some(EagerSnapshot::try_new(log.as_ref(), Some(newest.version)).await.map_err(failed)?),
            None => None,
        };
        let added = stage(&log, location, rows, self.file_bytes).await?;
        let written = (
            added.iter().filter_map(|add| rows_in(add.stats.as_deref()?)).sum::<u64>(),
            added.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum::<u64>(),
        );

        let mut actions = declaration(before.as_ref(), &schema).map_err(failed)?;
        if let Some(before) = &before {
            actions.extend(before.log_data().iter().map(|file| Action::Remove(file.remove_action(true))));
        }
        actions.extend(added.into_iter().map(Action::Add));

        let operation = DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: None, predicate: None };
        let version = self.commit(location, before.as_ref(), actions, operation, note, judge).await?;
        Ok(Written { version, rows: written.0, bytes: written.1 })
    }

    /// Declares the columns of the table at `location` anew and leaves its rows as they are: in one commit
    /// upon `version`, which exists only if `judge` lets it. Gives the new version.
    ///
    /// The columns of `schema` must be those of the table but for whether they may hold NULL, which is the
    /// judge's to say. Reads no data file itself.
    ///
    /// # Errors
    ///
    /// As [`replace`](Self::replace); [`StorageError::Conflict`] also where `version` is not the newest.
    pub async fn redeclare(
        &self,
        location: &str,
        version: u64,
        schema: &SchemaRef,
        note: &CommitNote,
        judge: Arc<dyn CommitJudge>,
    ) -> Result<u64, StorageError> {
        let failed = |e| StorageError::table(location, e);
        if self.newest_commit(location).await?.is_none_or(|newest| newest.version != version) {
            return Err(StorageError::Conflict { location: location.to_owned() });
        }
        let log = self.log_store(location)?;
        let before = EagerSnapshot::try_new(log.as_ref(), Some(version)).await.map_err(failed)?;
        let actions = declaration(Some(&before), schema).map_err(failed)?;
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        self.commit(location, Some(&before), actions, operation, note, judge).await
    }

    /// One commit upon `before`, through the gate.
    async fn commit(
        &self,
        location: &str,
        before: Option<&EagerSnapshot>,
        actions: Vec<Action>,
        operation: DeltaOperation,
        note: &CommitNote,
        judge: Arc<dyn CommitJudge>,
    ) -> Result<u64, StorageError> {
        let gate = Arc::new(GatedLogStore::new(self.log_store(location)?, self.clone(), location, judge));
        let mut fields = note.fields();
        fields.insert(FENCE.to_owned(), json!(self.take_fence().await?));
        let properties =
            CommitProperties::default().with_metadata(fields).with_max_retries(0).with_application_transaction(
                Transaction::new(APPLICATION, i64::try_from(note.release).unwrap_or(i64::MAX)),
            );
        let table = before.map(|snapshot| snapshot as _);
        let landed = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(table, Arc::clone(&gate) as LogStoreRef, operation)
            .await;
        match landed {
            Ok(commit) => Ok(commit.version()),
            Err(error) => Err(match gate.take_refusal() {
                Some(refusal) => refusal,
                None if is_conflict(&error) => StorageError::Conflict { location: location.to_owned() },
                None => StorageError::table(location, error),
            }),
        }
    }
}

impl CommitNote {
    fn fields(&self) -> HashMap<String, serde_json::Value> {
        HashMap::from([
            ("weft.port".to_owned(), json!(self.port.to_string())),
            ("weft.contractId".to_owned(), json!(self.contract.id)),
            ("weft.contractVersion".to_owned(), json!(self.contract.version.to_string())),
            ("weft.revision".to_owned(), json!(self.revision.as_str())),
            ("weft.plan".to_owned(), json!(self.plan)),
            ("weft.fingerprint".to_owned(), json!(self.fingerprint)),
            (OPERATION_ID.to_owned(), json!(Uuid::new_v4().to_string())),
        ])
    }
}

/// Writes the rows as data files that no commit names yet.
async fn stage(
    log: &LogStoreRef,
    location: &str,
    mut rows: SendableRecordBatchStream,
    file_bytes: Option<NonZeroU64>,
) -> Result<Vec<Add>, StorageError> {
    let level = ZstdLevel::try_new(3).unwrap_or_default();
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let config = WriterConfig::new(
        rows.schema(),
        Vec::new(),
        Some(properties),
        file_bytes,
        file_bytes.map(|_| ROWS_PER_CHECK),
        // Statistics for every column, so that the gate counts NULLs from the log.
        "-1".try_into().unwrap_or_default(),
        None,
    );
    let mut writer = DeltaWriter::new(log.object_store(None), config);
    while let Some(batch) = rows.try_next().await.map_err(|e| StorageError::Rows { source: Box::new(e) })? {
        if batch.num_rows() > 0 {
            writer.write(&batch).await.map_err(|e| StorageError::table(location, e))?;
        }
    }
    writer.close().await.map_err(|e| StorageError::table(location, e))
}

/// The protocol and schema actions of the commit: for a new table, and where the schema changes.
fn declaration(before: Option<&EagerSnapshot>, schema: &SchemaRef) -> Result<Vec<Action>, DeltaTableError> {
    let kernel: StructType = schema.as_ref().try_into_kernel()?;
    match before {
        Some(before) if before.schema().as_ref() == &kernel => Ok(Vec::new()),
        Some(before) => {
            let mut json = serde_json::to_value(before.metadata())?;
            if let Some(field) = json.get_mut("schemaString") {
                *field = json!(serde_json::to_string(&kernel)?);
            }
            Ok(vec![Action::Protocol(protocol(schema)?), Action::Metadata(serde_json::from_value(json)?)])
        }
        None => {
            let no_columns: [&str; 0] = [];
            let no_settings: [(&str, &str); 0] = [];
            let metadata = new_metadata(&kernel, no_columns, no_settings)?;
            Ok(vec![Action::Protocol(protocol(schema)?), Action::Metadata(metadata)])
        }
    }
}

/// The lowest protocol that can hold the schema, so that as many readers as possible can read it.
fn protocol(schema: &SchemaRef) -> Result<Protocol, DeltaTableError> {
    let wall_clock = schema.flattened_fields().iter().any(|f| matches!(f.data_type(), ArrowType::Timestamp(_, None)));
    let json = if wall_clock {
        json!({
            "minReaderVersion": 3, "minWriterVersion": 7,
            "readerFeatures": ["timestampNtz"], "writerFeatures": ["timestampNtz", "appendOnly", "invariants"],
        })
    } else {
        json!({ "minReaderVersion": 1, "minWriterVersion": 2 })
    };
    Ok(serde_json::from_value(json)?)
}

fn is_conflict(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => matches!(
            source,
            TransactionError::VersionAlreadyExists(_)
                | TransactionError::CommitConflict(_)
                | TransactionError::MaxCommitAttempts(_)
        ),
        _ => false,
    }
}

impl TableVersion {
    /// Whether the version has exactly these columns.
    pub fn has_schema(&self, schema: &SchemaRef) -> bool {
        self.schema.as_ref() == schema.as_ref()
    }
}

#[cfg(test)]
mod tests;
