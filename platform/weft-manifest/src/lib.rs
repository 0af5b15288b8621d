//! Manifests of one revision → [`Declared`] and diagnostics, and the sources of revisions.
//!
//! A product is an ODPS document and a contract an ODCS document, read by the native types of
//! [`odps`] and [`odcs`]. [`read`] never fails: it returns what it understood, and says of what it
//! did not understand where that stands and what to do about it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[macro_use]
mod form;

pub mod bitol;
pub mod compatibility;
pub mod domain_file;
pub mod features_file;
mod json_schema;
#[cfg(test)]
mod lossless;
mod mesh;
pub mod mesh_file;
pub mod odcs;
pub mod odps;
mod rules;
pub mod source;
pub mod test_file;
pub mod weft_properties;

pub use form::{Number, OrVariable, Scalar, resolved};
pub use json_schema::{SCHEMA_KINDS, schema};
pub use mesh::{read, read_apart, read_lone, read_with_outline};
