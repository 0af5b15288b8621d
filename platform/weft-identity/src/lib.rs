//! Credentials become a [`Principal`](weft_model::Principal), or nothing.
//!
//! A token of Weft's own proves a name and no more. What is known of that name (kind, groups, attributes) comes
//! from a [`Directory`] at the moment of the request, so taking someone out of a group works at
//! once and not when the token ends. A token of the identity provider may say more of a name that the directory
//! does not have, where the configuration believes it.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod authenticator;
mod browser_sessions;
mod error;
mod hook;
mod identity;
mod jwks;
mod key;
mod oidc;
mod provider_keys;
mod provider_tokens;
mod rates;
mod ticket_seal;
mod token;

pub use authenticator::{Authenticator, Directory, Proven};
pub use browser_sessions::{BrowserSession, BrowserSessions};
pub use error::{IdentityError, REFUSED};
pub use hook::{HookProof, HookSecret};
pub use identity::{ClaimSettings, FactClaims, Identity, NameClaim};
pub use oidc::{Oidc, OidcSettings, SignInBegun};
pub use provider_tokens::ProviderTokens;
pub use rates::RateSettings;
pub use ticket_seal::TicketSeal;
pub use token::{TTL_MAX, TokenClaims, TokenSigner, TokenVerifier};
