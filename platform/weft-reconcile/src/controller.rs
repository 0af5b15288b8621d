//! The controller: one revision at a time becomes what the mesh serves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;
use weft_catalog::{Catalog, Run, RunDiagnostic, RunStatus, RunStep, StepStatus};
use weft_engine::Engine;
use weft_governance::Policies;
use weft_manifest::source::RevisionSource;
use weft_model::{Clock, Code, Commit, Diagnostic, DomainName, ManifestTree, Revision};
use weft_storage::{SourceLimits, Warehouse};

use crate::apply::Applied;
use crate::check::{Checked, check};
use crate::environment::Environment;
use crate::foretell::foretell;
use crate::monitor::Memo;
use crate::report::{Outcome, OutcomeStatus, Progress, Report};
use crate::stale::{Answers, Stale};
use crate::timed::Timed;
use crate::{Known, Plan, ReconcileError, plan};

/// How often the source is asked for a newer revision.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// How often tables are put in order.
const TIDY_EVERY: TimeDelta = TimeDelta::hours(6);

/// After how long what failed for a store is tried again, and how often that doubles.
const TRY_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(2);
const TRY_AGAIN_DOUBLINGS: u32 = 11;

/// How many changes of access are worked out at the same time: anybody may ask.
const SIMULATIONS_MAX: usize = 2;

/// What a controller is made of.
pub struct Parts {
    pub source: Arc<dyn RevisionSource>,
    pub catalog: Arc<Catalog>,
    pub policies: Arc<Policies>,
    pub warehouse: Warehouse,
    pub engine: Arc<Engine>,
    pub clock: Arc<dyn Clock>,
    pub progress: Arc<dyn Progress>,
    pub sources: SourceLimits,
}

/// Brings the mesh to revisions, and products back to releases. There must be one for a home, and it does one at a
/// time.
pub struct Controller {
    pub(crate) parts: Parts,
    pub(crate) environment: Environment,
    /// Whether the policies in force are those of the newest revision that was met.
    pub(crate) are_newest: AtomicBool,
    /// When the revision that was met last means something else by the clock alone: a version takes the name of its
    /// port, or a port is due.
    next: Mutex<Option<DateTime<Utc>>>,
    /// The revision whose steps failed last for a store that could not be reached, and how many times in a row.
    faults: Mutex<Option<(Revision, u32)>>,
    /// What was told of the revision that was met last.
    told: Mutex<Vec<Diagnostic>>,
    /// Held by whoever changes what is served.
    pub(crate) at_work: tokio::sync::Mutex<()>,
    pushed: Arc<Notify>,
    answers: Answers,
    /// What the monitor saw when it last looked.
    pub(crate) monitored: Mutex<Memo>,
    /// Whether a product was rolled back, or rows of it erased, so that the revision that is applied means something else.
    pub(crate) was_rolled_back: AtomicBool,
    /// Changes of access that are worked out at the same time.
    pub(crate) simulating: Semaphore,
}

impl Controller {
    /// A controller over `parts`. Does nothing yet.
    pub fn new(parts: Parts) -> Self {
        Controller {
            parts,
            environment: Environment::default(),
            are_newest: AtomicBool::new(false),
            next: Mutex::default(),
            faults: Mutex::default(),
            told: Mutex::default(),
            at_work: tokio::sync::Mutex::default(),
            pushed: Arc::default(),
            answers: Answers::default(),
            monitored: Mutex::default(),
            was_rolled_back: AtomicBool::new(false),
            simulating: Semaphore::new(SIMULATIONS_MAX),
        }
    }

    /// The same in `environment`, from which variables in the addresses of sources take their values.
    #[must_use]
    pub fn within(self, environment: Environment) -> Self {
        Controller { environment, ..self }
    }

    /// Brings the mesh to `revision`. This is the whole of "a commit becomes a table".
    ///
    /// Safe to stop after any line and safe to repeat: each table commit carries the fingerprint of
    /// what it was made from, so a second run finds its own work done.
    ///
    /// # Errors
    ///
    /// Only for trouble of the platform's own (source, catalog, store, another controller that took over). Trouble
    /// with a manifest or one product's data is not an error; it is told in the [`Report`].
    #[tracing::instrument(skip_all, fields(%revision))]
    pub async fn reconcile(&self, revision: &Revision) -> Result<Report, ReconcileError> {
        let _alone = self.alone().await?;
        let _timed = Timed::reconcile();
        self.was_rolled_back.store(false, Ordering::SeqCst);
        self.parts.warehouse.ensure_newest().await?;
        let tree = self.tree(revision).await?;
        let mut known = Known::in_catalog(&self.parts.catalog, &tree, self.parts.clock.now()).await?;

        let mut checked = check(&tree, &known).await;
        self.expect(&checked, &known, None);
        if checked.is_refused() {
            return self.refuse(checked).await;
        }
        // Policies before data: a commit that tightens access must not publish first.
        self.put_in_force(&mut checked).await?;

        let unseen = self.look_at_sources(&checked.declared, &mut known).await;
        checked.diagnostics.extend(unseen);

        // A product with errors stays as it was last published; the others go on.
        let plan = plan(&checked.declared, &known, &checked.reviews);
        self.expect(&checked, &known, plan.next);
        let run = self.begin(&plan, &checked).await?;
        let applied = self.apply(&plan, &checked.declared, &known).await;
        let report = self.finish(run, plan, checked, applied).await?;
        self.try_again(&report);
        Ok(report)
    }

    /// The newest revision that the source has.
    pub async fn newest(&self) -> Result<Revision, ReconcileError> {
        let source = Arc::clone(&self.parts.source);
        let asked = tokio::task::spawn_blocking(move || (source.newest(), source.is_current())).await;
        let (newest, is_current) = asked.map_err(|_| ReconcileError::Task)?;
        let trouble = match &newest {
            Err(error) => Some(error.to_string()),
            Ok(_) => (!is_current).then(|| "the repository of a domain cannot be asked; the log says which".to_owned()),
        };
        self.answers.note(self.parts.clock.now(), trouble);
        Ok(newest?)
    }

    /// Since when the source cannot be asked and why; `None` while it can.
    pub fn stale(&self) -> Option<Stale> {
        self.answers.stale()
    }

    /// What wakes [`follow`](Self::follow), so that it asks the source now.
    pub fn pushed(&self) -> Arc<Notify> {
        Arc::clone(&self.pushed)
    }

    /// Reconciles each newer revision than `last`, and the same one after a roll-back and when the clock gives it another
    /// meaning (names of ports switch, a port is due); `told` hears of each report but those of ticks at which
    /// nothing was done. Trouble of the platform's own is
    /// logged, and the same revision tried again. As long as the source says that there is nothing newer than the
    /// policies in force, these are confirmed to be current.
    ///
    /// Ends only where another controller took the warehouse over, or leads, and gives that error. What was published is
    /// served on, under policies that are not confirmed any more.
    ///
    /// Meanwhile what is served is [monitored](Self::monitor).
    pub async fn follow(&self, last: Option<Revision>, told: impl Fn(&Report) + Send + Sync) -> ReconcileError {
        tokio::select! {
            error = self.follow_source(last, told) => error,
            never = self.watch() => match never {},
        }
    }

    async fn follow_source(&self, mut last: Option<Revision>, told: impl Fn(&Report) + Send + Sync) -> ReconcileError {
        let mut ticks = tokio::time::interval(POLL_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut tidied = self.parts.clock.now();
        loop {
            if self.parts.clock.now() - tidied >= TIDY_EVERY {
                tidied = self.parts.clock.now();
                if let Err(error) = self.tidy().await {
                    tracing::warn!(%error, "tables could not be put in order");
                }
            }
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.pushed.notified() => ticks.reset(),
            }
            let before = last.clone();
            match self.catch_up(&mut last).await {
                Ok(Some(report)) if before.as_ref() != Some(&report.revision) || !report.outcomes.is_empty() => {
                    told(&report);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "no revision is followed any more");
                    return error;
                }
            }
        }
    }

    /// One turn of [`follow`](Self::follow): reconciles where there is a newer revision than `last`, where a product was
    /// rolled back, and where the clock asks for it, and notes in `last` what was met.
    ///
    /// # Errors
    ///
    /// Where another controller took the warehouse over.
    pub async fn catch_up(&self, last: &mut Option<Revision>) -> Result<Option<Report>, ReconcileError> {
        let newest = match self.newest().await {
            Ok(newest) if Some(&newest) == last.as_ref() && !self.is_due() => {
                self.confirm();
                return Ok(None);
            }
            Ok(newest) => newest,
            Err(error) => {
                tracing::debug!(%error, "no newer revision is known");
                return Ok(None);
            }
        };
        match self.reconcile(&newest).await {
            Ok(report) => {
                *last = Some(newest);
                Ok(Some(report))
            }
            Err(error) if [Code::STORE_FENCED, Code::NOT_LEADING].contains(&error.code()) => {
                metrics::gauge!("weft_leads").set(0);
                Err(error)
            }
            Err(error) => {
                tracing::error!(revision = %newest, %error, "a reconcile was broken off");
                // Also where it was met before, as when the clock asked for it.
                *last = None;
                Ok(None)
            }
        }
    }

    /// The manifests of a revision, read on the blocking pool.
    pub(crate) async fn tree(&self, revision: &Revision) -> Result<ManifestTree, ReconcileError> {
        let (source, revision) = (Arc::clone(&self.parts.source), revision.clone());
        let tree = tokio::task::spawn_blocking(move || source.tree(&revision)).await;
        Ok(tree.map_err(|_| ReconcileError::Task)??)
    }

    /// What the commit behind a revision says of its making, read on the blocking pool; nothing where
    /// it cannot be read, for no revision waits for that.
    async fn commit(&self, revision: &Revision) -> Option<Commit> {
        let (source, of) = (Arc::clone(&self.parts.source), revision.clone());
        match tokio::task::spawn_blocking(move || source.commit(&of)).await {
            Ok(Ok(commit)) => commit,
            Ok(Err(error)) => {
                tracing::warn!(%revision, %error, "who made the revision cannot be told");
                None
            }
            Err(_) => None,
        }
    }

    /// One file of a revision, read on the blocking pool.
    pub(crate) async fn file(&self, revision: &Revision, path: &str) -> Result<Vec<u8>, ReconcileError> {
        let (source, revision, path) = (Arc::clone(&self.parts.source), revision.clone(), path.to_owned());
        let bytes = tokio::task::spawn_blocking(move || source.read(&revision, &path)).await;
        Ok(bytes.map_err(|_| ReconcileError::Task)??)
    }

    /// Puts the revision's policies in force, and keeps the access and restrictions files that were
    /// read well.
    async fn put_in_force(&self, checked: &mut Checked) -> Result<(), ReconcileError> {
        self.enforce(checked);
        for domain in checked.rules.domains() {
            if let Some(text) = checked.rules.access_text(domain) {
                self.parts.catalog.keep_access_text(domain, text).await?;
            }
        }
        let has_rows: BTreeSet<&DomainName> = checked.rules.domains().collect();
        // What a domain took away itself must not come back with the day on which it goes.
        for domain in checked.declared.domains.keys().filter(|domain| !has_rows.contains(domain)) {
            self.parts.catalog.forget_access_text(domain).await?;
        }
        for product in checked.rules.restricted_products() {
            if let Some(text) = checked.rules.restrictions_text(product) {
                self.parts.catalog.keep_restrictions_text(product, text).await?;
            }
        }
        Ok(())
    }

    /// The first half of that, which every node does.
    pub(crate) fn enforce(&self, checked: &mut Checked) {
        if let Some(snapshot) = checked.snapshot.take() {
            self.parts.policies.replace(snapshot);
            self.are_newest.store(true, Ordering::SeqCst);
            self.confirm();
        }
    }

    /// Notes when the revision means something else next: by a switch of names, or at `next`.
    pub(crate) fn expect(&self, checked: &Checked, known: &Known, next: Option<DateTime<Utc>>) {
        let switch = checked.declared.next_switch(known.now.date_naive());
        let switch = switch.map(|day| day.and_time(NaiveTime::MIN).and_utc());
        *self.next.lock() = [switch, next].into_iter().flatten().min();
    }

    /// Sees to it that what was hindered, as by a store that could not be reached, is tried again: after two seconds, then
    /// twice as long each time, so that it waits for as long as the trouble has lasted at most. Each revision begins anew,
    /// since what hindered others says little of it. What is wrong with rows or queries waits for a commit.
    fn try_again(&self, report: &Report) {
        let mut faults = self.faults.lock();
        let before = faults.take().filter(|(revision, _)| *revision == report.revision).map_or(0, |(_, count)| count);
        if !report.outcomes.iter().any(Outcome::was_hindered) {
            return;
        }
        *faults = Some((report.revision.clone(), before + 1));
        let again = self.parts.clock.now() + TRY_AGAIN_AFTER * (1 << before.min(TRY_AGAIN_DOUBLINGS));
        let mut next = self.next.lock();
        *next = [*next, Some(again)].into_iter().flatten().min();
    }

    /// Whether that moment has come, or a product was rolled back or lost rows.
    pub(crate) fn is_due(&self) -> bool {
        let next = *self.next.lock();
        let has_come = next.is_some_and(|next| next <= self.parts.clock.now());
        has_come || self.was_rolled_back.load(Ordering::SeqCst)
    }

    /// Notes that the policies in force are those of the newest revision, if they are and every repository
    /// could be asked for it.
    pub(crate) fn confirm(&self) {
        if self.are_newest.load(Ordering::SeqCst) && self.parts.source.is_current() {
            self.parts.policies.confirm(self.parts.clock.now());
        }
    }

    /// Records that nothing of the revision was applied. Its policies may be tighter than those in
    /// force, so these are not known to be current any more.
    async fn refuse(&self, checked: Checked) -> Result<Report, ReconcileError> {
        self.are_newest.store(false, Ordering::SeqCst);
        let revision = checked.declared.revision.clone();
        let plan = Plan::of_nothing(revision.clone());
        let mut run = self.new_run(&plan, &checked).await;
        (run.status, run.ended_at, run.plan) = (RunStatus::Refused, Some(self.parts.clock.now()), None);
        self.parts.catalog.record_run(&run).await?;
        metrics::counter!("weft_reconciles_total", "status" => run.status.as_str()).increment(1);
        Ok(Report { revision, plan, outcomes: Vec::new(), diagnostics: checked.diagnostics, refused: true })
    }

    /// Records that a run began; `None` where there is nothing to tell.
    async fn begin(&self, plan: &Plan, checked: &Checked) -> Result<Option<Run>, ReconcileError> {
        let known = self.parts.catalog.published().revision.as_ref() == Some(&plan.revision);
        let told = std::mem::replace(&mut *self.told.lock(), checked.diagnostics.clone());
        if known && plan.is_empty() && (checked.diagnostics.is_empty() || checked.diagnostics == told) {
            return Ok(None);
        }
        let run = self.new_run(plan, checked).await;
        let foretold = foretell(&checked.reviews, &checked.declared);
        self.parts.catalog.record_run_telling(&run, foretold).await?;
        Ok(Some(run))
    }

    async fn finish(
        &self,
        run: Option<Run>,
        plan: Plan,
        mut checked: Checked,
        applied: Result<Applied, ReconcileError>,
    ) -> Result<Report, ReconcileError> {
        let Some(mut run) = run else {
            return Ok(Report {
                revision: plan.revision.clone(),
                plan,
                outcomes: Vec::new(),
                diagnostics: checked.diagnostics,
                refused: false,
            });
        };
        run.ended_at = Some(self.parts.clock.now());
        let applied = match applied {
            Ok(applied) => applied,
            Err(error) => {
                run.status = RunStatus::Failed;
                self.parts.catalog.record_run(&run).await?;
                metrics::counter!("weft_reconciles_total", "status" => run.status.as_str()).increment(1);
                return Err(error);
            }
        };
        run.diagnostics.extend(applied.warnings.iter().map(RunDiagnostic::from));
        checked.diagnostics.extend(applied.warnings);
        let report = Report {
            revision: plan.revision.clone(),
            plan,
            outcomes: applied.outcomes,
            diagnostics: checked.diagnostics,
            refused: false,
        };
        run.status = status(&report);
        run.steps = report.outcomes.iter().map(|outcome| step(outcome, &run)).collect();
        self.parts.catalog.record_run(&run).await?;
        self.parts.catalog.record_checks(&run.id, &applied.checks).await?;
        self.parts.catalog.set_revision(&report.revision).await?;
        metrics::counter!("weft_reconciles_total", "status" => run.status.as_str()).increment(1);
        Ok(report)
    }

    async fn new_run(&self, plan: &Plan, checked: &Checked) -> Run {
        let commit = self.commit(&plan.revision).await;
        Run {
            id: Uuid::now_v7().to_string(),
            revision: plan.revision.clone(),
            author: commit.as_ref().map(|commit| commit.author.clone()),
            committed_at: commit.as_ref().map(|commit| commit.at),
            signature: commit.as_ref().map(Commit::signature_text),
            started_at: self.parts.clock.now(),
            ended_at: None,
            status: RunStatus::Running,
            plan: Some(plan.id()),
            diagnostics: checked.diagnostics.iter().map(RunDiagnostic::from).collect(),
            steps: Vec::new(),
        }
    }
}

fn status(report: &Report) -> RunStatus {
    let applied = report.outcomes.iter().filter(|outcome| outcome.status == OutcomeStatus::Applied).count();
    match (report.is_complete(), applied, report.outcomes.len()) {
        (true, _, _) => RunStatus::Succeeded,
        (false, 0, steps) if steps > 0 => RunStatus::Failed,
        (false, _, _) => RunStatus::Partial,
    }
}

fn step(outcome: &Outcome, run: &Run) -> RunStep {
    RunStep {
        port: outcome.port.clone(),
        change: outcome.change.to_owned(),
        status: match outcome.status {
            OutcomeStatus::Applied => StepStatus::Succeeded,
            OutcomeStatus::Skipped => StepStatus::Skipped,
            OutcomeStatus::Refused | OutcomeStatus::Failed => StepStatus::Failed,
        },
        message: outcome.code.map(|code| format!("{code} {}", outcome.message.as_deref().unwrap_or_default())),
        rows: outcome.rows,
        table_version: outcome.table_version,
        started_at: Some(run.started_at),
        ended_at: run.ended_at,
        duration_ms: u64::try_from(outcome.elapsed.as_millis()).ok(),
    }
}
