//! Bearer tokens that an identity provider signed.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, Header, Validation};
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use weft_model::Clock;

use crate::identity::{ClaimSettings, Identity};
use crate::provider_keys::ProviderKeys;
use crate::{IdentityError, OidcSettings, token};

/// How far the clock of whoever signed may run ahead of ours.
const CLOCK_SKEW: Duration = Duration::seconds(30);
/// Providers put much into a token; more than this is no token.
pub(crate) const TOKEN_BYTES_MAX: usize = 16 << 10;
/// So many tokens are known to be signed at most.
const BELIEVED_MAX: u64 = 10_000;
/// What a token may call itself: others of the same provider, such as one that ends a session, are for other purposes.
const KINDS: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// Believes the tokens of one identity provider that are meant for this mesh, and no others.
pub struct ProviderTokens {
    issuer: String,
    audiences: Vec<String>,
    claims: ClaimSettings,
    keys: Arc<ProviderKeys>,
    /// Tokens whose signature was seen to hold, by their digest: a client shows the same one with each call.
    believed: Cache<[u8; 32], Arc<Believed>>,
    following: Option<JoinHandle<()>>,
}

/// What a token says, once its signature is seen to hold.
struct Believed {
    identity: Identity,
    not_before: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
    /// Of the key that it was signed with.
    thumbprint: String,
}

impl ProviderTokens {
    /// Tokens of the provider in `settings`. Nothing is asked of it before [`follow`](Self::follow) or the first token.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up, or the issuer is no URL.
    pub fn new(settings: &OidcSettings, clock: Arc<dyn Clock>) -> Result<Self, IdentityError> {
        token::ensure_crypto();
        Ok(ProviderTokens {
            issuer: settings.issuer.clone(),
            audiences: settings.audiences.clone(),
            claims: settings.claims.clone(),
            keys: Arc::new(ProviderKeys::new(settings.issuer.clone(), clock)?),
            believed: Cache::new(BELIEVED_MAX),
            following: None,
        })
    }

    /// The same, with keys that are asked for now, and from then on before they grow old. Must be called within a runtime.
    #[must_use]
    pub fn follow(mut self) -> Self {
        self.following = Some(self.keys.follow());
        self
    }

    /// Asks the provider for its keys, as `weft doctor` does: how many there are that signatures can be checked with.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Provider`] if it does not tell them, with why.
    pub async fn ask(&self) -> Result<usize, IdentityError> {
        self.keys.published_in_time().await.map(|keys| keys.len())
    }

    /// Whether `token` says that this provider made it. Proves nothing.
    pub(crate) fn claims_to_be_theirs(&self, token: &str) -> bool {
        #[derive(Deserialize)]
        struct Claimed {
            iss: String,
        }
        if token.len() > TOKEN_BYTES_MAX {
            return false;
        }
        let claimed = jsonwebtoken::dangerous::insecure_decode_claims::<Claimed>(token);
        claimed.is_ok_and(|claimed| claimed.iss == self.issuer)
    }

    /// Whether the signature of `token` was seen to hold before.
    pub(crate) fn is_believed(&self, token: &str) -> bool {
        self.believed.contains_key::<[u8; 32]>(&Sha256::digest(token).into())
    }

    /// Checks `token` at the instant `now`: whom it proves, and until when. Waits for the provider only where the token
    /// names a key that is not known.
    ///
    /// The end of a token is exact; its beginning may lie up to 30 seconds ahead. A token whose key the provider has
    /// withdrawn is refused, though it was believed before.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Refused`] for everything that does not hold, with one text for all; [`IdentityError::Provider`] if
    /// nothing can be said, for want of keys.
    pub(crate) async fn verify(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<(Identity, DateTime<Utc>), IdentityError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(IdentityError::refused("the token is too long"));
        }
        let digest = Sha256::digest(token).into();
        if let Some(believed) = self.believed.get(&digest)
            && self.keys.has(&believed.thumbprint)
        {
            return believed.at(now);
        }
        let believed = Arc::new(self.signed(token).await?);
        let proved = believed.at(now)?;
        self.believed.insert(digest, believed);
        Ok(proved)
    }

    /// What the token says, once its signature is seen to hold.
    async fn signed(&self, token: &str) -> Result<Believed, IdentityError> {
        // An algorithm that the library does not know, `none` among them, is no header to it.
        let header = jsonwebtoken::decode_header(token).map_err(|_| IdentityError::refused("not a token"))?;
        self.ensure_ours(&header)?;
        // Only the name of the key is taken from the header: addresses of keys, and keys, could be anybody's.
        let key = self.keys.find(header.kid.as_deref(), header.alg).await?;
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, &key.key, &validation(header.alg))
            .map_err(|_| IdentityError::refused("the token's signature does not hold"))?
            .claims;
        self.believed_of(&claims, key.thumbprint.clone()).map_err(IdentityError::refused)
    }

    fn ensure_ours(&self, header: &Header) -> Result<(), IdentityError> {
        let is_kind = |kind: &String| KINDS.contains(&kind.to_ascii_lowercase().as_str());
        if !header.typ.as_ref().is_none_or(is_kind) {
            return Err(IdentityError::refused("the token is of another kind than a bearer's"));
        }
        // What is critical must be understood, and none of it is.
        if header.crit.is_some() || header.enc.is_some() || header.zip.is_some() {
            return Err(IdentityError::refused("the token's header asks for more than a signature"));
        }
        Ok(())
    }

    fn believed_of(&self, claims: &Map<String, Value>, thumbprint: String) -> Result<Believed, &'static str> {
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return Err("the token is of another issuer");
        }
        let is_ours =
            |audience: &Value| audience.as_str().is_some_and(|text| self.audiences.iter().any(|ours| ours == text));
        let is_for_us = match claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.iter().any(is_ours),
            Some(audience) => is_ours(audience),
            None => false,
        };
        if !is_for_us {
            return Err("the token is for another audience");
        }
        // Such a token is good together with a proof of possession, which is not asked for here.
        if claims.contains_key("cnf") {
            return Err("the token is bound to a key of its bearer");
        }
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        if subject.is_empty() {
            return Err("the token has no subject");
        }
        let instant = |claim: &Value| DateTime::from_timestamp(seconds(claim)?, 0);
        let expires_at = claims.get("exp").and_then(instant).ok_or("the token does not say when it ends")?;
        let not_before = match claims.get("nbf") {
            None => None,
            Some(claim) => Some(instant(claim).ok_or("the token does not say when it begins")?),
        };
        Ok(Believed { identity: self.claims.read(claims)?, not_before, expires_at, thumbprint })
    }
}

impl Believed {
    fn at(&self, now: DateTime<Utc>) -> Result<(Identity, DateTime<Utc>), IdentityError> {
        if now >= self.expires_at {
            return Err(IdentityError::refused("the token has expired"));
        }
        if self.not_before.is_some_and(|begin| begin - now > CLOCK_SKEW) {
            return Err(IdentityError::refused("the token is not valid yet"));
        }
        Ok((self.identity.clone(), self.expires_at))
    }
}

impl Drop for ProviderTokens {
    fn drop(&mut self) {
        if let Some(following) = &self.following {
            following.abort();
        }
    }
}

impl fmt::Debug for ProviderTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderTokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// The library checks form, algorithm and signature; what is claimed is checked here, at the clock that is passed.
fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// Seconds since 1970, of which a token may hold parts.
fn seconds(claim: &Value) -> Option<i64> {
    let of_parts = || claim.as_f64().filter(|seconds| seconds.abs() < 1e12).map(|seconds| seconds.floor() as i64);
    claim.as_i64().or_else(of_parts)
}

#[cfg(test)]
mod tests;
