//! What can go wrong with credentials and their key.

use std::io;
use std::path::PathBuf;

use weft_model::Code;

/// The one text that every refused credential gets, whatever was wrong with it.
pub const REFUSED: &str = "credentials are missing or not valid";

/// Why a token could not be made or was not believed.
///
/// `Display` of [`Refused`](IdentityError::Refused) is the same text for every cause, so that a
/// client cannot tell an expired token from a forged one; [`reason`](IdentityError::reason) is for
/// the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The credentials do not prove anything.
    #[error("{REFUSED}")]
    Refused {
        /// For the log, never for the client.
        reason: &'static str,
    },

    /// The identity provider did not prove who signs in.
    #[error("the identity provider did not prove who signs in; sign in again")]
    SignIn {
        /// For the log, never for the client.
        reason: String,
    },

    /// The identity provider cannot be asked, or its settings are not what it needs.
    #[error("the identity provider cannot be asked just now")]
    Provider {
        /// For the log, never for the client.
        reason: String,
    },

    /// More was asked than the limits on rates allow.
    #[error("{what}: ask again in {seconds} s")]
    TooMany {
        what: &'static str,
        /// At least 1.
        seconds: u64,
    },

    /// The asked lifetime is zero, negative or longer than [`crate::TTL_MAX`].
    #[error("a token may live for 1 second to 30 days, not for {seconds} seconds")]
    Lifetime { seconds: i64 },

    /// A token was asked for a text that cannot be the name of a principal.
    #[error("`{name}` cannot be the name of a principal")]
    Name { name: String },

    /// Whoever stands in no file of the mesh signs in with the identity provider, which makes the tokens too.
    #[error(
        "tokens of this server are for principals in `governance/principals.yaml`: take one of the identity provider"
    )]
    NotOurs,

    /// This process checks tokens but does not sign them.
    #[error("this process does not issue tokens")]
    NotASigner,

    /// The key file or its directory cannot be read or written.
    #[error("cannot {doing} the key at `{}`", path.display())]
    KeyFile {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },

    /// The key file holds no key. It is left as it is: a new key would end all that was made with it.
    #[error(
        "the key at `{}` is damaged: put back a good copy, or remove it to have a new one made, which ends what rests on it",
        path.display()
    )]
    KeyDamaged { path: PathBuf },

    /// Others than the owner may read the key file.
    #[error("the key at `{}` may be read by others: take the rights of group and others from it (chmod 600)", path.display())]
    KeyExposed { path: PathBuf },

    /// Signing failed: a bug, since the key was read and checked.
    #[error("the token could not be signed")]
    Signing,

    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl IdentityError {
    /// The stable code for clients.
    pub fn code(&self) -> Code {
        match self {
            IdentityError::Refused { .. } => Code::UNAUTHENTICATED,
            IdentityError::SignIn { .. } | IdentityError::Provider { .. } => Code::SIGN_IN_FAILED,
            IdentityError::TooMany { .. } => Code::TOO_MANY_REQUESTS,
            IdentityError::NotOurs => Code::ACCESS_DENIED,
            IdentityError::Lifetime { .. } | IdentityError::Name { .. } | IdentityError::NotASigner => {
                Code::REQUEST_INVALID
            }
            IdentityError::KeyFile { .. } | IdentityError::KeyDamaged { .. } | IdentityError::KeyExposed { .. } => {
                Code::KEY_UNUSABLE
            }
            IdentityError::Signing | IdentityError::NoRandomness => Code::INTERNAL,
        }
    }

    /// What exactly was wrong, for the log only.
    pub fn reason(&self) -> String {
        match self {
            IdentityError::Refused { reason } => (*reason).to_owned(),
            IdentityError::SignIn { reason } | IdentityError::Provider { reason } => reason.clone(),
            other => other.to_string(),
        }
    }

    pub(crate) fn refused(reason: &'static str) -> Self {
        IdentityError::Refused { reason }
    }
}
