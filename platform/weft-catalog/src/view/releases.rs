//! What was released, through one principal's eyes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use weft_model::{InputRelease, PortRef, ProductRef, Release, RolledBack};

use super::{CatalogView, HISTORY_MAX};
use crate::error::CatalogError;
use crate::releases;
use crate::views::{PortVersionView, ReleaseView, RolledBackView};

/// How many releases are looked through for recent ones.
const RECENT_MAX: i64 = 100;

impl CatalogView {
    /// Releases of all products, those retired among them, newest first.
    pub async fn releases(&self) -> Result<Vec<ReleaseView>, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let history = releases::newest(&mut transaction, HISTORY_MAX).await?;
        Ok(history.iter().filter_map(|historic| self.release_view(historic)).collect())
    }

    /// Releases of all products since that instant, newest first.
    ///
    /// # Errors
    ///
    /// Trouble with the database.
    pub async fn releases_since(&self, since: DateTime<Utc>) -> Result<Vec<ReleaseView>, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let history = releases::newest(&mut transaction, RECENT_MAX).await?;
        let recent = history.iter().filter(|historic| historic.release.at >= since);
        Ok(recent.filter_map(|historic| self.release_view(historic)).collect())
    }

    /// Releases of one product, newest first.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where the product is not served or not seen, or trouble with the
    /// database.
    pub async fn releases_of(&self, product: &ProductRef) -> Result<Vec<ReleaseView>, CatalogError> {
        self.product(product)?;
        let mut transaction = self.catalog.store().read().await?;
        let history = releases::of(&mut transaction, product).await?;
        Ok(history.iter().filter_map(|historic| self.release_view(historic)).collect())
    }

    /// Releases in which the port is, newest first.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where the port is not served or not seen, or trouble with the
    /// database.
    pub async fn releases_of_port(&self, port: &PortRef) -> Result<Vec<ReleaseView>, CatalogError> {
        self.port(port)?;
        let mut releases = self.releases_of(&port.product_ref()).await?;
        releases.retain(|release| release.ports.iter().any(|released| released.port == port.port));
        Ok(releases)
    }

    fn release_view(&self, historic: &releases::Historic) -> Option<ReleaseView> {
        let release = &historic.release;
        let product = &release.product.name;
        let served = self.published.releases.get(product).map(|served| served.number);
        // A release that came after `published` was taken may be under policies that came after
        // those in hand.
        let in_time = served.map_or(historic.retired, |served| release.number <= served);
        let archived = self.archived(release);
        let is_seen = !archived.is_empty() || (!release.is_tombstone() && self.sight.product(release));
        if !in_time || !is_seen {
            return None;
        }
        let ports = release.ports.iter().map(|(port, table)| (product.port(port), table));
        let seen = |inputs: &BTreeMap<PortRef, InputRelease>| {
            let seen = inputs.iter().filter(|(port, _)| self.sees_port(port));
            seen.map(|(port, input)| (port.clone(), input.clone())).collect()
        };
        let ports = ports.filter(|(port, _)| self.sees_port(port)).map(|(name, table)| PortVersionView {
            table_version: table.table_version,
            rows: table.rows.filter(|_| self.every_row_then_and_now(release, &name)),
            inputs: seen(&table.inputs),
            port: name.port,
        });
        Some(ReleaseView {
            product: product.clone(),
            number: release.number,
            revision: release.revision.clone(),
            plan: release.plan.clone(),
            at: release.at,
            version: release.product.version.clone(),
            current: served == Some(release.number),
            retired: release.is_tombstone(),
            rolled_back: release.rolled_back.as_ref().map(|back| self.rolled_back(release, back)),
            ports: ports.collect(),
            archived,
        })
    }

    fn rolled_back(&self, release: &Release, back: &RolledBack) -> RolledBackView {
        let is_told = self.is_told_of_ends(&release.domain.name, Some(release));
        let by = is_told.then(|| back.by.clone());
        RolledBackView { to: back.to, from: back.from, by, reason: back.reason.clone() }
    }

    /// Whether no row of the port is hidden, neither by its contract of that release nor by that of now:
    /// words may have come since that restrict it. Of a port that is served no more, nobody says any more.
    fn every_row_then_and_now(&self, then: &Release, port: &PortRef) -> bool {
        let output = then.product.output(&port.port);
        let every_row_then =
            || output.is_some_and(|output| self.sight.reading(port, &output.contract.columns).every_row);
        self.published.port(port).is_some() && self.reading(port).every_row && every_row_then()
    }
}
