//! Variables: where none may stand, and which have no value.

use weft_model::{Code, Diagnostic};

use super::Scope;
use super::findings::Findings;
use crate::form::yaml::Value;
use crate::form::{Spot, has_variable, variables};

/// Keys that say what a thing is, which must not differ between environments.
const FIXED: &[&str] = &["id", "name", "version", "kind", "apiVersion", "contractId"];

/// Names that queries of older documents use for the table and column, which are no variables.
const PLACEHOLDERS: &[&str] = &["table", "column", "object", "property", "schema", "model", "field"];

pub(super) fn check(root: Spot<'_>, scope: Scope, findings: &mut Findings) {
    below(root, "", scope, findings);
}

fn below(spot: Spot<'_>, key: &str, scope: Scope, findings: &mut Findings) {
    match &spot.node.value {
        Value::Text(text) if has_variable(text) => text_of(spot, key, text, scope, findings),
        Value::List(items) => {
            items.iter().for_each(|item| below(Spot { node: item, ..spot }, key, scope, findings));
        }
        Value::Object(entries) => {
            for entry in entries {
                below(Spot { node: &entry.value, ..spot }, &entry.key, scope, findings);
            }
        }
        _ => {}
    }
}

fn text_of(spot: Spot<'_>, key: &str, text: &str, scope: Scope, findings: &mut Findings) {
    if FIXED.contains(&key) {
        findings.push(
            Diagnostic::error(Code::VARIABLE_NOT_ALLOWED, spot.place(), format!("`{key}` holds a variable"))
                .help(format!("write `{key}` in full: it is the same in every environment")),
        );
        return;
    }
    // In a mesh a value must be known; a document that stands alone may get it elsewhere.
    if scope == Scope::Alone {
        return;
    }
    let is_placeholder = |name: &str| key == "query" && PLACEHOLDERS.contains(&name);
    for variable in variables(text) {
        if variable.default.is_none() && !is_placeholder(variable.name) {
            let message = format!("variable `{}` has no value here and no default", variable.name);
            findings.push(
                Diagnostic::error(Code::VARIABLE_NOT_ALLOWED, spot.place(), message)
                    .help(format!("write `${{{}:-DEFAULT}}`, or the value itself", variable.name)),
            );
        }
    }
}
