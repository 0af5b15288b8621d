//! `weft diff`: what changes between two contracts, two folders of them, or two revisions of a mesh,
//! and whom it breaks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use weft_manifest::compatibility::{Folders, compare_files, compare_folders};
use weft_manifest::source::{self, SourceError};
use weft_model::{ProductRef, Release};

use super::arguments::{Diff, DiffFormat};
use super::plan::{catalog_of, coded, unread};
use super::{Exit, Failure, block_on, terminal};
use crate::home::Home;
use crate::render::diagnostics::counted;

const CONTRACT: &str = ".odcs.yaml";

pub(super) fn diff(arguments: &Diff) -> Result<(), Failure> {
    let (old, new) = (Path::new(&arguments.old), Path::new(&arguments.new));
    if old.is_file() && new.is_file() {
        return files(old, new, arguments.format);
    }
    if old.is_dir() && new.is_dir() {
        return tell(&compare_folders(&texts(old)?, &texts(new)?), false, arguments.format);
    }
    if let (Some(old), Some(new)) = (versioned(&arguments.old), versioned(&arguments.new)) {
        let home = Home::at(&arguments.home.home);
        let (old, new) = block_on(async { Ok((released(&home, &old).await?, released(&home, &new).await?)) })?;
        let folders = compare_folders(&old, &new);
        return tell(&folders, !folders.only_old.is_empty(), arguments.format);
    }
    let folders = compare_folders(&contracts_at(arguments, &arguments.old)?, &contracts_at(arguments, &arguments.new)?);
    // A contract that is gone takes its port with it.
    tell(&folders, !folders.only_old.is_empty(), arguments.format)
}

fn files(old: &Path, new: &Path, format: DiffFormat) -> Result<(), Failure> {
    let (old_name, new_name) = (old.display().to_string(), new.display().to_string());
    let comparison = compare_files((&old_name, &text(old)?), (&new_name, &text(new)?)).map_err(|unreadable| {
        Failure::new(Exit::Problems, unreadable.to_string()).help("`weft validate FILE` says what is wrong with it")
    })?;
    match format {
        DiffFormat::Text => terminal::print(&comparison.to_text())?,
        DiffFormat::Json => terminal::print(&format!("{}\n", pretty(&comparison)?))?,
    }
    if comparison.breaking { Err(broken(1)) } else { Ok(()) }
}

fn tell(folders: &Folders, loses_contracts: bool, format: DiffFormat) -> Result<(), Failure> {
    match format {
        DiffFormat::Text => terminal::print(&folders.to_text())?,
        DiffFormat::Json => terminal::print(&format!("{}\n", pretty(&folders.to_json())?))?,
    }
    if !folders.is_readable() {
        let unreadable = folders.pairs.iter().filter(|pair| pair.outcome.is_err()).count();
        let message = format!("{} cannot be compared", counted(unreadable, "contract"));
        return Err(Failure::new(Exit::Problems, message).help("`weft validate FILE` says what is wrong with one"));
    }
    if !folders.is_breaking() && !loses_contracts {
        return Ok(());
    }
    let breaking = |pair: &&weft_manifest::compatibility::Pair| pair.outcome.as_ref().is_ok_and(|c| c.breaking);
    Err(broken(folders.pairs.iter().filter(breaking).count() + folders.only_old.len() * usize::from(loses_contracts)))
}

fn broken(contracts: usize) -> Failure {
    Failure::new(Exit::Breaking, format!("{} with a change that breaks readers", counted(contracts, "contract")))
}

/// The contracts of the mesh here at a revision, by path.
fn contracts_at(arguments: &Diff, reference: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mirrors = Home::at(&arguments.home.home).mirrors();
    let source = source::open(".", &mirrors).map_err(coded)?;
    let revision = source.named(reference).map_err(|error| match error {
        SourceError::NoRevision { .. } => coded(error)
            .help("give two contracts, two folders of contracts, or two revisions of the mesh in this folder"),
        error => coded(error),
    })?;
    let tree = source.tree(&revision).map_err(coded)?;
    let contracts = tree.files().filter(|(path, _)| path.ends_with(CONTRACT));
    Ok(contracts.filter_map(|(path, _)| Some((path.to_owned(), tree.text(path)?.to_string()))).collect())
}

/// `domain.product@version`; `None` for what is not written so.
fn versioned(text: &str) -> Option<(ProductRef, String)> {
    let (product, version) = text.split_once('@')?;
    Some((product.parse().ok()?, version.trim_start_matches('v').to_owned()))
}

/// The contracts, by port, of the newest release of a version of a product.
async fn released(home: &Home, (product, version): &(ProductRef, String)) -> Result<BTreeMap<String, String>, Failure> {
    let Some(catalog) = catalog_of(home).await? else {
        let message = format!("nothing is published in the home `{}`", home.root().display());
        return Err(Failure::new(Exit::Problems, message).help("name another with `--home DIR`"));
    };
    let releases = catalog.releases(product).await.map_err(unread)?;
    let of = |release: &Release| release.product.version.clone().unwrap_or_default();
    let Some(release) = releases.iter().find(|release| of(release) == *version) else {
        let mut known: Vec<String> = releases.iter().map(of).collect();
        known.dedup();
        let message = format!("`{product}` was never released as version {version}");
        let failure = Failure::new(Exit::Problems, message);
        return Err(if known.is_empty() { failure } else { failure.help(format!("it was as {}", known.join(", "))) });
    };
    let contracts =
        release.product.outputs.iter().map(|output| (output.name.to_string(), output.contract.document.clone()));
    Ok(contracts.collect())
}

/// The contracts of a folder, by file name.
fn texts(folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let unread = |error| Failure::io(format!("cannot read `{}`", folder.display()), &error);
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(CONTRACT) {
            texts.insert(name, text(&path)?);
        }
    }
    Ok(texts)
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::io(format!("cannot read `{}`", path.display()), &error))
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::new(Exit::Bug, error.to_string()))
}
