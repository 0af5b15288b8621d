//! Keeps the process below a ceiling of memory: past it, what is kept of data files goes, and then the newest query ends.
//!
//! Each query has a pool of its own for what sorts, joins and groups hold, and all pools have one bound. This watches what
//! no pool counts.

use std::sync::{Arc, LazyLock, Weak};
use std::time::Duration;

use crate::engine::Engine;
use crate::system_memory::system_bytes;

/// How often memory is looked at.
const EVERY: Duration = Duration::from_millis(100);
/// How long to wait for memory to come back before one more query ends.
const PATIENCE: Duration = Duration::from_millis(500);
/// One part in so many of what the process may take is for what is kept of data files.
const KEPT_SHARE: u64 = 4;
/// One part in so many is for one query.
const QUERY_SHARE: u64 = 2;
/// In eighths, what all queries may hold together.
const QUERIES_EIGHTHS: u64 = 5;
/// What one query may hold where the system does not tell its memory.
const QUERY_BYTES: u64 = 2 << 30;
/// What all transforms may hold together where there is as much.
const TRANSFORMS_BYTES: u64 = 4 << 30;
/// Memory is short one part in so many before the ceiling: much is taken between two looks.
const MARGIN: u64 = 16;
/// The part of what the process may have by the system that it takes, in per cent.
const SHARE_PERCENT: u64 = 80;

/// Watches until the engine is dropped. Does nothing where the system does not tell its memory.
pub(crate) async fn watch(engine: Weak<Engine>, ceiling_bytes: u64) {
    let ceiling_bytes = ceiling_bytes - ceiling_bytes / MARGIN;
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(engine) = engine.upgrade() else { return };
        let Some(resident) = resident_bytes() else { return };
        if resident <= ceiling_bytes {
            continue;
        }
        let forgotten = engine.parts.warehouse.forget_kept();
        if forgotten > 0 {
            tracing::warn!(resident, ceiling_bytes, forgotten, "memory is short: columns that were kept are forgotten");
            drop(engine);
            tokio::time::sleep(PATIENCE).await;
            continue;
        }
        let shed = engine.shed_newest();
        tracing::error!(resident, ceiling_bytes, shed = shed.as_deref(), "memory is short: the newest query ends");
        drop(engine);
        tokio::time::sleep(PATIENCE).await;
    }
}

impl Engine {
    /// Gives the memory of kept columns back, and then ends queries, the newest first, whenever the process holds more
    /// than `ceiling_bytes`; without one, more than four fifths of the memory that it may have. No query gets more once
    /// all hold five eighths of it. Stops with the engine.
    pub fn guard_memory(self: &Arc<Self>, ceiling_bytes: Option<u64>) {
        if let Some(ceiling) = ceiling_bytes.or(*DEFAULT_CEILING) {
            tracing::info!(ceiling_bytes = ceiling, "the process keeps to so much memory");
            self.all_queries.limit(usize::try_from(ceiling / 8 * QUERIES_EIGHTHS).unwrap_or(usize::MAX));
            tokio::spawn(watch(Arc::downgrade(self), ceiling));
        }
    }
}

/// How many bytes of data files a process may keep in memory: a quarter of `ceiling_bytes`, or of what it may have by
/// the system; 0 where that does not tell.
pub fn kept_bytes(ceiling_bytes: Option<u64>) -> u64 {
    ceiling_bytes.or(*DEFAULT_CEILING).map_or(0, |ceiling| ceiling / KEPT_SHARE)
}

/// How many bytes one query may hold: half of `ceiling_bytes`, or of what the process may have by the system.
pub(crate) fn query_bytes(ceiling_bytes: Option<u64>) -> usize {
    let bytes = ceiling_bytes.or(*DEFAULT_CEILING).map_or(QUERY_BYTES, |ceiling| ceiling / QUERY_SHARE);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// How many bytes all transforms may hold together: not more than the process may have by the system.
pub(crate) fn transforms_bytes() -> usize {
    let bytes = DEFAULT_CEILING.map_or(TRANSFORMS_BYTES, |ceiling| ceiling.min(TRANSFORMS_BYTES));
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Which of the queries ends: the one that began last. Each is told by its number, in order of
/// beginning, and whether it was told to end already.
pub(crate) fn newest<T>(running: impl IntoIterator<Item = (u64, bool, T)>) -> Option<T> {
    running
        .into_iter()
        .filter(|(_, is_ending, _)| !is_ending)
        .max_by_key(|(number, _, _)| *number)
        .map(|(_, _, query)| query)
}

/// Bytes of memory that the process holds now; nothing where the system does not tell.
pub fn resident_bytes() -> Option<u64> {
    parse_statm(&std::fs::read_to_string("/proc/self/statm").ok()?)
}

fn parse_statm(text: &str) -> Option<u64> {
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(4_096)
}

/// What the process may take where it is not told.
static DEFAULT_CEILING: LazyLock<Option<u64>> =
    LazyLock::new(|| system_bytes().map(|bytes| bytes / 100 * SHARE_PERCENT));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_that_began_last_ends_first() {
        assert_eq!(newest([(1, false, "a"), (3, false, "c"), (2, false, "b")]), Some("c"));
        assert_eq!(newest([(1, false, "a"), (3, true, "c"), (2, false, "b")]), Some("b"));
        assert_eq!(newest([(1, true, "a")]), None);
        assert_eq!(newest::<&str>([]), None);
    }

    #[test]
    fn a_query_may_take_half_of_what_the_process_may() {
        assert_eq!((query_bytes(Some(8 << 30)), kept_bytes(Some(8 << 30))), (4 << 30, 2 << 30));
    }

    #[test]
    fn the_systems_words_are_understood() {
        assert_eq!(parse_statm("1000 25 8 1 0 9 0\n"), Some(102_400));
        assert_eq!(parse_statm(""), None);
    }
}
