//! The flip: release object first, then one transaction of the catalog.

use weft_model::{ProductRef, Release};
use weft_storage::StorageError;

use crate::ReconcileError;
use crate::controller::Controller;
use crate::hand_on::replaced;

impl Controller {
    /// The number of the product's next release. Release objects that the catalog does not know,
    /// left by a process that died between object and flip, are taken into the catalog first.
    pub(crate) async fn next_number(&self, product: &ProductRef) -> Result<u64, ReconcileError> {
        loop {
            let number = self.parts.catalog.next_release_number(product).await?;
            match self.parts.warehouse.release(product, number).await? {
                Some(left_behind) => {
                    tracing::info!(%product, number, "a release that was written and not flipped is taken up");
                    self.parts.catalog.publish(vec![left_behind]).await?;
                }
                None => return Ok(number),
            }
        }
    }

    /// Serves `release` from one instant on, and has it in memory by then as what it takes the place of.
    #[tracing::instrument(name = "release", skip_all, fields(product = %release.product.name, number = release.number))]
    pub(crate) async fn publish(&self, release: Release) -> Result<(), ReconcileError> {
        let tables = replaced(self.parts.catalog.published().releases.get(&release.product.name), &release);
        self.hand_on(&tables).await;
        match self.parts.warehouse.put_release(&release).await {
            Ok(()) => {}
            Err(error @ StorageError::Conflict { .. }) => {
                tracing::error!(product = %release.product.name, %error, "another process publishes here");
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
        self.parts.catalog.publish(vec![release]).await?;
        self.let_go(&tables).await;
        metrics::counter!("weft_releases_total").increment(1);
        Ok(())
    }
}
