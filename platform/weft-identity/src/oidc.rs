//! Signing in with an identity provider: OpenID Connect's code flow with PKCE.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::sync::Cache;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    TokenResponse,
};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};
use weft_circuit::Circuit;

use crate::{ClaimSettings, Identity, IdentityError};

/// How long a person has at the provider.
const PENDING: Duration = Duration::from_secs(600);

/// Most sign-ins that are under way.
const PENDING_MAX: u64 = 10_000;

/// How long what the provider says of itself, its keys among it, is not asked for again.
const METADATA: Duration = Duration::from_secs(600);

/// Longest time that the provider has for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// After how many calls in a row without an answer the provider is not asked, and how often one call tries then.
const FAILURES: u32 = 3;
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// Most calls to the provider at a time; whoever comes on top is refused at once.
const CALLS_MAX: usize = 32;

/// What is agreed with the provider.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// Name of the provider as people know it.
    pub name: String,
    /// Its URL, below which it describes itself.
    pub issuer: String,
    pub client_id: String,
    /// `None` for a public client.
    pub client_secret: Option<String>,
    /// For whom tokens are meant that are taken as bearers; none are where it is empty.
    pub audiences: Vec<String>,
    /// What its claims say of a principal.
    pub claims: ClaimSettings,
}

/// An identity provider. Asks it for what it needs when somebody signs in.
pub struct Oidc {
    settings: OidcSettings,
    redirect: String,
    http: reqwest::Client,
    metadata: Mutex<Option<(Instant, Arc<CoreProviderMetadata>)>>,
    /// By what the browser brings back.
    pending: Cache<String, Arc<Pending>>,
    circuit: Circuit,
    calls: Semaphore,
}

/// A sign-in that is under way.
struct Pending {
    nonce: Nonce,
    verifier: String,
    return_to: String,
}

/// Where a browser goes to sign in.
#[derive(Debug)]
pub struct SignInBegun {
    /// URL at the provider.
    pub url: String,
    /// What this browser, and no other, must bring back, beside what it gets from the provider.
    pub state: String,
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

impl Oidc {
    /// A provider that sends browsers back to `redirect`.
    ///
    /// # Errors
    ///
    /// If TLS cannot be set up, or an address is none.
    pub fn new(settings: OidcSettings, redirect: String) -> Result<Self, IdentityError> {
        let unusable = |error: &dyn fmt::Display| IdentityError::Provider { reason: error.to_string() };
        IssuerUrl::new(settings.issuer.clone()).map_err(|error| unusable(&error))?;
        RedirectUrl::new(redirect.clone()).map_err(|error| unusable(&error))?;
        // To be sent elsewhere could lead to whatever this machine can reach.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER_MAX);
        let http = http.build().map_err(|error| unusable(&error))?;
        let pending = Cache::builder().max_capacity(PENDING_MAX).time_to_live(PENDING).build();
        let (circuit, calls) = (Circuit::new("oidc_sign_in", FAILURES, PROBE_EVERY), Semaphore::new(CALLS_MAX));
        Ok(Oidc { settings, redirect, http, metadata: Mutex::new(None), pending, circuit, calls })
    }

    /// Name of the provider as people know it.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Begins a sign-in, after which the browser is to see `return_to`.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Provider`] if the provider cannot be asked.
    pub async fn begin(&self, return_to: String) -> Result<SignInBegun, IdentityError> {
        let client = self.client(METADATA).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        let (url, state, nonce) = request.url();
        let pending = Pending { nonce, verifier: verifier.secret().clone(), return_to };
        self.pending.insert(state.secret().clone(), Arc::new(pending));
        Ok(SignInBegun { url: url.to_string(), state: state.secret().clone() })
    }

    /// Ends a sign-in with the `code` that the browser brought: whom the provider proves, and where the browser
    /// wanted to go. `state` is good once.
    ///
    /// # Errors
    ///
    /// [`IdentityError::SignIn`] if nothing is proved, [`IdentityError::Provider`] if the provider cannot be asked.
    pub async fn finish(&self, state: &str, code: String) -> Result<(Identity, String), IdentityError> {
        let refused = |reason: String| IdentityError::SignIn { reason };
        let pending = self.pending.remove(state).ok_or_else(|| refused("no such sign-in is under way".to_owned()))?;
        let client = self.client(METADATA).await?;
        let exchange =
            client.exchange_code(AuthorizationCode::new(code)).map_err(|error| refused(error.to_string()))?;
        let exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()));
        let answer = {
            let _call = self.call()?;
            let answer = exchange.request_async(&self.http).await;
            match answer {
                Err(RequestTokenError::Request(error)) => return Err(self.unanswered(told(&error))),
                answer => {
                    self.circuit.note_success();
                    answer.map_err(|error| refused(told(&error)))?
                }
            }
        };
        let token = answer.id_token().ok_or_else(|| refused("the provider gave no proof of identity".to_owned()))?;
        // The provider may have new keys.
        if token.claims(&client.id_token_verifier(), &pending.nonce).is_err() {
            let client = self.client(Duration::ZERO).await?;
            token.claims(&client.id_token_verifier(), &pending.nonce).map_err(|error| refused(error.to_string()))?;
        }
        tracing::debug!(scopes = answer.scopes().map_or(0, Vec::len), "an identity provider proved who signs in");
        // The text that was just checked, of which the library keeps no claims but those it knows.
        let claims = jsonwebtoken::dangerous::insecure_decode_claims(token.to_string());
        let claims = claims.map_err(|error| refused(error.to_string()))?;
        let identity = self.settings.claims.read(&claims).map_err(|reason| refused(reason.to_owned()))?;
        Ok((identity, pending.return_to.clone()))
    }

    /// The right to call the provider now.
    fn call(&self) -> Result<SemaphorePermit<'_>, IdentityError> {
        let refused = |reason: &str| IdentityError::Provider { reason: reason.to_owned() };
        let call = self.calls.try_acquire().map_err(|_| refused("too many sign in at the same time"))?;
        match self.circuit.enters() {
            true => Ok(call),
            false => Err(refused("it did not answer, and is asked again within seconds")),
        }
    }

    fn unanswered(&self, reason: String) -> IdentityError {
        self.circuit.note_failure(&reason);
        IdentityError::Provider { reason }
    }

    /// The provider as it described itself no longer ago than `age_max`.
    async fn client(&self, age_max: Duration) -> Result<Client, IdentityError> {
        let unusable = |reason: String| IdentityError::Provider { reason };
        let known = self.metadata.lock().clone();
        let metadata = match known.filter(|(at, _)| at.elapsed() < age_max) {
            Some((_, metadata)) => metadata,
            None => {
                let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|e| unusable(e.to_string()))?;
                let _call = self.call()?;
                let asked = CoreProviderMetadata::discover_async(issuer, &self.http).await;
                let metadata = Arc::new(asked.map_err(|error| self.unanswered(told(&error)))?);
                self.circuit.note_success();
                *self.metadata.lock() = Some((Instant::now(), Arc::clone(&metadata)));
                metadata
            }
        };
        let secret = self.settings.client_secret.clone().map(ClientSecret::new);
        let id = ClientId::new(self.settings.client_id.clone());
        let redirect = RedirectUrl::new(self.redirect.clone()).map_err(|error| unusable(error.to_string()))?;
        Ok(CoreClient::from_provider_metadata((*metadata).clone(), id, secret).set_redirect_uri(redirect))
    }
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}

/// The error and what caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
