//! Personal data: columns that look like it, and columns for its protected form.

use std::collections::HashSet;

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Field, Table};
use crate::form::{clipped, has_variable};

/// Words, each in parts, that tell of a person wherever they stand in a column's name.
const PERSONAL: &[&[&str]] = &[
    &["email"],
    &["e", "mail"],
    &["phone"],
    &["telephone"],
    &["mobile", "number"],
    &["ssn"],
    &["social", "security"],
    &["passport"],
    &["national", "id"],
    &["tax", "id"],
    &["birth", "date"],
    &["date", "of", "birth"],
    &["birthdate"],
    &["birthday"],
    &["dob"],
    &["first", "name"],
    &["last", "name"],
    &["full", "name"],
    &["family", "name"],
    &["given", "name"],
    &["maiden", "name"],
    &["surname"],
    &["home", "address"],
    &["street", "address"],
    &["postal", "address"],
    &["ip", "address"],
    &["iban"],
    &["credit", "card"],
    &["card", "number"],
    &["driver", "license"],
    &["driving", "licence"],
];

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    for table in &contract.tables {
        let names: HashSet<&str> = table.fields.iter().flat_map(|field| names_of(field)).collect();
        for field in &table.fields {
            is_classified(table, field, findings);
            if contract.is_whole {
                protected_column_is_there(table, &names, field, findings);
            }
        }
    }
}

fn is_classified(table: &Table<'_>, field: &Field<'_>, findings: &mut Findings) {
    let Some(name) = field.property.name.as_deref().filter(|_| is_called_personal(field)) else { return };
    if says_how_sensitive(table, field) {
        return;
    }
    let message = format!("column `{}` looks like personal data and has no classification", clipped(name));
    findings.push(
        Diagnostic::warning(Code::CLASSIFICATION, field.spot.at("name"), message)
            .help("add `classification:`, such as `personal`, or `public` if it tells of nobody"),
    );
}

/// Whether a field holds single values under a name that tells of a person.
pub(super) fn is_called_personal(field: &Field<'_>) -> bool {
    field.is_scalar() && field.property.name.as_deref().is_some_and(looks_personal)
}

/// Whether a field, or one that it is part of, has a classification or a tag about persons.
pub(super) fn says_how_sensitive(table: &Table<'_>, field: &Field<'_>) -> bool {
    let mut next = Some(field);
    while let Some(at) = next {
        let tags = at.property.tags.iter().flatten();
        if at.property.classification.is_some() || tags.into_iter().any(|tag| is_about_persons(tag)) {
            return true;
        }
        next = at.outer.and_then(|outer| table.fields.get(outer));
    }
    false
}

fn is_about_persons(tag: &str) -> bool {
    let tag = tag.to_lowercase();
    tag == "pii" || tag.starts_with("pii.") || tag.starts_with("pii:")
}

fn looks_personal(name: &str) -> bool {
    let words = words_of(name);
    PERSONAL.iter().any(|wanted| words.windows(wanted.len()).any(|window| window == *wanted))
}

/// `birthDate`, `birth_date` and `BIRTH-DATE` are `birth` and `date`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || (c.is_uppercase() && was_lower);
        if begins {
            words.push(String::new());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn names_of<'d>(field: &Field<'d>) -> impl Iterator<Item = &'d str> {
    [field.property.name.as_deref(), field.property.physical_name.as_deref()].into_iter().flatten()
}

fn protected_column_is_there(table: &Table<'_>, names: &HashSet<&str>, field: &Field<'_>, findings: &mut Findings) {
    let Some(written) = field.property.encrypted_name.as_deref().filter(|name| !has_variable(name)) else { return };
    let (message, help) = if names_of(field).any(|name| name == written) {
        let message = format!("{} names itself as the column for its protected value", field.noun());
        (message, "name the column that holds the protected value, or take `encryptedName` out".to_owned())
    } else if names.contains(written) {
        return;
    } else {
        let columns = table.columns().filter_map(|other| other.property.name.as_deref());
        let own = field.property.name.as_deref().unwrap_or_default();
        let help = findings.guess(written, columns.filter(|name| *name != own), || {
            "add the column to the table, or take `encryptedName` out: none is generated".to_owned()
        });
        (format!("the table has no column `{}` for the protected value of {}", clipped(written), field.noun()), help)
    };
    findings.push(Diagnostic::error(Code::ENCRYPTED_NAME, field.spot.at("encryptedName"), message).help(help));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_however_they_are_written() {
        for name in ["email", "e_mail", "customerEmail", "BIRTH_DATE", "dateOfBirth", "first-name", "contact.phone"] {
            assert!(looks_personal(name), "{name}");
        }
        for name in ["name", "tailnum", "emailed", "carrier_name", "mobile", "update_date", "card", "taxi_idle"] {
            assert!(!looks_personal(name), "{name}");
        }
    }
}
