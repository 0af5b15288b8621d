//! The one binary as a library: command line, configuration, assembly and lifecycle.
//!
//! [`Mesh::start`](running::Mesh::start) in [`assemble`] is the wiring diagram. Tests start a mesh
//! in their own process through it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod assemble;
mod backup;
pub mod cli;
pub mod clock;
pub mod config;
mod doctor;
pub mod environment;
pub mod handed;
pub mod home;
mod lifecycle;
mod listening;
mod log;
mod lone;
mod mask_key;
mod mesh_folder;
mod notes;
mod numbers;
pub mod pages;
pub mod render;
pub mod running;
pub mod scaffold;
pub mod settings;
pub mod start_error;
pub mod tls;
pub mod traces;

pub use running::{Begun, Mesh};
pub use settings::Settings;
pub use start_error::StartError;
