//! Time as a test wants it.

use std::sync::Mutex;

use chrono::{DateTime, Duration, Utc};
use weft_model::Clock;

/// Stands at one instant until it is moved.
#[derive(Debug)]
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    /// A clock at an instant in RFC 3339.
    pub fn at(instant: &str) -> Self {
        let instant = DateTime::parse_from_rfc3339(instant).expect("an instant in RFC 3339");
        FixedClock(Mutex::new(instant.to_utc()))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().expect("no test thread panicked") += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("no test thread panicked")
    }
}
