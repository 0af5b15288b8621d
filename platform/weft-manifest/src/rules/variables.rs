//! Variables: where none may stand, and which have no value.

use weft_model::{Code, Diagnostic};

use super::Scope;
use super::findings::Findings;
use super::identifiers::FREE;
use crate::form::yaml::Value;
use crate::form::{Spot, has_variable, variables};

/// Keys that say what a thing is, which must not differ between environments.
const FIXED: &[&str] = &["id", "name", "version", "kind", "apiVersion", "contractId"];

/// Names that queries of older documents use for the table and column, which are no variables.
const PLACEHOLDERS: &[&str] = &["table", "column", "object", "property", "schema", "model", "field"];

pub(super) fn check(root: Spot<'_>, scope: Scope, findings: &mut Findings) {
    Search { scope, findings }.below(root, "", false);
}

struct Search<'f> {
    scope: Scope,
    findings: &'f mut Findings,
}

impl Search<'_> {
    /// Looks through the value at `key`. One that `is_free` is the author's own, whatever its keys are called.
    fn below(&mut self, spot: Spot<'_>, key: &str, is_free: bool) {
        match &spot.node.value {
            Value::Text(text) if has_variable(text) => self.text(spot, key, text, is_free),
            Value::List(items) => items.iter().for_each(|item| self.below(Spot { node: item, ..spot }, key, is_free)),
            Value::Object(entries) => {
                let is_map = spot.node.get("key").is_some();
                for entry in entries {
                    let begins = FREE.contains(&entry.key.as_str()) && !is_map;
                    self.below(Spot { node: &entry.value, ..spot }, &entry.key, is_free || begins);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, spot: Spot<'_>, key: &str, text: &str, is_free: bool) {
        if FIXED.contains(&key) && !is_free {
            self.findings.push(
                Diagnostic::error(Code::VARIABLE_NOT_ALLOWED, spot.place(), format!("`{key}` holds a variable"))
                    .help(format!("write `{key}` in full: it is the same in every environment")),
            );
            return;
        }
        // In a mesh a value must be known; a document that stands alone may get it elsewhere.
        if self.scope == Scope::Alone {
            return;
        }
        let is_placeholder = |name: &str| key == "query" && PLACEHOLDERS.contains(&name);
        for variable in variables(text) {
            if variable.default.is_none() && !is_placeholder(variable.name) {
                let message = format!("variable `{}` has no value here and no default", variable.name);
                self.findings.push(
                    Diagnostic::error(Code::VARIABLE_NOT_ALLOWED, spot.place(), message)
                        .help(format!("write `${{{}:-DEFAULT}}`, or the value itself", variable.name)),
                );
            }
        }
    }
}
