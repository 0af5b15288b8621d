//! What queries read, counted in memory and written now and then, so that no query waits for it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use weft_model::PortRef;

use crate::error::CatalogError;
use crate::traffic::Served;

/// Most counts, and most queries, that wait; what comes on top is dropped and counted.
const WAITING_MAX: usize = 20_000;

/// Most counts, and most queries, that one transaction writes: others want to write in between.
const BATCH_MAX: usize = 1_000;

/// How long counts gather before they are written.
const GATHERED_FOR: Duration = Duration::from_secs(1);

/// What one query reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRecord {
    /// When the query began.
    pub at: DateTime<Utc>,
    /// As policies write it: `user:ana`.
    pub principal: String,
    /// What the data is wanted for, as the caller declares it.
    pub purpose: Option<String>,
    /// Each port with the columns of it that are read, a view and the ports below it alike; a port of
    /// which no column is read, as by `count(*)`, with none.
    pub ports: BTreeMap<PortRef, BTreeSet<String>>,
}

/// One query once it has ended, however it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRecord {
    /// Its id; the log and the record of decisions know it by the same.
    pub query: String,
    /// When it began.
    pub at: DateTime<Utc>,
    /// As policies write it: `user:ana`.
    pub principal: String,
    pub purpose: Option<String>,
    /// Where it came in: `flight`, `http` or `transform`; none where that is not known.
    pub door: Option<&'static str>,
    /// The trace id of the request.
    pub trace: Option<String>,
    /// `ok`, or the code of what went wrong.
    pub outcome: &'static str,
    pub duration_ms: u64,
    /// How many rows left the engine.
    pub rows: u64,
    pub served: Served,
    /// The ports that were read; none where it was refused. Where the platform failed it before a row was read, those that
    /// it was about to read.
    pub ports: BTreeSet<PortRef>,
}

/// What a count is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reads {
    pub(crate) port: PortRef,
    /// `None` for the port as a whole.
    pub(crate) column: Option<String>,
    pub(crate) principal: Arc<str>,
    pub(crate) purpose: Option<Arc<str>>,
    pub(crate) day: NaiveDate,
}

/// A count of queries, and when the first and the last of them began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) queries: u64,
    pub(crate) first_at: DateTime<Utc>,
    pub(crate) last_at: DateTime<Utc>,
}

/// Where counts are written to.
pub(crate) trait Ledger: Send + Sync + 'static {
    fn write(
        &self,
        reads: &[(Reads, Times)],
        queries: &[QueryRecord],
    ) -> impl Future<Output = Result<(), CatalogError>> + Send;

    fn tally(&self) -> &Tally;
}

/// Counts that wait to be written.
///
/// Whoever adds some sees to it that a task will write them. Where they cannot be written they stay,
/// to be tried again with the next that come.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    waiting: Mutex<Waiting>,
    /// Held by the one that writes.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Waiting {
    reads: BTreeMap<Reads, Times>,
    queries: VecDeque<QueryRecord>,
    /// Whether a task is about to write.
    is_awaited: bool,
    /// Whether something was dropped since what waits was last written.
    has_dropped: bool,
}

/// Counts what a query reads. Never waits.
pub(crate) fn note_reads<L: Ledger>(ledger: &Arc<L>, record: ReadRecord) {
    let (principal, purpose) = (Arc::<str>::from(record.principal), record.purpose.map(Arc::from));
    let (at, day) = (record.at, record.at.date_naive());
    let mut waiting = ledger.tally().waiting.lock();
    for (port, columns) in record.ports {
        for column in std::iter::once(None).chain(columns.into_iter().map(Some)) {
            let (port, principal, purpose) = (port.clone(), Arc::clone(&principal), purpose.clone());
            let once = Times { queries: 1, first_at: at, last_at: at };
            waiting.count(Reads { port, column, principal, purpose, day }, once);
        }
    }
    start(ledger, &mut waiting);
}

/// Notes a query that has ended. Never waits.
pub(crate) fn note_query<L: Ledger>(ledger: &Arc<L>, query: QueryRecord) {
    let mut waiting = ledger.tally().waiting.lock();
    if waiting.queries.len() < WAITING_MAX {
        waiting.queries.push_back(query);
    } else {
        waiting.refuse("queries", 1);
    }
    start(ledger, &mut waiting);
}

/// Writes what waits.
///
/// # Errors
///
/// Trouble with the database; what was not written waits on.
pub(crate) async fn flush<L: Ledger>(ledger: &L) -> Result<(), CatalogError> {
    let tally = ledger.tally();
    let _writing = tally.writing.lock().await;
    let (mut reads, mut queries) = tally.waiting.lock().take();
    while !(reads.is_empty() && queries.is_empty()) {
        let (later_reads, later_queries) =
            (reads.split_off(reads.len().min(BATCH_MAX)), queries.split_off(queries.len().min(BATCH_MAX)));
        if let Err(error) = ledger.write(&reads, &queries).await {
            reads.extend(later_reads);
            queries.extend(later_queries);
            tally.waiting.lock().put_back(reads, queries);
            return Err(error);
        }
        (reads, queries) = (later_reads, later_queries);
    }
    Ok(())
}

/// Outside of a runtime nobody writes; whoever adds the next within one does.
fn start<L: Ledger>(ledger: &Arc<L>, waiting: &mut Waiting) {
    let Ok(runtime) = Handle::try_current() else { return };
    if std::mem::replace(&mut waiting.is_awaited, true) {
        return;
    }
    let ledger = Arc::clone(ledger);
    runtime.spawn(async move {
        tokio::time::sleep(GATHERED_FOR).await;
        if let Err(error) = flush(ledger.as_ref()).await {
            tracing::error!(%error, "what was read cannot be recorded; it is kept for later");
        }
    });
}

impl Waiting {
    fn count(&mut self, reads: Reads, times: Times) {
        if let Some(known) = self.reads.get_mut(&reads) {
            known.queries += times.queries;
            known.first_at = known.first_at.min(times.first_at);
            known.last_at = known.last_at.max(times.last_at);
        } else if self.reads.len() < WAITING_MAX {
            self.reads.insert(reads, times);
        } else {
            self.refuse("reads", times.queries);
        }
    }

    /// Whoever adds something from now on has to see to it that it is written.
    fn take(&mut self) -> (Vec<(Reads, Times)>, Vec<QueryRecord>) {
        (self.is_awaited, self.has_dropped) = (false, false);
        (std::mem::take(&mut self.reads).into_iter().collect(), std::mem::take(&mut self.queries).into())
    }

    fn put_back(&mut self, reads: Vec<(Reads, Times)>, queries: Vec<QueryRecord>) {
        reads.into_iter().for_each(|(reads, times)| self.count(reads, times));
        let since = std::mem::take(&mut self.queries);
        self.queries = queries.into();
        self.queries.extend(since);
        let excess = self.queries.len().saturating_sub(WAITING_MAX);
        if excess > 0 {
            self.queries.truncate(WAITING_MAX);
            self.refuse("queries", excess as u64);
        }
    }

    fn refuse(&mut self, what: &'static str, count: u64) {
        metrics::counter!("weft_usage_dropped_total", "what" => what).increment(count);
        if !std::mem::replace(&mut self.has_dropped, true) {
            tracing::error!(what, "usage is dropped: too much waits to be written");
        }
    }
}

#[cfg(test)]
mod tests;
