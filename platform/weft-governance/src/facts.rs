//! What the rules need to know of the mesh they govern.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::{Column, Declared, DomainName, MajorVersion, PortRef, ProductRef, Published};

use crate::names::{expanded, tags_of, tags_within};

/// Domains, ports and purposes of a revision, together with those that are still served from earlier
/// ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeshFacts {
    pub domains: BTreeSet<DomainName>,
    pub ports: BTreeMap<PortRef, PortFacts>,
    /// Tags of each product, as declared and as served.
    pub tags: BTreeMap<ProductRef, BTreeSet<String>>,
    /// What each product says its data may be asked for.
    pub purposes: BTreeMap<ProductRef, BTreeSet<String>>,
    /// Ports that are still served and that the revision does not declare: it retires them.
    pub retired: BTreeSet<PortRef>,
    /// Some domain of the mesh is not among them, so what is not here may be there.
    pub is_part: bool,
}

/// What restrictions are checked against, and tags of a whole port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortFacts {
    /// Tags of product and contract, as declared and as served.
    pub tags: BTreeSet<String>,
    /// As declared; as served where the revision does not declare the port.
    pub columns: Vec<Column>,
    /// Set for each of several major versions. What rules say of the name that they share holds for all, and what
    /// they say of a version's own name holds under whichever name it is served.
    pub major: Option<MajorVersion>,
}

impl MeshFacts {
    /// The facts of `declared`, and of what is `published` besides.
    pub fn of(declared: &Declared, published: &Published) -> Self {
        let retired = declared.no_longer(published).into_iter().collect();
        let mut facts = MeshFacts { is_part: declared.is_part, retired, ..MeshFacts::default() };
        facts.domains.extend(declared.domains.keys().cloned());
        facts.domains.extend(published.releases.keys().map(|name| name.domain.clone()));
        let served = published.releases.values().map(|release| &release.product);
        // What is declared comes last, so that its columns and purposes are the ones that count.
        for product in served.chain(&declared.products).chain(&declared.held) {
            facts.purposes.insert(product.name.clone(), product.purposes.iter().cloned().collect());
            facts.tags.entry(product.name.clone()).or_default().extend(product.tags.iter().cloned());
            for output in &product.outputs {
                let port = facts.ports.entry(product.port_ref(output)).or_default();
                port.tags.extend(product.tags.iter().chain(&output.contract.tags).cloned());
                port.columns.clone_from(&output.contract.columns);
                port.major.clone_from(&output.major);
            }
        }
        facts
    }

    /// The ports of a product, in order of name.
    pub(crate) fn ports_of(&self, product: &ProductRef) -> Vec<(&PortRef, &PortFacts)> {
        // No name comes before this one.
        let Ok(least) = "a".parse() else { return Vec::new() };
        let onwards = self.ports.range(product.port(&least)..);
        onwards.take_while(|(name, _)| name.domain == product.domain && name.product == product.product).collect()
    }

    /// Every port that rules mean by `port`: the one of that name, and versions that share it or own it. In order
    /// of name.
    pub(crate) fn called(&self, port: &PortRef) -> Vec<(&PortRef, &PortFacts)> {
        let is_meant = |(name, facts): &(&PortRef, &PortFacts)| {
            *name == port || facts.major.as_ref().is_some_and(|version| version.is_called(&port.port))
        };
        self.ports_of(&port.product_ref()).into_iter().filter(is_meant).collect()
    }

    /// Every tag that something carries, with those that they lie under.
    pub(crate) fn vocabulary(&self) -> BTreeSet<String> {
        let columns = || self.ports.values().flat_map(|port| &port.columns);
        let whole = self.tags.values().chain(self.ports.values().map(|port| &port.tags)).flatten();
        let within = columns().flat_map(|column| tags_of(column).chain(tags_within(column)));
        expanded(whole.map(String::as_str).chain(within))
    }
}
