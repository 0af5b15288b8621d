//! The verbs of Flight: who calls is found out first, then the message is decoded and answered.

use std::any::Any as Panic;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use arrow_flight::flight_descriptor::DescriptorType;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{Any, Command, DoPutUpdateResult, ProstMessageExt};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest, HandshakeResponse,
    PollInfo, PutResult, SchemaResult, Ticket,
};
use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt};
use prost::Message;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::{Extensions, Request, Response, Status, Streaming};
use tracing::{Instrument, field};
use weft_engine::{Engine, Session};
use weft_identity::{Authenticator, TicketSeal};
use weft_model::{Clock, TraceContext};

use crate::caller::{Caller, Reception, given_trace, trace_id};
use crate::encoding::{self, Rows};
use crate::message::Message as IpcMessage;
use crate::statements::{self, Statements};
use crate::status::{EXPLAIN_HEADER, bug, explained, malformed, read_only, traced, unsupported};
use crate::{actions, ingest, metadata};

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The door.
#[derive(Debug)]
pub(crate) struct Door {
    engine: Arc<Engine>,
    reception: Reception,
    statements: Statements,
}

/// The address at the other end of a call's connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// One call, after its caller is known.
struct Call {
    caller: Caller,
    trace: String,
}

impl Door {
    pub(crate) fn new(
        engine: Arc<Engine>,
        authenticator: Arc<Authenticator>,
        seal: TicketSeal,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let statements = Statements::new(Arc::clone(&engine), seal, &clock);
        Door { engine, reception: Reception::new(authenticator, clock), statements }
    }

    /// Answers one call: finds out who calls, does the work, sees to it that a panic ends nothing but
    /// this call, puts the trace id beside every refusal, sets the cookie and counts.
    async fn answer<'a, T, Fut>(
        &'a self,
        verb: &'static str,
        headers: &MetadataMap,
        from: Option<Peer>,
        work: impl FnOnce(Arc<Call>) -> Fut + Send + 'a,
    ) -> Result<Response<T>, Status>
    where
        T: Send,
        Fut: Future<Output = Result<T, Status>> + Send + 'a,
    {
        let (began, given) = (Instant::now(), given_trace(headers));
        let begin = || {
            tracing::info_span!("flight", otel.kind = "server", verb, principal = field::Empty, outcome = field::Empty)
        };
        let span = TraceContext::within(given.as_ref(), begin);
        let trace = trace_id(&span, given.as_ref());
        let mut query = None;
        let caller = self.reception.caller(headers, from.map(|Peer(address)| address)).instrument(span.clone());
        let answered = match caller.await {
            Err(status) => Err(status),
            Ok(mut caller) => {
                query = Some(caller.query.clone());
                caller.trace = Some(trace.clone());
                span.record("principal", field::display(&caller.principal));
                let call = Arc::new(Call { caller, trace: trace.clone() });
                let worked = AssertUnwindSafe(work(Arc::clone(&call))).catch_unwind().instrument(span.clone()).await;
                worked.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))).map(|body| surrounded(body, &call.caller))
            }
        };
        let outcome = answered.as_ref().map_or_else(|status| outcome(status), |_| "ok");
        span.record("outcome", outcome);
        metrics::counter!("weft_flight_requests_total", "verb" => verb, "outcome" => outcome).increment(1);
        metrics::histogram!("weft_flight_request_seconds", "verb" => verb).record(began.elapsed().as_secs_f64());
        answered.map_err(|status| explained(traced(status, &trace), query.as_deref()))
    }

    fn session(&self, caller: &Caller) -> Session {
        self.engine.session(caller.principal.clone(), caller.options(&caller.terms))
    }

    async fn flight_info(&self, call: &Call, descriptor: FlightDescriptor) -> Result<FlightInfo, Status> {
        match command_of(&descriptor)? {
            Command::CommandStatementQuery(query) => {
                self.statements.info(&call.caller, &self.reception, query, descriptor).await
            }
            Command::CommandPreparedStatementQuery(query) => {
                self.statements.prepared_info(&call.caller, &self.reception, &query, descriptor).await
            }
            command => {
                let schema = metadata::schema(&command)?;
                let ticket = descriptor.cmd.clone();
                statements::info(&schema, ticket, descriptor)
            }
        }
    }

    async fn schema(&self, call: &Call, descriptor: FlightDescriptor) -> Result<SchemaResult, Status> {
        let schema = match command_of(&descriptor)? {
            Command::CommandStatementQuery(query) => self.statements.schema(&call.caller, &query).await?,
            Command::CommandPreparedStatementQuery(query) => {
                self.statements.prepared_schema(&call.caller, &query).await?
            }
            command => metadata::schema(&command)?,
        };
        Ok(SchemaResult { schema: encoding::schema(&schema)? })
    }

    async fn rows(&self, call: &Call, ticket: Ticket) -> Result<Rows, Status> {
        let rows = match command_in(ticket.ticket)? {
            Command::TicketStatementQuery(ticket) => self.statements.rows(&call.caller, &ticket, &call.trace).await?,
            Command::CommandPreparedStatementQuery(query) => {
                self.statements.prepared_rows(&call.caller, &self.reception, &query, &call.trace).await?
            }
            command => encoding::batch(metadata::rows(&command, &self.session(&call.caller))?),
        };
        Ok(unwinding(rows, call.trace.clone()))
    }

    /// Answers a call for the rows of a ticket, which is read once it is known who calls.
    pub(crate) async fn rows_of(
        &self,
        headers: &MetadataMap,
        from: Option<Peer>,
        ticket: impl Future<Output = Result<Ticket, Status>> + Send,
    ) -> Result<Response<Rows>, Status> {
        let work = |call: Arc<Call>| async move { self.rows(&call, ticket.await?).await };
        self.answer("do_get", headers, from, work).await
    }

    async fn put(&self, call: &Call, mut messages: Streaming<FlightData>) -> Result<Bytes, Status> {
        let first = messages.message().await?.ok_or_else(|| malformed("the first message is missing"))?;
        let descriptor =
            first.flight_descriptor.as_ref().ok_or_else(|| malformed("the first message has no descriptor"))?;
        match command_of(descriptor)? {
            Command::CommandPreparedStatementQuery(query) => {
                let messages = futures::stream::iter([Ok(first)]).chain(messages);
                Ok(self.statements.bind(&call.caller, query, messages).await?.encode_to_vec().into())
            }
            Command::CommandStatementUpdate(update) => {
                let done = statements::set(&call.caller, &self.reception, &update.query)?;
                updated_nothing(done)
            }
            Command::CommandPreparedStatementUpdate(update) => {
                let handle = update.prepared_statement_handle;
                updated_nothing(self.statements.set_prepared(&call.caller, &self.reception, handle)?)
            }
            Command::CommandStatementIngest(command) => {
                let messages = futures::stream::iter([Ok(first)]).chain(messages);
                let record_count = ingest::ingest(&self.engine, &call.caller, command, messages).await?;
                Ok(DoPutUpdateResult { record_count }.encode_to_vec().into())
            }
            other => Err(unsupported(&format!("putting `{}`", other.type_url()))),
        }
    }
}

#[tonic::async_trait]
impl FlightService for Door {
    type HandshakeStream = Messages<HandshakeResponse>;
    type ListFlightsStream = Messages<FlightInfo>;
    type DoGetStream = Messages<FlightData>;
    type DoPutStream = Messages<PutResult>;
    type DoActionStream = Messages<arrow_flight::Result>;
    type ListActionsStream = Messages<ActionType>;
    type DoExchangeStream = Messages<FlightData>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        let headers = request.metadata();
        let given = given_trace(headers);
        let span = TraceContext::within(given.as_ref(), || tracing::info_span!("flight", verb = "handshake"));
        let (began, trace) = (Instant::now(), trace_id(&span, given.as_ref()));
        let from = peer(request.extensions()).map(|Peer(address)| address);
        let greeted = self.reception.greet(headers, from).instrument(span).await;
        let outcome = greeted.as_ref().map_or_else(outcome, |_| "ok");
        metrics::counter!("weft_flight_requests_total", "verb" => "handshake", "outcome" => outcome).increment(1);
        let seconds = began.elapsed().as_secs_f64();
        metrics::histogram!("weft_flight_request_seconds", "verb" => "handshake").record(seconds);
        let token = greeted.map_err(|status| traced(status, &trace))?;
        let bearer: MetadataValue<Ascii> =
            format!("Bearer {token}").parse().map_err(|error| bug("a bearer fits into a header", &error))?;
        let payload = HandshakeResponse { protocol_version: 0, payload: token.into() };
        let mut response = Response::new(one(payload));
        response.metadata_mut().insert("authorization", bearer);
        Ok(response)
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        let refuse = |_| async { Err(unsupported("`ListFlights`")) };
        self.answer("list_flights", request.metadata(), peer(request.extensions()), refuse).await
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, Status> {
        let (headers, extensions, descriptor) = request.into_parts();
        let work = |call: Arc<Call>| async move { self.flight_info(&call, descriptor).await };
        self.answer("get_flight_info", &headers, peer(&extensions), work).await
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        let (headers, extensions, descriptor) = request.into_parts();
        // Planning is all that comes before the rows, so the first answer is the last.
        let work = |call: Arc<Call>| async move {
            let info = self.flight_info(&call, descriptor).await?;
            Ok(PollInfo { info: Some(info), flight_descriptor: None, progress: Some(1.0), expiration_time: None })
        };
        self.answer("poll_flight_info", &headers, peer(&extensions), work).await
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        let (headers, extensions, descriptor) = request.into_parts();
        let work = |call: Arc<Call>| async move { self.schema(&call, descriptor).await };
        self.answer("get_schema", &headers, peer(&extensions), work).await
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        let (headers, extensions, ticket) = request.into_parts();
        let rows = self.rows_of(&headers, peer(&extensions), async { Ok(ticket) }).await?;
        Ok(rows.map(|rows| -> Self::DoGetStream { Box::pin(rows.map(|row| row.map(IpcMessage::into_flight_data))) }))
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Result<Response<Self::DoPutStream>, Status> {
        let (headers, extensions, messages) = request.into_parts();
        let work = |call: Arc<Call>| async move {
            let app_metadata = self.put(&call, messages).await?;
            Ok(one(PutResult { app_metadata }))
        };
        self.answer("do_put", &headers, peer(&extensions), work).await
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        let refuse = |_| async { Err(unsupported("`DoExchange`")) };
        self.answer("do_exchange", request.metadata(), peer(request.extensions()), refuse).await
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        let (headers, extensions, action) = request.into_parts();
        let label = actions::label(&action);
        let work = |call: Arc<Call>| async move {
            let body = actions::perform(&call.caller, &self.reception, &self.statements, action).await?;
            let results: Vec<_> = body.into_iter().map(|body| Ok(arrow_flight::Result { body })).collect();
            Ok(Box::pin(futures::stream::iter(results)) as Self::DoActionStream)
        };
        self.answer(label, &headers, peer(&extensions), work).await
    }

    async fn list_actions(&self, request: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        let list = |_| async {
            let actions: Vec<_> = actions::list().into_iter().map(Ok).collect();
            Ok(Box::pin(futures::stream::iter(actions)) as Self::ListActionsStream)
        };
        self.answer("list_actions", request.metadata(), peer(request.extensions()), list).await
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("trace", &self.trace).finish_non_exhaustive()
    }
}

fn command_of(descriptor: &FlightDescriptor) -> Result<Command, Status> {
    if descriptor.r#type != DescriptorType::Cmd as i32 {
        return Err(malformed("name what you want by a command of Flight SQL: there are no paths"));
    }
    command_in(descriptor.cmd.clone())
}

fn command_in(bytes: Bytes) -> Result<Command, Status> {
    let wrong = || malformed("this is no command of Flight SQL");
    let any = Any::decode(bytes).map_err(|_| wrong())?;
    if any.type_url.is_empty() {
        return Err(wrong());
    }
    if any.type_url == arrow_flight::sql::CommandStatementSubstraitPlan::type_url() {
        return Err(read_only("a Substrait plan"));
    }
    Command::try_from(any).map_err(|_| wrong())
}

/// The answer to an update: that it was a `SET`, which changes no row, or a refusal.
fn updated_nothing(was_set: bool) -> Result<Bytes, Status> {
    if was_set { Ok(DoPutUpdateResult { record_count: 0 }.encode_to_vec().into()) } else { Err(read_only("an update")) }
}

fn peer(extensions: &Extensions) -> Option<Peer> {
    extensions.get().copied()
}

fn one<T: Send + 'static>(message: T) -> Messages<T> {
    Box::pin(futures::stream::iter([Ok(message)]))
}

/// The same rows, of which a panic ends no more than themselves.
fn unwinding(rows: Rows, trace: String) -> Rows {
    let rows = AssertUnwindSafe(rows).catch_unwind();
    Box::pin(rows.map(move |row| match row {
        Ok(row) => row,
        Err(panic) => Err(traced(panicked(panic.as_ref()), &trace)),
    }))
}

fn panicked(panic: &(dyn Panic + Send)) -> Status {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text");
    bug("no call panics", &text)
}

/// The answer, with what travels beside it: the cookie, and where to ask why something is masked.
fn surrounded<T>(body: T, caller: &Caller) -> Response<T> {
    let mut response = Response::new(body);
    if let Some(cookie) = caller.cookie_to_set().and_then(|cookie| cookie.parse().ok()) {
        response.metadata_mut().insert("set-cookie", cookie);
    }
    if caller.is_on_terms.load(Ordering::Relaxed)
        && let Ok(query) = caller.query.parse()
    {
        response.metadata_mut().insert(EXPLAIN_HEADER, query);
    }
    response
}

/// How a refusal is counted.
fn outcome(status: &Status) -> &'static str {
    match status.code() {
        tonic::Code::Unauthenticated => "unauthenticated",
        tonic::Code::PermissionDenied => "denied",
        tonic::Code::NotFound => "not_found",
        tonic::Code::InvalidArgument => "invalid",
        tonic::Code::ResourceExhausted | tonic::Code::DeadlineExceeded => "over_limit",
        tonic::Code::Cancelled => "cancelled",
        tonic::Code::Unimplemented => "unimplemented",
        tonic::Code::Unavailable => "unavailable",
        _ => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rope::Rope;

    #[tokio::test]
    async fn rows_whose_making_comes_down_are_not_taken_for_all_rows() {
        let message = || IpcMessage { header: vec![1], body: Rope::default() };
        let rows = futures::stream::iter(0..3).map(move |n| if n < 2 { Ok(message()) } else { panic!("of a bug") });
        let read: Vec<_> = unwinding(Box::pin(rows), "abc".to_owned()).collect().await;
        assert!(matches!(&read[..], [Ok(_), Ok(_), Err(status)] if status.code() == tonic::Code::Internal));
    }
}
