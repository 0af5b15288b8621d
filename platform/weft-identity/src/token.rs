//! Signed tokens: EdDSA JWTs of ours, and nothing else.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use jsonwebtoken::crypto::rust_crypto;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{IdentityError, key};

/// The longest life of a token.
pub const TTL_MAX: Duration = Duration::days(30);

const ISSUER: &str = "weft";
const AUDIENCE: &str = "weft";
/// How far the clock of whoever signed may run ahead of ours.
const CLOCK_SKEW: Duration = Duration::seconds(30);
const TOKEN_BYTES_MAX: usize = 4096;
const NAME_BYTES_MAX: usize = 128;
/// So many tokens are known to be signed at most.
const SIGNED_MAX: u64 = 10_000;

/// What a token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaims {
    /// Name of a principal. Whether there (still) is one is for the [`crate::Directory`] to say.
    pub name: String,
    pub issued_at: DateTime<Utc>,
    /// The first instant at which the token is no longer valid.
    pub expires_at: DateTime<Utc>,
    /// Differs from token to token: names this one in logs.
    pub id: String,
}

/// Signs tokens with the key of this home.
///
/// `Debug` shows the key's thumbprint, never the key.
#[derive(Clone)]
pub struct TokenSigner {
    key: EncodingKey,
    verifier: TokenVerifier,
}

impl TokenSigner {
    /// Opens the key in `keys_directory`, making it on the first start.
    ///
    /// # Errors
    ///
    /// If the key cannot be read or made, is damaged (it is then not replaced) or may be read by
    /// others than its owner.
    pub fn open_or_create(keys_directory: &Path) -> Result<Self, IdentityError> {
        TokenSigner::new(&key::open_or_create(keys_directory)?)
    }

    /// A signer whose key lives in memory only: for a mesh that keeps nothing, and for tests.
    ///
    /// # Errors
    ///
    /// If the system gives no random numbers.
    pub fn ephemeral() -> Result<Self, IdentityError> {
        TokenSigner::new(&SigningKey::from_bytes(&key::random()?))
    }

    fn new(key: &SigningKey) -> Result<Self, IdentityError> {
        ensure_crypto();
        // Without the public half: a thumbprint is only made of the short form of a key.
        let pair = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
        let private = pair.to_pkcs8_der().map_err(|_| IdentityError::Signing)?;
        let public = DecodingKey::from_ed_der(key.verifying_key().as_bytes());
        let key = EncodingKey::from_ed_der(private.as_bytes());
        let key_id = Jwk::from_encoding_key(&key, Algorithm::EdDSA)
            .and_then(|jwk| jwk.thumbprint(ThumbprintHash::SHA256))
            .map_err(|_| IdentityError::Signing)?;
        Ok(TokenSigner { key, verifier: TokenVerifier { key: public, key_id, signed: Cache::new(SIGNED_MAX) } })
    }

    /// Makes a token for the principal called `name`, valid from `now` until `ttl` later, in whole
    /// seconds. Does not ask whether such a principal exists.
    ///
    /// # Errors
    ///
    /// If `ttl` is not between a second and [`TTL_MAX`], or `name` is no possible name.
    pub fn mint(&self, name: &str, ttl: Duration, now: DateTime<Utc>) -> Result<String, IdentityError> {
        if !is_name(name) {
            return Err(IdentityError::Name { name: name.to_owned() });
        }
        if ttl < Duration::seconds(1) || ttl > TTL_MAX {
            return Err(IdentityError::Lifetime { seconds: ttl.num_seconds() });
        }
        let issued = now.timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: name.to_owned(),
            iat: issued,
            nbf: issued,
            exp: issued.saturating_add(ttl.num_seconds()),
            jti: hex::encode(key::random::<16>()?),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.verifier.key_id.clone());
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(|_| IdentityError::Signing)
    }

    /// What believes the tokens of this signer.
    pub fn verifier(&self) -> TokenVerifier {
        self.verifier.clone()
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner").field("key_id", &self.verifier.key_id).finish_non_exhaustive()
    }
}

/// Believes the tokens of one key, and no others. Clones share what they know.
#[derive(Clone)]
pub struct TokenVerifier {
    key: DecodingKey,
    key_id: String,
    /// Tokens whose signature was seen to hold, by their digest: a client shows the same one with each call.
    signed: Cache<[u8; 32], Arc<Claims>>,
}

impl TokenVerifier {
    /// Checks `token` at the instant `now` and says what it proves.
    ///
    /// The algorithm is pinned to EdDSA and the key to ours, whatever the token's header asks for.
    /// The end of a token is exact; its beginning may lie up to 30 seconds ahead.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Refused`] for everything that does not hold, with one text for all.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<TokenClaims, IdentityError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(IdentityError::refused("the token is too long"));
        }
        let digest = Sha256::digest(token).into();
        if let Some(claims) = self.signed.get(&digest) {
            return claims.at(now);
        }
        let claims = Arc::new(self.claims(token)?);
        let proved = claims.at(now)?;
        self.signed.insert(digest, claims);
        Ok(proved)
    }

    /// Whether the signature of `token` was seen to hold before.
    pub(crate) fn is_believed(&self, token: &str) -> bool {
        self.signed.contains_key::<[u8; 32]>(&Sha256::digest(token).into())
    }

    /// What the token claims, once its signature is seen to hold.
    fn claims(&self, token: &str) -> Result<Claims, IdentityError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| IdentityError::refused("not a token"))?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some("JWT") || header.crit.is_some() {
            return Err(IdentityError::refused("the token's header is not one of ours"));
        }
        // The thumbprint is public, so the comparison need not hide where it ends.
        if header.kid.as_deref() != Some(self.key_id.as_str()) {
            return Err(IdentityError::refused("the token is signed with another key"));
        }
        jsonwebtoken::decode::<Claims>(token, &self.key, &validation())
            .map(|decoded| decoded.claims)
            .map_err(|_| IdentityError::refused("the token's signature or claims do not hold"))
    }
}

impl fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenVerifier").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

impl Claims {
    /// What these claims prove at `now`, once the signature is known to hold.
    fn at(&self, now: DateTime<Utc>) -> Result<TokenClaims, IdentityError> {
        let instant = |seconds| {
            DateTime::from_timestamp(seconds, 0).ok_or(IdentityError::refused("the token's times are out of range"))
        };
        let (issued_at, not_before, expires_at) = (instant(self.iat)?, instant(self.nbf)?, instant(self.exp)?);
        if self.iss != ISSUER || self.aud != AUDIENCE {
            return Err(IdentityError::refused("the token is for another service"));
        }
        if now >= expires_at {
            return Err(IdentityError::refused("the token has expired"));
        }
        if not_before - now > CLOCK_SKEW {
            return Err(IdentityError::refused("the token is not valid yet"));
        }
        if expires_at - not_before > TTL_MAX {
            return Err(IdentityError::refused("the token's life is too long"));
        }
        if !is_name(&self.sub) {
            return Err(IdentityError::refused("the token names no principal"));
        }
        Ok(TokenClaims { name: self.sub.clone(), issued_at, expires_at, id: self.jti.clone() })
    }
}

/// The library checks form, algorithm and signature; times are checked against the clock that is
/// passed, which the library cannot do.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// Has the library sign and check by the one implementation that is there. Fails if one is installed already, which serves as
/// well.
pub(crate) fn ensure_crypto() {
    let _ = rust_crypto::DEFAULT_PROVIDER.install_default();
}

pub(crate) fn is_name(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.@-".contains(&b);
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.bytes().all(legal)
}

#[cfg(test)]
mod tests;
