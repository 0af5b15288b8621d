//! Where a document stands in its life: its status, what an active one must say, and what a product
//! and its contracts must agree on.

use std::collections::HashSet;

use weft_model::{Code, Diagnostic, Place};

use super::Scope;
use super::findings::Findings;
use super::tables::ContractText;
use crate::form::{Document, Spot, clipped, has_variable, listed};
use crate::odcs::{DataContract, TeamOrMembers};
use crate::odps::{DataProductDocument, OutputPort};

const STATUSES: &[&str] = &["proposed", "draft", "active", "deprecated", "retired"];

/// Properties by which a deprecated port names what stands in for it.
const REPLACEMENTS: &[&str] = &["replacedBy", "replacement"];

pub(super) fn contract(contract: &ContractText<'_>, findings: &mut Findings) {
    status(contract.root, contract.value.status.as_deref(), findings);
    if contract.scope == Scope::Mesh && contract.is_whole && contract.value.status.as_deref() == Some("active") {
        active_says_enough(contract, findings);
    }
}

pub(super) fn product(root: Spot<'_>, product: &DataProductDocument, findings: &mut Findings) {
    status(root, product.status.as_deref(), findings);
    let ports = product.output_ports.iter().flatten();
    let offered: HashSet<&str> =
        ports.filter(|port| port.deprecated != Some(true)).map(|port| port.name.as_str()).collect();
    for (spot, port) in root.each("outputPorts", &product.output_ports) {
        if port.deprecated != Some(true) || is_replaced(port) || offered.contains(port.name.as_str()) {
            continue;
        }
        let message = format!("port `{}` is deprecated and names nothing in its place", clipped(&port.name));
        findings.push(
            Diagnostic::warning(Code::LIFECYCLE_DISAGREES, spot.at("deprecated"), message)
                .help("add to its `customProperties`: `{property: replacedBy, value: DOMAIN.PRODUCT.PORT}`"),
        );
    }
}

fn is_replaced(port: &OutputPort) -> bool {
    port.custom_properties.iter().flatten().any(|property| REPLACEMENTS.contains(&property.property.as_str()))
}

fn status(root: Spot<'_>, status: Option<&str>, findings: &mut Findings) {
    let Some(status) = status.filter(|status| !STATUSES.contains(status) && !has_variable(status)) else { return };
    let help = findings.guess(status, STATUSES.iter().copied(), || format!("it is one of {}", listed(STATUSES)));
    let message = format!("`{}` is not a status", clipped(status));
    findings.push(Diagnostic::error(Code::STATUS_UNKNOWN, root.at("status"), message).help(help));
}

fn active_says_enough(contract: &ContractText<'_>, findings: &mut Findings) {
    let value = contract.value;
    let has_members = match &value.team {
        Some(TeamOrMembers::Team(team)) => team.members.iter().flatten().next().is_some(),
        Some(TeamOrMembers::Members(members)) => !members.is_empty(),
        None => false,
    };
    let purpose = value.description.as_ref().and_then(|description| description.purpose.as_deref());
    let wanted = [
        (
            "servers",
            "no server",
            value.servers.iter().flatten().next().is_some(),
            "add `servers:`, where the data are served",
        ),
        ("team", "no team with a member", has_members, "add `team:` with `members:`, each with a `username`"),
        (
            "description",
            "no purpose",
            purpose.is_some_and(|purpose| !purpose.trim().is_empty()),
            "add `description:` with `purpose:`, what the data are for",
        ),
    ];
    for (key, lack, _, help) in wanted.into_iter().filter(|(_, _, is_there, _)| !is_there) {
        let place = contract.root.get(key).or(contract.root.get("status")).unwrap_or(contract.root).place();
        let message = format!("the contract is active and has {lack}");
        findings.push(Diagnostic::error(Code::CONTRACT_SCHEMA_MISSING, place, message).help(help));
    }
}

/// Tells where an active product offers a port under a contract that is not, or no longer, in force.
pub(crate) fn agrees_with_contract(
    product: &Document<DataProductDocument>,
    port: &OutputPort,
    port_place: Place,
    contract: &Document<DataContract>,
    problems: &mut Vec<Diagnostic>,
) {
    let status = contract.value.status.as_deref().unwrap_or_default();
    let is_offered = product.value.status.as_deref() == Some("active") && port.deprecated != Some(true);
    if !is_offered || !matches!(status, "proposed" | "draft" | "retired") {
        return;
    }
    let message = format!("the product is active and port `{}` stands under a {status} contract", clipped(&port.name));
    let help = match status {
        "retired" => "offer the port under a contract that is in force, or take the port out",
        _ => "say `status: active` in the contract, or `status: draft` in the product",
    };
    problems.push(
        Diagnostic::error(Code::LIFECYCLE_DISAGREES, port_place, message)
            .also(contract.spot().at("status"), "the contract's status")
            .help(help),
    );
}
