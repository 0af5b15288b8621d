//! Why nothing can be told.

use std::net::IpAddr;
use std::path::PathBuf;

use weft_catalog::CatalogError;

/// Why a webhook cannot be used as it is configured, or no relay be made. No message holds a secret or a URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoticeError {
    #[error("it is no URL of a host: {reason}")]
    Address { reason: String },

    /// Events would travel in the clear.
    #[error("it does not begin with `https:`")]
    NotHttps,

    /// Whatever is written there ends up in logs of others.
    #[error("it holds a name or a password")]
    Credentials,

    #[error("its host stands for no address: {source}")]
    Unresolved {
        #[source]
        source: std::io::Error,
    },

    /// Told only where messages may not go there.
    #[error("its host is {address}, which is an address of this machine or its network")]
    Private { address: IpAddr },

    #[error("it is no secret: `whsec_` and 24 to 64 bytes in base64")]
    Secret,

    #[error("cannot read `{}`: {source}", file.display())]
    SecretFile {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },

    #[error("`{}` holds no secret: `whsec_` and 24 to 64 bytes in base64", file.display())]
    SecretInFile { file: PathBuf },

    #[error("nothing can be sent: {source}")]
    Client {
        #[source]
        source: reqwest::Error,
    },

    #[error(transparent)]
    Catalog(#[from] CatalogError),
}
