//! The policies in force: one snapshot at a time, swapped whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use weft_model::Revision;

use crate::{PolicySnapshot, Principals};

/// Holds the snapshot in force. Reading never waits, not even while a new one is put in place.
///
/// Take [`current`](Self::current) once for a piece of work and decide everything in it from that
/// one snapshot.
#[derive(Debug)]
pub struct Policies {
    current: ArcSwap<PolicySnapshot>,
    epoch: AtomicU64,
}

impl Policies {
    /// Denies everything, saying that no policies are in force yet, and knows no principal.
    pub fn new_closed() -> Self {
        let closed = PolicySnapshot::closed(Revision::new("none"));
        Policies { current: ArcSwap::from_pointee(closed), epoch: AtomicU64::new(0) }
    }

    /// Puts `snapshot` and the principals of its revision in force, under the next epoch. Decisions
    /// asked from now on come from it; those made from an older snapshot are not called back.
    pub fn replace(&self, snapshot: PolicySnapshot) {
        let epoch = self.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        self.current.store(Arc::new(snapshot.with_epoch(epoch)));
    }

    /// The snapshot in force.
    pub fn current(&self) -> Arc<PolicySnapshot> {
        self.current.load_full()
    }

    /// The principals of the snapshot in force.
    pub fn principals(&self) -> Arc<Principals> {
        self.current.load().principals().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::DateTime;
    use weft_model::{Action, ManifestTree, Principal, PrincipalKind};

    use super::*;
    use crate::{AccessRequest, Authorizer, ObjectRef};

    #[test]
    fn everything_is_denied_until_policies_are_put_in_force() {
        let policies = Policies::new_closed();
        let ana = Principal {
            kind: PrincipalKind::User,
            name: "ana".to_owned(),
            groups: BTreeSet::new(),
            attributes: Default::default(),
        };
        let ask = || {
            let object: ObjectRef = "sales.orders.lines".parse().unwrap();
            let at = DateTime::UNIX_EPOCH;
            let request = AccessRequest { principal: &ana, action: Action::Read, object, purpose: None, at };
            policies.current().decide(&request)
        };
        assert_eq!(ask().because()[0].to_string(), "no policies are in force yet");
        assert_eq!((policies.current().epoch(), policies.principals().iter().count()), (0, 0));

        let tree = ManifestTree::of_texts([
            ("governance/model.conf", crate::model::MODEL),
            ("governance/policies/a.csv", "p, role:any, dom:any, obj:any, read, *, -, allow\n"),
        ]);
        let (rules, diagnostics) = crate::read(&tree);
        assert_eq!(diagnostics, []);
        policies.replace(rules.compile(&Revision::new("r1"), &BTreeSet::new()).unwrap());
        assert!(ask().is_allowed());
        assert_eq!((policies.current().epoch(), policies.current().policy_revision().as_str()), (1, "r1"));
    }
}
