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
use tracing::Instrument;

use crate::problem::{self, Problem};

/// Longest time for an answer to begin.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Whose answers the engine's own limits bound.
const SQL_ROUTE: &str = "/api/v1/sql";

/// Finds a request in the log: the trace id of W3C trace context, 32 hex digits, not all zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(String);

impl TraceId {
    /// The trace id that came with the request, or a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut all = headers.get_all("traceparent").iter();
        let (only, None) = (all.next(), all.next()) else { return TraceId::fresh() };
        only.and_then(|value| TraceId::of_traceparent(value.to_str().ok()?)).unwrap_or_else(TraceId::fresh)
    }

    fn fresh() -> Self {
        TraceId(uuid::Uuid::new_v4().simple().to_string())
    }

    /// Reads `00-<trace id>-<parent id>-<flags>`. Versions to come may add parts at the end.
    fn of_traceparent(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let zero = |text: &str| text.bytes().all(|b| b == b'0');
        let [version, trace, parent, flags, rest @ ..] = parts.as_slice() else { return None };
        let well_formed = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
        let allowed = *version != "ff" && !zero(trace) && !zero(parent) && (*version != "00" || rest.is_empty());
        (well_formed && allowed).then(|| TraceId((*trace).to_owned()))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Follows a request from its arrival to the head of its answer.
pub(crate) async fn follow(mut request: Request, next: Next) -> Response {
    let trace_id = TraceId::of(request.headers());
    // The pattern and not the path: a metric's label must not hold a product's name.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = method_label(request.method());
    let span = tracing::info_span!("http", %trace_id, method, route);
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
    span.in_scope(|| tracing::debug!(status, seconds, "answered"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_valid_traceparent_is_taken_over() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let of = |text: String| TraceId::of_traceparent(&text).map(|trace| trace.0);
        assert_eq!(of(format!("00-{id}-b7ad6b7169203331-01")), Some(id.to_owned()));
        assert_eq!(of(format!("cc-{id}-b7ad6b7169203331-01-tomorrow")), Some(id.to_owned()));
        for text in [
            format!("00-{id}-b7ad6b7169203331-01-more"),
            format!("ff-{id}-b7ad6b7169203331-01"),
            format!("00-{id}-0000000000000000-01"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{}-b7ad6b7169203331-01", id.to_uppercase()),
            format!("00-{id}-b7ad6b7169203331"),
            String::new(),
        ] {
            assert_eq!(of(text.clone()), None, "{text}");
        }
    }
}
