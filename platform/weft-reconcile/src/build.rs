//! One port's table, built and committed through the gate.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::{Schema, SchemaRef};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use parking_lot::Mutex;
use weft_catalog::CheckRecord;
use weft_engine::{
    Answer, DELETED, Gained, Intake, Limits, QueryError, Redacted, Session, SessionOptions, UnreadableFile,
};
use weft_model::{
    Code, ColumnLineage, DataProduct, Diagnostic, Domain, InputRelease, OutputPort, PortName, PortRef, PortRelease,
    Revision, Transform,
};
use weft_storage::{
    CommitNote, Committed, Finding, Layout, Listing, StorageError, TableChange, Warehouse, arrow_schema, damaged_file,
    is_unanswered,
};

use crate::Change;
use crate::asked::{self, Asked};
use crate::conform::conform;
use crate::controller::Controller;
use crate::increment::Becomes;
use crate::judge::ContractJudge;
use crate::report::may_pass;
use crate::sources::{holds_values, unreadable_source};

/// How long to wait before a run is tried again for the first time; twice as long each time after.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// What a port is to be built for.
pub(crate) struct Order<'a> {
    pub(crate) revision: &'a Revision,
    pub(crate) plan: &'a str,
    pub(crate) release: u64,
    /// When what it is made from was looked at.
    pub(crate) at: DateTime<Utc>,
    pub(crate) domain: &'a Domain,
    /// The variables that each environment may give a value.
    pub(crate) environments: &'a BTreeMap<String, BTreeSet<String>>,
    pub(crate) product: &'a DataProduct,
    pub(crate) output: &'a OutputPort,
    pub(crate) fingerprint: &'a str,
    /// The table as it is served, where it goes on from there; and how.
    pub(crate) goes_on: Option<(Change, &'a PortRelease)>,
    /// Whether its rows were held to just this contract when they came.
    pub(crate) is_promised: bool,
    /// What the port's query reads, as it is released now.
    pub(crate) inputs: BTreeMap<PortRef, InputRelease>,
    pub(crate) input_schemas: BTreeMap<PortRef, SchemaRef>,
    /// What lies at the port's source, where that was looked at.
    pub(crate) listing: Option<&'a Listing>,
    /// What was met on the way and stops nothing.
    pub(crate) warnings: Mutex<Vec<Diagnostic>>,
    /// How many products share the memory of transforms.
    pub(crate) lanes: usize,
}

impl Order<'_> {
    /// What a commit says of itself that changes the version `upon` in part, or stands by itself.
    fn note(&self, upon: Option<u64>) -> CommitNote {
        CommitNote {
            port: self.product.port_ref(self.output),
            contract: self.output.contract.key.clone(),
            revision: self.revision.clone(),
            plan: self.plan.to_owned(),
            fingerprint: self.fingerprint.to_owned(),
            release: self.release,
            upon,
            inputs: self.inputs.clone(),
        }
    }

    /// The table that the port's new rows are brought into, where it is one that changes in part.
    fn increments(&self) -> Option<&PortRelease> {
        self.goes_on.and_then(|(change, served)| (change == Change::Increment).then_some(served))
    }

    /// What one of its queries may take: what the port asks for, else its share of the memory where products are built
    /// side by side.
    fn limits(&self) -> Limits {
        let (whole, asked) = (Limits::for_transforms(), &self.output.resources);
        let memory = asked.memory_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        Limits {
            memory_bytes_max: memory.unwrap_or(whole.memory_bytes_max / self.lanes.max(1)).min(whole.memory_bytes_max),
            running_max: asked.time_ms.map_or(whole.running_max, Duration::from_millis).min(whole.running_max),
            ..whole
        }
    }

    /// Has the run tell of something that stops nothing.
    pub(crate) fn warn(&self, warning: Option<Diagnostic>) {
        self.warnings.lock().extend(warning);
    }

    /// Rows in the very shape of what the port's query is to yield; with [`DELETED`] where they have it.
    pub(crate) fn conform(&self, rows: SendableRecordBatchStream) -> Result<SendableRecordBatchStream, Unbuilt> {
        let schema = asked::schema_of(self.output);
        let marked = rows.schema().field_with_name(DELETED).ok().cloned().map(Arc::new);
        let fields = schema.fields().iter().cloned().chain(marked);
        let shape = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        conform(rows, &shape).map_err(|findings| Unbuilt::refused(&findings))
    }
}

/// Why a port was not built.
#[derive(Debug)]
pub(crate) struct Unbuilt {
    pub(crate) code: Code,
    /// Holds no value of a row.
    pub(crate) message: String,
    /// The rows are at fault, not the platform.
    pub(crate) refused: bool,
}

impl Unbuilt {
    fn refused(findings: &[Finding]) -> Self {
        let texts: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        let code = findings.first().map_or(Code::DATA_SCHEMA, |finding| finding.code);
        Unbuilt { code, message: texts.join("; "), refused: true }
    }

    pub(crate) fn failed(code: Code, message: impl ToString) -> Self {
        Unbuilt { code, message: message.to_string(), refused: false }
    }
}

impl From<StorageError> for Unbuilt {
    /// A refusal of the gate, else what storage says.
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Refused { findings } => Unbuilt::refused(&findings),
            other => Unbuilt::failed(other.code(), other),
        }
    }
}

impl Controller {
    /// Builds the port unless its table's newest commit is this very build already, as after a crash. `made` are the
    /// product's ports that are there already.
    ///
    /// Gives the port as the release will serve it, and the checks that the gate made.
    #[tracing::instrument(skip_all, fields(port = %order.product.port_ref(order.output)))]
    pub(crate) async fn build(
        &self,
        order: &Order<'_>,
        made: &BTreeMap<PortName, PortRelease>,
    ) -> (Result<PortRelease, Unbuilt>, Vec<CheckRecord>) {
        if let Transform::View { .. } = &order.output.transform {
            let view = PortRelease::of_view(order.fingerprint.to_owned());
            return (Ok(view), Vec::new());
        }
        let port = order.product.port_ref(order.output);
        let judge = ContractJudge::new(
            Arc::clone(&self.parts.engine),
            Arc::clone(&self.parts.clock),
            port.clone(),
            order.output.contract.clone(),
            self.beside(order, made).await,
        );
        let judge = Arc::new(judge.of_promised(order.is_promised && order.increments().is_some()));
        let built = self.build_patiently(order, Warehouse::location_of(&port), &judge).await;
        (built, judge.take_checks())
    }

    /// Builds the table, again where a store failed and the port asks for that.
    async fn build_patiently(
        &self,
        order: &Order<'_>,
        location: String,
        judge: &Arc<ContractJudge>,
    ) -> Result<PortRelease, Unbuilt> {
        let (mut left, mut wait) = (order.output.resources.retries, FIRST_WAIT);
        loop {
            let built = self.build_table(order, location.clone(), judge).await;
            match built {
                Err(unbuilt) if unbuilt.code == Code::STORE_UNAVAILABLE && left > 0 => {
                    tracing::warn!(port = %order.product.port_ref(order.output), left, why = unbuilt.message, "tried again");
                    tokio::time::sleep(wait).await;
                    (left, wait) = (left - 1, wait * 2);
                }
                built => return built,
            }
        }
    }

    async fn build_table(
        &self,
        order: &Order<'_>,
        location: String,
        judge: &Arc<ContractJudge>,
    ) -> Result<PortRelease, Unbuilt> {
        let warehouse = &self.parts.warehouse;
        let upon = order.increments().and_then(|served| served.table_version);
        let newest = warehouse.newest_commit(&location).await?;
        let is_this = |commit: &Committed| {
            commit.fingerprint.as_deref() == Some(order.fingerprint) && (commit.upon.is_none() || commit.upon == upon)
        };
        let version = match newest.filter(is_this) {
            Some(commit) => commit.version,
            None => match self.evolve(order, &location, judge).await? {
                Some(version) => version,
                None => self.write(order, &location, judge).await?,
            },
        };
        let table = warehouse.table(&location, version).await?;
        Ok(PortRelease {
            location: Some(location),
            table_version: Some(version),
            fingerprint: order.fingerprint.to_owned(),
            rows: table.rows(),
            bytes: Some(table.bytes()),
            inputs: order.inputs.clone(),
            refreshed_at: Some(order.at),
            lineage: ColumnLineage::default(),
        })
    }

    /// Holds the rows of the served table against the new contract, and declares the table anew; where the version
    /// that is served is not the newest, as after a roll-back, the same commit restores it. `None` where that table
    /// is not at hand, so that the rows must be made again: it lies elsewhere.
    async fn evolve(
        &self,
        order: &Order<'_>,
        location: &str,
        judge: &Arc<ContractJudge>,
    ) -> Result<Option<u64>, Unbuilt> {
        let served = order.goes_on.filter(|(change, _)| *change == Change::Evolve).map(|(_, served)| served);
        let served = served.filter(|served| served.location.as_deref() == Some(location));
        let Some(version) = served.and_then(|served| served.table_version) else { return Ok(None) };
        let schema = arrow_schema(&order.output.contract.columns);
        let (warehouse, note) = (&self.parts.warehouse, order.note(None));
        let redeclared = warehouse.redeclare(location, version, &schema, &note, Arc::clone(judge) as _).await;
        Ok(Some(match redeclared {
            Err(StorageError::Conflict { .. }) => {
                let change = TableChange::restore(version);
                warehouse.change(location, schema, change, &note, Arc::clone(judge) as _).await?.version
            }
            done => done?,
        }))
    }

    async fn write(&self, order: &Order<'_>, location: &str, judge: &Arc<ContractJudge>) -> Result<u64, Unbuilt> {
        let change = match order.increments().filter(|served| served.location.as_deref() == Some(location)) {
            Some(served) => self.change(order, served).await?,
            None => Becomes::Whole,
        };
        let change = match change {
            Becomes::Nothing => return Ok(order.increments().and_then(|s| s.table_version).unwrap_or_default()),
            Becomes::InPart(change) => change,
            Becomes::Whole => self.whole(order).await?,
        };
        self.commit_change(order, location, change, judge).await
    }

    /// Carries out `change` in one commit through the gate. Gives its version.
    pub(crate) async fn commit_change(
        &self,
        order: &Order<'_>,
        location: &str,
        change: TableChange,
        judge: &Arc<ContractJudge>,
    ) -> Result<u64, Unbuilt> {
        let note = order.note(change.upon);
        let schema = arrow_schema(&order.output.contract.columns);
        match self.parts.warehouse.change(location, schema, change, &note, Arc::clone(judge) as _).await {
            Ok(written) => Ok(written.version),
            Err(StorageError::Rows { source }) => Err(self.unreadable_rows(order, &source).await),
            Err(error) => Err(error.into()),
        }
    }

    /// All rows of the table, made anew.
    async fn whole(&self, order: &Order<'_>) -> Result<TableChange, Unbuilt> {
        let kept = match &order.output.transform {
            Transform::Scd2 { .. } => self.history(order, None).await?,
            Transform::Files { .. } => self.taken(order, None).await?,
            _ => Becomes::Whole,
        };
        if let Becomes::InPart(change) = kept {
            return Ok(change);
        }
        let rows = self.rows(order).await?.into_iter().map(|part| order.conform(part));
        let change = TableChange::replace(rows.collect::<Result<_, _>>()?);
        Ok(match &order.output.transform {
            Transform::ByTime { column, interval, .. } => {
                TableChange { layout: Layout::Cut { column: column.clone(), interval: *interval }, ..change }
            }
            Transform::ByKey { .. } => TableChange { layout: Layout::InOrder, ..change },
            // What comes in order is read in order.
            _ => change,
        })
    }

    /// The rows as the port's transform yields them.
    async fn rows(&self, order: &Order<'_>) -> Result<Vec<SendableRecordBatchStream>, Unbuilt> {
        if let Some((_, sql)) = order.output.transform.sql() {
            let asked = asked::whole(order.output, sql);
            let parts = self.session(order, BTreeMap::new())?.query_in_parts(&asked.sql, asked.parameters).await;
            let parts = parts.map_err(|error| unanswered(order, &error))?;
            return Ok(parts.into_iter().map(Answer::into_record_batches).collect());
        }
        let intake = self.intake(order).await?;
        match self.parts.engine.load_in_parts(&intake, &order.output.contract.columns).await {
            Ok(rows) => Ok(rows),
            Err(error) if holds_values(&order.output.transform) && !matches!(error, StorageError::Refused { .. }) => {
                Err(unreadable_source(&order.output.transform, error.code()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What a query answers to the domain's service, which must see the whole of what it reads; of inputs in
    /// `gained` that part alone.
    pub(crate) async fn answer(
        &self,
        order: &Order<'_>,
        asked: Asked,
        gained: BTreeMap<PortRef, Gained>,
    ) -> Result<SendableRecordBatchStream, Unbuilt> {
        let answer = self.session(order, gained)?.query(&asked.sql, asked.parameters).await;
        Ok(answer.map_err(|error| unanswered(order, &error))?.into_record_batches())
    }

    /// A session in which the domain's service asks what the port's query needs.
    fn session(&self, order: &Order<'_>, gained: BTreeMap<PortRef, Gained>) -> Result<Session, Unbuilt> {
        let name = order.domain.service.as_deref().unwrap_or_default();
        let service = self.parts.policies.principals().service(name).ok_or_else(|| {
            let text = format!("the domain's service principal `{name}` is not in governance/principals.yaml");
            Unbuilt::failed(Code::PRINCIPAL_UNKNOWN, text)
        })?;
        // Rows under a filter, or masked values, must not become another product's data.
        let options = SessionOptions {
            limits: Some(order.limits()),
            unrestricted: true,
            gained,
            door: Some("transform"),
            ..SessionOptions::default()
        };
        Ok(self.parts.engine.session(service, options))
    }

    /// What to tell of rows that a query, or the table's own files, did not yield.
    pub(crate) fn unmade(&self, order: &Order<'_>, error: &DataFusionError) -> Unbuilt {
        if let Some(file) = of_file(error) {
            return file;
        }
        tracing::warn!(port = %order.product.port_ref(order.output), error = %Redacted(error), "rows could not be produced");
        if let Some(problem) = damaged_file(error) {
            return Unbuilt::failed(code_of_rows(error), format!("the table's own {problem}"));
        }
        match error.find_root() {
            DataFusionError::External(inner) => match inner.downcast_ref::<QueryError>() {
                Some(own) => Unbuilt::failed(own.code(), own),
                None => Unbuilt::failed(code_of_rows(error), "the rows could not be made"),
            },
            DataFusionError::ResourcesExhausted(problem) => Unbuilt::failed(Code::QUERY_MEMORY, problem),
            _ => Unbuilt::failed(code_of_rows(error), "the rows could not be made"),
        }
    }

    async fn intake(&self, order: &Order<'_>) -> Result<Intake, Unbuilt> {
        match &order.output.transform {
            Transform::Seed { path, format, .. } => {
                let bytes =
                    self.file(order.revision, path).await.map_err(|error| Unbuilt::failed(error.code(), error))?;
                Ok(Intake::Bytes { name: path.clone(), kind: *format, bytes: Bytes::from(bytes) })
            }
            transform => self.intake_of(transform, order.environments),
        }
    }

    /// What to tell of rows that could not be produced: for files, which columns are at fault.
    async fn unreadable_rows(&self, order: &Order<'_>, error: &DataFusionError) -> Unbuilt {
        if let Some(file) = of_file(error) {
            return file;
        }
        if holds_values(&order.output.transform) {
            return unreadable_source(&order.output.transform, code_of_rows(error));
        }
        tracing::warn!(port = %order.product.port_ref(order.output), error = %Redacted(error), "rows could not be produced");
        if let (Some(problem), Some((url, ..))) = (damaged_file(error), order.output.transform.source()) {
            return Unbuilt::failed(code_of_rows(error), format!("the source `{url}`: {problem}"));
        }
        let own = match error.find_root() {
            DataFusionError::External(inner) => {
                inner.downcast_ref::<weft_engine::QueryError>().map(|e| Unbuilt::failed(e.code(), e))
            }
            _ => None,
        };
        if let Some(own) = own {
            return own;
        }
        if is_unanswered(error) {
            return Unbuilt::failed(Code::STORE_UNAVAILABLE, "the store of what it is made from did not answer");
        }
        if let Ok(intake) = self.intake(order).await {
            let misfits = self.parts.engine.misfits(&intake, &order.output.contract.columns).await;
            if let Ok(findings) = misfits
                && !findings.is_empty()
            {
                return Unbuilt::refused(&findings);
            }
        }
        Unbuilt::failed(Code::DATA_UNREADABLE, "the data cannot be read as their format says")
    }
}

/// What kept rows from being read: a store that did not answer, else what it gave.
fn code_of_rows(error: &DataFusionError) -> Code {
    if is_unanswered(error) { Code::STORE_UNAVAILABLE } else { Code::DATA_UNREADABLE }
}

/// What to tell where one file of several is at fault; `None` where it is something else.
fn of_file(error: &DataFusionError) -> Option<Unbuilt> {
    let DataFusionError::External(inner) = error.find_root() else { return None };
    let file = inner.downcast_ref::<UnreadableFile>()?;
    let message = format!("{file}; the other new files wait with it");
    Some(Unbuilt { code: file.code, message, refused: !may_pass(&file.code) })
}

/// What to tell of a query that was refused or failed.
fn unanswered(order: &Order<'_>, error: &QueryError) -> Unbuilt {
    let name = order.domain.service.as_deref().unwrap_or_default();
    let exemptions = exemptions(error, name, order.product);
    Unbuilt::failed(error.code(), format!("the transform, run as `{name}`, failed: {error}{exemptions}"))
}

/// What would let the service see all of the inputs that the error names; empty for another error.
fn exemptions(error: &QueryError, service: &str, product: &DataProduct) -> String {
    if error.code() != Code::SERVICE_RESTRICTED {
        return String::new();
    }
    let text = error.to_string();
    let named = product.inputs.iter().map(|input| &input.port).filter(|port| text.contains(&port.to_string()));
    let mut help = String::new();
    for port in named {
        let domain = &port.domain;
        let _ = write!(
            help,
            "; in `products/{domain}/access.csv`, `p, service:{service}, dom:{domain}, obj:{port}, unmask, *, -, allow` \
             opens masked columns and the same with `see_all_rows` opens hidden rows"
        );
    }
    help
}
