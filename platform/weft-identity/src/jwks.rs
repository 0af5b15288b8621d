//! The keys that an identity provider publishes, and what each of them may prove.

use std::sync::Arc;

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse, ThumbprintHash,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// What is believed at all: signatures by a key that signs and one that everybody may know. Never a secret that both
/// sides share, for whoever can check such a token can make one.
const RSA: [Algorithm; 6] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];
/// Keys of 2,048 to 8,192 bits, in characters of base64url: shorter ones can be broken, longer ones are slow to use.
const RSA_CHARACTERS: std::ops::RangeInclusive<usize> = 342..=1_366;
const EXPONENT_CHARACTERS_MAX: usize = 11;
/// So many keys of a provider are known at most.
const KEYS_MAX: usize = 64;

/// One key, for signatures that it can check.
#[derive(Debug)]
pub(crate) struct ProviderKey {
    id: Option<String>,
    // INVARIANT: not empty, and all fit the key.
    algorithms: Vec<Algorithm>,
    pub(crate) key: DecodingKey,
    /// Says which key it is, whatever the provider calls it.
    pub(crate) thumbprint: String,
}

/// The keys of a provider as it published them at some instant.
#[derive(Debug)]
pub(crate) struct KeySet {
    // INVARIANT: not empty.
    keys: Vec<Arc<ProviderKey>>,
}

/// What became of the search for a key.
#[derive(Debug)]
pub(crate) enum Found {
    Key(Arc<ProviderKey>),
    /// The set does not have it; a newer one may.
    Unknown,
    /// The set has it, and it is not for this algorithm, or nothing says which of several it is.
    Unfit,
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl KeySet {
    /// The keys in a document of JWK. Those of other kinds and uses are left out; `None` if no other is there.
    pub(crate) fn read(document: &[u8]) -> Option<Self> {
        let published: Published = serde_json::from_slice(document).ok()?;
        let keys = published.keys.into_iter().filter_map(|key| ProviderKey::read(serde_json::from_value(key).ok()?));
        let keys: Vec<_> = keys.take(KEYS_MAX).map(Arc::new).collect();
        (!keys.is_empty()).then_some(KeySet { keys })
    }

    /// The key called `id` for signatures by `algorithm`; without an `id`, the only one that there is for those.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Found {
        let fits = |key: &&Arc<ProviderKey>| key.algorithms.contains(&algorithm);
        let mut named = self.keys.iter().filter(|key| id.is_none() || key.id.as_deref() == id).peekable();
        if named.peek().is_none() {
            return Found::Unknown;
        }
        let mut fitting = named.filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Found::Key(Arc::clone(only)),
            _ => Found::Unfit,
        }
    }

    /// Whether a key with this thumbprint is among them.
    pub(crate) fn has(&self, thumbprint: &str) -> bool {
        self.keys.iter().any(|key| key.thumbprint == thumbprint)
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }
}

impl ProviderKey {
    fn read(jwk: Jwk) -> Option<Self> {
        let common = &jwk.common;
        let is_for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
            && common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let fitting: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa)
                if RSA_CHARACTERS.contains(&rsa.n.len()) && rsa.e.len() <= EXPONENT_CHARACTERS_MAX =>
            {
                &RSA
            }
            AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
                EllipticCurve::P256 => &[Algorithm::ES256],
                EllipticCurve::P384 => &[Algorithm::ES384],
                _ => &[],
            },
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
            _ => &[],
        };
        let is_named =
            |algorithm: &Algorithm| common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(*algorithm));
        let algorithms: Vec<_> = fitting.iter().copied().filter(is_named).collect();
        if !is_for_signatures || algorithms.is_empty() {
            return None;
        }
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).ok()?;
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(ProviderKey { id: jwk.common.key_id, algorithms, key, thumbprint })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn set(keys: Value) -> Option<KeySet> {
        KeySet::read(json!({"keys": keys}).to_string().as_bytes())
    }

    fn pair(more: Value) -> Value {
        let mut key = json!({"kty": "OKP", "crv": "Ed25519", "x": X});
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    #[test]
    fn a_key_is_for_what_its_kind_use_and_algorithm_allow() {
        crate::token::ensure_crypto();
        let fits = |key: Value, algorithm| {
            set(json!([key])).is_some_and(|set| matches!(set.find(Some("1"), algorithm), Found::Key(_)))
        };
        let rsa = |more: Value| {
            let mut key = json!({"kty": "RSA", "kid": "1", "n": "w".repeat(342), "e": "AQAB"});
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key
        };
        assert!(fits(pair(json!({"kid": "1"})), Algorithm::EdDSA));
        assert!(fits(pair(json!({"kid": "1", "use": "sig", "alg": "EdDSA", "key_ops": ["verify"]})), Algorithm::EdDSA));
        assert!(fits(rsa(json!({})), Algorithm::RS256) && fits(rsa(json!({})), Algorithm::PS512));
        assert!(!fits(rsa(json!({"alg": "RS256"})), Algorithm::PS256));
        for (key, algorithm) in [
            (pair(json!({"kid": "1", "use": "enc"})), Algorithm::EdDSA),
            (pair(json!({"kid": "1", "key_ops": ["sign"]})), Algorithm::EdDSA),
            (pair(json!({"kid": "1", "alg": "ES256"})), Algorithm::EdDSA),
            (pair(json!({"kid": "1", "alg": "unheard-of"})), Algorithm::EdDSA),
            (pair(json!({"kid": "1", "crv": "X25519"})), Algorithm::EdDSA),
            (pair(json!({"kid": "1"})), Algorithm::RS256),
            (rsa(json!({"n": "w".repeat(170)})), Algorithm::RS256),
            (rsa(json!({"n": "w".repeat(3_000)})), Algorithm::RS256),
            (rsa(json!({})), Algorithm::HS256),
            (json!({"kty": "oct", "kid": "1", "k": X}), Algorithm::HS256),
            (json!({"kty": "oct", "kid": "1", "k": X, "alg": "HS256"}), Algorithm::HS256),
        ] {
            assert!(!fits(key.clone(), algorithm), "{key} {algorithm:?}");
        }
    }

    #[test]
    fn a_key_without_a_name_is_found_where_it_is_the_only_one() {
        crate::token::ensure_crypto();
        let one = set(json!([pair(json!({}))])).unwrap();
        assert!(matches!(one.find(None, Algorithm::EdDSA), Found::Key(_)));
        assert!(matches!(one.find(Some("1"), Algorithm::EdDSA), Found::Unknown));
        let two = set(json!([pair(json!({"kid": "1"})), pair(json!({"kid": "2"}))])).unwrap();
        assert!(matches!(two.find(None, Algorithm::EdDSA), Found::Unfit));
        assert!(matches!(two.find(Some("2"), Algorithm::EdDSA), Found::Key(_)));
        assert!(matches!(two.find(Some("2"), Algorithm::RS256), Found::Unfit));
        assert!(matches!(two.find(Some("3"), Algorithm::EdDSA), Found::Unknown));
    }

    #[test]
    fn what_is_no_key_is_left_out_and_too_many_are_cut_off() {
        crate::token::ensure_crypto();
        let keys = set(json!([7, {}, {"kty": "new"}, pair(json!({"kid": "1"}))])).unwrap();
        assert_eq!(keys.len(), 1);
        for nothing in [json!([]), json!([7]), json!({})] {
            assert!(set(nothing.clone()).is_none(), "{nothing}");
        }
        assert!(KeySet::read(b"").is_none() && KeySet::read(b"{}").is_none());
        let many: Vec<_> = (0..200).map(|n| pair(json!({"kid": n.to_string()}))).collect();
        assert_eq!(set(json!(many)).unwrap().len(), KEYS_MAX);
    }
}
