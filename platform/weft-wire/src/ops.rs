//! How the platform itself fares.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::Revision;

/// For who may read the platform's own `system.mesh.runs`: `GET /api/v1/ops`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ops {
    pub version: String,
    pub started_at: DateTime<Utc>,
    /// The revision that was applied last.
    pub revision: Option<Revision>,
    pub lights: Vec<Light>,
    /// The newest queries, the newest first.
    pub queries: Vec<QueryLine>,
    /// What was refused last, the newest first.
    pub denied: Vec<DeniedLine>,
}

/// One thing that must work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Light {
    pub name: String,
    /// `good`, `warning` or `bad`.
    pub state: String,
    pub detail: String,
}

/// A query that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueryLine {
    pub id: String,
    pub principal: String,
    pub at: DateTime<Utc>,
    pub status: String,
    pub duration_ms: Option<u64>,
    pub rows: Option<u64>,
    pub ports: Vec<weft_model::PortRef>,
    pub door: Option<String>,
}

/// A decision that let nothing through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeniedLine {
    pub query: String,
    pub principal: String,
    pub at: DateTime<Utc>,
    pub object: String,
    pub action: String,
    pub because: Vec<String>,
}
