//! The HTTP door: REST over the catalog, SQL, the pages of the catalog, health and metrics.
//!
//! [`router`] is the map of it. Handlers are two lines: ask the catalog as the caller, say it in
//! the words of `weft-wire`. Whatever is not answered is a problem response with a code and the
//! request's trace id.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod asked;
mod assets;
mod backfill;
mod caller;
mod check_reports;
mod checks;
mod connect;
mod contract;
mod description;
mod doors;
mod erase;
mod etag;
mod events;
mod files;
mod health;
mod home;
mod hooks;
mod lineage;
mod me;
mod oidc;
mod openapi;
mod ops;
mod pages;
mod plan;
mod policies;
mod port_numbers;
mod problem;
mod products;
mod releases;
mod revisions;
mod router;
mod runs;
mod search;
mod seen;
mod sign_in;
mod site;
mod sql;
mod sql_format;
mod sql_rows;
mod sql_terms;
mod sql_values;
mod to_wire;
mod trace;
mod training_sets;

pub use caller::Peer;
pub use doors::Doors;
pub use router::router;
pub use site::Site;

#[cfg(test)]
mod tests;
