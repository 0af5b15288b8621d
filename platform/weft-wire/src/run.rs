//! Runs: what became of a revision, step by step.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortRef, ProductRef, Revision, Severity};

/// One attempt to bring the mesh to a revision, as far as it concerns what the asker may discover:
/// `GET /api/v1/runs` and `GET /api/v1/runs/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub id: String,
    pub revision: Revision,
    /// Who made the revision, when, and how that was signed (`none`, or as in `ssh unverified`), as its
    /// commit says; `null` where it is no commit, or the asker may not know.
    pub author: Option<String>,
    pub committed_at: Option<DateTime<Utc>>,
    pub signature: Option<String>,
    pub started_at: DateTime<Utc>,
    /// `null` while it runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// `running`, `succeeded`, `partial`, `refused` or `failed`.
    pub status: String,
    /// Content address of the plan, where there is one and the asker may know it.
    pub plan: Option<String>,
    pub diagnostics: Vec<RunDiagnostic>,
    pub steps: Vec<RunStep>,
}

/// A problem in the revision's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunDiagnostic {
    pub code: String,
    pub severity: Severity,
    pub message: String,
    /// Path in the repository.
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub help: Option<String>,
    /// The product whose file this is; `null` for files of a domain or of the mesh.
    pub product: Option<ProductRef>,
}

/// One step of the run's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunStep {
    pub port: PortRef,
    /// What the plan does to the port: `create`, `refresh` and the like.
    pub change: String,
    /// `pending`, `running`, `succeeded`, `failed` or `skipped`.
    pub status: String,
    pub message: Option<String>,
    pub rows: Option<u64>,
    pub table_version: Option<u64>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub duration_ms: Option<u64>,
}
