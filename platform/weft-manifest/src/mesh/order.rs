//! Products in an order in which each comes after what it reads.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::quality_check::Measure;
use weft_model::{Code, DataProduct, Diagnostic, PortRef, ProductRef};

use super::product::Draft;
use crate::form::Step;

/// Reports every product that reads itself, directly or by way of others.
pub(super) fn refuse_rings(drafts: &[Draft], problems: &mut Vec<Diagnostic>) {
    let reads: BTreeMap<&ProductRef, BTreeSet<ProductRef>> = drafts
        .iter()
        .map(|draft| (&draft.name, draft.inputs.iter().flatten().map(|input| input.port.product_ref()).collect()))
        .collect();
    let unordered = without_order(&reads);
    for draft in drafts.iter().filter(|draft| unordered.contains(&draft.name)) {
        let Some(ring) = ring_through(&draft.name, &reads, &unordered) else { continue };
        let Some(document) = &draft.document else { continue };
        let next = ring.get(1).unwrap_or(&draft.name);
        let index = draft.inputs.iter().position(|i| i.as_ref().is_some_and(|i| &i.port.product_ref() == next));
        let path = [Step::Key("inputPorts"), Step::Item(index.unwrap_or(0)), Step::Key("contractId")];
        let message = if next == &draft.name {
            format!("product `{}` reads its own port", draft.name)
        } else {
            let names: Vec<String> = ring.iter().map(|name| format!("`{name}`")).collect();
            format!("products read each other in a ring: {}", names.join(" → "))
        };
        problems.push(
            Diagnostic::error(Code::PRODUCT_CYCLE, document.place(&path), message)
                .help("take one of the inputs out; tables of one product are made together"),
        );
    }
}

/// Sorts so that a product comes after every product it reads, and, as far as that leaves a choice, after every
/// product that its foreign keys refer to; by name among equals.
pub(super) fn inputs_first(mut products: Vec<DataProduct>) -> Vec<DataProduct> {
    products.sort_by(|a, b| a.name.cmp(&b.name));
    let names: BTreeSet<ProductRef> = products.iter().map(|product| product.name.clone()).collect();
    let mut waits: BTreeMap<ProductRef, BTreeSet<ProductRef>> = BTreeMap::new();
    let mut readers: BTreeMap<ProductRef, Vec<ProductRef>> = BTreeMap::new();
    let mut refers: BTreeMap<ProductRef, BTreeSet<ProductRef>> = BTreeMap::new();
    for product in &products {
        let referred = referred_to(product).filter(|name| names.contains(name));
        refers.insert(product.name.clone(), referred.collect());
        let upstream: BTreeSet<_> =
            product.inputs.iter().map(|input| input.port.product_ref()).filter(|name| names.contains(name)).collect();
        for name in &upstream {
            readers.entry(name.clone()).or_default().push(product.name.clone());
        }
        waits.insert(product.name.clone(), upstream);
    }
    let mut by_name: BTreeMap<ProductRef, DataProduct> =
        products.into_iter().map(|product| (product.name.clone(), product)).collect();
    let mut ready: BTreeSet<ProductRef> =
        waits.iter().filter(|(_, upstream)| upstream.is_empty()).map(|(name, _)| name.clone()).collect();
    let mut ordered = Vec::new();
    while let Some(name) = next_of(&mut ready, &refers) {
        refers.remove(&name);
        for reader in readers.get(&name).into_iter().flatten() {
            if let Some(upstream) = waits.get_mut(reader) {
                upstream.remove(&name);
                if upstream.is_empty() {
                    ready.insert(reader.clone());
                }
            }
        }
        ordered.extend(by_name.remove(&name));
    }
    ordered
}

/// Takes the first out whose foreign keys refer to nothing that is still to come, else the first.
fn next_of(
    ready: &mut BTreeSet<ProductRef>,
    refers: &BTreeMap<ProductRef, BTreeSet<ProductRef>>,
) -> Option<ProductRef> {
    let waits = |name: &ProductRef| refers.get(name).into_iter().flatten().any(|other| refers.contains_key(other));
    let next = ready.iter().find(|name| !waits(name)).or(ready.first()).cloned()?;
    ready.take(&next)
}

/// The other products that foreign keys of the product refer to.
fn referred_to(product: &DataProduct) -> impl Iterator<Item = ProductRef> {
    let checks = product.outputs.iter().flat_map(|output| &output.contract.checks);
    let targets = checks.filter_map(|check| match &check.measure {
        Measure::Unmatched { target: Some(target), .. } => target.port.as_ref(),
        _ => None,
    });
    targets.map(PortRef::product_ref).filter(|name| *name != product.name)
}

/// Those that are in a ring or read, by way of others, something in one.
fn without_order<'d>(reads: &BTreeMap<&'d ProductRef, BTreeSet<ProductRef>>) -> BTreeSet<&'d ProductRef> {
    let mut left: BTreeMap<&ProductRef, usize> = BTreeMap::new();
    let mut readers: BTreeMap<&ProductRef, Vec<&'d ProductRef>> = BTreeMap::new();
    for (name, upstream) in reads {
        let known = upstream.iter().filter(|name| reads.contains_key(name));
        left.insert(name, known.clone().count());
        known.for_each(|upstream| readers.entry(upstream).or_default().push(name));
    }
    let mut ready: Vec<&ProductRef> = left.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut ordered: BTreeSet<&ProductRef> = BTreeSet::new();
    while let Some(name) = ready.pop() {
        ordered.insert(name);
        for reader in readers.get(name).into_iter().flatten() {
            if let Some(count) = left.get_mut(*reader) {
                *count -= 1;
                if *count == 0 {
                    ready.push(reader);
                }
            }
        }
    }
    reads.keys().copied().filter(|name| !ordered.contains(name)).collect()
}

/// The shortest way from `start` back to itself, both ends included.
fn ring_through(
    start: &ProductRef,
    reads: &BTreeMap<&ProductRef, BTreeSet<ProductRef>>,
    unordered: &BTreeSet<&ProductRef>,
) -> Option<Vec<ProductRef>> {
    let mut came_from: BTreeMap<&ProductRef, &ProductRef> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(name) = queue.pop_front() {
        for next in reads.get(name).into_iter().flatten().filter(|next| unordered.contains(next)) {
            if next == start {
                let mut ring = vec![start.clone(), name.clone()];
                let mut at = name;
                while at != start {
                    at = came_from.get(at)?;
                    ring.push(at.clone());
                }
                if name == start {
                    ring.pop();
                }
                ring.reverse();
                return Some(ring);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, name);
                queue.push_back(next);
            }
        }
    }
    None
}
