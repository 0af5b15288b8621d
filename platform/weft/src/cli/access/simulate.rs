//! `weft access simulate`: who gains and who loses access by a change of rules or contracts.

use std::path::Path;

use weft_manifest::source::{self, RevisionSource};
use weft_model::compatibility::Sign;
use weft_model::{Clock, ManifestTree};
use weft_reconcile::{AccessChange, AccessState, Known};

use crate::cli::arguments::{PlanFormat, Simulate};
use crate::cli::plan::{Committed, LIVE, coded, known};
use crate::cli::products::json;
use crate::cli::{Exit, Failure, Look, block_on, terminal};
use crate::clock::SystemClock;
use crate::home::Home;
use crate::mesh_folder;
use crate::render::diagnostics::{self, counted};

pub(super) fn simulate(arguments: &Simulate) -> Result<(), Failure> {
    let home = Home::at(&arguments.home.home);
    let source = source::open(&arguments.mesh, &home.mirrors()).map_err(coded)?;
    let after = match &arguments.revision {
        Some(name) => tree_of(source.as_ref(), name)?,
        None => on_disk(&arguments.mesh, source.as_ref(), &home)?,
    };
    let (before, known) = before(source.as_ref(), &home, &after, &arguments.against)?;
    let (changes, errors) = changes(&before, &after, &known)?;
    match arguments.format {
        PlanFormat::Json => terminal::print(&json(&changes))?,
        PlanFormat::Text => terminal::print(&text(&changes, arguments.verbose))?,
    }
    if errors > 0 {
        let message = format!("{} stand in the way of it", counted(errors, "error"));
        return Err(Failure::new(Exit::Problems, message));
    }
    Ok(())
}

fn tree_of(source: &dyn RevisionSource, name: &str) -> Result<ManifestTree, Failure> {
    source.named(name).and_then(|revision| source.tree(&revision)).map_err(coded)
}

/// The files of a folder as they are, committed or not; of a repository that is somewhere else, its newest.
fn on_disk(mesh: &str, source: &dyn RevisionSource, home: &Home) -> Result<ManifestTree, Failure> {
    match Path::new(mesh).is_dir() {
        true => mesh_folder::working_tree(Path::new(mesh), home).map_err(coded),
        false => source.newest_tree().map_err(coded),
    }
}

/// What is compared with, and what is known to be served then.
fn before(
    source: &dyn RevisionSource,
    home: &Home,
    after: &ManifestTree,
    against: &str,
) -> Result<(ManifestTree, Known), Failure> {
    let known = block_on(known(home, after))?;
    if against != LIVE {
        let tree = tree_of(source, against)?;
        let nothing = Known::nothing_at(SystemClock.now());
        let declared = weft_manifest::read(&tree, nothing.now.date_naive()).0;
        return Ok((tree, nothing.with_published(&declared)));
    }
    let Some(served) = known.published.revision.clone() else {
        return Err(Failure::new(Exit::Problems, "nothing is served from this home yet")
            .help("compare with a revision of the mesh by `--against REF`, or name another home with `--home`"));
    };
    Ok((source.tree(&served).map_err(coded)?, known))
}

/// What changes, and how many errors keep it from taking effect: failed cases, or products with problems.
fn changes(before: &ManifestTree, after: &ManifestTree, known: &Known) -> Result<(Vec<AccessChange>, usize), Failure> {
    let (state, problems) = AccessState::declared(after, known);
    if !problems.is_empty() {
        terminal::note(&diagnostics::text(&problems, &Committed(after), Look::of_stderr()));
    }
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let Some(state) = state else {
        let message = format!("{}: the rules would be refused", counted(errors, "error"));
        return Err(Failure::new(Exit::Problems, message));
    };
    let Some(before) = AccessState::served(before, known) else {
        return Err(Failure::new(Exit::Problems, "the rules that are compared with do not hold together"));
    };
    Ok((before.effects(&state, known.now).into_iter().map(AccessChange::from).collect(), errors))
}

/// Changes with names, and a line for either side where nobody is on it.
fn text(changes: &[AccessChange], verbose: bool) -> String {
    let mut text = String::new();
    for change in changes {
        text.push_str(&format!("  {}\n      {}\n", change.sentence(), change.names(verbose)));
    }
    let is_there = |sign: Sign| changes.iter().any(|change| change.sign == sign);
    if !is_there(Sign::Added) {
        text.push_str("  + nobody gains\n");
    }
    if !is_there(Sign::Removed) {
        text.push_str("  - nobody loses\n");
    }
    text
}
