//! Who the asker is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::PrincipalKind;

/// The asker as the server knows it, and where else to reach the server: `GET /api/v1/me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    pub principal: String,
    pub kind: PrincipalKind,
    pub groups: BTreeSet<String>,
    /// URL of the Flight SQL door: `grpc://127.0.0.1:8815`.
    pub flight: String,
}
