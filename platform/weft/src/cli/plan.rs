//! `weft plan`: what the committed state of a mesh would change.

use std::fs;
use std::sync::Arc;

use weft_catalog::{Catalog, CatalogError};
use weft_manifest::source::{self, SourceError};
use weft_model::Published;
use weft_reconcile::Kept;

use super::arguments::{Against, Plan, PlanFormat};
use super::{Exit, Failure, Look, block_on, terminal};
use crate::clock::SystemClock;
use crate::home::Home;
use crate::render::diagnostics::{self, Sources, counted};

pub(super) fn plan(arguments: &Plan) -> Result<(), Failure> {
    let Against::Live = arguments.against;
    let home = Home::at(&arguments.home.home);
    let coded = |error: SourceError| Failure::coded(error.code(), error.to_string());
    let source = source::open(&arguments.mesh, &home.mirrors()).map_err(coded)?;
    let tree = source.newest_tree().map_err(coded)?;
    let (published, checked) = block_on(async {
        let (published, kept) = live(&home).await?;
        let checked = weft_reconcile::check(&tree, &published, &kept).await;
        Ok((published, checked))
    })?;

    let sources = Committed(&tree);
    if !checked.diagnostics.is_empty() {
        terminal::note(&diagnostics::text(&checked.diagnostics, &sources, Look::of_stderr()));
    }
    let plan = weft_reconcile::plan(&checked.declared, &published);
    let json = serde_json::to_string_pretty(&plan).map_err(|error| Failure::new(Exit::Bug, error.to_string()))?;
    if let Some(file) = &arguments.out {
        fs::write(file, format!("{json}\n"))
            .map_err(|error| Failure::io(format!("cannot write `{}`", file.display()), &error))?;
    }
    match arguments.format {
        PlanFormat::Json => terminal::print(&format!("{json}\n"))?,
        PlanFormat::Text => {
            let live = published.revision.as_ref().map_or("nothing published", |revision| revision.short());
            terminal::note(&format!("Comparing {} with live ({live}), read-only.\n", tree.revision.short()));
            terminal::print(&format!("{}\n", plan.to_text(arguments.verbose).trim_end()))?;
        }
    }
    let errors = checked.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    if errors == 0 {
        return Ok(());
    }
    let consequence = if checked.is_refused() {
        "the revision would be refused as a whole"
    } else {
        "their products would stay as they are"
    };
    Err(Failure::new(Exit::Problems, format!("{} in the manifests: {consequence}", counted(errors, "error"))))
}

/// What the home's catalog says is served, and the rules that it keeps. Changes nothing, so that a
/// server may hold the home.
async fn live(home: &Home) -> Result<(Arc<Published>, Kept), Failure> {
    if !home.catalog().is_file() {
        return Ok((Arc::default(), Kept::default()));
    }
    let coded = |error: CatalogError| Failure::coded(error.code(), error.to_string());
    let catalog = Catalog::open_read_only(&home.catalog(), Arc::new(SystemClock)).await.map_err(coded)?;
    let kept = Kept::in_catalog(&catalog).await.map_err(coded)?;
    Ok((catalog.published(), kept))
}

/// The committed files, which need not be what is on disk.
struct Committed<'a>(&'a weft_model::ManifestTree);

impl Sources for Committed<'_> {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        self.0.text(file).cloned()
    }

    fn shown(&self, file: &str) -> String {
        file.to_owned()
    }
}
