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
    /// Another one where the focus, the nodes or the edges are others.
    #[serde(default)]
    pub graph_version: String,
    /// Nodes that are drawn together, where there are too many to draw each; empty where not.
    #[serde(default)]
    pub clusters: Vec<LineageCluster>,
    /// Where there are clusters: what is drawn between nodes and clusters in the place of `edges`.
    #[serde(default)]
    pub cluster_edges: Vec<LineageClusterEdge>,
    /// Of the whole drawing.
    #[serde(default)]
    pub width: u32,
    #[serde(default)]
    pub height: u32,
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
    /// The group that owns its domain.
    #[serde(default)]
    pub owner: Option<String>,
    /// How it fares, a product as its ports do; `null` where the asker may not know, or nothing is known.
    #[serde(default)]
    pub state: Option<LineageState>,
    /// Its place in the drawing; `null` where it is drawn with others.
    #[serde(default)]
    pub place: Option<LineagePlace>,
    /// Id of the cluster that it is drawn in.
    #[serde(default)]
    pub cluster: Option<String>,
}

/// How something fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageState {
    /// `fresh` or `late`; `null` where nothing is promised.
    pub freshness: Option<String>,
    /// Checks that did not hold when it was judged last, and promises that do not hold now.
    pub failed_checks: u64,
}

/// The upper left corner of a box, and its size. The drawing goes from left to right and begins at 0, 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineagePlace {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Nodes that are drawn together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageCluster {
    /// `product:sales.orders` or `domain:sales`.
    pub id: String,
    pub domain: String,
    /// The product that all of them are of; `null` where they are of several.
    #[schema(value_type = Option<String>)]
    pub product: Option<ProductRef>,
    /// The products that they are of. Asking for one of them as `focus` opens it.
    #[schema(value_type = Vec<String>)]
    pub products: Vec<ProductRef>,
    /// How many nodes it stands for.
    pub count: u64,
    /// Steps of the nearest of them.
    pub hops: i64,
    pub place: LineagePlace,
}

/// Edges that are drawn as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageClusterEdge {
    /// Id of a node or cluster.
    pub from: String,
    pub to: String,
    /// For how many edges it stands.
    pub count: u64,
}

/// Something goes from one node into another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageEdge {
    pub from: String,
    pub to: String,
    /// In which ways; empty between products and between ports.
    pub how: Vec<LineageStep>,
    /// Whether it is declared as an input and nothing shows that a query reads it.
    #[serde(default)]
    pub declared_only: bool,
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
