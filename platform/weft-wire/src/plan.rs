//! What texts of manifests would come to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortRef, Revision};

use crate::{RunDiagnostic, SimulatedChange};

/// Texts that are laid over those of the revision in force: `POST /api/v1/plan`. Here, unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanRequest {
    /// By path; without a text the file is gone.
    pub files: BTreeMap<String, Option<String>>,
}

/// What would be done, as far as the asker may know. Nothing is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// The revision over which the texts were laid.
    pub revision: Revision,
    /// Whether the texts would be refused as a whole.
    pub refused: bool,
    pub diagnostics: Vec<RunDiagnostic>,
    /// In the order in which they would be done.
    pub steps: Vec<PlannedStep>,
    /// Who would gain and who would lose access.
    pub access: Vec<SimulatedChange>,
}

/// What would be done to one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    pub port: PortRef,
    /// `create`, `refresh` and the like.
    pub change: String,
    /// Why, in words; empty where the change says it all.
    pub reason: String,
}
