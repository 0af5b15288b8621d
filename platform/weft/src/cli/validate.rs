//! `weft validate`: manifests, rules and SQL as they are on disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use weft_catalog::product_of_file;
use weft_model::{Clock, Diagnostic, parallel};
use weft_reconcile::Known;

use super::arguments::{ReportFormat, Validate};
use super::found::{Found, by_mesh};
use super::{Exit, Failure, Look, block_on, terminal};
use crate::clock::SystemClock;
use crate::home::Home;
use crate::lone::Lone;
use crate::mesh_folder::{self, TreeSources, relative};
use crate::render::diagnostics::{self, Looked, Sources};
use crate::render::reports;

/// Said where there is neither `governance/` nor `mesh.yaml`.
const NO_MESH_AROUND: &str =
    "note: these are domains without a mesh around them, so people and other domains were not looked at\n";

pub(super) fn validate(arguments: &Validate) -> Result<(), Failure> {
    let began = Instant::now();
    let home = Home::at(&arguments.home.home);
    let mut validated = Validated::default();
    for (root, wanted) in by_mesh(&arguments.paths)? {
        match root {
            Some(root) => validated.mesh(&root, &wanted, &home)?,
            None => wanted.iter().try_for_each(|path| validated.lone(path))?,
        }
    }
    let Validated { found, products, troubled, files } = validated;
    let diagnostics = &found.diagnostics;
    let text = match arguments.format {
        ReportFormat::Text => {
            let looked = Looked { products, troubled, files, elapsed: began.elapsed() };
            let frames = diagnostics::text(diagnostics, &found, Look::of_stdout());
            format!("{frames}{}\n", diagnostics::summary(diagnostics, looked))
        }
        ReportFormat::Json => diagnostics::json(diagnostics, &found),
        ReportFormat::Github => diagnostics::github(diagnostics, &found),
        ReportFormat::Sarif => reports::sarif(diagnostics, &found),
        ReportFormat::Junit => reports::junit("weft validate", diagnostics, &[], &found),
    };
    terminal::print(&text)?;
    if diagnostics.iter().any(Diagnostic::is_error) { Err(Failure::silent(Exit::Problems)) } else { Ok(()) }
}

/// What was looked at in all meshes and lone files together.
#[derive(Default)]
struct Validated {
    found: Found,
    products: usize,
    /// Products with a diagnostic.
    troubled: usize,
    files: usize,
}

impl Validated {
    fn mesh(&mut self, root: &Path, wanted: &[PathBuf], home: &Home) -> Result<(), Failure> {
        let tree =
            mesh_folder::working_tree(root, home).map_err(|error| Failure::coded(error.code(), error.to_string()))?;
        if tree.is_part {
            terminal::note(NO_MESH_AROUND);
        }
        let checked =
            block_on(async { Ok(weft_reconcile::check(&tree, &Known::nothing_at(SystemClock.now())).await) })?;
        let wanted: Vec<PathBuf> = wanted.iter().map(|path| relative(path, root)).collect();
        let is_wanted = |file: &str| wanted.iter().any(|path| Path::new(file).starts_with(path));
        let mine: Vec<Diagnostic> = checked.diagnostics.into_iter().filter(|d| is_wanted(&d.place.file)).collect();
        self.products += checked.declared.products.len() + checked.declared.broken.len();
        // Nobody needs the rest, and the process ends soon.
        parallel::drop_later((checked.declared, checked.rules, checked.snapshot));
        self.troubled += mine.iter().filter_map(|d| product_of_file(&d.place.file)).collect::<BTreeSet<_>>().len();
        self.files += tree.files().filter(|(path, _)| is_wanted(path)).count();
        let sources = TreeSources::new(&tree, root, &mesh_folder::current());
        self.found.take(mine, &tree, |file| sources.shown(file));
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
        let mut problems = weft_reconcile::check_apart(&lone.tree);
        problems.retain(|problem| lone.concerns(problem));
        self.products += 1;
        self.troubled += usize::from(!problems.is_empty());
        self.files += lone.tree.files().count();
        let is_file = path.is_file();
        self.found.take(problems, &lone.tree, |file| match is_file {
            true => shown.display().to_string(),
            false => shown.join(lone.below(file)).display().to_string(),
        });
        Ok(())
    }
}
