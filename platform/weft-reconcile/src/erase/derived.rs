//! What was made from a port, straight or through others, and whether it keeps the rows that it took.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::{DerivedPort, PortRef, Published, Transform};

use crate::fingerprint::inputs_of;

/// The served ports that read one of `from`, straight or through others, in order of name.
pub(super) fn derived_from(published: &Published, from: &BTreeSet<PortRef>) -> Vec<DerivedPort> {
    let mut found: BTreeMap<PortRef, DerivedPort> = BTreeMap::new();
    // Each round reaches one port further; nothing reads in a ring.
    loop {
        let next = readers(published, from, &found);
        if next == found {
            return found.into_values().collect();
        }
        found = next;
    }
}

/// The ports that read one of `from` or of those that were found before.
fn readers(
    published: &Published,
    from: &BTreeSet<PortRef>,
    before: &BTreeMap<PortRef, DerivedPort>,
) -> BTreeMap<PortRef, DerivedPort> {
    let mut found = BTreeMap::new();
    for product in published.releases.values().filter(|release| !release.is_tombstone()).map(|r| &r.product) {
        for output in &product.outputs {
            let port = product.port_ref(output);
            let reads = inputs_of(product, output).filter(|input| from.contains(input) || before.contains_key(input));
            let reads: Vec<PortRef> = reads.cloned().collect();
            if reads.is_empty() || from.contains(&port) || published.port(&port).is_none() {
                continue;
            }
            let reads_what_stays = reads.iter().any(|input| before.get(input).is_some_and(|input| input.keeps_rows));
            let keeps_rows = keeps(&output.transform) || reads_what_stays;
            let kind = output.transform.kind().to_owned();
            found.insert(port.clone(), DerivedPort { port, kind, reads, keeps_rows });
        }
    }
    found
}

/// Whether rows stay in the table that were made from rows which are gone.
fn keeps(transform: &Transform) -> bool {
    matches!(
        transform,
        Transform::Append { .. } | Transform::ByKey { .. } | Transform::Scd2 { .. } | Transform::Files { .. }
    )
}

#[cfg(test)]
mod tests {
    use weft_model::{DataProduct, PortRelease, Release, Revision};

    use super::*;
    use crate::plan::tests::{domain, product};

    fn served(products: Vec<DataProduct>) -> Published {
        let release = |product: DataProduct| {
            let table = PortRelease::of_view(product.id.clone());
            let release = Release {
                number: 1,
                revision: Revision::new("r1"),
                plan: String::new(),
                at: chrono::DateTime::UNIX_EPOCH,
                rolled_back: None,
                ports: [(product.outputs[0].name.clone(), table)].into(),
                domain: domain(),
                archived: BTreeMap::new(),
                product,
            };
            (release.product.name.clone(), release)
        };
        Published { revision: None, releases: products.into_iter().map(release).collect() }
    }

    #[test]
    fn readers_of_readers_are_found_and_what_reads_a_keeper_keeps() {
        let mut keeper = product("b", &["a"], "1");
        let sql = keeper.outputs[0].transform.sql().unwrap().1.to_owned();
        keeper.outputs[0].transform = Transform::Append { file: String::new(), sql };
        let others = [("a", &[][..]), ("c", &["b"]), ("d", &["a"]), ("e", &[]), ("f", &["e"])];
        let all = others.into_iter().map(|(name, inputs)| product(name, inputs, "1")).chain([keeper]).collect();
        let told: Vec<String> = derived_from(&served(all), &["d.a.out".parse().unwrap()].into())
            .iter()
            .map(|derived| format!("{} {} {}", derived.port.product, derived.kind, derived.keeps_rows))
            .collect();
        assert_eq!(told, ["b append true", "c full true", "d full false"]);
    }
}
