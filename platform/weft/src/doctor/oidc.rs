//! The identity provider.

use std::sync::Arc;

use weft_identity::{Oidc, ProviderTokens};
use weft_model::Clock;

use super::{Found, Looked, Trouble};
use crate::settings::Settings;

pub(super) async fn oidc(settings: &Settings, clock: &Arc<dyn Clock>) -> Looked {
    let Some(provider) = settings.oidc.clone() else {
        return Ok(Found::NotAsked("no identity provider is configured".to_owned()));
    };
    let issuer = provider.issuer.clone();
    let unusable = |error: &dyn std::fmt::Display| {
        Trouble::new(
            format!("`{issuer}` cannot be used: {error}"),
            "`issuer` is the URL below which `.well-known/openid-configuration` lies, and says the same of itself",
        )
    };
    let tokens = ProviderTokens::new(&provider, Arc::clone(clock)).map_err(|error| unusable(&error))?;
    let takes_tokens = !provider.audiences.is_empty();
    let asked = Oidc::new(provider, "https://localhost/auth/callback".to_owned()).map_err(|error| unusable(&error))?;
    asked.begin("/".to_owned()).await.map_err(|error| unusable(&error))?;
    if !takes_tokens {
        return Ok(Found::Well(format!(
            "`{issuer}` describes itself; none of its tokens is taken, since `audience` is empty"
        )));
    }
    let keys = tokens.ask().await.map_err(|error| {
        Trouble::new(
            format!("`{issuer}` cannot be used: {}", error.reason()),
            "its `jwks_uri` must publish, without a redirect, a key of RSA, P-256, P-384 or Ed25519 for signatures",
        )
    })?;
    Ok(Found::Well(format!("`{issuer}` describes itself and publishes {keys} keys")))
}
