//! Who may do what, written out: `governance/decisions.txt`.

use std::fmt::Write as _;

use chrono::DateTime;
use weft_model::{Action, PortRef};

use crate::{AccessRequest, Authorizer, ObjectRef, PolicySnapshot, Principals};

/// Every port with those who may discover it and those who may read it, without a purpose.
///
/// The same rules and ports give the same text, in order of name, so that a commit shows whose
/// access it changes as a difference of a few words.
pub fn decisions_matrix(snapshot: &PolicySnapshot, principals: &Principals, ports: &[PortRef]) -> String {
    let mut ports: Vec<&PortRef> = ports.iter().collect();
    ports.sort();
    ports.dedup();
    let mut text = String::from("# Who may do what, as the policies decide it. Generated; do not edit.\n");
    for port in ports {
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n{port}");
        for action in Action::ALL {
            let may = |principal| {
                let object = ObjectRef::Port(port.clone());
                let at = DateTime::UNIX_EPOCH;
                snapshot.decide(&AccessRequest { principal, action, object, purpose: None, at }).is_allowed()
            };
            let allowed: Vec<&str> =
                principals.iter().filter(|principal| may(principal)).map(|p| p.name.as_str()).collect();
            let who = if allowed.is_empty() { "(no one)".to_owned() } else { allowed.join(", ") };
            let _ = writeln!(text, "  {:<9} {who}", format!("{action}:"));
        }
    }
    text
}
