//! SQL for one principal over governed tables: the only place where anybody's SQL is planned.
//!
//! [`Session::query`] is the spine. [`Engine::load`], [`Engine::measure`], [`ContractPlanner`] and
//! [`try_query`] serve the reconciler: rows on their way in, checks of rows nobody may see yet, and SQL
//! planned against contracts, and run on the rows of its tests, before anything exists.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![expect(clippy::disallowed_methods, reason = "the engine is where plans run")]

mod admission;
mod again;
mod answer;
mod audit;
mod barrier;
mod bounds;
mod cardinality;
mod column_lineage;
mod contract_check;
mod describing;
mod engine;
mod entitlement;
mod error;
mod explain;
mod features;
mod following;
mod foreign;
mod functions;
mod gained;
mod governed;
mod history;
#[cfg(test)]
mod hostile;
mod information_schema;
mod intake;
mod join_order;
mod leak_proof;
mod limits;
mod long_values;
mod mask_values;
mod masks;
mod matches;
mod measure;
mod memory_guard;
mod merge;
mod namespace;
mod offending;
mod parameters;
mod pinned;
mod planning;
mod plans;
mod port_numbers;
mod portion;
mod predicate;
mod query_memory;
mod question;
mod reach;
mod read;
mod redacted;
mod result_cap;
mod rewritten;
mod row_by_row;
mod rule;
mod session;
mod share;
mod spoken;
mod statement;
mod stoppable;
mod system;
mod system_memory;
mod tables;
mod terms;
mod told_by_log;
mod trial;
mod uploads;
mod value_test;
mod verify;
mod view;
mod without_rows;
mod written_out;

pub use answer::Answer;
pub use audit::AppliedTerms;
pub use contract_check::{ContractPlanner, ContractQueryShape, QueryShape, SqlProblem};
pub use engine::{Engine, Parts};
pub use error::QueryError;
pub use foreign::{ForeignRows, foreign_rows};
pub use gained::Gained;
pub use intake::{Intake, UnreadableFile};
pub use limits::Limits;
pub use mask_values::MaskKey;
pub use measure::{Beside, Found, Measurable, Measured, Unmeasured};
pub use memory_guard::{kept_bytes, resident_bytes};
pub use merge::DELETED;
pub use parameters::Parameters;
pub use pinned::{Pinned, PinnedService};
pub use portion::Portion;
pub use reach::Reach;
pub use redacted::Redacted;
pub use rewritten::Rewritten;
pub use session::{Description, Session, SessionOptions};
pub use tables::TableEntry;
pub use trial::try_query;
pub use weft_catalog::ForeignKey;
