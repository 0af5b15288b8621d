//! What doors hold: credentials in, a principal out.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use weft_model::{Clock, Principal};

use crate::{IdentityError, TokenSigner, TokenVerifier};

/// Knows the principals there are now.
pub trait Directory: Send + Sync {
    /// The principal of that name with what is known of it at this moment; `None` if there is none
    /// (any more).
    fn principal(&self, name: &str) -> Option<Principal>;
}

/// Turns credentials into a principal. Cheap to share and never waits.
pub struct Authenticator {
    verifier: TokenVerifier,
    signer: Option<TokenSigner>,
    directory: Arc<dyn Directory>,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// Believes what `verifier` believes, of the principals that `directory` knows.
    pub fn new(verifier: TokenVerifier, directory: Arc<dyn Directory>, clock: Arc<dyn Clock>) -> Self {
        Authenticator { verifier, signer: None, directory, clock }
    }

    /// One that can also [`mint`](Self::mint): it believes the tokens of `signer`.
    pub fn signing(signer: TokenSigner, directory: Arc<dyn Directory>, clock: Arc<dyn Clock>) -> Self {
        Authenticator { verifier: signer.verifier(), signer: Some(signer), directory, clock }
    }

    /// The principal that a bearer token proves, with groups and attributes as they are now.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Refused`] if the token does not hold, or names no principal (any more).
    pub fn bearer(&self, token: &str) -> Result<Principal, IdentityError> {
        let claims = self.verifier.verify(token, self.clock.now())?;
        self.directory
            .principal(&claims.name)
            .ok_or(IdentityError::refused("the token names a principal that is not known"))
    }

    /// The same, and until when the token holds.
    ///
    /// # Errors
    ///
    /// As [`bearer`](Self::bearer).
    pub fn bearer_until(&self, token: &str) -> Result<(Principal, DateTime<Utc>), IdentityError> {
        let claims = self.verifier.verify(token, self.clock.now())?;
        Ok((self.bearer(token)?, claims.expires_at))
    }

    /// The principal called `name`, which something other than a token has proved, as it is known now.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Refused`] if there is no such principal (any more).
    pub fn known(&self, name: &str) -> Result<Principal, IdentityError> {
        let unknown = IdentityError::refused("a session names a principal that is not known");
        self.directory.principal(name).ok_or(unknown)
    }

    /// The principal called `name`, if `token` proves that name: what a client that knows only user
    /// and password sends.
    ///
    /// # Errors
    ///
    /// As [`bearer`](Self::bearer), and if the token proves another name.
    pub fn basic(&self, name: &str, token: &str) -> Result<Principal, IdentityError> {
        let principal = self.bearer(token)?;
        if principal.name == name {
            Ok(principal)
        } else {
            Err(IdentityError::refused("the token proves another name than the one given"))
        }
    }

    /// A new token for a principal that has just been authenticated.
    ///
    /// # Errors
    ///
    /// If this authenticator was built without a signer, or as [`TokenSigner::mint`].
    pub fn mint(&self, principal: &Principal, ttl: Duration) -> Result<String, IdentityError> {
        let signer = self.signer.as_ref().ok_or(IdentityError::NotASigner)?;
        signer.mint(&principal.name, ttl, self.clock.now())
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("verifier", &self.verifier).finish_non_exhaustive()
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

    #[test]
    fn groups_are_those_of_now_and_not_those_of_when_the_token_was_made() {
        let (authenticator, known, signer) = mesh();
        let token = signer.mint("ana", Duration::hours(1), Noon.now()).unwrap();
        assert_eq!(authenticator.bearer(&token).unwrap().groups, ["analysts".to_owned()].into());
        known.0.lock().unwrap().insert("ana".to_owned(), BTreeSet::new());
        assert!(authenticator.bearer(&token).unwrap().groups.is_empty());
    }

    #[test]
    fn a_token_of_someone_who_has_left_is_refused() {
        let (authenticator, known, signer) = mesh();
        let token = signer.mint("ana", Duration::hours(1), Noon.now()).unwrap();
        known.0.lock().unwrap().clear();
        refused(authenticator.bearer(&token));
        refused(authenticator.basic("ana", &token));
    }

    #[test]
    fn a_password_is_a_token_of_that_very_name() {
        let (authenticator, known, signer) = mesh();
        known.0.lock().unwrap().insert("omar".to_owned(), BTreeSet::new());
        let token = signer.mint("ana", Duration::hours(1), Noon.now()).unwrap();
        assert_eq!(authenticator.basic("ana", &token).unwrap().name, "ana");
        refused(authenticator.basic("omar", &token));
        refused(authenticator.basic("", &token));
        refused(authenticator.basic("ana", "secret"));
    }

    #[test]
    fn only_an_authenticator_with_a_signer_mints() {
        let (authenticator, known, signer) = mesh();
        let ana = known.principal("ana").unwrap();
        let token = authenticator.mint(&ana, Duration::minutes(5)).unwrap();
        assert_eq!(authenticator.bearer(&token).unwrap(), ana);
        let checking = Authenticator::new(signer.verifier(), known, Arc::new(Noon));
        assert!(matches!(checking.mint(&ana, Duration::minutes(5)), Err(IdentityError::NotASigner)));
        assert_eq!(checking.bearer(&token).unwrap(), ana);
    }
}
