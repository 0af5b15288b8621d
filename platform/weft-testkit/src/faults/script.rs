//! What goes wrong, and when.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use fastrand::Rng;
use object_store::path::Path;

/// What is asked of a store. Getting covers heads and ranges; an upload is counted when it begins and when it
/// completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    Put,
    Upload,
    Get,
    List,
    Delete,
    Copy,
}

/// One way in which a call goes wrong. What a fault cannot do to an operation it leaves alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing happens, and an error comes back.
    ErrorBefore,
    /// It happens, and an error comes back all the same.
    ErrorAfter,
    /// Other tasks go first, that many times.
    Delay(u32),
    /// Half of what was got comes back, without an error.
    Truncate,
    /// One bit of what was got is another: the one at this place, counted round the body.
    Flip(usize),
    /// A list lacks the object that was put last.
    StaleList,
    /// Nothing happens, and the store asks to come again later.
    Throttle,
    /// Nothing happens, and the disk is full.
    Full,
    /// The process is gone before it happens.
    DieBefore,
    /// It happens, and the process is gone before it hears so.
    DieAfter,
}

/// One call of a store.
#[derive(Clone, Debug)]
pub struct Call {
    /// Counts from 1, over all operations.
    pub number: u64,
    pub operation: Operation,
    pub path: Path,
}

impl Call {
    /// Whether the call is of that operation on a path that holds `fragment`.
    pub fn is(&self, operation: Operation, fragment: &str) -> bool {
        self.operation == operation && self.path.as_ref().contains(fragment)
    }
}

type Decide = dyn Fn(&Call) -> Option<Fault> + Send + Sync;

/// Decides for each call what goes wrong with it.
#[derive(Clone)]
pub struct Script(Arc<Decide>);

impl Script {
    /// Nothing goes wrong.
    pub fn sound() -> Self {
        Script::of(|_| None)
    }

    /// What `decide` says.
    pub fn of(decide: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Script(Arc::new(decide))
    }

    /// One fault, at the call of that number.
    pub fn at(number: u64, fault: Fault) -> Self {
        Script::of(move |call| (call.number == number).then_some(fault))
    }

    /// One fault, at the first call of `operation` on a path that holds `fragment`.
    pub fn first(operation: Operation, fragment: &'static str, fault: Fault) -> Self {
        let is_over = AtomicBool::new(false);
        Script::of(move |call| (call.is(operation, fragment) && !is_over.swap(true, Ordering::SeqCst)).then_some(fault))
    }

    /// One fault, at the call that has that number among those that `is_meant` says.
    pub fn nth(number: u64, fault: Fault, is_meant: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        let counted = AtomicU64::new(0);
        Script::of(move |call| {
            let is_it = is_meant(call) && counted.fetch_add(1, Ordering::SeqCst) + 1 == number;
            is_it.then_some(fault)
        })
    }

    /// The fault at each call of `operation` on a path that holds `fragment`.
    pub fn each(operation: Operation, fragment: &'static str, fault: Fault) -> Self {
        Script::of(move |call| call.is(operation, fragment).then_some(fault))
    }

    /// One of `faults` at about `percent` of the calls whose numbers are in `calls`. Which ones, and which fault, is
    /// a matter of `seed` and the call's number alone.
    pub fn seeded(seed: u64, percent: u8, calls: RangeInclusive<u64>, faults: &'static [Fault]) -> Self {
        Script::of(move |call| {
            let mut chance = Rng::with_seed(seed ^ call.number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let is_hit = calls.contains(&call.number) && chance.u8(0..100) < percent;
            if is_hit { chance.choice(faults).copied() } else { None }
        })
    }

    /// What goes wrong with the call.
    pub fn fault(&self, call: &Call) -> Option<Fault> {
        (self.0)(call)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}
