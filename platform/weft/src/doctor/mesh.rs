//! Where revisions come from.

use std::time::Duration;

use weft_manifest::source::{self, SourceError};

use super::{Found, Looked, Trouble};
use crate::settings::Settings;
use crate::start_error::StartError;

/// A repository may have to be fetched as a whole.
const FETCH_MAX: Duration = Duration::from_secs(120);

pub(super) async fn mesh(settings: &Settings) -> Looked {
    let passing = tempfile::tempdir()
        .map_err(|error| Trouble::new(format!("no temporary folder can be made: {error}"), "make room in it"))?;
    let (mesh, mirrors) = (settings.mesh.clone(), passing.path().to_owned());
    let newest = tokio::task::spawn_blocking(move || {
        let source = source::open(&mesh, &mirrors)?;
        Ok::<_, SourceError>((source.describe(), source.newest()?))
    });
    let late = || {
        let message = format!("`{}` brought no revision within {} s", settings.mesh, FETCH_MAX.as_secs());
        Trouble::new(message, "see whether `git ls-remote` answers there, as the user that Weft runs as")
    };
    let newest = tokio::time::timeout(FETCH_MAX, newest).await.map_err(|_| late())?;
    let newest = newest.map_err(|error| Trouble::new(error.to_string(), "please report this"))?;
    let (described, revision) = newest.map_err(|error| Trouble::from(StartError::Source(error)))?;
    Ok(Found::Well(format!("{described}: the newest revision is {}", revision.short())))
}
