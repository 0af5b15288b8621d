//! Object stores and Delta tables: open at a version, scan, write through the gate, prove the store.
//!
//! The only crate that names deltalake and object_store. Whoever wants to write a table hands over a
//! [`CommitJudge`]; there is no way to write one without.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod around;
mod certificate;
mod circuit;
mod copy;
mod create;
mod error;
mod failed_upload;
mod fault;
mod fence;
mod files;
mod first_rows;
mod foreign_table;
mod gate;
mod hand_on;
mod intervals;
mod kept;
mod kept_source;
mod listing;
mod lost;
mod lying;
mod marks;
mod named_file;
mod newest;
mod patch;
mod probe;
mod prune;
mod release;
mod scan;
mod seen;
mod stage;
mod statistics;
mod superseded;
mod table;
mod told;
mod types;
mod unanswered;
mod vacuum;
mod warehouse;
mod whole;
mod write;

pub use copy::CopiedObject;
pub use error::StorageError;
pub use failed_upload::is_of_failed_upload;
pub use files::{FileKind, SourceLimits, file_table, memory_table, source_table};
pub use gate::{Candidate, CommitJudge, Finding, Unjudged, Verdict};
pub use listing::{Listing, SourceFile, list_source};
pub use lost::Lost;
pub use marks::{ERASURE_MARK, FILE_MARK, INTERVAL_MARK};
pub use named_file::damaged_file;
pub use patch::{Change, FilePatch};
pub use scan::scan;
pub use stage::Layout;
pub use table::{Committed, TableFile, TableVersion};
pub use types::{arrow_field, arrow_schema, arrow_type, nullable_schema};
pub use unanswered::is_unanswered;
pub use vacuum::Vacuumed;
pub use warehouse::Warehouse;
pub use write::{CommitNote, TableChange, Written};
