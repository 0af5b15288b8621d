//! A graph of lineage as it is drawn: a box for each node, or for many of them together.
//!
//! It is made of what the principal is shown and of nothing else, so that no place tells of what is hidden.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use weft_model::{DomainName, ProductRef};

use crate::CatalogView;
use crate::graph::{LineageLevel, LineageNode, LineageView};
use crate::layout::{Placed, lay_out};

/// Most boxes that are drawn one by one.
const DRAWN_MAX: usize = 1_500;
/// How many drawings are kept.
const KEPT_MAX: usize = 64;

/// Width of a letter, and what a box has beside its text.
const LETTER: f64 = 7.2;
const AROUND_TEXT: f64 = 44.0;
const WIDTHS: (f64, f64) = (128.0, 320.0);
const HEIGHT: f64 = 56.0;
const COLUMN_HEIGHT: f64 = 36.0;

/// The places of a graph of lineage.
#[derive(Clone, Debug, PartialEq)]
pub struct LineageDrawing {
    /// For each node in the order of the view: its box, or the cluster it lies in.
    pub nodes: Vec<Result<LineageBox, usize>>,
    /// Nodes that are drawn together, where there are too many to draw each; empty where not.
    pub clusters: Vec<LineageCluster>,
    /// Where there are clusters: what is drawn between boxes, by id of node or cluster, and for how many edges.
    pub links: BTreeMap<(String, String), u64>,
    pub width: f64,
    pub height: f64,
}

/// The upper left corner of a box, and its size. From left to right, and from the top to the bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineageBox {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// Several nodes that are drawn as one.
#[derive(Clone, Debug, PartialEq)]
pub struct LineageCluster {
    /// `product:sales.orders` or `domain:sales`.
    pub id: String,
    pub domain: DomainName,
    /// The product that all of them are of; `None` where they are of several.
    pub product: Option<ProductRef>,
    /// The products that they are of, in order.
    pub products: BTreeSet<ProductRef>,
    /// How many nodes it stands for.
    pub count: u64,
    /// Steps of the nearest of them.
    pub hops: i64,
    pub place: LineageBox,
}

/// Drawings by what is drawn: boxes with their sizes, edges and steps.
#[derive(Default)]
pub(crate) struct KnownLayouts {
    kept: Mutex<HashMap<Drawn, Arc<Vec<Placed>>>>,
}

/// All that a layout depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Drawn {
    /// Width and height in whole units.
    sizes: Vec<(u32, u32)>,
    edges: Vec<(usize, usize)>,
    steps: Vec<i64>,
}

impl KnownLayouts {
    fn of(&self, drawn: Drawn) -> Arc<Vec<Placed>> {
        if let Some(known) = self.kept.lock().get(&drawn) {
            return Arc::clone(known);
        }
        let sizes: Vec<(f64, f64)> = drawn.sizes.iter().map(|(w, h)| (f64::from(*w), f64::from(*h))).collect();
        let placed = Arc::new(lay_out(&sizes, &drawn.edges, &drawn.steps));
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(drawn, Arc::clone(&placed));
        placed
    }
}

/// What a node is drawn as.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Node(usize),
    Product(ProductRef),
    Domain(DomainName),
}

impl CatalogView {
    /// Places for what `view` shows, from left to right. Takes processor time where the same was not asked for before.
    pub fn drawing_of(&self, view: &LineageView) -> LineageDrawing {
        let shapes = shapes(view);
        let mut order: Vec<&Shape> = Vec::new();
        let mut number: BTreeMap<&Shape, usize> = BTreeMap::new();
        for shape in &shapes {
            number.entry(shape).or_insert_with(|| {
                order.push(shape);
                order.len() - 1
            });
        }
        let of_node: HashMap<&LineageNode, &Shape> = view.nodes.iter().map(|(node, _)| node).zip(&shapes).collect();
        let mut links: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for link in &view.links {
            let ends = of_node.get(&link.from).zip(of_node.get(&link.to));
            let ends = ends.and_then(|(from, to)| Some((*number.get(from)?, *number.get(to)?)));
            if let Some(ends) = ends.filter(|(from, to)| from != to) {
                *links.entry(ends).or_default() += 1;
            }
        }
        let mut steps: Vec<i64> = vec![i64::MAX; order.len()];
        for ((_, hops), shape) in view.nodes.iter().zip(&shapes) {
            if let Some(nearest) = number.get(shape).and_then(|at| steps.get_mut(*at)) {
                *nearest = if hops.abs() < nearest.saturating_abs() { *hops } else { *nearest };
            }
        }
        let sizes = order.iter().map(|shape| size(view, shape)).collect();
        let drawn = Drawn { sizes, edges: links.keys().copied().collect(), steps: steps.clone() };
        let placed = self.catalog.layouts().of(drawn);
        let boxes: Vec<LineageBox> =
            placed.iter().map(|p| LineageBox { x: p.x, y: p.y, width: p.width, height: p.height }).collect();
        let (clusters, cluster_of) = clusters(view, &shapes, &order, (&boxes, &steps));
        let nodes = shapes.iter().map(|shape| {
            let at = number.get(shape).copied().unwrap_or_default();
            match cluster_of.get(&at) {
                Some(cluster) => Err(*cluster),
                None => boxes.get(at).copied().ok_or(0),
            }
        });
        let nodes = nodes.collect();
        let id = |at: usize| order.get(at).map(|shape| id(view, shape)).unwrap_or_default();
        let links = links.into_iter().filter(|_| !clusters.is_empty());
        LineageDrawing {
            nodes,
            links: links.map(|((from, to), count)| ((id(from), id(to)), count)).collect(),
            clusters,
            width: boxes.iter().map(|b| b.x + b.width).fold(0.0, f64::max),
            height: boxes.iter().map(|b| b.y + b.height).fold(0.0, f64::max),
        }
    }
}

/// What each node is drawn as: itself; or together with the others of its product, or of its domain, where there are too
/// many. What was asked about is always drawn by itself.
fn shapes(view: &LineageView) -> Vec<Shape> {
    let alone = |at: usize, (_, hops): &(LineageNode, i64)| (*hops == 0).then_some(Shape::Node(at));
    let each = |of: &dyn Fn(&LineageNode, usize) -> Shape| -> Vec<Shape> {
        let nodes = view.nodes.iter().enumerate();
        nodes.map(|(at, node)| alone(at, node).unwrap_or_else(|| of(&node.0, at))).collect()
    };
    if view.nodes.len() <= DRAWN_MAX {
        return each(&|_, at| Shape::Node(at));
    }
    let by_product = each(&|node, at| match view.level {
        LineageLevel::Product => Shape::Node(at),
        _ => Shape::Product(node.product()),
    });
    if by_product.iter().collect::<BTreeSet<_>>().len() <= DRAWN_MAX {
        return by_product;
    }
    each(&|node, _| Shape::Domain(node.product().domain))
}

type Clusters = (Vec<LineageCluster>, BTreeMap<usize, usize>);

/// The clusters among what is drawn, and which of them each is.
fn clusters(
    view: &LineageView,
    shapes: &[Shape],
    order: &[&Shape],
    (boxes, steps): (&[LineageBox], &[i64]),
) -> Clusters {
    let mut members: BTreeMap<&Shape, Vec<&LineageNode>> = BTreeMap::new();
    for ((node, _), shape) in view.nodes.iter().zip(shapes) {
        members.entry(shape).or_default().push(node);
    }
    let (mut clusters, mut cluster_of) = (Vec::new(), BTreeMap::new());
    for (at, ((shape, place), hops)) in order.iter().zip(boxes).zip(steps).enumerate() {
        let (domain, product) = match shape {
            Shape::Node(_) => continue,
            Shape::Product(product) => (product.domain.clone(), Some(product.clone())),
            Shape::Domain(domain) => (domain.clone(), None),
        };
        let nodes = members.get(*shape).map_or(&[] as &[_], Vec::as_slice);
        cluster_of.insert(at, clusters.len());
        clusters.push(LineageCluster {
            id: id(view, shape),
            domain,
            product,
            products: nodes.iter().map(|node| node.product()).collect(),
            count: nodes.len() as u64,
            hops: *hops,
            place: *place,
        });
    }
    (clusters, cluster_of)
}

fn id(view: &LineageView, shape: &Shape) -> String {
    match shape {
        Shape::Node(at) => view.nodes.get(*at).map(|(node, _)| node.to_string()).unwrap_or_default(),
        Shape::Product(product) => format!("product:{product}"),
        Shape::Domain(domain) => format!("domain:{domain}"),
    }
}

/// Room for the name, and for what it is a part of on a line of its own.
fn size(view: &LineageView, shape: &Shape) -> (u32, u32) {
    let (name, of, height) = match shape {
        Shape::Node(at) => match view.nodes.get(*at).map(|(node, _)| node) {
            Some(LineageNode::Product(product)) => (product.product.to_string(), product.domain.to_string(), HEIGHT),
            Some(LineageNode::Port(port)) => (port.port.to_string(), port.product_ref().to_string(), HEIGHT),
            Some(LineageNode::Column(port, column)) => (column.clone(), port.to_string(), COLUMN_HEIGHT),
            None => Default::default(),
        },
        Shape::Product(product) => (product.product.to_string(), product.domain.to_string(), HEIGHT),
        Shape::Domain(domain) => (domain.to_string(), String::new(), HEIGHT),
    };
    // What it is a part of is written smaller.
    let letters = f64::max(count(&name), count(&of) * 0.85);
    let width = (letters * LETTER + AROUND_TEXT).clamp(WIDTHS.0, WIDTHS.1);
    (width.round() as u32, height as u32)
}

fn count(text: &str) -> f64 {
    u32::try_from(text.chars().count()).map_or(f64::MAX, f64::from)
}

impl fmt::Debug for KnownLayouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownLayouts").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;
    use crate::graph::LineageLink;
    use crate::sample::{clock, noon};

    async fn draw(view: &LineageView) -> LineageDrawing {
        let catalog = Catalog::open_in_memory(clock()).await.unwrap();
        let policies = std::sync::Arc::new(weft_governance::Policies::new_closed()).current();
        let nobody = weft_model::Principal {
            kind: weft_model::PrincipalKind::User,
            name: "nobody".to_owned(),
            groups: BTreeSet::new(),
            attributes: BTreeMap::new(),
        };
        catalog.view(policies, &nobody, noon()).drawing_of(view)
    }

    /// A port that `count` others go into, `each` of every product.
    fn fan_in(count: usize, each: usize) -> LineageView {
        let port = |name: String| LineageNode::Port(name.parse().unwrap());
        let focus = port("finance.ledger.entries".to_owned());
        let other = |n: usize| port(format!("d{}.p{}.t{n}", n / each % 9, n / each));
        let nodes = (0..count).map(|n| (other(n), -1)).chain([(focus.clone(), 0)]).collect();
        let link = |n| LineageLink {
            from: other(n),
            to: focus.clone(),
            how: BTreeSet::new(),
            is_declared_only: false,
            release: 1,
        };
        let links = (0..count).map(link).collect();
        LineageView { focus, level: LineageLevel::Port, nodes, links, is_complete: true }
    }

    #[tokio::test]
    async fn few_nodes_have_a_box_each_from_left_to_right() {
        let view = fan_in(3, 1);
        let drawing = draw(&view).await;
        assert_eq!((drawing.clusters.len(), drawing.links.len()), (0, 0));
        let boxes: Vec<LineageBox> = drawing.nodes.iter().map(|node| node.unwrap()).collect();
        assert!(boxes[..3].iter().all(|b| b.x + b.width < boxes[3].x), "{boxes:?}");
        assert_eq!(drawing.width, boxes[3].x + boxes[3].width);
        assert_eq!(draw(&view).await, drawing);
    }

    #[tokio::test]
    async fn too_many_nodes_are_drawn_by_product_and_then_by_domain() {
        let drawing = draw(&fan_in(1_600, 10)).await;
        assert_eq!(drawing.clusters.len(), 160);
        assert_eq!((drawing.clusters[0].id.as_str(), drawing.clusters[0].count), ("product:d0.p0", 10));
        assert_eq!(drawing.nodes[0], Err(0));
        assert!(drawing.nodes[1_600].is_ok(), "what was asked about");
        let to_focus = ("product:d0.p0".to_owned(), "finance.ledger.entries".to_owned());
        assert_eq!((drawing.links.len(), drawing.links[&to_focus]), (160, 10));
        let drawing = draw(&fan_in(1_600, 1)).await;
        let told: Vec<_> = drawing.clusters.iter().map(|c| (c.id.as_str(), c.products.len())).take(2).collect();
        assert_eq!((drawing.clusters.len(), told), (9, vec![("domain:d0", 178), ("domain:d1", 178)]));
    }
}
