//! Who reads a port, and which of its columns.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use weft_engine::check_query;
use weft_model::compatibility::Readership;
use weft_model::{DataProduct, Declared, PortRef, ProductRef, Published, Release};
use weft_storage::arrow_schema;

use crate::Known;

/// The columns that a product's queries read, by port.
pub(crate) type ProductReads = BTreeMap<PortRef, BTreeSet<String>>;

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
    /// The readers as a revision declares them, `read` being what its sound products read; those of a
    /// product that stays as it is published count as published. Then whoever was seen reading.
    pub(crate) async fn of(declared: &Declared, read: &BTreeMap<ProductRef, ProductReads>, known: &Known) -> Self {
        let mut consumers = Consumers::default();
        for (name, reads) in read {
            let owner = declared.domains.get(&name.domain).map_or("", |domain| domain.owner.as_str());
            consumers.add_product(name, owner, reads.clone());
        }
        let published = &known.published;
        let stay = published.releases.values().filter(|release| declared.broken.contains(&release.product.name));
        for release in stay.filter(|release| !read.contains_key(&release.product.name)) {
            let reads = reads_of(&release.product, published).await;
            consumers.add_product(&release.product.name, &release.domain.owner, reads);
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

/// What the queries of a published product read. One that cannot be planned any more reads every
/// column of its inputs, as far as anyone can tell.
async fn reads_of(product: &DataProduct, published: &Published) -> ProductReads {
    let contract_of = |port: &PortRef| {
        let (release, _): (&Release, _) = published.port(port)?;
        Some(&release.product.output(&port.port)?.contract)
    };
    let inputs = product.inputs.iter().filter_map(|input| Some((&input.port, contract_of(&input.port)?)));
    let inputs: BTreeMap<PortRef, _> =
        inputs.map(|(port, contract)| (port.clone(), arrow_schema(&contract.columns))).collect();
    let mut reads = ProductReads::new();
    for (_, sql) in product.outputs.iter().filter_map(|output| output.transform.sql()) {
        let found = match check_query(sql, &inputs).await {
            Ok(shape) => shape.reads,
            Err(_) => inputs
                .iter()
                .map(|(port, schema)| (port.clone(), schema.fields().iter().map(|f| f.name().clone()).collect()))
                .collect(),
        };
        for (port, columns) in found {
            reads.entry(port).or_default().extend(columns);
        }
    }
    reads
}
