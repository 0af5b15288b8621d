//! The proof that governance does not leak.
//!
//! Two meshes are made from one seed. They have the same manifests, the same rules, and the same rows
//! as far as the asker may see them; hidden rows, masked values and hidden columns hold other data in
//! each, of the kind that makes expressions fail. Then queries are generated, run in both, and
//! everything that comes back is compared: rows, schemas, borders of batches, errors.
//!
//! Beside it, [`prove_access`]: who is told to see what, and who is told to gain and lose by a change, is what deciding one
//! by one comes to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod cases;
mod compare;
mod manifests;
mod query;
mod rows;
mod rules;
mod world;

pub use access::{AccessReport, prove_access};
pub use cases::{Pair, Plan, Report, prove};
