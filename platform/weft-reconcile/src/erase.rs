//! Erasing rows of a port for good: out of its table, and out of every version of it that is kept.

mod certificate;
mod derived;
mod error;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;
use weft_catalog::{CheckRecord, Run, RunStatus, RunStep, StepStatus};
use weft_model::{Erasure, OutputPort, PortName, PortRef, PortRelease, Published, Release};
use weft_storage::{Committed, ERASURE_MARK, FilePatch, TableChange, TableVersion};

use crate::ReconcileError;
use crate::apply::schemas_of;
use crate::build::Order;
use crate::controller::Controller;
use crate::fingerprint::{hash, inputs_of};
use crate::judge::ContractJudge;

pub use error::EraseError;

/// What stands behind the fingerprint of a table whose newest commit is an erasure, before the hash of its condition.
const ERASED: &str = "+erase:";

/// What is asked of an erasure.
#[derive(Clone, Debug)]
pub struct Erase {
    pub port: PortRef,
    /// One SQL expression over the columns of the port. A row goes where it is true.
    pub condition: String,
    /// Who asks, as policies write it.
    pub by: String,
    /// Whether only to tell what would go.
    pub is_dry_run: bool,
    /// The ports that whoever asks may know of: no other is named.
    pub may_know: BTreeSet<PortRef>,
}

/// The table from which rows are to go.
struct Target<'a> {
    wanted: &'a Erase,
    published: &'a Published,
    release: &'a Release,
    served: &'a PortRelease,
    output: &'a OutputPort,
    location: &'a str,
    /// The version that is served.
    version: u64,
    /// All names under which the product serves that version.
    names: Vec<PortName>,
    /// What the commit says that it was made from: no run takes it for its own work.
    fingerprint: String,
    /// Number of the release in the making.
    number: u64,
}

/// How far an erasure of just these rows got before.
enum Standing {
    /// It is not begun, or was done and rows came since.
    Open { is_newest: bool },
    /// The rows are out of this version, which is not served yet.
    Committed(u64),
    /// They are out of the version that is served, in place of this one; what is left of them is not known.
    Released(u64),
}

impl Controller {
    /// Erases the rows of a port for which a condition is true, and certifies it.
    ///
    /// One commit through the gate leaves the other rows, one release serves them, and then the files of all other
    /// versions of the table are deleted at once: releases that need one of them can be read no more. Where there is no
    /// such row there is neither commit nor release, and the files go all the same, for they may hold some.
    ///
    /// Breaking off anywhere leaves an erasure that the next call with the same condition completes, and certifies as a
    /// whole. Not to be dropped half-way.
    ///
    /// # Errors
    ///
    /// [`EraseError`] says why; readers see what they saw before, unless the store failed after the release.
    pub async fn erase(&self, wanted: Erase) -> Result<Erasure, EraseError> {
        let _alone = self.alone().await?;
        let number = self.next_number(&wanted.port.product_ref()).await?;
        let published = self.parts.catalog.published();
        let target = Target::of(&wanted, &published, number)?;
        if wanted.is_dry_run {
            return self.would_erase(&target).await;
        }
        self.erased_on_record(&target).await
    }

    /// What would go, and nothing done.
    async fn would_erase(&self, target: &Target<'_>) -> Result<Erasure, EraseError> {
        let patches = self.patches(target).await?;
        let touched: Vec<_> = patches.iter().map(|patch| patch.file.clone()).collect();
        let table = self.table_of(target, target.version).await?;
        let stays: BTreeSet<String> = {
            let touched = table.of_files(touched);
            self.parts.warehouse.names_of(&table.files_besides(&touched)).into_iter().collect()
        };
        let mut erasure = self.outline(target, target.version, &stays).await?;
        erasure.rows_erased = patches.iter().map(|patch| patch.changed.len() as u64).sum();
        erasure.files_removed =
            self.parts.warehouse.superseded(target.location, target.version).await.map_err(ReconcileError::from)?;
        let goes = self.parts.warehouse.names_of(&table.files).into_iter().filter(|name| !stays.contains(name));
        erasure.files_removed.extend(goes);
        erasure.files_removed.sort();
        Ok(erasure)
    }

    /// The erasure as a run that is on record from its beginning.
    async fn erased_on_record(&self, target: &Target<'_>) -> Result<Erasure, EraseError> {
        let catalog = &self.parts.catalog;
        let began = Instant::now();
        let mut run = new_run(target.release, self.parts.clock.now());
        catalog.record_run(&run).await.map_err(ReconcileError::from)?;
        let mut checks = Vec::new();
        let done = self.erased(target, &mut checks).await;
        run.ended_at = Some(self.parts.clock.now());
        run.status = if done.is_ok() { RunStatus::Succeeded } else { RunStatus::Failed };
        run.steps = vec![RunStep {
            port: target.wanted.port.clone(),
            change: "erase".to_owned(),
            status: if done.is_ok() { StepStatus::Succeeded } else { StepStatus::Failed },
            message: done.as_ref().err().map(|error| format!("{} {error}", error.code())),
            rows: None,
            table_version: done.as_ref().ok().and_then(|erasure| erasure.version_after),
            started_at: Some(run.started_at),
            ended_at: run.ended_at,
            duration_ms: u64::try_from(began.elapsed().as_millis()).ok(),
        }];
        catalog.record_run(&run).await.map_err(ReconcileError::from)?;
        catalog.record_checks(&run.id, &checks).await.map_err(ReconcileError::from)?;
        done
    }

    /// The rows go: out of the table, out of what is served, out of what is kept.
    async fn erased(&self, target: &Target<'_>, checks: &mut Vec<CheckRecord>) -> Result<Erasure, EraseError> {
        let (before, after) = match self.standing(target).await? {
            Standing::Committed(after) => (target.version, after),
            Standing::Released(before) => (before, target.version),
            Standing::Open { is_newest } => {
                let patches = self.patches(target).await?;
                match patches.is_empty() && is_newest {
                    true => (target.version, target.version),
                    false => (target.version, self.commit_without(target, patches, checks).await?),
                }
            }
        };
        let table = self.table_of(target, after).await?;
        if after != target.version {
            self.publish(target.released(&table, self.parts.clock.now())).await?;
            // Whatever reads it takes that in, as far as its kind does.
            self.was_rolled_back.store(true, Ordering::SeqCst);
            self.pushed().notify_one();
        }
        self.certified(target, before, &table).await
    }

    /// Deletes what other versions have, and puts on record what is gone.
    async fn certified(
        &self,
        target: &Target<'_>,
        before: u64,
        table: &Arc<TableVersion>,
    ) -> Result<Erasure, EraseError> {
        let (warehouse, port) = (&self.parts.warehouse, &target.wanted.port);
        for name in &target.names {
            let port = target.release.product.name.port(name);
            self.parts.catalog.forget_samples(&port).await.map_err(ReconcileError::from)?;
        }
        let gone = warehouse.forget_superseded(target.location, table.version).await.map_err(ReconcileError::from)?;
        let old = self.table_of(target, before).await?;
        let stays: BTreeSet<String> = warehouse.names_of(&table.files).into_iter().collect();
        let mut erasure = self.outline(target, before, &stays).await?;
        erasure.rows_erased = old.rows().unwrap_or_default().saturating_sub(table.rows().unwrap_or_default());
        erasure.version_after = Some(table.version);
        erasure.release = Some(target.serving(table));
        // An attempt before may have deleted some of them.
        let gone: BTreeSet<String> = gone.into_iter().chain(warehouse.names_of(&old.files_besides(table))).collect();
        erasure.files_removed = gone.into_iter().collect();
        erasure.files_written = warehouse.names_of(&table.files_besides(&old));
        erasure.sha256 = Some(certificate::digest(&erasure));
        let body = serde_json::to_vec_pretty(&erasure).unwrap_or_default();
        let name = target.certificate(table.version);
        warehouse.put_certificate(port, &name, body).await.map_err(ReconcileError::from)?;
        tracing::info!(%port, rows = erasure.rows_erased, files = erasure.files_removed.len(), "rows were erased");
        metrics::counter!("weft_erasures_total").increment(1);
        Ok(erasure)
    }

    /// How far an attempt before came.
    async fn standing(&self, target: &Target<'_>) -> Result<Standing, EraseError> {
        let warehouse = &self.parts.warehouse;
        let newest = warehouse.newest_commit(target.location).await.map_err(ReconcileError::from)?;
        let is_newest = newest.as_ref().is_some_and(|commit| commit.version == target.version);
        let is_ours = |commit: &Committed| commit.fingerprint.as_deref() == Some(target.fingerprint.as_str());
        let Some(Committed { version, upon: Some(upon), .. }) = newest.filter(is_ours) else {
            return Ok(Standing::Open { is_newest });
        };
        if upon == target.version {
            return Ok(Standing::Committed(version));
        }
        let certificate = warehouse.certificate(&target.wanted.port, &target.certificate(version)).await;
        match certificate.map_err(ReconcileError::from)? {
            None if is_newest => Ok(Standing::Released(upon)),
            _ => Ok(Standing::Open { is_newest }),
        }
    }

    /// What takes the rows out of the version that is served.
    async fn patches(&self, target: &Target<'_>) -> Result<Vec<FilePatch>, EraseError> {
        let table = self.table_of(target, target.version).await?;
        let found = self.parts.engine.without_rows(&table, &target.wanted.condition).await;
        found.map_err(|error| EraseError::of_condition(&target.wanted.port, &error))
    }

    /// One commit through the gate upon what is served. Gives its version.
    async fn commit_without(
        &self,
        target: &Target<'_>,
        patched: Vec<FilePatch>,
        checks: &mut Vec<CheckRecord>,
    ) -> Result<u64, EraseError> {
        let (release, environments) = (target.release, BTreeMap::new());
        let order = Order {
            revision: &release.revision,
            plan: &release.plan,
            release: target.number,
            at: self.parts.clock.now(),
            domain: &release.domain,
            environments: &environments,
            product: &release.product,
            output: target.output,
            fingerprint: &target.fingerprint,
            goes_on: None,
            is_promised: true,
            inputs: target.served.inputs.clone(),
            input_schemas: schemas_of(&release.product, target.published),
            listing: None,
            warnings: Mutex::default(),
            lanes: 1,
        };
        let (engine, clock) = (Arc::clone(&self.parts.engine), Arc::clone(&self.parts.clock));
        let beside = self.beside(&order, &release.ports).await;
        let (port, contract) = (target.wanted.port.clone(), target.output.contract.clone());
        let judge = Arc::new(ContractJudge::new(engine, clock, port, contract, beside).of_promised(true));
        let newest = self.parts.warehouse.newest_commit(target.location).await.map_err(ReconcileError::from)?;
        let next = newest.map_or(0, |commit| commit.version) + 1;
        // By this, what reads the table knows from which version on to compare.
        let mark = (format!("{ERASURE_MARK}{}", target.version), i64::try_from(next).unwrap_or(i64::MAX));
        let change = TableChange { patched, marks: vec![mark], ..TableChange::restore(target.version) };
        let written = self.commit_change(&order, target.location, change, &judge).await;
        *checks = judge.take_checks();
        Ok(written?)
    }

    async fn table_of(&self, target: &Target<'_>, version: u64) -> Result<Arc<TableVersion>, EraseError> {
        let table = self.parts.warehouse.table(target.location, version).await;
        Ok(table.map_err(ReconcileError::from)?)
    }
}

impl<'a> Target<'a> {
    fn of(wanted: &'a Erase, published: &'a Published, number: u64) -> Result<Self, EraseError> {
        let port = &wanted.port;
        let not_served = || EraseError::NotServed { port: port.clone() };
        let (release, served) = published.port(port).ok_or_else(not_served)?;
        let output = release.product.output(&port.port).ok_or_else(not_served)?;
        let (Some(location), Some(version)) = (served.location.as_deref(), served.table_version) else {
            let reads: Vec<String> = inputs_of(&release.product, output).map(|input| format!("`{input}`")).collect();
            return Err(EraseError::View { port: port.clone(), reads: reads.join(", ") });
        };
        let here = release.ports.iter().filter(|(_, served)| served.location.as_deref() == Some(location));
        let mut names = Vec::new();
        for (name, served) in here {
            match served.table_version.filter(|other| *other != version) {
                Some(version) => return Err(EraseError::Shared { other: name.clone(), version }),
                None => names.push(name.clone()),
            }
        }
        let fingerprint = format!("{}{ERASED}{}", served.made_from(), hash(&json!(wanted.condition)));
        Ok(Target { wanted, published, release, served, output, location, version, names, fingerprint, number })
    }

    /// The release that serves `table`, and all else as it is served. What the port was made from counts on, so that
    /// it is not made anew.
    fn released(&self, table: &TableVersion, at: DateTime<Utc>) -> Release {
        let mut release = Release { number: self.number, at, archived: BTreeMap::new(), ..self.release.clone() };
        for port in self.names.iter().filter_map(|name| self.release.ports.get_key_value(name)) {
            let served = port.1.without_rows(table.version, table.rows(), table.bytes());
            release.ports.insert(port.0.clone(), served);
        }
        release
    }

    /// The number of the release that serves `table`: the one that stood before, where an attempt before released it.
    fn serving(&self, table: &TableVersion) -> u64 {
        if table.version == self.version { self.release.number } else { self.number }
    }

    /// Under which name the certificate is kept.
    fn certificate(&self, after: u64) -> String {
        let condition = hash(&json!(self.wanted.condition));
        format!("{after}-{}", condition.get(..16).unwrap_or(&condition))
    }
}

fn new_run(release: &Release, started_at: DateTime<Utc>) -> Run {
    Run {
        id: Uuid::now_v7().to_string(),
        revision: release.revision.clone(),
        author: None,
        committed_at: None,
        signature: None,
        started_at,
        ended_at: None,
        status: RunStatus::Running,
        plan: None,
        diagnostics: Vec::new(),
        steps: Vec::new(),
    }
}
