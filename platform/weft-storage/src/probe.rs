//! The start-up proof that a store keeps put-if-absent.

use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload};
use uuid::Uuid;

use crate::{StorageError, Warehouse};

impl Warehouse {
    /// Proves that of two creates of one object exactly one succeeds, first in turn and then racing.
    ///
    /// Delta's commits rest on this. The object used is removed again.
    ///
    /// # Errors
    ///
    /// [`StorageError::PutIfAbsentIgnored`] if a second create succeeded: nothing may be written.
    /// [`StorageError::Store`] if the store cannot be reached.
    pub async fn prove_put_if_absent(&self) -> Result<(), StorageError> {
        let path = self.path(&format!("_probe/{}", Uuid::new_v4()));
        let create = |text: &'static str| {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            self.root.put_opts(&path, PutPayload::from_static(text.as_bytes()), options)
        };
        let racing = futures::future::join(create("first"), create("second")).await;
        let verdict = match racing {
            (Ok(_), Ok(_)) => Err(self.ignored()),
            (Err(error), Err(_)) => Err(self.store_error(error)),
            (Ok(_), Err(error)) | (Err(error), Ok(_)) if !is_taken(&error) => Err(self.store_error(error)),
            _ => match create("third").await {
                Ok(_) => Err(self.ignored()),
                Err(error) if is_taken(&error) => Ok(()),
                Err(error) => Err(self.store_error(error)),
            },
        };
        if let Err(error) = self.root.delete(&path).await {
            tracing::debug!(%error, "the probe's object could not be removed");
        }
        verdict
    }

    fn ignored(&self) -> StorageError {
        StorageError::PutIfAbsentIgnored { url: self.url().to_string() }
    }
}

/// Whether the error says that the object is already there (412, and Azure's 409).
pub(crate) fn is_taken(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[tokio::test]
    async fn a_store_that_keeps_put_if_absent_is_accepted_and_left_clean() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("file://{}", folder.path().display());
        let warehouse = Warehouse::open(&url, &HashMap::new()).unwrap();
        warehouse.prove_put_if_absent().await.unwrap();
        let left = std::fs::read_dir(folder.path().join("_probe")).map_or(0, Iterator::count);
        assert_eq!(left, 0);
    }
}
