//! An identity provider on loopback, its keys, and a clock that is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use weft_model::Clock;

/// A clock that is moved by hand.
#[derive(Debug)]
pub(super) struct Hands(Mutex<DateTime<Utc>>);

impl Hands {
    pub(super) fn at_noon() -> Arc<Self> {
        Arc::new(Hands(Mutex::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap())))
    }

    pub(super) fn forward(&self, by: TimeDelta) {
        *self.0.lock() += by;
    }
}

impl Clock for Hands {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock()
    }
}

/// A key to sign with.
#[derive(Clone)]
pub(super) struct Key {
    id: &'static str,
    key: EncodingKey,
    algorithm: Algorithm,
}

impl Key {
    /// Another key for each `seed`.
    pub(super) fn ed(id: &'static str, seed: u8) -> Self {
        let pair = KeypairBytes { secret_key: SigningKey::from_bytes(&[seed; 32]).to_bytes(), public_key: None };
        Key::of(id, EncodingKey::from_ed_der(pair.to_pkcs8_der().unwrap().as_bytes()), Algorithm::EdDSA)
    }

    pub(super) fn ec(id: &'static str) -> Self {
        Key::of(id, EncodingKey::from_ec_pem(include_bytes!("test-p256.pem")).unwrap(), Algorithm::ES256)
    }

    pub(super) fn rsa(id: &'static str) -> Self {
        Key::of(id, EncodingKey::from_rsa_pem(include_bytes!("test-rsa.pem")).unwrap(), Algorithm::RS256)
    }

    fn of(id: &'static str, key: EncodingKey, algorithm: Algorithm) -> Self {
        crate::token::ensure_crypto();
        Key { id, key, algorithm }
    }

    pub(super) fn token(&self, algorithm: Algorithm, claims: &Value) -> String {
        let mut header = Header::new(algorithm);
        header.kid = Some(self.id.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    /// The signature of `message`, as a token bears it.
    pub(super) fn sign(&self, message: &str) -> String {
        jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap()
    }

    /// The key as it is published. Of RSA for every algorithm of such keys.
    pub(super) fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        jwk.common.key_algorithm = jwk.common.key_algorithm.filter(|_| self.algorithm != Algorithm::RS256);
        serde_json::to_value(jwk).unwrap()
    }

    pub(super) fn public_x(&self) -> String {
        let jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        let AlgorithmParameters::OctetKeyPair(pair) = jwk.algorithm else { panic!("not such a key") };
        pair.x
    }

    /// As somebody would have it who looks for a secret that both sides know.
    pub(super) fn public_pem(&self) -> &'static [u8] {
        include_bytes!("test-rsa-public.pem")
    }
}

/// How a provider answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Well,
    /// Only once it answers in another way.
    Held,
    Failing,
    Elsewhere,
    Garbage,
    TooLong,
    AnotherIssuer,
    NoKeys,
}

/// An identity provider on loopback, gone when it is dropped.
pub(super) struct Provider {
    pub(super) issuer: String,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

struct State {
    issuer: String,
    keys: Mutex<Vec<Value>>,
    answer: watch::Sender<Answer>,
    /// How often keys were asked for.
    asked: AtomicUsize,
    connected: watch::Sender<usize>,
}

impl Provider {
    pub(super) async fn with(keys: &[Key]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let issuer = format!("http://{}/realm", listener.local_addr().unwrap());
        let state = Arc::new(State {
            issuer: issuer.clone(),
            keys: Mutex::new(keys.iter().map(Key::jwk).collect()),
            answer: watch::Sender::new(Answer::Well),
            asked: AtomicUsize::new(0),
            connected: watch::Sender::new(0),
        });
        let shared = state.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                shared.connected.send_modify(|connected| *connected += 1);
                let state = shared.clone();
                tokio::spawn(async move { state.serve(connection).await });
            }
        });
        Provider { issuer, state, serving }
    }

    pub(super) fn publish(&self, keys: &[Key]) {
        *self.state.keys.lock() = keys.iter().map(Key::jwk).collect();
    }

    pub(super) fn answer(&self, answer: Answer) {
        self.state.answer.send_replace(answer);
    }

    /// How often keys were asked for.
    pub(super) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// Waits until somebody has connected.
    pub(super) async fn is_asked(&self) {
        self.state.connected.subscribe().wait_for(|connected| *connected > 0).await.unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl State {
    /// Answers one request, and closes the connection.
    async fn serve(&self, mut connection: TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match connection.read_u8().await {
                Ok(byte) => request.push(byte),
                Err(_) => return,
            }
        }
        let answer = *self.answer.subscribe().wait_for(|answer| *answer != Answer::Held).await.unwrap();
        let is_keys = request.starts_with(b"GET /realm/keys ");
        if is_keys {
            self.asked.fetch_add(1, Ordering::SeqCst);
        }
        let issuer = if answer == Answer::AnotherIssuer { "http://127.0.0.1:1/realm" } else { &self.issuer };
        let description = json!({"issuer": issuer, "jwks_uri": format!("{}/keys", self.issuer)});
        let keys = json!({"keys": if answer == Answer::NoKeys { Vec::new() } else { self.keys.lock().clone() }});
        let (head, body) = match answer {
            Answer::Failing => ("503 Service Unavailable", "no".to_owned()),
            Answer::Elsewhere => ("302 Found\r\nlocation: /realm/keys", keys.to_string()),
            Answer::Garbage => ("200 OK", "<html>".to_owned()),
            Answer::TooLong => ("200 OK", format!("{description}{}", " ".repeat(1 << 20))),
            _ if is_keys => ("200 OK", keys.to_string()),
            _ => ("200 OK", description.to_string()),
        };
        let text = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        // Whoever asked may be gone.
        let _ = connection.write_all(text.as_bytes()).await;
    }
}
