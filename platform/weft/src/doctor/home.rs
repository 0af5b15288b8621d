//! The folder of all local state: whose it is, whether it can be written to, how much room there is.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::tempfile_in;

use super::{Found, Looked, Trouble};
use crate::home::{Home, HomeError};
use crate::start_error::StartError;

/// With less room than this a home is as good as full.
const ROOM_LEAST: u64 = 1 << 30;

/// Which mesh has this home, if one runs.
pub(super) fn holder(home: &Home) -> Result<Option<String>, Trouble> {
    if !home.root().is_dir() {
        return Ok(None);
    }
    match home.lock() {
        Ok(_) => Ok(None),
        Err(HomeError::Held { pid, .. }) => {
            Ok(Some(pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))))
        }
        Err(error) => Err(StartError::Home(error).into()),
    }
}

pub(super) fn writable(home: &Home, held: Option<&str>) -> Looked {
    let shown = home.root().display();
    if let Some(holder) = held {
        return Ok(Found::Well(format!("`{shown}` is the home of {holder}, which runs")));
    }
    let folder = there(home.root());
    match tempfile_in(&folder) {
        Ok(_) if folder == home.root() => Ok(Found::Well(format!("`{shown}` can be written to"))),
        Ok(_) => Ok(Found::Well(format!("`{shown}` is not there yet and can be made"))),
        Err(error) => Err(Trouble::new(
            format!("`{}` cannot be written to: {error}", folder.display()),
            "give it to the user that Weft runs as, or name another `home`",
        )),
    }
}

pub(super) fn room(home: &Home) -> Looked {
    let folder = there(home.root());
    let trouble = |error: io::Error| {
        Trouble::new(format!("`{}` cannot be asked: {error}", folder.display()), "name another `home`")
    };
    let stat = rustix::fs::statvfs(&folder).map_err(|error| trouble(error.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let gib = format!("{:.1} GiB are free for `{}`", free as f64 / (1_u64 << 30) as f64, home.root().display());
    match free >= ROOM_LEAST {
        true => Ok(Found::Well(gib)),
        false => {
            Err(Trouble::new(gib, "make room for at least 1 GiB: queries spill there, and the catalog grows there"))
        }
    }
}

/// The folder, or the nearest above it that is there.
pub(super) fn there(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/")).to_owned()
}
