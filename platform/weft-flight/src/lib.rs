//! Flight SQL onto the engine's sessions: credentials, handles, statements, metadata.
//!
//! The door decides nothing about access. It finds out who calls, keeps statements behind opaque
//! handles, and asks the engine anew each time one is used. The trait `FlightService` is implemented
//! directly, since whoever calls must be known before anything of a message is decoded.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod actions;
mod binding;
mod caller;
mod calls;
mod column_facts;
mod columns;
mod encoder;
mod encoding;
mod foreign_keys;
mod handles;
mod ingest;
mod like;
mod message;
mod metadata;
mod outflow;
mod portions;
mod rope;
mod rounds;
mod server_facts;
mod service;
mod serving;
mod session;
mod session_messages;
mod set_statement;
mod statements;
mod status;

pub use calls::Service;
pub use outflow::Body;
pub use rope::Rope;
pub use serving::serve;
