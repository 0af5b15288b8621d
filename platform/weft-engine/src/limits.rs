//! How much one query may take.

use std::time::Duration;

/// Bounds on one query. What goes beyond gets an error that names the bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of SQL text.
    pub sql_bytes_max: usize,
    /// Operators (`AND`, `+`, `UNION`, …) in the text: long chains of them overflow planners' stacks.
    pub operators_max: usize,
    /// Tokens in the text.
    pub tokens_max: usize,
    /// Wall time of planning.
    pub planning_max: Duration,
    /// Wall time from the first row on.
    pub running_max: Duration,
    /// Bytes that operators may hold before they spill or fail.
    pub memory_bytes_max: usize,
    /// Bytes that operators may spill.
    pub spill_bytes_max: u64,
}

impl Default for Limits {
    /// For people and programs who ask.
    fn default() -> Self {
        Limits {
            sql_bytes_max: 256 * 1024,
            operators_max: 1_000,
            tokens_max: 120_000,
            planning_max: Duration::from_secs(10),
            running_max: Duration::from_secs(300),
            memory_bytes_max: 2 << 30,
            spill_bytes_max: 20 << 30,
        }
    }
}

impl Limits {
    /// For transforms, which may take their time.
    pub fn for_transforms() -> Self {
        Limits {
            planning_max: Duration::from_secs(60),
            running_max: Duration::from_secs(6 * 3600),
            memory_bytes_max: 4 << 30,
            ..Limits::default()
        }
    }
}
