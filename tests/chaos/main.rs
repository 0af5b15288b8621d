//! What a mesh is left with when stores fail, processes die and writers race: no row lost, none doubled, no version
//! missing, and no release seen by halves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bodies;
mod broken;
mod catalogs;
mod counted;
mod crashes;
mod delta;
mod disk;
mod fencing;
mod full;
mod hindered;
mod logs;
mod process;
mod puts;
mod racing;
mod scenario;
mod seeds;
mod sound;
