//! What a mesh is left with when stores fail, processes die and writers race: no row lost, none doubled, no version
//! missing, and no release seen by halves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Suites are told how much to do by the environment, and tell what they did.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bodies;
mod broken;
mod catalogs;
mod crashes;
mod delta;
mod disk;
mod fencing;
mod full;
mod process;
mod puts;
mod racing;
mod scenario;
mod seeds;
mod sound;
