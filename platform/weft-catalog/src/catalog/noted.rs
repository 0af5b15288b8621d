//! What was decided, and who read what: noted while queries go on, and written some at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use weft_model::{ObservedRead, PortRef};

use super::{Catalog, CatalogError, Doing, Inner};
use crate::audit::{self, AuditVerdict};
use crate::decisions::DecisionRecord;
use crate::error::in_time;
use crate::tally::{self, Ledger, QueryRecord, ReadRecord, Reads, Tally, Times};
use crate::traffic::Traffic;
use crate::trail::{self, Sink, Trail};
use crate::{answers, usage};

/// Longest time that it may take to write some of what was decided and read; it is kept for later then.
const BATCH_TIME_MAX: Duration = Duration::from_secs(30);

/// Longest time that whoever looks at decisions or usage waits for what is not written yet.
const SETTLING_MAX: Duration = Duration::from_secs(2);

impl Catalog {
    /// Adds `records` to the record of decisions and waits until they, and all noted before them, are
    /// on disk: five seconds at most.
    ///
    /// # Errors
    ///
    /// [`CatalogError::Unrecorded`]; then nothing that the decisions allow may be shown. The records
    /// may come to be written later all the same.
    pub async fn record_decisions(&self, records: &[DecisionRecord]) -> Result<(), CatalogError> {
        trail::write(&self.inner, records.to_vec()).await
    }

    /// Adds `records` to the record of decisions without waiting. Those that cannot be written now
    /// are kept for later, 10,000 at most; what comes on top is written to the log and counted in
    /// `weft_audit_failures_total`. To be called within a Tokio runtime.
    pub fn note_decisions(&self, records: Vec<DecisionRecord>) {
        trail::note(&self.inner, records);
    }

    /// Counts what a query reads, once for each query. Never waits: counts are written within seconds.
    /// Of those that cannot be, 20,000 are kept for later; what comes on top is dropped, and counted
    /// in `weft_usage_dropped_total`.
    pub fn note_reads(&self, record: ReadRecord) {
        tally::note_reads(&self.inner, record);
    }

    /// Adds a query that has ended to the record of queries, of which the newest are kept. Waits and
    /// drops as little or as much as [`Catalog::note_reads`].
    pub fn note_query(&self, record: QueryRecord) {
        tally::note_query(&self.inner, record);
    }

    /// Who was seen reading what since, in order of port, column and principal; the day of `since`
    /// counts whole. For the platform itself: what a principal may see of it, a [`CatalogView`] tells.
    ///
    /// [`CatalogView`]: crate::CatalogView
    ///
    /// # Errors
    ///
    /// Trouble with the database alone. A catalog of before the mesh observed reads holds none.
    pub async fn reads_since(&self, since: DateTime<Utc>) -> Result<Vec<ObservedRead>, CatalogError> {
        self.settle_usage().await;
        let mut transaction = self.inner.store.read().await?;
        usage::since(&mut transaction, since).await
    }

    /// How queries that began since went, of every port that had any, by one look at what is counted by the hour. For the
    /// platform itself, as [`Catalog::reads_since`] is. What has ended before this call is in it, unless on another node.
    pub async fn traffic_since(&self, since: DateTime<Utc>) -> Result<BTreeMap<PortRef, Traffic>, CatalogError> {
        self.settle_usage().await;
        answers::traffic(&mut *self.inner.store.read().await?, since).await
    }

    /// Whether the record of decisions is as it was written.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        audit::verify(&mut transaction).await
    }

    /// Writes what was decided so far, so that whoever looks next sees it. Where that does not work soon, what is written
    /// already has to do.
    pub(crate) async fn settle_decisions(&self) {
        match tokio::time::timeout(SETTLING_MAX, self.record_decisions(&[])).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "what was decided cannot be recorded; it is kept for later"),
            Err(_) => tracing::warn!("what was decided is not recorded yet"),
        }
    }

    /// Writes what was read so far, so that whoever looks next sees it. Where that does not work soon,
    /// what is written already has to do.
    pub(crate) async fn settle_usage(&self) {
        let settled = self.to_the_end(|inner| async move { tally::flush(inner.as_ref()).await });
        match tokio::time::timeout(SETTLING_MAX, settled).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "what was read cannot be recorded; it is kept for later"),
            Err(_) => tracing::warn!("what was read is not recorded yet"),
        }
    }
}

impl Sink for Inner {
    async fn write(&self, records: &[DecisionRecord]) -> Result<(), CatalogError> {
        let written = async {
            let mut writer = self.store.writer().await?;
            let mut transaction = writer.begin().await?;
            audit::add(&mut transaction, records).await?;
            transaction.commit().await.doing("record decisions")
        };
        in_time(BATCH_TIME_MAX, written).await
    }

    fn trail(&self) -> &Trail {
        &self.trail
    }
}

impl Ledger for Inner {
    async fn write(&self, reads: &[(Reads, Times)], queries: &[QueryRecord]) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let written = async {
            let mut writer = self.store.writer().await?;
            let mut transaction = writer.begin().await?;
            usage::add_reads(&mut transaction, reads).await?;
            usage::add_queries(&mut transaction, queries).await?;
            answers::add(&mut transaction, queries).await?;
            usage::forget_before(&mut transaction, now.date_naive()).await?;
            answers::forget_before(&mut transaction, now).await?;
            transaction.commit().await.doing("record usage")
        };
        in_time(BATCH_TIME_MAX, written).await
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
