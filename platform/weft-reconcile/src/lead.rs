//! Several nodes on one catalog: one leads and brings the mesh to revisions, the others put the same rules in force.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;
use weft_catalog::{Catalog, CatalogError, Lead};
use weft_model::{Code, Revision};

use crate::check::check;
use crate::controller::Controller;
use crate::report::Report;
use crate::{Known, ReconcileError};

/// For how long the lead is taken each time.
const LEASE: Duration = Duration::from_secs(6);
/// How often it is taken again.
const RENEW_EVERY: Duration = Duration::from_secs(1);
/// How long after it was last asked for in time a leader stops by itself: before anybody else can have the lead.
const RENEW_WITHIN: Duration = Duration::from_secs(4);
/// How often what other nodes changed is taken in.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Controller {
    /// Takes part in serving the mesh with other nodes, for ever: [follows](Self::follow) revisions while this node
    /// leads, and [looks on](Self::look_on) while another does. `last` is the revision that this node has brought the mesh
    /// to already, as the leader that it still is. `told` hears of each report.
    ///
    /// A leader that is cut off from the catalog or overtaken leaves off wherever it is; what it had begun, the next
    /// leader finds.
    pub async fn take_part(&self, mut last: Option<Revision>, told: impl Fn(&Report) + Send + Sync) -> Infallible {
        let taking_turns = async {
            // Of which the rules are in force, whoever brought the mesh to it.
            let mut seen = None;
            loop {
                match self.parts.catalog.lead(LEASE).await {
                    Ok(Lead::Ours { is_new, .. }) => self.lead_on(is_new, last.take(), &told).await,
                    Ok(Lead::Theirs { .. }) => self.look_on(&mut seen).await,
                    Err(error) => {
                        tracing::warn!(%error, "who leads cannot be told");
                        self.look_on(&mut seen).await;
                    }
                }
                tokio::time::sleep(RENEW_EVERY).await;
            }
        };
        tokio::select! {
            never = self.take_in_changes() => never,
            never = self.hand_on_of_others() => never,
            never = taking_turns => never,
        }
    }

    /// Leads until the lead is lost. Where it is new, what was begun by others is taken over first.
    async fn lead_on(&self, is_new: bool, last: Option<Revision>, told: impl Fn(&Report) + Send + Sync) {
        tracing::info!("this node leads the mesh");
        metrics::gauge!("weft_leads").set(1);
        let led = async {
            if is_new {
                self.take_over().await?;
            }
            Err::<Infallible, _>(self.follow(last, told).await)
        };
        tokio::select! {
            Err(error) = led => tracing::error!(%error, "this node stops leading"),
            () = self.keep_lead() => tracing::warn!("this node does not lead any more"),
        }
        self.leave_lead().await;
    }

    async fn leave_lead(&self) {
        metrics::gauge!("weft_leads").set(0);
        if let Err(error) = self.parts.catalog.resign().await {
            tracing::warn!(%error, "the lead could not be let go; it ends by itself");
        }
    }

    /// Keeps the lead; ends when that did not work in time, or another node has it. A task of its own does it, which does not
    /// wait for what else takes processor time here, such as planning.
    async fn keep_lead(&self) {
        let keeping = tokio::spawn(keep_lead(Arc::clone(&self.parts.catalog)));
        if let Err(error) = AbortOnDropHandle::new(keeping).await {
            tracing::error!(%error, "the lead is not kept any more");
        }
    }

    /// Puts the rules of the newest revision in force, as its leader does, and changes nothing else. Trouble is logged,
    /// and the rules in force stay.
    pub async fn look_on(&self, last: &mut Option<Revision>) {
        match self.rules_of_newest(last).await {
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "rules of a newer revision cannot be told; those in force stay"),
        }
    }

    async fn rules_of_newest(&self, last: &mut Option<Revision>) -> Result<(), ReconcileError> {
        let newest = self.newest().await?;
        if last.as_ref() == Some(&newest) && !self.is_due() {
            self.confirm();
            return Ok(());
        }
        let tree = self.tree(&newest).await?;
        let known = Known::in_catalog(&self.parts.catalog, &tree, self.parts.clock.now()).await?;
        let mut checked = check(&tree, &known).await;
        self.expect(&checked, &known, None);
        if checked.is_refused() {
            self.are_newest.store(false, Ordering::SeqCst);
        } else {
            self.enforce(&mut checked);
        }
        *last = Some(newest);
        Ok(())
    }

    /// Takes in what other nodes changed in the catalog, for ever.
    async fn take_in_changes(&self) -> Infallible {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.parts.catalog.refresh().await {
                tracing::warn!(%error, "what other nodes changed cannot be told; what is known stays");
            }
        }
    }

    /// Waits until this process does nothing else to what is served, and until it is done holds others off.
    ///
    /// # Errors
    ///
    /// If another node leads: only a leader changes what is served.
    pub(crate) async fn alone(&self) -> Result<MutexGuard<'_, ()>, ReconcileError> {
        let alone = self.at_work.lock().await;
        self.parts.catalog.ensure_leads().await?;
        Ok(alone)
    }

    /// Starts this node: as the leader it notes the digest of its `keys` and [recovers](Self::recover) what is there, or else
    /// it puts the last rules in force. Says whether it leads. To be called once, before doors open.
    ///
    /// # Errors
    ///
    /// If the store or the catalog cannot be used.
    pub async fn enter(&self, keys: &str) -> Result<bool, ReconcileError> {
        match self.parts.catalog.lead(LEASE).await? {
            Lead::Ours { .. } => {
                let entering = async {
                    if self.parts.catalog.is_shared() {
                        self.parts.catalog.set_keys(keys).await?;
                    }
                    self.recover().await
                };
                match self.while_leading(entering).await {
                    Err(error) if self.is_overtaken(&error) => self.put_last_in_force().await.map(|()| false),
                    done => done.map(|()| true),
                }
            }
            Lead::Theirs { leader } => {
                tracing::info!(leader, "another node leads the mesh");
                self.put_last_in_force().await.map(|()| false)
            }
        }
    }

    /// What `work` gives, which only a leader may do: however long it takes, the lead is kept meanwhile. Where it is lost all
    /// the same, `work` is left off wherever it is; the next leader finds what it had begun.
    ///
    /// # Errors
    ///
    /// Those of `work`, and that [this node does not lead](Self::is_overtaken).
    pub async fn while_leading<T>(
        &self,
        work: impl Future<Output = Result<T, ReconcileError>>,
    ) -> Result<T, ReconcileError> {
        if !self.parts.catalog.is_shared() {
            return work.await;
        }
        let done = tokio::select! {
            done = work => done,
            () = self.keep_lead() => Err(CatalogError::NotLeading { leader: None }.into()),
        };
        if done.as_ref().is_err_and(|error| self.is_overtaken(error)) {
            tracing::warn!("this node does not lead any more");
            self.leave_lead().await;
        }
        done
    }

    /// Whether an error says that another node of the mesh leads by now.
    pub fn is_overtaken(&self, error: &ReconcileError) -> bool {
        self.parts.catalog.is_shared() && [Code::STORE_FENCED, Code::NOT_LEADING].contains(&error.code())
    }
}

/// Takes the lead again and again.
async fn keep_lead(catalog: Arc<Catalog>) {
    let mut kept = Instant::now();
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let asked = Instant::now();
        // A process that was stopped meanwhile may have been overtaken long ago.
        if asked - kept > RENEW_WITHIN {
            return;
        }
        match timeout(RENEW_WITHIN - (asked - kept), catalog.lead(LEASE)).await {
            Ok(Ok(Lead::Ours { is_new: false, .. })) => kept = asked,
            Ok(Ok(_)) | Err(_) => return,
            Ok(Err(error)) => tracing::warn!(%error, "the lead could not be kept, and is asked for again"),
        }
    }
}
