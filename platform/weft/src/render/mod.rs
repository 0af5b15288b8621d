//! What people and programs read: diagnostics with their source, tables, rows in five formats.
//!
//! Pure: text in, text out.

mod cells;
pub mod diagnostics;
pub mod reports;
pub mod rows;
pub mod table;
