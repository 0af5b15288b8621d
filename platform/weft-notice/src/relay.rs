//! The relay: what the outbox holds goes to each webhook.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use tokio_util::sync::CancellationToken;
use weft_catalog::{Catalog, CatalogError, OutboxEvent, PendingDelivery, Settlement, WebhookState};
use weft_circuit::Breaker;
use weft_model::Clock;

use crate::backlog::Backlog;
use crate::cloud_event::CloudEvent;
use crate::counted::Counted;
use crate::interest::lane;
use crate::sender::{Answer, Sender};
use crate::{NoticeError, Pace, Webhook};

/// Most events that one webhook has to be told at a time. The rest waits in the outbox.
const BACKLOG_MAX: usize = 10_000;

/// Most events of the outbox that are looked at at a time.
const PAGE: i64 = 500;

/// How long is waited after trouble with the catalog at first, and at most: longer each time that follows.
const TROUBLE_WAIT: Duration = Duration::from_secs(1);
const TROUBLE_WAIT_MAX: Duration = Duration::from_secs(60);

/// What a relay is made of.
pub struct Parts {
    pub catalog: Arc<Catalog>,
    /// The catalog's own.
    pub clock: Arc<dyn Clock>,
    /// What events say that they come from: the URL under which the mesh is known.
    pub source: String,
    pub pace: Pace,
}

/// Tells webhooks of events. Of all nodes with one catalog, one [runs](Relay::run) it: with two, receivers would get
/// more events twice, and the order of a product's would not be kept.
pub struct Relay {
    couriers: Vec<Courier>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.couriers.iter().map(|courier| &courier.sender.webhook().name)).finish()
    }
}

impl Relay {
    /// A relay to these webhooks, whose names differ. It sends nothing yet, but what happens from now on is told to those
    /// that are new. Webhooks of the catalog that are not among them are forgotten.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up, or the catalog not be written to.
    pub async fn new(parts: Parts, webhooks: Vec<Webhook>) -> Result<Relay, NoticeError> {
        let declared = webhooks.iter().map(|webhook| (webhook.name.clone(), webhook.digest())).collect();
        let parts = Arc::new(parts);
        let courier = |webhook: Webhook| {
            let counted = Counted::of(&webhook.name);
            Ok(Courier { parts: Arc::clone(&parts), sender: Sender::new(webhook, parts.pace.deadline)?, counted })
        };
        let couriers = webhooks.into_iter().map(courier).collect::<Result<_, NoticeError>>()?;
        parts.catalog.declare_webhooks(declared).await?;
        Ok(Relay { couriers })
    }

    /// Tells until `stop` is cancelled. What is under way then is broken off; the next run, of this relay or of another
    /// over the same catalog, sends it again with the same id. May be run again after it has ended.
    pub async fn run(&self, stop: CancellationToken) {
        join_all(self.couriers.iter().map(|courier| courier.run(&stop))).await;
    }
}

/// Goes to one webhook.
struct Courier {
    parts: Arc<Parts>,
    sender: Sender,
    counted: Counted,
}

/// Why a webhook is told nothing any more.
enum End {
    /// It is disabled.
    Disabled,
    /// Another relay knows of other webhooks.
    Forgotten,
    /// Another relay tells it.
    Overtaken,
}

/// A try that has ended.
struct Tried {
    delivery: PendingDelivery,
    answer: Answer,
    took: Duration,
}

impl Courier {
    async fn run(&self, stop: &CancellationToken) {
        let _counting = self.counted.counting();
        let mut wait = TROUBLE_WAIT;
        let name = &self.sender.webhook().name;
        loop {
            let began = Instant::now();
            match stop.run_until_cancelled(self.tell()).await {
                None => return,
                Some(Ok(End::Disabled)) => {
                    self.counted.disabled(true);
                    tracing::error!(webhook = name, "the webhook is disabled until its configuration changes");
                    return;
                }
                Some(Ok(End::Forgotten)) => {
                    tracing::error!(
                        webhook = name,
                        "the catalog has no such webhook: do all nodes have one configuration?"
                    );
                    return;
                }
                Some(Ok(End::Overtaken)) => tracing::warn!(webhook = name, "another relay tells the same webhook"),
                Some(Err(error)) => tracing::error!(webhook = name, %error, "nothing is told to a webhook for now"),
            }
            if began.elapsed() > TROUBLE_WAIT_MAX {
                wait = TROUBLE_WAIT;
            }
            if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return;
            }
            wait = TROUBLE_WAIT_MAX.min(wait * 2);
        }
    }

    /// Tells from where the catalog says that it has come to. Ends with trouble of the catalog's too: what it holds is
    /// what is known, so the next turn begins with it.
    async fn tell(&self) -> Result<End, CatalogError> {
        let (catalog, pace) = (&self.parts.catalog, &self.parts.pace);
        let Some(state) = catalog.webhook(&self.sender.webhook().name).await? else { return Ok(End::Forgotten) };
        self.counted.dead_letters(state.dead_letters);
        if state.disabled.is_some() {
            return Ok(End::Disabled);
        }
        self.counted.disabled(false);
        let mut round = Round::of(state, pace);
        let mut changes = catalog.changes();
        let mut sending = FuturesUnordered::new();
        loop {
            if round.looks {
                changes.mark_unchanged();
                if !self.take_in(&mut round).await? {
                    return Ok(End::Overtaken);
                }
            }
            while sending.len() < pace.at_once && round.breaker.lets_through(Instant::now(), sending.len()) {
                let Some(next) = round.backlog.next(self.parts.clock.now()) else { break };
                // Read here: what waits for a connection of the catalog's is not polled while another does.
                let event = catalog.event(next.event).await?;
                sending.push(self.try_once(next, event));
            }
            self.counted.waiting(&round.backlog, self.parts.clock.now());
            self.counted.breaker(round.breaker.is_open());
            let wait = self.wait(&round, sending.len());
            tokio::select! {
                Some(tried) = sending.next() => {
                    let mut all = vec![tried];
                    // What has ended meanwhile is noted in the same transaction.
                    while let Some(Some(tried)) = sending.next().now_or_never() {
                        all.push(tried);
                    }
                    if let Some(end) = self.settle(all, &mut round).await? {
                        return Ok(end);
                    }
                }
                changed = changes.changed(), if round.has_room() => round.looks = changed.is_ok(),
                () = tokio::time::sleep(wait) => round.looks = true,
            }
        }
    }

    /// Takes in a page of what happened since, as far as it is of concern. Says whether this relay alone does so.
    async fn take_in(&self, round: &mut Round) -> Result<bool, CatalogError> {
        round.looks = false;
        if !round.has_room() {
            round.was_full = true;
            return Ok(true);
        }
        let webhook = self.sender.webhook();
        let events = self.parts.catalog.events_to_tell(round.position, PAGE).await?;
        let Some(last) = events.last().map(|event| event.id) else { return Ok(true) };
        let concern = events.iter().filter(|event| webhook.interest.concerns(event));
        let concern: Vec<(i64, DateTime<Utc>, String)> =
            concern.map(|event| (event.id, event.at, lane(event))).collect();
        let noted = concern.iter().map(|(event, _, lane)| (*event, lane.clone())).collect();
        let now = self.parts.clock.now();
        if !self.parts.catalog.take_events(&webhook.name, (round.position, last), noted).await? {
            return Ok(false);
        }
        round.position = last;
        for (event, at, lane) in concern {
            round.backlog.push(PendingDelivery { event, at, lane, tries: 0, taken_at: now, due_at: now });
        }
        round.looks = true;
        Ok(true)
    }

    async fn try_once(&self, delivery: PendingDelivery, event: Option<OutboxEvent>) -> Tried {
        let began = Instant::now();
        let answer = match event {
            Some(event) => self.sender.send(CloudEvent::of(event, &self.parts.source), self.parts.clock.now()).await,
            None => Answer::Failed("the outbox holds it no more".to_owned()),
        };
        Tried { delivery, answer, took: began.elapsed() }
    }

    /// Notes what came of tries, first in the catalog and then in `round`.
    async fn settle(&self, tried: Vec<Tried>, round: &mut Round) -> Result<Option<End>, CatalogError> {
        let (catalog, name) = (&self.parts.catalog, &self.sender.webhook().name);
        let now = self.parts.clock.now();
        let mut settled = Vec::with_capacity(tried.len());
        let mut is_gone = false;
        for Tried { delivery, answer, took } in tried {
            let settlement = match answer {
                Answer::Gone => {
                    self.counted.tried("gone", took);
                    is_gone = true;
                    continue;
                }
                Answer::Delivered => {
                    self.counted.tried("delivered", took);
                    round.breaker.note_success();
                    Settlement::Delivered
                }
                Answer::Failed(problem) => {
                    round.breaker.note_failure(Instant::now());
                    self.failed(&delivery, problem, now, took)
                }
            };
            settled.push((delivery, settlement));
        }
        let noted = settled.iter().map(|(delivery, settlement)| (delivery.event, settlement.clone())).collect();
        catalog.settle_events(name, noted).await?;
        if is_gone {
            catalog.disable_webhook(name, "it answered 410 Gone").await?;
            return Ok(Some(End::Disabled));
        }
        for (delivery, settlement) in settled {
            match settlement {
                Settlement::Again { tries, due_at, .. } => round.backlog.again(&delivery.lane, tries, due_at),
                Settlement::Delivered => round.backlog.remove(&delivery.lane),
                Settlement::Dead { .. } => {
                    round.dead_letters += 1;
                    round.backlog.remove(&delivery.lane);
                }
            }
        }
        self.counted.dead_letters(round.dead_letters);
        if round.was_full && round.has_room() {
            (round.was_full, round.looks) = (false, true);
        }
        Ok(None)
    }

    fn failed(&self, delivery: &PendingDelivery, problem: String, now: DateTime<Utc>, took: Duration) -> Settlement {
        let (webhook, event, lane) = (&self.sender.webhook().name, delivery.event, &delivery.lane);
        let tries = delivery.tries.saturating_add(1);
        match self.parts.pace.again(tries, delivery.taken_at, now, fastrand::f64()) {
            Some(due_at) => {
                self.counted.tried("failed", took);
                tracing::warn!(webhook, event, lane, tries, problem, "a webhook was not told yet");
                Settlement::Again { tries, due_at, problem }
            }
            None => {
                self.counted.tried("dead", took);
                tracing::error!(webhook, event, lane, tries, problem, "a webhook is never told: it is a dead letter");
                Settlement::Dead { tries, problem }
            }
        }
    }

    /// How long nothing is to be done but to wait for answers, `under_way` of them.
    fn wait(&self, round: &Round, under_way: usize) -> Duration {
        let pace = &self.parts.pace;
        if round.looks {
            return Duration::ZERO;
        }
        let is_waiting_for_answers = under_way >= pace.at_once || (round.breaker.is_open() && under_way > 0);
        if is_waiting_for_answers {
            return pace.look_every;
        }
        let now = self.parts.clock.now();
        let due = round.backlog.next_at().map(|at| at.signed_duration_since(now).to_std().unwrap_or_default());
        // While a receiver is down, what is due does not matter.
        let wait = round.breaker.wait(Instant::now()).max(due).unwrap_or(pace.look_every);
        // A clock that stands still must not keep a processor busy.
        wait.max(Duration::from_millis(1)).min(pace.look_every)
    }
}

/// Where one webhook is while it is told.
struct Round {
    /// Id of the last event that was looked at.
    position: i64,
    backlog: Backlog,
    breaker: Breaker,
    dead_letters: u64,
    /// Whether the outbox may hold more.
    looks: bool,
    was_full: bool,
}

impl Round {
    fn of(state: WebhookState, pace: &Pace) -> Self {
        Round {
            position: state.position,
            backlog: Backlog::of(state.pending),
            breaker: Breaker::new(pace.failures_max, pace.probe_every),
            dead_letters: state.dead_letters,
            looks: true,
            was_full: false,
        }
    }

    fn has_room(&self) -> bool {
        self.backlog.len() < BACKLOG_MAX
    }
}
