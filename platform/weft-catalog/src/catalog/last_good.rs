//! The last good files of rules: they stand while those of the newest revision have errors.

use std::collections::BTreeMap;

use weft_model::{DomainName, ProductRef};

use super::{Catalog, CatalogError, Doing};
use crate::settings;

impl Catalog {
    /// The last good access file of each domain.
    pub async fn access_texts(&self) -> Result<BTreeMap<DomainName, String>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        settings::access_texts(&mut transaction).await
    }

    /// Keeps `text` as the last good access file of `domain`.
    pub async fn keep_access_text(&self, domain: &DomainName, text: &str) -> Result<(), CatalogError> {
        let (domain, text) = (domain.clone(), text.to_owned());
        self.to_the_end(|inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            settings::keep_access_text(&mut transaction, &domain, &text, now).await?;
            transaction.commit().await.doing("keep an access file")
        })
        .await
    }

    /// Forgets the access file of a domain that is no more, or has no such file any more.
    pub async fn forget_access_text(&self, domain: &DomainName) -> Result<(), CatalogError> {
        let domain = domain.clone();
        self.to_the_end(|inner| async move {
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            settings::forget_access_text(&mut transaction, &domain).await?;
            transaction.commit().await.doing("forget an access file")
        })
        .await
    }

    /// The last good restrictions file of each product.
    pub async fn restrictions_texts(&self) -> Result<BTreeMap<ProductRef, String>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        settings::restrictions_texts(&mut transaction).await
    }

    /// Keeps `text` as the last good restrictions file of `product`.
    pub async fn keep_restrictions_text(&self, product: &ProductRef, text: &str) -> Result<(), CatalogError> {
        let (product, text) = (product.clone(), text.to_owned());
        self.to_the_end(|inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            settings::keep_restrictions_text(&mut transaction, &product, &text, now).await?;
            transaction.commit().await.doing("keep a restrictions file")
        })
        .await
    }
}
