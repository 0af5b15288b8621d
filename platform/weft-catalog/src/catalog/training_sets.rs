//! Training sets that hold the versions that they were made from.

use chrono::{DateTime, Utc};

use super::{Catalog, CatalogError, Doing};
use crate::training_sets::{self, TrainingSet};

impl Catalog {
    /// Notes a training set: the versions that it was made from stay until its hold ends.
    pub async fn hold(&self, set: &TrainingSet) -> Result<(), CatalogError> {
        let set = set.clone();
        self.to_the_end(|inner| async move {
            let mut writer = inner.store.writer().await?;
            let mut transaction = writer.begin().await?;
            training_sets::add(&mut transaction, &set).await?;
            transaction.commit().await.doing("record a training set")
        })
        .await
    }

    /// The training sets of one principal, the newest first, whether or not they are held.
    pub async fn training_sets(&self, principal: &str) -> Result<Vec<TrainingSet>, CatalogError> {
        training_sets::of(&mut *self.inner.store.read().await?, principal).await
    }

    /// The training sets of everybody that are held at `now`.
    pub async fn held(&self, now: DateTime<Utc>) -> Result<Vec<TrainingSet>, CatalogError> {
        training_sets::held(&mut *self.inner.store.read().await?, now).await
    }
}
