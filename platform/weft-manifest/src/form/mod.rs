//! The form of a manifest: text → tree → typed document, with every problem at its place.

#[macro_use]
mod record;
mod document;
mod reader;
pub(crate) mod yaml;

pub(crate) use document::{Document, Opened, SourceText, Step, open, read, text_of};
pub use reader::Scalar;
pub(crate) use reader::{Field, FromNode, Reader, clipped, is_absent, key_of, listed, nearest};
