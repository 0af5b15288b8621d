//! `weft hook install`: a commit that does not validate is not made, or not taken in.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Exit, Failure, terminal};

const MARK: &str = "# Written by `weft hook install`.";

/// What git runs before a commit. It judges the files as they are on disk.
const PRE_COMMIT: &str = "exec weft validate \"$(git rev-parse --show-toplevel)\"";

/// What git runs in a bare repository before it takes in a push. Each commit that a branch is to be at is laid out in a
/// folder of its own and judged there; the home, if one is given, says what is served now.
const PRE_RECEIVE: &str = "\
folder=$(mktemp -d) || exit 1
trap 'rm -rf \"$folder\"' EXIT
while read -r _ new ref; do
    case \"$ref\" in refs/heads/*) ;; *) continue ;; esac
    # A branch that is deleted.
    case \"$new\" in *[!0]*) ;; *) continue ;; esac
    rm -rf \"$folder/mesh\" && mkdir \"$folder/mesh\" || exit 1
    git archive \"$new\" | tar -x -C \"$folder/mesh\" || exit 1
    (
        unset GIT_DIR GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_QUARANTINE_PATH
        cd \"$folder/mesh\" && weft validate . </dev/null || exit 1
        # The repository of a domain: what it does to the mesh is planned there.
        [ -e mesh.yaml ] || [ -d governance ] || exit 0
        # A commit of its own, since plans tell files apart by git's hashes.
        git init --quiet . && git -c core.autocrlf=false add --all --force . &&
            git -c user.name=weft -c user.email=weft@localhost -c commit.gpgsign=false \\
                commit --quiet --no-verify --message \"$new\" &&
            weft plan . --home {home} </dev/null
    ) || exit 1
done";

pub(super) fn install(home: &Path) -> Result<(), Failure> {
    let (name, script, next) = if is_bare()? {
        let home = std::path::absolute(home).map_err(|error| Failure::io("cannot tell where the home is", &error))?;
        let script = PRE_RECEIVE.replace("{home}", &quoted(&home.to_string_lossy()));
        ("pre-receive", script, "push as you do; what does not validate is not taken in")
    } else {
        ("pre-commit", PRE_COMMIT.to_owned(), "commit as you do; `git commit --no-verify` goes around it")
    };
    let folder = hooks()?;
    let file = folder.join(name);
    let unwritten = |error| Failure::io(format!("cannot write `{}`", file.display()), &error);
    if file.exists() && !fs::read_to_string(&file).is_ok_and(|text| text.contains(MARK)) {
        let help = match name {
            "pre-commit" => format!("add this line to it: {}", PRE_COMMIT.trim_start_matches("exec ")),
            _ => "move it away, and call it at the end of the one that is written then".to_owned(),
        };
        return Err(Failure::new(Exit::Conflict, format!("`{}` is somebody else's", file.display())).help(help));
    }
    fs::create_dir_all(&folder).map_err(unwritten)?;
    fs::write(&file, format!("#!/bin/sh\n{MARK}\n{script}\n")).map_err(unwritten)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).map_err(unwritten)?;
    terminal::note(&format!("  wrote  {}\n\nnext: {next}", file.display()));
    Ok(())
}

/// Whether the repository is one that is pushed to and not worked in.
fn is_bare() -> Result<bool, Failure> {
    git(&["rev-parse", "--is-bare-repository"]).map(|answer| answer == "true")
}

/// The folder in which git looks for hooks, wherever the repository keeps it.
fn hooks() -> Result<PathBuf, Failure> {
    git(&["rev-parse", "--git-path", "hooks"]).map(PathBuf::from)
}

fn git(arguments: &[&str]) -> Result<String, Failure> {
    let asked = Command::new("git").args(arguments).output();
    let asked = asked.map_err(|error| Failure::io("cannot run `git`", &error))?;
    if !asked.status.success() {
        return Err(
            Failure::new(Exit::Problems, "this folder lies in no git repository").help("begin one with `git init`")
        );
    }
    Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
}

/// The text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_one_word_to_the_shell() {
        let home = "it's $HOME; `a home`";
        let said = Command::new("sh").args(["-c", &format!("printf %s {}", quoted(home))]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout), home);
    }
}
