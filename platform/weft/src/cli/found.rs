//! What was found in the meshes and files that paths on the command line lead to.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use weft_model::{Diagnostic, ManifestTree};

use super::Failure;
use crate::mesh_folder;
use crate::render::diagnostics::Sources;

/// The paths as given, by the mesh that each lies in; those in none under `None`.
pub(super) fn by_mesh(paths: &[PathBuf]) -> Result<BTreeMap<Option<PathBuf>, Vec<PathBuf>>, Failure> {
    let mut meshes: BTreeMap<Option<PathBuf>, Vec<PathBuf>> = BTreeMap::new();
    for path in paths {
        let full =
            fs::canonicalize(path).map_err(|error| Failure::io(format!("cannot read `{}`", path.display()), &error))?;
        meshes.entry(mesh_folder::root_of(&full)).or_default().push(full);
    }
    Ok(meshes)
}

/// Diagnostics of all of them together, with the texts that they speak of. Paths are as the reader can
/// open them.
#[derive(Default)]
pub(super) struct Found {
    pub(super) diagnostics: Vec<Diagnostic>,
    texts: BTreeMap<String, Arc<str>>,
}

impl Found {
    /// Adds diagnostics of one tree, with the texts that they speak of.
    pub(super) fn take(&mut self, diagnostics: Vec<Diagnostic>, tree: &ManifestTree, shown: impl Fn(&str) -> String) {
        for diagnostic in &diagnostics {
            let places = std::iter::once(&diagnostic.place).chain(diagnostic.others.iter().map(|other| &other.place));
            for place in places {
                if let Some(text) = tree.text(&place.file) {
                    self.texts.insert(shown(&place.file), Arc::clone(text));
                }
            }
        }
        self.diagnostics.extend(diagnostics.into_iter().map(|mut diagnostic| {
            diagnostic.place.file = shown(&diagnostic.place.file);
            for other in &mut diagnostic.others {
                other.place.file = shown(&other.place.file);
            }
            diagnostic
        }));
    }
}

impl Sources for Found {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        self.texts.get(file).cloned()
    }

    fn shown(&self, file: &str) -> String {
        file.to_owned()
    }
}
