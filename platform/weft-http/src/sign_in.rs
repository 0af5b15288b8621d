//! Signing browsers in and out.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::{DateTime, Duration, Utc};
use weft_identity::{BrowserSession, Identity, IdentityError};
use weft_model::{Code, Principal};
use weft_wire as wire;

use crate::caller::{self, COOKIE, Caller, CameFrom, SignedIn};
use crate::problem::Problem;
use crate::site::Site;
use crate::{Doors, asked, pages, to_wire};

/// Longest a token holds that a browser asks for, and how long one holds where nobody says.
const TOKEN_SECONDS_MAX: u32 = 8 * 3600;
const TOKEN_SECONDS: u32 = 3600;

/// Tells a browser whether it is signed in, and how to sign in.
#[utoipa::path(get, path = "/v1/session", tag = "session", responses((status = 200, body = wire::Session)))]
pub(crate) async fn get_session(State(doors): State<Doors>, headers: HeaderMap) -> Json<wire::Session> {
    let known = caller::session(&doors, &headers)
        .and_then(|session| Some((doors.authenticator.known(&session.identity).ok()?, session)));
    Json(told(&doors, known))
}

/// Signs a browser in: with a token, or as a principal of the demo. The answer sets a cookie.
#[utoipa::path(post, path = "/v1/session", tag = "session", request_body = wire::SignInRequest,
    responses((status = 200, body = wire::Session)))]
pub(crate) async fn post_session(
    State(doors): State<Doors>,
    CameFrom(from): CameFrom,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(CookieJar, Json<wire::Session>), Problem> {
    if !caller::is_of_this_site(&headers) {
        return Err(Problem::forged());
    }
    let request: wire::SignInRequest = asked::body(&body, "sign-in")?;
    let (identity, until) = match (request.demo, request.token) {
        (Some(name), None) => (of_demo(&doors, &headers, name)?, None),
        (None, Some(token)) => {
            let proven = doors.authenticator.proven(&token, from).await.map_err(caller::refused)?;
            (proven.identity, Some(proven.until))
        }
        _ => return Err(Problem::malformed("give either `demo` or `token`")),
    };
    let principal = doors.authenticator.known(&identity).map_err(caller::refused)?;
    let (cookie, session) = begun(&doors, &identity, until)?;
    Ok((CookieJar::new().add(cookie), Json(told(&doors, Some((principal, session))))))
}

/// Signs the browser out.
#[utoipa::path(delete, path = "/v1/session", tag = "session", responses((status = 204)))]
pub(crate) async fn delete_session(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    headers: HeaderMap,
) -> (StatusCode, CookieJar) {
    let jar = CookieJar::from_headers(&headers);
    tracing::debug!(principal = principal.name, "a browser signs out");
    if let Some(cookie) = jar.get(COOKIE) {
        doors.sessions.end(cookie.value());
    }
    let gone = Cookie::build(COOKIE).path(doors.site.path());
    (StatusCode::NO_CONTENT, jar.remove(gone))
}

/// Makes a bearer token for whoever is signed in with a browser, for clients that are none. It holds no longer than the
/// browser is signed in; with a token alone none is made, else one that was lost could be renewed for ever.
#[utoipa::path(post, path = "/v1/tokens", tag = "session", request_body = wire::TokenRequest,
    responses((status = 201, body = wire::Token)))]
pub(crate) async fn post_token(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    signed_in: Option<Extension<SignedIn>>,
    body: Bytes,
) -> Result<(StatusCode, Json<wire::Token>), Problem> {
    let Some(Extension(SignedIn { until })) = signed_in else {
        return Err(Problem::refused(Code::ACCESS_DENIED, "tokens are made for who is signed in with a browser"));
    };
    let request: wire::TokenRequest = asked::body(&body, "request for a token")?;
    let seconds = request.seconds.unwrap_or(TOKEN_SECONDS);
    if !(1..=TOKEN_SECONDS_MAX).contains(&seconds) {
        return Err(Problem::malformed(format!("`seconds` is a number from 1 to {TOKEN_SECONDS_MAX}")));
    }
    let now = doors.clock.now();
    let ttl = Duration::seconds(i64::from(seconds)).min(until - now).max(Duration::seconds(1));
    let token = doors.authenticator.mint(&principal, ttl).map_err(|error| match error {
        IdentityError::NotOurs => Problem::refused(error.code(), error.to_string()),
        _ => {
            tracing::error!(reason = error.reason(), "a token could not be made");
            Problem::internal()
        }
    })?;
    Ok((StatusCode::CREATED, Json(wire::Token { token, until: now + ttl })))
}

/// A session for whoever has just been authenticated, and its cookie.
pub(crate) fn begun(
    doors: &Doors,
    identity: &Identity,
    proof_until: Option<DateTime<Utc>>,
) -> Result<(Cookie<'static>, BrowserSession), Problem> {
    let begun = doors.sessions.begin(identity, doors.clock.now(), proof_until);
    let (secret, session) = begun.map_err(|error| {
        tracing::error!(reason = error.reason(), "a browser could not be signed in");
        Problem::internal()
    })?;
    let cookie =
        Cookie::build((COOKIE, secret)).http_only(true).same_site(SameSite::Lax).secure(doors.site.is_secure());
    Ok((cookie.path(doors.site.path()).build(), session))
}

/// A principal of the demo. The page must have been asked for under a name of this machine: else any site could have its
/// own name lead here, and choose.
fn of_demo(doors: &Doors, headers: &HeaderMap, name: String) -> Result<Identity, Problem> {
    let is_offered = doors.demo_principals().iter().any(|demo| demo.name == name);
    if !is_offered || !Site::is_asked_by_loopback(headers) {
        return Err(Problem::unauthenticated());
    }
    Ok(Identity::own(name))
}

fn told(doors: &Doors, known: Option<(Principal, BrowserSession)>) -> wire::Session {
    let principal = known.as_ref().map(|(principal, _)| principal);
    let pages = principal.map(|principal| pages::of(doors, principal)).unwrap_or_default();
    let waits = |principal: &Principal| {
        let requests = doors.view(principal).requests();
        requests.iter().filter(|request| request.can.contains(&"approve")).count()
    };
    let to_decide = principal.map_or(0, waits) as u64;
    let (me, csrf) =
        known.map(|(principal, session)| (to_wire::me(principal, doors.flight.clone()), session.csrf)).unzip();
    wire::Session {
        signed_in: me.is_some(),
        me,
        csrf,
        sign_in: wire::SignIn {
            demo: doors.demo_principals(),
            oidc: doors
                .oidc
                .as_ref()
                .map(|oidc| wire::OidcSignIn { name: oidc.name().to_owned(), href: "auth/login".to_owned() }),
        },
        pages,
        to_decide,
        mesh: doors.site.mesh.clone(),
        environment: doors.site.environment.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}
