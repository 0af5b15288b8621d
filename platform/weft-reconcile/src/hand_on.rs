//! Each release is in memory as the one before it was when it comes to be served.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;
use weft_model::Release;
use weft_storage::Warehouse;

use crate::controller::Controller;

/// Longest time that a release waits for what is read of it.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// A table of which another version comes to be served.
#[derive(Clone, Debug)]
pub(crate) struct Replaced {
    location: String,
    before: u64,
    next: u64,
}

impl Controller {
    /// Keeps in memory of these tables what is kept of the versions before, so that the first readers of a release find it
    /// there, also while the store is away. Takes some seconds at most; what is not read by then, and what cannot be read,
    /// is left to the readers.
    pub(crate) async fn hand_on(&self, tables: &[Replaced]) {
        if tables.is_empty() {
            return;
        }
        // Decoding takes processor time, which whoever keeps the lead must not wait for.
        let reading = tokio::spawn(read(self.parts.warehouse.clone(), tables.to_vec()).in_current_span());
        if timeout(WAIT_MAX, AbortOnDropHandle::new(reading)).await.is_err() {
            tracing::info!("a release is served before all of what was in memory of the one before is in memory of it");
        }
    }

    /// Makes room of what is kept of these tables' versions before, once they are not served any more.
    pub(crate) async fn let_go(&self, tables: &[Replaced]) {
        for Replaced { location, before, next } in tables {
            self.parts.warehouse.let_go(location, *before, *next).await;
        }
    }

    /// Both for what other nodes release, for ever: this node hears of it when it is served.
    pub(crate) async fn hand_on_of_others(&self) -> Infallible {
        let mut changes = self.parts.catalog.changes();
        let mut before = self.parts.catalog.published();
        while changes.changed().await.is_ok() {
            let now = self.parts.catalog.published();
            if !Arc::ptr_eq(&before, &now) {
                let releases = now.releases.iter();
                let tables: Vec<Replaced> =
                    releases.flat_map(|(product, next)| replaced(before.releases.get(product), next)).collect();
                self.hand_on(&tables).await;
                self.let_go(&tables).await;
                before = now;
            }
        }
        std::future::pending().await
    }
}

/// The tables of `before` of which `next` has another version.
pub(crate) fn replaced(before: Option<&Release>, next: &Release) -> Vec<Replaced> {
    let Some(before) = before else { return Vec::new() };
    let ports = next.ports.iter().filter_map(|(port, next)| {
        let before = before.ports.get(port).filter(|before| before.location == next.location)?;
        let (location, before, next) = (next.location.clone()?, before.table_version?, next.table_version?);
        (before != next).then_some(Replaced { location, before, next })
    });
    ports.collect()
}

async fn read(warehouse: Warehouse, tables: Vec<Replaced>) {
    for Replaced { location, before, next } in tables {
        if let Err(error) = warehouse.hand_on(&location, before, next).await {
            tracing::debug!(location, %error, "what comes to be served is not in memory yet");
        }
    }
}
