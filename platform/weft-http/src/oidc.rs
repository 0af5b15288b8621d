//! Signing in with an identity provider: there and back.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;
use utoipa::IntoParams;
use weft_catalog::CatalogError;
use weft_identity::{Identity, IdentityError, Oidc};

use crate::Doors;
use crate::asked::Queried;
use crate::problem::Problem;
use crate::sign_in;

/// The cookie that tells the browser that went from any other.
const COOKIE: &str = "weft_sign_in";

/// Where a browser lands for which nothing was proved; the page says so.
const FAILED: &str = "?sign_in=failed";

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LoginQuery {
    /// Path of the page to come back to, below where the catalog is served.
    #[serde(rename = "return")]
    return_to: Option<String>,
}

/// Sends a browser to the identity provider.
#[utoipa::path(get, path = "/auth/login", tag = "session", params(LoginQuery), responses((status = 303)))]
pub(crate) async fn get_login(
    State(doors): State<Doors>,
    Queried(query): Queried<LoginQuery>,
) -> Result<(CookieJar, Redirect), Problem> {
    let begun = provider(&doors)?.begin(own_path(query.return_to.as_deref())).await;
    let begun = begun.map_err(|error| {
        tracing::error!(reason = error.reason(), "the identity provider cannot be asked");
        Problem::unavailable(error.code())
    })?;
    let cookie = Cookie::build((COOKIE, begun.state)).http_only(true).same_site(SameSite::Lax);
    let cookie = cookie.secure(doors.site.is_secure()).path(doors.site.path());
    Ok((CookieJar::new().add(cookie), Redirect::to(&begun.url)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
}

/// Takes a browser back from the identity provider, and signs it in if that proved a name that is known.
#[utoipa::path(get, path = "/auth/callback", tag = "session", params(CallbackQuery), responses((status = 303)))]
pub(crate) async fn get_callback(
    State(doors): State<Doors>,
    headers: HeaderMap,
    Queried(query): Queried<CallbackQuery>,
) -> Result<(CookieJar, Redirect), Problem> {
    let jar = CookieJar::from_headers(&headers);
    let brought = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
    let jar = jar.remove(Cookie::build(COOKIE).path(doors.site.path()));
    let base = doors.site.path();
    match proven(&doors, brought, query).await {
        Ok((identity, return_to)) => {
            let (cookie, _) = sign_in::begun(&doors, &identity, None)?;
            Ok((jar.add(cookie), Redirect::to(&format!("{base}{return_to}"))))
        }
        Err(error) => {
            tracing::info!(reason = error.reason(), "nobody was signed in");
            Ok((jar, Redirect::to(&format!("{base}{FAILED}"))))
        }
    }
}

async fn proven(
    doors: &Doors,
    brought: Option<String>,
    query: CallbackQuery,
) -> Result<(Identity, String), IdentityError> {
    let refused = |reason: &str| IdentityError::SignIn { reason: reason.to_owned() };
    let oidc = doors.oidc.as_ref().ok_or_else(|| refused("there is no identity provider"))?;
    let (Some(code), Some(state)) = (query.code, query.state) else {
        return Err(refused("the browser came back without a code"));
    };
    if brought.as_deref() != Some(state.as_str()) {
        return Err(refused("another browser came back than the one that went"));
    }
    let (identity, return_to) = oidc.finish(&state, code).await?;
    doors.authenticator.known(&identity)?;
    Ok((identity, return_to))
}

fn provider(doors: &Doors) -> Result<&Oidc, Problem> {
    let none = || CatalogError::NotFound { kind: "page", name: "/auth/login".to_owned() };
    doors.oidc.as_deref().ok_or_else(|| none().into())
}

/// A path of this site without its first slash; the first page for whatever could lead elsewhere.
fn own_path(wanted: Option<&str>) -> String {
    let path = wanted.unwrap_or("").trim_start_matches('/');
    let is_plain = !path.contains([':', '\\']) && path.chars().all(|c| c.is_ascii_graphic());
    if is_plain { path.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_comes_back_to_this_site_alone() {
        for (wanted, path) in [
            (None, ""),
            (Some("/p/loyalty/members?tab=schema"), "p/loyalty/members?tab=schema"),
            (Some("//evil.example/x"), "evil.example/x"),
            (Some("https://evil.example"), ""),
            (Some("/\\evil.example"), ""),
            (Some("/a\nset-cookie"), ""),
        ] {
            assert_eq!(own_path(wanted), path, "{wanted:?}");
        }
    }
}
