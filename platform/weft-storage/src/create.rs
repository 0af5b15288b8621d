//! Creating an object that must be new, where the store's answer may get lost.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, Result};

/// How long is waited before each further try. Few and short: stores behind HTTP try again by themselves before
/// they tell of trouble, but not where the put may have happened.
const WAITS: [Duration; 3] = [Duration::from_millis(25), Duration::from_millis(100), Duration::from_millis(400)];

/// Whose object there is after a create.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Created {
    Ours,
    /// Another writer's, with what it holds.
    Theirs(Bytes),
}

/// Creates the object at `path`, and tells whose there is then. `is_ours` knows from its content whether an object
/// was put by this very call.
///
/// After an error the object is read back, whatever the error says: the put may have happened. Where it has not, and
/// the trouble may pass, the put is tried again.
///
/// # Errors
///
/// The store's, where it is not known that an object is there.
pub(crate) async fn create(
    store: &dyn ObjectStore,
    path: &Path,
    body: &Bytes,
    is_ours: impl Fn(&[u8]) -> bool + Send,
) -> Result<Created> {
    let mut waits = WAITS.into_iter();
    loop {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let Err(error) = store.put_opts(path, PutPayload::from(body.clone()), options).await else {
            return Ok(Created::Ours);
        };
        let may_pass = match read(store, path).await {
            Ok(Some(there)) if is_ours(&there) => return Ok(Created::Ours),
            Ok(Some(there)) => return Ok(Created::Theirs(there)),
            Ok(None) => may_pass(&error),
            Err(unknown) => may_pass(&unknown),
        };
        match waits.next().filter(|_| may_pass) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(error),
        }
    }
}

/// Whether there is an object at `path`, tried again where the trouble may pass.
pub(crate) async fn is_there(store: &dyn ObjectStore, path: &Path) -> Result<bool> {
    let mut waits = WAITS.into_iter();
    loop {
        let error = match store.head(path).await {
            Ok(_) => return Ok(true),
            Err(Error::NotFound { .. }) => return Ok(false),
            Err(error) => error,
        };
        match waits.next().filter(|_| may_pass(&error)) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(error),
        }
    }
}

async fn read(store: &dyn ObjectStore, path: &Path) -> Result<Option<Bytes>> {
    match store.get(path).await {
        Ok(found) => found.bytes().await.map(Some),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the trouble is of a kind that passes: no answer, or one that asks to come again. What the store said
/// clearly, and a disk that is full, stay.
fn may_pass(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(source) = cause {
        if source.downcast_ref::<std::io::Error>().is_some_and(|error| stays(error.kind())) {
            return false;
        }
        cause = source.source();
    }
    matches!(error, Error::Generic { .. } | Error::JoinError { .. })
}

fn stays(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::FileTooLarge
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
    )
}
