//! What goes into what, as far as the caller may know both ends.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use weft_catalog::{CatalogError, LineageLevel, LineageLink, LineageNode, LineageView};
use weft_wire as wire;

use crate::Doors;
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
