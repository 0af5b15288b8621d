//! Features for machine learning: views of entities over time, and services that name features of several.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortName, PortRef};

/// What makes a port a feature view: of which entities its rows speak, and from when on each was known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeatureView {
    /// Columns that name an entity together; not empty.
    pub entity: Vec<String>,
    /// The column that says from when on a row's values held.
    pub event_time: String,
    /// The column that says when a row was written.
    pub created_time: Option<String>,
    /// For how many milliseconds a row's values count, both ends included; for ever if `null`.
    pub ttl_ms: Option<u64>,
    /// Columns that are features, as far as the asker may know of them; not empty.
    pub features: Vec<String>,
}

/// Features that are asked for together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeatureService {
    /// Called `domain.product.name` in full, and no port has that name.
    pub name: PortName,
    pub description: String,
    /// As far as the asker may know of them; not empty.
    pub parts: Vec<FeaturePart>,
}

/// Features of one view within a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeaturePart {
    pub view: PortRef,
    /// Columns of the view; not empty.
    pub features: Vec<String>,
    /// By which column of the frame a column of the view's entity is found, where they have not one name.
    pub keys: BTreeMap<String, String>,
    /// What the features' names begin with in the answer, before two underscores.
    pub prefix: Option<String>,
}
