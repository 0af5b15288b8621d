//! Which rules can decide on what, whoever asks.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use weft_model::{Column, DomainName, PortRef, Principal};

use super::{Compiled, PolicySnapshot, RoleGraph, climb};
use crate::ObjectRef;
use crate::names::column_term;
use crate::restrictions::Restrictions;
use crate::row::{PolicyRow, RoleRow};

impl PolicySnapshot {
    /// Every `p` row, in the order written.
    pub(crate) fn rows(&self) -> &[Arc<PolicyRow>] {
        &self.rules.policies
    }

    /// Every `g` row, in no order.
    pub(crate) fn role_rows(&self) -> impl Iterator<Item = &RoleRow> {
        let graphs = self.rules.roles.values().chain([&self.rules.roles_anywhere]);
        graphs.flat_map(|graph| graph.values().flatten())
    }

    /// The restrictions of the mesh and of its products.
    pub(crate) fn all_restrictions(&self) -> impl Iterator<Item = &Restrictions> {
        let of_products = self.rules.product_restrictions.values();
        self.rules.mesh_restrictions.iter().chain(of_products).map(Arc::as_ref)
    }

    /// The `p` rows on just these objects, each with its place among [`rows`](Self::rows), in that order.
    pub(crate) fn rows_on<'s>(&'s self, objects: &BTreeSet<String>) -> Vec<(usize, &'s PolicyRow)> {
        let places: BTreeSet<usize> =
            objects.iter().filter_map(|object| self.rules.by_object.get(object)).flatten().copied().collect();
        places.into_iter().filter_map(|place| Some((place, self.rules.policies.get(place)?.as_ref()))).collect()
    }

    /// `object` and everything that it lies in, `obj:any` among it.
    pub(crate) fn around(&self, object: &str) -> BTreeSet<String> {
        let above = self.containments_above(object).into_iter().filter_map(|mut row| row.pop());
        above.chain([object.to_owned(), "obj:any".to_owned()]).collect()
    }

    /// Objects by which rows may speak of `port`, or of one of these columns.
    pub(crate) fn objects_about(&self, port: &PortRef, columns: &[Column]) -> BTreeSet<String> {
        let term = self.term_of(port);
        let named = columns.iter().map(|column| column_term(&term, &column.name)).filter(|object| self.names(object));
        named.flat_map(|column| self.around(&column)).chain(self.around(&term)).collect()
    }

    /// The rows that can decide on `port` or one of these columns, whoever asks and whatever for.
    pub(crate) fn rows_on_port(&self, port: &PortRef, columns: &[Column]) -> Vec<&PolicyRow> {
        let domain = format!("dom:{}", port.domain);
        let rows = self.rows_on(&self.objects_about(port, columns)).into_iter().map(|(_, row)| row);
        rows.filter(|row| row.domain == domain || row.domain == "dom:any").collect()
    }

    /// The principal's own name, its groups, and every role that they hold in `domain`.
    pub(crate) fn held_in(&self, principal: &Principal, domain: &DomainName) -> HashSet<String> {
        self.asker(principal, &ObjectRef::Domain(domain.clone())).held
    }

    /// What whoever is `from` holds in `domain` (`dom:sales`; with `dom:any`, what it holds in each), itself among it.
    pub(crate) fn reached(&self, from: &str, domain: &str) -> HashSet<String> {
        let edges = climb([from.to_owned()], |member| {
            self.roles_of(member, domain).map(|row| row.role.clone()).collect::<Vec<String>>()
        });
        edges.into_iter().filter_map(|mut edge| edge.pop()).chain([from.to_owned()]).collect()
    }

    /// Whether the same roles are given in `domain` by `other`, wherever its rows stand.
    pub(crate) fn gives_the_same_roles(&self, other: &Self, domain: &DomainName) -> bool {
        let term = format!("dom:{domain}");
        let given = |rules: &'_ Compiled| -> BTreeSet<(String, String)> {
            let rows = rules.roles.get(&term).into_iter().chain([&rules.roles_anywhere]).flat_map(RoleGraph::values);
            rows.flatten().map(|row| (row.member.clone(), row.role.clone())).collect()
        };
        given(&self.rules) == given(&other.rules)
    }

    /// Whether a row gives `member` just this role in `domain`.
    pub(crate) fn gives(&self, member: &str, role: &str, domain: &DomainName) -> bool {
        self.roles_of(member, &format!("dom:{domain}")).any(|row| row.role == role)
    }

    /// For which purposes something of the product of `port` is granted besides the rules.
    pub(crate) fn purposes_granted_on(&self, port: &PortRef) -> impl Iterator<Item = &str> {
        let product = port.product_ref();
        let grants = self.grants.all.iter().filter(move |grant| grant.port.product_ref() == product);
        grants.filter_map(|grant| grant.purpose.as_deref())
    }

    /// Principals, as rows write them, to whom something of the product of `port` is granted besides the rules.
    pub(crate) fn granted_on(&self, port: &PortRef) -> BTreeSet<&str> {
        let product = port.product_ref();
        let grants = self.grants.all.iter().filter(|grant| grant.port.product_ref() == product);
        grants.map(|grant| grant.subject.as_str()).collect()
    }

    /// The rows of what is granted to `subject`, whenever they count.
    pub(crate) fn granted_rows(&self, subject: &str) -> impl Iterator<Item = &PolicyRow> {
        self.granted.of_subject(subject).iter().map(|granted| &granted.row)
    }

    /// Whether what is known of `port` besides rows and columns is the same in `other`: tags, versions, restrictions,
    /// and whether it is open at all.
    pub(crate) fn knows_alike(&self, other: &Self, port: &PortRef) -> bool {
        let (domain, product) = (format!("dom:{}", port.domain), port.product_ref());
        let restrictions = |one: Option<&Restrictions>, two: Option<&Restrictions>| match (one, two) {
            (Some(one), Some(two)) => one.says_the_same(two),
            (one, two) => one.is_none() && two.is_none(),
        };
        let ((mesh, own), (other_mesh, other_own)) = (self.restrictions_for(port), other.restrictions_for(port));
        self.rules.decider.is_some() == other.rules.decider.is_some()
            && self.rules.closed.get(&domain) == other.rules.closed.get(&domain)
            && self.rules.closed_products.get(&product) == other.rules.closed_products.get(&product)
            && self.rules.retired.contains(port) == other.rules.retired.contains(port)
            && self.port_tags(port) == other.port_tags(port)
            && self.major(port) == other.major(port)
            && self.columns_of_versions(port) == other.columns_of_versions(port)
            && restrictions(mesh, other_mesh)
            && restrictions(own, other_own)
    }
}
