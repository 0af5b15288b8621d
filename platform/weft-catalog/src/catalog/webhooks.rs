//! What relays ask of the catalog, and tell it.
//!
//! The outbox is the queue, and what a webhook has still to be told is in the catalog before anything is sent, so that
//! a relay may die at any point: the next one sends again what it does not know to have arrived, with the same id.

use super::{Catalog, CatalogError, Doing};
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
            let mut transaction = writer.begin().await?;
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
            let mut transaction = writer.begin().await?;
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
            let mut transaction = writer.begin().await?;
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

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::moment;
    use crate::run::{CheckOutcome, CheckRecord, StepStatus};
    use crate::sample::{clock, noon, release, run};
    use crate::{Foreseen, Foretold};

    async fn memory() -> Catalog {
        Catalog::open_in_memory(clock()).await.unwrap()
    }

    async fn declare(catalog: &Catalog, digest: &str) {
        catalog.declare_webhooks(vec![("house".to_owned(), digest.to_owned())]).await.unwrap();
    }

    async fn state(catalog: &Catalog) -> WebhookState {
        catalog.webhook("house").await.unwrap().unwrap()
    }

    async fn put(catalog: &Catalog, id: i64, at: DateTime<Utc>) {
        let mut writer = catalog.store().writer().await.unwrap();
        sqlx::query("INSERT INTO outbox (id, at, kind, subject, payload) VALUES ($1, $2, 'run.began', 'r', '{}')")
            .bind(id)
            .bind(moment::to_text(at))
            .execute(&mut *writer)
            .await
            .unwrap();
    }

    async fn ids(catalog: &Catalog, after: i64) -> Vec<i64> {
        catalog.events_to_tell(after, 10).await.unwrap().into_iter().map(|event| event.id).collect()
    }

    #[tokio::test]
    async fn an_event_waits_for_older_ones_that_may_still_come_and_not_for_ever() {
        let catalog = memory().await;
        for id in [1, 2, 4, 5] {
            put(&catalog, id, noon()).await;
        }
        assert_eq!(ids(&catalog, 0).await, [1, 2]);
        put(&catalog, 3, noon()).await;
        assert_eq!(ids(&catalog, 2).await, [3, 4, 5]);
        put(&catalog, 9, noon() - TimeDelta::seconds(60)).await;
        assert_eq!(ids(&catalog, 5).await, [9], "what is missing was never committed");
    }

    #[tokio::test]
    async fn what_was_taken_stays_until_it_is_settled() {
        let catalog = memory().await;
        put(&catalog, 1, noon()).await;
        declare(&catalog, "a").await;
        assert_eq!(state(&catalog).await.position, 1, "a new webhook hears of what happens from then on");
        put(&catalog, 2, noon()).await;
        put(&catalog, 3, noon()).await;
        let concern = vec![(2, "p".to_owned()), (3, "q".to_owned())];
        assert!(catalog.take_events("house", (1, 3), concern.clone()).await.unwrap());
        assert!(!catalog.take_events("house", (1, 3), concern).await.unwrap(), "another was faster");
        let later = noon() + TimeDelta::seconds(5);
        let again = Settlement::Again { tries: 1, due_at: later, problem: "busy".into() };
        catalog.settle_events("house", vec![(2, Settlement::Delivered), (3, again)]).await.unwrap();
        let pending = state(&catalog).await.pending;
        assert_eq!(pending.len(), 1);
        assert_eq!(
            (pending[0].event, pending[0].lane.as_str(), pending[0].tries, pending[0].due_at),
            (3, "q", 1, later)
        );

        catalog.settle_events("house", vec![(3, Settlement::Dead { tries: 2, problem: "busy".into() })]).await.unwrap();
        catalog.disable_webhook("house", "gone").await.unwrap();
        declare(&catalog, "a").await;
        let dead = state(&catalog).await;
        assert_eq!((dead.pending.len(), dead.dead_letters), (0, 1));
        assert_eq!(dead.disabled, Some((noon(), "gone".to_owned())));
        assert_eq!(catalog.dead_letters("house", 5).await.unwrap()[0].problem, "busy");

        declare(&catalog, "b").await;
        let renewed = state(&catalog).await;
        assert_eq!((renewed.pending.len(), renewed.dead_letters, renewed.disabled), (1, 0, None));
        catalog.declare_webhooks(Vec::new()).await.unwrap();
        assert_eq!(catalog.webhook("house").await.unwrap(), None);
    }

    fn check(name: &str, outcome: CheckOutcome) -> CheckRecord {
        CheckRecord {
            port: "sales.orders.lines".parse().unwrap(),
            name: name.into(),
            column: None,
            outcome,
            failing_rows: Some(3),
            message: Some("a message may say what a row holds".into()),
            at: noon(),
            measured: None,
            threshold: None,
            severity: None,
            scanned_bytes: None,
            duration_ms: None,
            sample: None,
        }
    }

    #[tokio::test]
    async fn checks_that_failed_and_what_a_revision_breaks_are_told_once() {
        let catalog = memory().await;
        catalog.publish(vec![release(1, &["sales.orders.lines"], &[])]).await.unwrap();
        let run = run("run1", 1, &[("sales.orders.lines", StepStatus::Succeeded)], &[]);
        let foreseen = Foreseen::Breaking { changes: vec!["lines.gate".into()], is_refused: false };
        let (port, consumers) = ("sales.orders.lines".parse().unwrap(), vec!["sea.ports".to_owned()]);
        let foretold = Foretold { port, from: "1.0.0".into(), to: "2.0.0".into(), foreseen, consumers };
        for _ in 0..2 {
            catalog.record_run_telling(&run, vec![foretold.clone()]).await.unwrap();
            let checks = [check("rows", CheckOutcome::Failed), check("keys", CheckOutcome::Passed)];
            catalog.record_checks("run1", &checks).await.unwrap();
        }
        let events = catalog.events_to_tell(0, 10).await.unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["release.published", "run.began", "run.ended", "change.breaking", "check.failed"]);
        assert!(
            events
                .iter()
                .filter(|event| !event.kind.starts_with("run."))
                .all(|event| { event.product().is_some_and(|product| product.to_string() == "sales.orders") })
        );
        assert_eq!(events[3].payload["consumers"], serde_json::json!(["sea.ports"]));
        assert_eq!(
            (&events[4].payload["failingRows"], events[4].payload.get("message")),
            (&serde_json::json!(3), None)
        );
    }
}
