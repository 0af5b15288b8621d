//! Whether a receiver counts as down, so that it is asked less often.

use std::time::{Duration, Instant};

/// Closed while a receiver answers; open after failures in a row, when it is tried now and then by one event alone.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures_max: u32,
    probe_every: Duration,
    failures: u32,
    /// When it may be tried next; `None` while closed.
    opens_at: Option<Instant>,
}

impl Breaker {
    pub(crate) fn new(failures_max: u32, probe_every: Duration) -> Self {
        Breaker { failures_max: failures_max.max(1), probe_every, failures: 0, opens_at: None }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.opens_at.is_some()
    }

    /// Whether one more event may be sent while `under_way` are.
    pub(crate) fn lets_through(&self, now: Instant, under_way: usize) -> bool {
        self.opens_at.is_none_or(|at| at <= now && under_way == 0)
    }

    /// How long nothing may be sent; `None` while that does not depend on time.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        self.opens_at.map(|at| at.saturating_duration_since(now))
    }

    pub(crate) fn note_success(&mut self) {
        (self.failures, self.opens_at) = (0, None);
    }

    pub(crate) fn note_failure(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.failures_max {
            self.opens_at = Some(now + self.probe_every);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_open_it_and_one_success_closes_it() {
        let (now, pause) = (Instant::now(), Duration::from_secs(5));
        let mut breaker = Breaker::new(2, pause);
        breaker.note_failure(now);
        breaker.note_success();
        breaker.note_failure(now);
        assert!(!breaker.is_open() && breaker.lets_through(now, 7));
        breaker.note_failure(now);
        assert!(breaker.is_open() && !breaker.lets_through(now, 0));
        assert_eq!(breaker.wait(now), Some(pause));
        assert!(breaker.lets_through(now + pause, 0) && !breaker.lets_through(now + pause, 1), "one alone");
        breaker.note_failure(now + pause);
        assert!(!breaker.lets_through(now + pause, 0));
        breaker.note_success();
        assert!(!breaker.is_open() && breaker.lets_through(now, 7));
    }
}
