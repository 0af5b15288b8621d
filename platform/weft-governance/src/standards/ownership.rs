//! Who answers for what.

use regex::Regex;
use weft_model::{Code, Outline, Place};

use super::Standard;
use super::finding::{Findings, shown};
use crate::Principals;
use crate::names::nearest;
use crate::principals::PRINCIPALS_FILE;

/// Whom a manifest must name.
#[derive(Clone, Debug)]
pub(super) enum Ownership {
    /// The owner of a domain is a group that the mesh declares.
    Owner,
    Stewards {
        least: usize,
    },
    /// With the pattern as written, which matches the whole of it.
    Contact {
        pattern: Option<(Regex, String)>,
    },
    Team {
        least: usize,
    },
    Support {
        least: usize,
    },
    /// The approvers of each role, of the first level, or of both.
    Approvers {
        levels: usize,
    },
}

impl Ownership {
    pub(super) fn check(
        &self,
        standard: &Standard,
        outline: &Outline,
        principals: &Principals,
        findings: &mut Findings,
    ) {
        let mut tell = |place: &Place, message: String, help: String| {
            findings.extend(standard.finding(Code::STANDARD_OWNERSHIP, place, message, help));
        };
        match self {
            Ownership::Owner => {
                let groups: Vec<&str> = principals.groups().map(|(name, _)| name).collect();
                for domain in standard.domains(outline) {
                    let owner = domain.owner.text.as_str();
                    if groups.contains(&owner) {
                        continue;
                    }
                    let message = format!("the owner of domain `{}`, `{}`, is no group", domain.name, shown(owner));
                    let help = match nearest(owner, groups.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("add the group to `{PRINCIPALS_FILE}`, or name one that is there"),
                    };
                    tell(&domain.owner.place, message, help);
                }
            }
            Ownership::Stewards { least } => {
                for domain in standard.domains(outline).filter(|domain| domain.stewards.len() < *least) {
                    let count = domain.stewards.len();
                    let message = too_few(&format!("domain `{}`", domain.name), "steward", count, *least);
                    let place = domain.stewards.first().map_or(&domain.head, |steward| &steward.place);
                    tell(place, message, "name people who look after the data in `stewards:`".to_owned());
                }
            }
            Ownership::Contact { pattern } => {
                for domain in standard.domains(outline) {
                    match (&domain.contact, pattern) {
                        (None, _) => {
                            let message = format!("domain `{}` names no contact", domain.name);
                            let help = "add `contact:`, where readers of its data can ask".to_owned();
                            tell(&domain.head, message, help);
                        }
                        (Some(contact), Some((pattern, written))) if !pattern.is_match(&contact.text) => {
                            let message =
                                format!("the contact of domain `{}` is not as `{}` asks", domain.name, shown(written));
                            let help = "write a contact that matches the pattern as a whole".to_owned();
                            tell(&contact.place, message, help);
                        }
                        (Some(_), _) => {}
                    }
                }
            }
            Ownership::Team { least } => {
                for product in standard.products(outline) {
                    let Some(document) = product.document.as_ref().filter(|d| d.members < *least) else { continue };
                    let message =
                        too_few(&format!("product `{}`", product.name), "team member", document.members, *least);
                    let help = "add `team:` with `members:`, each with a `username`".to_owned();
                    tell(document.team.as_ref().unwrap_or(&document.head), message, help);
                }
            }
            Ownership::Support { least } => {
                for product in standard.products(outline) {
                    let Some(document) = product.document.as_ref().filter(|d| d.channels < *least) else { continue };
                    let message =
                        too_few(&format!("product `{}`", product.name), "support channel", document.channels, *least);
                    let help = "add `support:` with a `channel` and its `url`, where readers can ask".to_owned();
                    tell(document.support.as_ref().unwrap_or(&document.head), message, help);
                }
            }
            Ownership::Approvers { levels } => {
                for role in standard.contracts(outline).flat_map(|(_, contract)| &contract.roles) {
                    let lacking = match (role.has_first_approver, role.has_second_approver) {
                        (false, _) => "firstLevelApprovers",
                        (true, false) if *levels > 1 => "secondLevelApprovers",
                        _ => continue,
                    };
                    let message = format!("role `{}` has no `{lacking}`", shown(&role.name.text));
                    let help = format!("add `{lacking}:` with the group or user who grants the role");
                    tell(&role.name.place, message, help);
                }
            }
        }
    }
}

fn too_few(whose: &str, what: &str, count: usize, least: usize) -> String {
    match (count, least) {
        (0, 1) => format!("{whose} names no {what}"),
        (0, _) => format!("{whose} names no {what}, and the standard asks for {least}"),
        (1, _) => format!("{whose} names 1 {what}, and the standard asks for {least}"),
        _ => format!("{whose} names {count} {what}s, and the standard asks for {least}"),
    }
}
