//! Many runs, each a matter of its seed alone.

use std::env;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Seeds of a suite: `runs` of them unless `WEFT_CHAOS_RUNS` says how many, from `WEFT_CHAOS_SEED` or 1 on.
pub(crate) fn seeds(runs: u64) -> Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "how `make chaos` says how many")]
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("WEFT_CHAOS_SEED").unwrap_or(1);
    first..first + number("WEFT_CHAOS_RUNS").unwrap_or(runs)
}

/// Does `run` for each seed, on as many threads as there are processors, each run in a runtime of its own. Panics
/// with the seeds whose runs did.
pub(crate) fn for_each<F: Future<Output = ()>>(seeds: Range<u64>, run: impl Fn(u64) -> F + Sync) {
    let next = Arc::new(AtomicU64::new(seeds.start));
    let failed = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        break;
                    }
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    if catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(seed)))).is_err() {
                        failed.lock().unwrap().push(seed);
                    }
                    // What a process that died left waiting waits for ever.
                    runtime.shutdown_background();
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "seeds {failed:?} failed; one alone: WEFT_CHAOS_RUNS=1 WEFT_CHAOS_SEED={}", failed[0]);
}
