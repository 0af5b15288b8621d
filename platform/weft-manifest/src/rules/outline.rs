//! What documents say of themselves, laid out for the mesh's own standards to judge.

use weft_model::{
    ColumnOutline, ContractOutline, DocumentOutline, DomainName, DomainOutline, PartOutline, ProductOutline,
    ProductRef, RoleOutline, ServiceLevelOutline, TableOutline, Written,
};

use super::tables::{ContractText, Field, Table};
use super::{Scope, sensitivity, service_levels, values};
use crate::domain_file::DomainFile;
use crate::form::{Document, Spot};
use crate::odcs::{DataContract, TeamOrMembers};
use crate::odps::DataProductDocument;

/// A `domain.yaml` without errors of form.
pub(crate) fn domain(name: &DomainName, document: &Document<DomainFile>) -> DomainOutline {
    let root = document.spot();
    let stewards = root.each("stewards", &document.value.stewards);
    DomainOutline {
        name: name.clone(),
        head: root.at("domain"),
        description: written(root, "description"),
        owner: Written { text: document.value.owner.clone(), place: root.at("owner") },
        stewards: stewards.into_iter().map(|(at, name)| Written { text: name.clone(), place: at.place() }).collect(),
        contact: written(root, "contact"),
    }
}

/// A product, of its document if that has no errors of form, and of such contracts.
pub(crate) fn product(
    name: &ProductRef,
    document: Option<&Document<DataProductDocument>>,
    contracts: Vec<ContractOutline>,
) -> ProductOutline {
    let Some(document) = document else {
        return ProductOutline { name: name.clone(), document: None, ports: Vec::new(), contracts };
    };
    let (root, value) = (document.spot(), &document.value);
    let members = value.team.as_ref().and_then(|team| team.members.as_ref()).map_or(0, Vec::len);
    let channels = value.support.as_ref().map_or(0, Vec::len);
    let ports = root.each("outputPorts", &value.output_ports);
    ProductOutline {
        name: name.clone(),
        document: Some(alike(root, value.status.as_deref(), members, channels)),
        ports: ports.into_iter().map(|(spot, port)| part(spot, &port.name)).collect(),
        contracts,
    }
}

/// A contract without errors of form.
pub(crate) fn contract(document: &Document<DataContract>) -> ContractOutline {
    let contract = ContractText::of(document, Scope::Mesh);
    let (root, value) = (contract.root, contract.value);
    let members = match &value.team {
        Some(TeamOrMembers::Team(team)) => team.members.as_ref().map_or(0, Vec::len),
        Some(TeamOrMembers::Members(members)) => members.len(),
        None => 0,
    };
    let channels = value.support.as_ref().map_or(0, Vec::len);
    let roles = root.each("roles", &value.roles).into_iter().map(|(spot, role)| RoleOutline {
        name: Written { text: role.role.clone(), place: spot.at("role") },
        has_first_approver: role.first_level_approvers.is_some(),
        has_second_approver: role.second_level_approvers.is_some(),
    });
    let levels = root.each("slaProperties", &value.sla_properties).into_iter().filter_map(|(spot, level)| {
        // Where standards bound `latency`, they mean that of data.
        let (property, milliseconds) = service_levels::meaning(level).filter(|_| !level.is_of_answers())?;
        let value = Written { text: values::shown(&level.value), place: spot.at("value") };
        Some(ServiceLevelOutline { property, value, milliseconds })
    });
    ContractOutline {
        document: alike(root, value.status.as_deref(), members, channels),
        roles: roles.collect(),
        service_levels_at: root.get("slaProperties").map(Spot::place),
        service_levels: levels.collect(),
        tables: contract.tables.iter().map(table).collect(),
    }
}

fn alike(root: Spot<'_>, status: Option<&str>, members: usize, channels: usize) -> DocumentOutline {
    let description = root.get("description");
    let within = |key| description.and_then(|description| written(description, key));
    DocumentOutline {
        head: root.get("name").map_or_else(|| root.at("id"), Spot::place),
        status: status.map(str::to_owned),
        purpose: within("purpose"),
        usage: within("usage"),
        limitations: within("limitations"),
        description: description.map(Spot::place),
        team: root.get("team").map(Spot::place),
        support: root.get("support").map(Spot::place),
        members,
        channels,
    }
}

fn table(table: &Table<'_>) -> TableOutline {
    let columns = table.fields.iter().map(|field| column(table, field)).collect();
    TableOutline { part: part(table.spot, &table.object.name), columns }
}

fn column(table: &Table<'_>, field: &Field<'_>) -> ColumnOutline {
    ColumnOutline {
        part: part(field.spot, field.property.name.as_deref().unwrap_or_default()),
        path: field.path.clone(),
        is_within: field.outer.is_some(),
        classification: written(field.spot, "classification"),
        is_classified: sensitivity::says_how_sensitive(table, field),
        looks_personal: sensitivity::is_called_personal(field),
    }
}

fn part(spot: Spot<'_>, name: &str) -> PartOutline {
    let name = Written { text: name.to_owned(), place: spot.at("name") };
    PartOutline { name, description: written(spot, "description") }
}

fn written(spot: Spot<'_>, key: &str) -> Option<Written> {
    let value = spot.get(key)?;
    value.node.text().map(|text| Written { text: text.to_owned(), place: value.place() })
}
