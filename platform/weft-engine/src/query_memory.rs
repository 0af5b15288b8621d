//! The memory that queries hold for what they sort, join and group.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::common::resources_datafusion_err;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use parking_lot::Mutex;

/// In eighths of a query's memory: until so much is taken, whoever can spill takes what it needs.
const FREE: usize = 5;
/// In eighths as well: what those who can spill share evenly from there on. The rest is for those who cannot.
const SHARED: usize = 2;

/// What all queries of a process hold together.
#[derive(Debug)]
pub(crate) struct AllQueries {
    bytes_max: AtomicUsize,
    held: AtomicUsize,
}

impl Default for AllQueries {
    fn default() -> Self {
        AllQueries { bytes_max: AtomicUsize::new(usize::MAX), held: AtomicUsize::new(0) }
    }
}

impl AllQueries {
    /// From now on no query gets more once all hold `bytes_max`.
    pub(crate) fn limit(&self, bytes_max: usize) {
        self.bytes_max.store(bytes_max, Ordering::Relaxed);
    }

    /// Bytes that are held now.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> bool {
        let most = self.bytes_max.load(Ordering::Relaxed);
        let after = |held: usize| held.checked_add(bytes).filter(|after| *after <= most);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).is_ok()
    }
}

/// The memory of one query.
///
/// Whatever asks for more than there is spills, if it can, and else fails. Sorts and groups, which can spill, take what
/// they need while much is free; where it gets short each has an even part, so that none is left without any. Nothing
/// that could stay in memory spills because of operators that hold little.
#[derive(Debug)]
pub(crate) struct QueryMemory {
    bytes_max: usize,
    all: Arc<AllQueries>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: usize,
    /// How many operators there are that can spill.
    spillers: usize,
}

impl QueryMemory {
    /// At most `bytes_max`, and no more than `all` leave.
    pub(crate) fn new(bytes_max: usize, all: Arc<AllQueries>) -> Self {
        QueryMemory { bytes_max, all, taken: Mutex::default() }
    }

    fn eighths(&self, count: usize) -> usize {
        self.bytes_max / 8 * count
    }

    /// Whether an operator that can spill may hold `own` bytes, when all hold `together`.
    fn may_hold(&self, own: usize, together: usize, spillers: usize) -> bool {
        together <= self.eighths(FREE) || own <= self.eighths(SHARED) / spillers.max(1)
    }
}

impl MemoryPool for QueryMemory {
    fn name(&self) -> &'static str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        if consumer.can_spill() {
            self.taken.lock().spillers += 1;
        }
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        if consumer.can_spill() {
            let mut taken = self.taken.lock();
            taken.spillers = taken.spillers.saturating_sub(1);
        }
    }

    fn grow(&self, _: &MemoryReservation, additional: usize) {
        self.taken.lock().bytes += additional;
        self.all.held.fetch_add(additional, Ordering::Relaxed);
    }

    fn shrink(&self, _: &MemoryReservation, less: usize) {
        self.taken.lock().bytes -= less;
        self.all.held.fetch_sub(less, Ordering::Relaxed);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut taken = self.taken.lock();
        let (own, together) = (reservation.size().saturating_add(additional), taken.bytes.saturating_add(additional));
        let consumer = reservation.consumer();
        let fits = together <= self.bytes_max
            && (!consumer.can_spill() || self.may_hold(own, together, taken.spillers))
            && self.all.take(additional);
        if !fits {
            return Err(resources_datafusion_err!("{} asks for {additional} bytes more: {self}", consumer.name()));
        }
        taken.bytes = together;
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.taken.lock().bytes
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes_max)
    }
}

impl fmt::Display for QueryMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a query that may hold {} bytes; all queries hold {}", self.bytes_max, self.all.held())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query's memory of 800 bytes, of 1,000 for all.
    fn memory() -> (Arc<dyn MemoryPool>, Arc<AllQueries>) {
        let all = Arc::new(AllQueries::default());
        all.limit(1_000);
        (Arc::new(QueryMemory::new(800, Arc::clone(&all))), all)
    }

    fn spiller(pool: &Arc<dyn MemoryPool>) -> MemoryReservation {
        MemoryConsumer::new("sort").with_can_spill(true).register(pool)
    }

    #[test]
    fn one_that_can_spill_takes_most_though_others_could_spill_too() {
        let (pool, _) = memory();
        let (one, _others) = (spiller(&pool), [spiller(&pool), spiller(&pool), spiller(&pool)]);
        one.try_grow(500).unwrap();
        assert!(one.try_grow(1).is_err());
    }

    #[test]
    fn where_memory_is_short_each_that_can_spill_has_an_even_part() {
        let (pool, _) = memory();
        let (one, other) = (spiller(&pool), spiller(&pool));
        one.try_grow(500).unwrap();
        other.try_grow(100).unwrap();
        assert!(other.try_grow(1).is_err());
        drop(one);
        other.try_grow(400).unwrap();
    }

    #[test]
    fn what_cannot_spill_takes_all_that_is_left() {
        let (pool, _) = memory();
        let (sort, join) = (spiller(&pool), MemoryConsumer::new("join").register(&pool));
        sort.try_grow(500).unwrap();
        join.try_grow(300).unwrap();
        assert!(join.try_grow(1).is_err());
    }

    #[test]
    fn queries_together_hold_no_more_than_all_may() {
        let (pool, all) = memory();
        let other: Arc<dyn MemoryPool> = Arc::new(QueryMemory::new(800, Arc::clone(&all)));
        let (join, next) = (MemoryConsumer::new("join").register(&pool), MemoryConsumer::new("next").register(&other));
        join.try_grow(800).unwrap();
        next.try_grow(200).unwrap();
        assert!(next.try_grow(1).is_err());
        drop(join);
        next.try_grow(600).unwrap();
        drop(next);
        assert_eq!((all.held(), pool.reserved(), other.reserved()), (0, 0, 0));
    }
}
