//! The keys of an identity provider: asked for before they grow old, kept while it does not answer.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Algorithm;
use parking_lot::RwLock;
use serde::Deserialize;
use tokio::sync::{Mutex, Semaphore};
use url::Url;
use weft_circuit::Circuit;
use weft_model::Clock;

use crate::IdentityError;
use crate::jwks::{Found, KeySet, ProviderKey};

/// How long one request to the provider may take, and both that keys need.
const REQUEST_MAX: Duration = Duration::from_secs(5);
const ANSWER_MAX: Duration = Duration::from_secs(8);
const DOCUMENT_BYTES_MAX: usize = 256 << 10;

/// How often keys are asked for, and how soon again where the provider did not answer.
const REFRESH: Duration = Duration::from_secs(300);
const RETRY: Duration = Duration::from_secs(15);
/// A token that names a key nobody knows makes the provider be asked so often at most.
const UNKNOWN_EVERY: TimeDelta = TimeDelta::seconds(10);
/// Keys that the provider did not confirm for so long prove nothing any more: it may have withdrawn them.
const UNCONFIRMED_MAX: TimeDelta = TimeDelta::hours(24);
/// After how many fetches in a row without keys the provider is shown as one that does not answer. It is asked again as
/// often all the same: that is seldom, and nobody waits for it whose key is known.
const FAILURES: u32 = 2;
/// So many requests wait for an answer of the provider at most; others are refused at once.
const WAITING_MAX: usize = 1_024;

/// The keys of one provider. Shared by all requests.
pub(crate) struct ProviderKeys {
    issuer: String,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    known: RwLock<Option<Known>>,
    /// Held by whoever asks the provider, with the instant at which it was last asked for a key that is not known.
    asking: Arc<Mutex<Option<DateTime<Utc>>>>,
    /// How often the provider was asked to an end.
    asked: AtomicU64,
    waiting: Semaphore,
    circuit: Circuit,
}

/// What the provider published, and when it last did.
struct Known {
    keys: Arc<KeySet>,
    at: DateTime<Utc>,
}

/// What a provider says of itself, as far as it matters here.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    jwks_uri: String,
}

impl ProviderKeys {
    /// # Errors
    ///
    /// If TLS cannot be set up, or the issuer is no URL.
    pub(crate) fn new(issuer: String, clock: Arc<dyn Clock>) -> Result<Self, IdentityError> {
        Url::parse(&issuer).map_err(|error| unusable(&error))?;
        // To be sent elsewhere could lead to whatever this machine can reach.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(REQUEST_MAX);
        let http = http.build().map_err(|error| unusable(&error))?;
        Ok(ProviderKeys {
            issuer,
            http,
            clock,
            known: RwLock::new(None),
            asking: Arc::default(),
            asked: AtomicU64::new(0),
            waiting: Semaphore::new(WAITING_MAX),
            circuit: Circuit::new("oidc_keys", FAILURES, RETRY),
        })
    }

    /// The key called `id` for signatures by `algorithm`. Waits for the provider only where no such key is known, and then
    /// together with all others that wait; the request to the provider outlives whoever began it.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Refused`] if the provider publishes no such key, or was asked for an unknown one just now;
    /// [`IdentityError::Provider`] if no keys are known at all, or too old ones.
    pub(crate) async fn find(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<ProviderKey>, IdentityError> {
        if let Some(found) = self.among_known(id, algorithm) {
            return found;
        }
        self.ask_for_unknown().await;
        self.among_known(id, algorithm).unwrap_or_else(|| match self.current() {
            Some(_) => Err(IdentityError::refused("the token is signed with a key that the provider does not publish")),
            None => Err(unusable(&"no keys of the provider are known")),
        })
    }

    /// Whether the provider still publishes the key with this thumbprint, as far as is known.
    pub(crate) fn has(&self, thumbprint: &str) -> bool {
        self.current().is_some_and(|keys| keys.has(thumbprint))
    }

    /// Asks for keys now and from then on before they grow old, until this is dropped. Must be called within a runtime.
    pub(crate) fn follow(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        tokio::spawn(follow(Arc::downgrade(self)))
    }

    /// Asks for the keys. Whether the provider told them.
    pub(crate) async fn refresh(&self) -> bool {
        let _asking = self.asking.lock().await;
        self.ask().await
    }

    /// `None` where the key is not known; a key that is not fit is no reason to ask again.
    fn among_known(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Result<Arc<ProviderKey>, IdentityError>> {
        match self.current()?.find(id, algorithm) {
            Found::Key(key) => Some(Ok(key)),
            Found::Unfit => Some(Err(IdentityError::refused("the token's algorithm is not one of its key"))),
            Found::Unknown => None,
        }
    }

    fn current(&self) -> Option<Arc<KeySet>> {
        let known = self.known.read();
        let known = known.as_ref()?;
        (self.clock.now() - known.at <= UNCONFIRMED_MAX).then(|| Arc::clone(&known.keys))
    }

    /// Asks the provider, unless somebody else does or did so just now.
    async fn ask_for_unknown(self: &Arc<Self>) {
        let Ok(_place) = self.waiting.try_acquire() else { return };
        let before = self.asked.load(Ordering::SeqCst);
        let mut asking = Arc::clone(&self.asking).lock_owned().await;
        // Whoever waited for another's answer has that answer.
        if self.asked.load(Ordering::SeqCst) != before {
            return;
        }
        let now = self.clock.now();
        if asking.is_some_and(|last| now >= last && now - last < UNKNOWN_EVERY) {
            return;
        }
        *asking = Some(now);
        let keys = Arc::clone(self);
        // A client that goes away must not take the answer from those that wait.
        let asked = tokio::spawn(async move {
            let _asking = asking;
            keys.ask().await
        });
        let _ = asked.await;
    }

    async fn ask(&self) -> bool {
        let outcome = match self.published_in_time().await {
            Ok(keys) => {
                self.circuit.note_success();
                metrics::gauge!("weft_identity_keys").set(keys.len() as f64);
                *self.known.write() = Some(Known { keys: Arc::new(keys), at: self.clock.now() });
                "ok"
            }
            Err(error) => {
                self.circuit.note_failure(&error.reason());
                tracing::warn!(
                    issuer = self.issuer,
                    reason = error.reason(),
                    "the identity provider does not tell its keys"
                );
                "failed"
            }
        };
        metrics::counter!("weft_identity_key_fetches_total", "outcome" => outcome).increment(1);
        self.asked.fetch_add(1, Ordering::SeqCst);
        outcome == "ok"
    }

    /// What the provider publishes now, which is not kept.
    pub(crate) async fn published_in_time(&self) -> Result<KeySet, IdentityError> {
        let late = || Err(unusable(&"it gave no answer in time"));
        tokio::time::timeout(ANSWER_MAX, self.published()).await.unwrap_or_else(|_| late())
    }

    async fn published(&self) -> Result<KeySet, IdentityError> {
        let well_known = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let described: Description =
            serde_json::from_slice(&self.document(&well_known).await?).map_err(|error| unusable(&error))?;
        if described.issuer != self.issuer {
            return Err(unusable(&"it describes itself as another issuer"));
        }
        let is_secret = |url: &str| Url::parse(url).is_ok_and(|url| url.scheme() == "https");
        // Keys that come in the clear could be anybody's; whoever configures an issuer without TLS has decided so.
        if is_secret(&self.issuer) && !is_secret(&described.jwks_uri) {
            return Err(unusable(&"its keys would come without TLS"));
        }
        let document = self.document(&described.jwks_uri).await?;
        KeySet::read(&document).ok_or_else(|| unusable(&"it publishes no key that signatures can be checked with"))
    }

    /// What lies at `url`, if it is not too long.
    async fn document(&self, url: &str) -> Result<Vec<u8>, IdentityError> {
        let mut answer = self.http.get(url).send().await.map_err(|error| unusable(&error.without_url()))?;
        if !answer.status().is_success() {
            return Err(unusable(&format_args!("it answers with {}", answer.status())));
        }
        let mut document = Vec::new();
        while let Some(bytes) = answer.chunk().await.map_err(|error| unusable(&error.without_url()))? {
            if document.len() + bytes.len() > DOCUMENT_BYTES_MAX {
                return Err(unusable(&"its answer is too long"));
            }
            document.extend_from_slice(&bytes);
        }
        Ok(document)
    }
}

impl fmt::Debug for ProviderKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderKeys").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

async fn follow(keys: Weak<ProviderKeys>) {
    while let Some(keys) = keys.upgrade() {
        let pause = if keys.refresh().await { REFRESH } else { RETRY };
        drop(keys);
        tokio::time::sleep(pause).await;
    }
}

fn unusable(trouble: &dyn fmt::Display) -> IdentityError {
    IdentityError::Provider { reason: trouble.to_string() }
}
