//! Which pages of the catalog there are for whom: none with which a person can do nothing.

use weft_model::{Action, Principal};

use crate::{Doors, access};

/// Of `publish`, `policies` and `ops` those that are for `principal`; the other pages are for everyone.
pub(crate) fn of(doors: &Doors, principal: &Principal) -> Vec<String> {
    let view = doors.view(principal);
    let (operates, answers) = (view.sees_mesh_runs(), view.answers_for_any());
    let explains = || view.port_names().any(|port| access::is_allowed(doors, principal, &port, Action::Explain));
    let mut pages = Vec::new();
    if operates || answers {
        pages.push("publish".to_owned());
    }
    if operates || answers || explains() {
        pages.push("policies".to_owned());
    }
    if operates {
        pages.push("ops".to_owned());
    }
    pages
}
