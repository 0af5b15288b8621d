//! How long is waited for what.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Which part of a wait may be left out.
const LEFT_OUT_MAX: f64 = 0.2;

/// How events are tried, and tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long is waited at most after each try that failed; as many as there are tries but the first. Up to a fifth of it
    /// is left out at random, so that what failed together does not come back together.
    pub delays: Vec<Duration>,
    /// So long after it was found to be of concern an event is tried no more than once.
    pub longest: Duration,
    /// How long a receiver has for its answer, the connection and its own body among it.
    pub deadline: Duration,
    /// How many events are sent to one receiver at the same time, each of another product.
    pub at_once: usize,
    /// After so many failures in a row a receiver counts as down. At least 1.
    pub failures_max: u32,
    /// How often a receiver that is down is tried.
    pub probe_every: Duration,
    /// How often the outbox is looked at for what another node wrote; what this one writes is seen at once.
    pub look_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 6 * HOUR, 10 * HOUR];
        Pace {
            delays: seconds.map(Duration::from_secs).to_vec(),
            longest: Duration::from_secs(24 * HOUR),
            deadline: Duration::from_secs(20),
            at_once: 8,
            failures_max: 10,
            probe_every: Duration::from_secs(5),
            look_every: Duration::from_secs(1),
        }
    }
}

impl Pace {
    /// When an event that was tried `tries` times, and failed just now, is tried again; `None` if it is not. `jitter` is
    /// drawn from 0 to 1.
    pub(crate) fn again(
        &self,
        tries: u32,
        taken_at: DateTime<Utc>,
        now: DateTime<Utc>,
        jitter: f64,
    ) -> Option<DateTime<Utc>> {
        let delay = self.delays.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
        let is_over = now.signed_duration_since(taken_at).to_std().is_ok_and(|since| since >= self.longest);
        if is_over {
            return None;
        }
        let drawn = TimeDelta::from_std(delay.mul_f64(1.0 - LEFT_OUT_MAX * (1.0 - jitter.clamp(0.0, 1.0)))).ok()?;
        Some(now + drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::noon;

    #[test]
    fn an_event_is_tried_for_most_of_a_day_and_no_longer() {
        let pace = Pace::default();
        let all: Duration = pace.delays.iter().sum();
        assert!(all <= pace.longest && all.mul_f64(1.0 - LEFT_OUT_MAX) >= Duration::from_secs(18 * HOUR));
        let after = |hours: i64| noon() + TimeDelta::hours(hours);
        assert_eq!(pace.again(1, noon(), noon(), 1.0), Some(noon() + TimeDelta::seconds(5)));
        assert_eq!(pace.again(1, noon(), noon(), 0.0), Some(noon() + TimeDelta::seconds(4)));
        assert_eq!(pace.again(7, noon(), after(13), 0.5), Some(after(22)));
        assert_eq!(pace.again(8, noon(), after(23), 0.5), None);
        assert_eq!(pace.again(2, noon(), after(24), 0.5), None);
    }
}
