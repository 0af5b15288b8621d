//! What relays ask of the catalog, and tell it.
//!
//! The outbox is the queue, and what a webhook has still to be told is in the catalog before anything is sent, so that
//! a relay may die at any point: the next one sends again what it does not know to have arrived, with the same id.

use super::{Catalog, CatalogError, Connection, Doing};
use crate::deliveries::{self, DeadLetter, Settlement, WebhookState};
use crate::outbox::{self, OutboxEvent};

impl Catalog {
    /// Makes the webhooks those of `declared`: names, each with a digest of how it is configured. A new one hears of what
    /// happens from now on. One with another digest than before is enabled again, and its dead letters are to be told
    /// anew; one that is missing is forgotten.
    pub async fn declare_webhooks(&self, declared: Vec<(String, String)>) -> Result<(), CatalogError> {
        self.to_the_end(|inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.doing("write to the catalog")?;
            deliveries::declare(&mut transaction, &declared, now).await?;
            transaction.commit().await.doing("declare webhooks")
        })
        .await
    }

    /// How far the webhook of that name is, with all that it has still to be told; `None` where none was declared.
    pub async fn webhook(&self, name: &str) -> Result<Option<WebhookState>, CatalogError> {
        deliveries::state(&mut *self.inner.store.read().await?, name).await
    }

    /// Up to `limit` events after the one of that id, in order, whoever may know of them. Where one of them may still
    /// come that is older, being in a transaction under way on another node, those behind it are not given yet.
    pub async fn events_to_tell(&self, after: i64, limit: i64) -> Result<Vec<OutboxEvent>, CatalogError> {
        let now = self.inner.clock.now();
        deliveries::news(&mut *self.inner.store.read().await?, after, limit, now).await
    }

    /// The event of that id; `None` where there is none.
    pub async fn event(&self, id: i64) -> Result<Option<OutboxEvent>, CatalogError> {
        outbox::find(&mut *self.inner.store.read().await?, id).await
    }

    /// Notes that a webhook has looked at the events after `from` up to `to`, and that those of `concern`, which are ids
    /// with lanes, are to be told. Says whether it was at `from`; where another relay was faster, nothing is noted.
    pub async fn take_events(
        &self,
        webhook: &str,
        (from, to): (i64, i64),
        concern: Vec<(i64, String)>,
    ) -> Result<bool, CatalogError> {
        let webhook = webhook.to_owned();
        self.to_the_end(move |inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.doing("write to the catalog")?;
            let taken = deliveries::take(&mut transaction, &webhook, (from, to), &concern, now).await?;
            transaction.commit().await.doing("note what a webhook has to be told")?;
            Ok(taken)
        })
        .await
    }

    /// Notes what became of events that a webhook was to be told.
    pub async fn settle_events(&self, webhook: &str, settled: Vec<(i64, Settlement)>) -> Result<(), CatalogError> {
        let webhook = webhook.to_owned();
        self.to_the_end(move |inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.doing("write to the catalog")?;
            deliveries::settle(&mut transaction, &webhook, &settled, now).await?;
            transaction.commit().await.doing("note what a webhook was told")
        })
        .await
    }

    /// Notes that nothing is sent to a webhook any more, until it is declared with another digest.
    pub async fn disable_webhook(&self, webhook: &str, reason: &str) -> Result<(), CatalogError> {
        let (webhook, reason) = (webhook.to_owned(), reason.to_owned());
        self.to_the_end(move |inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            deliveries::disable(&mut writer, &webhook, &reason, now).await
        })
        .await
    }

    /// Up to `limit` events that a webhook was never told, the newest first.
    pub async fn dead_letters(&self, webhook: &str, limit: i64) -> Result<Vec<DeadLetter>, CatalogError> {
        deliveries::dead_letters(&mut *self.inner.store.read().await?, webhook, limit).await
    }
}
