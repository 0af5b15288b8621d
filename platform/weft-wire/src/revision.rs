//! What a commit became, step by step.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::Revision;

use crate::{Run, RunDiagnostic, RunStep};

/// A commit and what became of it, as far as the asker may know: `GET /api/v1/revisions/{sha}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionStory {
    pub revision: Revision,
    pub author: Option<String>,
    pub committed_at: Option<DateTime<Utc>>,
    pub signature: Option<String>,
    /// `running`, `live`, `partial`, `refused` or `failed`.
    pub state: String,
    /// What of it stands, in one sentence.
    pub sentence: String,
    /// From the commit to what readers see, in order.
    pub steps: Vec<RevisionStep>,
    /// Attempts to bring the mesh to it, the newest first.
    pub runs: Vec<Run>,
}

/// One step from a commit to what readers see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevisionStep {
    /// `fetched`, `valid`, `planned`, `policies`, `tables` or `live`.
    pub name: String,
    /// `waiting`, `running`, `done`, `failed` or `skipped`.
    pub state: String,
    /// What came of it, in one sentence.
    pub detail: String,
    pub at: Option<DateTime<Utc>>,
    pub duration_ms: Option<u64>,
    /// What was wrong in files, with `valid`.
    pub diagnostics: Vec<RunDiagnostic>,
    /// What was done to ports, with `tables`.
    pub ports: Vec<RunStep>,
}
