//! The part of a graph of lineage that lies around some of its nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
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
    /// Whether it is declared as an input and nothing shows that a query reads it.
    pub is_declared_only: bool,
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

impl LineageView {
    /// Another one where the focus, the nodes or the edges are others.
    pub fn version(&self) -> String {
        let digest = Sha256::digest(format!("{:?}", (&self.focus, self.level, &self.nodes, &self.links)));
        hex::encode(digest.get(..8).unwrap_or_default())
    }
}

/// A graph whose edges are asked for node by node.
pub(crate) trait Links {
    /// What goes into the node, in order.
    fn before(&self, node: &LineageNode) -> Vec<LineageLink>;

    /// What the node goes into, in order.
    fn after(&self, node: &LineageNode) -> Vec<LineageLink>;
}

/// What lies within `up` steps before and `down` steps after `starts`. Looks at no more of the graph than that.
pub(crate) fn around(
    (focus, level): (LineageNode, LineageLevel),
    starts: BTreeSet<LineageNode>,
    links: &impl Links,
    (up, down): (u32, u32),
) -> LineageView {
    let mut reached: BTreeMap<LineageNode, i64> = starts.iter().map(|start| (start.clone(), 0)).collect();
    let mut is_complete = true;
    for (steps, sign) in [(up, -1), (down, 1)] {
        let mut edge: Vec<LineageNode> = starts.iter().cloned().collect();
        for step in 1..=i64::from(steps) {
            let next = edge.iter().flat_map(|node| match sign {
                -1 => links.before(node).into_iter().map(|link| link.from).collect::<Vec<_>>(),
                _ => links.after(node).into_iter().map(|link| link.to).collect(),
            });
            let mut found = Vec::new();
            for node in next {
                if reached.contains_key(&node) {
                    continue;
                }
                if reached.len() >= NODES_MAX {
                    is_complete = false;
                    break;
                }
                reached.insert(node.clone(), sign * step);
                found.push(node);
            }
            edge = found;
        }
    }
    // What a node is made of is little beside what may be made of it.
    let into_reached = reached.keys().flat_map(|node| links.before(node));
    let mut kept: Vec<LineageLink> = into_reached.filter(|link| reached.contains_key(&link.from)).collect();
    kept.sort();
    kept.dedup();
    let mut nodes: Vec<(LineageNode, i64)> = reached.into_iter().collect();
    nodes.sort_by(|(a, near), (b, far)| (near, a).cmp(&(far, b)));
    LineageView { focus, level, nodes, links: kept, is_complete }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> LineageNode {
        LineageNode::Product(format!("d.{name}").parse().unwrap())
    }

    impl Links for Vec<LineageLink> {
        fn before(&self, node: &LineageNode) -> Vec<LineageLink> {
            self.iter().filter(|link| link.to == *node).cloned().collect()
        }

        fn after(&self, node: &LineageNode) -> Vec<LineageLink> {
            self.iter().filter(|link| link.from == *node).cloned().collect()
        }
    }

    /// The nodes around `focus` in a chain `a` → `b` → `c` → `d`, with a short cut from `a` to `c`.
    fn chain(focus: &str, up: u32, down: u32) -> Vec<(String, i64)> {
        let link = |from, to| LineageLink {
            from: node(from),
            to: node(to),
            how: BTreeSet::new(),
            is_declared_only: false,
            release: 1,
        };
        let links = vec![link("a", "b"), link("b", "c"), link("c", "d"), link("a", "c")];
        let starts = [node(focus)].into();
        let view = around((node(focus), LineageLevel::Product), starts, &links, (up, down));
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
