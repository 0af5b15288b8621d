//! Release objects: what is published, kept beside the data, so that a lost catalog can be rebuilt.

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use weft_model::{ProductRef, Release};

use crate::create::{Created, create};
use crate::{StorageError, Warehouse};

const RELEASES: &str = "_releases";

impl Warehouse {
    /// Writes the release object, unless the very same release is already there: so also where an earlier put
    /// happened and its answer was lost.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] if another release of that number is there; [`StorageError::Fenced`] if another
    /// controller took the warehouse over.
    pub async fn put_release(&self, release: &Release) -> Result<(), StorageError> {
        let path = self.path(&release_path(&release.product.name, release.number));
        let body = serde_json::to_vec_pretty(release)
            .map_err(|e| StorageError::Corrupt { path: path.to_string(), problem: e.to_string() })?;
        self.ensure_newest().await?;
        let is_same =
            |there: &[u8]| serde_json::from_slice::<Release>(there).is_ok_and(|there| there.same_state_as(release));
        match create(self.root.as_ref(), &path, &Bytes::from(body), is_same).await {
            Ok(Created::Ours) => Ok(()),
            Ok(Created::Theirs(_)) => Err(StorageError::Conflict { location: path.to_string() }),
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// A release object as it is written for a product that serves something.
    const LIVE: &str = r#"{
  "number": 1,
  "revision": "rev1",
  "plan": "plan1",
  "at": "2026-11-26T12:00:00Z",
  "product": {
    "name": "sales.orders", "file": "p.odps.yaml", "id": "orders", "title": null, "version": "1.0.0",
    "status": "active", "purpose": "", "tags": [], "inputs": [], "outputs": []
  },
  "domain": {
    "name": "sales", "description": "", "owner": "owners", "stewards": [], "service": null, "contact": null
  },
  "ports": {"lines": {"location": "sales/orders/lines", "tableVersion": 4, "fingerprint": "f", "rows": 3, "bytes": 9}}
}"#;

    /// The object of that number as it lies in the store.
    async fn written(warehouse: &Warehouse, release: &Release) -> serde_json::Value {
        let path = warehouse.path(&release_path(&release.product.name, release.number));
        let bytes = warehouse.root.get(&path).await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn a_tombstone_is_an_object_of_its_own_beside_those_of_before() {
        let warehouse = Warehouse::open("memory:///mesh", &HashMap::new()).unwrap();
        let live: Release = serde_json::from_str(LIVE).unwrap();
        assert!(!live.is_tombstone() && live.archived.is_empty());
        warehouse.put_release(&live).await.unwrap();
        assert!(written(&warehouse, &live).await.get("archived").is_none());

        let (name, table) = live.ports.iter().next().unwrap();
        let archived = weft_model::ArchivedPort {
            table: table.clone(),
            contract_version: "1.2.0".parse().unwrap(),
            kept_until: "2027-11-26T12:00:00Z".parse().ok(),
        };
        let tombstone =
            Release { number: 2, ports: [].into(), archived: [(name.clone(), archived)].into(), ..live.clone() };
        warehouse.put_release(&tombstone).await.unwrap();
        warehouse.put_release(&tombstone).await.unwrap();
        let other = Release { number: 2, ..live.clone() };
        assert!(matches!(warehouse.put_release(&other).await, Err(StorageError::Conflict { .. })));
        assert_eq!(warehouse.releases().await.unwrap(), [live, tombstone]);
        assert_eq!(
            written(&warehouse, &other).await["archived"],
            serde_json::json!({"lines": {
                "location": "sales/orders/lines", "tableVersion": 4, "fingerprint": "f", "rows": 3, "bytes": 9,
                "contractVersion": "1.2.0", "keptUntil": "2027-11-26T12:00:00Z"
            }})
        );
    }
}
