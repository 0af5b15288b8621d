//! SQL for one principal over governed tables: the only place where anybody's SQL is planned.
//!
//! [`Session::query`] is the spine. [`Engine::load`], [`Engine::measure`] and [`check_query`] serve
//! the reconciler: rows on their way in, checks of rows nobody may see yet, and SQL planned against
//! contracts before anything exists.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![expect(clippy::disallowed_methods, reason = "the engine is where plans run")]

mod answer;
mod barrier;
mod bounds;
mod contract_check;
mod engine;
mod error;
mod governed;
mod intake;
mod limits;
mod measure;
mod namespace;
mod parameters;
mod planning;
mod session;
mod statement;
mod system;
mod tables;
mod verify;
mod view;

pub use answer::Answer;
pub use contract_check::{QueryShape, SqlProblem, check_query};
pub use engine::{Engine, Parts};
pub use error::QueryError;
pub use intake::Intake;
pub use limits::Limits;
pub use parameters::Parameters;
pub use session::{Description, Session, SessionOptions};
pub use tables::TableEntry;
