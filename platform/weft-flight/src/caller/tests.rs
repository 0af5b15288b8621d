//! Credentials, sessions and cookies, as headers bring them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use tonic::Code as Grpc;
use weft_identity::{Directory, RateSettings, TokenSigner};
use weft_model::PrincipalKind;

use super::*;

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }
}

struct AnaAndOmar;

impl Directory for AnaAndOmar {
    fn principal(&self, name: &str) -> Option<Principal> {
        ["ana", "omar"].contains(&name).then(|| Principal {
            kind: PrincipalKind::User,
            name: name.to_owned(),
            groups: BTreeSet::new(),
            attributes: BTreeMap::new(),
        })
    }
}

#[test]
fn large_messages_go_to_clients_that_are_known_to_take_them() {
    for (name, bytes) in [
        ("grpc-c++/1.76.0 grpc-c/51.0.0 (linux; chttp2)", LARGEST_MESSAGE_BYTES),
        ("grpc-java-netty/1.76.0", LARGEST_MESSAGE_BYTES),
        ("ADBC Flight SQL Driver v1.9.0 grpc-go/1.76.0", LARGE_MESSAGE_BYTES),
        ("grpc-go/1.76.0", MESSAGE_BYTES),
        ("tonic/0.14.9", MESSAGE_BYTES),
        ("", MESSAGE_BYTES),
    ] {
        assert_eq!(message_bytes(&headers(&[("user-agent", name)])), bytes, "{name}");
    }
}

struct Desk {
    reception: Reception,
    signer: TokenSigner,
}

impl Desk {
    fn open() -> Self {
        let signer = TokenSigner::ephemeral().unwrap();
        let authenticator = Authenticator::signing(signer.clone(), Arc::new(AnaAndOmar), Arc::new(Noon));
        Desk { reception: Reception::new(Arc::new(authenticator), Arc::new(Noon)), signer }
    }

    fn token(&self, name: &str) -> String {
        self.signer.mint(name, Duration::hours(1), Noon.now()).unwrap()
    }

    async fn greet(&self, name: &str, token: &str) -> Result<String, Status> {
        let basic = format!("Basic {}", BASE64.encode(format!("{name}:{token}")));
        self.reception.greet(&headers(&[("authorization", &basic)]), None).await
    }

    async fn caller(&self, bearer: &str, more: &[(&'static str, &str)]) -> Result<Caller, Status> {
        let bearer = format!("Bearer {bearer}");
        let all: Vec<_> = [("authorization", bearer.as_str())].into_iter().chain(more.iter().copied()).collect();
        self.reception.caller(&headers(&all), None).await
    }
}

fn headers(pairs: &[(&'static str, &str)]) -> MetadataMap {
    let mut headers = MetadataMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn audit() -> Vec<Setting> {
    vec![Setting::Purpose(Some("audit".to_owned()))]
}

#[track_caller]
fn unauthenticated<T>(answer: Result<T, Status>) {
    let status = answer.err().expect("should be refused");
    let told = (status.code(), status.message());
    assert_eq!(told, (Grpc::Unauthenticated, "W0801 credentials are missing or not valid"));
}

#[tokio::test]
async fn every_bad_credential_gets_the_same_answer() {
    let desk = Desk::open();
    let token = desk.token("ana");
    unauthenticated(desk.reception.caller(&MetadataMap::new(), None).await);
    unauthenticated(desk.reception.caller(&headers(&[("authorization", &token)]), None).await);
    unauthenticated(desk.caller("", &[]).await);
    unauthenticated(desk.caller("nonsense", &[]).await);
    unauthenticated(desk.caller(&format!("{token}~"), &[]).await);
    unauthenticated(desk.caller(&format!("{token}~0123"), &[]).await);
    unauthenticated(desk.caller(&desk.token("stranger"), &[]).await);
    unauthenticated(desk.greet("omar", &token).await);
    unauthenticated(desk.greet("ana", "nonsense").await);
    unauthenticated(desk.reception.greet(&headers(&[("authorization", "Basic %%%")]), None).await);
    unauthenticated(desk.reception.greet(&MetadataMap::new(), None).await);
}

#[tokio::test]
async fn a_handshake_gives_a_bearer_with_a_session_of_its_own() {
    let desk = Desk::open();
    let (first, second) =
        (desk.greet("ana", &desk.token("ana")).await.unwrap(), desk.greet("ana", &desk.token("ana")).await.unwrap());
    let caller = desk.caller(&first, &[]).await.unwrap();
    assert_eq!(caller.principal.name, "ana");
    assert_eq!(caller.cookie_to_set(), None);
    desk.reception.set(&caller, audit()).unwrap();
    assert_eq!(desk.caller(&first, &[]).await.unwrap().terms.purpose.as_deref(), Some("audit"));
    assert_eq!(desk.caller(&second, &[]).await.unwrap().terms.purpose, None);
    assert!(desk.reception.end(&caller));
    unauthenticated(desk.caller(&first, &[]).await);
}

#[tokio::test]
async fn a_handshake_is_read_with_and_without_padding() {
    let desk = Desk::open();
    let token = desk.token("ana");
    // One of the three lengths needs no padding.
    for name in ["ana", "omar"] {
        let encoded = BASE64.encode(format!("{name}:{}", desk.token(name)));
        for form in [encoded.as_str(), encoded.trim_end_matches('=')] {
            let basic = format!("Basic {form}");
            assert!(desk.reception.greet(&headers(&[("authorization", &basic)]), None).await.is_ok(), "{form}");
        }
    }
    let bearer = format!("Bearer {token}");
    assert!(desk.reception.greet(&headers(&[("authorization", &bearer)]), None).await.is_ok());
}

#[tokio::test]
async fn a_session_is_of_no_use_to_someone_else() {
    let desk = Desk::open();
    let anas = desk.greet("ana", &desk.token("ana")).await.unwrap();
    let id = anas.split(SESSION_MARK).nth(1).unwrap();
    unauthenticated(desk.caller(&format!("{}{SESSION_MARK}{id}", desk.token("omar")), &[]).await);
    let cookie = format!("weft_session={id}");
    let refused = desk.caller(&desk.token("omar"), &[("cookie", &cookie)]).await.unwrap_err();
    assert_eq!(refused.code(), Grpc::InvalidArgument);
    assert_eq!(desk.caller(&desk.token("ana"), &[("cookie", &cookie)]).await.unwrap().session(), Some(id));
}

#[tokio::test]
async fn a_client_that_keeps_cookies_gets_a_session_when_it_sets_something() {
    let desk = Desk::open();
    let token = desk.token("ana");
    let fresh = desk.caller(&token, &[]).await.unwrap();
    let probe = fresh.cookie_to_set().unwrap();
    let pair = probe.split(';').next().unwrap().to_owned();
    let keeping = desk.caller(&token, &[("cookie", &format!("other=1; {pair}"))]).await.unwrap();
    assert_eq!((keeping.session(), keeping.cookie_to_set()), (None, None));
    desk.reception.set(&keeping, audit()).unwrap();
    let cookie = keeping.cookie_to_set().unwrap();
    let pair = cookie.split(';').next().unwrap();
    let later = desk.caller(&token, &[("cookie", pair)]).await.unwrap();
    assert_eq!(later.terms.purpose.as_deref(), Some("audit"));
    assert!(desk.reception.end(&later));
    let over = desk.caller(&token, &[("cookie", pair)]).await.unwrap_err();
    assert_eq!(over.metadata().get("set-cookie").unwrap().to_str().unwrap(), probe);
}

#[tokio::test]
async fn setting_without_a_session_is_refused_and_names_the_header() {
    let desk = Desk::open();
    let caller = desk.caller(&desk.token("ana"), &[]).await.unwrap();
    let status = desk.reception.set(&caller, audit()).unwrap_err();
    assert_eq!(status.code(), Grpc::PermissionDenied);
    assert!(status.message().starts_with("W0204 ") && status.message().contains("`x-weft-purpose`"), "{status}");
}

#[tokio::test]
async fn headers_go_before_the_session_and_malformed_ones_are_refused() {
    let desk = Desk::open();
    let bearer = desk.greet("ana", &desk.token("ana")).await.unwrap();
    desk.reception.set(&desk.caller(&bearer, &[]).await.unwrap(), audit()).unwrap();
    let caller = desk.caller(&bearer, &[("x-weft-purpose", "billing"), ("x-weft-as-of", "2026-01-31T12:00:00Z")]).await;
    let terms = caller.unwrap().terms;
    assert_eq!(terms.purpose.as_deref(), Some("billing"));
    assert_eq!(terms.as_of, DateTime::from_timestamp(1_769_860_800, 0));
    let wrong = desk.caller(&bearer, &[("x-weft-as-of", "yesterday")]).await.unwrap_err();
    assert_eq!(wrong.code(), Grpc::InvalidArgument);
    assert!(wrong.message().starts_with("W0906 the header `x-weft-as-of` is malformed"), "{wrong}");
}

#[tokio::test]
async fn a_header_that_stands_twice_says_nothing() {
    let desk = Desk::open();
    let (ana, omar) = (desk.token("ana"), format!("Bearer {}", desk.token("omar")));
    let twice = desk.caller(&ana, &[("authorization", &omar)]).await.unwrap_err();
    assert_eq!(twice.code(), Grpc::Unauthenticated);
    let purposes = [("x-weft-purpose", "billing"), ("x-weft-purpose", "audit")];
    assert_eq!(desk.caller(&ana, &purposes).await.unwrap_err().code(), Grpc::InvalidArgument);
}

#[test]
fn the_trace_of_the_caller_is_kept_if_it_is_one() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let given = format!("00-{trace}-00f067aa0ba902b7-01");
    let known = |text: &str| trace_id(&Span::none(), given_trace(&headers(&[("traceparent", text)])).as_ref());
    assert_eq!(known(&given), trace);
    for bad in ["", "00-xyz-1-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
        let made = known(bad);
        assert!(made.len() == 32 && made != trace);
    }
}

#[tokio::test]
async fn what_was_made_in_a_session_is_used_in_that_session_only() {
    let desk = Desk::open();
    let (first, second) =
        (desk.greet("ana", &desk.token("ana")).await.unwrap(), desk.greet("ana", &desk.token("ana")).await.unwrap());
    let (first, second) = (desk.caller(&first, &[]).await.unwrap(), desk.caller(&second, &[]).await.unwrap());
    assert!(first.may_use(first.session()) && first.may_use(None));
    assert!(!second.may_use(first.session()));
    assert!(!desk.caller(&desk.token("ana"), &[]).await.unwrap().may_use(first.session()));
}

#[tokio::test]
async fn who_calls_too_often_is_told_so() {
    let mut desk = Desk::open();
    let one = 1.try_into().unwrap();
    let rates = RateSettings { requests_per_second: one, requests_burst: one, ..RateSettings::DEFAULT };
    let authenticator =
        Authenticator::signing(desk.signer.clone(), Arc::new(AnaAndOmar), Arc::new(Noon)).with_rates(rates);
    desk.reception = Reception::new(Arc::new(authenticator), Arc::new(Noon));
    assert!(desk.caller(&desk.token("ana"), &[]).await.is_ok());
    let status = desk.greet("ana", &desk.token("ana")).await.unwrap_err();
    assert_eq!(status.code(), Grpc::ResourceExhausted);
    assert_eq!(status.message(), "W0806 too many requests of this principal: ask again in 1 s");
    assert!(desk.caller(&desk.token("omar"), &[]).await.is_ok());
}
