//! What goes into what: `GET /api/v1/lineage?focus=&level=&hops=`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortRef, ProductRef};

/// What lies around a product, port or column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lineage {
    /// As it was asked for.
    pub focus: String,
    /// `product`, `port` or `column`.
    pub level: String,
    /// What goes into the focus first, then the focus, then what it goes into.
    pub nodes: Vec<LineageNode>,
    /// Between these nodes.
    pub edges: Vec<LineageEdge>,
    /// Whether that is all within the steps that were asked for.
    pub complete: bool,
}

/// A product, a port or a column. At the level of columns a port stands for its rows: what decides which there are goes
/// into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageNode {
    /// Its full name.
    pub id: String,
    /// `product`, `port` or `column`.
    pub level: String,
    pub product: ProductRef,
    pub port: Option<PortRef>,
    pub column: Option<String>,
    /// How many steps it is away from the focus: less than 0 for what goes into it.
    pub hops: i64,
}

/// Something goes from one node into another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageEdge {
    pub from: String,
    pub to: String,
    /// In which ways; empty between products and between ports.
    pub how: Vec<LineageStep>,
    /// Number of the release of what it goes into.
    pub release: u64,
}

/// One way in which a column depends on another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageStep {
    /// `direct` where values go in, `indirect` where they choose.
    pub kind: String,
    /// `identity`, `transformation` or `aggregation`; `filter`, `join`, `group_by`, `sort`, `window` or `conditional`.
    pub detail: String,
}
