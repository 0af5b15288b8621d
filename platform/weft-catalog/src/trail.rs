//! Decisions on their way to the record: written in batches, so that queries need not wait.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::decisions::DecisionRecord;
use crate::error::CatalogError;

/// Most records that wait; what comes on top is refused.
const WAITING_MAX: usize = 10_000;

/// Most records that one transaction writes.
const BATCH_MAX: usize = 1_000;

/// Longest time that a caller waits for its record to be on disk.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Where batches of records are written to.
pub(crate) trait Sink: Send + Sync + 'static {
    fn write(&self, records: &[DecisionRecord]) -> impl Future<Output = Result<(), CatalogError>> + Send;

    fn trail(&self) -> &Trail;
}

/// Records that wait to be written, in the order in which they came.
///
/// Whoever adds one sees to it that a task is writing; the task ends when none is left. When a batch
/// cannot be written its records stay at the head, to be tried again with the next that comes.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    records: usize,
    is_writing: bool,
}

#[derive(Debug)]
struct Waiting {
    records: Vec<DecisionRecord>,
    /// Hears whether they are on disk.
    told: Option<oneshot::Sender<bool>>,
}

/// Adds `records` without waiting. Those for which there is no room are written to the log whole.
pub(crate) fn note<S: Sink>(sink: &Arc<S>, records: Vec<DecisionRecord>) {
    if records.is_empty() {
        return;
    }
    if let Err(refused) = add(sink, Waiting { records, told: None }) {
        metrics::counter!("weft_audit_failures_total").increment(refused.records.len() as u64);
        for record in refused.records {
            tracing::error!(?record, "a decision cannot be recorded: too many wait to be written");
        }
    }
}

/// Adds `records` and waits until they, and all before them, are on disk.
pub(crate) async fn write<S: Sink>(sink: &Arc<S>, records: Vec<DecisionRecord>) -> Result<(), CatalogError> {
    let (told, hears) = oneshot::channel();
    let is_full = add(sink, Waiting { records, told: Some(told) }).is_err();
    let written = !is_full && matches!(tokio::time::timeout(WAIT_MAX, hears).await, Ok(Ok(true)));
    if !written {
        metrics::counter!("weft_audit_failures_total").increment(1);
        return Err(CatalogError::Unrecorded);
    }
    Ok(())
}

/// Gives back what there is no room for.
fn add<S: Sink>(sink: &Arc<S>, waiting: Waiting) -> Result<(), Waiting> {
    let mut queue = sink.trail().queue.lock();
    if queue.records + waiting.records.len() > WAITING_MAX {
        start(sink, &mut queue);
        return Err(waiting);
    }
    queue.records += waiting.records.len();
    queue.waiting.push_back(waiting);
    start(sink, &mut queue);
    Ok(())
}

fn start<S: Sink>(sink: &Arc<S>, queue: &mut Queue) {
    if !queue.is_writing {
        queue.is_writing = true;
        tokio::spawn(drain(Arc::clone(sink)));
    }
}

/// Writes until nothing waits, or a batch cannot be written.
async fn drain<S: Sink>(sink: Arc<S>) {
    let mut ended = Ended { sink: Arc::clone(&sink), is_orderly: false };
    while let Some(batch) = sink.trail().next_batch() {
        let records: Vec<DecisionRecord> = batch.iter().flat_map(|waiting| waiting.records.iter().cloned()).collect();
        let written = if records.is_empty() { Ok(()) } else { sink.write(&records).await };
        match written {
            Ok(()) => {
                for told in batch.into_iter().filter_map(|waiting| waiting.told) {
                    // Who no longer waits need not hear.
                    let _ = told.send(true);
                }
            }
            Err(error) => {
                metrics::counter!("weft_audit_failures_total").increment(records.len() as u64);
                tracing::error!(%error, records = records.len(), "decisions cannot be recorded; they are kept for later");
                sink.trail().put_back(batch);
                break;
            }
        }
    }
    ended.is_orderly = true;
}

/// Lets the next record start another task where this one ended by a panic.
struct Ended<S: Sink> {
    sink: Arc<S>,
    is_orderly: bool,
}

impl<S: Sink> Drop for Ended<S> {
    fn drop(&mut self) {
        if !self.is_orderly {
            self.sink.trail().queue.lock().is_writing = false;
        }
    }
}

impl Trail {
    /// The oldest that wait. Where none does, the task has to end: whoever comes next starts another.
    fn next_batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock();
        let mut batch = Vec::new();
        let mut records = 0;
        while let Some(next) = queue.waiting.front() {
            if !batch.is_empty() && records + next.records.len() > BATCH_MAX {
                break;
            }
            records += next.records.len();
            batch.extend(queue.waiting.pop_front());
        }
        queue.records = queue.records.saturating_sub(records);
        queue.is_writing = !batch.is_empty();
        (!batch.is_empty()).then_some(batch)
    }

    /// Keeps the records of a batch that failed, and tells all who wait for theirs. The task has to end.
    fn put_back(&self, batch: Vec<Waiting>) {
        let mut queue = self.queue.lock();
        for waiting in batch.into_iter().rev() {
            queue.records += waiting.records.len();
            queue.waiting.push_front(waiting);
        }
        for told in queue.waiting.iter_mut().filter_map(|waiting| waiting.told.take()) {
            let _ = told.send(false);
        }
        queue.waiting.retain(|waiting| !waiting.records.is_empty());
        queue.is_writing = false;
    }
}
