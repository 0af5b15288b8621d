//! Writing a table: rows become Parquet files, and the files become one commit through the gate.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::datatypes::{DataType as ArrowType, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use deltalake::DeltaTableError;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake::kernel::{Action, Add, EagerSnapshot, LogicalFileView, Protocol, StructType, Transaction, new_metadata};
use deltalake::logstore::LogStoreRef;
use deltalake::protocol::{DeltaOperation, SaveMode};
use object_store::path::Path;
use serde_json::json;
use uuid::Uuid;
use weft_model::{ContractKey, InputRelease, PortRef, Revision, TraceContext};

use crate::fence::FENCE;
use crate::gate::{GatedLogStore, OPERATION_ID};
use crate::patch::FilePatch;
use crate::stage::{Layout, Stage};
use crate::table::{TableFile, below, rows_in};
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
    /// The version that the commit changes in part, where it does.
    pub upon: Option<u64>,
    /// What its rows were made from.
    pub inputs: BTreeMap<PortRef, InputRelease>,
}

/// A commit that landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub version: u64,
    pub rows: u64,
    pub bytes: u64,
}

/// Under which commits say which version they change in part.
pub(crate) const UPON: &str = "weft.upon";

/// Name under which commits record the release they belong to, as a Delta application transaction.
const APPLICATION: &str = "weft.release";

/// What becomes of a table in one commit.
pub struct TableChange {
    /// The version of which files stay; without one nothing of what is there does.
    pub upon: Option<u64>,
    /// Files of that version that go.
    pub without: Vec<TableFile>,
    /// Files of that version in which some rows become others. They keep their order.
    pub patched: Vec<FilePatch>,
    /// Rows that come. Each stream begins a new file, so that a file holds what belongs together.
    pub rows: Vec<SendableRecordBatchStream>,
    pub layout: Layout,
    /// What the table holds from then on: a name and up to which point, recorded as Delta application transactions.
    pub marks: Vec<(String, i64)>,
}

impl TableChange {
    /// Nothing of what is there stays; the rows come in parts of one whole.
    pub fn replace(rows: Vec<SendableRecordBatchStream>) -> Self {
        TableChange { rows, layout: Layout::AsTheyCome, ..TableChange::nothing(None) }
    }

    /// The rows of `version` alone, whatever was done to the table since.
    pub fn restore(version: u64) -> Self {
        TableChange::nothing(Some(version))
    }

    fn nothing(upon: Option<u64>) -> Self {
        TableChange {
            upon,
            without: Vec::new(),
            patched: Vec::new(),
            rows: Vec::new(),
            layout: Layout::InOrder,
            marks: Vec::new(),
        }
    }
}

impl std::fmt::Debug for TableChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableChange").field("upon", &self.upon).field("without", &self.without).finish_non_exhaustive()
    }
}

impl Warehouse {
    /// Carries out `change` on the table at `location`, creating the table if there is none; in one commit, which
    /// exists only if `judge` lets it.
    ///
    /// Rows must have exactly the columns of `schema`; whether they may hold NULL is the judge's to say. What others,
    /// or commits that were never released, have done to the table since the version that the change is upon does
    /// not stay: the same commit restores that version, and its marks. Dropping the future leaves no commit, at worst data files
    /// that no commit names.
    ///
    /// # Errors
    ///
    /// [`StorageError::Refused`] with the judge's findings; [`StorageError::Rows`] if a row could
    /// not be produced; [`StorageError::Conflict`] if somebody else wrote the table meanwhile.
    pub async fn change(
        &self,
        location: &str,
        schema: SchemaRef,
        change: TableChange,
        note: &CommitNote,
        judge: Arc<dyn CommitJudge>,
    ) -> Result<Written, StorageError> {
        let log = self.log_store(location)?;
        let failed = |e| StorageError::table(location, e);
        let before = self.newest(location).await?.map(|newest| newest.snapshot);
        let before = before.as_deref();
        let restored = match (change.upon, before) {
            (Some(version), Some(before)) if before.version() != version => {
                Some(self.snapshot(location, version).await?)
            }
            _ => None,
        };
        let stage = Stage::new(Arc::clone(&log), location, change.layout.clone(), self.file_bytes);
        let mut goes: HashSet<Path> = change.without.into_iter().map(|file| file.path).collect();
        goes.extend(change.patched.iter().map(|patch| patch.file.path.clone()));
        let patched = stage.patch(&self.root, change.patched).await?;
        let unchanged = patched.iter().map(|patched| (patched.add.path.clone(), patched.kept.clone())).collect();
        let mut added: Vec<Add> = patched.into_iter().map(|patched| patched.add).collect();
        added.extend(stage.write(change.rows).await?);
        let written = (
            added.iter().filter_map(|add| rows_in(add.stats.as_deref()?)).sum::<u64>(),
            added.iter().map(|add| u64::try_from(add.size).unwrap_or(0)).sum::<u64>(),
        );

        let mut actions = declaration(before, &schema).map_err(failed)?;
        let is_addition = change.upon.is_some() && restored.is_none() && goes.is_empty();
        if !is_addition {
            let base = self.path(location);
            let stays = |file: &LogicalFileView| !goes.contains(&below(&base, &file.object_store_path()));
            let upon = change.upon.and(restored.as_deref().or(before));
            let kept: Vec<LogicalFileView> = files_of(upon).filter(stays).collect();
            actions.extend(moves(before, &kept));
        }
        actions.extend(added.into_iter().map(Action::Add));
        let mut marks = match (&before, &restored) {
            (Some(before), Some(restored)) => self.set_back(location, before, restored).await?,
            _ => BTreeMap::new(),
        };
        marks.extend(change.marks);
        actions.extend(marks.into_iter().map(|(name, version)| Action::Txn(Transaction::new(name, version))));

        let mode = if change.upon.is_some() { SaveMode::Append } else { SaveMode::Overwrite };
        let operation = DeltaOperation::Write { mode, partition_by: None, predicate: None };
        let version = self.commit(location, before, Upcoming { actions, operation, unchanged }, note, judge).await?;
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
    /// As [`change`](Self::change); [`StorageError::Conflict`] also where `version` is not the newest.
    pub async fn redeclare(
        &self,
        location: &str,
        version: u64,
        schema: &SchemaRef,
        note: &CommitNote,
        judge: Arc<dyn CommitJudge>,
    ) -> Result<u64, StorageError> {
        let failed = |e| StorageError::table(location, e);
        let newest = self.newest(location).await?.filter(|newest| newest.committed.version == version);
        let newest = newest.ok_or_else(|| StorageError::Conflict { location: location.to_owned() })?;
        let before = newest.snapshot;
        let actions = declaration(Some(&before), schema).map_err(failed)?;
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let upcoming = Upcoming { actions, operation, unchanged: HashMap::new() };
        self.commit(location, Some(&before), upcoming, note, judge).await
    }

    /// One commit upon `before`, through the gate.
    #[tracing::instrument(name = "commit", skip_all, fields(port = %note.port))]
    async fn commit(
        &self,
        location: &str,
        before: Option<&EagerSnapshot>,
        upcoming: Upcoming,
        note: &CommitNote,
        judge: Arc<dyn CommitJudge>,
    ) -> Result<u64, StorageError> {
        let log = self.log_store(location)?;
        let Upcoming { actions, operation, unchanged } = upcoming;
        let gate = GatedLogStore::new(Arc::clone(&log), self.clone(), location, before.cloned(), judge);
        let gate = Arc::new(gate.knowing(unchanged));
        let operation_id = json!(Uuid::new_v4().to_string());
        let mut fields = note.fields();
        fields.insert(OPERATION_ID.to_owned(), operation_id.clone());
        fields.insert(FENCE.to_owned(), json!(self.take_fence().await?));
        if let Some(trace) = TraceContext::current() {
            fields.insert(TraceContext::HEADER.to_owned(), json!(trace.to_string()));
        }
        let release = Transaction::new(APPLICATION, i64::try_from(note.release).unwrap_or(i64::MAX));
        let properties = CommitProperties::default()
            .with_metadata(fields)
            .with_max_retries(0)
            .with_create_checkpoint(false)
            .with_cleanup_expired_logs(Some(false))
            .with_application_transaction(release);
        let table = before.map(|snapshot| snapshot as _);
        let landed = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(table, Arc::clone(&gate) as LogStoreRef, operation)
            .await;
        match landed {
            Ok(commit) => {
                if let Some(table) = gate.take_judged().filter(|table| table.version == commit.version()) {
                    self.versions
                        .insert((location.to_owned(), table.version), Arc::new(table.keeping(&self.kept)))
                        .await;
                }
                self.landed(location, log, operation_id, commit.snapshot().snapshot().clone()).await;
                Ok(commit.version())
            }
            Err(error) => Err(match gate.take_refusal() {
                Some(refusal) => refusal,
                None if is_conflict(&error) => StorageError::Conflict { location: location.to_owned() },
                None => StorageError::table(location, error),
            }),
        }
    }
}

/// What a commit is to do.
struct Upcoming {
    actions: Vec<Action>,
    operation: DeltaOperation,
    /// Of files that it adds in place of others, the columns in which nothing changed.
    unchanged: HashMap<String, BTreeSet<String>>,
}

fn files_of(snapshot: Option<&EagerSnapshot>) -> impl Iterator<Item = LogicalFileView> {
    snapshot.into_iter().flat_map(|snapshot| snapshot.log_data().into_iter())
}

/// What leaves just `kept` of the files that there are, some of which may have to come back.
fn moves(before: Option<&EagerSnapshot>, kept: &[LogicalFileView]) -> Vec<Action> {
    let there: HashSet<Path> = files_of(before).map(|file| file.object_store_path()).collect();
    let stays: HashSet<Path> = kept.iter().map(LogicalFileView::object_store_path).collect();
    let gone = files_of(before).filter(|file| !stays.contains(&file.object_store_path()));
    let back = kept.iter().filter(|file| !there.contains(&file.object_store_path()));
    gone.map(|file| Action::Remove(file.remove_action(true)))
        .chain(back.map(|file| Action::Add(add_of(file))))
        .collect()
}

/// The file as it was added once. Tables of the platform have no partitions and no deletion vectors.
fn add_of(file: &LogicalFileView) -> Add {
    Add {
        path: file.path().to_string(),
        size: file.size(),
        modification_time: file.modification_time(),
        data_change: true,
        stats: file.stats(),
        ..Add::default()
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
            (UPON.to_owned(), json!(self.upon)),
            ("weft.inputs".to_owned(), json!(self.inputs)),
        ])
    }
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
