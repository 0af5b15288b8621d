//! One principal's questions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream_partitioned};
use datafusion::prelude::SessionConfig;
use parking_lot::Mutex;
use tracing::Span;
use tracing::field::Empty;
use weft_catalog::CatalogView;
use weft_governance::Authorizer;
use weft_model::{PortRef, Principal, Published, Release};

use crate::admission::Admitted;
use crate::again::{Again, or_again};
use crate::audit::Decided;
use crate::barrier::Seal;
use crate::engine::{Engine, Running};
use crate::namespace::Namespace;
use crate::plans::{self, Key, Prepared};
use crate::question::Question;
use crate::read::Read;
use crate::statement;
use crate::{Answer, Gained, Limits, Parameters, Portion, QueryError, answer, barrier, explain, portion, verify};

/// What a session may say beside SQL.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// What the answer is for; grants may depend on it.
    pub purpose: Option<String>,
    /// Reads every table as it was released then, across the whole mesh.
    pub as_of: Option<DateTime<Utc>>,
    /// The engine's own if absent.
    pub limits: Option<Limits>,
    /// Refuses every table that the principal may read on terms only: for a service whose result
    /// others read, and which must not stand for less than the whole.
    pub unrestricted: bool,
    /// Of tables that were uploaded, only these count: by name, the id of each.
    pub uploads: Option<BTreeMap<String, String>>,
    /// Answers only one portion of the rows, which comes out the same each time; with `as_of`, whatever is published
    /// meanwhile.
    pub portion: Option<Portion>,
    /// Inputs of which only what came between two versions is read.
    pub gained: BTreeMap<PortRef, Gained>,
    /// Where the questions come in, for the record of queries: `flight`, `http`, `transform` or `check`.
    pub door: Option<&'static str>,
    /// Trace id of the request that asks, for the record of queries.
    pub trace: Option<String>,
    /// Id of the questions, under which what was decided for them is recorded: for a door that must know it whatever
    /// comes of them. Each question has one of its own if absent.
    pub query: Option<String>,
}

/// A principal that asks. Cheap to clone; holds no state of a query.
#[derive(Clone, Debug)]
pub struct Session {
    engine: Arc<Engine>,
    principal: Principal,
    options: SessionOptions,
}

/// What a query would answer, without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub schema: SchemaRef,
    /// One field for each parameter, named `$1`, `$2`, …; type Null where it cannot be told.
    pub parameters: Schema,
}

impl Session {
    pub(crate) fn new(engine: Arc<Engine>, principal: Principal, options: SessionOptions) -> Self {
        Session { engine, principal, options }
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Answers one query.
    ///
    /// Rows stream as they come; dropping the answer, or the future, cancels. Each call decides
    /// access anew.
    ///
    /// # Errors
    ///
    /// All of [`QueryError`]; those that only show while rows come are in the stream.
    pub async fn query(&self, sql: &str, parameters: Parameters) -> Result<Answer, QueryError> {
        self.ask(sql, parameters, Session::start).await
    }

    /// As [`query`](Self::query), with the rows in the streams in which they are made, where they are in no order
    /// that the query asks for. All must be read at the same time: one may wait for another. The query ends when the
    /// last of them does.
    pub async fn query_in_parts(&self, sql: &str, parameters: Parameters) -> Result<Vec<Answer>, QueryError> {
        self.ask(sql, parameters, Session::start_in_parts).await
    }

    /// The whole of "a query".
    #[tracing::instrument(name = "query", skip_all, fields(query = Empty, outcome = Empty))]
    async fn ask<T>(&self, sql: &str, parameters: Parameters, start: Start<T>) -> Result<T, QueryError> {
        let running = self.engine.begin(&self.principal, &self.options, sql)?;
        let running = Arc::new(Ongoing { engine: Arc::clone(&self.engine), running });
        Span::current().record("query", &running.running.id);
        let (decided, read) = (Decided::of(&running.running.id), Read::default());
        let planned = self.plan_apart(sql, parameters, &decided, &read, &running.running.admitted).await;
        running.running.note_terms(decided.terms());
        let readable = planned.is_err().then(|| decided.readable());
        // Whatever came of the plan: who asked for what is on record before a row flows.
        let recorded = decided.record(&self.engine.parts.catalog).await;
        let planned = planned.and_then(|planned| recorded.map(|()| planned));
        let answer = planned.and_then(|planned| start(self, &running, planned));
        match &answer {
            Ok(_) => running.running.note_reads(&self.engine.parts.catalog, read.taken()),
            Err(error) => {
                let planned = read.taken().into_keys();
                running.running.note_failure_before(error, readable.into_iter().flatten().chain(planned).collect());
            }
        }
        answer
    }

    /// Says what a query would answer and which parameters it has. Decides access, runs nothing.
    pub async fn describe(&self, sql: &str) -> Result<Description, QueryError> {
        let question = self.question();
        let decided = Decided::of(&question.id);
        if let Some(known) = self.known(sql, &decided).await? {
            decided.record_denials(&self.engine.parts.catalog);
            return Ok(known.description.clone());
        }
        self.prepared_apart(sql, question, decided, |prepared, _| {
            let described = prepared.description.clone();
            if prepared.explained { Description { schema: explain::schema(), ..described } } else { described }
        })
        .await
    }

    /// What `told` tells of a query that is planned, and not run.
    pub(crate) async fn without_running<T: Send + 'static>(
        &self,
        sql: &str,
        told: fn(&Prepared, &Decided) -> T,
    ) -> Result<T, QueryError> {
        let question = self.question();
        let decided = Decided::of(&question.id);
        self.prepared_apart(sql, question, decided, told).await
    }

    #[tracing::instrument(name = "plan", skip_all)]
    async fn prepared_apart<T: Send + 'static>(
        &self,
        sql: &str,
        question: Question,
        decided: Decided,
        told: fn(&Prepared, &Decided) -> T,
    ) -> Result<T, QueryError> {
        let (session, sql) = (self.clone(), sql.to_owned());
        let deciding = decided.clone();
        let work = async move { Ok(told(&*session.prepared(&sql, &deciding).await?, &deciding)) };
        let admitted = self.engine.admission.admit(&self.principal.subject())?;
        let told = self.engine.planners.run(&admitted, self.limits().planning_max, work).await;
        self.note_refusal(&question, &decided, &told);
        told
    }

    /// The columns that a query answers when its parameters have these values, on which types may
    /// depend. Decides access, runs nothing.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query), but for those that only show while it runs.
    pub async fn schema_of(&self, sql: &str, parameters: Parameters) -> Result<SchemaRef, QueryError> {
        let question = self.question();
        let decided = Decided::of(&question.id);
        let admitted = self.engine.admission.admit(&self.principal.subject())?;
        let planned = self.plan_apart(sql, parameters, &decided, &Read::default(), &admitted).await;
        self.note_refusal(&question, &decided, &planned);
        planned.map(|planned| planned.plan.schema())
    }

    /// What this principal may see of the catalog now.
    pub fn view(&self) -> CatalogView {
        let parts = &self.engine.parts;
        // What is published first, the policies after: see `namespace`.
        let published = parts.catalog.published();
        let policies: Arc<dyn Authorizer> = parts.policies.current();
        let view = parts.catalog.view_of(published, policies, &self.principal, parts.clock.now());
        view.for_purpose(self.options.purpose.clone())
    }

    fn question(&self) -> Question {
        Question::new(&self.principal, &self.options, self.engine.parts.clock.now())
    }

    /// Leaves what was not going to run on record where it was refused: its asker does not get as far
    /// as to run it.
    fn note_refusal<T>(&self, question: &Question, decided: &Decided, answer: &Result<T, QueryError>) {
        let catalog = &self.engine.parts.catalog;
        let of_platform = answer.as_ref().is_err_and(QueryError::is_of_platform);
        let ports = if of_platform { decided.readable() } else { BTreeSet::new() };
        decided.record_denials(catalog);
        if let Err(error) = answer {
            catalog.note_query(question.ended(error.code().as_str(), 0, question.failed(error), ports));
        }
    }

    fn limits(&self) -> Limits {
        self.options.limits.clone().unwrap_or_else(|| self.engine.parts.limits.clone())
    }

    /// Parses, resolves, plans and verifies, on a thread made for it unless all but the last is done already.
    #[tracing::instrument(name = "plan", skip_all)]
    async fn plan_apart(
        &self,
        sql: &str,
        parameters: Parameters,
        decided: &Decided,
        read: &Read,
        admitted: &Admitted,
    ) -> Result<Planned, QueryError> {
        let known = self.known(sql, decided).await?;
        if let Some(known) = known.as_ref().filter(|known| known.is_shallow) {
            return self.planned(known, &parameters, read).await;
        }
        let (session, sql, decided, read) = (self.clone(), sql.to_owned(), decided.clone(), read.clone());
        let work = async move {
            let prepared = match known {
                Some(known) => known,
                None => session.prepared(&sql, &decided).await?,
            };
            session.planned(&prepared, &parameters, &read).await
        };
        self.engine.planners.run(admitted, self.limits().planning_max, work).await
    }

    /// The physical plan of a query, with its parameters.
    async fn planned(&self, prepared: &Prepared, parameters: &Parameters, read: &Read) -> Result<Planned, QueryError> {
        let values = parameters.for_query(prepared.parameters)?;
        let planned = match (&prepared.optimised, values) {
            (Some(optimised), None) => self.runnable(&prepared.state, optimised, &prepared.seal).await?,
            (_, values) => {
                let (mut state, mut plan) = (prepared.state.clone(), prepared.asked.clone());
                if let Some(values) = values {
                    plan = plan.with_param_values(values).map_err(|error| QueryError::from_planning(&error))?;
                }
                if prepared.explained {
                    plan = explain::instead_of(&state, &plan)?;
                }
                let optimised = statement::optimised(&mut state, &plan);
                let optimised = optimised.map_err(|error| QueryError::from_planning(&error))?;
                self.runnable(&state, &optimised, &prepared.seal).await?
            }
        };
        read.note_all(&prepared.read);
        Ok(planned)
    }

    /// What runs of an optimised plan, verified.
    async fn runnable(
        &self,
        state: &SessionState,
        optimised: &LogicalPlan,
        seal: &Seal,
    ) -> Result<Planned, QueryError> {
        let mut plan = statement::physical_of(state, optimised, &self.limits()).await?;
        if let Some(portion) = self.options.portion {
            plan = portion::cut(plan, portion).map_err(|error| QueryError::from_planning(&error))?;
        }
        verify::ensure_governed(&plan, seal)?;
        let again = Again::of(&plan, state, optimised, seal);
        Ok(Planned { plan, settings: state.config().clone(), again })
    }

    /// The query as it was planned before, if that still stands: all that decided it is decided anew.
    async fn known(&self, sql: &str, decided: &Decided) -> Result<Option<Arc<Prepared>>, QueryError> {
        let key = self.key(sql);
        if !self.is_plain() || !self.engine.plans.holds(&key) {
            return Ok(None);
        }
        let namespace = self.namespace(decided, &Read::default()).await?;
        Ok(self.engine.plans.get(&key, &namespace))
    }

    fn key(&self, sql: &str) -> Key {
        Key { sql: sql.to_owned(), principal: self.principal.clone(), purpose: self.options.purpose.clone() }
    }

    /// The query up to its physical plan, planned now.
    async fn prepared(&self, sql: &str, decided: &Decided) -> Result<Arc<Prepared>, QueryError> {
        let read = Read::default();
        let namespace = self.namespace(decided, &read).await?;
        let (query, mut state) = namespace.open(sql, 0).await?;
        let (parameters, explained) = (query.parameters, query.explained);
        if self.options.portion.is_some() {
            portion::settle(&mut state);
            state.execution_props_mut().query_execution_start_time = self.options.as_of;
        }
        let asked = statement::logical_plan(&state, query).await?;
        if self.options.portion.is_some() {
            portion::ensure_steady(&asked)?;
        }
        let whole = parameters == 0 && !explained;
        let optimised = whole.then(|| statement::optimised(&mut state, &asked)).transpose();
        let optimised = optimised.map_err(|error| QueryError::from_planning(&error))?;
        let description = describe(&state, &asked, optimised.as_ref(), parameters)?;
        let (seal, basis) = (namespace.seal(), namespace.basis());
        let is_shallow = plans::is_shallow(optimised.as_ref().unwrap_or(&asked));
        let prepared =
            Prepared { state, asked, optimised, is_shallow, parameters, explained, description, read, seal, basis };
        let prepared = Arc::new(prepared);
        if self.is_plain() {
            self.engine.plans.note(self.key(sql), &prepared);
        }
        Ok(prepared)
    }

    /// Whether nothing but who asks, and what for, bears on what the session reads.
    fn is_plain(&self) -> bool {
        let options = &self.options;
        let of_now = options.as_of.is_none() && options.limits.is_none() && options.portion.is_none();
        of_now && !options.unrestricted && options.gained.is_empty()
    }

    fn start(&self, ongoing: &Arc<Ongoing>, planned: Planned) -> Result<Answer, QueryError> {
        let limits = self.limits();
        let hides_rows = barrier::hides_rows(&planned.plan);
        let rows = self.engine.rows(&planned, &limits)?;
        let rows = match planned.again {
            Some(again) => or_again(rows, self.run_again(ongoing, again)),
            None => rows,
        };
        let rows = match self.options.portion {
            Some(_) => answer::evenly_cut(rows, portion::BATCH_ROWS),
            None if hides_rows => answer::evenly_cut(rows, planned.settings.batch_size()),
            None => rows,
        };
        Ok(Answer::new(Arc::clone(ongoing), rows, &limits, hides_rows))
    }

    /// The rows of a query that is planned once more.
    fn run_again(
        &self,
        ongoing: &Arc<Ongoing>,
        again: Again,
    ) -> impl Future<Output = Result<SendableRecordBatchStream, QueryError>> + Send + 'static {
        let (engine, limits) = (Arc::clone(&self.engine), self.limits());
        let admitted = ongoing.running.admitted.clone();
        async move {
            let within = limits.clone();
            let work = async move { again.planned(&within).await };
            let planned = engine.planners.run(&admitted, limits.planning_max, work).await?;
            engine.rows(&planned, &limits)
        }
    }

    fn start_in_parts(&self, ongoing: &Arc<Ongoing>, planned: Planned) -> Result<Vec<Answer>, QueryError> {
        if barrier::hides_rows(&planned.plan) {
            return Ok(vec![self.start(ongoing, planned)?]);
        }
        let limits = self.limits();
        let context = self.engine.task(&planned, &limits)?;
        let parts = execute_stream_partitioned(planned.plan, context)
            .map_err(|error| QueryError::from_running(&error, limits.memory_bytes_max))?;
        Ok(parts.into_iter().map(|rows| Answer::new(Arc::clone(ongoing), rows, &limits, false)).collect())
    }

    async fn namespace(&self, decided: &Decided, read: &Read) -> Result<Namespace, QueryError> {
        let parts = &self.engine.parts;
        // The controller puts policies in force before it publishes, so whoever reads in the other
        // order never sees a new release under older policies.
        let current = parts.catalog.published();
        let published = match self.options.as_of {
            None => Arc::clone(&current),
            Some(instant) => Arc::new(self.published_at(instant, &current).await?),
        };
        let (policies, now) = (parts.policies.current(), parts.clock.now());
        let authorizer: Arc<dyn Authorizer> = Arc::clone(&policies) as Arc<dyn Authorizer>;
        Ok(Namespace {
            engine: Arc::clone(&self.engine),
            principal: self.principal.clone(),
            purpose: self.options.purpose.clone(),
            at: now,
            view: parts
                .catalog
                .view_of(Arc::clone(&current), authorizer, &self.principal, now)
                .for_purpose(self.options.purpose.clone()),
            decided: decided.clone(),
            read: read.clone(),
            unrestricted: self.options.unrestricted,
            gained: self.options.gained.clone(),
            uploads: self.options.uploads.clone(),
            policies,
            published,
            entitling: current,
            limits: self.limits(),
            opened: Mutex::default(),
        })
    }

    /// What was served at `instant` and has been served ever since, up to `now`: of each product the
    /// newest release by then.
    async fn published_at(&self, instant: DateTime<Utc>, now: &Published) -> Result<Published, QueryError> {
        let catalog = &self.engine.parts.catalog;
        let mut then = Published { revision: now.revision.clone(), ..Published::default() };
        for product in now.releases.keys() {
            let releases = catalog.releases(product).await.map_err(|error| {
                tracing::error!(%error, "the history of releases cannot be read");
                QueryError::Storage { table: product.to_string() }
            })?;
            if let Some(release) = served_since(instant, releases) {
                then.releases.insert(product.clone(), release);
            }
        }
        Ok(then)
    }
}

/// The newest release at `instant`, with those of its ports that every later one serves too; `releases`
/// come newest first. A port that was retired since is not read at any instant, for the rules of today do
/// not speak of it, and what came back under its name is another port.
fn served_since(instant: DateTime<Utc>, releases: Vec<Release>) -> Option<Release> {
    let mut later: Vec<Release> = Vec::new();
    for mut release in releases {
        if release.at <= instant {
            release.ports.retain(|port, _| later.iter().all(|later| later.ports.contains_key(port)));
            return Some(release);
        }
        later.push(release);
    }
    None
}

/// How the rows of a plan are set going.
type Start<T> = fn(&Session, &Arc<Ongoing>, Planned) -> Result<T, QueryError>;

/// A plan that is ready to run, under these settings.
pub(crate) struct Planned {
    pub(crate) plan: Arc<dyn ExecutionPlan>,
    pub(crate) settings: SessionConfig,
    /// How it is planned once more, where its joins turn out to need more memory than there is.
    pub(crate) again: Option<Again>,
}

/// Keeps a query listed as running until it is dropped.
#[derive(Debug)]
pub(crate) struct Ongoing {
    engine: Arc<Engine>,
    pub(crate) running: Arc<Running>,
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.engine.end(&self.running);
    }
}

fn describe(
    state: &SessionState,
    plan: &LogicalPlan,
    optimised: Option<&LogicalPlan>,
    count: usize,
) -> Result<Description, QueryError> {
    let types = plan.get_parameter_types().map_err(|error| QueryError::from_planning(&error))?;
    let parameters: Vec<Field> = (1..=count)
        .map(|n| {
            let name = format!("${n}");
            let data_type = types.get(&name).cloned().flatten().unwrap_or(DataType::Null);
            Field::new(name, data_type, true)
        })
        .collect();
    // A plan with parameters cannot always be optimised; its own schema is right but for view types.
    let made = if count == 0 && optimised.is_none() { state.optimize(plan).ok() } else { None };
    let schema = optimised.or(made.as_ref()).unwrap_or(plan).schema().inner();
    Ok(Description { schema: without_views(schema), parameters: Schema::new(parameters) })
}

/// The same schema with the plain types that clients get.
fn without_views(schema: &SchemaRef) -> SchemaRef {
    let plain = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8View => field.as_ref().clone().with_data_type(DataType::LargeUtf8),
        DataType::BinaryView => field.as_ref().clone().with_data_type(DataType::LargeBinary),
        _ => field.as_ref().clone(),
    };
    Arc::new(Schema::new(schema.fields().iter().map(plain).collect::<Vec<_>>()))
}
