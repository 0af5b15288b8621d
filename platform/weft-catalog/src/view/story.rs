//! What a commit became, from the text to what readers see.

use chrono::{DateTime, Utc};
use weft_model::{Revision, Severity};

use super::{CatalogView, unknown};
use crate::error::CatalogError;
use crate::run::{RunDiagnostic, RunStatus, RunStep, StepStatus};
use crate::runs;
use crate::views::RunView;

/// A commit, and what became of it as far as the principal may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    pub revision: Revision,
    /// `running`, `live`, `partial`, `refused` or `failed`.
    pub state: &'static str,
    pub sentence: String,
    pub steps: Vec<StoryStep>,
    /// The newest first; not empty.
    pub runs: Vec<RunView>,
}

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryStep {
    /// `fetched`, `valid`, `planned`, `policies`, `tables` or `live`.
    pub name: &'static str,
    /// `waiting`, `running`, `done`, `failed` or `skipped`.
    pub state: &'static str,
    pub detail: String,
    pub at: Option<DateTime<Utc>>,
    pub duration_ms: Option<u64>,
    pub diagnostics: Vec<RunDiagnostic>,
    pub ports: Vec<RunStep>,
}

impl CatalogView {
    /// What became of a commit, by its newest run.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where no run of it is seen, or trouble with the database.
    pub async fn story(&self, revision: &Revision) -> Result<Story, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let runs = runs::of_revision(&mut transaction, revision).await?;
        let runs: Vec<RunView> = runs.into_iter().filter_map(|run| self.run_view(run)).collect();
        let run = runs.first().ok_or_else(|| unknown("revision", revision))?;
        Ok(Story {
            revision: revision.clone(),
            state: state(run.status),
            sentence: sentence(run),
            steps: steps(run),
            runs,
        })
    }
}

fn state(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Succeeded => "live",
        RunStatus::Partial => "partial",
        RunStatus::Refused => "refused",
        RunStatus::Failed => "failed",
    }
}

fn sentence(run: &RunView) -> String {
    let stays = "what was served before stays live";
    match run.status {
        RunStatus::Running => "It is being carried out; until then what was served before stays live.".to_owned(),
        RunStatus::Succeeded => "All of it is live.".to_owned(),
        RunStatus::Partial => format!("A part of it is live; of the rest {stays}."),
        RunStatus::Refused => format!("It was refused and nothing was changed: {stays}."),
        RunStatus::Failed => format!("Nothing of it came about: {stays}."),
    }
}

fn steps(run: &RunView) -> Vec<StoryStep> {
    let is_over = run.ended_at.is_some();
    let is_refused = run.status == RunStatus::Refused;
    let errors = run.diagnostics.iter().filter(|told| told.severity == Severity::Error).count();
    let warnings = run.diagnostics.len() - errors;
    let is_planned = run.plan.is_some() || !run.steps.is_empty() || (is_over && !is_refused);

    let fetched = step("fetched", "done", format!("read {}", run.revision.short()));
    let fetched = StoryStep { at: Some(run.started_at), ..fetched };
    let (state, detail) = match (errors, is_planned || is_over) {
        (0, false) => ("running", "being checked".to_owned()),
        (0, true) if warnings == 0 => ("done", "nothing to object to".to_owned()),
        (0, true) => ("done", counted(warnings, "warning")),
        (errors, _) => ("failed", counted(errors, "error")),
    };
    let valid = StoryStep { diagnostics: run.diagnostics.clone(), ..step("valid", state, detail) };
    // Where every product that changed has errors, there was nothing to do.
    let came_to_nothing = errors > 0 && run.steps.is_empty() && run.status == RunStatus::Failed;
    let after = |name, detail: String| match (is_refused || came_to_nothing, is_planned) {
        (true, _) if is_refused => step(name, "skipped", "the commit was refused".to_owned()),
        (true, _) => step(name, "skipped", "what it changes has errors".to_owned()),
        (_, true) => step(name, "done", detail),
        _ => step(name, "waiting", String::new()),
    };
    let policies = match is_refused {
        true => after("policies", String::new()),
        false if is_planned => step("policies", "done", "the commit's rules are in force".to_owned()),
        false => step("policies", "waiting", String::new()),
    };
    let planned = after("planned", counted(run.steps.len(), "step"));
    let tables = tables(run, is_refused || came_to_nothing, is_planned);
    let (state, detail) = match run.status {
        RunStatus::Running => ("waiting", String::new()),
        RunStatus::Succeeded => ("done", "readers see all of it".to_owned()),
        RunStatus::Partial => ("failed", "readers see a part of it".to_owned()),
        RunStatus::Refused | RunStatus::Failed => ("failed", "readers see what was served before".to_owned()),
    };
    let live = StoryStep { at: run.ended_at, ..step("live", state, detail) };
    vec![fetched, valid, policies, planned, tables, live]
}

fn tables(run: &RunView, is_skipped: bool, is_planned: bool) -> StoryStep {
    let count = |status| run.steps.iter().filter(|step| step.status == status).count();
    let (all, done) = (run.steps.len(), count(StepStatus::Succeeded));
    let broken = count(StepStatus::Failed) + count(StepStatus::Skipped);
    let state = match () {
        () if is_skipped => "skipped",
        () if broken > 0 && run.ended_at.is_some() => "failed",
        () if done == all && is_planned => "done",
        () if done + broken + count(StepStatus::Running) > 0 => "running",
        () => "waiting",
    };
    let detail = match all {
        0 if state == "done" => "nothing to do".to_owned(),
        0 if is_skipped && run.status == RunStatus::Refused => "the commit was refused".to_owned(),
        0 if is_skipped => "what it changes has errors".to_owned(),
        0 => String::new(),
        all => format!("{done} of {all} done"),
    };
    let began = run.steps.iter().filter_map(|step| step.started_at).min();
    let ended = run.steps.iter().filter_map(|step| step.ended_at).max();
    let duration = began.zip(ended).and_then(|(began, ended)| u64::try_from((ended - began).num_milliseconds()).ok());
    StoryStep { at: began, duration_ms: duration, ports: run.steps.clone(), ..step("tables", state, detail) }
}

/// `1 error`, `2 errors`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn step(name: &'static str, state: &'static str, detail: String) -> StoryStep {
    StoryStep { name, state, detail, at: None, duration_ms: None, diagnostics: Vec::new(), ports: Vec::new() }
}

#[cfg(test)]
mod tests;
