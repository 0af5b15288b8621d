//! What the manifests of one revision ask for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{ContractSql, DataProduct, Domain, DomainName, PortRef, ProductRef, Published, Revision, TransformTest};

/// Everything that one revision declares, as far as it could be understood.
///
/// Holds no ring of products: reading refuses one, so an order always exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    pub revision: Revision,
    pub domains: BTreeMap<DomainName, Domain>,
    /// The variables that manifests may take from each environment; empty where none are named.
    pub environments: BTreeMap<String, BTreeSet<String>>,
    /// A product comes after every product that it reads. Those with errors are not among them.
    pub products: Vec<DataProduct>,
    /// The SQL that contracts hold, those of products with errors among them, as far as it can be planned.
    pub contract_sql: Vec<ContractSql>,
    /// Unit tests of the products' transforms, in order of file.
    pub tests: Vec<TransformTest>,
    /// Products that were rolled back and are declared as they were then: they stay as they are served, and are
    /// among the `broken`. Here is what the revision says of them, since its words on columns hold all the same.
    pub held: Vec<DataProduct>,
    /// Products that the revision holds but that have errors: they stay as last published.
    pub broken: BTreeSet<ProductRef>,
    /// Domains of which nothing counts, not even that a product is gone: all stays as last published.
    pub held_back: BTreeSet<DomainName>,
    /// Some domain of the mesh was not here to be read, so what is not declared may be elsewhere.
    pub is_part: bool,
    /// The mesh's own file has errors, so the whole revision must not be applied.
    pub refused: bool,
}

impl Declared {
    /// A revision that declares nothing.
    pub fn empty(revision: Revision) -> Self {
        Declared {
            revision,
            domains: BTreeMap::new(),
            environments: BTreeMap::new(),
            products: Vec::new(),
            contract_sql: Vec::new(),
            tests: Vec::new(),
            held: Vec::new(),
            broken: BTreeSet::new(),
            held_back: BTreeSet::new(),
            is_part: false,
            refused: false,
        }
    }

    /// The product of that name, if it is declared without errors.
    pub fn product(&self, name: &ProductRef) -> Option<&DataProduct> {
        self.products.iter().find(|product| &product.name == name)
    }

    /// The product and output of that full name, if declared without errors.
    pub fn port(&self, port: &PortRef) -> Option<(&DataProduct, &crate::OutputPort)> {
        let product = self.products.iter().find(|p| p.name.domain == port.domain && p.name.product == port.product)?;
        Some((product, product.output(&port.port)?))
    }

    /// The ports that are served and declared no more, in order of name: those that this revision
    /// retires. What belongs to a product that merely has errors stays as it is.
    pub fn no_longer(&self, published: &Published) -> Vec<PortRef> {
        let declared: BTreeMap<_, _> = self.products.iter().map(|product| (&product.name, product)).collect();
        let sound = published.releases.iter().filter(|(name, _)| !self.broken.contains(name));
        let ports = sound.flat_map(|(name, release)| release.ports.keys().map(move |port| name.port(port)));
        let stays = |port: &PortRef| {
            declared.get(&port.product_ref()).is_some_and(|product| product.output(&port.port).is_some())
        };
        ports.filter(|port| !stays(port)).collect()
    }

    /// Counts what is served of domains that are held back, and is gone from the manifests, as broken.
    pub fn hold_back(&mut self, published: &Published) {
        let served = published.releases.keys().filter(|name| self.held_back.contains(&name.domain));
        self.broken.extend(served.cloned());
    }

    /// Takes `product` out, since it was rolled back and nothing of it was changed since.
    pub fn hold(&mut self, product: &ProductRef) {
        self.held.extend(self.product(product).cloned());
        self.mark_broken(product);
    }

    /// Takes `product` out and counts it, and all that read it and are not published yet by other
    /// means, as broken. Used when a later check (SQL against contracts) finds an error.
    pub fn mark_broken(&mut self, product: &ProductRef) {
        self.products.retain(|p| &p.name != product);
        self.broken.insert(product.clone());
    }
}
