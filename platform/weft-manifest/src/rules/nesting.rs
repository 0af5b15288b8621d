//! Nested types: what they hold, and what an object requires of it.

use std::collections::HashSet;

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Field};
use crate::form::{clipped, listed};
use crate::odcs::LogicalType;

/// Most names that a message lists.
const NAMES_MAX: usize = 10;

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    for field in contract.fields() {
        match field.logical_type {
            Some(LogicalType::Array) => holds(field, "items", "an array", findings),
            Some(LogicalType::Object) => holds(field, "properties", "an object", findings),
            Some(LogicalType::Vector) => has_dimensions(field, findings),
            _ => {}
        }
        if contract.is_whole {
            requires_what_it_has(field, findings);
        }
    }
}

fn holds(field: &Field<'_>, key: &str, noun: &str, findings: &mut Findings) {
    let is_there = field.spot.get(key).is_some_and(|parts| key != "properties" || !parts.node.items().is_empty());
    if !is_there {
        let message = format!("{} is {noun} without `{key}`, so its type is not known", field.noun());
        findings.push(
            Diagnostic::error(Code::PARTS_MISSING, field.spot.at("logicalType"), message)
                .help(format!("add `{key}:`, what it holds")),
        );
    }
}

fn has_dimensions(field: &Field<'_>, findings: &mut Findings) {
    // Options without dimensions are told already, as one of form.
    if field.spot.get("logicalTypeOptions").is_none() {
        let message = format!("{} is a vector and does not say how many dimensions it has", field.noun());
        findings.push(
            Diagnostic::error(Code::VECTOR_DIMENSIONS, field.spot.at("logicalType"), message)
                .help("add `logicalTypeOptions: {dimensions: 768}`, with the number of the model's dimensions"),
        );
    }
}

fn requires_what_it_has(field: &Field<'_>, findings: &mut Findings) {
    let Some(options) = &field.property.logical_type_options else { return };
    let parts = || field.property.properties.iter().flatten().filter_map(|part| part.name.as_deref());
    let names: HashSet<&str> = parts().collect();
    let Some(list) = field.spot.get("logicalTypeOptions").and_then(|options| options.get("required")) else { return };
    for (spot, name) in list.items().zip(options.required.iter().flatten()) {
        if names.contains(name.as_str()) {
            continue;
        }
        let help = findings.guess(name, parts(), || match parts().take(NAMES_MAX).collect::<Vec<&str>>().as_slice() {
            [] => "it has no properties".to_owned(),
            names => format!("it has {}", listed(names)),
        });
        let message = format!("{} requires `{}`, which it does not have", field.noun(), clipped(name));
        findings.push(Diagnostic::error(Code::REQUIRED_UNKNOWN, spot.place(), message).help(help));
    }
}
