//! What is counted about webhooks.

use std::time::Duration;

use crate::backlog::Backlog;

/// The numbers of one webhook.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    webhook: String,
}

/// Whoever tells a webhook counts what it has still to be told. When nobody does here any more, it is another node's to say. That
/// it is disabled stands until its configuration changes.
pub(crate) struct Counting<'a>(&'a Counted);

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        self.0.waiting(&Backlog::default(), chrono::DateTime::UNIX_EPOCH);
        self.0.dead_letters(0);
        self.0.breaker(false);
    }
}

impl Counted {
    pub(crate) fn of(webhook: &str) -> Self {
        Counted { webhook: webhook.to_owned() }
    }

    /// Counts until what is given is dropped.
    pub(crate) fn counting(&self) -> Counting<'_> {
        Counting(self)
    }

    /// One try: `delivered`, `failed`, `dead` or `gone`.
    pub(crate) fn tried(&self, outcome: &'static str, took: Duration) {
        let webhook = self.webhook.clone();
        metrics::counter!("weft_webhook_deliveries_total", "webhook" => webhook.clone(), "outcome" => outcome)
            .increment(1);
        metrics::histogram!("weft_webhook_delivery_seconds", "webhook" => webhook).record(took.as_secs_f64());
    }

    /// How many events wait, and how long the oldest of them has waited by now.
    pub(crate) fn waiting(&self, backlog: &Backlog, now: chrono::DateTime<chrono::Utc>) {
        let lag = backlog.oldest().and_then(|at| now.signed_duration_since(at).to_std().ok()).unwrap_or_default();
        metrics::gauge!("weft_webhook_pending", "webhook" => self.webhook.clone()).set(backlog.len() as f64);
        metrics::gauge!("weft_webhook_lag_seconds", "webhook" => self.webhook.clone()).set(lag.as_secs_f64());
    }

    pub(crate) fn dead_letters(&self, number: u64) {
        metrics::gauge!("weft_webhook_dead_letters", "webhook" => self.webhook.clone()).set(number as f64);
    }

    pub(crate) fn disabled(&self, is_disabled: bool) {
        metrics::gauge!("weft_webhook_disabled", "webhook" => self.webhook.clone())
            .set(f64::from(u8::from(is_disabled)));
    }

    pub(crate) fn breaker(&self, is_open: bool) {
        let target = format!("webhook:{}", self.webhook);
        metrics::gauge!("weft_circuit_open", "target" => target).set(f64::from(u8::from(is_open)));
    }
}
