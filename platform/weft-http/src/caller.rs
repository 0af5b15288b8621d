//! Who asks: the bearer token of a request becomes a principal before any handler runs.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use weft_model::Principal;

use crate::Doors;
use crate::problem::Problem;

/// The principal whose token came with the request.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Principal);

/// Lets only requests with a valid token pass. Which of the ways in which credentials can be
/// wrong it was is for the log alone.
pub(crate) async fn authenticate(
    State(doors): State<Doors>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(token) = bearer(request.headers()) else {
        tracing::debug!("no bearer token");
        return Err(Problem::unauthenticated());
    };
    let principal = doors.authenticator.bearer(token).map_err(|error| {
        tracing::debug!(reason = error.reason(), "refused a token");
        Problem::unauthenticated()
    })?;
    request.extensions_mut().insert(Caller(principal));
    Ok(next.run(request).await)
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(Problem::unauthenticated)
    }
}

/// The token of the one `Authorization` header; none where there are two.
fn bearer(headers: &HeaderMap<HeaderValue>) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
