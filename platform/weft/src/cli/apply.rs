//! `weft apply`: carries out a plan, and exactly that plan, in a home that no server holds.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use weft_manifest::source::{self, RevisionSource};
use weft_model::{Code, ManifestTree, Revision};

use super::arguments::Apply;
use super::plan::Planned;
use super::{Exit, Failure, Look, block_on, plan, terminal, up};
use crate::clock::SystemClock;
use crate::environment;
use crate::home::Home;
use crate::notes::Notes;
use crate::running::Mesh;
use crate::settings::Settings;

/// What a plan's file says of which plan it is.
#[derive(Debug, Deserialize)]
struct Named {
    id: String,
    revision: Revision,
}

pub(super) fn apply(arguments: &Apply) -> Result<(), Failure> {
    let home = Home::at(&arguments.home.home);
    let wanted = arguments.file.as_deref().map(read).transpose()?;
    let source = source::open(&arguments.mesh, &home.mirrors()).map_err(plan::coded)?;
    let tree = source.newest_tree().map_err(plan::coded)?;
    if let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.revision != tree.revision) {
        let (planned, newest) = (wanted.revision.short(), tree.revision.short());
        return Err(moved(format!("the plan is of revision {planned} and the newest is {newest}")));
    }
    let planned = block_on(Planned::of(source.as_ref(), &tree, &home, plan::LIVE))?;
    planned.tell_problems(&tree);
    let id = planned.plan.id();
    if let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.id != id) {
        return Err(moved(format!("plan {} does not fit what is served any more: today it is {id}", wanted.id)));
    }
    terminal::print(&format!("{}\n", planned.plan.to_text(false).trim_end()))?;
    planned.verdict()?;
    if planned.plan.is_empty() {
        return Ok(());
    }
    if wanted.is_none() && !arguments.yes {
        confirm()?;
    }
    let mut settings = Settings::local(arguments.mesh.clone(), home.root());
    (settings.warehouse, settings.store) = (arguments.warehouse.clone(), environment::store_options());
    let _tracing = up::prepare_for(&settings)?;
    block_on(carry_out(settings, &home, source.as_ref(), &tree, &id))
}

/// Takes the home, so that nothing moves any more, and does what was planned if that is still the plan.
async fn carry_out(
    settings: Settings,
    home: &Home,
    source: &dyn RevisionSource,
    tree: &ManifestTree,
    id: &str,
) -> Result<(), Failure> {
    let began = Instant::now();
    let notes = Arc::new(Notes::new(Look::of_stderr()));
    let mesh =
        Mesh::start(settings, Arc::new(SystemClock), notes.clone()).await.map_err(|error| up::failure(&error))?;
    let outcome = async {
        let now = Planned::of(source, tree, home, plan::LIVE).await?.plan.id();
        if now != id {
            return Err(moved(format!("plan {id} does not fit what is served any more: now it is {now}")));
        }
        mesh.reconcile_to(&tree.revision).await.map_err(|error| Failure::coded(error.code(), error.to_string()))
    };
    let outcome = outcome.await;
    mesh.stop().await;
    let report = outcome?;
    notes.reconciled(&report, began.elapsed());
    if report.is_complete() { Ok(()) } else { Err(Failure::silent(Exit::Problems)) }
}

fn read(file: &Path) -> Result<Named, Failure> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| Failure::io(format!("cannot read `{shown}`"), &error))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(Exit::Problems, format!("`{shown}` is no plan: {error}"))
            .help("make one with `weft plan --out FILE`")
    })
}

fn moved(message: String) -> Failure {
    Failure::coded(Code::PLAN_MOVED, message).help("plan again: `weft plan --out FILE`")
}

/// Asks the person at the terminal.
fn confirm() -> Result<(), Failure> {
    match terminal::says_yes("Apply this plan?")? {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::new(Exit::Problems, "nothing was applied")),
        None => {
            Err(Failure::usage("nobody is here to say yes")
                .help("give `--yes`, or a plan made by `weft plan --out FILE`"))
        }
    }
}
