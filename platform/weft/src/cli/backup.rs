//! `weft backup` and `weft restore`.

use std::sync::Arc;

use super::arguments::{Copying, HomeArgument};
use super::{Exit, Failure, block_on, exit_of, terminal, up};
use crate::backup::{self, BackupError, Contents};
use crate::clock::SystemClock;
use crate::environment;
use crate::settings::Settings;

pub(super) fn backup(arguments: &Copying) -> Result<(), Failure> {
    let settings = settings(arguments)?;
    let contents = block_on(async {
        backup::back_up(&settings, &arguments.folder, Arc::new(SystemClock)).await.map_err(|error| failure(&error))
    })?;
    terminal::note(&format!("Backed up {} into {}", told(&contents), arguments.folder.display()));
    Ok(())
}

pub(super) fn restore(arguments: &Copying) -> Result<(), Failure> {
    let settings = settings(arguments)?;
    let contents = block_on(async {
        backup::restore(&settings, &arguments.folder, Arc::new(SystemClock)).await.map_err(|error| failure(&error))
    })?;
    terminal::note(&format!(
        "Restored {}, as it was at {}",
        told(&contents),
        contents.at.format("%Y-%m-%d %H:%M:%S UTC")
    ));
    Ok(())
}

fn settings(arguments: &Copying) -> Result<Settings, Failure> {
    if let Some(configured) = arguments.configured() {
        return up::settings_of(&configured);
    }
    let HomeArgument { home } = &arguments.home;
    let local = Settings::local("", home);
    Ok(Settings { warehouse: arguments.warehouse.clone(), store: environment::store_options(), ..local })
}

fn told(contents: &Contents) -> String {
    let revision = contents.revision.as_ref().map_or("no revision", |revision| revision.short());
    format!(
        "{} products at {revision}: {} rows of the catalog, {} objects, {:.1} MiB",
        contents.products,
        contents.rows(),
        contents.objects.len(),
        contents.bytes() as f64 / f64::from(1 << 20),
    )
}

fn failure(error: &BackupError) -> Failure {
    let exit = error.code().map_or(Exit::Problems, exit_of);
    let help = match error {
        BackupError::NotEmpty { .. } => Some("name a folder that is empty or not there".to_owned()),
        BackupError::Catalog(weft_catalog::CatalogError::NotEmpty)
        | BackupError::Storage(weft_storage::StorageError::NotEmpty { .. }) => {
            Some("a backup is restored into an empty home, catalog and warehouse alone".to_owned())
        }
        _ => None,
    };
    Failure { code: error.code(), help, ..Failure::new(exit, error.to_string()) }
}
