//! Whole deliveries: a catalog, a relay, and receivers on loopback that misbehave.

mod law;
mod receiver;
mod refusals;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use weft_catalog::{Catalog, CheckOutcome, CheckRecord, CheckSeverity};
use weft_model::Clock;

use crate::{Interest, Pace, Parts, Relay, Secret, Secrets, Webhook};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// Goes on from noon as time passes.
#[derive(Debug)]
struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> DateTime<Utc> {
        noon() + TimeDelta::from_std(self.0.elapsed()).unwrap()
    }
}

fn ticking() -> Arc<dyn Clock> {
    Arc::new(Ticking(Instant::now()))
}

async fn catalog(clock: &Arc<dyn Clock>) -> Arc<Catalog> {
    Arc::new(Catalog::open_in_memory(Arc::clone(clock)).await.unwrap())
}

/// Tries again after milliseconds.
fn fast(tries: usize) -> Pace {
    Pace {
        delays: (1..tries).map(|time| Duration::from_millis(2 << time.min(6))).collect(),
        deadline: Duration::from_millis(300),
        probe_every: Duration::from_millis(20),
        ..Pace::default()
    }
}

fn webhook(url: &str) -> Webhook {
    Webhook {
        name: "house".into(),
        url: crate::address(url, true).unwrap(),
        secrets: Secrets::fixed(vec![Secret::parse(SECRET).unwrap()]),
        interest: Interest::default(),
        allows_private: true,
        generation: 0,
    }
}

/// A relay at work.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(catalog: &Arc<Catalog>, clock: &Arc<dyn Clock>, pace: Pace, webhooks: Vec<Webhook>) -> Self {
        let source = "https://mesh.example.org".to_owned();
        let parts = Parts { catalog: Arc::clone(catalog), clock: Arc::clone(clock), source, pace };
        let relay = Relay::new(parts, webhooks).await.unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn({
            let stop = stop.clone();
            async move { relay.run(stop).await }
        });
        Running { stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Lets the freshness of a port of each of `products` turn, which is an event of each.
async fn turn(catalog: &Catalog, products: impl Iterator<Item = String>, is_late: bool) {
    let made: Vec<CheckRecord> = products.map(|product| level(&product, is_late)).collect();
    catalog.record_service_levels(&made, &[]).await.unwrap();
}

fn level(product: &str, is_late: bool) -> CheckRecord {
    CheckRecord {
        port: format!("{product}.lines").parse().unwrap(),
        name: "freshness".into(),
        column: None,
        outcome: if is_late { CheckOutcome::Failed } else { CheckOutcome::Passed },
        failing_rows: None,
        message: None,
        at: noon(),
        measured: None,
        threshold: None,
        severity: Some(CheckSeverity::Warns),
        scanned_bytes: None,
        duration_ms: None,
        sample: None,
    }
}

/// Waits until `is_met` says so, looking whenever the catalog changes.
async fn until<F: Future<Output = bool>>(catalog: &Catalog, is_met: impl Fn() -> F) {
    let mut changes = catalog.changes();
    let met = async {
        loop {
            changes.mark_unchanged();
            if is_met().await {
                return;
            }
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), met).await.expect("in time");
}

/// How many events the webhook has still to be told.
async fn pending(catalog: &Catalog) -> usize {
    catalog.webhook("house").await.unwrap().unwrap().pending.len()
}
