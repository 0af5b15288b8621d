//! Who is signed in with a browser, and how to sign in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Me;

/// What a browser has to know before anything else: `GET /api/v1/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub signed_in: bool,
    /// Who is signed in.
    pub me: Option<Me>,
    /// What every request but `GET` carries in the header `x-weft-csrf`, where a cookie signs it in.
    pub csrf: Option<String>,
    pub sign_in: SignIn,
    /// Which pages are there for who is signed in: `publish`, `policies`, `ops`.
    pub pages: Vec<String>,
    /// How many requests for access wait for a decision of who is signed in.
    pub to_decide: u64,
    /// Name of the mesh, where it has one.
    pub mesh: Option<String>,
    /// Name of its environment, where it has one.
    pub environment: Option<String>,
    /// Version of the server.
    pub version: String,
}

/// Ways to sign in with a browser, beside a token, which is always one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// Principals to choose from, on a demo mesh that listens on loopback only; else none.
    pub demo: Vec<DemoPrincipal>,
    /// An identity provider.
    pub oidc: Option<OidcSignIn>,
}

/// A principal of a demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DemoPrincipal {
    pub name: String,
    /// Who that is, in a few words.
    pub description: String,
}

/// An identity provider to sign in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OidcSignIn {
    pub name: String,
    /// Where the browser goes, relative to where the catalog is served.
    pub href: String,
}

/// How to sign in: the body of `POST /api/v1/session`. One of the two; unknown keys are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInRequest {
    /// Name of a principal of the demo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demo: Option<String>,
    /// A bearer token, as `weft token NAME` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What a token is wanted for: the body of `POST /api/v1/tokens`. Here, unknown keys are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRequest {
    /// How long it is to hold, in seconds; an hour if absent, eight at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 28800)]
    pub seconds: Option<u32>,
}

/// A bearer token for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    pub token: String,
    pub until: chrono::DateTime<chrono::Utc>,
}
