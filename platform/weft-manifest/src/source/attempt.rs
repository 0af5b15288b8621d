//! A question to a host that may never answer: asked on a thread of its own, and given up once nothing is heard for long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use gix::progress::{Count, Id, MessageLevel, NestedProgress, Progress, Step, StepShared, UNKNOWN, Unit};

/// How often is looked whether something was heard.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A question that is under way. Dropped, it is given up.
pub(super) struct Attempt<T> {
    answer: Receiver<T>,
    heard: Heard,
    /// How much had been heard when somebody last looked and there was more, and when that was.
    seen: (usize, Instant),
}

/// What came of waiting.
pub(super) enum Waited<T> {
    Answered(T),
    /// Nothing was heard for too long.
    Silent,
    /// It is worth to wait on.
    NotYet,
}

/// Counts whatever is heard of the host, as gix tells it: each part of the work by itself, since gix reckons with what
/// stands there.
#[derive(Clone, Default)]
pub(super) struct Heard {
    count: StepShared,
    parts: Arc<Mutex<Vec<StepShared>>>,
    is_given_up: Arc<AtomicBool>,
}

impl<T: Send + 'static> Attempt<T> {
    /// Asks. The thread keeps `alive` until it ends, which may be long after the question was given up.
    ///
    /// # Errors
    ///
    /// If there can be no further thread.
    pub(super) fn begin(alive: Arc<()>, ask: impl FnOnce(&Heard) -> T + Send + 'static) -> io::Result<Self> {
        let (tell, answer) = sync_channel(1);
        let heard = Heard::default();
        let hears = heard.clone();
        thread::Builder::new().name("git".to_owned()).spawn(move || {
            // Who gave up need not hear.
            let _ = tell.send(ask(&hears));
            drop(alive);
        })?;
        Ok(Attempt { answer, heard, seen: (0, Instant::now()) })
    }

    /// Waits for the answer until nothing has been heard for `silence_max`, and no longer than `patience`.
    pub(super) fn wait(&mut self, silence_max: Duration, patience: Option<Duration>) -> Waited<T> {
        let began = Instant::now();
        loop {
            match self.answer.recv_timeout(LOOK_EVERY.min(silence_max)) {
                Ok(answer) => return Waited::Answered(answer),
                Err(RecvTimeoutError::Disconnected) => return Waited::Silent,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let heard = self.heard.in_all();
            if heard != self.seen.0 {
                self.seen = (heard, Instant::now());
            }
            if self.seen.1.elapsed() >= silence_max {
                return Waited::Silent;
            }
            if patience.is_some_and(|patience| began.elapsed() >= patience) {
                return Waited::NotYet;
            }
        }
    }
}

impl<T> Drop for Attempt<T> {
    fn drop(&mut self) {
        self.heard.is_given_up.store(true, Ordering::SeqCst);
    }
}

impl Heard {
    /// Turns true once nobody waits any more.
    pub(super) fn is_given_up(&self) -> &AtomicBool {
        &self.is_given_up
    }

    /// Counts a part of the work.
    pub(super) fn part(&self) -> Heard {
        let part = Heard { count: StepShared::default(), ..self.clone() };
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&part.count));
        part
    }

    /// Another number than before where something was heard since.
    fn in_all(&self) -> Step {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().map(|count| count.load(Ordering::Relaxed)).fold(parts.len(), Step::wrapping_add)
    }
}

impl Count for Heard {
    fn set(&self, step: Step) {
        self.count.store(step, Ordering::Relaxed);
    }

    fn step(&self) -> Step {
        self.count.load(Ordering::Relaxed)
    }

    fn inc_by(&self, step: Step) {
        self.count.fetch_add(step, Ordering::Relaxed);
    }

    fn counter(&self) -> StepShared {
        Arc::clone(&self.count)
    }
}

impl Progress for Heard {
    fn init(&mut self, _max: Option<Step>, _unit: Option<Unit>) {}

    fn set_name(&mut self, _name: String) {}

    fn name(&self) -> Option<String> {
        None
    }

    fn id(&self) -> Id {
        UNKNOWN
    }

    fn message(&self, _level: MessageLevel, _message: String) {}
}

impl NestedProgress for Heard {
    type SubProgress = Heard;

    fn add_child(&mut self, _name: impl Into<String>) -> Heard {
        self.part()
    }

    fn add_child_with_id(&mut self, _name: impl Into<String>, _id: Id) -> Heard {
        self.part()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn who_says_nothing_is_given_up_and_who_says_something_is_waited_for() {
        let alive = Arc::new(());
        let (end, ends) = channel::<()>();
        let mut silent = Attempt::begin(Arc::clone(&alive), move |heard| {
            let _ = ends.recv();
            heard.is_given_up().load(Ordering::SeqCst)
        })
        .unwrap();
        assert!(matches!(silent.wait(Duration::from_secs(60), Some(Duration::ZERO)), Waited::NotYet));
        assert!(matches!(silent.wait(Duration::ZERO, None), Waited::Silent));
        assert_eq!(Arc::strong_count(&alive), 2, "its thread may hang for ever");
        drop(silent);
        end.send(()).unwrap();

        let (end, ends) = channel::<()>();
        let mut talks = Attempt::begin(Arc::clone(&alive), move |heard| {
            let part = heard.part();
            while ends.try_recv().is_err() {
                part.inc();
                thread::yield_now();
            }
            7
        })
        .unwrap();
        // Longer than it may be silent.
        assert!(matches!(talks.wait(Duration::from_millis(500), Some(Duration::from_secs(1))), Waited::NotYet));
        end.send(()).unwrap();
        assert!(matches!(talks.wait(Duration::from_secs(60), None), Waited::Answered(7)));
    }

    #[test]
    fn a_question_that_ends_without_an_answer_is_one_that_was_not_answered() {
        let mut ends = Attempt::<()>::begin(Arc::default(), |_| std::panic::resume_unwind(Box::new(()))).unwrap();
        assert!(matches!(ends.wait(Duration::from_secs(60), None), Waited::Silent));
    }
}
