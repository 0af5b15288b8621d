//! For the suites in `tests/`: a mesh in this process, folders and repositories to feed it, a clock that stands
//! still, and a store that goes wrong on purpose.
//!
//! What goes wrong here is a failed test, so everything panics with a text that says what it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clock;
pub mod faults;
mod manifests;
mod mesh;
mod repository;

pub use clock::FixedClock;
pub use manifests::{Manifests, minimal_mesh};
pub use mesh::TestMesh;
pub use repository::Repository;
