//! A webhook as the operator configures it.

use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{Interest, Secrets};

/// A receiver of events. What it gets names products, ports and principals: it is the operator who says so.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Names it in logs, metrics and the catalog; two have different ones.
    pub name: String,
    /// As [`address`](crate::address) allows it. Not shown anywhere, since parts of it may be secret.
    pub url: Url,
    pub secrets: Secrets,
    pub interest: Interest,
    /// Whether messages may go to this machine and its network.
    pub allows_private: bool,
    /// Any number. Where it changes, as with all but the secrets, a webhook that was disabled is in use again and its
    /// dead letters are sent anew.
    pub generation: u64,
}

impl Webhook {
    /// What is the same as long as the configuration is, secrets aside.
    pub(crate) fn digest(&self) -> String {
        let whole = json!({
            "url": self.url.as_str(),
            "kinds": self.interest.kinds,
            "domains": self.interest.domains,
            "products": self.interest.products,
            "allowsPrivate": self.allows_private,
            "generation": self.generation,
        });
        Sha256::digest(whole.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
