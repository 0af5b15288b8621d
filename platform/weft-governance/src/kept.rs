//! Rules that hold on from an earlier revision, since the newest has errors in their place.

use std::collections::BTreeMap;

use weft_model::{DomainName, PortRef, ProductRef};

/// Domains and products whose rules are those of an earlier revision, each with the time at which
/// these were last the latest that there are: seconds since 1970, long ago where that is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptRules {
    domains: BTreeMap<DomainName, i64>,
    products: BTreeMap<ProductRef, i64>,
}

impl KeptRules {
    /// Kept from a time that is not known.
    pub(crate) fn of(domains: Vec<DomainName>, products: Vec<ProductRef>) -> Self {
        KeptRules {
            domains: domains.into_iter().map(|domain| (domain, i64::MIN)).collect(),
            products: products.into_iter().map(|product| (product, i64::MIN)).collect(),
        }
    }

    /// Takes over from the policies in force so far, which were last confirmed at `confirmed`: what
    /// they kept already goes on growing old, what they had of their own was the latest then.
    pub(crate) fn follow(&mut self, before: &KeptRules, confirmed: i64) {
        for (domain, since) in &mut self.domains {
            *since = before.domains.get(domain).copied().unwrap_or(confirmed);
        }
        for (product, since) in &mut self.products {
            *since = before.products.get(product).copied().unwrap_or(confirmed);
        }
    }

    /// When the rules on `port` were last the latest, where they are kept ones.
    pub(crate) fn confirmed(&self, port: &PortRef) -> Option<i64> {
        let of_domain = self.domains.get(&port.domain);
        of_domain.into_iter().chain(self.products.get(&port.product_ref())).min().copied()
    }
}
