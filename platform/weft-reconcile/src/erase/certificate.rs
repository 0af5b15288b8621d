//! What the certificate of an erasure says beside which rows went, and its hash.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};
use weft_model::{DerivedPort, Erasure, OutputPort, PortRef, Release, Transform};

use super::{Erase, EraseError, Target, derived};
use crate::ReconcileError;
use crate::controller::Controller;
use crate::fingerprint::inputs_of;

impl Controller {
    /// All that can be told without erasing, of a table of which the files that `stays` names are left.
    pub(super) async fn outline(
        &self,
        target: &Target<'_>,
        version_before: u64,
        stays: &BTreeSet<String>,
    ) -> Result<Erasure, EraseError> {
        let (port, names) = (&target.wanted.port, target.names.iter());
        let from: BTreeSet<PortRef> = names.clone().map(|name| target.release.product.name.port(name)).collect();
        let derived = derived::derived_from(target.published, &from).into_iter();
        let (named, unnamed): (Vec<_>, Vec<_>) = derived.partition(|d| target.wanted.may_know.contains(&d.port));
        Ok(Erasure {
            port: port.clone(),
            condition: target.wanted.condition.clone(),
            at: self.parts.clock.now(),
            by: target.wanted.by.clone(),
            rows_erased: 0,
            version_before,
            version_after: None,
            release: None,
            files_removed: Vec::new(),
            files_written: Vec::new(),
            releases_unreadable: self.unreadable(target, stays).await?,
            served_also_as: names.filter(|name| **name != port.port).cloned().collect(),
            made_from: made_from(target.release, target.output),
            derived_ports: named.into_iter().map(|derived| known_to(target.wanted, derived)).collect(),
            derived_ports_unnamed: unnamed.len() as u64,
            sha256: None,
        })
    }

    /// The earlier releases for which the files of `stays` are not enough.
    async fn unreadable(&self, target: &Target<'_>, stays: &BTreeSet<String>) -> Result<Vec<u64>, EraseError> {
        let warehouse = &self.parts.warehouse;
        let history = self.parts.catalog.releases(&target.release.product.name).await.map_err(ReconcileError::from)?;
        let mut numbers = BTreeSet::new();
        for release in history {
            let here = release.ports.values().filter(|port| port.location.as_deref() == Some(target.location));
            for version in here.filter_map(|port| port.table_version) {
                let is_whole = match warehouse.table(target.location, version).await {
                    Ok(table) => warehouse.names_of(&table.files).iter().all(|file| stays.contains(file)),
                    Err(_) => false,
                };
                if !is_whole {
                    numbers.insert(release.number);
                }
            }
        }
        Ok(numbers.into_iter().collect())
    }
}

/// What the port is made from: the ports that it reads, else an address, as the manifest has it.
fn made_from(release: &Release, output: &OutputPort) -> Vec<String> {
    let mut from: Vec<String> = inputs_of(&release.product, output).map(PortRef::to_string).collect();
    if let Transform::Seed { path, .. } = &output.transform {
        from.push(path.clone());
    }
    from.extend(output.transform.source().map(|(url, ..)| url.to_owned()));
    from
}

/// The same port without the names of inputs that whoever asks may not know of.
fn known_to(wanted: &Erase, derived: DerivedPort) -> DerivedPort {
    let reads = derived.reads.into_iter().filter(|input| wanted.may_know.contains(input)).collect();
    DerivedPort { reads, ..derived }
}

/// SHA-256 of the certificate as JSON without blanks and with keys in order.
pub(super) fn digest(erasure: &Erasure) -> String {
    let bare = Erasure { sha256: None, ..erasure.clone() };
    let text = in_order(serde_json::to_value(&bare).unwrap_or_default()).to_string();
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn in_order(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<String, Value> =
                fields.into_iter().map(|(key, value)| (key, in_order(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(in_order).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_hashed_has_its_keys_in_order_and_no_blanks() {
        let value = json!({ "b": [{ "d": 1, "c": "x y" }], "a": null });
        assert_eq!(in_order(value).to_string(), r#"{"a":null,"b":[{"c":"x y","d":1}]}"#);
    }
}
