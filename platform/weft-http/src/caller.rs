//! Who asks: the bearer token of a request, or the cookie of a browser that has signed in, becomes a principal before any
//! handler runs.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use chrono::{DateTime, Utc};
use weft_identity::{BrowserSession, IdentityError};
use weft_model::Principal;

use crate::Doors;
use crate::problem::Problem;

/// The cookie that holds a browser's secret.
pub(crate) const COOKIE: &str = "weft_session";

/// The header in which a page proves that it is of this server.
const CSRF: &str = "x-weft-csrf";

/// The principal whose token or cookie came with the request.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Principal);

/// The other end of a request's connection, which whoever serves puts into the request's extensions. What a proxy says of
/// whoever is behind it counts for nothing.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The address that a request came from, where its connection has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CameFrom(pub(crate) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for CameFrom {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(CameFrom(parts.extensions.get::<Peer>().map(|Peer(address)| *address)))
    }
}

/// That the caller is a browser that is signed in, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedIn {
    pub(crate) until: DateTime<Utc>,
}

/// Lets only requests with a valid token or cookie pass. Which of the ways in which credentials can be
/// wrong it was is for the log alone.
pub(crate) async fn authenticate(
    State(doors): State<Doors>,
    CameFrom(from): CameFrom,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let headers = request.headers();
    if headers.contains_key(AUTHORIZATION) {
        let principal = by_token(&doors, headers, from).await?;
        request.extensions_mut().insert(Caller(principal));
    } else {
        let (principal, until) = by_cookie(&doors, headers, request.method().is_safe())?;
        request.extensions_mut().insert(SignedIn { until });
        request.extensions_mut().insert(Caller(principal));
    }
    Ok(next.run(request).await)
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(Problem::unauthenticated)
    }
}

async fn by_token(doors: &Doors, headers: &HeaderMap, from: Option<IpAddr>) -> Result<Principal, Problem> {
    let token = bearer(headers).ok_or_else(Problem::unauthenticated)?;
    doors.authenticator.bearer(token, from).await.map_err(refused)
}

/// Whom a browser is signed in as. A request that may change something must prove that a page of this server made it,
/// since browsers send cookies along with requests of other sites' pages.
fn by_cookie(doors: &Doors, headers: &HeaderMap, is_safe: bool) -> Result<(Principal, DateTime<Utc>), Problem> {
    let session = session(doors, headers).ok_or_else(Problem::unauthenticated)?;
    let is_proven = || headers.get(CSRF).is_some_and(|proof| proof.as_bytes() == session.csrf.as_bytes());
    let is_let = is_safe || (is_proven() && is_of_this_site(headers));
    if !is_let {
        return Err(Problem::forged());
    }
    let principal = doors.authenticator.known(&session.identity).map_err(refused)?;
    doors.authenticator.admit(&principal).map_err(refused)?;
    Ok((principal, session.until))
}

/// The session for which the request's cookie stands.
pub(crate) fn session(doors: &Doors, headers: &HeaderMap) -> Option<BrowserSession> {
    let jar = CookieJar::from_headers(headers);
    doors.sessions.find(jar.get(COOKIE)?.value(), doors.clock.now())
}

/// Whether the request comes from a page of the host that it goes to, or from no page at all.
pub(crate) fn is_of_this_site(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), headers.get(HOST).map(HeaderValue::to_str)) else {
        return false;
    };
    origin.split_once("://").is_some_and(|(_, of)| of == host)
}

/// What is told of credentials that do not hold, and of too many requests.
pub(crate) fn refused(error: IdentityError) -> Problem {
    tracing::debug!(reason = error.reason(), "refused credentials");
    match error {
        IdentityError::TooMany { seconds, .. } => Problem::too_many(error.to_string(), seconds),
        _ => Problem::unauthenticated(),
    }
}

/// The token of the one `Authorization` header; none where there are two.
fn bearer(headers: &HeaderMap<HeaderValue>) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
