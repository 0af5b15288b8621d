//! The form of a manifest: text → tree → typed document, with every problem at its place.

#[macro_use]
mod record;
mod document;
mod number;
mod reader;
mod spot;
mod variable;
pub(crate) mod yaml;

pub(crate) use document::{Document, Opened, SourceText, Step, open, read, text_of};
pub use number::Number;
pub use reader::Scalar;
pub(crate) use reader::{Field, FromNode, Reader, clipped, is_absent, json, key_of, listed, nearest};
pub(crate) use spot::Spot;
pub use variable::{OrVariable, resolved};
pub(crate) use variable::{Variable, Word, has_variable, is_variable_name, variables};
