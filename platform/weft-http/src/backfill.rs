//! A stretch of time of a port, made anew.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use tracing::Instrument;
use weft_catalog::CatalogError;
use weft_model::{Code, PortRef, TimeRange, interval};
use weft_reconcile::{BackfillError, Backfilled};
use weft_wire as wire;

use crate::Doors;
use crate::asked::{self, Named};
use crate::caller::Caller;
use crate::problem::Problem;

/// Makes whole intervals of a port anew, for who answers for it. Answers once they are released.
#[utoipa::path(post, path = "/v1/ports/{domain}/{product}/{port}/backfill", tag = "publish",
    request_body = wire::BackfillRequest,
    responses((status = 200, body = wire::Backfill)))]
pub(crate) async fn backfill(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(port): Named<PortRef>,
    body: Bytes,
) -> Result<Json<wire::Backfill>, Problem> {
    let range = read(&body)?;
    let view = doors.view(&principal);
    view.port(&port)?;
    if !view.answers_for_product(&port.product_ref()) {
        return Err(Problem::not_theirs(&port.product_ref()));
    }
    let (controller, wanted) = (Arc::clone(&doors.controller), port.clone());
    // To the end, also where the caller hangs up.
    let done = tokio::spawn(async move { controller.backfill(&wanted, range).await }.in_current_span()).await;
    let made = done.map_err(|_| Problem::internal())?.map_err(|error| refused(&error, &port))?;
    Ok(Json(told(made)))
}

fn read(body: &[u8]) -> Result<TimeRange, Problem> {
    let request: wire::BackfillRequest = asked::body(body, "backfill")?;
    let instant = |key: &str, text: &str| {
        let refused = || Problem::malformed(format!("`{key}` is neither a date nor a time in RFC 3339"));
        interval::instant(text).ok_or_else(refused)
    };
    Ok(TimeRange { from: instant("from", &request.from)?, to: instant("to", &request.to)? })
}

/// What the caller is told of a backfill that did not come about.
fn refused(error: &BackfillError, port: &PortRef) -> Problem {
    match error {
        BackfillError::NotServed { .. } => CatalogError::NotFound { kind: "port", name: port.to_string() }.into(),
        BackfillError::Trouble(trouble) => {
            tracing::error!(%port, error = %trouble, "a backfill failed");
            match trouble.code() {
                Code::INTERNAL => Problem::internal(),
                Code::NOT_LEADING => Problem::not_leading(trouble),
                code => Problem::unavailable(code),
            }
        }
        _ => Problem::conflict(error.code(), error.to_string()),
    }
}

fn told(made: Backfilled) -> wire::Backfill {
    wire::Backfill {
        intervals: made.intervals,
        done_before: made.done_before,
        commits: made.commits,
        range: made.range.to_string(),
        release: made.release,
        table_version: made.table_version,
        rows: made.rows,
        run: made.run,
    }
}
