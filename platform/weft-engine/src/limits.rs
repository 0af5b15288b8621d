//! How much one query may take.

use std::time::Duration;

use crate::memory_guard;

/// Bounds on one query. What goes beyond gets an error that names the bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of SQL text.
    pub sql_bytes_max: usize,
    /// Tokens in the text.
    pub tokens_max: usize,
    /// Operators and words of SQL in the text, which is about how many expressions are computed.
    pub operators_max: usize,
    /// How many operators may stand on each other: chains of them overflow planners' stacks.
    pub chain_max: usize,
    /// Values in one IN list.
    pub in_list_max: usize,
    /// `UNION`, `INTERSECT` and `EXCEPT` in the text.
    pub set_operations_max: usize,
    /// Tables in one FROM clause.
    pub joins_max: usize,
    /// Grouping sets of one GROUP BY.
    pub grouping_sets_max: usize,
    /// How often tables may stand in the query once its WITH names are written out.
    pub tables_written_out_max: usize,
    /// How large one column's expression may be once the columns in it are written out.
    pub column_written_out_max: usize,
    /// How deep operators may stand on each other once the columns in them are written out.
    pub levels_written_out_max: usize,
    /// Wall time of planning.
    pub planning_max: Duration,
    /// Wall time from the first row on.
    pub running_max: Duration,
    /// Bytes that operators may hold before they spill or fail.
    pub memory_bytes_max: usize,
    /// Bytes that operators may spill.
    pub spill_bytes_max: u64,
    /// Rows of the answer.
    pub result_rows_max: u64,
    /// Bytes of the answer.
    pub result_bytes_max: u64,
}

impl Default for Limits {
    /// For people and programs who ask a process that takes what memory the system gives it.
    fn default() -> Self {
        Limits::within(None)
    }
}

impl Limits {
    /// For people and programs who ask a process that may hold `memory_max` bytes; `None` is what the system gives it.
    /// One query may take half of that, unless others need it.
    pub fn within(memory_max: Option<u64>) -> Self {
        Limits {
            sql_bytes_max: 256 * 1024,
            tokens_max: 120_000,
            operators_max: 20_000,
            chain_max: 500,
            in_list_max: 50_000,
            set_operations_max: 256,
            joins_max: 128,
            grouping_sets_max: 64,
            tables_written_out_max: 2_000,
            column_written_out_max: 20_000,
            levels_written_out_max: 2_000,
            planning_max: Duration::from_secs(5),
            running_max: Duration::from_secs(300),
            memory_bytes_max: memory_guard::query_bytes(memory_max),
            spill_bytes_max: 20 << 30,
            result_rows_max: 50_000_000,
            result_bytes_max: 8 << 30,
        }
    }

    /// For transforms, which may take their time, and whose answer is a table.
    pub fn for_transforms() -> Self {
        Limits {
            planning_max: Duration::from_secs(60),
            running_max: Duration::from_secs(6 * 3600),
            memory_bytes_max: memory_guard::transforms_bytes(),
            result_rows_max: u64::MAX,
            result_bytes_max: u64::MAX,
            ..Limits::default()
        }
    }

    /// For unit tests of transforms, which have a handful of rows and run before every plan.
    pub fn for_tests() -> Self {
        Limits {
            running_max: Duration::from_secs(10),
            memory_bytes_max: 256 << 20,
            spill_bytes_max: 0,
            result_rows_max: 100_000,
            result_bytes_max: 64 << 20,
            ..Limits::default()
        }
    }
}
