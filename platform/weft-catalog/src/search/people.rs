//! Who answers for the domains in which somebody may discover something.

use std::collections::BTreeMap;

use weft_model::DomainName;

use super::index::Indexed;
use super::seen::Eyes;

/// A group, a user or an address that answers for domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// `group:sales-owners`, `user:omar`, `contact:sales@example.com`.
    pub(super) id: String,
    pub(super) name: String,
    /// As what, in each domain. Not empty.
    pub(super) roles: BTreeMap<DomainName, Vec<&'static str>>,
}

impl Person {
    /// `owner of aviation, steward of weather`.
    pub(super) fn description(&self) -> String {
        let each = self.roles.iter().map(|(domain, roles)| format!("{} of {domain}", roles.join(" and ")));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// Everyone whom the domains name that are seen, in order of id.
pub(super) fn people(index: &Indexed, eyes: &Eyes<'_>) -> Vec<Person> {
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    for (domain, products) in &index.domains {
        // A domain is as the newest of its releases that is seen says.
        let Some(release) = products.iter().find(|slot| eyes.product(**slot).is_some()) else { continue };
        let Some(said) = index.release(*release).map(|release| &release.domain) else { continue };
        let owner = [("group", &said.owner, "owner")].into_iter();
        let stewards = said.stewards.iter().map(|name| ("user", name, "steward"));
        let contact = said.contact.iter().map(|address| ("contact", address, "contact"));
        for (kind, name, role) in owner.chain(stewards).chain(contact) {
            let id = format!("{kind}:{name}");
            let new = || Person { id: id.clone(), name: name.clone(), roles: BTreeMap::new() };
            people.entry(id.clone()).or_insert_with(new).roles.entry(domain.clone()).or_default().push(role);
        }
    }
    people.into_values().collect()
}
