//! Work on many things at once, on as many threads as there are processors.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, available_parallelism};

/// Items that a thread takes at a time, and of which fewer are not worth a thread.
const STRETCH: usize = 8;
/// Planning SQL goes deep.
const STACK_BYTES: usize = 16 << 20;

/// What `work` makes of each of `items`, in their order.
///
/// Returns when all is done; a panic in `work` goes on in the caller. Blocks, so that async code calls it only where
/// it would have worked for as long itself.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_with(items, || (), |(), item| work(item))
}

/// As [`map`], with something that each thread makes for itself with `begin` and uses for all its items.
pub fn map_with<T: Sync, R: Send, S>(
    items: &[T],
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let threads = available_parallelism().map_or(1, usize::from).min(items.len().div_ceil(STRETCH));
    let taken = AtomicUsize::new(0);
    let stretches = || {
        let mut state = None;
        let mut done = Vec::new();
        loop {
            let start = taken.fetch_add(STRETCH, Ordering::Relaxed);
            let stretch = items.get(start..).unwrap_or_default();
            let stretch = stretch.get(..STRETCH).unwrap_or(stretch);
            if stretch.is_empty() {
                return done;
            }
            let state = state.get_or_insert_with(&begin);
            done.push((start, stretch.iter().map(|item| work(state, item)).collect::<Vec<R>>()));
        }
    };
    let mut done = thread::scope(|scope| {
        // Without a thread, as where the system has none left, the others do its part.
        let spawn = |_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, stretches).ok();
        let others: Vec<_> = (1..threads).filter_map(spawn).collect();
        let mut done = stretches();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, stretch)| stretch).collect()
}

/// What two works give, done at the same time.
///
/// Returns when both are done; a panic in one goes on in the caller. Blocks as [`map`] does.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// Drops `value` on a thread of its own: taking apart what was read from thousands of files takes long, and nobody
/// has to wait for it.
pub fn drop_later(value: impl Send + 'static) {
    drop(thread::Builder::new().spawn(move || drop(value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_items() {
        for count in [0, 1, STRETCH, 1_000] {
            let items: Vec<usize> = (0..count).collect();
            let expected: Vec<usize> = items.iter().map(|n| n * n).collect();
            assert_eq!(map(&items, |n| n * n), expected);
        }
    }

    #[test]
    fn a_panic_goes_on_in_the_caller() {
        let items: Vec<usize> = (0..1_000).collect();
        let outcome = std::panic::catch_unwind(|| map(&items, |n| assert_ne!(*n, 777)));
        assert!(outcome.is_err());
    }
}
