//! What changed, told to whoever asked to hear of it: events of the outbox as signed webhooks.
//!
//! Every change of state writes a row into the outbox of the catalog, in its own transaction. A [`Relay`] makes CloudEvents
//! of these rows and posts them, signed as Standard Webhooks has it, to each [`Webhook`] of the configuration: at least
//! once each, in order for each product, for a day at most. `platform/docs/events.md` says what receivers get.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod address;
mod backlog;
mod cloud_event;
mod counted;
mod error;
mod interest;
mod pace;
mod relay;
mod secret;
mod sender;
mod webhook;

pub use address::address;
pub use error::NoticeError;
pub use interest::Interest;
pub use pace::Pace;
pub use relay::{Parts, Relay};
pub use secret::{Secret, Secrets};
pub use webhook::Webhook;

#[cfg(test)]
mod tests;
