//! What runs came to, and what the clock found out: checks, service levels, when ports were looked at.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use weft_model::PortRef;

use super::{Catalog, CatalogError, Doing};
use crate::foretold::Foretold;
use crate::run::{CheckRecord, Run};
use crate::{levels, outbox, runs, settings};

impl Catalog {
    /// Adds the run, or replaces what is known of the run of that id.
    pub async fn record_run(&self, run: &Run) -> Result<(), CatalogError> {
        self.record_run_telling(run, Vec::new()).await
    }

    /// As [`record_run`](Self::record_run), and tells the outbox what the run's revision does to readers: of each once,
    /// however often the revision is met.
    pub async fn record_run_telling(&self, run: &Run, foretold: Vec<Foretold>) -> Result<(), CatalogError> {
        let run = run.clone();
        self.to_the_end(|inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            runs::record(&mut transaction, &run, now).await?;
            for foretold in foretold {
                outbox::add_once(&mut transaction, now, foretold.told(&run.revision)).await?;
            }
            transaction.commit().await.doing("record a run")
        })
        .await
    }

    /// Adds checks to a run that is recorded already, and tells the outbox of those that failed.
    pub async fn record_checks(&self, run: &str, checks: &[CheckRecord]) -> Result<(), CatalogError> {
        if checks.is_empty() {
            return Ok(());
        }
        let (run, checks) = (run.to_owned(), checks.to_vec());
        self.to_the_end(|inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            runs::record_checks(&mut transaction, &run, &checks, now).await?;
            transaction.commit().await.doing("record checks")
        })
        .await
    }

    /// What the clock found out about service levels, in order of port, name and column.
    pub async fn service_levels(&self) -> Result<Vec<CheckRecord>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        levels::all(&mut transaction).await
    }

    /// Lets each of `made` take the place of what was found out before about the same service level, and forgets
    /// `gone`. Tells the outbox of each that came out otherwise than before.
    pub async fn record_service_levels(&self, made: &[CheckRecord], gone: &[CheckRecord]) -> Result<(), CatalogError> {
        if made.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let (made, gone) = (made.to_vec(), gone.to_vec());
        self.to_the_end(|inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            levels::forget(&mut transaction, &gone).await?;
            levels::record(&mut transaction, &made, now).await?;
            transaction.commit().await.doing("record service levels")
        })
        .await
    }

    /// Forgets the rows that checks of `port` showed as wanting. What was counted stays.
    pub async fn forget_samples(&self, port: &PortRef) -> Result<(), CatalogError> {
        let port = port.to_string();
        self.to_the_end(|inner| async move {
            let mut writer = inner.store.writer().await?;
            runs::forget_samples(&mut writer, &port).await
        })
        .await
    }

    /// Ends, as failed, the runs that a process left running when it died. For the start of the
    /// one process that holds the home. Gives their number.
    pub async fn end_interrupted_runs(&self) -> Result<u64, CatalogError> {
        self.to_the_end(|inner| async move {
            let now = inner.clock.now();
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            let ended = runs::end_interrupted(&mut transaction, now).await?;
            transaction.commit().await.doing("end interrupted runs")?;
            Ok(ended)
        })
        .await
    }

    /// When each port was last found to be up to date without anything being done to it.
    pub async fn looked_at(&self) -> Result<BTreeMap<PortRef, DateTime<Utc>>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        settings::looked_at(&mut transaction).await
    }

    /// Notes that `ports` were found to be up to date at `at`.
    pub async fn set_looked_at(&self, ports: &[PortRef], at: DateTime<Utc>) -> Result<(), CatalogError> {
        let ports = ports.to_vec();
        self.to_the_end(|inner| async move {
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            settings::set_looked_at(&mut transaction, &ports, at).await?;
            transaction.commit().await.doing("note when ports were looked at")
        })
        .await
    }
}
