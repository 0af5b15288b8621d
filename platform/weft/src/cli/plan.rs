//! `weft plan`: what the committed state of a mesh would change.

use std::fs;
use std::sync::Arc;

use weft_catalog::{Catalog, CatalogError};
use weft_manifest::source::{self, RevisionSource, SourceError};
use weft_model::{Clock, ManifestTree, Revision};
use weft_reconcile::{Checked, Known, access_changes, rule_lines};

use super::arguments::{Plan, PlanFormat};
use super::{Exit, Failure, Look, block_on, terminal};
use crate::clock::SystemClock;
use crate::home::Home;
use crate::render::diagnostics::{self, Sources, counted};

/// The word for what is served now, as opposed to a revision.
pub(super) const LIVE: &str = "live";

pub(super) fn plan(arguments: &Plan) -> Result<(), Failure> {
    let home = Home::at(&arguments.home.home);
    let source = source::open(&arguments.mesh, &home.mirrors()).map_err(coded)?;
    let tree = source.newest_tree().map_err(coded)?;
    let planned = block_on(Planned::of(source.as_ref(), &tree, &home, &arguments.against))?;
    planned.tell_problems(&tree);

    let json = planned.json()?;
    if let Some(file) = &arguments.out {
        fs::write(file, format!("{json}\n"))
            .map_err(|error| Failure::io(format!("cannot write `{}`", file.display()), &error))?;
    }
    match arguments.format {
        PlanFormat::Json => terminal::print(&format!("{json}\n"))?,
        PlanFormat::Text => {
            terminal::note(&format!("Comparing {} with {}, read-only.\n", tree.revision.short(), planned.against));
            terminal::print(&format!("{}\n", planned.plan.to_text(arguments.verbose).trim_end()))?;
        }
    }
    planned.verdict()
}

/// A plan, and what it was made from.
pub(super) struct Planned {
    pub(super) plan: weft_reconcile::Plan,
    checked: Checked,
    /// What it was compared with, in words.
    against: String,
}

impl Planned {
    /// Plans what `tree` would change of what is served (`live`) or of what another revision declares.
    pub(super) async fn of(
        source: &dyn RevisionSource,
        tree: &ManifestTree,
        home: &Home,
        against: &str,
    ) -> Result<Self, Failure> {
        let before = match against {
            LIVE => None,
            name => Some(source.named(name).and_then(|revision| source.tree(&revision)).map_err(coded)?),
        };
        let mut known = known(home, tree).await?;
        if let Some(before) = &before {
            known = known
                .with_published(&weft_reconcile::check(before, &Known::nothing_at(SystemClock.now())).await.declared);
        }
        let checked = weft_reconcile::check(tree, &known).await;
        let published = known.published.revision.as_ref();
        let before = before.or_else(|| source.tree(published.filter(|served| **served != tree.revision)?).ok());
        let rules = before.as_ref().map(|before| rule_lines(before, tree)).unwrap_or_default();
        let access = before.map(|before| access_changes(&before, &checked, &known)).unwrap_or_default();
        let plan = weft_reconcile::plan(&checked.declared, &known, &checked.reviews);
        let plan = plan.with_rules(rules).with_access(access);
        let served = published.map_or("nothing published", Revision::short);
        let against = if against == LIVE { format!("live ({served})") } else { format!("{against} ({served})") };
        Ok(Planned { plan, checked, against })
    }

    /// Writes to stderr what is wrong in the manifests.
    pub(super) fn tell_problems(&self, tree: &ManifestTree) {
        if !self.checked.diagnostics.is_empty() {
            terminal::note(&diagnostics::text(&self.checked.diagnostics, &Committed(tree), Look::of_stderr()));
        }
    }

    /// The plan for programs: its fields, and its `id`.
    fn json(&self) -> Result<String, Failure> {
        let bug = |error: serde_json::Error| Failure::new(Exit::Bug, error.to_string());
        let mut value = serde_json::to_value(&self.plan).map_err(bug)?;
        if let serde_json::Value::Object(keys) = &mut value {
            keys.insert("id".to_owned(), self.plan.id().into());
        }
        serde_json::to_string_pretty(&value).map_err(bug)
    }

    /// An error where the plan would not be carried out whole.
    ///
    /// # Errors
    ///
    /// Exit code 4 for a change that is refused for the sake of its readers, 1 for other problems.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let refused = self.plan.reviews.iter().flat_map(|review| &review.refusals).count();
        let errors = self.checked.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        if errors > refused {
            let consequence = if self.checked.is_refused() {
                "the revision would be refused as a whole"
            } else {
                "their products would stay as they are"
            };
            let message = format!("{} in the manifests: {consequence}", counted(errors, "error"));
            return Err(Failure::new(Exit::Problems, message));
        }
        if self.plan.is_refused() {
            let message = format!("{} refused: the products stay as they are served", counted(refused, "change"));
            return Err(Failure::new(Exit::Breaking, message));
        }
        Ok(())
    }
}

pub(super) fn coded(error: SourceError) -> Failure {
    Failure::coded(error.code(), error.to_string())
}

/// What the home's catalog knows. Changes nothing, so that a server may hold the home.
pub(super) async fn known(home: &Home, tree: &ManifestTree) -> Result<Known, Failure> {
    match catalog_of(home).await? {
        Some(catalog) => Known::in_catalog(&catalog, tree, SystemClock.now()).await.map_err(unread),
        None => Ok(Known::nothing_at(SystemClock.now())),
    }
}

/// The home's catalog, for reading alone; `None` where nothing was published from there yet.
pub(super) async fn catalog_of(home: &Home) -> Result<Option<Catalog>, Failure> {
    if !home.catalog().is_file() {
        return Ok(None);
    }
    Catalog::open_read_only(&home.catalog(), Arc::new(SystemClock)).await.map(Some).map_err(unread)
}

/// Trouble with a catalog, as a person reads it.
pub(super) fn unread(error: CatalogError) -> Failure {
    Failure::coded(error.code(), error.to_string())
}

/// The committed files, which need not be what is on disk.
pub(super) struct Committed<'a>(pub(super) &'a ManifestTree);

impl Sources for Committed<'_> {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        self.0.text(file).cloned()
    }

    fn shown(&self, file: &str) -> String {
        file.to_owned()
    }
}
