//! The functions on offer in SQL, and what is refused before a query is planned.

mod capped;
mod concat_operator;
mod gate;
mod list;
mod pattern;
mod rewrite;
mod series;
mod size;
mod types;

pub(crate) use gate::ensure_allowed;
pub(crate) use list::{grows, on_offer};
pub(crate) use series::is_series;
