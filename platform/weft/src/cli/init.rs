//! `weft init`: a new mesh, domain or product, without overwriting anything.

use std::fs;
use std::path::{Path, PathBuf};

use weft_model::{DomainName, ProductRef};

use super::arguments::Init;
use super::{Exit, Failure, origin, terminal};
use crate::mesh_folder;
use crate::render::diagnostics::counted;
use crate::scaffold::{self, Files};

pub(super) fn init(command: &Init) -> Result<(), Failure> {
    match command {
        Init::Repo { folder } => {
            write(folder, &scaffold::mesh())?;
            next("git init, commit, then `weft init domain NAME`");
        }
        Init::Domain { name } => domain(name)?,
        Init::Product { name, from } => product(name, from.as_deref())?,
    }
    Ok(())
}

fn domain(name: &DomainName) -> Result<(), Failure> {
    let root = here()?;
    write(&root, &scaffold::domain(name))?;
    let file = root.join(scaffold::PRINCIPALS_FILE);
    let principals = fs::read_to_string(&file).unwrap_or_default();
    match scaffold::with_principals_of(name, &principals) {
        Some(_) if principals.contains(&format!("name: {name}-owners")) => {}
        Some(text) => {
            fs::write(&file, text)
                .map_err(|error| Failure::io(format!("cannot write `{}`", file.display()), &error))?;
            terminal::note(&format!("  changed  {}", scaffold::PRINCIPALS_FILE));
        }
        None => terminal::note(&format!(
            "  declare the service `{name}-jobs` and the group `{name}-owners` in {}",
            scaffold::PRINCIPALS_FILE
        )),
    }
    next(&format!("put yourself into the group `{name}-owners`, then `weft init product {name}.PRODUCT`"));
    Ok(())
}

fn product(name: &ProductRef, from: Option<&str>) -> Result<(), Failure> {
    let root = here()?;
    if !root.join(format!("products/{}/domain.yaml", name.domain)).is_file() {
        return Err(Failure::new(Exit::Problems, format!("there is no domain `{}` here", name.domain))
            .help(format!("begin it with `weft init domain {}`", name.domain)));
    }
    let (origin, guess) = match from {
        None => origin::example()?,
        Some(from) => origin::read(from)?,
    };
    write(&root, &scaffold::product(&name.domain, &name.product, origin, &guess))?;
    let key = guess.key().map_or("no key".to_owned(), |key| format!("key `{key}`"));
    let personal = match guess.personal().as_slice() {
        [] => "nothing personal".to_owned(),
        names => format!("{} perhaps personal: {}", names.len(), names.join(", ")),
    };
    terminal::note(&format!(
        "  guessed  {}, {key}, {personal}; confirm it in the contract",
        counted(guess.count(), "column")
    ));
    next("weft validate");
    Ok(())
}

fn here() -> Result<PathBuf, Failure> {
    mesh_folder::root_of(Path::new(".")).ok_or_else(|| {
        Failure::new(Exit::Problems, "this folder lies in no mesh").help("begin one with `weft init repo`")
    })
}

/// Writes all files, or none where one of them is there already.
fn write(root: &Path, files: &Files) -> Result<(), Failure> {
    if let Some(taken) = files.keys().find(|path| root.join(path).exists()) {
        return Err(Failure::new(Exit::Conflict, format!("`{taken}` is there already, and nothing was written"))
            .help("take another name or folder, or move that file away"));
    }
    for (path, content) in files {
        let file = root.join(path);
        let unwritten = |error| Failure::io(format!("cannot write `{}`", file.display()), &error);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(unwritten)?;
        }
        fs::write(&file, content).map_err(unwritten)?;
        terminal::note(&format!("  created  {path}"));
    }
    Ok(())
}

fn next(what: &str) {
    terminal::note(&format!("\nnext: {what}"));
}
