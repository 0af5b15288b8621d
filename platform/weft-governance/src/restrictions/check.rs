//! Restrictions against the mesh that they govern.

use std::collections::BTreeSet;

use weft_model::{Code, Diagnostic, PortRef, ProductRef};

use super::document::{FilterTarget, MaskRule, MaskTarget, Restrictions, RowFilter, Whose};
use super::mask::type_at;
use super::terms::carries;
use super::typed::Checker;
use crate::names::nearest;
use crate::{MeshFacts, PortFacts, Principals};

impl Restrictions {
    /// Whether what the file names is there and has fitting types. An error means that the file
    /// cannot be used; a warning, that something in it has no effect now. `carried` are the tags that
    /// something carries.
    pub(crate) fn check(
        &self,
        whose: Whose<'_>,
        facts: &MeshFacts,
        carried: &BTreeSet<String>,
        principals: &Principals,
    ) -> Vec<Diagnostic> {
        let mut diagnostics = self.check_tags(carried);
        for rule in &self.masks {
            check_mask(rule, whose, facts, &mut diagnostics);
        }
        for filter in &self.filters {
            for (name, port) in ports_of(filter, whose, facts, &mut diagnostics) {
                let port_name = name.to_string();
                let checked = &mut diagnostics;
                Checker { facts, principals, port: port_name, columns: &port.columns, diagnostics: checked }
                    .check(&filter.when);
            }
        }
        let mut told = BTreeSet::new();
        diagnostics.retain(|d| told.insert((d.code.as_str(), format!("{:?}", d.place), d.message.clone())));
        diagnostics
    }
}

impl Restrictions {
    /// Tags that nothing carries. A mask may be there before the first column that needs it, so its tag
    /// is told only where a slip of one letter is likely; a row filter that picks nothing always is.
    fn check_tags(&self, carried: &BTreeSet<String>) -> Vec<Diagnostic> {
        let masks = self.masks.iter().filter_map(|rule| match &rule.target {
            MaskTarget::Tag(tag) => Some((tag, &rule.target_place, false)),
            MaskTarget::Column { .. } => None,
        });
        let filters = self.filters.iter().filter_map(|filter| match &filter.target {
            FilterTarget::Mesh { tag: Some(tag), .. } => Some((tag, &filter.target_place, true)),
            FilterTarget::Mesh { tag: None, .. } | FilterTarget::Port(_) => None,
        });
        let unknown = masks.chain(filters).filter(|(tag, _, _)| !carried.contains(*tag));
        unknown
            .filter_map(|(tag, place, is_always_told)| {
                let near = carried.iter().find(|known| strsim::damerau_levenshtein(known, tag) == 1);
                let message = format!("nothing carries the tag `{tag}`");
                let told = Diagnostic::warning(Code::RESTRICTION_TARGET, place.clone(), message);
                match near {
                    Some(near) => Some(told.help(format!("did you mean `{near}`?"))),
                    None => is_always_told.then_some(told),
                }
            })
            .collect()
    }
}

fn check_mask(rule: &MaskRule, whose: Whose<'_>, facts: &MeshFacts, diagnostics: &mut Vec<Diagnostic>) {
    let (Whose::Product(product), MaskTarget::Column { port, path }) = (whose, &rule.target) else { return };
    let name = product.port(port);
    let Some(found) = known_port(&name, path, product, facts, rule, diagnostics) else { return };
    let Some(data_type) = type_at(&found.columns, path) else {
        let message = format!("`{name}` has no column `{}`", path.join("."));
        let mut told = Diagnostic::error(Code::RESTRICTION_TARGET, rule.target_place.clone(), message);
        let names = found.columns.iter().map(|column| column.name.as_str());
        if let Some(near) = path.first().and_then(|column| nearest(column, names)) {
            told = told.help(format!("did you mean `{near}`?"));
        }
        diagnostics.push(told);
        return;
    };
    let nobody = weft_model::Principal {
        kind: weft_model::PrincipalKind::User,
        name: String::new(),
        groups: BTreeSet::new(),
        attributes: Default::default(),
    };
    if rule.mask.fit(data_type, product, &nobody).is_none() {
        let message = format!("the mask does not fit `{}`, which is {data_type}", path.join("."));
        diagnostics.push(Diagnostic::error(Code::RESTRICTION_TYPE, rule.mask_place.clone(), message));
    }
}

/// The port that a mask is about: of several versions, the first that has the column.
fn known_port<'f>(
    name: &PortRef,
    path: &[String],
    product: &ProductRef,
    facts: &'f MeshFacts,
    rule: &MaskRule,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'f PortFacts> {
    let versions = facts.called(name);
    let with_column = versions.iter().find(|(_, port)| type_at(&port.columns, path).is_some());
    let found = with_column.or(versions.first()).map(|(_, port)| *port);
    if found.is_none() {
        diagnostics.push(missing_port(name, product, facts).at(rule.target_place.clone()));
    }
    found
}

/// A port that is not there, still without its place.
struct Missing {
    message: String,
    near: Option<String>,
}

impl Missing {
    fn at(self, place: weft_model::Place) -> Diagnostic {
        let told = Diagnostic::error(Code::RESTRICTION_TARGET, place, self.message);
        match self.near {
            Some(near) => told.help(format!("did you mean `{near}`?")),
            None => told,
        }
    }
}

fn missing_port(name: &PortRef, product: &ProductRef, facts: &MeshFacts) -> Missing {
    let siblings = facts.ports.keys().filter(|port| port.product_ref() == *product).map(|port| port.port.as_str());
    let near = nearest(name.port.as_str(), siblings).map(str::to_owned);
    Missing { message: format!("`{product}` has no port `{}`", name.port), near }
}

fn ports_of<'f>(
    filter: &RowFilter,
    whose: Whose<'_>,
    facts: &'f MeshFacts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(&'f PortRef, &'f PortFacts)> {
    match (&filter.target, whose) {
        (FilterTarget::Port(port), Whose::Product(product)) => {
            let name = product.port(port);
            let found = facts.called(&name);
            if found.is_empty() {
                diagnostics.push(missing_port(&name, product, facts).at(filter.target_place.clone()));
            }
            found
        }
        (FilterTarget::Mesh { tag, domain }, _) => {
            if let Some(domain) = domain.as_ref().filter(|domain| !facts.domains.contains(domain)) {
                let message = format!("there is no domain `{domain}`");
                diagnostics.push(Diagnostic::error(Code::RESTRICTION_TARGET, filter.target_place.clone(), message));
            }
            let is_meant = |(name, port): &(&PortRef, &PortFacts)| {
                domain.as_ref().is_none_or(|domain| name.domain == *domain)
                    && tag.as_ref().is_none_or(|tag| carries(tag, &port.tags, &port.columns))
            };
            facts.ports.iter().filter(is_meant).collect()
        }
        (FilterTarget::Port(_), Whose::Mesh) => Vec::new(),
    }
}
