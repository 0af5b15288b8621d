//! What goes into what, as far as the caller may know both ends.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weft_catalog::{
    CatalogError, CatalogView, LineageBox, LineageCluster, LineageDrawing, LineageLevel, LineageLink, LineageNode,
    LineageView, PortState,
};
use weft_model::PortRef;
use weft_wire as wire;

use crate::Doors;
use crate::asked::{self, Queried};
use crate::caller::Caller;
use crate::problem::Problem;

/// Most steps that may be asked for in one direction.
const HOPS_MAX: u32 = 20;

/// What is wanted, all of it text: what is no number gets an answer that says so.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Around {
    /// Full name of a product, port or column.
    #[param(value_type = String, required = true)]
    focus: Option<String>,
    /// `product`, `port` or `column`; that of the focus where nobody says.
    level: Option<String>,
    /// Steps in each direction; 1 where nobody says.
    #[param(value_type = Option<u32>, minimum = 0, maximum = 20)]
    hops: Option<String>,
    /// Steps towards what goes into it.
    #[param(value_type = Option<u32>, minimum = 0, maximum = 20)]
    up: Option<String>,
    /// Steps towards what it goes into.
    #[param(value_type = Option<u32>, minimum = 0, maximum = 20)]
    down: Option<String>,
}

/// Shows what lies around a product, port or column: `hops` steps in each direction (1 where nobody asks), or `up` and
/// `down`; at the level of the focus, or at `level`.
#[utoipa::path(get, path = "/v1/lineage", tag = "catalog",
    params(Around),
    responses((status = 200, body = wire::Lineage)))]
pub(crate) async fn get_lineage(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Queried(asked): Queried<Around>,
) -> Result<Json<wire::Lineage>, Problem> {
    let focus = asked.focus.as_deref().ok_or_else(|| Problem::malformed("`focus` names what to look at"))?;
    let hops = steps("hops", asked.hops.as_deref(), 1)?;
    let around = (steps("up", asked.up.as_deref(), hops)?, steps("down", asked.down.as_deref(), hops)?);
    // What is no legal name gets the answer of a name that nobody knows.
    let unknown = || CatalogError::NotFound { kind: kind_of(focus), name: focus.to_owned() };
    let node: LineageNode = focus.parse().map_err(|_| unknown())?;
    let level = match asked.level.as_deref() {
        None => node.level(),
        Some(level) => level.parse().map_err(|()| Problem::malformed("`level` is product, port or column"))?,
    };
    let view = doors.view(&principal);
    let told = tokio::task::spawn_blocking(move || {
        let found = view.lineage_around(&node, level, around)?;
        let drawing = view.drawing_of(&found);
        Ok::<_, CatalogError>((view, found, drawing))
    });
    let (view, found, drawing) = told.await.map_err(|_| Problem::internal())??;
    let states = view.states_of(&ports_of(&view, &found)).await?;
    Ok(Json(lineage(&view, found, drawing, &states)))
}

fn steps(name: &str, text: Option<&str>, default: u32) -> Result<u32, Problem> {
    asked::number(name, text, default, 0..=HOPS_MAX)
}

fn kind_of(focus: &str) -> &'static str {
    match focus.matches('.').count() {
        1 => LineageLevel::Product.as_str(),
        2 => LineageLevel::Port.as_str(),
        _ => LineageLevel::Column.as_str(),
    }
}

/// The ports whose state is that of some node.
fn ports_of(view: &CatalogView, found: &LineageView) -> BTreeSet<PortRef> {
    let nodes = found.nodes.iter().map(|(node, _)| node);
    nodes.flat_map(|node| ports_of_node(view, node)).collect()
}

fn ports_of_node(view: &CatalogView, node: &LineageNode) -> Vec<PortRef> {
    match node.port() {
        Some(port) => vec![port.clone()],
        None => view.ports_of(&node.product()),
    }
}

fn lineage(
    view: &CatalogView,
    found: LineageView,
    drawing: LineageDrawing,
    states: &BTreeMap<PortRef, PortState>,
) -> wire::Lineage {
    let graph_version = found.version();
    let cluster_id = |at: &usize| drawing.clusters.get(*at).map(|cluster| cluster.id.clone());
    let nodes = found.nodes.into_iter().zip(&drawing.nodes).map(|((node, hops), placed)| wire::LineageNode {
        owner: view.owner_of(&node.product()),
        state: state(ports_of_node(view, &node).iter().filter_map(|port| states.get(port))),
        place: placed.as_ref().ok().map(place),
        cluster: placed.as_ref().err().and_then(cluster_id),
        ..to_node(&node, hops)
    });
    let nodes = nodes.collect();
    let between = drawing.links.into_iter();
    let cluster_edges = between.map(|((from, to), count)| wire::LineageClusterEdge { from, to, count }).collect();
    wire::Lineage {
        focus: found.focus.to_string(),
        level: found.level.as_str().to_owned(),
        nodes,
        edges: found.links.into_iter().map(edge).collect(),
        complete: found.is_complete,
        graph_version,
        clusters: drawing.clusters.into_iter().map(cluster).collect(),
        cluster_edges,
        width: whole(drawing.width),
        height: whole(drawing.height),
    }
}

/// How several ports fare together; `None` where nothing is known of any.
fn state<'s>(states: impl Iterator<Item = &'s PortState>) -> Option<wire::LineageState> {
    let all: Vec<&PortState> = states.collect();
    let late = all.iter().filter_map(|state| state.is_late).max();
    (!all.is_empty()).then(|| wire::LineageState {
        freshness: late.map(|is_late| if is_late { "late" } else { "fresh" }.to_owned()),
        failed_checks: all.iter().map(|state| state.failed_checks).sum(),
    })
}

fn place(placed: &LineageBox) -> wire::LineagePlace {
    let LineageBox { x, y, width, height } = *placed;
    wire::LineagePlace { x: whole(x), y: whole(y), width: whole(width), height: whole(height) }
}

fn whole(units: f64) -> u32 {
    units.round().max(0.0) as u32
}

fn cluster(cluster: LineageCluster) -> wire::LineageCluster {
    wire::LineageCluster {
        id: cluster.id,
        domain: cluster.domain.to_string(),
        product: cluster.product,
        products: cluster.products.into_iter().collect(),
        count: cluster.count,
        hops: cluster.hops,
        place: place(&cluster.place),
    }
}

fn to_node(node: &LineageNode, hops: i64) -> wire::LineageNode {
    let column = match node {
        LineageNode::Column(_, column) => Some(column.clone()),
        LineageNode::Product(_) | LineageNode::Port(_) => None,
    };
    wire::LineageNode {
        id: node.to_string(),
        level: node.level().as_str().to_owned(),
        product: node.product(),
        port: node.port().cloned(),
        column,
        hops,
        owner: None,
        state: None,
        place: None,
        cluster: None,
    }
}

fn edge(link: LineageLink) -> wire::LineageEdge {
    let step = |how: weft_model::Dependence| wire::LineageStep {
        kind: how.kind().to_owned(),
        detail: how.as_str().to_owned(),
    };
    wire::LineageEdge {
        from: link.from.to_string(),
        to: link.to.to_string(),
        how: link.how.into_iter().map(step).collect(),
        declared_only: link.is_declared_only,
        release: link.release,
    }
}
