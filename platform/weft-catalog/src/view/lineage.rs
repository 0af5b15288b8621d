//! Lineage as far as the principal may know both of its ends.

use std::collections::BTreeSet;

use weft_model::{ColumnSource, PortRef, Release};

use super::{CatalogView, unknown};
use crate::error::CatalogError;
use crate::graph::{self, LineageLevel, LineageLink, LineageNode, LineageView};
use crate::lineage;
use crate::views::{ColumnEdge, LineageEdge};

impl CatalogView {
    /// Which port's rows go into which, sorted: the declared inputs that a transform names.
    pub fn lineage(&self) -> Vec<LineageEdge> {
        let of_release = |release: &Release| {
            let edges = lineage::edges(&release.product).into_iter();
            edges.map(|(from, to)| LineageEdge { from, to, release: release.number }).collect::<Vec<_>>()
        };
        let edges = self.published.releases.values().flat_map(of_release);
        let mut edges: Vec<_> = edges.filter(|edge| self.sees(&edge.from) && self.sees(&edge.to)).collect();
        edges.sort();
        edges.dedup();
        edges
    }

    /// Which column goes into which, and which decide on the rows of a port, in order. Of columns that are hidden from
    /// the principal nothing is told.
    pub fn column_lineage(&self) -> Vec<ColumnEdge> {
        let mut edges = Vec::new();
        for release in self.published.releases.values() {
            for (name, table) in &release.ports {
                let to = release.product.name.port(name);
                if table.lineage.is_empty() || !self.sees(&to) {
                    continue;
                }
                let shown = table.lineage.columns.iter().filter(|(column, _)| self.shows_column(&to, column));
                let columns = shown.flat_map(|(column, sources)| sources.iter().map(move |of| (Some(column), of)));
                for (column, source) in columns.chain(table.lineage.rows.iter().map(|source| (None, source))) {
                    edges.extend(self.column_edge(&to, column, source, release.number));
                }
            }
        }
        edges.sort();
        edges
    }

    /// What lies within `up` steps before `focus` and `down` steps after it, at that level; a focus that is named more
    /// closely than the level stands for what it is a part of.
    ///
    /// At the level of columns, what decides on the rows of a port goes into the port as a whole, and is shown for the
    /// focus and for what comes after it; it is not followed further.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] alone: where the focus is not served, may not be discovered, or is a column that is
    /// hidden.
    pub fn lineage_around(
        &self,
        focus: &LineageNode,
        level: LineageLevel,
        (up, down): (u32, u32),
    ) -> Result<LineageView, CatalogError> {
        let starts = self.starts(focus, level)?;
        let links = match level {
            LineageLevel::Product => self.links_of_ports(|port| LineageNode::Product(port.product_ref())),
            LineageLevel::Port => self.links_of_ports(LineageNode::Port),
            LineageLevel::Column => self.column_lineage().into_iter().map(link_of_column).collect(),
        };
        Ok(graph::around((focus.clone(), level), starts, links, (up, down)))
    }

    fn links_of_ports(&self, node: impl Fn(PortRef) -> LineageNode) -> Vec<LineageLink> {
        let links = self.lineage().into_iter().map(|edge| LineageLink {
            from: node(edge.from),
            to: node(edge.to),
            how: BTreeSet::new(),
            release: edge.release,
        });
        links.filter(|link| link.from != link.to).collect()
    }

    /// The nodes of that level that the focus is, is a part of, or consists of.
    fn starts(&self, focus: &LineageNode, level: LineageLevel) -> Result<BTreeSet<LineageNode>, CatalogError> {
        let not_found = || unknown(focus.level().as_str(), focus);
        let ports = match focus {
            LineageNode::Product(product) => {
                let product = self.product(product).map_err(|_| not_found())?;
                product.ports.into_iter().map(|port| port.port).collect()
            }
            LineageNode::Port(port) => vec![self.port(port).map_err(|_| not_found())?.port],
            LineageNode::Column(name, column) => {
                let port = self.port(name).map_err(|_| not_found())?;
                if !port.columns.iter().any(|known| known.name == *column) {
                    return Err(not_found());
                }
                vec![port.port]
            }
        };
        Ok(match (level, focus) {
            (LineageLevel::Product, _) => [LineageNode::Product(focus.product())].into(),
            (LineageLevel::Port, _) => ports.into_iter().map(LineageNode::Port).collect(),
            (LineageLevel::Column, LineageNode::Column(port, _)) => {
                [focus.clone(), LineageNode::Port(port.clone())].into()
            }
            (LineageLevel::Column, _) => ports.iter().flat_map(|port| self.all_of(port)).collect(),
        })
    }

    /// The port as a whole, and each of its columns.
    fn all_of(&self, port: &PortRef) -> Vec<LineageNode> {
        let columns = self.port(port).map(|port| port.columns).unwrap_or_default();
        let columns = columns.into_iter().map(|column| LineageNode::Column(port.clone(), column.name));
        columns.chain([LineageNode::Port(port.clone())]).collect()
    }

    fn sees(&self, port: &PortRef) -> bool {
        self.published.port(port).is_some() && self.sight.port(port)
    }

    fn shows_column(&self, port: &PortRef, column: &str) -> bool {
        !self.reading(port).hidden.contains(column)
    }

    fn column_edge(
        &self,
        to: &PortRef,
        to_column: Option<&String>,
        of: &ColumnSource,
        release: u64,
    ) -> Option<ColumnEdge> {
        let is_shown = self.sees(&of.port) && self.shows_column(&of.port, &of.column);
        is_shown.then(|| ColumnEdge {
            from: of.port.clone(),
            from_column: of.column.clone(),
            to: to.clone(),
            to_column: to_column.cloned(),
            how: of.how.clone(),
            release,
        })
    }
}

fn link_of_column(edge: ColumnEdge) -> LineageLink {
    let to = match edge.to_column {
        Some(column) => LineageNode::Column(edge.to, column),
        None => LineageNode::Port(edge.to),
    };
    let (how, release) = (edge.how, edge.release);
    LineageLink { from: LineageNode::Column(edge.from, edge.from_column), to, how, release }
}

#[cfg(test)]
mod tests;
