//! Each request to a store is seen: as a span of whoever asks, and as numbers.

use std::sync::Arc;
use std::time::Instant;

use object_store::{Error, ObjectStore, Result};
use tracing::{Instrument, Span};

use crate::around::{Around, AroundStore, Request};

#[derive(Debug)]
pub(crate) struct Seen;

impl Seen {
    pub(crate) fn over(inner: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        AroundStore::over(inner, Seen)
    }
}

impl Around for Seen {
    async fn around<T: Send>(&self, request: Request, answer: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let (operation, began, _under_way) = (request.operation, Instant::now(), UnderWay::new());
        let answer = answer.instrument(span(&request)).await;
        metrics::counter!("weft_store_requests_total", "operation" => operation, "outcome" => outcome(&answer))
            .increment(1);
        metrics::histogram!("weft_store_request_seconds", "operation" => operation)
            .record(began.elapsed().as_secs_f64());
        answer
    }
}

/// Counts a request for as long as its answer is waited for, however that ends.
struct UnderWay;

impl UnderWay {
    fn new() -> Self {
        metrics::gauge!("weft_store_requests_under_way").increment(1.0);
        UnderWay
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        metrics::gauge!("weft_store_requests_under_way").decrement(1.0);
    }
}

/// It names no path: those of tables that others wrote hold values of their partitions.
fn span(request: &Request) -> Span {
    let Request { operation, ranges, bytes, .. } = *request;
    match request.writes {
        true => tracing::info_span!("write", operation, bytes, otel.kind = "client"),
        false => tracing::info_span!("read", operation, ranges, bytes, otel.kind = "client"),
    }
}

/// What is not there, or there already, is an answer and no failure.
fn outcome<T>(answer: &Result<T>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(Error::NotFound { .. }) => "not_found",
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. }) => "exists",
        Err(_) => "failed",
    }
}
