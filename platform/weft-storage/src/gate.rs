//! The gate: a log store that lets a commit be only if the judge says that the contract holds.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use bytes::Bytes;
use deltalake::kernel::engine::arrow_conversion::TryIntoArrow as _;
use deltalake::kernel::transaction::TransactionError;
use deltalake::kernel::{Action, EagerSnapshot, Metadata, StructType};
use deltalake::logstore::{CommitOrBytes, LogStore, LogStoreConfig, LogStoreRef, get_actions};
use deltalake::{DeltaResult, ObjectStore, Path};
use parking_lot::Mutex;
use tracing::Span;
use tracing::field::Empty;
use uuid::Uuid;
use weft_model::Code;

use crate::create::{Created, create};
use crate::newest::{commit_path, newest_version};
use crate::table::{TableFile, below, commit_field, rows_in, with_commit_field};
use crate::{StorageError, TableVersion, Warehouse};

pub(crate) const OPERATION_ID: &str = "weft.operationId";

/// Field of the commit info that holds what the judge says of its checks.
const CHECKS: &str = "weft.checks";

/// One way in which a commit would break the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: Code,
    /// Fit for the port's owner: names columns and counts, no values.
    pub message: String,
    pub column: Option<String>,
}

/// The judge's answer. Empty findings let the commit be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub findings: Vec<Finding>,
}

/// Why it is not known whether the contract holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the contract could not be checked: {message}")]
pub struct Unjudged {
    pub code: Code,
    /// As that of a [`Finding`].
    pub message: String,
}

impl Unjudged {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Unjudged { code, message: message.into() }
    }
}

/// A table as it would be if the commit were let through.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// All files that the table would have.
    pub table: TableVersion,
    /// Those of them that the commit adds.
    pub added: Vec<TableFile>,
    /// Of added files that replace others, the columns in which every value stayed.
    kept: HashMap<Path, BTreeSet<String>>,
}

impl Candidate {
    /// The files that the commit adds, but for those in which all of `columns` hold what they held in a file that
    /// was there before: what was true of these columns there is true here.
    pub fn brings(&self, columns: &[&str]) -> Vec<TableFile> {
        let has_all = |kept: &BTreeSet<String>| columns.iter().all(|column| kept.contains(*column));
        let is_new = |file: &&TableFile| columns.is_empty() || !self.kept.get(&file.path).is_some_and(has_all);
        self.added.iter().filter(is_new).cloned().collect()
    }
}

/// Judges commits before they exist. Asked once for each attempt, so again after a conflict.
///
/// Implemented where contracts and the check session are known; storage knows neither.
#[async_trait]
pub trait CommitJudge: Send + Sync {
    /// Whether the contract holds on `candidate`. Where that cannot be found out there is no commit either.
    async fn judge(&self, candidate: &Candidate) -> Result<Verdict, Unjudged>;

    /// What the commit that was judged last is to say of its checks, in its commit info. Nothing, unless there
    /// is something to say. Holds no value of a row.
    fn checks(&self) -> Option<serde_json::Value> {
        None
    }
}

/// A log store that asks the judge before each write, and whether this is still the warehouse's controller. What it
/// refused is kept in `refusal`.
pub(crate) struct GatedLogStore {
    inner: LogStoreRef,
    warehouse: Warehouse,
    location: String,
    /// The version that the commit is prepared upon.
    before: Option<EagerSnapshot>,
    judge: Arc<dyn CommitJudge>,
    kept: HashMap<Path, BTreeSet<String>>,
    refusal: Mutex<Option<StorageError>>,
    /// The table as it is if the commit that was judged last has landed.
    judged: Mutex<Option<TableVersion>>,
}

impl GatedLogStore {
    pub(crate) fn new(
        inner: LogStoreRef,
        warehouse: Warehouse,
        location: &str,
        before: Option<EagerSnapshot>,
        judge: Arc<dyn CommitJudge>,
    ) -> Self {
        GatedLogStore {
            inner,
            warehouse,
            location: location.to_owned(),
            before,
            judge,
            kept: HashMap::new(),
            refusal: Mutex::default(),
            judged: Mutex::default(),
        }
    }

    /// The same, knowing of files that the commit adds in which of their columns nothing changed.
    pub(crate) fn knowing(mut self, kept: HashMap<String, BTreeSet<String>>) -> Self {
        let base = self.warehouse.path(&self.location);
        self.kept = kept.into_iter().map(|(file, columns)| (below(&base, &Path::from(file)), columns)).collect();
        self
    }

    /// The table after the commit that landed, once.
    pub(crate) fn take_judged(&self) -> Option<TableVersion> {
        self.judged.lock().take()
    }

    /// Why the last refused commit was refused, once.
    pub(crate) fn take_refusal(&self) -> Option<StorageError> {
        self.refusal.lock().take()
    }

    #[tracing::instrument(name = "gate", skip_all, fields(version, verdict = Empty))]
    async fn judged(&self, version: u64, commit: &Bytes) -> Result<(), TransactionError> {
        let candidate = self.candidate(version, commit).await.map_err(|e| refused(e.to_string()))?;
        let began = Instant::now();
        let judged = self.judge.judge(&candidate).await;
        let verdict = match &judged {
            Ok(verdict) if verdict.findings.is_empty() => "passed",
            Ok(_) => "refused",
            Err(_) => "unjudged",
        };
        Span::current().record("verdict", verdict);
        metrics::counter!("weft_gate_verdicts_total", "verdict" => verdict).increment(1);
        metrics::histogram!("weft_gate_seconds").record(began.elapsed().as_secs_f64());
        let refusal = match judged {
            Ok(Verdict { findings }) if findings.is_empty() => {
                *self.judged.lock() = Some(candidate.table);
                return Ok(());
            }
            Ok(Verdict { findings }) => StorageError::Refused { findings },
            Err(unjudged) => StorageError::Unjudged(unjudged),
        };
        let text = refusal.to_string();
        *self.refusal.lock() = Some(refusal);
        Err(refused(text))
    }

    /// The table as it would be: the version before, without what the commit removes, with what it adds.
    async fn candidate(&self, version: u64, commit: &Bytes) -> DeltaResult<Candidate> {
        let actions = get_actions(version, commit)?;
        let base = self.warehouse.path(&self.location);
        let mut schema: Option<SchemaRef> = None;
        let mut files: Vec<TableFile> = Vec::new();
        if let Some(before) = version.checked_sub(1) {
            let table = self.base(before).await?;
            schema = Some(Arc::clone(&table.schema));
            files.clone_from(&table.files);
        }
        let (mut added, mut gone) = (Vec::new(), HashSet::new());
        for action in actions {
            match action {
                Action::Metadata(metadata) => schema = Some(declared_schema(&metadata)?),
                Action::Add(add) => added.push(TableFile {
                    path: below(&base, &Path::parse(&add.path)?),
                    bytes: u64::try_from(add.size).unwrap_or(0),
                    rows: add.stats.as_deref().and_then(rows_in),
                    statistics: add.stats.clone(),
                }),
                Action::Remove(remove) => {
                    gone.insert(below(&base, &Path::parse(&remove.path)?));
                }
                _ => {}
            }
        }
        files.retain(|file| !gone.contains(&file.path));
        files.extend(added.iter().cloned());
        let schema = schema.ok_or_else(|| deltalake::DeltaTableError::generic("the first commit has no schema"))?;
        let table = TableVersion::new(self.location.clone(), version, schema, files);
        Ok(Candidate { table, added, kept: self.kept.clone() })
    }

    /// The table that the commit is judged upon.
    async fn base(&self, version: u64) -> DeltaResult<Arc<TableVersion>> {
        if let Some(known) = self.warehouse.versions.get(&(self.location.clone(), version)).await {
            return Ok(known);
        }
        let snapshot = match self.before.as_ref().filter(|known| known.version() == version) {
            Some(known) => known.clone(),
            None => EagerSnapshot::try_new(self.inner.as_ref(), Some(version)).await?,
        };
        let table = self.warehouse.describe(&self.location, &snapshot);
        table.map(Arc::new).map_err(|error| deltalake::DeltaTableError::generic(error.to_string()))
    }

    /// Refuses whoever was overtaken by another controller, at the last moment before the write.
    async fn fenced(&self) -> Result<(), TransactionError> {
        match self.warehouse.ensure_newest().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let text = error.to_string();
                *self.refusal.lock() = Some(error);
                Err(refused(text))
            }
        }
    }

    /// Creates the log entry. A put whose answer was lost may have happened: the operation id tells.
    async fn put(&self, version: u64, commit: &Bytes) -> Result<(), TransactionError> {
        let path = commit_path(version);
        let wanted = commit_field(commit, OPERATION_ID);
        let is_ours = |there: &[u8]| wanted.is_some() && commit_field(there, OPERATION_ID) == wanted;
        match create(self.inner.object_store(None).as_ref(), &path, commit, is_ours).await {
            Ok(Created::Ours) => Ok(()),
            Ok(Created::Theirs(_)) => Err(TransactionError::VersionAlreadyExists(version)),
            Err(error) => Err(error.into()),
        }
    }
}

/// The schema that a metadata action declares.
fn declared_schema(metadata: &Metadata) -> DeltaResult<SchemaRef> {
    let json = serde_json::to_value(metadata).map_err(generic)?;
    let text = json.get("schemaString").and_then(serde_json::Value::as_str).unwrap_or_default();
    let schema: StructType = serde_json::from_str(text).map_err(generic)?;
    let arrow: Schema = (&schema).try_into_arrow().map_err(generic)?;
    Ok(Arc::new(arrow))
}

fn generic(error: impl std::fmt::Display) -> deltalake::DeltaTableError {
    deltalake::DeltaTableError::generic(error.to_string())
}

fn refused(text: String) -> TransactionError {
    TransactionError::LogStoreError { msg: text.clone(), source: text.into() }
}

#[async_trait]
impl LogStore for GatedLogStore {
    fn name(&self) -> String {
        // With the default store's name the commit arrives here as bytes.
        self.inner.name()
    }

    async fn read_commit_entry(&self, version: u64) -> DeltaResult<Option<Bytes>> {
        self.inner.read_commit_entry(version).await
    }

    async fn write_commit_entry(
        &self,
        version: u64,
        commit: CommitOrBytes,
        _operation: Uuid,
    ) -> Result<(), TransactionError> {
        let CommitOrBytes::LogBytes(bytes) = commit else {
            return Err(refused("the commit did not arrive as bytes, so it cannot be judged".to_owned()));
        };
        self.judged(version, &bytes).await?;
        let bytes = match self.judge.checks() {
            Some(checks) => with_commit_field(&bytes, CHECKS, &checks),
            None => bytes,
        };
        self.fenced().await?;
        self.put(version, &bytes).await
    }

    async fn abort_commit_entry(
        &self,
        version: u64,
        commit: CommitOrBytes,
        operation: Uuid,
    ) -> Result<(), TransactionError> {
        self.inner.abort_commit_entry(version, commit, operation).await
    }

    async fn get_latest_version(&self, start: u64) -> DeltaResult<u64> {
        newest_version(self.inner.as_ref(), start).await
    }

    fn object_store(&self, operation: Option<Uuid>) -> Arc<dyn ObjectStore> {
        self.inner.object_store(operation)
    }

    fn root_object_store(&self, operation: Option<Uuid>) -> Arc<dyn ObjectStore> {
        self.inner.root_object_store(operation)
    }

    fn config(&self) -> &LogStoreConfig {
        self.inner.config()
    }
}
