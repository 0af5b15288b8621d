//! Rows of a port, erased for good.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use tracing::Instrument;
use weft_catalog::{CatalogError, CatalogView};
use weft_model::{Code, Erasure, PortRef};
use weft_reconcile::{Erase, EraseError};
use weft_wire as wire;

use crate::Doors;
use crate::asked::{self, Named};
use crate::caller::Caller;
use crate::problem::Problem;

/// Longest condition: it is kept with the certificate.
const CONDITION_CHARS_MAX: usize = 10_000;

/// Erases rows of a port, or tells what would go, for who answers for it. Answers with the certificate.
#[utoipa::path(post, path = "/v1/ports/{domain}/{product}/{port}/erase", tag = "publish",
    request_body = wire::ErasureRequest,
    responses((status = 200, body = Erasure)))]
pub(crate) async fn erase(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(port): Named<PortRef>,
    body: Bytes,
) -> Result<Json<Erasure>, Problem> {
    let wire::ErasureRequest { condition, dry_run } = read(&body)?;
    let view = doors.view(&principal);
    view.port(&port)?;
    if !view.answers_for_product(&port.product_ref()) {
        return Err(Problem::not_theirs(&port.product_ref()));
    }
    let (by, may_know) = (principal.subject(), known_to(&view));
    let wanted = Erase { port: port.clone(), condition, by, is_dry_run: dry_run, may_know };
    let controller = Arc::clone(&doors.controller);
    // To the end, also where the caller hangs up.
    let done = tokio::spawn(async move { controller.erase(wanted).await }.in_current_span()).await;
    let erasure = done.map_err(|_| Problem::internal())?.map_err(|error| refused(&error, &port))?;
    Ok(Json(erasure))
}

fn read(body: &[u8]) -> Result<wire::ErasureRequest, Problem> {
    let request: wire::ErasureRequest = asked::body(body, "erasure")?;
    if request.condition.chars().count() > CONDITION_CHARS_MAX {
        return Err(Problem::malformed(format!("`where` has at most {CONDITION_CHARS_MAX} characters")));
    }
    Ok(request)
}

/// The ports that the caller may discover.
fn known_to(view: &CatalogView) -> BTreeSet<PortRef> {
    view.ports().into_iter().map(|port| port.port).collect()
}

/// What the caller is told of an erasure that did not come about.
fn refused(error: &EraseError, port: &PortRef) -> Problem {
    match error {
        EraseError::NotServed { .. } => CatalogError::NotFound { kind: "port", name: port.to_string() }.into(),
        EraseError::Trouble(trouble) => {
            tracing::error!(%port, error = %trouble, "an erasure failed");
            match trouble.code() {
                Code::INTERNAL => Problem::internal(),
                Code::NOT_LEADING => Problem::not_leading(trouble),
                code => Problem::unfinished(code),
            }
        }
        EraseError::Unbuilt {
            code: code @ (Code::STORE_UNAVAILABLE | Code::STORE_CONFLICT | Code::STORE_FENCED),
            ..
        } => {
            tracing::error!(%port, %error, "an erasure failed");
            Problem::unfinished(*code)
        }
        _ => Problem::conflict(error.code(), error.to_string()),
    }
}
