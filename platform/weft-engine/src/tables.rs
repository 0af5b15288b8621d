//! What a principal may name in SQL.

use arrow::datatypes::{Schema, SchemaRef};
use std::sync::Arc;
use weft_catalog::{CatalogView, ForeignKey, PortView};
use weft_storage::arrow_schema;

use crate::{Session, system};

/// One table that a principal may know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableEntry {
    pub domain: String,
    pub product: String,
    pub port: String,
    /// `TABLE`, `VIEW` or `SYSTEM TABLE`.
    pub kind: &'static str,
    /// The columns that the principal may read; none where it may not read the table.
    pub schema: SchemaRef,
    /// In key order; empty where there is none, or it may not be read.
    pub primary_key: Vec<String>,
    /// Of those whose both sides the principal may read.
    pub foreign_keys: Vec<ForeignKey>,
    pub description: String,
}

impl Session {
    /// Every table that the principal may discover, the platform's own last, else in order of name.
    pub fn tables(&self) -> Vec<TableEntry> {
        entries_of(&self.view())
    }
}

/// Every table that the view's principal may discover, the platform's own last, else in order of name.
pub(crate) fn entries_of(view: &CatalogView) -> Vec<TableEntry> {
    let mut entries: Vec<TableEntry> = view.ports().into_iter().map(entry).collect();
    entries.sort_by(|a, b| (&a.domain, &a.product, &a.port).cmp(&(&b.domain, &b.product, &b.port)));
    entries.extend(system::entries());
    entries
}

fn entry(port: PortView) -> TableEntry {
    let columns = if port.readable { port.columns.as_slice() } else { &[] };
    let key = if port.readable { port.primary_key() } else { Vec::new() };
    let foreign_keys = if port.readable { port.foreign_keys.clone() } else { Vec::new() };
    TableEntry {
        foreign_keys,
        primary_key: key.into_iter().map(str::to_owned).collect(),
        schema: if columns.is_empty() { Arc::new(Schema::empty()) } else { arrow_schema(columns) },
        domain: port.port.domain.to_string(),
        product: port.port.product.to_string(),
        port: port.port.port.to_string(),
        kind: if port.kind == "view" { "VIEW" } else { "TABLE" },
        description: port.description,
    }
}
