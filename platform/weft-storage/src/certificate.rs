//! Certificates of what was erased, kept beside the data for as long as the warehouse is there.

use bytes::Bytes;
use object_store::ObjectStoreExt;
use weft_model::PortRef;

use crate::create::create;
use crate::{StorageError, Warehouse};

const ERASURES: &str = "_erasures";

impl Warehouse {
    /// Keeps a certificate about `port`, unless one of that name is there already, which stays as it is.
    ///
    /// # Errors
    ///
    /// [`StorageError::Fenced`] if another controller took the warehouse over; else the store's.
    pub async fn put_certificate(&self, port: &PortRef, name: &str, body: Vec<u8>) -> Result<(), StorageError> {
        self.ensure_newest().await?;
        let (path, body) = (self.path(&certificate_path(port, name)), Bytes::from(body));
        let put = create(self.root.as_ref(), &path, &body, |there| there == body).await;
        put.map(drop).map_err(|error| self.store_error(error))
    }

    /// The certificate of that name about `port`; `None` where there is none.
    pub async fn certificate(&self, port: &PortRef, name: &str) -> Result<Option<Bytes>, StorageError> {
        match self.root.get(&self.path(&certificate_path(port, name))).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|error| self.store_error(error)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.store_error(error)),
        }
    }
}

fn certificate_path(port: &PortRef, name: &str) -> String {
    format!("{}/{ERASURES}/{}/{}/{name}.json", port.domain, port.product, port.port)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[tokio::test]
    async fn a_certificate_that_is_there_stays_as_it_is() {
        let warehouse = Warehouse::open("memory:///mesh", &HashMap::new()).unwrap();
        let port: PortRef = "a.b.c".parse().unwrap();
        warehouse.take_fence().await.unwrap();
        assert_eq!(warehouse.certificate(&port, "1").await.unwrap(), None);
        warehouse.put_certificate(&port, "1", b"one".to_vec()).await.unwrap();
        warehouse.put_certificate(&port, "1", b"two".to_vec()).await.unwrap();
        assert_eq!(warehouse.certificate(&port, "1").await.unwrap().unwrap(), "one");
    }
}
