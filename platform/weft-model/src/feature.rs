//! Features for machine learning: ports whose rows say what was known of an entity at a time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{PortName, PortRef};

/// What makes an output port a feature view: of which entities its rows speak, and from when on each was known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureView {
    /// Columns that name an entity together; not empty, each a column of the contract.
    pub entity: Vec<String>,
    /// The column that says at which time a row's values held.
    pub event_time: String,
    /// The column that says when a row was written. A row counts for a moment only if it was there by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// For how many milliseconds a row's values count, both ends included; for ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
    /// Columns that are features, in order; not empty.
    pub features: Vec<String>,
}

/// A named choice of features of several views, such as a model is trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureService {
    /// Called `domain.product.name` in SQL, as a port is, and none of the product's ports has the name.
    pub name: PortName,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Not empty, in order.
    pub parts: Vec<FeaturePart>,
}

/// Features of one view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeaturePart {
    /// A port of this product or another.
    pub view: PortRef,
    /// Columns of the view; all its features if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// By which column of the frame a column of the view's entity is found, where they have not one name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
    /// What the names of the features begin with in the answer, as `origin` in `origin__wind_speed`; so that one view
    /// may stand twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}
