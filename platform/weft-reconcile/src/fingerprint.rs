//! What a port is made from, as one hash: equal fingerprints mean that nothing need be built.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest, Sha256};
use weft_model::{Contract, DataProduct, OutputPort, PortRef, Published, Release, Transform};
use weft_storage::Listing;

/// Raised when the same inputs would yield other files, so that everything is built anew.
const LAYOUT: u32 = 1;

/// The fingerprints of everything that a port may read.
///
/// A port's hash covers what its contract demands of rows, how it is made, what lies at its source where that was
/// looked at, and the fingerprints of the ports that its query reads; where such a port is not declared (its product
/// has errors), the fingerprint under which it is published.
pub(crate) struct Fingerprints<'a> {
    pub(crate) known: &'a BTreeMap<PortRef, String>,
    pub(crate) published: &'a Published,
    pub(crate) sources: &'a BTreeMap<PortRef, Listing>,
}

impl Fingerprints<'_> {
    /// The fingerprint that `output` has, or would have, under `contract`.
    pub(crate) fn of(&self, product: &DataProduct, output: &OutputPort, contract: &Contract) -> String {
        let inputs: BTreeMap<String, &str> = inputs_of(product, output)
            .map(|port| {
                let upstream = self.known.get(port).map(String::as_str);
                let served = || self.published.port(port).map(|(_, port)| port.fingerprint.as_str());
                (port.to_string(), upstream.or_else(served).unwrap_or("absent"))
            })
            .collect();
        let listing = self.sources.get(&product.port_ref(output));
        made_from(contract, &output.transform, &inputs, listing)
    }

    /// Whether the port's own contract or transform makes other rows than those under which `release` has it.
    pub(crate) fn is_changed_itself(&self, product: &DataProduct, output: &OutputPort, release: &Release) -> bool {
        let Some(before) = release.product.output(&output.name) else { return true };
        self.of(product, before, &before.contract) != self.of(product, output, &output.contract)
    }
}

fn made_from(
    contract: &Contract,
    transform: &Transform,
    inputs: &BTreeMap<String, &str>,
    listing: Option<&Listing>,
) -> String {
    let mut made = json!({
        "layout": LAYOUT,
        "contract": demands(contract),
        "transform": match transform {
            Transform::Seed { format, content, .. } => json!({ "seed": content, "format": format }),
            Transform::Source { url, format, options } => json!({ "url": url, "format": format, "options": options }),
            Transform::Files { url, format, options, merge } => {
                json!({ "files": url, "format": format, "options": options, "merge": merge })
            }
            Transform::Full { sql, .. } => json!({ "full": sql }),
            Transform::View { sql, .. } => json!({ "view": sql }),
            Transform::Append { sql, .. } => json!({ "append": sql }),
            Transform::ByKey { sql, newest_by, delete_when, .. } => {
                json!({ "byKey": sql, "newestBy": newest_by, "deleteWhen": delete_when })
            }
            Transform::ByTime { sql, column, interval, .. } => {
                json!({ "byTime": sql, "column": column, "interval": interval })
            }
            Transform::Scd2 { sql, key, since, .. } => json!({ "scd2": sql, "key": key, "since": since }),
        },
        "inputs": inputs,
    });
    if let (Some(listing), Some(made)) = (listing, made.as_object_mut()) {
        made.insert("listing".to_owned(), json!(hash(&json!(listing))));
    }
    hash(&made)
}

/// The input ports whose full names stand in the port's query.
pub(crate) fn inputs_of<'a>(product: &'a DataProduct, output: &'a OutputPort) -> impl Iterator<Item = &'a PortRef> {
    let sql = output.transform.sql().map_or("", |(_, sql)| sql);
    product.inputs.iter().map(|input| &input.port).filter(move |port| port.is_named_in(sql))
}

/// The input port whose full name stands first in the port's query: the one of which it takes what is new.
pub(crate) fn first_input<'a>(product: &'a DataProduct, output: &'a OutputPort) -> Option<&'a PortRef> {
    let sql = output.transform.sql().map_or("", |(_, sql)| sql);
    let place = |port: &&PortRef| port.first_in(sql).unwrap_or(usize::MAX);
    inputs_of(product, output).min_by_key(place)
}

/// The part of a contract that rows must meet. Words about the port are not part of it.
fn demands(contract: &Contract) -> serde_json::Value {
    let columns: Vec<_> = contract
        .columns
        .iter()
        .map(|c| json!([c.name, c.data_type, c.required, c.unique, c.primary_key_position]))
        .collect();
    match contract.checks.is_empty() {
        true => json!(columns),
        false => json!({ "columns": columns, "checks": contract.checks }),
    }
}

/// SHA-256 of the JSON text, as hex.
pub(crate) fn hash(value: &serde_json::Value) -> String {
    hex::encode(Sha256::digest(value.to_string().as_bytes()))
}
