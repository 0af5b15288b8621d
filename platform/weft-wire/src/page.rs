//! Lists that come in parts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// What to send as `after` to get the next part; `null` at the end.
    pub next: Option<String>,
}
