//! Release objects: what is published, kept beside the data, so that a lost catalog can be rebuilt.

use futures::TryStreamExt;
use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload};
use weft_model::{ProductRef, Release};

use crate::probe::is_taken;
use crate::{StorageError, Warehouse};

const RELEASES: &str = "_releases";

impl Warehouse {
    /// Writes the release object, unless the very same release is already there.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] if another release of that number is there.
    pub async fn put_release(&self, release: &Release) -> Result<(), StorageError> {
        let path = self.path(&release_path(&release.product.name, release.number));
        let body = serde_json::to_vec_pretty(release)
            .map_err(|e| StorageError::Corrupt { path: path.to_string(), problem: e.to_string() })?;
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.root.put_opts(&path, PutPayload::from(body), options).await {
            Ok(_) => Ok(()),
            Err(error) if is_taken(&error) => {
                let there = self.release(&release.product.name, release.number).await?;
                if there.as_ref().is_some_and(|there| there.same_state_as(release)) {
                    Ok(())
                } else {
                    Err(StorageError::Conflict { location: path.to_string() })
                }
            }
            Err(error) => Err(self.store_error(error)),
        }
    }

    /// The release object of that number; `None` where there is none.
    pub async fn release(&self, product: &ProductRef, number: u64) -> Result<Option<Release>, StorageError> {
        let path = self.path(&release_path(product, number));
        let result = match self.root.get(&path).await {
            Ok(result) => result,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.store_error(error)),
        };
        let bytes = result.bytes().await.map_err(|e| self.store_error(e))?;
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| StorageError::Corrupt { path: path.to_string(), problem: e.to_string() })
    }

    /// Every release object of the warehouse, by product and number.
    pub async fn releases(&self) -> Result<Vec<Release>, StorageError> {
        let mut releases: Vec<Release> = Vec::new();
        let listed: Vec<_> = self.root.list(Some(&self.prefix)).try_collect().await.map_err(|e| self.store_error(e))?;
        let prefix = self.prefix.clone();
        for object in listed {
            let inside: Vec<String> = object
                .location
                .prefix_match(&prefix)
                .map_or_else(Vec::new, |parts| parts.map(|p| p.as_ref().to_owned()).collect());
            if inside.get(1).map(String::as_str) != Some(RELEASES) {
                continue;
            }
            let result = self.root.get(&object.location).await.map_err(|e| self.store_error(e))?;
            let bytes = result.bytes().await.map_err(|e| self.store_error(e))?;
            releases.push(
                serde_json::from_slice(&bytes)
                    .map_err(|e| StorageError::Corrupt { path: object.location.to_string(), problem: e.to_string() })?,
            );
        }
        releases.sort_by(|a, b| (&a.product.name, a.number).cmp(&(&b.product.name, b.number)));
        Ok(releases)
    }
}

fn release_path(product: &ProductRef, number: u64) -> String {
    format!("{}/{RELEASES}/{}/{number}.json", product.domain, product.product)
}
