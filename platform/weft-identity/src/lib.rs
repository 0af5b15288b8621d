//! Credentials become a [`Principal`](weft_model::Principal), or nothing.
//!
//! A token proves a name and no more. What is known of that name (kind, groups, attributes) comes
//! from a [`Directory`] at the moment of the request, so taking someone out of a group works at
//! once and not when the token ends.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod authenticator;
mod browser_sessions;
mod error;
mod hook;
mod key;
mod oidc;
mod ticket_seal;
mod token;

pub use authenticator::{Authenticator, Directory};
pub use browser_sessions::{BrowserSession, BrowserSessions};
pub use error::{IdentityError, REFUSED};
pub use hook::{HookProof, HookSecret};
pub use oidc::{NameClaim, Oidc, OidcSettings, SignInBegun};
pub use ticket_seal::TicketSeal;
pub use token::{TTL_MAX, TokenClaims, TokenSigner, TokenVerifier};
