//! What a commit became.

use axum::Json;
use axum::extract::State;
use weft_catalog::{Story, StoryStep};
use weft_model::Revision;
use weft_wire as wire;

use crate::asked::Id;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Doors, to_wire};

/// Shows what a commit became, step by step, as far as it concerns what the caller may discover.
#[utoipa::path(get, path = "/v1/revisions/{sha}", tag = "publish",
    responses((status = 200, body = wire::RevisionStory)))]
pub(crate) async fn get_revision(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Id(sha): Id,
) -> Result<Json<wire::RevisionStory>, Problem> {
    let story = doors.view(&principal).story(&Revision::new(sha)).await?;
    Ok(Json(told(story)))
}

fn told(story: Story) -> wire::RevisionStory {
    let newest = story.runs.first();
    wire::RevisionStory {
        author: newest.and_then(|run| run.author.clone()),
        committed_at: newest.and_then(|run| run.committed_at),
        signature: newest.and_then(|run| run.signature.clone()),
        revision: story.revision,
        state: story.state.to_owned(),
        sentence: story.sentence,
        steps: story.steps.into_iter().map(step).collect(),
        runs: story.runs.into_iter().map(to_wire::run).collect(),
    }
}

fn step(step: StoryStep) -> wire::RevisionStep {
    wire::RevisionStep {
        name: step.name.to_owned(),
        state: step.state.to_owned(),
        detail: step.detail,
        at: step.at,
        duration_ms: step.duration_ms,
        diagnostics: step.diagnostics.into_iter().map(to_wire::run_diagnostic).collect(),
        ports: step.ports.into_iter().map(to_wire::run_step).collect(),
    }
}
