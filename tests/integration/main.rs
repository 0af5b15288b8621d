//! What holds across crates: the demo's manifests, a commit becoming tables, who may see what, and
//! which crate uses which.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod architecture;
mod asking;
mod backfills;
mod checks;
mod demo;
mod domains;
mod doors;
mod erasures;
mod gate;
mod guarded;
mod hostile;
mod increments;
mod known_plans;
mod lineage;
mod memory;
mod meshes;
mod monitoring;
mod noise;
mod point_in_time;
mod reconciling;
mod registry;
mod releases;
mod requests;
mod retirement;
mod rosters;
mod schedules;
mod tickets;
mod tidying;
mod traffic;
mod two_worlds;
mod unread;
mod usage;
mod versions;
mod wire;
