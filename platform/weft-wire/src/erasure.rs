//! Rows of a port, erased for good. What comes of it is an [`Erasure`](weft_model::Erasure).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which rows of a port are to be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErasureRequest {
    /// One SQL expression over the columns of the port. A row goes where it is true.
    #[serde(rename = "where")]
    pub condition: String,
    /// Whether only to tell what would go.
    #[serde(default)]
    pub dry_run: bool,
}
