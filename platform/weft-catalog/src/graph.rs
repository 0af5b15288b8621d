//! The part of a graph of lineage that lies around some of its nodes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use weft_model::{Dependence, PortRef, ProductRef};

/// Most nodes of one answer.
const NODES_MAX: usize = 2_000;

/// How closely lineage is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineageLevel {
    Product,
    Port,
    Column,
}

impl LineageLevel {
    /// The word that REST and the command line use.
    pub fn as_str(self) -> &'static str {
        match self {
            LineageLevel::Product => "product",
            LineageLevel::Port => "port",
            LineageLevel::Column => "column",
        }
    }
}

impl FromStr for LineageLevel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [LineageLevel::Product, LineageLevel::Port, LineageLevel::Column]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or(())
    }
}

/// A product, a port or a column: written with dots between its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineageNode {
    Product(ProductRef),
    /// A whole table: which rows it has.
    Port(PortRef),
    Column(PortRef, String),
}

impl LineageNode {
    /// What kind of node it is.
    pub fn level(&self) -> LineageLevel {
        match self {
            LineageNode::Product(_) => LineageLevel::Product,
            LineageNode::Port(_) => LineageLevel::Port,
            LineageNode::Column(..) => LineageLevel::Column,
        }
    }

    /// The port that it is or is a column of.
    pub fn port(&self) -> Option<&PortRef> {
        match self {
            LineageNode::Product(_) => None,
            LineageNode::Port(port) | LineageNode::Column(port, _) => Some(port),
        }
    }

    /// The product that it is or is a part of.
    pub fn product(&self) -> ProductRef {
        match self {
            LineageNode::Product(product) => product.clone(),
            LineageNode::Port(port) | LineageNode::Column(port, _) => port.product_ref(),
        }
    }
}

impl fmt::Display for LineageNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineageNode::Product(product) => write!(f, "{product}"),
            LineageNode::Port(port) => write!(f, "{port}"),
            LineageNode::Column(port, column) => write!(f, "{port}.{column}"),
        }
    }
}

impl FromStr for LineageNode {
    type Err = weft_model::NameError;

    /// Two names are a product, three a port; what follows the third dot is a column, whatever is in it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let third = text.match_indices('.').nth(2).map(|(at, _)| at);
        if let Some((port, column)) = third.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
            return Ok(LineageNode::Column(port.parse()?, column.to_owned()));
        }
        match text.matches('.').count() {
            1 => Ok(LineageNode::Product(text.parse()?)),
            _ => Ok(LineageNode::Port(text.parse()?)),
        }
    }
}

/// What goes from one node into another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineageLink {
    pub from: LineageNode,
    pub to: LineageNode,
    /// Empty between products and between ports.
    pub how: BTreeSet<Dependence>,
    /// Number of the release of what it goes into.
    pub release: u64,
}

/// What lies around a focus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageView {
    pub focus: LineageNode,
    pub level: LineageLevel,
    /// Each with how many steps it is away: less than 0 for what goes into the focus, 0 for the focus and its parts. In
    /// order of that, then of name.
    pub nodes: Vec<(LineageNode, i64)>,
    /// Between these nodes, in order.
    pub links: Vec<LineageLink>,
    /// Whether that is all within the steps that were asked for.
    pub is_complete: bool,
}

/// What lies within `up` steps before and `down` steps after `starts`, as far as it is among `links`.
pub(crate) fn around(
    (focus, level): (LineageNode, LineageLevel),
    starts: BTreeSet<LineageNode>,
    links: Vec<LineageLink>,
    (up, down): (u32, u32),
) -> LineageView {
    let mut before: HashMap<&LineageNode, Vec<&LineageNode>> = HashMap::new();
    let mut after: HashMap<&LineageNode, Vec<&LineageNode>> = HashMap::new();
    for link in &links {
        before.entry(&link.to).or_default().push(&link.from);
        after.entry(&link.from).or_default().push(&link.to);
    }
    let mut reached: BTreeMap<&LineageNode, i64> = starts.iter().map(|start| (start, 0)).collect();
    let mut is_complete = true;
    for (next, steps, sign) in [(&before, up, -1), (&after, down, 1)] {
        let mut edge: Vec<&LineageNode> = starts.iter().collect();
        for step in 1..=i64::from(steps) {
            let mut found = Vec::new();
            for node in edge.iter().filter_map(|node| next.get(*node)).flatten() {
                if reached.contains_key(*node) {
                    continue;
                }
                if reached.len() >= NODES_MAX {
                    is_complete = false;
                    break;
                }
                reached.insert(node, sign * step);
                found.push(*node);
            }
            edge = found;
        }
    }
    let mut nodes: Vec<(LineageNode, i64)> = reached.iter().map(|(node, steps)| ((*node).clone(), *steps)).collect();
    nodes.sort_by(|(a, near), (b, far)| (near, a).cmp(&(far, b)));
    let is_between = |link: &LineageLink| reached.contains_key(&link.from) && reached.contains_key(&link.to);
    let mut kept: Vec<LineageLink> = links.iter().filter(|link| is_between(link)).cloned().collect();
    kept.sort();
    kept.dedup();
    LineageView { focus, level, nodes, links: kept, is_complete }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> LineageNode {
        LineageNode::Product(format!("d.{name}").parse().unwrap())
    }

    /// The nodes around `focus` in a chain `a` → `b` → `c` → `d`, with a short cut from `a` to `c`.
    fn chain(focus: &str, up: u32, down: u32) -> Vec<(String, i64)> {
        let link = |from, to| LineageLink { from: node(from), to: node(to), how: BTreeSet::new(), release: 1 };
        let links = vec![link("a", "b"), link("b", "c"), link("c", "d"), link("a", "c")];
        let starts = [node(focus)].into();
        let view = around((node(focus), LineageLevel::Product), starts, links, (up, down));
        assert!(view.is_complete);
        view.nodes.into_iter().map(|(node, steps)| (node.to_string(), steps)).collect()
    }

    #[test]
    fn what_is_reached_is_as_far_as_the_shortest_way() {
        let told = |nodes: &[(&str, i64)]| -> Vec<(String, i64)> {
            nodes.iter().map(|(name, steps)| (format!("d.{name}"), *steps)).collect()
        };
        assert_eq!(chain("c", 1, 1), told(&[("a", -1), ("b", -1), ("c", 0), ("d", 1)]));
        assert_eq!(chain("d", 1, 5), told(&[("c", -1), ("d", 0)]));
        assert_eq!(chain("b", 0, 0), told(&[("b", 0)]));
        assert_eq!(chain("a", 3, 3), told(&[("a", 0), ("b", 1), ("c", 1), ("d", 2)]));
    }

    #[test]
    fn a_name_is_a_product_a_port_or_a_column() {
        let level = |text: &str| text.parse::<LineageNode>().map(|node| (node.level(), node.to_string()));
        assert_eq!(level("a.b"), Ok((LineageLevel::Product, "a.b".to_owned())));
        assert_eq!(level("a.b.c"), Ok((LineageLevel::Port, "a.b.c".to_owned())));
        assert_eq!(level("a.b.c.D.e f"), Ok((LineageLevel::Column, "a.b.c.D.e f".to_owned())));
        assert!(level("a").is_err() && level("A.b").is_err() && level("").is_err());
    }
}
