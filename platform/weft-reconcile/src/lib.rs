//! A revision of the manifests becomes published tables: the sole writer of the mesh.
//!
//! [`Controller::reconcile`] is the spine. [`check`] and [`plan`] are its pure halves, which `weft
//! validate` and `weft plan` call too.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod apply;
mod build;
mod check;
mod conform;
mod controller;
mod environment;
mod error;
mod fingerprint;
mod judge;
mod plan;
mod publish;
mod recover;
mod report;
mod sql_check;

pub use check::{Checked, Kept, check};
pub use controller::{Controller, Parts};
pub use environment::Environment;
pub use error::ReconcileError;
pub use plan::{Change, Plan, RefreshReason, Step, plan};
pub use report::{Outcome, OutcomeStatus, Progress, Report, Silent};
