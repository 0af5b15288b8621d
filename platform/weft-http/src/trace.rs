//! What surrounds every request: a trace id, a span, a deadline, numbers, and headers that keep
//! browsers from being clever.

use std::fmt;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::field::Empty;
use tracing::{Instrument, Span};
use weft_model::TraceContext;

use crate::problem::{self, Problem};

/// Longest time for an answer to begin.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Whose answers the engine's own limits bound.
const SQL_ROUTE: &str = "/api/v1/sql";

/// Finds a request in the log and among traces: the trace id of W3C trace context, 32 hex digits, not all zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(String);

impl TraceId {
    /// That of the span in which the request is answered; where nobody traces, the one that came with it, or a new one.
    fn of(span: &Span, given: Option<&TraceContext>) -> Self {
        let within = span.in_scope(TraceContext::current);
        let known = within.as_ref().or(given).map(TraceContext::trace_id);
        TraceId(known.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string()))
    }
}

/// Where the caller's trace is, if it says so once and well.
fn given(headers: &HeaderMap) -> Option<TraceContext> {
    let mut all = headers.get_all(TraceContext::HEADER).iter();
    let (only, None) = (all.next(), all.next()) else { return None };
    TraceContext::parse(only?.to_str().ok()?)
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Follows a request from its arrival to the head of its answer.
pub(crate) async fn follow(mut request: Request, next: Next) -> Response {
    let given = given(request.headers());
    // The pattern and not the path: a metric's label must not hold a product's name.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = method_label(request.method());
    let begin = || tracing::info_span!("http", otel.kind = "server", method, route, status = Empty);
    let span = TraceContext::within(given.as_ref(), begin);
    let trace_id = TraceId::of(&span, given.as_ref());
    let begun = Instant::now();
    request.extensions_mut().insert(trace_id.clone());

    let answer = next.run(request).instrument(span.clone());
    let response = if route.ends_with(SQL_ROUTE) {
        answer.await
    } else {
        tokio::time::timeout(ANSWER_MAX, answer).await.unwrap_or_else(|_| Problem::late().into_response())
    };
    let mut response = problem::finish(response, &trace_id);
    harden(response.headers_mut());

    let (seconds, status) = (begun.elapsed().as_secs_f64(), response.status().as_u16());
    span.record("status", status);
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.to_string())];
    metrics::counter!("weft_http_requests_total", &labels).increment(1);
    metrics::histogram!("weft_http_request_seconds", &labels).record(seconds);
    response
}

/// Headers of every answer. One that a handler set itself stays.
fn harden(headers: &mut HeaderMap) {
    const ALL: [(HeaderName, &str); 6] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in ALL {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// The method as a label: a caller may make up any number of others.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
