//! Whether a target counts as down, so that it is asked less often.

use std::time::{Duration, Instant};

/// Closed while a target answers; open after failures in a row, when it is tried now and then by one call alone.
#[derive(Debug)]
pub struct Breaker {
    failures_max: u32,
    probe_every: Duration,
    failures: u32,
    /// When it may be tried next; `None` while closed.
    opens_at: Option<Instant>,
}

impl Breaker {
    /// A closed one, which that many failures in a row open; from then on one call each `probe_every` tries.
    pub fn new(failures_max: u32, probe_every: Duration) -> Self {
        Breaker { failures_max: failures_max.max(1), probe_every, failures: 0, opens_at: None }
    }

    /// Whether the target counts as down.
    pub fn is_open(&self) -> bool {
        self.opens_at.is_some()
    }

    /// Whether one more call may be made while `under_way` are.
    pub fn lets_through(&self, now: Instant, under_way: usize) -> bool {
        self.opens_at.is_none_or(|at| at <= now && under_way == 0)
    }

    /// As [`lets_through`](Self::lets_through) with none under way, for callers that do not know of each other: while it is
    /// open, whoever is let through is the only one until `probe_every` has passed.
    pub fn enters(&mut self, now: Instant) -> bool {
        let lets_through = self.lets_through(now, 0);
        if lets_through && self.is_open() {
            self.opens_at = Some(now + self.probe_every);
        }
        lets_through
    }

    /// How long no call may be made; `None` while that does not depend on time.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        self.opens_at.map(|at| at.saturating_duration_since(now))
    }

    /// Notes an answer, which closes it.
    pub fn note_success(&mut self) {
        (self.failures, self.opens_at) = (0, None);
    }

    /// Notes a call that was not answered.
    pub fn note_failure(&mut self, now: Instant) {
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

    #[test]
    fn of_callers_who_do_not_know_of_each_other_one_tries_at_a_time() {
        let (now, pause) = (Instant::now(), Duration::from_secs(5));
        let mut breaker = Breaker::new(1, pause);
        assert!(breaker.enters(now) && breaker.enters(now));
        breaker.note_failure(now);
        assert!(!breaker.enters(now));
        assert!(breaker.enters(now + pause) && !breaker.enters(now + pause));
        assert!(breaker.enters(now + pause * 2), "whoever tried never told what came of it");
        breaker.note_success();
        assert!(breaker.enters(now) && breaker.enters(now));
    }
}
