//! Who calls, and on what terms: read from a call's headers before anything else is.

use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use tonic::Status;
use tonic::metadata::MetadataMap;
use tracing::Span;
use uuid::Uuid;
use weft_engine::{Portion, SessionOptions};
use weft_identity::{Authenticator, IdentityError};
use weft_model::{Clock, Code, Principal, TraceContext};

use crate::encoding::{LARGE_MESSAGE_BYTES, LARGEST_MESSAGE_BYTES, MESSAGE_BYTES};
use crate::session::{AS_OF_HEADER, PURPOSE_HEADER, Sessions, Setting, Terms};
use crate::status::{malformed, refusal, unauthenticated};

const AUTHORIZATION: &str = "authorization";
const COOKIE_NAME: &str = "weft_session";
// Sent to clients that have no session: one that sends it back keeps cookies, so a session that
// begins later will reach it.
const COOKIE_PROBE: &str = "none";
// Never part of a token, whose alphabet is that of base64url and the dot.
const SESSION_MARK: char = '~';
// Clients in Go leave the padding away, others write it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Someone who has proved who it is, for the time of one call.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    /// What the call says, and where it says nothing, its session.
    pub(crate) terms: Terms,
    /// Into which portions an answer is to be cut, each an endpoint of its own.
    pub(crate) portions: Option<Vec<Portion>>,
    /// The trace id of the call, for the record of queries.
    pub(crate) trace: Option<String>,
    /// Id of what the call asks: what was decided is recorded under it, and explained by it.
    pub(crate) query: String,
    /// Whether something is masked, left out or filtered in what it gets.
    pub(crate) is_on_terms: AtomicBool,
    /// Bytes of a message that the client takes.
    pub(crate) message_bytes: usize,
    session: Option<String>,
    keeps_cookies: bool,
    cookie: OnceLock<String>,
}

impl Caller {
    /// Whose handles this caller may use.
    pub(crate) fn owner(&self) -> String {
        self.principal.subject()
    }

    /// How the engine is asked by this call on `terms`.
    pub(crate) fn options(&self, terms: &Terms) -> SessionOptions {
        SessionOptions { trace: self.trace.clone(), query: Some(self.query.clone()), ..terms.options() }
    }

    /// The session of the call, if it has one.
    pub(crate) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Whether something made in the session `made_in` may be used here.
    pub(crate) fn may_use(&self, made_in: Option<&str>) -> bool {
        made_in.is_none() || made_in == self.session()
    }

    /// The cookie that the answer sets, if it sets one.
    pub(crate) fn cookie_to_set(&self) -> Option<String> {
        match self.cookie.get() {
            Some(cookie) => Some(cookie.clone()),
            None if self.session.is_none() && !self.keeps_cookies => Some(cookie(COOKIE_PROBE)),
            None => None,
        }
    }
}

/// Finds out who calls.
#[derive(Debug)]
pub(crate) struct Reception {
    authenticator: Arc<Authenticator>,
    sessions: Sessions,
}

impl Reception {
    pub(crate) fn new(authenticator: Arc<Authenticator>, clock: Arc<dyn Clock>) -> Self {
        Reception { authenticator, sessions: Sessions::new(clock) }
    }

    /// Who sends these headers from that address, by a bearer token.
    pub(crate) async fn caller(&self, headers: &MetadataMap, from: Option<IpAddr>) -> Result<Caller, Status> {
        let bearer = credentials(headers, "bearer").ok_or_else(unauthenticated)?;
        let (token, session) = match bearer.split_once(SESSION_MARK) {
            Some((token, session)) => (token, Some(session)),
            None => (bearer, None),
        };
        let principal = self.authenticator.bearer(token, from).await.map_err(refused)?;
        let owner = principal.subject();
        let (session, set, keeps_cookies) = match session {
            Some(id) => (Some(id), self.sessions.terms(&owner, id).ok_or_else(unauthenticated)?, false),
            None => match session_cookie(headers) {
                Some(COOKIE_PROBE) => (None, Terms::default(), true),
                Some(id) => (Some(id), self.sessions.terms(&owner, id).ok_or_else(session_is_over)?, true),
                None => (None, Terms::default(), false),
            },
        };
        let session = session.map(str::to_owned);
        let terms = spoken(headers)?.or(&set);
        let portions = header(headers, SessionOptions::ENDPOINTS_HEADER, SessionOptions::read_endpoints)?;
        let message_bytes = message_bytes(headers);
        Ok(Caller {
            principal,
            terms,
            portions,
            trace: None,
            query: Uuid::new_v4().simple().to_string(),
            is_on_terms: AtomicBool::new(false),
            message_bytes,
            session,
            keeps_cookies,
            cookie: OnceLock::new(),
        })
    }

    /// Greets whoever proves a name by Basic `NAME:TOKEN` or by a bearer: the answer is a bearer that
    /// stands for the same token and a new session.
    pub(crate) async fn greet(&self, headers: &MetadataMap, from: Option<IpAddr>) -> Result<String, Status> {
        let (principal, token) = match credentials(headers, "basic") {
            Some(encoded) => {
                let decoded = BASE64.decode(encoded).map_err(|_| unauthenticated())?;
                let pair = String::from_utf8(decoded).map_err(|_| unauthenticated())?;
                let (name, token) = pair.split_once(':').ok_or_else(unauthenticated)?;
                (self.authenticator.basic(name, token, from).await.map_err(refused)?, token.to_owned())
            }
            None => {
                let bearer = credentials(headers, "bearer").ok_or_else(unauthenticated)?;
                let token = bearer.split(SESSION_MARK).next().unwrap_or_default();
                (self.authenticator.bearer(token, from).await.map_err(refused)?, token.to_owned())
            }
        };
        let session = self.sessions.begin(&principal.subject());
        Ok(format!("{token}{SESSION_MARK}{session}"))
    }

    /// Sets all of `settings` in the caller's session; begins one for a caller who keeps cookies.
    pub(crate) fn set(&self, caller: &Caller, settings: Vec<Setting>) -> Result<(), Status> {
        let owner = caller.owner();
        let id = match caller.session() {
            Some(id) => id.to_owned(),
            None if caller.keeps_cookies => {
                let id = self.sessions.begin(&owner);
                let _ = caller.cookie.set(cookie(&id));
                id
            }
            None => return Err(no_session(&settings)),
        };
        if self.sessions.set(&owner, &id, settings) { Ok(()) } else { Err(session_is_over()) }
    }

    /// What is set in the caller's session.
    pub(crate) fn set_terms(&self, caller: &Caller) -> Terms {
        caller.session().and_then(|id| self.sessions.terms(&caller.owner(), id)).unwrap_or_default()
    }

    /// Ends the caller's session. Whether there was one.
    pub(crate) fn end(&self, caller: &Caller) -> bool {
        let ended = caller.session().is_some_and(|id| self.sessions.end(&caller.owner(), id));
        if ended && caller.keeps_cookies {
            let _ = caller.cookie.set(cookie(COOKIE_PROBE));
        }
        ended
    }
}

/// What a client takes by its name: those of Arrow's C++ and Java set no limit, the drivers of ADBC
/// one of 16 MiB. Others may have that of their gRPC library.
fn message_bytes(headers: &MetadataMap) -> usize {
    let name = headers.get("user-agent").and_then(|name| name.to_str().ok()).unwrap_or_default();
    match name {
        _ if name.contains("ADBC") => LARGE_MESSAGE_BYTES,
        _ if name.contains("grpc-c++") || name.contains("grpc-java") => LARGEST_MESSAGE_BYTES,
        _ => MESSAGE_BYTES,
    }
}

/// Where the caller's trace is, if it says so once and well.
pub(crate) fn given_trace(headers: &MetadataMap) -> Option<TraceContext> {
    let mut all = headers.get_all(TraceContext::HEADER).iter();
    let (only, None) = (all.next(), all.next()) else { return None };
    TraceContext::parse(only?.to_str().ok()?)
}

/// The id under which errors, the log and records of queries speak of a call: that of the trace of its `span`; where
/// nobody traces, of the one that was given, or a new one.
pub(crate) fn trace_id(span: &Span, given: Option<&TraceContext>) -> String {
    let within = span.in_scope(TraceContext::current);
    let known = within.as_ref().or(given).map(TraceContext::trace_id);
    known.unwrap_or_else(|| Uuid::new_v4().simple().to_string())
}

/// The credentials of the one `authorization` header; none where there are two.
fn credentials<'a>(headers: &'a MetadataMap, scheme: &str) -> Option<&'a str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    let (given, rest) = only.to_str().ok()?.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// What the call's own headers say.
fn spoken(headers: &MetadataMap) -> Result<Terms, Status> {
    Ok(Terms {
        purpose: header(headers, PURPOSE_HEADER, SessionOptions::read_purpose)?,
        as_of: header(headers, AS_OF_HEADER, SessionOptions::read_as_of)?,
    })
}

/// What one header says, if it is there and not empty.
fn header<T>(
    headers: &MetadataMap,
    name: &str,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, Status> {
    let mut all = headers.get_all(name).iter();
    let text = match (all.next().map(|value| value.to_str()), all.next()) {
        (None | Some(Ok("")), None) => return Ok(None),
        (Some(Ok(text)), None) => text,
        (Some(Err(_)), None) => return Err(malformed(format!("the header `{name}` is not ASCII text"))),
        (_, Some(_)) => return Err(malformed(format!("the header `{name}` stands more than once"))),
    };
    read(text).map(Some).map_err(|problem| malformed(format!("the header `{name}` is malformed: {problem}")))
}

fn session_cookie(headers: &MetadataMap) -> Option<&str> {
    headers
        .get_all("cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value.trim_matches('"'))
}

fn cookie(value: &str) -> String {
    format!("{COOKIE_NAME}={value}; Path=/; HttpOnly")
}

fn refused(error: IdentityError) -> Status {
    tracing::info!(reason = %error.reason(), "credentials refused");
    match error {
        IdentityError::TooMany { .. } => refusal(error.code(), error.to_string()),
        _ => unauthenticated(),
    }
}

/// Takes the cookie back too, so that the next call can go without.
fn session_is_over() -> Status {
    let mut status = malformed("the session of the cookie `weft_session` has ended: set again what it held");
    if let Ok(value) = cookie(COOKIE_PROBE).parse() {
        status.metadata_mut().insert("set-cookie", value);
    }
    status
}

fn no_session(settings: &[Setting]) -> Status {
    let mut headers: Vec<_> = settings.iter().map(|setting| format!("`{}`", setting.header())).collect();
    headers.sort();
    headers.dedup();
    let text = format!(
        "nothing can be set without a session, which is the bearer of a handshake or a cookie: send the header {} with each call",
        headers.join(" and ")
    );
    refusal(Code::STATEMENT_NOT_ALLOWED, text)
}

#[cfg(test)]
mod tests;
