//! `weft validate`: manifests, rules and SQL as they are on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use weft_catalog::product_of_file;
use weft_model::{Diagnostic, ManifestTree};
use weft_reconcile::Known;

use super::arguments::{Validate, ValidateFormat};
use super::{Exit, Failure, Look, block_on, terminal};
use crate::lone::Lone;
use crate::mesh_folder::{self, TreeSources, relative};
use crate::render::diagnostics::{self, Looked, Sources};
use crate::render::reports;

pub(super) fn validate(arguments: &Validate) -> Result<(), Failure> {
    let began = Instant::now();
    let mut found = Found::default();
    for (root, wanted) in by_mesh(&arguments.paths)? {
        match root {
            Some(root) => found.mesh(&root, &wanted)?,
            None => wanted.iter().try_for_each(|path| found.lone(path))?,
        }
    }
    let Found { diagnostics, products, troubled, files, .. } = &found;
    let text = match arguments.format {
        ValidateFormat::Text => {
            let looked = Looked { products: *products, troubled: *troubled, files: *files, elapsed: began.elapsed() };
            let frames = diagnostics::text(diagnostics, &found, Look::of_stdout());
            format!("{frames}{}\n", diagnostics::summary(diagnostics, looked))
        }
        ValidateFormat::Json => diagnostics::json(diagnostics, &found),
        ValidateFormat::Github => diagnostics::github(diagnostics, &found),
        ValidateFormat::Sarif => reports::sarif(diagnostics, &found),
        ValidateFormat::Junit => reports::junit(diagnostics, &found),
    };
    terminal::print(&text)?;
    if diagnostics.iter().any(Diagnostic::is_error) { Err(Failure::silent(Exit::Problems)) } else { Ok(()) }
}

/// The paths as given, by the mesh that each lies in; those in none under `None`.
fn by_mesh(paths: &[PathBuf]) -> Result<BTreeMap<Option<PathBuf>, Vec<PathBuf>>, Failure> {
    let mut meshes: BTreeMap<Option<PathBuf>, Vec<PathBuf>> = BTreeMap::new();
    for path in paths {
        let full =
            fs::canonicalize(path).map_err(|error| Failure::io(format!("cannot read `{}`", path.display()), &error))?;
        meshes.entry(mesh_folder::root_of(&full)).or_default().push(full);
    }
    Ok(meshes)
}

/// What was found in all meshes and lone files together. Paths are as the reader can open them.
#[derive(Default)]
struct Found {
    diagnostics: Vec<Diagnostic>,
    products: usize,
    /// Products with a diagnostic.
    troubled: usize,
    files: usize,
    texts: BTreeMap<String, Arc<str>>,
}

impl Found {
    fn mesh(&mut self, root: &Path, wanted: &[PathBuf]) -> Result<(), Failure> {
        let tree = mesh_folder::working_tree(root).map_err(|error| Failure::coded(error.code(), error.to_string()))?;
        let checked = block_on(async { Ok(weft_reconcile::check(&tree, &Known::nothing()).await) })?;
        let wanted: Vec<PathBuf> = wanted.iter().map(|path| relative(path, root)).collect();
        let is_wanted = |file: &str| wanted.iter().any(|path| Path::new(file).starts_with(path));
        let mine: Vec<Diagnostic> = checked.diagnostics.into_iter().filter(|d| is_wanted(&d.place.file)).collect();
        self.products += checked.declared.products.len() + checked.declared.broken.len();
        self.troubled += mine.iter().filter_map(|d| product_of_file(&d.place.file)).collect::<BTreeSet<_>>().len();
        self.files += tree.files().filter(|(path, _)| is_wanted(path)).count();
        let sources = TreeSources::new(&tree, root, &mesh_folder::current());
        self.take(mine, &tree, |file| sources.shown(file));
        Ok(())
    }

    fn lone(&mut self, path: &Path) -> Result<(), Failure> {
        let shown = relative(path, &mesh_folder::current());
        let lone =
            Lone::read(path).map_err(|error| Failure::io(format!("cannot read `{}`", shown.display()), &error))?;
        let Some(lone) = lone else {
            return Err(Failure::usage(format!("`{}` is no mesh, product or contract", shown.display())).help(
                "give a folder with `products/`, a folder with `product.odps.yaml`, a `*.odps.yaml` or a `*.odcs.yaml`",
            ));
        };
        let mut problems = weft_manifest::read_apart(&lone.tree);
        problems.retain(|problem| lone.concerns(problem));
        self.products += 1;
        self.troubled += usize::from(!problems.is_empty());
        self.files += lone.tree.files().count();
        let is_file = path.is_file();
        self.take(problems, &lone.tree, |file| match is_file {
            true => shown.display().to_string(),
            false => shown.join(lone.below(file)).display().to_string(),
        });
        Ok(())
    }

    /// Adds diagnostics of one tree, with the texts that they speak of.
    fn take(&mut self, diagnostics: Vec<Diagnostic>, tree: &ManifestTree, shown: impl Fn(&str) -> String) {
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
