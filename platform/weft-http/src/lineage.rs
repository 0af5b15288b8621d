//! What goes into what, as far as the caller may know both ends.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use weft_catalog::{CatalogError, LineageLevel, LineageLink, LineageNode, LineageView};
use weft_wire as wire;

use crate::Doors;
use crate::caller::Caller;
use crate::problem::Problem;

/// Most steps that may be asked for in one direction.
const HOPS_MAX: u32 = 20;

/// What is wanted, all of it text: what is no number gets an answer that says so.
#[derive(Deserialize)]
pub(crate) struct Around {
    focus: Option<String>,
    level: Option<String>,
    hops: Option<String>,
    up: Option<String>,
    down: Option<String>,
}

/// Shows what lies around a product, port or column: `hops` steps in each direction (1 where nobody asks), or `up` and
/// `down`; at the level of the focus, or at `level`.
pub(crate) async fn get_lineage(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    asked: Result<Query<Around>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<wire::Lineage>, Problem> {
    let Ok(Query(asked)) = asked else {
        return Err(Problem::malformed("the query string is not well-formed"));
    };
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
    Ok(Json(lineage(doors.view(&principal).lineage_around(&node, level, around)?)))
}

fn steps(name: &str, text: Option<&str>, default: u32) -> Result<u32, Problem> {
    match text.map(str::parse) {
        None => Ok(default),
        Some(Ok(steps)) if steps <= HOPS_MAX => Ok(steps),
        Some(_) => Err(Problem::malformed(format!("`{name}` is not a number from 0 to {HOPS_MAX}"))),
    }
}

fn kind_of(focus: &str) -> &'static str {
    match focus.matches('.').count() {
        1 => LineageLevel::Product.as_str(),
        2 => LineageLevel::Port.as_str(),
        _ => LineageLevel::Column.as_str(),
    }
}

fn lineage(view: LineageView) -> wire::Lineage {
    wire::Lineage {
        focus: view.focus.to_string(),
        level: view.level.as_str().to_owned(),
        nodes: view.nodes.into_iter().map(|(node, hops)| to_node(&node, hops)).collect(),
        edges: view.links.into_iter().map(edge).collect(),
        complete: view.is_complete,
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
        release: link.release,
    }
}
