//! A backup of a mesh, and a mesh from a backup.
//!
//! ```text
//! backup.json         what there is, written last: a folder without it is no backup
//! catalog/TABLE.jsonl a row a line
//! keys/               as in the home
//! warehouse/…         every object, at its own path
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use weft_catalog::{Catalog, CatalogError, CopiedTable};
use weft_model::{Clock, Code, Revision};
use weft_storage::{CopiedObject, StorageError};

use crate::assemble::{catalog, warehouse};
use crate::home::{Home, HomeError, digest_of};
use crate::settings::Settings;
use crate::start_error::StartError;

/// What says what a backup holds.
const CONTENTS: &str = "backup.json";
const CATALOG: &str = "catalog";
const KEYS: &str = "keys";
const WAREHOUSE: &str = "warehouse";
/// Which backups this program reads.
const FORMAT: u32 = 1;

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contents {
    format: u32,
    /// Version of the program that wrote it.
    weft: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) revision: Option<Revision>,
    pub(crate) products: usize,
    tables: Vec<CopiedTable>,
    /// Digests of the folders with the catalog and the keys.
    catalog_sha256: String,
    keys_sha256: String,
    pub(crate) objects: Vec<CopiedObject>,
}

impl Contents {
    /// How many bytes of tables and releases it holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.objects.iter().map(|object| object.bytes).sum()
    }

    /// How many rows of the catalog it holds.
    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// Why there is no backup, or no mesh from one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("`{}` holds something already", folder.display())]
    NotEmpty { folder: PathBuf },

    #[error("`{}` is no backup: {problem}", folder.display())]
    Unsound { folder: PathBuf, problem: String },

    #[error("cannot use `{}`: {source}", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },

    #[error(transparent)]
    Start(#[from] StartError),

    #[error(transparent)]
    Catalog(#[from] CatalogError),

    #[error(transparent)]
    Storage(#[from] StorageError),

    #[error(transparent)]
    Home(#[from] HomeError),
}

impl BackupError {
    pub(crate) fn code(&self) -> Option<Code> {
        match self {
            BackupError::Unsound { .. } => Some(Code::BACKUP_UNSOUND),
            BackupError::NotEmpty { .. } | BackupError::Folder { .. } => None,
            BackupError::Start(error) => error.code(),
            BackupError::Catalog(error) => Some(error.code()),
            BackupError::Storage(StorageError::Corrupt { .. }) => Some(Code::BACKUP_UNSOUND),
            BackupError::Storage(error) => Some(error.code()),
            BackupError::Home(error) => error.code(),
        }
    }
}

/// Writes a backup of the mesh with these settings into `folder`, which must be empty or not there. The mesh may go on
/// running. The catalog is copied first, at one instant: whatever it names is in the warehouse by then.
///
/// # Errors
///
/// If something cannot be read or written; the folder is no backup then.
pub(crate) async fn back_up(
    settings: &Settings,
    folder: &Path,
    clock: Arc<dyn Clock>,
) -> Result<Contents, BackupError> {
    let (home, at) = (Home::at(&settings.home), clock.now());
    make_empty(folder)?;
    let of = |part| made(&folder.join(part));
    let (catalog_folder, keys, objects) = (of(CATALOG)?, of(KEYS)?, of(WAREHOUSE)?);
    // Also while others write, and as it is: it may be for going back that the backup is made before an upgrade.
    let catalog = match &settings.catalog {
        Some(shared) => Catalog::connect_read_only(&shared.url, shared.password.as_deref(), clock).await?,
        None => Catalog::open_read_only(&home.catalog(), clock).await?,
    };
    let tables = catalog.copy_out(&catalog_folder).await?;
    let published = catalog.published();
    copy_files(&home.keys(), &keys)?;
    let contents = Contents {
        format: FORMAT,
        weft: env!("CARGO_PKG_VERSION").to_owned(),
        at,
        revision: published.revision.clone(),
        products: published.releases.len(),
        tables,
        catalog_sha256: digest(&catalog_folder)?,
        keys_sha256: digest(&keys)?,
        objects: warehouse(settings, &home)?.copy_out(&objects).await?,
    };
    catalog.close().await;
    let path = folder.join(CONTENTS);
    let text = serde_json::to_vec_pretty(&contents).unwrap_or_default();
    fs::write(&path, text).map_err(|source| BackupError::Folder { path, source })?;
    Ok(contents)
}

/// Fills home, catalog and warehouse of these settings, which must hold nothing yet, from the backup in `folder`.
/// Everything is compared with what the backup says of it before the catalog is filled, which comes last: a mesh that was
/// filled half-way serves nothing.
///
/// # Errors
///
/// If the backup is not as it was written, something holds data already, or cannot be written.
pub(crate) async fn restore(
    settings: &Settings,
    folder: &Path,
    clock: Arc<dyn Clock>,
) -> Result<Contents, BackupError> {
    let contents = contents_of(folder)?;
    let home = Home::at(&settings.home);
    let _held = home.lock()?;
    if holds_files(&home.keys())? {
        return Err(BackupError::NotEmpty { folder: home.keys() });
    }
    let catalog = catalog(settings, &home, clock).await?;
    if !catalog.is_empty().await? {
        return Err(CatalogError::NotEmpty.into());
    }
    warehouse(settings, &home)?.copy_in(&folder.join(WAREHOUSE), &contents.objects).await?;
    copy_files(&folder.join(KEYS), &made(&home.keys())?)?;
    catalog.copy_in(&folder.join(CATALOG), &contents.tables).await?;
    catalog.close().await;
    Ok(contents)
}

fn contents_of(folder: &Path) -> Result<Contents, BackupError> {
    let text = fs::read(folder.join(CONTENTS)).map_err(|error| unsound(folder, format!("{CONTENTS}: {error}")))?;
    let contents: Contents =
        serde_json::from_slice(&text).map_err(|error| unsound(folder, format!("{CONTENTS}: {error}")))?;
    if contents.format > FORMAT {
        return Err(unsound(folder, format!("weft {} wrote it, which is newer than this one", contents.weft)));
    }
    for (part, written) in [(CATALOG, &contents.catalog_sha256), (KEYS, &contents.keys_sha256)] {
        if digest(&folder.join(part))? != *written {
            return Err(unsound(folder, format!("`{part}` was changed since it was written")));
        }
    }
    Ok(contents)
}

fn unsound(folder: &Path, problem: impl Into<String>) -> BackupError {
    BackupError::Unsound { folder: folder.to_owned(), problem: problem.into() }
}

fn digest(folder: &Path) -> Result<String, BackupError> {
    digest_of(folder).map_err(|source| BackupError::Folder { path: folder.to_owned(), source })
}

/// Makes a folder that only its owner can look into: keys lie in it.
fn make_empty(folder: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::DirBuilderExt;

    let failed = |source| BackupError::Folder { path: folder.to_owned(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    match holds_files(folder)? {
        true => Err(BackupError::NotEmpty { folder: folder.to_owned() }),
        false => Ok(()),
    }
}

/// Whether there is anything in a folder, which need not be there.
fn holds_files(folder: &Path) -> Result<bool, BackupError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(BackupError::Folder { path: folder.to_owned(), source }),
    }
}

fn made(folder: &Path) -> Result<PathBuf, BackupError> {
    fs::create_dir_all(folder).map_err(|source| BackupError::Folder { path: folder.to_owned(), source })?;
    Ok(folder.to_owned())
}

/// Copies the files of a folder with the rights that they have.
fn copy_files(from: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::Folder { path: from.to_owned(), source };
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap_or_default())).map_err(failed)?;
        }
    }
    Ok(())
}
