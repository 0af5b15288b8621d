//! Lineage as far as the principal may know both of its ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weft_model::{ColumnSource, PortRef, PortRelease, ProductRef};

use super::{CatalogView, unknown};
use crate::error::CatalogError;
use crate::flows::Flows;
use crate::graph::{self, LineageLevel, LineageLink, LineageNode, LineageView, Links};
use crate::views::{ColumnEdge, LineageEdge};

impl CatalogView {
    /// Which port's rows go into which, sorted: the declared inputs that a transform names.
    pub fn lineage(&self) -> Vec<LineageEdge> {
        let flows = self.catalog.flows(&self.published);
        let edges = flows.all().filter(|(_, from, to)| self.sees(from) && self.sees(to));
        let mut edges: Vec<LineageEdge> = edges
            .map(|(release, from, to)| LineageEdge { from: from.clone(), to: to.clone(), release: release.number })
            .collect();
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
        let links = SeenLinks { view: self, flows: self.catalog.flows(&self.published), level };
        Ok(graph::around((focus.clone(), level), starts, &links, (up, down)))
    }

    /// The group that owns the product; `None` where it is not served or not seen.
    pub fn owner_of(&self, product: &ProductRef) -> Option<String> {
        let release = self.published.releases.get(product).filter(|release| self.sight.product(release));
        release.map(|release| release.domain.owner.clone())
    }

    /// The ports of the product that are served and may be discovered, in order of name.
    pub fn ports_of(&self, product: &ProductRef) -> Vec<PortRef> {
        let release = self.published.releases.get(product);
        let ports = release.into_iter().flat_map(|release| release.ports.keys()).map(|port| product.port(port));
        ports.filter(|port| self.sees_port(port)).collect()
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
        self.published.port(port).is_some() && self.sees_port(port)
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

/// The graph of one level as far as the principal may know both ends of an edge.
struct SeenLinks<'v> {
    view: &'v CatalogView,
    flows: Arc<Flows>,
    level: LineageLevel,
}

impl Links for SeenLinks<'_> {
    fn before(&self, node: &LineageNode) -> Vec<LineageLink> {
        match node {
            LineageNode::Column(to, column) => self.columns_before(to, Some(column)),
            LineageNode::Port(to) if self.level == LineageLevel::Column => self.columns_before(to, None),
            LineageNode::Port(to) => self.ports(self.flows.before(to).iter().map(|from| (from, to))),
            LineageNode::Product(product) => {
                let ports = self.view.ports_of(product);
                let pairs = ports.iter().flat_map(|to| self.flows.before(to).iter().map(move |from| (from, to)));
                between_products(self.ports(pairs))
            }
        }
    }

    fn after(&self, node: &LineageNode) -> Vec<LineageLink> {
        match node {
            LineageNode::Column(from, column) => self.columns_after(from, column),
            LineageNode::Port(_) if self.level == LineageLevel::Column => Vec::new(),
            LineageNode::Port(from) => self.ports(self.flows.after(from).iter().map(|to| (from, to))),
            LineageNode::Product(product) => {
                let ports = self.view.ports_of(product);
                let pairs = ports.iter().flat_map(|from| self.flows.after(from).iter().map(move |to| (from, to)));
                between_products(self.ports(pairs))
            }
        }
    }
}

impl SeenLinks<'_> {
    fn ports<'p>(&self, pairs: impl Iterator<Item = (&'p PortRef, &'p PortRef)>) -> Vec<LineageLink> {
        let seen = pairs.filter(|(from, to)| self.view.sees(from) && self.view.sees(to));
        let links = seen.filter_map(|(from, to)| {
            let (release, table) = self.view.published.port(to)?;
            Some(LineageLink {
                from: LineageNode::Port(from.clone()),
                to: LineageNode::Port(to.clone()),
                how: BTreeSet::new(),
                is_declared_only: !reads(table, from),
                release: release.number,
            })
        });
        links.collect()
    }

    fn columns_before(&self, to: &PortRef, column: Option<&String>) -> Vec<LineageLink> {
        let Some((release, table)) = self.view.published.port(to).filter(|_| self.view.sees(to)) else {
            return Vec::new();
        };
        if column.is_some_and(|column| !self.view.shows_column(to, column)) {
            return Vec::new();
        }
        let sources = match column {
            Some(column) => table.lineage.columns.get(column).map_or(&[] as &[_], Vec::as_slice),
            None => table.lineage.rows.as_slice(),
        };
        let edges = sources.iter().filter_map(|of| self.view.column_edge(to, column, of, release.number));
        edges.map(link_of_column).collect()
    }

    fn columns_after(&self, from: &PortRef, column: &str) -> Vec<LineageLink> {
        let mut links = Vec::new();
        for to in self.flows.read_by(from).filter(|to| self.view.sees(to)) {
            let Some((release, table)) = self.view.published.port(to) else { continue };
            let columns = table.lineage.columns.iter().filter(|(column, _)| self.view.shows_column(to, column));
            let columns = columns.flat_map(|(column, sources)| sources.iter().map(move |of| (Some(column), of)));
            let all = columns.chain(table.lineage.rows.iter().map(|of| (None, of)));
            let of_column = all.filter(|(_, of)| of.port == *from && of.column == column);
            links.extend(
                of_column
                    .filter_map(|(name, of)| self.view.column_edge(to, name, of, release.number))
                    .map(link_of_column),
            );
        }
        links
    }
}

/// Whether the table is known to be made of rows of `from`: it was when it was built last, or its query as planned does.
fn reads(table: &PortRelease, from: &PortRef) -> bool {
    let mut sources = table.lineage.columns.values().flatten().chain(&table.lineage.rows);
    table.inputs.contains_key(from) || sources.any(|source| source.port == *from)
}

/// The same links between the products, each once: declared only where all of them are.
fn between_products(links: Vec<LineageLink>) -> Vec<LineageLink> {
    let mut between: BTreeMap<(LineageNode, LineageNode), LineageLink> = BTreeMap::new();
    for link in links {
        let (from, to) = (LineageNode::Product(link.from.product()), LineageNode::Product(link.to.product()));
        if from == to {
            continue;
        }
        let known = between.entry((from.clone(), to.clone()));
        let known = known.or_insert_with(|| LineageLink { from, to, ..link.clone() });
        known.is_declared_only &= link.is_declared_only;
    }
    between.into_values().collect()
}

fn link_of_column(edge: ColumnEdge) -> LineageLink {
    let to = match edge.to_column {
        Some(column) => LineageNode::Column(edge.to, column),
        None => LineageNode::Port(edge.to),
    };
    let (how, release) = (edge.how, edge.release);
    let from = LineageNode::Column(edge.from, edge.from_column);
    LineageLink { from, to, how, is_declared_only: false, release }
}

#[cfg(test)]
mod tests;
