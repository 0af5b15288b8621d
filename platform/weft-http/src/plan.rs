//! What texts of manifests would come to.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use weft_catalog::CatalogView;
use weft_model::{Code, PortRef};
use weft_reconcile::Step;
use weft_wire as wire;

use crate::access::simulate;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Doors, asked, to_wire};

/// Most files that may be laid over those of a revision; their texts are bounded by the request.
const FILES_MAX: usize = 500;

/// Tells what would be done if texts took the place of those in force, as far as the caller may know. Does nothing.
#[utoipa::path(post, path = "/v1/plan", tag = "publish", request_body = wire::PlanRequest,
    responses((status = 200, body = wire::Planned)))]
pub(crate) async fn post_plan(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    body: Bytes,
) -> Result<Json<wire::Planned>, Problem> {
    let request: wire::PlanRequest = asked::body(&body, "change of files")?;
    if request.files.len() > FILES_MAX {
        return Err(Problem::malformed(format!("`files` has at most {FILES_MAX} paths")));
    }
    let view = doors.view(&principal);
    if !view.sees_mesh_runs() && !view.answers_for_any() {
        return Err(Problem::refused(Code::ACCESS_DENIED, "plans are made for who answers for a product"));
    }
    let controller = Arc::clone(&doors.controller);
    let planned = controller.plan_over(request.files).await.map_err(|error| simulate::not_simulated(&error))?;
    let diagnostics = planned.diagnostics.iter().filter(|told| knows_file(&view, &told.place.file));
    let steps = planned.plan.steps.iter().filter(|step| knows_port(&view, &step.port));
    let effects = planned.effects.into_iter();
    Ok(Json(wire::Planned {
        revision: planned.revision,
        refused: planned.refused,
        diagnostics: diagnostics.map(to_wire::diagnostic).collect(),
        steps: steps.map(told).collect(),
        access: effects.filter_map(|effect| simulate::effect(effect, &doors, &view, &principal)).collect(),
    }))
}

/// Whether the caller answers for the domain whose file this is, or sees what becomes of the whole mesh.
fn knows_file(view: &CatalogView, file: &str) -> bool {
    let domain = file.strip_prefix("products/").and_then(|path| path.split('/').next()).unwrap_or("");
    view.sees_mesh_runs() || view.answered_domains().iter().any(|answered| answered.as_str() == domain)
}

/// Whether the caller may discover the port, or answers for the domain in which it would be.
fn knows_port(view: &CatalogView, port: &PortRef) -> bool {
    view.port(port).is_ok() || view.answered_domains().contains(&port.domain) || view.sees_mesh_runs()
}

fn told(step: &Step) -> wire::PlannedStep {
    wire::PlannedStep {
        port: step.port.clone(),
        change: step.change.as_str().to_owned(),
        reason: step.change.reason().to_owned(),
    }
}
