//! Variables: where none may stand, which are allowed, and which have no value.

use std::collections::BTreeSet;

use weft_model::{Code, Diagnostic, Place};

use super::findings::Findings;
use super::identifiers::FREE;
use crate::form::yaml::Value;
use crate::form::{Spot, Variable, clipped, has_variable, variables};

/// Keys that say what a thing is, which must not differ between environments.
const FIXED: &[&str] = &["id", "name", "version", "kind", "apiVersion", "contractId"];

/// Names that queries of older documents use for the table and column, which are no variables.
const PLACEHOLDERS: &[&str] = &["table", "column", "object", "property", "schema", "model", "field"];

pub(super) fn check(root: Spot<'_>, findings: &mut Findings) {
    below(root, "", false, &mut |spot, key, text, is_free| {
        if FIXED.contains(&key) && !is_free && has_variable(text) {
            findings.push(
                Diagnostic::error(Code::VARIABLE_NOT_ALLOWED, spot.place(), format!("`{key}` holds a variable"))
                    .help(format!("write `{key}` in full: it is the same in every environment")),
            );
        }
    });
}

/// Tells of variables that may not be used, or that have no value in some environment. Where `mesh.yaml` names
/// no environments, only a default is a value.
pub(crate) fn have_values(root: Spot<'_>, environments: &[EnvironmentText], problems: &mut Vec<Diagnostic>) {
    let mut findings = Findings::new();
    below(root, "", false, &mut |spot, key, text, is_free| {
        if FIXED.contains(&key) && !is_free {
            return;
        }
        for variable in variables(text) {
            if !(key == "query" && PLACEHOLDERS.contains(&variable.name)) {
                let told = judge(spot, &variable, environments, &findings);
                told.into_iter().for_each(|problem| findings.push(problem));
            }
        }
    });
    findings.tell(problems);
}

/// An environment, and where each of its variables is allowed.
#[derive(Debug)]
pub(crate) struct EnvironmentText {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) variables: BTreeSet<String>,
}

fn judge(
    spot: Spot<'_>,
    variable: &Variable<'_>,
    environments: &[EnvironmentText],
    findings: &Findings,
) -> Option<Diagnostic> {
    let name = clipped(variable.name);
    let error = |message| Diagnostic::error(Code::VARIABLE_NOT_ALLOWED, spot.place(), message);
    let allows = |environment: &&EnvironmentText| environment.variables.contains(variable.name);
    if !environments.is_empty() && !environments.iter().any(|environment| allows(&environment)) {
        let known = environments.iter().flat_map(|environment| &environment.variables).map(String::as_str);
        let help = findings.guess(variable.name, known, || {
            format!("add `{name}` to the `variables` of an environment in `mesh.yaml`")
        });
        return Some(error(format!("no environment of the mesh allows the variable `{name}`")).help(help));
    }
    if variable.default.is_some() {
        return None;
    }
    let help = format!("write `${{{name}:-DEFAULT}}`, or the value itself");
    if environments.is_empty() {
        return Some(error(format!("variable `{name}` has no value here and no default")).help(help));
    }
    let without = environments.iter().find(|environment| !allows(environment))?;
    let message = format!("variable `{name}` has no value in environment `{}` and no default", clipped(&without.name));
    let help = format!("{help}; or add `{name}` to the environment's `variables`");
    Some(error(message).also(without.place.clone(), "the environment does not allow it").help(help))
}

/// Shows each text with variables, and the key it stands under. One that is free is the author's own,
/// whatever its keys are called.
fn below(spot: Spot<'_>, key: &str, is_free: bool, see: &mut dyn FnMut(Spot<'_>, &str, &str, bool)) {
    match &spot.node.value {
        Value::Text(text) if has_variable(text) => see(spot, key, text, is_free),
        Value::List(items) => items.iter().for_each(|item| below(Spot { node: item, ..spot }, key, is_free, see)),
        Value::Object(entries) => {
            let is_map = spot.node.get("key").is_some();
            for entry in entries {
                let begins = FREE.contains(&entry.key.as_str()) && !is_map;
                below(Spot { node: &entry.value, ..spot }, &entry.key, is_free || begins, see);
            }
        }
        _ => {}
    }
}
