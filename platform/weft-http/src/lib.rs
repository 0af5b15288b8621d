//! The HTTP door: REST over the catalog, SQL, health and metrics.
//!
//! [`router`] is the map of it. Handlers are two lines: ask the catalog as the caller, say it in
//! the words of `weft-wire`. Whatever is not answered is a problem response with a code and the
//! request's trace id.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod asked;
mod backfill;
mod caller;
mod check_reports;
mod checks;
mod doors;
mod erase;
mod health;
mod hooks;
mod lineage;
mod me;
mod problem;
mod products;
mod releases;
mod router;
mod runs;
mod sql;
mod sql_format;
mod sql_rows;
mod sql_values;
mod to_wire;
mod trace;

pub use doors::Doors;
pub use router::router;

#[cfg(test)]
mod tests;
