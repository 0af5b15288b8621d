//! How long work took, however it ended.

use std::time::Instant;

/// Records the time from its making to its drop.
pub(crate) struct Timed(Instant);

impl Timed {
    /// Of a reconcile, once nothing else changes what is served.
    pub(crate) fn reconcile() -> Self {
        Timed(Instant::now())
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        metrics::histogram!("weft_reconcile_seconds").record(self.0.elapsed().as_secs_f64());
    }
}
