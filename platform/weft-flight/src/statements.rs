//! Statements and what clients hold of them: tickets and prepared handles.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult,
    CommandPreparedStatementQuery, CommandStatementQuery, DoPutPreparedStatementResult, ProstMessageExt,
    TicketStatementQuery,
};
use arrow_flight::{FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, Ticket};
use bytes::Bytes;
use chrono::TimeDelta;
use futures::Stream;
use parking_lot::Mutex;
use prost::Message;
use prost_types::Timestamp;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use weft_engine::{Description, Engine, Parameters, SessionOptions};
use weft_identity::TicketSeal;
use weft_model::{Clock, Code};

use crate::binding;
use crate::caller::{Caller, Reception};
use crate::encoding::{self, Gathering, Rows};
use crate::handles::{Bounds, Handles, Size};
use crate::portions::{Portions, Said};
use crate::rounds::Rounds;
use crate::session::{NoSetting, Setting, Terms};
use crate::set_statement::{self, SetStatement};
use crate::status::{bug, malformed, no_such_handle, of_query, refusal};

const TICKET: &str = "ticket";
const PREPARED: &str = "prepared statement";

/// What is kept of a statement. It is planned, and so authorised, anew each time it runs.
#[derive(Debug)]
struct Statement {
    sql: String,
    /// Runs once for each row of them, and once where there are none.
    parameters: Vec<Parameters>,
    terms: Terms,
    /// The session that it was made in; no other may use it.
    session: Option<String>,
}

impl Statement {
    fn first(&self) -> Parameters {
        self.parameters.first().cloned().unwrap_or(Parameters::None)
    }

    /// About what it takes to keep.
    fn bytes(&self) -> usize {
        self.sql.len() + binding::bytes_of(&self.parameters)
    }
}

/// A statement that a client was told to fetch.
#[derive(Clone, Debug)]
struct Ticketed {
    /// Absent for a `SET`, which has been done and answers nothing.
    statement: Option<Arc<Statement>>,
    session: Option<String>,
    /// Under which policies the client was told which columns come.
    policy_epoch: u64,
    /// The names of these columns.
    promised: Vec<String>,
    /// Ends what is being planned and what comes later.
    stop: CancellationToken,
    /// Ids of the queries that run for this ticket.
    running: Arc<Mutex<Vec<String>>>,
}

/// The statements that clients hold on to.
#[derive(Debug)]
pub(crate) struct Statements {
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    portions: Portions,
    tickets: Handles<Ticketed>,
    prepared: Handles<Arc<Statement>>,
}

impl Statements {
    pub(crate) fn new(engine: Arc<Engine>, seal: TicketSeal, clock: &Arc<dyn Clock>) -> Self {
        let bounds = |idle_max, age_max, per_owner, in_all| Bounds {
            idle_max,
            age_max,
            per_owner: Size { entries: per_owner, bytes: 64 << 20 },
            in_all: Size { entries: in_all, bytes: 256 << 20 },
        };
        Statements {
            engine,
            clock: Arc::clone(clock),
            portions: Portions::new(seal),
            tickets: Handles::new(bounds(TimeDelta::minutes(5), TimeDelta::hours(1), 1_000, 20_000), Arc::clone(clock)),
            prepared: Handles::new(bounds(TimeDelta::hours(1), TimeDelta::hours(24), 500, 10_000), Arc::clone(clock)),
        }
    }

    /// Plans a statement and gives a ticket for its rows. A `SET` of the session's is done at once.
    pub(crate) async fn info(
        &self,
        caller: &Caller,
        reception: &Reception,
        command: CommandStatementQuery,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo, Status> {
        ensure_no_transaction(command.transaction_id.as_ref())?;
        if set(caller, reception, &command.query)? {
            return self.ticket(caller, None, 0, &Schema::empty(), descriptor);
        }
        if caller.portions.is_some() {
            return self.info_of_portions(caller, command.query, descriptor).await;
        }
        let policy_epoch = self.engine.policy_epoch();
        let description = self.describe(caller, &caller.terms, &command.query).await?;
        let statement = Arc::new(Statement {
            sql: command.query,
            parameters: Vec::new(),
            terms: caller.terms.clone(),
            session: caller.session().map(str::to_owned),
        });
        self.ticket(caller, Some(statement), policy_epoch, &description.schema, descriptor)
    }

    /// Plans a statement as of now, if no other instant is said, and gives a ticket for each portion of its rows.
    async fn info_of_portions(
        &self,
        caller: &Caller,
        sql: String,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo, Status> {
        let (portions, now) = (caller.portions.clone().unwrap_or_default(), self.clock.now());
        let as_of = caller.terms.as_of.unwrap_or(now);
        let terms = Terms { as_of: Some(as_of), ..caller.terms.clone() };
        let options = SessionOptions { portion: portions.first().copied(), ..caller.options(&terms) };
        let pinned = self.engine.session(caller.principal.clone(), options).pinned(&sql).await;
        let pinned = pinned.map_err(|error| of_query(&error))?;
        if !pinned.description.parameters.fields().is_empty() {
            return Err(malformed("an answer in endpoints is one of a query without parameters"));
        }
        self.portions.info(caller, sql, (&pinned, as_of), portions, (descriptor, now))
    }

    /// The rows of one portion.
    async fn rows_of_portion(&self, caller: &Caller, handle: &[u8], said: &Said, trace: &str) -> Result<Rows, Status> {
        let rounds = Rounds {
            session: self.engine.session(caller.principal.clone(), said.options(caller)),
            sql: said.sql.clone(),
            message_bytes: caller.message_bytes,
            gathering: Gathering::None,
            stop: CancellationToken::new(),
            running: Arc::default(),
        };
        let answer = rounds.first(Parameters::None).await?;
        caller.is_on_terms.store(answer.is_on_terms(), Ordering::Relaxed);
        said.ensure_on(&answer.terms())?;
        if !self.portions.note(handle, said, &answer.id, self.clock.now()) {
            return Err(no_such_handle(TICKET));
        }
        Ok(rounds.going_out(answer, &[], trace))
    }

    /// The schema that a statement would answer.
    pub(crate) async fn schema(&self, caller: &Caller, command: &CommandStatementQuery) -> Result<SchemaRef, Status> {
        ensure_no_transaction(command.transaction_id.as_ref())?;
        Ok(self.describe(caller, &caller.terms, &command.query).await?.schema)
    }

    /// Plans the statement behind a prepared handle and gives a ticket for its rows, with the
    /// parameters that are bound now.
    pub(crate) async fn prepared_info(
        &self,
        caller: &Caller,
        reception: &Reception,
        command: &CommandPreparedStatementQuery,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo, Status> {
        let statement = self.prepared(caller, command)?;
        if set(caller, reception, &statement.sql)? {
            return self.ticket(caller, None, 0, &Schema::empty(), descriptor);
        }
        let policy_epoch = self.engine.policy_epoch();
        let schema = self.schema_now(caller, &statement).await?;
        self.ticket(caller, Some(statement), policy_epoch, &schema, descriptor)
    }

    /// The schema that a prepared statement would answer.
    pub(crate) async fn prepared_schema(
        &self,
        caller: &Caller,
        command: &CommandPreparedStatementQuery,
    ) -> Result<SchemaRef, Status> {
        let statement = self.prepared(caller, command)?;
        self.schema_now(caller, &statement).await
    }

    /// Keeps a statement for later, and says what it would answer and take.
    pub(crate) async fn prepare(
        &self,
        caller: &Caller,
        request: ActionCreatePreparedStatementRequest,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        ensure_no_transaction(request.transaction_id.as_ref())?;
        let description = self.describe(caller, &caller.terms, &request.query).await?;
        let dataset_schema = encoding::schema(&description.schema)?;
        let parameter_schema = encoding::schema(&description.parameters)?;
        let statement = Statement {
            sql: request.query,
            parameters: Vec::new(),
            terms: caller.terms.clone(),
            session: caller.session().map(str::to_owned),
        };
        let id = self.prepared.insert(&caller.owner(), statement.bytes(), Arc::new(statement));
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: id.into(),
            dataset_schema,
            parameter_schema,
        })
    }

    /// Does what a prepared statement says if it is a `SET`. Whether it was one.
    pub(crate) fn set_prepared(&self, caller: &Caller, reception: &Reception, handle: Bytes) -> Result<bool, Status> {
        let command = CommandPreparedStatementQuery { prepared_statement_handle: handle };
        set(caller, reception, &self.prepared(caller, &command)?.sql)
    }

    /// Puts values in the place of those that are bound.
    pub(crate) async fn bind(
        &self,
        caller: &Caller,
        command: CommandPreparedStatementQuery,
        messages: impl Stream<Item = Result<FlightData, Status>> + Send + 'static,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        self.prepared(caller, &command)?;
        let parameters = binding::read(messages).await?;
        let id = text(&command.prepared_statement_handle);
        let bound = self.prepared.update(&caller.owner(), id, |statement| {
            let statement = Statement {
                sql: statement.sql.clone(),
                parameters,
                terms: statement.terms.clone(),
                session: statement.session.clone(),
            };
            (statement.bytes(), Arc::new(statement))
        });
        if bound {
            Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(command.prepared_statement_handle) })
        } else {
            Err(no_such_handle(PREPARED))
        }
    }

    /// Forgets a prepared statement; one that is gone already is no error.
    pub(crate) fn close(&self, caller: &Caller, request: &ActionClosePreparedStatementRequest) {
        let command =
            CommandPreparedStatementQuery { prepared_statement_handle: request.prepared_statement_handle.clone() };
        if self.prepared(caller, &command).is_ok() {
            self.prepared.remove(&caller.owner(), text(&request.prepared_statement_handle));
        }
    }

    /// The rows that a ticket stands for.
    pub(crate) async fn rows(
        &self,
        caller: &Caller,
        ticket: &TicketStatementQuery,
        trace: &str,
    ) -> Result<Rows, Status> {
        if let Some(said) = self.portions.opened(caller, &ticket.statement_handle, self.clock.now()) {
            return self.rows_of_portion(caller, &ticket.statement_handle, &said?, trace).await;
        }
        let ticketed = self.ticketed(caller, text(&ticket.statement_handle))?;
        let Some(statement) = &ticketed.statement else {
            return Ok(nothing());
        };
        let rounds = self.rounds(caller, statement, &ticketed.stop, &ticketed.running);
        let answer = rounds.first(statement.first()).await?;
        caller.is_on_terms.store(answer.is_on_terms(), Ordering::Relaxed);
        // Asked for after the decision, so that one made in between is never taken for an older one.
        if self.engine.policy_epoch() != ticketed.policy_epoch && names(&answer.schema) != ticketed.promised {
            return Err(policies_changed());
        }
        Ok(rounds.going_out(answer, &statement.parameters, trace))
    }

    /// The rows of a prepared statement, for clients that fetch by its handle.
    pub(crate) async fn prepared_rows(
        &self,
        caller: &Caller,
        reception: &Reception,
        command: &CommandPreparedStatementQuery,
        trace: &str,
    ) -> Result<Rows, Status> {
        let statement = self.prepared(caller, command)?;
        if set(caller, reception, &statement.sql)? {
            return Ok(nothing());
        }
        let rounds = self.rounds(caller, &statement, &CancellationToken::new(), &Arc::default());
        let answer = rounds.first(statement.first()).await?;
        caller.is_on_terms.store(answer.is_on_terms(), Ordering::Relaxed);
        Ok(rounds.going_out(answer, &statement.parameters, trace))
    }

    /// Keeps the ticket of `endpoint` for longer, and says for how long.
    pub(crate) fn renew(&self, caller: &Caller, endpoint: FlightEndpoint) -> Result<FlightEndpoint, Status> {
        let ticket = endpoint.ticket.as_ref().ok_or_else(|| malformed("the endpoint names no ticket"))?;
        let handle = handle_of(ticket)?;
        if let Some(said) = self.portions.opened(caller, &handle, self.clock.now()) {
            return self.portions.renewed(said?, self.clock.now());
        }
        let id = text(&handle).to_owned();
        self.ticketed(caller, &id)?;
        Ok(FlightEndpoint { expiration_time: self.expiration(caller, &id), ..endpoint })
    }

    /// Ends what runs for the tickets of `info`, and the tickets.
    pub(crate) fn cancel(&self, caller: &Caller, info: &FlightInfo) -> Result<(), Status> {
        let mut found = false;
        for ticket in info.endpoint.iter().filter_map(|endpoint| endpoint.ticket.as_ref()) {
            let handle = handle_of(ticket)?;
            if let Some(said) = self.portions.opened(caller, &handle, self.clock.now()) {
                let Ok(said) = said else { continue };
                found = true;
                for query in self.portions.cancel(&handle, &said) {
                    self.engine.cancel(&query, &caller.principal);
                }
                continue;
            }
            let id = text(&handle).to_owned();
            if let Ok(ticketed) = self.ticketed(caller, &id) {
                found = true;
                self.tickets.remove(&caller.owner(), &id);
                ticketed.stop.cancel();
                for query in ticketed.running.lock().drain(..) {
                    self.engine.cancel(&query, &caller.principal);
                }
            }
        }
        if found { Ok(()) } else { Err(no_such_handle(TICKET)) }
    }

    fn rounds(
        &self,
        caller: &Caller,
        statement: &Statement,
        stop: &CancellationToken,
        running: &Arc<Mutex<Vec<String>>>,
    ) -> Rounds {
        Rounds {
            session: self.engine.session(caller.principal.clone(), caller.options(&statement.terms)),
            sql: statement.sql.clone(),
            message_bytes: caller.message_bytes,
            gathering: Gathering::Ready,
            stop: stop.clone(),
            running: Arc::clone(running),
        }
    }

    /// The schema that a statement answers with what is bound now: types may depend on values.
    async fn schema_now(&self, caller: &Caller, statement: &Statement) -> Result<SchemaRef, Status> {
        if statement.parameters.is_empty() {
            return Ok(self.describe(caller, &statement.terms, &statement.sql).await?.schema);
        }
        let session = self.engine.session(caller.principal.clone(), caller.options(&statement.terms));
        let schema = session.schema_of(&statement.sql, statement.first()).await;
        schema.map_err(|error| of_query(&error))
    }

    async fn describe(&self, caller: &Caller, terms: &Terms, sql: &str) -> Result<Description, Status> {
        if let Some(set) = set_statement::parse(sql) {
            setting(&set)?;
            return Ok(Description { schema: Arc::new(Schema::empty()), parameters: Schema::empty() });
        }
        let session = self.engine.session(caller.principal.clone(), caller.options(terms));
        session.describe(sql).await.map_err(|error| of_query(&error))
    }

    /// What is kept under the handle, on the terms of this call.
    fn prepared(&self, caller: &Caller, command: &CommandPreparedStatementQuery) -> Result<Arc<Statement>, Status> {
        let statement = self
            .prepared
            .get(&caller.owner(), text(&command.prepared_statement_handle))
            .filter(|statement| caller.may_use(statement.session.as_deref()))
            .ok_or_else(|| no_such_handle(PREPARED))?;
        let terms = caller.terms.clone().or(&statement.terms);
        if terms == statement.terms {
            return Ok(statement);
        }
        Ok(Arc::new(Statement {
            sql: statement.sql.clone(),
            parameters: statement.parameters.clone(),
            terms,
            session: statement.session.clone(),
        }))
    }

    fn ticketed(&self, caller: &Caller, id: &str) -> Result<Ticketed, Status> {
        self.tickets
            .get(&caller.owner(), id)
            .filter(|ticketed| caller.may_use(ticketed.session.as_deref()))
            .ok_or_else(|| no_such_handle(TICKET))
    }

    fn ticket(
        &self,
        caller: &Caller,
        statement: Option<Arc<Statement>>,
        policy_epoch: u64,
        schema: &Schema,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo, Status> {
        let bytes = statement.as_ref().map_or(0, |statement| statement.bytes());
        let ticketed = Ticketed {
            statement,
            session: caller.session().map(str::to_owned),
            policy_epoch,
            promised: names(schema),
            stop: CancellationToken::new(),
            running: Arc::default(),
        };
        let id = self.tickets.insert(&caller.owner(), bytes, ticketed);
        let expiration = self.expiration(caller, &id);
        let ticket = TicketStatementQuery { statement_handle: id.into() };
        let mut info = info(schema, ticket.as_any().encode_to_vec(), descriptor)?;
        info.endpoint.iter_mut().for_each(|endpoint| endpoint.expiration_time = expiration);
        Ok(info)
    }

    /// Until when a ticket may be redeemed if nobody uses or renews it.
    fn expiration(&self, caller: &Caller, id: &str) -> Option<Timestamp> {
        let ends = self.tickets.ends(&caller.owner(), id)?;
        Some(Timestamp { seconds: ends.timestamp(), nanos: ends.timestamp_subsec_nanos().cast_signed() })
    }
}

/// A flight of one endpoint: here.
pub(crate) fn info(
    schema: &Schema,
    ticket: impl Into<Bytes>,
    descriptor: FlightDescriptor,
) -> Result<FlightInfo, Status> {
    let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket));
    FlightInfo::new()
        .try_with_schema(schema)
        .map(|info| {
            let info = info.with_endpoint(endpoint).with_descriptor(descriptor);
            info.with_total_records(-1).with_total_bytes(-1)
        })
        .map_err(|error| bug("a schema can be encoded", &error))
}

/// Does what `sql` says if it is a `SET` of the session's. Whether it was one.
pub(crate) fn set(caller: &Caller, reception: &Reception, sql: &str) -> Result<bool, Status> {
    let Some(set) = set_statement::parse(sql) else { return Ok(false) };
    reception.set(caller, vec![setting(&set)?]).map(|()| true)
}

fn setting(set: &SetStatement) -> Result<Setting, Status> {
    Setting::parse(&set.name, set.value.as_deref()).map_err(|no| match no {
        NoSetting::Name => {
            malformed(format!("there is no variable `{}`: `weft.as_of` and `weft.purpose` are", set.name))
        }
        NoSetting::Value(problem) => malformed(format!("`{}` cannot be set: {problem}", set.name)),
    })
}

fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// The answer to a ticket whose columns were told under policies that are no longer in force, and
/// which under those of now would bring others.
fn policies_changed() -> Status {
    let text =
        "the policies have changed since this ticket was made, and with them the columns that it brings: ask again";
    refusal(Code::NOT_FOUND, text)
}

/// What a `SET` answers: no rows of no columns.
fn nothing() -> Rows {
    encoding::batch(RecordBatch::new_empty(Arc::new(Schema::empty())))
}

fn ensure_no_transaction(id: Option<&Bytes>) -> Result<(), Status> {
    match id {
        Some(id) if !id.is_empty() => Err(malformed("there are no transactions here, so none goes with a statement")),
        _ => Ok(()),
    }
}

/// The handle within a ticket of a statement's.
fn handle_of(ticket: &Ticket) -> Result<Bytes, Status> {
    let command = arrow_flight::sql::Any::decode(ticket.ticket.clone())
        .ok()
        .and_then(|any| any.unpack::<TicketStatementQuery>().ok().flatten())
        .ok_or_else(|| malformed("the ticket is none of a statement's"))?;
    Ok(command.statement_handle)
}

/// Handles are text; what is none is the handle of nothing.
fn text(handle: &Bytes) -> &str {
    std::str::from_utf8(handle).unwrap_or_default()
}
