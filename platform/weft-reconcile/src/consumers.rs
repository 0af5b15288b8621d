//! Who reads a port, and which of its columns.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use serde::Serialize;
use weft_engine::ContractPlanner;
use weft_model::compatibility::Readership;
use weft_model::{DataProduct, Declared, PortRef, ProductRef};

use crate::Known;
use crate::sql_check::Offers;

/// The columns that a product's queries read, by port.
type ProductReads = BTreeMap<PortRef, BTreeSet<String>>;

/// Someone who reads a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Consumer {
    /// A product that declares the port as an input.
    Product { product: ProductRef, owner: String },
    /// A principal whose queries were seen.
    Observed { principal: String, queries: u64, last_at: DateTime<Utc> },
}

/// A consumer, and what it reads of one port.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) consumer: Consumer,
    pub(crate) reads: Readership,
}

/// Everyone who reads something of the mesh.
#[derive(Debug, Default)]
pub(crate) struct Consumers {
    by_port: BTreeMap<PortRef, Vec<Reader>>,
}

impl Consumers {
    /// Who reads ports of the products that are `changed`: the products that read them as the revision
    /// declares it, or as it is published where a product stays; then whoever was seen reading.
    pub(crate) fn of(declared: &Declared, known: &Known, changed: &BTreeSet<&ProductRef>) -> Self {
        let mut consumers = Consumers::default();
        let changes =
            |product: &&DataProduct| product.inputs.iter().any(|input| changed.contains(&input.port.product_ref()));
        let offers = Offers::of(declared, &known.published);
        for product in declared.products.iter().filter(changes) {
            let owner = declared.domains.get(&product.name.domain).map_or("", |domain| domain.owner.as_str());
            consumers.add_product(&product.name, owner, reads_of(product, &offers.inputs_of(product)));
        }
        let nothing = Declared::empty(declared.revision.clone());
        let offers = Offers::of(&nothing, &known.published);
        let releases = known.published.releases.values();
        for release in releases.filter(|release| declared.broken.contains(&release.product.name)) {
            let product = &release.product;
            if changes(&product) {
                consumers.add_product(
                    &product.name,
                    &release.domain.owner,
                    reads_of(product, &offers.inputs_of(product)),
                );
            }
        }
        consumers.add_observed(declared, known);
        consumers
    }

    /// The readers of a port: products first, by name, then principals.
    pub(crate) fn of_port(&self, port: &PortRef) -> &[Reader] {
        self.by_port.get(port).map_or(&[], Vec::as_slice)
    }

    fn add_product(&mut self, product: &ProductRef, owner: &str, reads: ProductReads) {
        for (port, columns) in reads {
            // A product's own ports are no concern of others.
            if port.product_ref() == *product {
                continue;
            }
            let consumer = Consumer::Product { product: product.clone(), owner: owner.to_owned() };
            let reads = Readership { columns, ..Readership::default() };
            self.by_port.entry(port).or_default().push(Reader { consumer, reads });
        }
    }

    fn add_observed(&mut self, declared: &Declared, known: &Known) {
        // What a domain's service reads, it reads for the domain's products.
        let services: BTreeSet<String> = declared
            .domains
            .values()
            .filter_map(|domain| Some(format!("service:{}", domain.service.as_ref()?)))
            .collect();
        let mut observed: BTreeMap<(&PortRef, &str), Reader> = BTreeMap::new();
        for read in known.reads.iter().filter(|read| !services.contains(&read.principal)) {
            let reader = observed.entry((&read.port, &read.principal)).or_insert_with(|| Reader {
                consumer: Consumer::Observed {
                    principal: read.principal.clone(),
                    queries: read.count,
                    last_at: read.last_at,
                },
                reads: Readership::default(),
            });
            reader.reads.columns.extend(read.column.clone());
            if let Consumer::Observed { queries, last_at, .. } = &mut reader.consumer {
                *queries = (*queries).max(read.count);
                *last_at = (*last_at).max(read.last_at);
            }
        }
        for ((port, _), reader) in observed {
            self.by_port.entry(port.clone()).or_default().push(reader);
        }
    }
}

/// What the queries of a product read. One that cannot be planned reads every column of its inputs, as
/// far as anyone can tell.
fn reads_of(product: &DataProduct, inputs: &BTreeMap<PortRef, SchemaRef>) -> ProductReads {
    let mut planner = ContractPlanner::new();
    let mut reads = ProductReads::new();
    let all = || {
        inputs.iter().map(|(port, schema)| (port.clone(), schema.fields().iter().map(|f| f.name().clone()).collect()))
    };
    for (_, sql) in product.outputs.iter().filter_map(|output| output.transform.sql()) {
        let found = planner.columns_read(sql, inputs).unwrap_or_else(|_| all().collect());
        for (port, columns) in found {
            reads.entry(port).or_default().extend(columns);
        }
    }
    reads
}
