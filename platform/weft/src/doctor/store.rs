//! The object store for tables.

use tempfile::tempdir_in;
use url::Url;
use weft_storage::Warehouse;

use super::home::there;
use super::{ANSWER_MAX, Found, Looked, Trouble};
use crate::home::Home;
use crate::settings::Settings;
use crate::start_error::StartError;

/// Tables of a home that is not there yet will lie where a folder can be made.
pub(super) async fn store(settings: &Settings, home: &Home) -> Looked {
    let mut _passing = None;
    let url = match &settings.warehouse {
        Some(url) => url.clone(),
        None => {
            let folder = tempdir_in(there(home.root())).map_err(|error| {
                Trouble::new(
                    format!("no folder for tables can be made: {error}"),
                    "name another `home` or a `warehouse`",
                )
            })?;
            let url = Url::from_directory_path(folder.path()).map(String::from).unwrap_or_default();
            _passing = Some(folder);
            url
        }
    };
    let warehouse =
        Warehouse::open(&url, &settings.store).map_err(|error| Trouble::from(StartError::Storage(error)))?;
    let shown = settings.warehouse.as_deref().unwrap_or("the folder for tables");
    match tokio::time::timeout(ANSWER_MAX, warehouse.prove_put_if_absent()).await {
        Ok(Ok(())) => Ok(Found::Well(format!("{shown} creates an object for one of two alone (put-if-absent)"))),
        Ok(Err(error)) => Err(StartError::Storage(error).into()),
        Err(_) => Err(Trouble::new(
            format!("{shown} gave no answer within {} s", ANSWER_MAX.as_secs()),
            "see whether the address is right, and whether this machine may reach it",
        )),
    }
}
