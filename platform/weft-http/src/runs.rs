//! What became of each revision, as far as it concerns what the caller may discover.

use axum::Json;
use axum::extract::State;
use weft_wire as wire;

use crate::asked::{Id, Wanted, WantedQuery};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Doors, to_wire};

/// Lists runs, newest first.
#[utoipa::path(get, path = "/v1/runs", tag = "publish",
    params(WantedQuery),
    responses((status = 200, body = wire::Page<wire::Run>)))]
pub(crate) async fn list_runs(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    wanted: Wanted,
) -> Result<Json<wire::Page<wire::Run>>, Problem> {
    let part = doors.view(&principal).runs_after(wanted.after.as_deref(), wanted.limit).await?;
    Ok(Json(wire::Page { items: part.items.into_iter().map(to_wire::run).collect(), next: part.next }))
}

/// Shows one run, step by step.
#[utoipa::path(get, path = "/v1/runs/{id}", tag = "publish", responses((status = 200, body = wire::Run)))]
pub(crate) async fn get_run(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Id(id): Id,
) -> Result<Json<wire::Run>, Problem> {
    let run = doors.view(&principal).run(&id).await?;
    Ok(Json(to_wire::run(run)))
}
