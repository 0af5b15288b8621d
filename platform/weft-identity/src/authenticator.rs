//! What doors hold: credentials in, a principal out.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use weft_model::{Clock, Principal, PrincipalKind};

use crate::identity::{Identity, Proof};
use crate::provider_tokens::{ProviderTokens, TOKEN_BYTES_MAX};
use crate::rates::{RateSettings, Rates};
use crate::{IdentityError, TokenSigner, TokenVerifier};

/// Knows the principals there are now.
pub trait Directory: Send + Sync {
    /// The principal of that name with what is known of it at this moment; `None` if there is none
    /// (any more).
    fn principal(&self, name: &str) -> Option<Principal>;

    /// Whether there is a group of that name at this moment: others that an identity provider names are none. A
    /// directory that does not say so has none.
    fn has_group(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

/// Turns credentials into a principal. Cheap to share.
///
/// A token says who made it, and is then judged wholly by the rules of that one: by those of this server, or by those of
/// the identity provider. Waits for nothing but the provider, and for that only where a token of the provider names a key that
/// is not known.
pub struct Authenticator {
    verifier: TokenVerifier,
    signer: Option<TokenSigner>,
    provider: Option<ProviderTokens>,
    rates: Rates,
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
}

/// What a bearer token proves.
#[derive(Clone, Debug)]
pub struct Proven {
    /// As it is known now.
    pub principal: Principal,
    /// What [`Authenticator::known`] takes later, when no token is there.
    pub identity: Identity,
    /// The first instant at which the token is no longer valid.
    pub until: DateTime<Utc>,
}

impl Authenticator {
    /// Believes what `verifier` believes, of the principals that `directory` knows, as often as [`RateSettings::DEFAULT`] says.
    pub fn new(verifier: TokenVerifier, directory: Arc<dyn Directory>, clock: Arc<dyn Clock>) -> Self {
        let rates = Rates::new(RateSettings::DEFAULT);
        Authenticator { verifier, signer: None, provider: None, rates, directory, clock }
    }

    /// One that can also [`mint`](Self::mint): it believes the tokens of `signer`.
    pub fn signing(signer: TokenSigner, directory: Arc<dyn Directory>, clock: Arc<dyn Clock>) -> Self {
        Authenticator { signer: Some(signer.clone()), ..Authenticator::new(signer.verifier(), directory, clock) }
    }

    /// The same, which believes the tokens of an identity provider too.
    #[must_use]
    pub fn with_provider(self, provider: ProviderTokens) -> Self {
        Authenticator { provider: Some(provider), ..self }
    }

    /// The same, as often as `rates` says.
    #[must_use]
    pub fn with_rates(self, rates: RateSettings) -> Self {
        Authenticator { rates: Rates::new(rates), ..self }
    }

    /// The principal that a bearer token proves, with groups and attributes as they are now. `from` is the address that the
    /// token came from, where that is known.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Refused`] if the token does not hold, or names no principal (any more);
    /// [`IdentityError::Provider`] if nothing can be said of a token of the provider, for want of its keys, which is no
    /// different to clients; [`IdentityError::TooMany`] if the principal asks too often, or too much from that address did
    /// not hold.
    pub async fn bearer(&self, token: &str, from: Option<IpAddr>) -> Result<Principal, IdentityError> {
        Ok(self.proven(token, from).await?.principal)
    }

    /// The same, with what is needed to know the principal again.
    ///
    /// # Errors
    ///
    /// As [`bearer`](Self::bearer).
    pub async fn proven(&self, token: &str, from: Option<IpAddr>) -> Result<Proven, IdentityError> {
        let proven = self.proven_of(None, token, from).await?;
        self.admit(&proven.principal)?;
        Ok(proven)
    }

    /// The principal called `name`, if `token` proves that name: what a client that knows only user
    /// and password sends.
    ///
    /// # Errors
    ///
    /// As [`bearer`](Self::bearer), and if the token proves another name.
    pub async fn basic(&self, name: &str, token: &str, from: Option<IpAddr>) -> Result<Principal, IdentityError> {
        let principal = self.proven_of(Some(name), token, from).await?.principal;
        self.admit(&principal)?;
        Ok(principal)
    }

    /// Whoever was proved to be `identity` earlier, as they are known now. A name that the directory has is what it says
    /// there, whatever proved it; but nobody becomes a service by what a provider of people says. Other names are users as the
    /// provider vouched for them, in those of the groups that there are now.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Refused`] if there is no such principal (any more).
    pub fn known(&self, identity: &Identity) -> Result<Principal, IdentityError> {
        let known = self.directory.principal(&identity.name);
        match (known, &identity.proof) {
            (Some(principal), Proof::Provider(_)) if principal.kind != PrincipalKind::User => {
                Err(IdentityError::refused("the identity provider vouches for the name of a service"))
            }
            (Some(principal), _) => Ok(principal),
            (None, Proof::Provider(Some(facts))) => Ok(Principal {
                kind: PrincipalKind::User,
                name: identity.name.clone(),
                groups: facts.groups.iter().filter(|group| self.directory.has_group(group)).cloned().collect(),
                attributes: facts.attributes.clone(),
            }),
            (None, _) => Err(IdentityError::refused("the credentials name a principal that is not known")),
        }
    }

    /// Counts a request of `principal`, which came without a token.
    ///
    /// # Errors
    ///
    /// [`IdentityError::TooMany`] if there were too many.
    pub fn admit(&self, principal: &Principal) -> Result<(), IdentityError> {
        self.rates.admit(principal)
    }

    /// A new token for a principal that has just been authenticated.
    ///
    /// # Errors
    ///
    /// If this authenticator was built without a signer, the principal is none of the directory's, or as
    /// [`TokenSigner::mint`].
    pub fn mint(&self, principal: &Principal, ttl: Duration) -> Result<String, IdentityError> {
        let signer = self.signer.as_ref().ok_or(IdentityError::NotASigner)?;
        // Such a token would prove a name of which nothing is known, until the directory has another of that name.
        if self.directory.principal(&principal.name).is_none() {
            return Err(IdentityError::NotOurs);
        }
        signer.mint(&principal.name, ttl, self.clock.now())
    }

    /// What `token` proves, which must be `name` where one is given. What does not hold is counted.
    async fn proven_of(&self, name: Option<&str>, token: &str, from: Option<IpAddr>) -> Result<Proven, IdentityError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(self.counted(IdentityError::refused("the token is too long"), from));
        }
        // An address that is held off may be that of a proxy: whoever was believed before goes on to be.
        if let Some(from) = from
            && !self.is_believed(token)
        {
            self.rates.let_try(from)?;
        }
        self.verified(name, token).await.map_err(|error| self.counted(error, from))
    }

    async fn verified(&self, name: Option<&str>, token: &str) -> Result<Proven, IdentityError> {
        let now = self.clock.now();
        let (identity, until) = match self.provider.as_ref().filter(|theirs| theirs.claims_to_be_theirs(token)) {
            Some(provider) => provider.verify(token, now).await?,
            None => {
                let claims = self.verifier.verify(token, now)?;
                (Identity::own(claims.name), claims.expires_at)
            }
        };
        let principal = self.known(&identity)?;
        if name.is_some_and(|name| name != principal.name) {
            return Err(IdentityError::refused("the token proves another name than the one given"));
        }
        Ok(Proven { principal, identity, until })
    }

    fn is_believed(&self, token: &str) -> bool {
        self.verifier.is_believed(token) || self.provider.as_ref().is_some_and(|provider| provider.is_believed(token))
    }

    /// The error, or another if that was one too many. That a provider does not answer is nobody's fault here.
    fn counted(&self, error: IdentityError, from: Option<IpAddr>) -> IdentityError {
        match (&error, from) {
            (IdentityError::Refused { .. }, Some(from)) => self.rates.refused(from).err().unwrap_or(error),
            _ => error,
        }
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verifier, provider) = (&self.verifier, &self.provider);
        f.debug_struct("Authenticator").field("verifier", verifier).field("provider", provider).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Mutex;

    use chrono::{DateTime, Utc};
    use weft_model::PrincipalKind;

    use super::*;
    use crate::REFUSED;

    #[derive(Debug)]
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_800_000_000, 0).unwrap()
        }
    }

    #[derive(Default)]
    struct Known(Mutex<BTreeMap<String, BTreeSet<String>>>);

    impl Directory for Known {
        fn principal(&self, name: &str) -> Option<Principal> {
            let groups = self.0.lock().unwrap().get(name)?.clone();
            Some(Principal { kind: PrincipalKind::User, name: name.to_owned(), groups, attributes: BTreeMap::new() })
        }
    }

    fn mesh() -> (Authenticator, Arc<Known>, TokenSigner) {
        let known = Arc::new(Known::default());
        known.0.lock().unwrap().insert("ana".to_owned(), ["analysts".to_owned()].into());
        let signer = TokenSigner::ephemeral().unwrap();
        (Authenticator::signing(signer.clone(), known.clone(), Arc::new(Noon)), known, signer)
    }

    #[track_caller]
    fn refused(answer: Result<Principal, IdentityError>) {
        assert_eq!(answer.unwrap_err().to_string(), REFUSED);
    }

    #[tokio::test]
    async fn groups_are_those_of_now_and_not_those_of_when_the_token_was_made() {
        let (authenticator, known, signer) = mesh();
        let token = signer.mint("ana", Duration::hours(1), Noon.now()).unwrap();
        assert_eq!(authenticator.bearer(&token, None).await.unwrap().groups, ["analysts".to_owned()].into());
        known.0.lock().unwrap().insert("ana".to_owned(), BTreeSet::new());
        assert!(authenticator.bearer(&token, None).await.unwrap().groups.is_empty());
    }

    #[tokio::test]
    async fn a_token_of_someone_who_has_left_is_refused() {
        let (authenticator, known, signer) = mesh();
        let token = signer.mint("ana", Duration::hours(1), Noon.now()).unwrap();
        known.0.lock().unwrap().clear();
        refused(authenticator.bearer(&token, None).await);
        refused(authenticator.basic("ana", &token, None).await);
    }

    #[tokio::test]
    async fn a_password_is_a_token_of_that_very_name() {
        let (authenticator, known, signer) = mesh();
        known.0.lock().unwrap().insert("omar".to_owned(), BTreeSet::new());
        let token = signer.mint("ana", Duration::hours(1), Noon.now()).unwrap();
        assert_eq!(authenticator.basic("ana", &token, None).await.unwrap().name, "ana");
        refused(authenticator.basic("omar", &token, None).await);
        refused(authenticator.basic("", &token, None).await);
        refused(authenticator.basic("ana", "secret", None).await);
    }

    #[tokio::test]
    async fn only_an_authenticator_with_a_signer_mints() {
        let (authenticator, known, signer) = mesh();
        let ana = known.principal("ana").unwrap();
        let token = authenticator.mint(&ana, Duration::minutes(5)).unwrap();
        assert_eq!(authenticator.bearer(&token, None).await.unwrap(), ana);
        let checking = Authenticator::new(signer.verifier(), known, Arc::new(Noon));
        assert!(matches!(checking.mint(&ana, Duration::minutes(5)), Err(IdentityError::NotASigner)));
        assert_eq!(checking.bearer(&token, None).await.unwrap(), ana);
    }

    #[tokio::test]
    async fn one_that_stands_in_no_file_gets_no_token_of_ours() {
        let (authenticator, known, _) = mesh();
        let ana = known.principal("ana").unwrap();
        known.0.lock().unwrap().clear();
        assert!(matches!(authenticator.mint(&ana, Duration::minutes(5)), Err(IdentityError::NotOurs)));
    }

    #[tokio::test]
    async fn requests_are_counted_per_principal_on_every_way_in() {
        let (authenticator, known, signer) = mesh();
        known.0.lock().unwrap().insert("omar".to_owned(), BTreeSet::new());
        let two = 2.try_into().unwrap();
        let rates =
            RateSettings { requests_per_second: 1.try_into().unwrap(), requests_burst: two, ..RateSettings::DEFAULT };
        let authenticator = authenticator.with_rates(rates);
        let token = |name: &str| signer.mint(name, Duration::hours(1), Noon.now()).unwrap();
        authenticator.bearer(&token("ana"), None).await.unwrap();
        authenticator.basic("ana", &token("ana"), None).await.unwrap();
        let error = authenticator.bearer(&token("ana"), None).await.unwrap_err();
        assert_eq!(error.to_string(), "too many requests of this principal: ask again in 1 s");
        assert!(authenticator.admit(&known.principal("ana").unwrap()).is_err());
        assert!(authenticator.bearer(&token("omar"), None).await.is_ok());
    }

    #[tokio::test]
    async fn an_address_of_which_too_much_is_refused_is_held_off_but_for_what_was_believed() {
        let (authenticator, _, signer) = mesh();
        let rates = RateSettings { refusals_per_minute: 2.try_into().unwrap(), ..RateSettings::DEFAULT };
        let authenticator = authenticator.with_rates(rates);
        let from = Some(IpAddr::from([10, 0, 0, 1]));
        let token = || signer.mint("ana", Duration::hours(1), Noon.now()).unwrap();
        let seen = token();
        authenticator.bearer(&seen, from).await.unwrap();
        refused(authenticator.bearer("nonsense", from).await);
        refused(authenticator.basic("omar", &seen, from).await);
        let is_limited =
            |answer: Result<Principal, IdentityError>| matches!(answer, Err(IdentityError::TooMany { .. }));
        assert!(is_limited(authenticator.bearer("nonsense", from).await));
        assert!(is_limited(authenticator.bearer(&token(), from).await), "nothing new is looked at");
        assert_eq!(authenticator.bearer(&seen, from).await.unwrap().name, "ana");
        let elsewhere = Some(IpAddr::from([10, 0, 0, 2]));
        assert!(authenticator.bearer(&token(), elsewhere).await.is_ok());
        refused(authenticator.bearer("nonsense", None).await);
    }
}
