//! What all sessions share.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProviderList, MemoryCatalogProviderList, Session as CatalogSession};
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SendableRecordBatchStream, SessionState, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion::prelude::SessionConfig;
use parking_lot::Mutex;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use uuid::Uuid;
use weft_catalog::{Catalog, Served};
use weft_governance::Policies;
use weft_model::{Clock, PortRef, Principal};
use weft_pit::PitPlanner;
use weft_storage::Warehouse;

use crate::admission::{Admission, Admitted};
use crate::audit::AppliedTerms;
use crate::entitlement::KnownEntitlements;
use crate::following::follow_tasks;
use crate::planning::PlannerThreads;
use crate::plans::KnownPlans;
use crate::query_memory::{AllQueries, QueryMemory};
use crate::question::{self, Pace, Question};
use crate::read::ReadPorts;
use crate::session::Planned;
use crate::uploads::Uploads;
use crate::{Limits, MaskKey, QueryError, Session, SessionOptions, functions, memory_guard, port_numbers};

const PLANNER_THREADS_MAX: usize = 16;
/// Rows of a batch: larger ones are taken through hash tables and filters faster than DataFusion's own 8,192.
pub(crate) const BATCH_ROWS: usize = 16_384;
/// Up to this size one side of a join is held as a whole: dealing the other side out by keys takes longer.
const BUILT_AT_ONCE_BYTES: u64 = 64 << 20;
const BUILT_AT_ONCE_ROWS: u64 = 2_000_000;

/// Nodes of plans that let rows through as they come.
const HOLD_A_BATCH: [&str; 8] = [
    "CoalescePartitionsExec",
    "CooperativeExec",
    "DataSourceExec",
    "FilterExec",
    "GlobalLimitExec",
    "LocalLimitExec",
    "ProjectionExec",
    "SecurityBarrierExec",
];

/// What an engine is made of.
#[derive(Debug)]
pub struct Parts {
    pub catalog: Arc<Catalog>,
    pub policies: Arc<Policies>,
    pub warehouse: Warehouse,
    pub clock: Arc<dyn Clock>,
    /// For sessions that name none of their own.
    pub limits: Limits,
    /// A folder for what does not fit into memory. Made when first needed.
    pub spill: PathBuf,
    /// Under which hashing masks hash.
    pub mask_key: MaskKey,
}

/// Runs queries of any number of principals at once.
#[derive(Debug)]
pub struct Engine {
    pub(crate) parts: Parts,
    pub(crate) planners: PlannerThreads,
    pub(crate) entitlements: KnownEntitlements,
    pub(crate) admission: Admission,
    pub(crate) plans: KnownPlans,
    pub(crate) uploads: Uploads,
    /// What they hold.
    pub(crate) all_queries: Arc<AllQueries>,
    base: SessionState,
    stores: Arc<dyn ObjectStoreRegistry>,
    queries: Mutex<HashMap<String, Arc<Running>>>,
    /// How many queries have begun.
    begun: AtomicU64,
}

impl Engine {
    /// An engine over `parts`. Touches nothing yet.
    pub fn new(parts: Parts) -> Arc<Self> {
        let stores: Arc<dyn ObjectStoreRegistry> = Arc::new(DefaultObjectStoreRegistry::new());
        parts.warehouse.register_in(stores.as_ref());
        follow_tasks();
        Arc::new(Engine {
            parts,
            planners: PlannerThreads::new(PLANNER_THREADS_MAX),
            entitlements: KnownEntitlements::default(),
            admission: Admission::default(),
            plans: KnownPlans::default(),
            uploads: Uploads::default(),
            all_queries: Arc::default(),
            base: base_state(),
            stores,
            queries: Mutex::new(HashMap::new()),
            begun: AtomicU64::new(0),
        })
    }

    /// A session in which `principal` asks. Nothing is checked yet: each query decides anew.
    pub fn session(self: &Arc<Self>, principal: Principal, options: SessionOptions) -> Session {
        Session::new(Arc::clone(self), principal, options)
    }

    /// Counts the policies that have been in force. Two equal answers, taken before and after a piece
    /// of work, say that all of it was decided under the same policies.
    pub fn policy_epoch(&self) -> u64 {
        self.parts.policies.current().epoch()
    }

    /// Cancels a running query of the same principal. Whether there was one.
    pub fn cancel(&self, id: &str, principal: &Principal) -> bool {
        match self.queries.lock().get(id) {
            Some(query) if query.question.subject == principal.subject() => {
                query.end_because(QueryError::Cancelled);
                true
            }
            _ => false,
        }
    }

    /// Bytes that all queries of this engine hold now for what they sort, join and group.
    pub fn queries_bytes(&self) -> usize {
        self.all_queries.held()
    }

    /// How many queries run now.
    pub fn queries_running(&self) -> usize {
        self.queries.lock().len()
    }

    /// Settings and functions without any table: enough to find the names in a query.
    pub(crate) fn base(&self) -> &SessionState {
        &self.base
    }

    /// A state whose only tables are those of `catalogs`, with memory of its own.
    pub(crate) fn state(
        &self,
        catalogs: Arc<dyn CatalogProviderList>,
        limits: &Limits,
    ) -> Result<SessionState, QueryError> {
        // What plans with it does not run with it.
        let runtime = self.runtime(limits, no_spill(), Arc::clone(&self.stores))?;
        let mut state = SessionStateBuilder::new_from_existing(self.base.clone())
            .with_session_id(Uuid::new_v4().to_string())
            .with_runtime_env(runtime)
            .with_catalog_list(catalogs)
            .build();
        // `now()` is one instant for all of a query: this one.
        state.mark_start_execution();
        Ok(state)
    }

    /// What one run of a plan has for itself: memory, and a place to spill to where something in it spills.
    pub(crate) fn task(&self, planned: &Planned, limits: &Limits) -> Result<Arc<TaskContext>, QueryError> {
        let spill = match may_spill(&planned.plan) {
            true => self.spill(limits),
            false => no_spill(),
        };
        let runtime = self.runtime(limits, spill, Arc::clone(&self.stores))?;
        let context = TaskContext::default().with_session_config(planned.settings.clone()).with_runtime(runtime);
        Ok(Arc::new(context))
    }

    /// The rows of a plan, in one stream.
    pub(crate) fn rows(&self, planned: &Planned, limits: &Limits) -> Result<SendableRecordBatchStream, QueryError> {
        let rows = execute_stream(Arc::clone(&planned.plan), self.task(planned, limits)?);
        rows.map_err(|error| QueryError::from_running(&error, limits.memory_bytes_max))
    }

    /// A state of the platform's own, for rows on their way in and for the gate's checks: it has no
    /// tables with names, and stores that are registered in it are its own.
    pub(crate) fn platform_state(&self) -> Result<SessionState, QueryError> {
        let stores: Arc<dyn ObjectStoreRegistry> = Arc::new(DefaultObjectStoreRegistry::new());
        self.parts.warehouse.register_in(stores.as_ref());
        let limits = Limits::for_transforms();
        let runtime = self.runtime(&limits, self.spill(&limits), stores)?;
        Ok(SessionStateBuilder::new_from_existing(self.base.clone())
            .with_runtime_env(runtime)
            .with_catalog_list(no_catalogs())
            .build())
    }

    fn runtime(
        &self,
        limits: &Limits,
        spill: DiskManagerBuilder,
        stores: Arc<dyn ObjectStoreRegistry>,
    ) -> Result<Arc<RuntimeEnv>, QueryError> {
        let memory = QueryMemory::new(limits.memory_bytes_max, Arc::clone(&self.all_queries));
        RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(memory))
            .with_disk_manager_builder(spill)
            .with_object_store_registry(stores)
            .build_arc()
            .map_err(|error| QueryError::Internal { invariant: error.to_string() })
    }

    /// A folder that is made here and now.
    fn spill(&self, limits: &Limits) -> DiskManagerBuilder {
        DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![self.parts.spill.clone()]))
            .with_max_temp_directory_size(limits.spill_bytes_max)
    }

    /// Ends the query that began last, for want of memory. Its id, where there was one.
    pub(crate) fn shed_newest(&self) -> Option<String> {
        let queries = self.queries.lock();
        let newest = memory_guard::newest(queries.values().map(|query| (query.number, query.is_ending(), query)))?;
        newest.end_because(QueryError::Shed);
        metrics::counter!("weft_queries_shed_total").increment(1);
        Some(newest.id.clone())
    }

    /// Notes that a query began. It is forgotten when the answer is dropped.
    ///
    /// # Errors
    ///
    /// [`QueryError::TooManyQueries`] where the principal has as many as it may.
    pub(crate) fn begin(
        self: &Arc<Self>,
        principal: &Principal,
        options: &SessionOptions,
        sql: &str,
    ) -> Result<Arc<Running>, QueryError> {
        let mut question = Question::new(principal, options, self.parts.clock.now());
        if self.queries.lock().contains_key(&question.id) {
            question.id = question::fresh_id();
        }
        let id = question.id.clone();
        let admitted = self.admission.admit(&question.subject)?;
        tracing::info!(query = %id, principal = %principal, sql_bytes = sql.len(), "query begins");
        let running = Arc::new(Running {
            id: id.clone(),
            question,
            number: self.begun.fetch_add(1, Ordering::Relaxed),
            cancel: CancellationToken::new(),
            ended_because: Mutex::new(QueryError::Cancelled),
            admitted,
            rows: AtomicU64::new(0),
            outcome: Mutex::new("ok"),
            failure: Mutex::default(),
            pace: Mutex::default(),
            terms: Mutex::default(),
            ports: Mutex::default(),
        });
        self.queries.lock().insert(id, Arc::clone(&running));
        Ok(running)
    }

    pub(crate) fn end(&self, running: &Running) {
        self.queries.lock().remove(&running.id);
        let (seconds, outcome) = (running.question.elapsed().as_secs_f64(), *running.outcome.lock());
        metrics::counter!("weft_queries_total", "outcome" => outcome).increment(1);
        metrics::histogram!("weft_query_seconds").record(seconds);
        let rows = running.rows.load(Ordering::Relaxed);
        tracing::info!(query = %running.id, outcome, rows, seconds, "query ended");
        let ports = std::mem::take(&mut *running.ports.lock());
        let ended = running.question.ended(outcome, rows, running.served(), ports);
        port_numbers::count(&ended);
        self.parts.catalog.note_query(ended);
    }
}

/// A query that is under way.
pub(crate) struct Running {
    pub(crate) id: String,
    question: Question,
    /// Counts up from query to query.
    number: u64,
    cancel: CancellationToken,
    /// What the asker is told where the query was ended.
    ended_because: Mutex<QueryError>,
    pub(crate) admitted: Admitted,
    rows: AtomicU64,
    outcome: Mutex<&'static str>,
    /// What became of it where it failed, for the service levels of what it reads.
    failure: Mutex<Option<Served>>,
    pace: Mutex<Pace>,
    terms: Mutex<Vec<AppliedTerms>>,
    /// What it reads, once it has been let through; what it was to read, where the platform failed it before.
    ports: Mutex<BTreeSet<PortRef>>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Running {
    pub(crate) fn cancelled(&self) -> WaitForCancellationFutureOwned {
        self.cancel.clone().cancelled_owned()
    }

    /// Why the query was ended, once it was.
    pub(crate) fn why_ended(&self) -> QueryError {
        self.ended_because.lock().clone()
    }

    /// Ends the query. The first reason stays.
    fn end_because(&self, reason: QueryError) {
        let mut because = self.ended_because.lock();
        if !self.is_ending() {
            *because = reason;
            self.cancel.cancel();
        }
    }

    fn is_ending(&self) -> bool {
        self.cancel.is_cancelled()
    }

    pub(crate) fn note_rows(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.note_begun();
    }

    /// Notes that there is something of the answer, if only its end.
    pub(crate) fn note_begun(&self) {
        self.pace.lock().began(self.question.elapsed());
    }

    /// Notes for how long nobody asked for more rows.
    pub(crate) fn note_idle(&self, time: Duration) {
        self.pace.lock().idled(time);
    }

    /// Notes what the query reads: it was authorised, and rows begin to flow.
    pub(crate) fn note_reads(&self, catalog: &Catalog, ports: ReadPorts) {
        if ports.is_empty() {
            return;
        }
        *self.ports.lock() = ports.keys().cloned().collect();
        catalog.note_reads(self.question.reading(ports));
    }

    /// Notes what of what is read is masked, left out or filtered.
    pub(crate) fn note_terms(&self, terms: Vec<AppliedTerms>) {
        *self.terms.lock() = terms;
    }

    pub(crate) fn terms(&self) -> Vec<AppliedTerms> {
        self.terms.lock().clone()
    }

    pub(crate) fn note_failure(&self, error: &QueryError) {
        *self.outcome.lock() = error.code().as_str();
        *self.failure.lock() = Some(self.question.failed(error));
    }

    /// Notes that it failed before it read any of `ports`, which it was let through to.
    pub(crate) fn note_failure_before(&self, error: &QueryError, ports: BTreeSet<PortRef>) {
        if error.is_of_platform() {
            *self.ports.lock() = ports;
        }
        self.note_failure(error);
    }

    fn served(&self) -> Served {
        let failure = *self.failure.lock();
        failure.unwrap_or_else(|| self.pace.lock().served(self.question.elapsed()))
    }
}

fn no_spill() -> DiskManagerBuilder {
    DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled)
}

/// Whether anything in `plan` holds more than a batch.
fn may_spill(plan: &Arc<dyn ExecutionPlan>) -> bool {
    !HOLD_A_BATCH.contains(&plan.name()) || plan.children().into_iter().any(may_spill)
}

fn no_catalogs() -> Arc<dyn CatalogProviderList> {
    Arc::new(MemoryCatalogProviderList::new())
}

/// Plans what DataFusion plans, and point-in-time joins.
#[derive(Debug)]
struct PlansPointInTime;

#[async_trait]
impl QueryPlanner for PlansPointInTime {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn CatalogSession,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(PitPlanner)]);
        planner.create_physical_plan(plan, session).await
    }
}

/// Settings and functions that every session has.
pub(crate) fn base_state() -> SessionState {
    static BASE: LazyLock<SessionState> = LazyLock::new(make_base_state);
    BASE.clone()
}

fn make_base_state() -> SessionState {
    let config = SessionConfig::new()
        .with_batch_size(BATCH_ROWS)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(false)
        .set_bool("datafusion.sql_parser.collect_spans", true)
        .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.optimizer.expand_views_at_output", true)
        .set_u64("datafusion.optimizer.hash_join_single_partition_threshold", BUILT_AT_ONCE_BYTES)
        .set_u64("datafusion.optimizer.hash_join_single_partition_threshold_rows", BUILT_AT_ONCE_ROWS);
    let builder = SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .with_catalog_list(no_catalogs())
        .with_query_planner(Arc::new(PlansPointInTime))
        // No file formats or factories: nothing in SQL can name storage.
        .with_table_factories(HashMap::new())
        .with_file_formats(Vec::new());
    functions::on_offer(builder).build()
}
