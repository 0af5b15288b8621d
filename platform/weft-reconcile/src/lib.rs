//! A revision of the manifests becomes published tables: the sole writer of the mesh.
//!
//! [`Controller::reconcile`] is the spine. [`check`] and [`plan`] are its pure halves, which `weft
//! validate` and `weft plan` call too.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod apply;
mod as_published;
mod asked;
mod backfill;
mod beside;
mod breach;
mod build;
mod caught;
mod check;
mod compatible;
mod conform;
mod consumers;
mod contract_sql;
mod controller;
mod due;
mod environment;
mod erase;
mod error;
mod files;
mod fingerprint;
mod foretell;
mod hand_on;
mod held;
mod increment;
mod inherit;
mod judge;
mod known;
mod lead;
mod lineage;
mod monitor;
mod plan;
mod publish;
mod recover;
mod report;
mod retire;
mod review;
mod roll_back;
mod rule_lines;
mod sampled;
mod sources;
mod sql_check;
mod stale;
mod tidy;
mod timed;
mod traffic;
mod transform_tests;

pub use access::{AccessChange, AccessState, ChangeCause, PlannedOver, SimulateError, Simulated, access_changes};
pub use backfill::{BackfillError, Backfilled};
pub use check::{Checked, check};
pub use consumers::Consumer;
pub use contract_sql::check_apart;
pub use controller::{Controller, Parts};
pub use due::Waiting;
pub use environment::Environment;
pub use erase::{Erase, EraseError};
pub use error::ReconcileError;
pub use known::{Kept, Known};
pub use plan::{Change, Held, Plan, RefreshReason, Step, plan};
pub use report::{Outcome, OutcomeStatus, Progress, Report, Silent};
pub use review::{Refusal, Review, ReviewedChange, Verdict};
pub use roll_back::{Break, RollBack, RollBackError};
pub use rule_lines::{RuleLine, rule_lines};
pub use stale::Stale;
pub use transform_tests::{TestOutcome, TestVerdict, Tested, test};
