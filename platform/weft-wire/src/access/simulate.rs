//! What a change of rules or contracts would do to access.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortRef, Revision};

use super::RuleLine;

/// Texts that are laid over those of the revision in force: `POST /api/v1/access/simulate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulateRequest {
    /// By path; without a text the file is gone.
    pub files: BTreeMap<String, Option<String>>,
}

/// Who would gain and who would lose what, as far as the asker may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Simulated {
    /// The revision over which the texts were laid.
    pub revision: Revision,
    pub changes: Vec<SimulatedChange>,
}

/// What changes alike for some principals at one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SimulatedChange {
    pub port: PortRef,
    /// `gains`, `clears`, `widens`, `masks_otherwise`, `differs`, `narrows`, `masks` or `loses`.
    pub change: String,
    /// None where it is about rows.
    pub columns: Vec<String>,
    /// The masks under which the columns are seen then.
    pub masks: Option<String>,
    /// Whether every row is seen then.
    pub every_row: bool,
    /// Purposes for which alone it holds; none where it holds without any.
    pub purposes: Vec<String>,
    pub people_count: u64,
    pub services_count: u64,
    /// Names, for who answers for the port or may have it explained; `null` for others.
    pub people: Option<Vec<String>>,
    pub services: Option<Vec<String>>,
    /// The lines that it comes from, for the same.
    pub because: Option<Vec<RuleLine>>,
}
