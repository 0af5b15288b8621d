//! Who may see what.

pub(crate) mod explain;
pub(crate) mod requests;
pub(crate) mod roster;
pub(crate) mod simulate;

use weft_catalog::CatalogView;
use weft_governance::{AccessRequest, Authorizer, ObjectRef, PolicyLine, PolicySnapshot};
use weft_model::{Action, PortRef, Principal};
use weft_wire as wire;

use crate::Doors;

/// Whether `principal` may know who else sees `port`: whoever answers for its product, and whom the policies let
/// have it explained.
fn may_know_who(doors: &Doors, view: &CatalogView, principal: &Principal, port: &PortRef) -> bool {
    view.answers_for_product(&port.product_ref()) || is_allowed(doors, principal, port, Action::Explain)
}

/// Whether the policies in force let `principal` do that.
pub(crate) fn is_allowed(doors: &Doors, principal: &Principal, port: &PortRef, action: Action) -> bool {
    decides(&doors.policies.current(), doors, principal, port, action)
}

fn decides(policies: &PolicySnapshot, doors: &Doors, principal: &Principal, port: &PortRef, action: Action) -> bool {
    let object = ObjectRef::Port(port.clone());
    let request = AccessRequest { principal, action, object, purpose: None, at: doors.clock.now() };
    policies.decide(&request).is_allowed()
}

pub(crate) fn line(line: &PolicyLine) -> wire::RuleLine {
    let (file, number) = line.place.as_ref().map(|(file, number)| (file.to_string(), *number)).unzip();
    wire::RuleLine { file, line: number, text: line.text.to_string() }
}
