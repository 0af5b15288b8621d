//! `[oidc]`: who proves identities.

use schemars::JsonSchema;
use toml::de::DeTable;
use weft_identity::OidcSettings;

use super::Reader;

/// An identity provider that speaks OpenID Connect. It sends browsers back to `auth/callback` below `public_url` and
/// `base_path`; its tokens are taken as bearers on every door.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
pub(super) struct OidcTable {
    /// URL of the provider, below which it describes itself.
    issuer: String,
    /// As which client the provider knows this mesh.
    client_id: String,
    /// File with the secret of that client. Default: none, for a public client.
    client_secret: Option<String>,
    /// The claim that holds the name of a principal: `preferred_username`, `email` or `sub`. Default: `preferred_username`.
    name_claim: Option<String>,
    /// Name of the provider on the page to sign in. Default: the host of `issuer`.
    name: Option<String>,
    /// For whom a bearer token must be meant, one of these; none is taken where the list is empty. Default: `client_id`.
    audience: Option<Vec<String>>,
    /// Who is a principal: whoever stands in `governance/principals.yaml` (`files`), or whoever the provider vouches for
    /// besides, with groups and attributes from its claims (`claims`). Default: `files`.
    principals: Option<String>,
    /// The claim with a list of groups; those that `governance/principals.yaml` declares count. Default: none.
    groups_claim: Option<String>,
    /// Names of attributes and the claims that hold them; a list where both have one name. Default: none.
    attributes: Option<AttributesTable>,
}

#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes the file; the reader keeps the places of what it reads")]
enum AttributesTable {
    OneName(Vec<String>),
    Names(std::collections::BTreeMap<String, String>),
}

pub(super) const OIDC_KEYS: [&str; 9] = [
    "issuer",
    "client_id",
    "client_secret",
    "name_claim",
    "name",
    "audience",
    "principals",
    "groups_claim",
    "attributes",
];

impl Reader<'_> {
    pub(super) fn oidc_of(&mut self, table: &DeTable<'_>) -> Option<OidcSettings> {
        let help = "write `[oidc]`, and below it `issuer` and `client_id`";
        let (oidc, span) = self.table_of(table, "oidc", &OIDC_KEYS, help)?;
        self.demand(oidc, "`oidc`", &span, &["issuer", "client_id"]);
        let (issuer, client_id) = (self.text_of(oidc, "issuer"), self.text_of(oidc, "client_id"));
        let secret = self.secret_of(oidc, "client_secret");
        let claims = self.claims_of(oidc);
        let audience = self.texts_of(oidc, "audience");
        let host = issuer.as_ref().and_then(|issuer| Some(url::Url::parse(issuer).ok()?.host_str()?.to_owned()));
        let name = self.text_of(oidc, "name").or(host).unwrap_or_default();
        let (issuer, client_id) = (issuer?, client_id?);
        let audiences = audience.unwrap_or_else(|| vec![client_id.clone()]);
        Some(OidcSettings { name, issuer, client_id, client_secret: secret, audiences, claims })
    }
}
