//! The releases of a product, and rolling it back to one of them.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use tracing::Instrument;
use weft_catalog::{CatalogError, CatalogView};
use weft_model::{Code, ProductRef};
use weft_reconcile::{Break, Consumer, RollBack, RollBackError};
use weft_wire as wire;

use crate::asked::{self, Named};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Doors, to_wire};

/// Longest reason for a roll-back.
const REASON_CHARS_MAX: usize = 1000;

/// Lists the releases of a product, newest first.
#[utoipa::path(get, path = "/v1/products/{domain}/{product}/releases", tag = "catalog",
    responses((status = 200, body = wire::Page<wire::Release>)))]
pub(crate) async fn list_releases(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(product): Named<ProductRef>,
) -> Result<Json<wire::Page<wire::Release>>, Problem> {
    let view = doors.view(&principal);
    view.product_or_end(&product).await?;
    let releases = view.releases_of(&product).await?;
    Ok(Json(wire::Page { items: releases.into_iter().map(to_wire::release).collect(), next: None }))
}

/// Serves an earlier release of a product again, for who answers for it.
#[utoipa::path(post, path = "/v1/products/{domain}/{product}/rollback", tag = "publish",
    request_body = wire::RollBackRequest,
    responses((status = 200, body = wire::Release)))]
pub(crate) async fn roll_back(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(product): Named<ProductRef>,
    body: Bytes,
) -> Result<Json<wire::Release>, Problem> {
    let wire::RollBackRequest { to, reason, accept_breaking } = read(&body)?;
    let view = doors.view(&principal);
    view.product_or_end(&product).await?;
    if !view.answers_for_product(&product) {
        return Err(Problem::not_theirs(&product));
    }
    let by = principal.subject();
    let wanted = RollBack { product: product.clone(), to, by, reason, accepts_breaking: accept_breaking };
    let controller = Arc::clone(&doors.controller);
    // To the end, also where the caller hangs up.
    let done = tokio::spawn(async move { controller.roll_back(wanted).await }.in_current_span()).await;
    let release = done.map_err(|_| Problem::internal())?.map_err(|error| refused(error, &product, &view))?;
    let releases = doors.view(&principal).releases_of(&product).await?;
    let made = releases.into_iter().find(|made| made.number == release.number);
    made.map(|made| Json(to_wire::release(made))).ok_or_else(Problem::internal)
}

fn read(body: &[u8]) -> Result<wire::RollBackRequest, Problem> {
    let request: wire::RollBackRequest = asked::body(body, "roll-back")?;
    if request.reason.chars().count() > REASON_CHARS_MAX || request.reason.chars().any(char::is_control) {
        return Err(Problem::malformed(format!("`reason` is one line of at most {REASON_CHARS_MAX} characters")));
    }
    Ok(request)
}

/// What the caller is told of a roll-back that did not come about.
fn refused(error: RollBackError, product: &ProductRef, view: &CatalogView) -> Problem {
    match &error {
        RollBackError::NotServed(_) => CatalogError::NotFound { kind: "product", name: product.to_string() }.into(),
        RollBackError::Breaks { breaks, .. } => {
            let lines: Vec<String> = breaks.iter().map(|found| format!("\n  {}", told(found, view))).collect();
            Problem::conflict(error.code(), format!("{error}:{}", lines.concat()))
        }
        RollBackError::Trouble(trouble) => {
            tracing::error!(%product, error = %trouble, "a roll-back failed");
            match trouble.code() {
                Code::INTERNAL => Problem::internal(),
                Code::NOT_LEADING => Problem::not_leading(trouble),
                code => Problem::unavailable(code),
            }
        }
        _ => Problem::conflict(error.code(), error.to_string()),
    }
}

/// `- lines.note string   hits sales.totals, user:ana`; of products, those alone that the caller may discover.
fn told(found: &Break, view: &CatalogView) -> String {
    let mut readers: Vec<String> = Vec::new();
    let mut others = 0;
    for reader in &found.readers {
        match reader {
            Consumer::Product { product, .. } if view.product(product).is_err() => others += 1,
            Consumer::Product { product, .. } => readers.push(product.to_string()),
            Consumer::Observed { principal, .. } => readers.push(principal.clone()),
        }
    }
    if others > 0 {
        readers.push(format!("{others} that you may not know of"));
    }
    let hits = if readers.is_empty() { String::new() } else { format!("   hits {}", readers.join(", ")) };
    format!("{}{hits}", found.change)
}
