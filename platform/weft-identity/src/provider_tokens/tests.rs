//! What is believed and what is not, of a provider on loopback.

mod provider;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::EncodingKey;
use serde_json::json;
use weft_model::{AttributeValue, Principal, PrincipalKind};

use self::provider::{Answer, Hands, Key, Provider};
use super::*;
use crate::identity::FactClaims;
use crate::{Authenticator, Directory, NameClaim, REFUSED, TokenSigner};

fn settings(provider: &Provider) -> OidcSettings {
    OidcSettings {
        name: "House".to_owned(),
        issuer: provider.issuer.clone(),
        client_id: "weft".to_owned(),
        client_secret: None,
        audiences: vec!["weft".to_owned(), "https://mesh.example.org".to_owned()],
        claims: ClaimSettings::default(),
    }
}

fn tokens(provider: &Provider, clock: &Arc<Hands>) -> ProviderTokens {
    ProviderTokens::new(&settings(provider), clock.clone()).unwrap()
}

fn claims(provider: &Provider, clock: &Hands) -> Value {
    let now = clock.now().timestamp();
    json!({
        "iss": provider.issuer, "aud": "weft", "sub": "4711", "preferred_username": "ana",
        "iat": now, "nbf": now, "exp": now + 3600,
    })
}

fn with(claims: &Value, more: Value) -> Value {
    let mut claims = claims.clone();
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// A token with any header and any signature.
fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(signature))
}

/// A token with any header, which this key has signed as its own algorithm does.
fn signed(key: &Key, header: &Value, claims: &Value) -> String {
    let bare = forged(header, claims, b"");
    let message = bare.trim_end_matches('.');
    format!("{message}.{}", key.sign(message))
}

async fn reason(tokens: &ProviderTokens, clock: &Hands, token: &str) -> String {
    tokens.verify(token, clock.now()).await.map(|_| "believed".to_owned()).unwrap_or_else(|error| {
        if !matches!(error, IdentityError::Provider { .. }) {
            assert_eq!((error.to_string().as_str(), error.code().as_str()), (REFUSED, "W0801"));
        }
        error.reason()
    })
}

#[tokio::test]
async fn a_good_token_is_believed_whatever_of_the_allowed_it_is_signed_with() {
    let clock = Hands::at_noon();
    let keys = [Key::ed("ed", 1), Key::ec("ec"), Key::rsa("rsa")];
    let provider = Provider::with(&keys).await;
    let tokens = tokens(&provider, &clock);
    let good = claims(&provider, &clock);
    let [ed, ec, rsa] = &keys;
    for (token, what) in [
        (ed.token(Algorithm::EdDSA, &good), "EdDSA"),
        (ec.token(Algorithm::ES256, &good), "ES256"),
        (rsa.token(Algorithm::RS256, &good), "RS256"),
        (rsa.token(Algorithm::RS512, &good), "RS512"),
        (rsa.token(Algorithm::PS384, &good), "PS384"),
        (ed.token(Algorithm::EdDSA, &with(&good, json!({"aud": ["other", "https://mesh.example.org"]}))), "a list"),
        (ed.token(Algorithm::EdDSA, &with(&good, json!({"nbf": null, "iat": null}))), "no beginning"),
        (ed.token(Algorithm::EdDSA, &with(&good, json!({"nbf": clock.now().timestamp() + 30}))), "soon"),
        (ed.token(Algorithm::EdDSA, &with(&good, json!({"exp": clock.now().timestamp() as f64 + 9.5}))), "parts"),
        (signed(ed, &json!({"alg": "EdDSA", "kid": "ed", "typ": "at+JWT"}), &good), "an access token"),
        (signed(ed, &json!({"alg": "EdDSA"}), &good), "the only key that fits, without its name"),
        // Where keys lie is the provider's to say: what a header says of that is not even looked at.
        (
            signed(
                ed,
                &json!({"alg": "EdDSA", "kid": "ed", "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/"}),
                &good,
            ),
            "jku",
        ),
    ] {
        assert_eq!(reason(&tokens, &clock, &token).await, "believed", "{what}");
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn every_bad_token_is_refused_with_one_text() {
    let clock = Hands::at_noon();
    let (ed, ec, rsa) = (Key::ed("ed", 1), Key::ec("ec"), Key::rsa("rsa"));
    let provider = Provider::with(&[ed.clone(), ec.clone(), rsa.clone()]).await;
    let tokens = tokens(&provider, &clock);
    let (good, now) = (claims(&provider, &clock), clock.now().timestamp());
    let eddsa = json!({"alg": "EdDSA", "kid": "ed", "typ": "JWT"});
    let but = |more: Value| ed.token(Algorithm::EdDSA, &with(&good, more));
    let headed = |more: Value| signed(&ed, &with(&eddsa, more), &good);
    let hmac = |secret: &[u8], kid: &str, algorithm: Algorithm| {
        let mut header = Header::new(algorithm);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, &good, &EncodingKey::from_secret(secret)).unwrap()
    };
    let other = Key::ed("ed", 2);
    let token = ed.token(Algorithm::EdDSA, &good);
    let parts: Vec<&str> = token.split('.').collect();
    let tampered = format!(
        "{}.{}.{}",
        parts[0],
        URL_SAFE_NO_PAD.encode(with(&good, json!({"preferred_username": "omar"})).to_string()),
        parts[2]
    );
    let signature = "the token's signature does not hold";
    let unfit = "the token's algorithm is not one of its key";
    let table = [
        ("nothing", String::new(), "not a token"),
        ("words", "a.b.c".to_owned(), "not a token"),
        ("no algorithm", forged(&json!({"alg": "none"}), &good, b""), "not a token"),
        ("no algorithm, in capitals", forged(&json!({"alg": "NONE", "kid": "ed"}), &good, b""), "not a token"),
        ("no algorithm, and a signature", signed(&ed, &json!({"alg": "none", "kid": "ed"}), &good), "not a token"),
        ("an unheard-of algorithm", signed(&ed, &json!({"alg": "ES256K", "kid": "ed"}), &good), "not a token"),
        ("no signature", format!("{}.{}.", parts[0], parts[1]), signature),
        ("two parts", format!("{}.{}", parts[0], parts[1]), "not a token"),
        ("HMAC with the public key as secret", hmac(rsa.public_pem(), "rsa", Algorithm::HS256), unfit),
        ("HMAC with the published key as secret", hmac(ed.public_x().as_bytes(), "ed", Algorithm::HS256), unfit),
        (
            "HMAC with its bytes as secret",
            hmac(&URL_SAFE_NO_PAD.decode(ed.public_x()).unwrap(), "ed", Algorithm::HS512),
            unfit,
        ),
        ("an algorithm of another kind of key", signed(&ed, &json!({"alg": "RS256", "kid": "ed"}), &good), unfit),
        ("an algorithm of another curve", signed(&ec, &json!({"alg": "ES384", "kid": "ec"}), &good), unfit),
        ("the name of another key", signed(&ed, &json!({"alg": "ES256", "kid": "ec"}), &good), signature),
        ("another's key under a known name", other.token(Algorithm::EdDSA, &good), signature),
        ("a key in the header", signed(&other, &with(&eddsa, json!({"jwk": other.jwk()})), &good), signature),
        (
            "the address of another's keys",
            signed(&other, &with(&eddsa, json!({"jku": provider.issuer})), &good),
            signature,
        ),
        ("claims that were changed", tampered, signature),
        ("another issuer", but(json!({"iss": "https://other.example.org"})), "the token is of another issuer"),
        (
            "an issuer that begins alike",
            but(json!({"iss": format!("{}/", provider.issuer)})),
            "the token is of another issuer",
        ),
        ("a list of issuers", but(json!({"iss": [provider.issuer]})), "the token is of another issuer"),
        ("no issuer", but(json!({"iss": null})), "the token is of another issuer"),
        ("another audience", but(json!({"aud": "billing"})), "the token is for another audience"),
        ("other audiences", but(json!({"aud": ["billing", "weft2", 7]})), "the token is for another audience"),
        ("no audience", but(json!({"aud": null})), "the token is for another audience"),
        ("no audience at all", but(json!({"aud": []})), "the token is for another audience"),
        ("expired", but(json!({"exp": now - 1})), "the token has expired"),
        ("expired just now", but(json!({"exp": now})), "the token has expired"),
        ("no end", but(json!({"exp": null})), "the token does not say when it ends"),
        ("an end in words", but(json!({"exp": "tomorrow"})), "the token does not say when it ends"),
        ("an end beyond time", but(json!({"exp": 1e300})), "the token does not say when it ends"),
        ("not valid yet", but(json!({"nbf": now + 31})), "the token is not valid yet"),
        ("a beginning in words", but(json!({"nbf": "now"})), "the token does not say when it begins"),
        ("no subject", but(json!({"sub": null})), "the token has no subject"),
        ("no name", but(json!({"preferred_username": null})), "the claims do not hold the name"),
        (
            "a name that is none",
            but(json!({"preferred_username": "user:ana"})),
            "the claims hold a name that no principal can have",
        ),
        ("bound to a key", but(json!({"cnf": {"jkt": "x"}})), "the token is bound to a key of its bearer"),
        (
            "something critical",
            headed(json!({"crit": ["exp"], "exp": now})),
            "the token's header asks for more than a signature",
        ),
        (
            "something critical, and empty",
            headed(json!({"crit": []})),
            "the token's header asks for more than a signature",
        ),
        ("compressed", headed(json!({"zip": "DEF"})), "the token's header asks for more than a signature"),
        ("of another kind", headed(json!({"typ": "logout+jwt"})), "the token is of another kind than a bearer's"),
        ("too long", but(json!({"more": "x".repeat(TOKEN_BYTES_MAX)})), "the token is too long"),
    ];
    for (what, token, expected) in &table {
        assert_eq!(&reason(&tokens, &clock, token).await, expected, "{what}");
        // What was refused is not remembered as anything else.
        assert_eq!(&reason(&tokens, &clock, token).await, expected, "{what}, again");
    }
    assert_eq!(provider.asked(), 1, "no bad token made the provider be asked again");
    let unknown = Key::ed("new", 3).token(Algorithm::EdDSA, &good);
    assert_eq!(
        reason(&tokens, &clock, &unknown).await,
        "the token is signed with a key that the provider does not publish"
    );
    assert_eq!(reason(&tokens, &clock, &token).await, "believed");
}

#[tokio::test]
async fn an_address_must_be_verified_to_be_a_name() {
    let clock = Hands::at_noon();
    let key = Key::ed("1", 1);
    let provider = Provider::with(std::slice::from_ref(&key)).await;
    let mut settings = settings(&provider);
    settings.claims.name = NameClaim::Email;
    let tokens = ProviderTokens::new(&settings, clock.clone()).unwrap();
    let claims = with(&claims(&provider, &clock), json!({"email": "ana@example.org"}));
    for (verified, expected) in [
        (json!(true), "believed"),
        (json!(false), "the claims do not hold the name"),
        (json!("true"), "the claims do not hold the name"),
    ] {
        let token = key.token(Algorithm::EdDSA, &with(&claims, json!({"email_verified": verified})));
        assert_eq!(reason(&tokens, &clock, &token).await, expected);
    }
    let unsaid = key.token(Algorithm::EdDSA, &claims);
    assert_eq!(reason(&tokens, &clock, &unsaid).await, "the claims do not hold the name");
}

#[tokio::test]
async fn a_believed_token_is_judged_by_the_clock_each_time() {
    let clock = Hands::at_noon();
    let key = Key::ed("1", 1);
    let provider = Provider::with(std::slice::from_ref(&key)).await;
    let tokens = tokens(&provider, &clock);
    let token = key.token(Algorithm::EdDSA, &claims(&provider, &clock));
    assert_eq!(reason(&tokens, &clock, &token).await, "believed");
    assert!(tokens.is_believed(&token));
    clock.forward(TimeDelta::seconds(3_599));
    assert_eq!(reason(&tokens, &clock, &token).await, "believed");
    clock.forward(TimeDelta::seconds(1));
    assert_eq!(reason(&tokens, &clock, &token).await, "the token has expired");
}

#[tokio::test]
async fn whoever_misses_a_key_at_once_makes_one_request() {
    let clock = Hands::at_noon();
    let key = Key::ed("1", 1);
    let provider = Provider::with(std::slice::from_ref(&key)).await;
    let tokens = Arc::new(tokens(&provider, &clock));
    let waiting: Vec<_> = (0..100)
        .map(|n| {
            let token = key.token(Algorithm::EdDSA, &with(&claims(&provider, &clock), json!({"jti": n})));
            let (tokens, now) = (tokens.clone(), clock.now());
            tokio::spawn(async move { tokens.verify(&token, now).await.is_ok() })
        })
        .collect();
    for answer in waiting {
        assert!(answer.await.unwrap());
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn who_goes_away_does_not_take_the_answer_from_those_who_wait() {
    let clock = Hands::at_noon();
    let key = Key::ed("1", 1);
    let provider = Provider::with(std::slice::from_ref(&key)).await;
    provider.answer(Answer::Held);
    let tokens = Arc::new(tokens(&provider, &clock));
    let token = key.token(Algorithm::EdDSA, &claims(&provider, &clock));
    let ask = || {
        let (tokens, token, now) = (tokens.clone(), token.clone(), clock.now());
        tokio::spawn(async move { tokens.verify(&token, now).await.is_ok() })
    };
    let first = ask();
    provider.is_asked().await;
    let second = ask();
    first.abort();
    provider.answer(Answer::Well);
    assert!(second.await.unwrap());
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn keys_that_are_new_are_found_and_those_that_nobody_has_are_asked_for_every_ten_seconds() {
    let clock = Hands::at_noon();
    let (old, new, stranger) = (Key::ed("old", 1), Key::ed("new", 2), Key::ed("stranger", 3));
    let provider = Provider::with(std::slice::from_ref(&old)).await;
    let tokens = tokens(&provider, &clock);
    let good = claims(&provider, &clock);
    let of = |key: &Key| key.token(Algorithm::EdDSA, &good);
    let unknown = "the token is signed with a key that the provider does not publish";
    assert!(tokens.keys.refresh().await);
    assert_eq!(reason(&tokens, &clock, &of(&old)).await, "believed");
    provider.publish(&[old.clone(), new.clone()]);
    assert_eq!(reason(&tokens, &clock, &of(&new)).await, "believed", "what was asked by itself does not count");
    assert_eq!(provider.asked(), 2);
    for _ in 0..20 {
        assert_eq!(reason(&tokens, &clock, &of(&stranger)).await, unknown);
    }
    assert_eq!(provider.asked(), 2);
    clock.forward(TimeDelta::milliseconds(9_999));
    assert_eq!(reason(&tokens, &clock, &of(&stranger)).await, unknown);
    assert_eq!(provider.asked(), 2);
    clock.forward(TimeDelta::milliseconds(1));
    for _ in 0..20 {
        assert_eq!(reason(&tokens, &clock, &of(&stranger)).await, unknown);
    }
    assert_eq!(provider.asked(), 3);
    assert_eq!(reason(&tokens, &clock, &of(&old)).await, "believed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_under_load_is_noticed_by_nobody() {
    let clock = Hands::at_noon();
    let (old, new) = (Key::ed("old", 1), Key::ed("new", 2));
    let provider = Provider::with(std::slice::from_ref(&old)).await;
    let tokens = Arc::new(tokens(&provider, &clock));
    assert!(tokens.keys.refresh().await);
    let good = claims(&provider, &clock);
    provider.publish(&[old.clone(), new.clone()]);
    let load: Vec<_> = (0..400)
        .map(|n| {
            let key = if n % 2 == 0 { &old } else { &new };
            let token = key.token(Algorithm::EdDSA, &with(&good, json!({"jti": n % 40})));
            let (tokens, now) = (tokens.clone(), clock.now());
            tokio::spawn(async move { tokens.verify(&token, now).await.map_err(|error| error.reason()) })
        })
        .collect();
    for answer in load {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn a_provider_that_is_down_takes_nothing_from_those_it_vouched_for() {
    let clock = Hands::at_noon();
    let key = Key::ed("1", 1);
    let provider = Provider::with(std::slice::from_ref(&key)).await;
    let tokens = tokens(&provider, &clock);
    let day = json!({"exp": clock.now().timestamp() + 7 * 86_400});
    let of =
        |n: u32| key.token(Algorithm::EdDSA, &with(&with(&claims(&provider, &clock), day.clone()), json!({"jti": n})));
    let (seen, other) = (of(1), of(2));
    assert_eq!(reason(&tokens, &clock, &seen).await, "believed");
    for answer in
        [Answer::Failing, Answer::Elsewhere, Answer::Garbage, Answer::TooLong, Answer::AnotherIssuer, Answer::NoKeys]
    {
        provider.answer(answer);
        assert!(!tokens.keys.refresh().await, "{answer:?}");
        assert!(tokens.ask().await.is_err(), "{answer:?}");
        assert_eq!(reason(&tokens, &clock, &seen).await, "believed", "{answer:?}");
    }
    provider.answer(Answer::Failing);
    clock.forward(TimeDelta::hours(23));
    assert_eq!(reason(&tokens, &clock, &seen).await, "believed");
    assert_eq!(reason(&tokens, &clock, &other).await, "believed", "a token that nobody has seen, by a known key");
    clock.forward(TimeDelta::hours(2));
    assert_eq!(
        reason(&tokens, &clock, &seen).await,
        "no keys of the provider are known",
        "nobody knows what was withdrawn"
    );
    provider.answer(Answer::Well);
    clock.forward(TimeDelta::seconds(10));
    assert_eq!(reason(&tokens, &clock, &seen).await, "believed");
}

#[tokio::test]
async fn a_withdrawn_key_proves_nothing_any_more() {
    let clock = Hands::at_noon();
    let (old, new) = (Key::ed("old", 1), Key::ed("new", 2));
    let provider = Provider::with(std::slice::from_ref(&old)).await;
    let tokens = tokens(&provider, &clock);
    let token = old.token(Algorithm::EdDSA, &claims(&provider, &clock));
    assert_eq!(reason(&tokens, &clock, &token).await, "believed");
    provider.publish(std::slice::from_ref(&new));
    assert_eq!(reason(&tokens, &clock, &token).await, "believed", "nobody knows yet");
    assert!(tokens.keys.refresh().await);
    assert_eq!(
        reason(&tokens, &clock, &token).await,
        "the token is signed with a key that the provider does not publish"
    );
    // A new key under an old name is another key.
    provider.publish(&[Key::ed("old", 3)]);
    assert!(tokens.keys.refresh().await);
    assert_eq!(reason(&tokens, &clock, &token).await, "the token's signature does not hold");
}

#[tokio::test]
async fn keys_are_asked_for_before_anybody_comes_and_no_longer_than_they_are_wanted() {
    let clock = Hands::at_noon();
    let key = Key::ed("1", 1);
    let provider = Provider::with(std::slice::from_ref(&key)).await;
    let tokens = tokens(&provider, &clock).follow();
    provider.is_asked().await;
    let token = key.token(Algorithm::EdDSA, &claims(&provider, &clock));
    assert_eq!(reason(&tokens, &clock, &token).await, "believed");
    let keys = Arc::downgrade(&tokens.keys);
    drop(tokens);
    while keys.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
}

/// The mesh has `ana`, who is an analyst, and the service `jobs`.
struct Mesh;

impl Directory for Mesh {
    fn principal(&self, name: &str) -> Option<Principal> {
        let (kind, groups) = match name {
            "ana" => (PrincipalKind::User, ["analysts".to_owned()].into()),
            "jobs" => (PrincipalKind::Service, Default::default()),
            _ => return None,
        };
        Some(Principal { kind, name: name.to_owned(), groups, attributes: BTreeMap::new() })
    }

    fn has_group(&self, name: &str) -> bool {
        ["analysts", "owners"].contains(&name)
    }
}

#[tokio::test]
async fn a_principal_is_what_the_files_say_and_else_what_is_vouched_for() {
    let clock = Hands::at_noon();
    let key = Key::ed("1", 1);
    let provider = Provider::with(std::slice::from_ref(&key)).await;
    let signer = TokenSigner::ephemeral().unwrap();
    let by = |facts: Option<FactClaims>| {
        let mut settings = settings(&provider);
        settings.claims.facts = facts;
        let tokens = ProviderTokens::new(&settings, clock.clone()).unwrap();
        Authenticator::signing(signer.clone(), Arc::new(Mesh), clock.clone()).with_provider(tokens)
    };
    let files = by(None);
    let attributes = [("carrier".to_owned(), "carrier".to_owned())].into();
    let claimed = by(Some(FactClaims { groups: "groups".to_owned(), attributes }));
    let facts = json!({"groups": ["owners", "made-up"], "carrier": "AA"});
    let of = |name: &str| {
        let claims = with(&claims(&provider, &clock), json!({"preferred_username": name}));
        key.token(Algorithm::EdDSA, &with(&claims, facts.clone()))
    };

    let ana = files.bearer(&of("ana"), None).await.unwrap();
    assert_eq!((ana.groups.len(), ana.attributes.len()), (1, 0));
    assert_eq!(
        claimed.bearer(&of("ana"), None).await.unwrap(),
        ana,
        "a name of the files has the facts that stand there"
    );
    assert_eq!(files.bearer(&of("eva"), None).await.unwrap_err().to_string(), REFUSED);
    let eva = claimed.proven(&of("eva"), None).await.unwrap();
    assert_eq!((eva.principal.kind, eva.principal.subject()), (PrincipalKind::User, "user:eva".to_owned()));
    assert_eq!(eva.principal.groups, ["owners".to_owned()].into(), "groups are those that the mesh has");
    assert_eq!(eva.principal.attributes["carrier"], AttributeValue::Text("AA".to_owned()));
    assert_eq!(claimed.known(&eva.identity).unwrap(), eva.principal);
    assert!(files.known(&Identity::own("eva")).is_err() && claimed.known(&Identity::own("eva")).is_err());
    for authenticator in [&files, &claimed] {
        assert_eq!(
            authenticator.bearer(&of("jobs"), None).await.unwrap_err().to_string(),
            REFUSED,
            "nobody becomes a service"
        );
        assert_eq!(authenticator.basic("ana", &of("ana"), None).await.unwrap().name, "ana");
        assert!(authenticator.basic("omar", &of("ana"), None).await.is_err());
        let jobs = signer.mint("jobs", Duration::hours(1), clock.now()).unwrap();
        assert_eq!(authenticator.bearer(&jobs, None).await.unwrap().kind, PrincipalKind::Service);
        assert!(authenticator.mint(&eva.principal, Duration::minutes(1)).is_err());
    }
}

#[tokio::test]
async fn a_token_is_judged_by_the_rules_of_whom_it_names_as_its_maker() {
    let clock = Hands::at_noon();
    let key = Key::ed("1", 1);
    let provider = Provider::with(std::slice::from_ref(&key)).await;
    let signer = TokenSigner::ephemeral().unwrap();
    let authenticator =
        Authenticator::signing(signer.clone(), Arc::new(Mesh), clock.clone()).with_provider(tokens(&provider, &clock));
    let good = claims(&provider, &clock);
    let now = clock.now().timestamp();
    let ours = json!({"iss": "weft", "aud": "weft", "sub": "ana", "iat": now, "nbf": now, "exp": now + 60, "jti": "1"});
    for token in [
        key.token(Algorithm::EdDSA, &ours),
        key.token(Algorithm::EdDSA, &with(&good, json!({"iss": "weft"}))),
        key.token(Algorithm::EdDSA, &with(&good, json!({"iss": null}))),
        key.token(Algorithm::EdDSA, &with(&good, json!({"iss": "https://other.example.org"}))),
    ] {
        assert_eq!(authenticator.bearer(&token, None).await.unwrap_err().to_string(), REFUSED);
    }
    assert_eq!(provider.asked(), 0, "none of them is the provider's");
    assert!(authenticator.bearer(&signer.mint("ana", Duration::minutes(1), clock.now()).unwrap(), None).await.is_ok());
    assert!(authenticator.bearer(&key.token(Algorithm::EdDSA, &good), None).await.is_ok());
}
