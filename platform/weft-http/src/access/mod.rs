//! Who may see what.

mod explain;
mod requests;
mod roster;
mod simulate;

use weft_catalog::CatalogView;
use weft_governance::{AccessRequest, Authorizer, ObjectRef, PolicyLine, PolicySnapshot};
use weft_model::{Action, PortRef, Principal};
use weft_wire as wire;

use crate::Doors;

pub(crate) use explain::explain;
pub(crate) use requests::{decide_request, export_request, get_request, list_requests, post_request};
pub(crate) use roster::roster;
pub(crate) use simulate::simulate;

/// Whether `principal` may know who else sees `port`: whoever answers for its product, and whom the policies let
/// have it explained.
fn may_know_who(doors: &Doors, view: &CatalogView, principal: &Principal, port: &PortRef) -> bool {
    view.answers_for_product(&port.product_ref()) || is_allowed(doors, principal, port, Action::Explain)
}

/// Whether the policies in force let `principal` do that.
fn is_allowed(doors: &Doors, principal: &Principal, port: &PortRef, action: Action) -> bool {
    decides(&doors.policies.current(), doors, principal, port, action)
}

fn decides(policies: &PolicySnapshot, doors: &Doors, principal: &Principal, port: &PortRef, action: Action) -> bool {
    let object = ObjectRef::Port(port.clone());
    let request = AccessRequest { principal, action, object, purpose: None, at: doors.clock.now() };
    policies.decide(&request).is_allowed()
}

fn line(line: &PolicyLine) -> wire::RuleLine {
    let (file, number) = line.place.as_ref().map(|(file, number)| (file.to_string(), *number)).unzip();
    wire::RuleLine { file, line: number, text: line.text.to_string() }
}
