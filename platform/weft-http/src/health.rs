//! What machines ask: whether the process lives, whether it serves, and its numbers.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Doors, port_numbers};

/// Answers as long as the process can.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, body = String)))]
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Answers well once the first reconcile is done.
#[utoipa::path(get, path = "/health/ready", tag = "health", responses((status = 200, body = String)))]
pub(crate) async fn ready(State(doors): State<Doors>) -> Result<&'static str, Problem> {
    if *doors.ready.borrow() { Ok("ready\n") } else { Err(Problem::not_ready()) }
}

/// The numbers in Prometheus' text format. Labels hold no product's name and no SQL, since
/// whoever scrapes is not asked for a token; those of ports are at `/metrics/ports`.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(doors): State<Doors>) -> impl IntoResponse {
    let (policies, now) = (&doors.policies, doors.clock.now());
    metrics::gauge!("weft_policy_epoch").set(policies.current().epoch() as f64);
    // Where they never were known to be the newest, it is the whole time since the start.
    let age = policies.age(now).unwrap_or(now - doors.started_at);
    metrics::gauge!("weft_policy_age_seconds").set(age.num_seconds() as f64);
    let stale = doors.controller.stale().map_or(0, |stale| (now - stale.since).num_seconds());
    metrics::gauge!("weft_source_stale_seconds").set(stale as f64);
    metrics::gauge!("weft_queries_running").set(doors.engine.queries_running() as f64);
    metrics::gauge!("weft_queries_bytes").set(doors.engine.queries_bytes() as f64);
    if let Some(bytes) = weft_engine::resident_bytes() {
        metrics::gauge!("weft_process_resident_bytes").set(bytes as f64);
    }
    metrics::gauge!("weft_ready").set(f64::from(u8::from(*doors.ready.borrow())));
    doors.metrics.run_upkeep();
    exposed(port_numbers::without(&doors.metrics.render()))
}

/// The numbers of single ports, in the same format: of those for which the caller answers, or of all for who sees all usage.
#[utoipa::path(get, path = "/metrics/ports", tag = "health",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn port_metrics(State(doors): State<Doors>, Caller(principal): Caller) -> impl IntoResponse {
    let view = doors.view(&principal);
    doors.metrics.run_upkeep();
    exposed(port_numbers::of(&doors.metrics.render(), |port| view.sees_queries_of(port)))
}

fn exposed(numbers: String) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], numbers)
}
