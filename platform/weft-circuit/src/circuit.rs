//! The law as callers share it and operators see it.

use std::fmt;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::Breaker;

/// Longest time that one probe of [`Circuit::until_it_answers`] takes.
const PROBE_MAX: Duration = Duration::from_secs(3);

/// Whether one target is asked. Its state is `weft_circuit_open` at `/metrics`, and its turns are in the log.
#[derive(Debug)]
pub struct Circuit {
    target: &'static str,
    probe_every: Duration,
    breaker: Mutex<Breaker>,
}

impl Circuit {
    /// A closed one for the target of that name, under which it is shown. Several circuits may have one name: how many of
    /// them are open is shown.
    pub fn new(target: &'static str, failures_max: u32, probe_every: Duration) -> Self {
        gauge(target).increment(0.0);
        Circuit { target, probe_every, breaker: Mutex::new(Breaker::new(failures_max, probe_every)) }
    }

    /// Whether the target counts as down.
    pub fn is_open(&self) -> bool {
        self.breaker.lock().is_open()
    }

    /// Whether a caller may ask now. While it is open one may each `probe_every`, and has to note what came of it.
    pub fn enters(&self) -> bool {
        self.breaker.lock().enters(Instant::now())
    }

    /// Notes an answer, which closes it.
    pub fn note_success(&self) {
        let mut breaker = self.breaker.lock();
        let was_open = breaker.is_open();
        breaker.note_success();
        if was_open {
            gauge(self.target).decrement(1.0);
            tracing::info!(asked = self.target, "what did not answer answers again");
        }
    }

    /// Notes that `reason` was all the answer. Says whether it is open from here on and was not before.
    pub fn note_failure(&self, reason: &dyn fmt::Display) -> bool {
        let mut breaker = self.breaker.lock();
        let was_open = breaker.is_open();
        breaker.note_failure(Instant::now());
        let opens = !was_open && breaker.is_open();
        if opens {
            gauge(self.target).increment(1.0);
            tracing::error!(asked = self.target, %reason, "it does not answer, and is not asked until it does");
        }
        opens
    }

    /// Asks `answers` each `probe_every`, for three seconds at most, until it says yes, and closes. For circuits that callers
    /// do not [enter](Self::enters) while they are open: whoever opened it has this run.
    pub async fn until_it_answers<A>(&self, answers: impl Fn() -> A)
    where
        A: Future<Output = bool>,
    {
        loop {
            tokio::time::sleep(self.probe_every).await;
            if matches!(tokio::time::timeout(PROBE_MAX, answers()).await, Ok(true)) {
                return self.note_success();
            }
        }
    }
}

impl Drop for Circuit {
    fn drop(&mut self) {
        if self.breaker.get_mut().is_open() {
            gauge(self.target).decrement(1.0);
        }
    }
}

fn gauge(target: &'static str) -> metrics::Gauge {
    metrics::gauge!("weft_circuit_open", "target" => target)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn it_is_asked_until_it_answers_and_closes_once() {
        let circuit = Circuit::new("test", 2, Duration::from_millis(1));
        assert!(!circuit.note_failure(&"refused") && !circuit.is_open());
        assert!(circuit.note_failure(&"refused") && circuit.is_open());
        assert!(!circuit.note_failure(&"refused"), "it was open already");
        let asked = AtomicU32::new(0);
        let third = || std::future::ready(asked.fetch_add(1, Ordering::SeqCst) == 2);
        circuit.until_it_answers(third).await;
        assert!(!circuit.is_open() && circuit.enters());
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }
}
