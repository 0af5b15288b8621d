//! Columns with how the principal sees them, those among them that it may know of and not see.

use weft_governance::Seen;
use weft_model::{Column, ContractKey, DomainName, PortRef, ProductRef};

use super::CatalogView;
use crate::error::CatalogError;

/// A column that the principal may know of, and how it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownColumn {
    /// Of a masked column without what a mask breaks.
    pub column: Column,
    /// `clear`, `masked`, `hidden`, or `denied` where the port may not be read.
    pub sees: &'static str,
    /// The masks in words, where there are some.
    pub masks: Option<String>,
}

/// The words of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractView {
    pub key: ContractKey,
    pub status: Option<String>,
    pub purpose: String,
    /// Path of the document in the repository.
    pub file: String,
    /// The document as it is committed; `None` where it names columns that the principal may not know of, or was not
    /// kept.
    pub document: Option<String>,
    /// Name, access and approvers of the roles under which access may be asked for.
    pub roles: Vec<(String, Option<String>, Vec<String>)>,
}

impl CatalogView {
    /// The columns of the port in the order of its contract: those that are shown, and those that are hidden from the
    /// principal unless a rule keeps it from knowing that they are there.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] alone.
    pub fn known_columns(&self, port: &PortRef) -> Result<Vec<KnownColumn>, CatalogError> {
        let columns = &self.contract(port)?.columns;
        let shown = self.reading_of(port, columns).columns(columns);
        let seen = Seen::of(&self.sight.decide_read(port, columns), columns);
        let mut shown = shown.into_iter().peekable();
        let mut known = Vec::new();
        for (column, seen) in columns.iter().zip(&seen.columns) {
            let as_shown = shown.next_if(|next| next.name == column.name);
            if !seen.sight.is_open() && !self.sight.knows_column(port, column) {
                continue;
            }
            known.push(KnownColumn {
                column: as_shown.unwrap_or_else(|| column.clone()),
                sees: seen.sight.as_str(),
                masks: seen.sight.masks(),
            });
        }
        Ok(known)
    }

    /// Whether the port has a column of that name of which the principal may know, seen or not.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where the port is not served or not seen.
    pub fn may_know(&self, port: &PortRef, column: &str) -> Result<bool, CatalogError> {
        let column = self.contract(port)?.column(column);
        Ok(column.is_some_and(|column| self.sight.knows_column(port, column)))
    }

    /// What the contract of the port says.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] alone.
    pub fn contract_of(&self, port: &PortRef) -> Result<ContractView, CatalogError> {
        let contract = self.contract(port)?;
        let knows_all = self.known_columns(port)?.len() == contract.columns.len();
        let document = Some(&contract.document).filter(|document| knows_all && !document.is_empty());
        let roles = contract.roles.iter().map(|role| {
            let approvers = [&role.first_approver, &role.second_approver].into_iter().flatten().cloned();
            (role.name.clone(), role.access.clone(), approvers.collect())
        });
        Ok(ContractView {
            key: contract.key.clone(),
            status: contract.status.clone(),
            purpose: contract.purpose.clone(),
            file: contract.file.clone(),
            document: document.cloned(),
            roles: roles.collect(),
        })
    }

    /// Products that read ports of `product`, as far as the principal may discover both ends, in order of name.
    pub fn feeds(&self, product: &ProductRef) -> Vec<ProductRef> {
        let reads = |of: &weft_model::Release| {
            of.product.inputs.iter().any(|input| input.port.product_ref() == *product && self.sees_port(&input.port))
        };
        let flows = self.catalog.flows(&self.published);
        let readers = flows.readers(product).filter_map(|name| self.published.releases.get(name));
        let seen = readers.filter(|release| reads(release) && self.sight.product(release));
        seen.map(|release| release.product.name.clone()).collect()
    }

    /// Names of the ports that the principal may discover, product after product.
    pub fn port_names(&self) -> impl Iterator<Item = PortRef> {
        let names = self.published.releases.values();
        let names = names.flat_map(|release| release.ports.keys().map(|port| release.product.name.port(port)));
        names.filter(|port| self.sees_port(port))
    }

    /// Whether the principal answers for any product.
    pub fn answers_for_any(&self) -> bool {
        self.published.releases.values().any(|release| self.answers_for(release))
    }

    /// Domains that the principal owns or is a steward of, as far as they serve something, in order of name.
    pub fn answered_domains(&self) -> Vec<DomainName> {
        let answered = self.published.releases.values().filter(|release| self.answers_for(release));
        let mut domains: Vec<DomainName> = answered.map(|release| release.domain.name.clone()).collect();
        domains.dedup();
        domains
    }

    /// Whether the principal sees what becomes of the mesh as a whole.
    pub fn sees_mesh_runs(&self) -> bool {
        self.sight.mesh_runs()
    }
}
