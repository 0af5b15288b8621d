//! What became of what is served no more: for who answers for it, and nobody else.

use weft_model::{DomainName, ProductRef, Release};

use super::CatalogView;
use crate::error::CatalogError;
use crate::releases;
use crate::views::{ArchivedPortView, ProductView};

/// Object of the platform that stands for everything that was ever released.
const RELEASES: &str = "system.mesh.releases";

impl CatalogView {
    /// The product of that name, as [`product`](Self::product) has it; of one that was retired its end,
    /// for who is told of it.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`], [`CatalogError::Retired`], or trouble with the database.
    pub async fn product_or_end(&self, name: &ProductRef) -> Result<ProductView, CatalogError> {
        let unknown = match self.product(name) {
            Ok(product) => return Ok(product),
            Err(unknown) => unknown,
        };
        let mut transaction = self.catalog.store().read().await?;
        let tombstone = releases::tombstone(&mut transaction, name).await?;
        match tombstone.filter(|tombstone| self.is_told_of_ends(&name.domain, Some(tombstone))) {
            Some(tombstone) => Err(ended(tombstone)),
            None => Err(unknown),
        }
    }

    /// Whether the principal is told what became of ports that `domain` served once: it owns the domain or
    /// is its steward by the newest words about it, of which `last` may be the only ones left, or it may
    /// read all releases by policy.
    pub(super) fn is_told_of_ends(&self, domain: &DomainName, last: Option<&Release>) -> bool {
        let served = self.published.releases.values().filter(|release| release.domain.name == *domain);
        let newest = served.chain(last).max_by_key(|release| release.at);
        newest.is_some_and(|release| self.answers_for(release)) || self.sight.reads_platform(RELEASES)
    }

    /// The ports that `release` ended, where the principal is told of them.
    pub(super) fn archived(&self, release: &Release) -> Vec<ArchivedPortView> {
        if release.archived.is_empty() || !self.is_told_of_ends(&release.domain.name, Some(release)) {
            return Vec::new();
        }
        let archived = release.archived.iter().map(|(port, archived)| ArchivedPortView {
            port: port.clone(),
            table_version: archived.table.table_version,
            kept_until: archived.kept_until,
        });
        archived.collect()
    }
}

fn ended(tombstone: Release) -> CatalogError {
    let tables = tombstone.archived.into_iter().filter(|(_, archived)| archived.table.table_version.is_some());
    CatalogError::Retired {
        product: tombstone.product.name,
        at: tombstone.at,
        revision: tombstone.revision,
        kept: tables.map(|(port, archived)| (port, archived.kept_until)).collect(),
    }
}

#[cfg(test)]
mod tests;
