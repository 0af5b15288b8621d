//! Keeping tables in order: data files that nothing serves any more go, after their time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use weft_catalog::TrainingSet;
use weft_model::{PortRelease, Release};
use weft_storage::Vacuumed;

use crate::ReconcileError;
use crate::controller::Controller;

/// How long a release can be read as of the past once another has taken its place.
const PAST_KEPT: TimeDelta = TimeDelta::days(30);
/// How old a file must be that no commit names: a run may still be about to.
const UNNAMED_KEPT: TimeDelta = TimeDelta::days(1);

/// What must stay of each table, by its place in the warehouse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holds {
    /// Versions that someone may read.
    pub(crate) versions: BTreeMap<String, BTreeSet<u64>>,
    /// Tables that nobody is promised any longer.
    pub(crate) expired: BTreeSet<String>,
}

impl Controller {
    /// Deletes data files that no release within its time needs, and tables of ports whose time is over. One table
    /// that cannot be looked through is logged and left as it is.
    ///
    /// # Errors
    ///
    /// Only if the catalog cannot be read.
    pub async fn tidy(&self) -> Result<Vacuumed, ReconcileError> {
        // No roll-back may reach for what is just going.
        let _alone = self.alone().await?;
        let now = self.parts.clock.now();
        let mut holds = holds(&self.parts.catalog.every_release().await?, now);
        holds.keep_for(&self.parts.catalog.held(now).await?);
        let mut all = Vacuumed::default();
        for (location, versions) in &holds.versions {
            match self.parts.warehouse.vacuum(location, versions, now - UNNAMED_KEPT).await {
                Ok(vacuumed) => all += vacuumed,
                Err(error) => tracing::warn!(location, %error, "files that are not needed any more were left"),
            }
        }
        for location in &holds.expired {
            match self.parts.warehouse.drop_table(location).await {
                Ok(dropped) => all += dropped,
                Err(error) => tracing::warn!(location, %error, "a table whose time is over was left"),
            }
        }
        metrics::counter!("weft_vacuumed_files_total").increment(all.files);
        tracing::info!(files = all.files, bytes = all.bytes, "tables were tidied");
        Ok(all)
    }
}

/// What must stay at `now` of all that was ever released; `releases` by product, in order of number.
pub(crate) fn holds(releases: &[Vec<Release>], now: DateTime<Utc>) -> Holds {
    let mut holds = Holds::default();
    let mut archived: BTreeMap<&str, bool> = BTreeMap::new();
    for of_product in releases {
        for (i, release) in of_product.iter().enumerate() {
            // It was served until the next one came.
            let is_past = of_product.get(i + 1).is_some_and(|next| next.at < now - PAST_KEPT);
            for port in release.ports.values().filter(|_| !is_past) {
                holds.keep(port);
            }
            for port in release.archived.values() {
                let Some(location) = port.table.location.as_deref() else { continue };
                let is_over = port.kept_until.is_some_and(|until| until < now);
                *archived.entry(location).or_insert(true) &= is_over;
                if !is_over {
                    holds.keep(&port.table);
                }
            }
        }
    }
    let over = archived.into_iter().filter(|(_, is_over)| *is_over).map(|(location, _)| location.to_owned());
    holds.expired = over.filter(|location| !holds.versions.contains_key(location)).collect();
    holds
}

impl Holds {
    /// Keeps what training sets were made from, of tables that are there.
    pub(crate) fn keep_for(&mut self, sets: &[TrainingSet]) {
        for table in sets.iter().flat_map(|set| &set.made.tables) {
            if let (Some(location), Some(version)) = (&table.table, table.table_version) {
                self.expired.remove(location);
                self.versions.entry(location.clone()).or_default().insert(version);
            }
        }
    }

    /// Keeps the port's own table, and the versions of others that it was made from: the next increment compares with
    /// them.
    fn keep(&mut self, port: &PortRelease) {
        let own = (port.location.as_ref(), port.table_version);
        let inputs = port.inputs.values().map(|input| (input.location.as_ref(), input.table_version));
        for (location, version) in inputs.chain([own]) {
            if let (Some(location), Some(version)) = (location, version) {
                self.versions.entry(location.clone()).or_default().insert(version);
            }
        }
    }
}

#[cfg(test)]
mod tests;
