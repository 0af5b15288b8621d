//! What a revision does to those who read a port, told before it is done.

use serde_json::json;
use weft_model::{PortRef, Revision};

use crate::outbox::Event;

/// A change of a port's contract that its readers should hear of in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foretold {
    pub port: PortRef,
    /// The version of the contract that is served.
    pub from: String,
    /// The version that the revision has; that of `from` where the port goes away.
    pub to: String,
    pub foreseen: Foreseen,
    /// Whom it concerns: names of products, and of principals as policies write them. In order, each once.
    pub consumers: Vec<String>,
}

/// What is going to happen to a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreseen {
    /// Changes that break readers, by name, in the order of the contract. Where the revision may not make them, the port
    /// stays as it is served.
    Breaking { changes: Vec<String>, is_refused: bool },
    /// The contract is not to be relied on for much longer: until that day (`2027-06-30`), where it says so.
    Deprecated { until: Option<String> },
}

impl Foretold {
    pub(crate) fn told(self, revision: &Revision) -> Event {
        let Foretold { port, from, to, foreseen, consumers } = self;
        let subject = port.to_string();
        match foreseen {
            Foreseen::Breaking { changes, is_refused } => Event {
                kind: "change.breaking",
                subject,
                payload: json!({
                    "port": port, "revision": revision, "from": from, "to": to, "refused": is_refused,
                    "changes": changes, "consumers": consumers,
                }),
            },
            Foreseen::Deprecated { until } => Event {
                kind: "port.deprecated",
                subject,
                payload: json!({
                    "port": port, "revision": revision, "from": from, "to": to, "until": until, "consumers": consumers,
                }),
            },
        }
    }
}
