//! Keys from port to port, as far as the principal may know both of their sides.

use weft_model::quality_check::{ForeignKeyTarget, Measure};
use weft_model::{Column, Contract, PortRef};

use super::CatalogView;
use crate::views::ForeignKey;

impl CatalogView {
    /// The foreign keys of the contract of `port`, of which the principal is told of `columns`. One that names a column
    /// or a port which the principal may not read is left out whole.
    pub(super) fn foreign_keys(&self, port: &PortRef, contract: &Contract, columns: &[Column]) -> Vec<ForeignKey> {
        let keys = contract.checks.iter().filter_map(|check| {
            let Measure::Unmatched { columns: own, target: Some(target) } = &check.measure else { return None };
            let ForeignKeyTarget { port: other, columns: theirs } = target;
            let target = other.as_ref().unwrap_or(port);
            let is_known = are_among(own, columns) && are_among(theirs, &self.readable_columns(target));
            is_known.then(|| ForeignKey {
                name: check.name.clone(),
                columns: own.clone(),
                target: target.clone(),
                target_columns: theirs.clone(),
            })
        });
        keys.collect()
    }

    /// The columns of a served port that the principal may read; none where it may not read the port.
    fn readable_columns(&self, port: &PortRef) -> Vec<Column> {
        let served = self.published.port(port).and_then(|(release, _)| release.product.output(&port.port));
        let Some(output) = served.filter(|_| self.sees_port(port)) else { return Vec::new() };
        let reading = self.reading_of(port, &output.contract.columns);
        if reading.readable { reading.columns(&output.contract.columns) } else { Vec::new() }
    }
}

fn are_among(names: &[String], columns: &[Column]) -> bool {
    names.iter().all(|name| columns.iter().any(|column| &column.name == name))
}
