//! Masks and row filters that apply to nothing.

use weft_model::{Column, Diagnostic, PortRef, ProductRef};

use super::dead::without_effect;
use crate::names::{tags_of, tags_within};
use crate::restrictions::{FilterTarget, MaskTarget, Restrictions, carries, lies_under};
use crate::{MeshFacts, PortFacts, Rules};

/// Restrictions of this revision that nothing in the mesh is under.
pub(super) fn restrictions(rules: &Rules, facts: &MeshFacts) -> Vec<Diagnostic> {
    if facts.is_part {
        return Vec::new();
    }
    let carried = facts.vocabulary();
    let own = rules.own_restrictions();
    own.flat_map(|(product, restrictions)| {
        let mut told: Vec<Diagnostic> = masks(product, restrictions, facts).collect();
        told.extend(filters(restrictions, facts, |tag| carried.contains(tag)));
        told
    })
    .collect()
}

fn masks<'a>(
    product: Option<&'a ProductRef>,
    restrictions: &'a Restrictions,
    facts: &'a MeshFacts,
) -> impl Iterator<Item = Diagnostic> + 'a {
    let ports = move || {
        facts.ports.iter().filter(move |(port, _)| product.is_none_or(|product| port.product_ref() == *product))
    };
    let is_masked =
        |column: &Column, tag: &str| tags_of(column).chain(tags_within(column)).any(|found| lies_under(found, tag));
    restrictions.masks.iter().filter_map(move |rule| {
        let MaskTarget::Tag(tag) = &rule.target else { return None };
        let mut columns = ports().flat_map(|(_, port)| &port.columns);
        let why = || {
            let of = product.map(|product| format!(" of `{product}`")).unwrap_or_default();
            format!("no column{of} carries the tag `{tag}`, so the mask `{}` applies to nothing", rule.id)
        };
        (!columns.any(|column| is_masked(column, tag))).then(|| without_effect(rule.target_place.clone(), why()))
    })
}

/// Row filters of the mesh; one of a product names a port, which is there. A tag that nothing carries at all is told
/// where restrictions are checked.
fn filters(restrictions: &Restrictions, facts: &MeshFacts, is_carried: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for filter in &restrictions.filters {
        let FilterTarget::Mesh { tag, domain } = &filter.target else { continue };
        let picks = |(port, side): (&PortRef, &PortFacts)| {
            domain.as_ref().is_none_or(|domain| *domain == port.domain)
                && tag.as_ref().is_none_or(|tag| carries(tag, &side.tags, &side.columns))
        };
        if tag.as_ref().is_none_or(|tag| is_carried(tag)) && !facts.ports.iter().any(picks) {
            let why = format!("no port is picked, so the row filter `{}` applies to nothing", filter.id);
            told.push(without_effect(filter.target_place.clone(), why));
        }
    }
    told
}
