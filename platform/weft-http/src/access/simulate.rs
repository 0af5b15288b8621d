//! What a change of rules or contracts would do to access.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use weft_catalog::CatalogView;
use weft_governance::AccessEffect;
use weft_model::{Action, Code, Principal};
use weft_reconcile::{AccessChange, SimulateError};
use weft_wire as wire;

use super::{decides, line, may_know_who};
use crate::Doors;
use crate::asked;
use crate::caller::Caller;
use crate::problem::Problem;

/// Most files that may be laid over those of a revision; their texts are bounded by the request.
const FILES_MAX: usize = 500;

/// Tells who would gain and who would lose what, if texts took the place of those in force: names to who answers for a
/// port or may have it explained, head counts to who may discover it, and nothing to others.
#[utoipa::path(post, path = "/v1/access/simulate", tag = "access",
    request_body = wire::SimulateRequest,
    responses((status = 200, body = wire::Simulated)))]
pub(crate) async fn simulate(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    body: Bytes,
) -> Result<Json<wire::Simulated>, Problem> {
    let files = read(&body)?;
    let controller = Arc::clone(&doors.controller);
    let simulated = controller.simulate(files).await.map_err(|error| not_simulated(&error))?;
    let view = doors.view(&principal);
    let changes =
        simulated.effects.into_iter().filter_map(|effect| self::effect(effect, &doors, &view, &principal)).collect();
    Ok(Json(wire::Simulated { revision: simulated.revision, changes }))
}

fn read(body: &[u8]) -> Result<BTreeMap<String, Option<String>>, Problem> {
    let request: wire::SimulateRequest = asked::body(body, "change of files")?;
    if request.files.len() > FILES_MAX {
        return Err(Problem::malformed(format!("`files` has at most {FILES_MAX} paths")));
    }
    Ok(request.files)
}

/// What the caller is told where it is not known what would change.
pub(crate) fn not_simulated(error: &SimulateError) -> Problem {
    match error {
        SimulateError::Path { .. } => Problem::malformed(error.to_string()),
        SimulateError::Nothing => Problem::not_ready(),
        SimulateError::Trouble(trouble) => {
            tracing::error!(error = %trouble, "a change of access could not be simulated");
            match trouble.code() {
                Code::INTERNAL => Problem::internal(),
                code => Problem::unavailable(code),
            }
        }
        _ => Problem::conflict(error.code(), error.to_string()),
    }
}

/// The policies in force alone say who may know: those of the texts are the asker's own words.
pub(crate) fn effect(
    effect: AccessEffect,
    doors: &Doors,
    view: &CatalogView,
    principal: &Principal,
) -> Option<wire::SimulatedChange> {
    let policies = doors.policies.current();
    let is_served = view.port(&effect.port).is_ok();
    if !is_served && !decides(&policies, doors, principal, &effect.port, Action::Discover) {
        return None;
    }
    let may_know = may_know_who(doors, view, principal, &effect.port);
    let because = may_know.then(|| effect.because.iter().map(|cause| line(&cause.line)).collect());
    let change = AccessChange::from(effect);
    Some(wire::SimulatedChange {
        port: change.port,
        change: change.change.to_owned(),
        columns: change.columns,
        masks: change.masks,
        every_row: change.every_row,
        purposes: change.purposes,
        people_count: change.people.len() as u64,
        services_count: change.services.len() as u64,
        people: may_know.then_some(change.people),
        services: may_know.then_some(change.services),
        because,
    })
}
