//! `weft hook install`: a commit that does not validate is not made.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::{Exit, Failure, terminal};

const MARK: &str = "# Written by `weft hook install`.";

/// What git runs before a commit. It judges the files as they are on disk.
const PRE_COMMIT: &str = "exec weft validate \"$(git rev-parse --show-toplevel)\"";

pub(super) fn install() -> Result<(), Failure> {
    let folder = hooks()?;
    let file = folder.join("pre-commit");
    let unwritten = |error| Failure::io(format!("cannot write `{}`", file.display()), &error);
    if file.exists() && !fs::read_to_string(&file).is_ok_and(|text| text.contains(MARK)) {
        return Err(Failure::new(Exit::Conflict, format!("`{}` is somebody else's", file.display()))
            .help(format!("add this line to it: {}", PRE_COMMIT.trim_start_matches("exec "))));
    }
    fs::create_dir_all(&folder).map_err(unwritten)?;
    fs::write(&file, format!("#!/bin/sh\n{MARK}\n{PRE_COMMIT}\n")).map_err(unwritten)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).map_err(unwritten)?;
    terminal::note(&format!(
        "  wrote  {}\n\nnext: commit as you do; `git commit --no-verify` goes around it",
        file.display()
    ));
    Ok(())
}

/// The folder in which git looks for hooks, wherever the repository keeps it.
fn hooks() -> Result<PathBuf, Failure> {
    let asked = Command::new("git").args(["rev-parse", "--git-path", "hooks"]).output();
    let asked = asked.map_err(|error| Failure::io("cannot run `git`", &error))?;
    if !asked.status.success() {
        return Err(
            Failure::new(Exit::Problems, "this folder lies in no git repository").help("begin one with `git init`")
        );
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim()))
}
