//! Browsers that have signed in: a cookie stands for a name, on this server alone.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use crate::{Identity, IdentityError};

/// How long a browser stays signed in without asking for anything, and at most.
const IDLE: Duration = Duration::from_secs(8 * 3600);
const WHOLE: TimeDelta = TimeDelta::hours(24);

/// Most browsers that are signed in at a time; beyond, those that asked longest ago are signed out.
const SESSIONS_MAX: u64 = 100_000;

const SECRET_BYTES: usize = 32;

/// The browsers that are signed in. Cheap to clone; gone with the process.
#[derive(Clone)]
pub struct BrowserSessions {
    /// By the digest of the secret: whoever reads this process' memory cannot sign in with it.
    by_digest: Cache<[u8; 32], BrowserSession>,
}

/// One browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserSession {
    /// Whom it is signed in as.
    pub identity: Identity,
    /// What its requests that change something must carry, which no other site can know.
    pub csrf: String,
    /// It does not hold from here on.
    pub until: DateTime<Utc>,
}

impl Default for BrowserSessions {
    fn default() -> Self {
        let sessions = Cache::builder().max_capacity(SESSIONS_MAX).time_to_idle(IDLE);
        BrowserSessions { by_digest: sessions.build() }
    }
}

impl BrowserSessions {
    /// Signs a browser in as `identity`, which the caller has authenticated, for a day, or no longer than what proved it
    /// holds. Gives the secret that its cookie is to hold.
    ///
    /// # Errors
    ///
    /// If the system gives no random bytes.
    pub fn begin(
        &self,
        identity: &Identity,
        now: DateTime<Utc>,
        proof_until: Option<DateTime<Utc>>,
    ) -> Result<(String, BrowserSession), IdentityError> {
        let (secret, csrf) = (random()?, random()?);
        let until = proof_until.unwrap_or(now + WHOLE).min(now + WHOLE);
        let session = BrowserSession { identity: identity.clone(), csrf, until };
        self.by_digest.insert(digest(&secret), session.clone());
        Ok((secret, session))
    }

    /// The session whose cookie holds `secret`, if it has not ended.
    pub fn find(&self, secret: &str, now: DateTime<Utc>) -> Option<BrowserSession> {
        self.by_digest.get(&digest(secret)).filter(|session| now < session.until)
    }

    /// Signs that browser out.
    pub fn end(&self, secret: &str) {
        self.by_digest.invalidate(&digest(secret));
    }
}

impl fmt::Debug for BrowserSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserSessions").finish_non_exhaustive()
    }
}

fn random() -> Result<String, IdentityError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| IdentityError::NoRandomness)?;
    Ok(hex::encode(bytes))
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stands_for_the_name_until_the_browser_is_signed_out() {
        let (sessions, now) = (BrowserSessions::default(), DateTime::UNIX_EPOCH);
        let (secret, begun) = sessions.begin(&Identity::own("ana"), now, None).unwrap();
        let (other, _) = sessions.begin(&Identity::own("ana"), now, None).unwrap();
        assert_ne!(secret, other);
        assert_eq!(sessions.find(&secret, now), Some(begun.clone()));
        assert_ne!(begun.csrf, secret, "the page knows the one, and never the other");
        sessions.end(&secret);
        assert_eq!(sessions.find(&secret, now), None);
        assert!(sessions.find(&other, now).is_some());
        assert_eq!(sessions.find("", now), None);
    }

    #[test]
    fn a_session_ends_after_a_day_or_with_what_proved_the_name() {
        let (sessions, now) = (BrowserSessions::default(), DateTime::UNIX_EPOCH);
        let hours = TimeDelta::hours;
        for (proof_until, ends) in [(None, 24), (Some(now + hours(1)), 1), (Some(now + hours(99)), 24)] {
            let (secret, _) = sessions.begin(&Identity::own("ana"), now, proof_until).unwrap();
            assert!(sessions.find(&secret, now + hours(ends) - TimeDelta::nanoseconds(1)).is_some());
            assert_eq!(sessions.find(&secret, now + hours(ends)), None);
        }
    }
}
