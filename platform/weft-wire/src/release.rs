//! Releases: which version of each table readers see, now and before.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortName, ProductRef, Revision};

/// A release of a product: `GET /api/v1/products/{domain}/{product}/releases`, and of one of its ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    pub product: ProductRef,
    pub number: u64,
    pub revision: Revision,
    pub plan: String,
    pub at: DateTime<Utc>,
    /// The product's own version in its manifest.
    pub version: Option<String>,
    /// Whether this is the release that readers see.
    pub current: bool,
    /// Whether it ended its product.
    #[serde(default)]
    pub retired: bool,
    /// Set where it serves an earlier release again.
    #[serde(default)]
    pub rolled_back: Option<RolledBack>,
    /// Those that the asker may discover.
    pub ports: Vec<ReleasedPort>,
}

/// Which earlier release a release serves again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RolledBack {
    /// Number of the release that is served again.
    pub to: u64,
    /// Number of the release that was served until then.
    pub from: u64,
    /// Who did it; `null` for who does not answer for the product.
    pub by: Option<String>,
    pub reason: String,
}

/// What is asked of a roll-back: the body of `POST /api/v1/products/{domain}/{product}/rollback`. Here, unknown keys
/// are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollBackRequest {
    /// Number of the release to serve again; without it, the last that served something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// For who reads the history of releases; may be empty.
    pub reason: String,
    /// Whether it may break who reads the product today.
    #[serde(default)]
    pub accept_breaking: bool,
}

/// Which version of a table a release serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedPort {
    pub name: PortName,
    /// Version of the Delta table; `null` for a view.
    pub table_version: Option<u64>,
    /// `null` for a view, and where the asker may not read every row.
    pub rows: Option<u64>,
}
