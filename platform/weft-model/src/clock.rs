//! Time as something that is passed in, so that tests decide what "now" is.

use std::fmt;

use chrono::{DateTime, Utc};

/// Tells the time. The binary passes the system's clock, tests a fixed one.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant. Callers must not assume that it never goes back.
    fn now(&self) -> DateTime<Utc>;
}
