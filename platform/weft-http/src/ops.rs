//! How the platform itself fares, for who runs it.

use axum::Json;
use axum::extract::State;
use weft_catalog::{CatalogView, DecisionView, QueryView, RunStatus};
use weft_governance::Authorizer;
use weft_model::Code;
use weft_wire as wire;

use crate::Doors;
use crate::caller::Caller;
use crate::problem::Problem;

/// How many queries and refusals are shown.
const SHOWN_MAX: usize = 50;

/// Age of policies from which on somebody should look, in seconds.
const AGE_SECONDS_MAX: i64 = 60;

/// Shows how the platform fares, to who sees the mesh's own runs.
#[utoipa::path(get, path = "/v1/ops", tag = "publish", responses((status = 200, body = wire::Ops)))]
pub(crate) async fn get_ops(State(doors): State<Doors>, Caller(principal): Caller) -> Result<Json<wire::Ops>, Problem> {
    let view = doors.view(&principal);
    if !view.sees_mesh_runs() {
        return Err(Problem::not_for_operators());
    }
    let mut queries = view.queries().await?;
    queries.truncate(SHOWN_MAX);
    let mut denied = view.decisions().await?;
    denied.retain(|decision| !decision.allowed);
    denied.truncate(SHOWN_MAX);
    Ok(Json(wire::Ops {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: doors.started_at,
        revision: doors.catalog.published().revision.clone(),
        lights: lights(&doors, &view).await?,
        queries: queries.into_iter().map(query).collect(),
        denied: denied.into_iter().map(refusal).collect(),
    }))
}

async fn lights(doors: &Doors, view: &CatalogView) -> Result<Vec<wire::Light>, Problem> {
    let is_ready = *doors.ready.borrow();
    let start = match is_ready {
        true => light("start", "good", "the first reconcile is done"),
        false => light("start", "warning", "the first reconcile is not done yet"),
    };
    let policies = doors.policies.current();
    let of_rules = format!("revision {}, epoch {}", policies.policy_revision().short(), policies.epoch());
    let policies = match doors.policies.age(doors.clock.now()) {
        None => light("policies", "bad", "no policies are in force: everything is denied"),
        Some(age) if age.num_seconds() > AGE_SECONDS_MAX => {
            light("policies", "warning", &format!("{of_rules}; last known to be current {} s ago", age.num_seconds()))
        }
        Some(_) => light("policies", "good", &of_rules),
    };
    let source = match doors.controller.stale() {
        None => light("source", "good", "every repository can be asked for newer revisions"),
        Some(stale) => {
            let since = stale.since.format("%Y-%m-%dT%H:%M:%SZ");
            light("source", "warning", &format!("stale since {since}: {}", stale.reason))
        }
    };
    let newest = view.runs_after(None, 1).await?.items.pop();
    let runs = match newest {
        None => light("runs", "warning", "nothing was run yet"),
        Some(run) => {
            let state = match run.status {
                RunStatus::Succeeded | RunStatus::Running => "good",
                RunStatus::Partial => "warning",
                RunStatus::Refused | RunStatus::Failed => "bad",
            };
            light("runs", state, &format!("{} {}", run.revision.short(), run.status))
        }
    };
    let failed = view.checks().await?;
    let failed = failed.iter().filter(|check| check.run.is_none() && check.outcome.to_string() == "failed").count();
    let levels = match failed {
        0 => light("service levels", "good", "every promise that is measured is kept"),
        count => light("service levels", "warning", &format!("{count} promises are not kept")),
    };
    Ok(vec![start, policies, source, runs, levels])
}

fn light(name: &str, state: &str, detail: &str) -> wire::Light {
    wire::Light { name: name.to_owned(), state: state.to_owned(), detail: detail.to_owned() }
}

fn query(query: QueryView) -> wire::QueryLine {
    wire::QueryLine {
        id: query.query,
        principal: query.principal,
        at: query.at,
        status: query.outcome,
        duration_ms: Some(query.duration_ms),
        rows: Some(query.rows),
        ports: query.ports,
        door: query.door,
    }
}

fn refusal(decision: DecisionView) -> wire::DeniedLine {
    wire::DeniedLine {
        query: decision.query,
        principal: decision.principal,
        at: decision.at,
        object: decision.object,
        action: decision.action,
        because: decision.because,
    }
}

impl Problem {
    /// A page for who runs the platform.
    fn not_for_operators() -> Self {
        Problem::refused(Code::ACCESS_DENIED, "how the platform fares is told to who sees the mesh's own runs")
    }
}
