use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::REFUSED;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn hour() -> Duration {
    Duration::hours(1)
}

fn signer() -> TokenSigner {
    TokenSigner::new(&SigningKey::from_bytes(&[7; 32])).unwrap()
}

fn good_claims() -> Value {
    let now = noon().timestamp();
    json!({"iss": "weft", "aud": "weft", "sub": "ana", "iat": now, "nbf": now, "exp": now + 3600, "jti": "1"})
}

fn good_header() -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(signer().verifier.key_id);
    header
}

/// A token with our own good signature over any header and claims.
fn signed(header: &Header, claims: &Value) -> String {
    jsonwebtoken::encode(header, claims, &signer().key).unwrap()
}

/// What a client sees must not tell one cause from another.
#[track_caller]
fn refused(token: &str) {
    let error = signer().verifier().verify(token, noon()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.code().as_str()), (REFUSED, "W0801"), "{}", error.reason());
}

#[test]
fn a_token_proves_the_name_it_was_made_for() {
    let token = signer().mint("ana", hour(), noon()).unwrap();
    let claims = signer().verifier().verify(&token, noon()).unwrap();
    assert_eq!(claims.name, "ana");
    assert_eq!((claims.issued_at, claims.expires_at), (noon(), noon() + hour()));
    assert_eq!(claims.id.len(), 32);
}

#[test]
fn no_two_tokens_are_alike() {
    let mint = || signer().mint("ana", hour(), noon()).unwrap();
    assert_ne!(mint(), mint());
}

#[test]
fn a_token_that_was_believed_is_judged_by_the_clock_each_time() {
    let verifier = signer().verifier();
    let token = signer().mint("ana", hour(), noon()).unwrap();
    for minutes in [0, 59, 30] {
        assert_eq!(verifier.verify(&token, noon() + Duration::minutes(minutes)).unwrap().name, "ana");
    }
    assert_eq!(verifier.verify(&token, noon() + hour()).unwrap_err().reason(), "the token has expired");
    assert_eq!(verifier.verify(&token, noon() - hour()).unwrap_err().reason(), "the token is not valid yet");
    let (start, end) = token.split_at(token.len() - 2);
    let other = if end == "AA" { "AQ" } else { "AA" };
    assert!(verifier.verify(&format!("{start}{other}"), noon()).is_err());
}

#[test]
fn the_end_is_exact_and_the_beginning_has_thirty_seconds_of_grace() {
    let token = signer().mint("ana", hour(), noon()).unwrap();
    let at = |seconds: i64| signer().verifier().verify(&token, noon() + Duration::seconds(seconds)).is_ok();
    assert!(at(3599) && !at(3600) && !at(1_000_000));
    assert!(at(-30) && !at(-31));
}

#[test]
fn a_life_is_one_second_to_thirty_days() {
    let mint = |ttl| signer().mint("ana", ttl, noon());
    assert!(mint(Duration::seconds(1)).is_ok() && mint(TTL_MAX).is_ok());
    for ttl in [Duration::zero(), Duration::seconds(-5), TTL_MAX + Duration::seconds(1), Duration::milliseconds(999)] {
        assert!(matches!(mint(ttl), Err(IdentityError::Lifetime { .. })));
    }
}

#[test]
fn what_cannot_be_a_name_gets_no_token() {
    for name in ["", "Ana", "ana ", "user:ana", "a\nb", &"a".repeat(129)] {
        assert!(matches!(signer().mint(name, hour(), noon()), Err(IdentityError::Name { .. })), "{name:?}");
    }
}

#[test]
fn no_algorithm_but_ours_is_believed() {
    let claims = good_claims();
    let with_algorithm = |alg| Header { alg, ..good_header() };

    // The public key as a shared secret: what a verifier that trusts the header falls for.
    let public = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let secret = EncodingKey::from_secret(public.as_bytes());
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        refused(&jsonwebtoken::encode(&with_algorithm(algorithm), &claims, &secret).unwrap());
    }

    // `{"alg":"none","typ":"JWT","kid":…}` needs the raw form, since the library has no such word.
    let good = signed(&good_header(), &claims);
    let payload = good.split('.').nth(1).unwrap();
    let signature = good.split('.').nth(2).unwrap();
    for head in ["eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJhbGciOiJOb25lIn0"] {
        refused(&format!("{head}.{payload}."));
        refused(&format!("{head}.{payload}.{signature}"));
        refused(&format!("{head}.{payload}"));
    }
}

#[test]
fn another_key_is_not_believed_whatever_it_calls_itself() {
    let stranger = TokenSigner::new(&SigningKey::from_bytes(&[8; 32])).unwrap();
    refused(&stranger.mint("ana", hour(), noon()).unwrap());
    refused(&jsonwebtoken::encode(&good_header(), &good_claims(), &stranger.key).unwrap());
}

#[test]
fn our_own_signature_over_a_foreign_header_is_not_believed() {
    refused(&signed(&Header { kid: None, ..good_header() }, &good_claims()));
    refused(&signed(&Header { kid: Some("other".to_owned()), ..good_header() }, &good_claims()));
    refused(&signed(&Header { typ: Some("at+jwt".to_owned()), ..good_header() }, &good_claims()));
    refused(&signed(&Header { crit: Some(vec!["exp".to_owned()]), ..good_header() }, &good_claims()));
}

#[test]
fn our_own_signature_over_odd_claims_is_not_believed() {
    assert!(signer().verifier().verify(&signed(&good_header(), &good_claims()), noon()).is_ok());
    let now = noon().timestamp();
    let odd = [
        ("iss", json!("other")),
        ("aud", json!("other")),
        ("aud", json!(["weft", "other"])),
        ("sub", json!("")),
        ("sub", json!("Ana")),
        ("exp", json!(now)),
        ("exp", json!("never")),
        ("exp", json!(i64::MAX)),
        ("exp", json!(now + 31 * 24 * 3600)),
        ("nbf", json!(now + 31)),
        ("nbf", json!(null)),
        ("groups", json!(["governance"])),
    ];
    for (claim, value) in odd {
        let mut claims = good_claims();
        claims[claim] = value;
        refused(&signed(&good_header(), &claims));
    }
    for claim in ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"] {
        let mut claims = good_claims();
        claims.as_object_mut().unwrap().remove(claim);
        refused(&signed(&good_header(), &claims));
    }
}

#[test]
fn what_is_no_token_at_all_is_refused() {
    for text in ["", ".", "..", "...", "a.b.c", "ana", "Bearer x", "\u{0}", "é.é.é", &"a.".repeat(5000)] {
        refused(text);
    }
}

#[test]
fn a_signer_shows_no_key_when_printed() {
    let shown = format!("{:?} {:?}", signer(), signer().verifier());
    assert!(shown.contains("key_id") && !shown.contains("07070707") && !shown.contains("[7, 7"), "{shown}");
}

proptest! {
    #[test]
    fn any_changed_byte_makes_a_token_worthless(place in 0usize..400, change in 1u8..=255) {
        let token = signer().mint("ana", hour(), noon()).unwrap();
        let mut bytes = token.into_bytes();
        let place = place % bytes.len();
        bytes[place] ^= change;
        if let Ok(text) = String::from_utf8(bytes) {
            refused(&text);
        }
    }

    #[test]
    fn any_text_is_answered(text in ".{0,200}") {
        refused(&text);
    }
}
