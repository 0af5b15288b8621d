//! `mesh.yaml` names the environments and, for each, the variables that manifests may take from it.

use std::collections::BTreeSet;

use weft_model::{Code, Diagnostic};

use crate::form::{Document, clipped, is_variable_name};
use crate::mesh_file::MeshFile;
use crate::rules::EnvironmentText;

/// Beginnings of names that belong to the platform and to the stores it reaches. What they hold, such as
/// tokens and keys, is for no manifest.
const RESERVED: &[&str] = &["WEFT_", "AWS_", "AZURE_", "GOOGLE_"];

/// Reads the environments. Every problem that is found is an error.
pub(super) fn read(document: &Document<MeshFile>, problems: &mut Vec<Diagnostic>) -> Vec<EnvironmentText> {
    let mut environments: Vec<EnvironmentText> = Vec::new();
    for (spot, environment) in document.spot().each("environments", &document.value.environments) {
        let place = spot.at("name");
        if let Some(first) = environments.iter().find(|other| other.name == environment.name) {
            let message = format!("environment `{}` is written twice", clipped(&environment.name));
            problems.push(
                Diagnostic::error(Code::ID_TWICE, place, message)
                    .also(first.place.clone(), "first written here")
                    .help("write its variables into one list"),
            );
            continue;
        }
        let mut variables = BTreeSet::new();
        for (spot, name) in spot.each("variables", &environment.variables) {
            let reserved = RESERVED.iter().find(|prefix| name.to_ascii_uppercase().starts_with(**prefix));
            let (message, help) = match reserved {
                Some(prefix) => (
                    format!("`{}` is the platform's own and is for no manifest", clipped(name)),
                    format!("take a name that does not begin with `{prefix}`"),
                ),
                None if !is_variable_name(name) => (
                    format!("`{}` is not the name of a variable", clipped(name)),
                    "use letters, digits and `_`, and do not begin with a digit".to_owned(),
                ),
                None => {
                    variables.insert(name.clone());
                    continue;
                }
            };
            problems.push(Diagnostic::error(Code::VARIABLE_NOT_ALLOWED, spot.place(), message).help(help));
        }
        environments.push(EnvironmentText { name: environment.name.clone(), place, variables });
    }
    environments
}
