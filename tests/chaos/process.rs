//! A process as far as tables are concerned: what `weft up` puts together, without its doors.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::util::display::array_value_to_string;
use chrono::TimeDelta;
use futures::TryStreamExt;
use weft_catalog::Catalog;
use weft_engine::{Engine, Limits, MaskKey, Parameters, SessionOptions};
use weft_governance::Policies;
use weft_manifest::source::{self, RevisionSource};
use weft_model::{Clock, Published};
use weft_reconcile::{Controller, Parts, ReconcileError, Report, Silent};
use weft_storage::{SourceLimits, Warehouse};
use weft_testkit::FixedClock;
use weft_testkit::faults::FaultStore;

use crate::disk::{Disk, WAREHOUSE};

/// Small, so that a table of some rows lies in several files.
const FILE_BYTES: u64 = 200;

/// A controller and its engine on a disk. Dropped, it is as if the process had been killed.
pub(crate) struct Process {
    store: FaultStore,
    catalog: Arc<Catalog>,
    policies: Arc<Policies>,
    engine: Arc<Engine>,
    source: Arc<dyn RevisionSource>,
    controller: Controller,
    warehouse: Warehouse,
    clock: Arc<FixedClock>,
}

impl Process {
    /// Starts on what the disk holds; reads revisions from the folder `mesh`, and stores through `store`.
    pub(crate) async fn start(disk: &Disk, store: &FaultStore, mesh: &Path) -> Result<Self, ReconcileError> {
        Process::with_files_of(FILE_BYTES, disk, store, mesh).await
    }

    /// Starts as [`start`](Self::start) does, and writes data files of about so many bytes.
    pub(crate) async fn with_files_of(
        file_bytes: u64,
        disk: &Disk,
        store: &FaultStore,
        mesh: &Path,
    ) -> Result<Self, ReconcileError> {
        let fixed = Arc::new(FixedClock::at("2026-11-26T12:00:00Z"));
        let clock: Arc<dyn Clock> = Arc::clone(&fixed) as Arc<dyn Clock>;
        let source: Arc<dyn RevisionSource> = source::open_directory(mesh)?.into();
        let warehouse = Warehouse::over(Arc::new(store.clone()), WAREHOUSE)?.with_file_bytes(file_bytes);
        let catalog = Arc::new(Catalog::open(&disk.catalog(), Arc::clone(&clock)).await?);
        let policies = Arc::new(Policies::granting(catalog.grants()));
        let engine = Engine::new(weft_engine::Parts {
            catalog: Arc::clone(&catalog),
            policies: Arc::clone(&policies),
            warehouse: warehouse.clone(),
            clock: Arc::clone(&clock),
            limits: Limits { memory_bytes_max: 256 << 20, ..Limits::default() },
            spill: disk.home().join("spill"),
            mask_key: MaskKey::new([7; 32]),
        });
        warehouse.prove_put_if_absent().await?;
        let controller = Controller::new(Parts {
            source: Arc::clone(&source),
            catalog: Arc::clone(&catalog),
            policies: Arc::clone(&policies),
            warehouse: warehouse.clone(),
            engine: Arc::clone(&engine),
            clock,
            progress: Arc::new(Silent),
            sources: SourceLimits { local_files: true, options: HashMap::new() },
        });
        controller.recover().await?;
        Ok(Process { store: store.clone(), catalog, policies, engine, source, controller, warehouse, clock: fixed })
    }

    /// Brings the mesh to the newest revision of its source.
    pub(crate) async fn reconcile(&self) -> Result<Report, ReconcileError> {
        self.controller.reconcile(&self.source.newest()?).await
    }

    pub(crate) fn controller(&self) -> &Controller {
        &self.controller
    }

    /// What is served at this instant.
    pub(crate) fn published(&self) -> Arc<Published> {
        self.catalog.published()
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// Lets data files be read anew, whatever was kept of them.
    pub(crate) fn forget_files(&self) {
        self.warehouse.forget_kept();
    }

    /// What `ana` is answered: rows as text.
    pub(crate) async fn ask(&self, sql: &str) -> Result<Vec<String>, String> {
        let ana = self.policies.principals().find("ana").ok_or("nobody is known")?;
        let session = self.engine.session(ana, SessionOptions::default());
        let answer = session.query(sql, Parameters::None).await.map_err(|error| error.to_string())?;
        let batches: Vec<_> = answer.into_record_batches().try_collect().await.map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        for batch in batches {
            for row in 0..batch.num_rows() {
                let values = batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap());
                rows.push(values.collect::<Vec<_>>().join(","));
            }
        }
        Ok(rows)
    }

    /// Does `work` until it ends or the process dies (`None`), and shows what is served to `reader` before each call
    /// of the store.
    pub(crate) async fn watched<T>(
        &self,
        work: impl Future<Output = T>,
        mut reader: impl FnMut(&Published),
    ) -> Option<T> {
        let mut work = std::pin::pin!(work);
        let mut calls = self.store.calls();
        loop {
            tokio::select! {
                biased;
                () = self.store.died() => return None,
                done = &mut work => return Some(done),
                _ = calls.changed() => reader(&self.published()),
            }
        }
    }
}
