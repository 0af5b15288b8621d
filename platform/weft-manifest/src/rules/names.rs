//! Names of tables and columns: each once in its list, whatever the case, as SQL reads them.

use std::collections::HashMap;

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Field};
use crate::form::{Spot, clipped};

/// One claim to a name.
struct Claim<'d> {
    spot: Spot<'d>,
    name: Option<&'d str>,
    physical: Option<&'d str>,
}

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    let tables: Vec<Claim<'_>> = contract
        .tables
        .iter()
        .map(|table| Claim {
            spot: table.spot,
            name: Some(table.object.name.as_str()),
            physical: table.object.physical_name.as_deref(),
        })
        .collect();
    taken_once("table", &tables, findings);
    for table in &contract.tables {
        let mut levels: HashMap<Option<usize>, Vec<Claim<'_>>> = HashMap::new();
        let named = |field: &&Field<'_>| field.property.name.is_some() || field.property.physical_name.is_some();
        for field in table.fields.iter().filter(named) {
            levels.entry(field.outer).or_default().push(Claim {
                spot: field.spot,
                name: field.property.name.as_deref(),
                physical: field.property.physical_name.as_deref(),
            });
        }
        let mut levels: Vec<_> = levels.into_iter().collect();
        levels.sort_by_key(|(outer, _)| *outer);
        levels.iter().for_each(|(_, claims)| taken_once("column", claims, findings));
    }
}

fn taken_once(noun: &str, claims: &[Claim<'_>], findings: &mut Findings) {
    let mut by_name: HashMap<String, &Claim<'_>> = HashMap::new();
    let mut by_physical: HashMap<String, &Claim<'_>> = HashMap::new();
    for claim in claims {
        if let Some(name) = claim.name.filter(|name| !name.is_empty()) {
            let first = *by_name.entry(name.to_lowercase()).or_insert(claim);
            if !std::ptr::eq(first, claim) {
                findings.push(named_twice(noun, name, claim, first));
                continue;
            }
        }
        let Some(stored) = claim.physical.or(claim.name).filter(|stored| !stored.is_empty()) else { continue };
        let first = *by_physical.entry(stored.to_lowercase()).or_insert(claim);
        if !std::ptr::eq(first, claim) {
            findings.push(stored_twice(noun, stored, claim, first));
        }
    }
}

fn named_twice(noun: &str, name: &str, claim: &Claim<'_>, first: &Claim<'_>) -> Diagnostic {
    let at = first.spot.at("name");
    let (name, first_name) = (clipped(name), clipped(first.name.unwrap_or_default()));
    let message = if first_name == name {
        format!("{noun} `{name}` is already declared at line {}", at.line)
    } else {
        format!("{noun} `{name}` differs from `{first_name}` at line {} by case alone", at.line)
    };
    Diagnostic::error(Code::COLUMN_TWICE, claim.spot.at("name"), message)
        .also(at, "first declared here")
        .help(format!("give each {noun} its own name: SQL does not tell case apart"))
}

fn stored_twice(noun: &str, stored: &str, claim: &Claim<'_>, first: &Claim<'_>) -> Diagnostic {
    let key = |claim: &Claim<'_>| if claim.physical.is_some() { "physicalName" } else { "name" };
    let at = first.spot.at(key(first));
    let message = format!("another {noun} is stored as `{}` already, at line {}", clipped(stored), at.line);
    Diagnostic::error(Code::PHYSICAL_NAME_TWICE, claim.spot.at(key(claim)), message)
        .also(at, "the first stands here")
        .help(format!("give each {noun} its own `physicalName`: tables do not tell case apart"))
}
