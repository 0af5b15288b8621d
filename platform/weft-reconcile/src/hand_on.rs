//! Each release is in memory as the one before it was when it comes to be served.

use std::convert::Infallible;
use std::sync::Arc;

use weft_model::Release;

use crate::controller::Controller;

impl Controller {
    /// Keeps in memory of `next` what is kept of the release that it takes the place of, so that its first reader finds
    /// it there, also while the store is away. Trouble leaves it to its readers.
    pub(crate) async fn hand_on(&self, before: Option<&Release>, next: &Release) {
        for (location, then, now) in before.into_iter().flat_map(|before| replaced(before, next)) {
            if let Err(error) = self.parts.warehouse.hand_on(location, then, now).await {
                tracing::debug!(location, %error, "what comes to be served is not in memory yet");
            }
        }
    }

    /// The same for what other nodes release, for ever: this node hears of it when it is served.
    pub(crate) async fn hand_on_of_others(&self) -> Infallible {
        let mut changes = self.parts.catalog.changes();
        let mut before = self.parts.catalog.published();
        while changes.changed().await.is_ok() {
            let now = self.parts.catalog.published();
            if !Arc::ptr_eq(&before, &now) {
                for (product, next) in &now.releases {
                    self.hand_on(before.releases.get(product), next).await;
                }
                before = now;
            }
        }
        std::future::pending().await
    }
}

/// The tables of which `next` has another version: where each lies, and both versions.
fn replaced<'a>(before: &'a Release, next: &'a Release) -> impl Iterator<Item = (&'a str, u64, u64)> {
    next.ports.iter().filter_map(|(port, next)| {
        let before = before.ports.get(port).filter(|before| before.location == next.location)?;
        let (location, then, now) = (next.location.as_deref()?, before.table_version?, next.table_version?);
        (then != now).then_some((location, then, now))
    })
}
