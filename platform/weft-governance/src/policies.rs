//! The policies in force: one snapshot at a time, swapped whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use weft_model::Revision;

use crate::{GrantBook, PolicySnapshot, Principals};

/// Holds the snapshot in force. Reading never waits, not even while a new one is put in place.
///
/// Take [`current`](Self::current) once for a piece of work and decide everything in it from that
/// one snapshot.
#[derive(Debug)]
pub struct Policies {
    current: ArcSwap<PolicySnapshot>,
    grants: Arc<GrantBook>,
    /// Held by whoever puts another snapshot in place; the epoch of the last one.
    epoch: Mutex<u64>,
    /// Seconds since 1970 of the last [`confirm`](Policies::confirm); long ago before the first.
    confirmed: Arc<AtomicI64>,
}

impl Policies {
    /// Denies everything, saying that no policies are in force yet, and knows no principal.
    pub fn new_closed() -> Self {
        Policies::granting(Arc::default())
    }

    /// The same, where what stands in `grants` will count besides the policies, as it stands there at each moment.
    pub fn granting(grants: Arc<GrantBook>) -> Self {
        let closed = PolicySnapshot::closed(Revision::new("none")).with_grants(grants.current(), 0);
        let confirmed = Arc::new(AtomicI64::new(i64::MIN));
        Policies { current: ArcSwap::from_pointee(closed), grants, epoch: Mutex::new(0), confirmed }
    }

    /// Puts `snapshot` and the principals of its revision in force, under the next epoch. Decisions
    /// asked from now on come from it; those made from an older snapshot are not called back.
    pub fn replace(&self, snapshot: PolicySnapshot) {
        let mut epoch = self.epoch.lock();
        *epoch += 1;
        let before = self.current.load_full();
        let in_force = snapshot.with_grants(self.grants.current(), *epoch);
        self.current.store(Arc::new(in_force.in_force(&before, self.confirmed.clone())));
    }

    /// Notes that at `now` the policies in force were the latest that there are. Data with the tag
    /// `restricted` are open for one hour from the last such note, and closed before the first. Where a
    /// domain or a product is under rules kept from an earlier revision, the hour counts from the last
    /// note before that.
    pub fn confirm(&self, now: DateTime<Utc>) {
        self.confirmed.store(now.timestamp(), Ordering::SeqCst);
    }

    /// How long ago the policies in force were last known to be the latest; `None` before the first time.
    pub fn age(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let confirmed = DateTime::from_timestamp(self.confirmed.load(Ordering::SeqCst), 0)?;
        Some(now - confirmed)
    }

    /// The snapshot in force, with everything that is granted at this moment.
    pub fn current(&self) -> Arc<PolicySnapshot> {
        let current = self.current.load_full();
        if Arc::ptr_eq(current.grants(), &self.grants.current()) { current } else { self.with_newest_grants() }
    }

    fn with_newest_grants(&self) -> Arc<PolicySnapshot> {
        let mut epoch = self.epoch.lock();
        let (current, grants) = (self.current.load_full(), self.grants.current());
        if Arc::ptr_eq(current.grants(), &grants) {
            return current;
        }
        *epoch += 1;
        let next = Arc::new(current.with_grants(grants, *epoch));
        self.current.store(Arc::clone(&next));
        next
    }

    /// The principals of the snapshot in force.
    pub fn principals(&self) -> Arc<Principals> {
        self.current.load().principals().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{DateTime, TimeDelta};
    use weft_model::{Action, ManifestTree, Principal, PrincipalKind};

    use super::*;
    use crate::sample::{column, facts, with_part};
    use crate::{AccessRequest, Authorizer, ObjectRef};

    fn ana() -> Principal {
        Principal {
            kind: PrincipalKind::User,
            name: "ana".to_owned(),
            groups: BTreeSet::new(),
            attributes: Default::default(),
        }
    }

    #[test]
    fn everything_is_denied_until_policies_are_put_in_force() {
        let policies = Policies::new_closed();
        let ana = ana();
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
        policies.replace(rules.compile(&Revision::new("r1"), &crate::MeshFacts::default()).unwrap());
        assert!(ask().is_allowed());
        assert_eq!((policies.current().epoch(), policies.current().policy_revision().as_str()), (1, "r1"));
    }
    #[test]
    fn restricted_data_close_an_hour_after_the_last_confirmation() {
        let facts = facts(&[
            ("a.p.open", &[], vec![column("c", &["internal"])]),
            ("a.p.tagged", &["restricted"], vec![column("c", &[])]),
            ("a.p.column", &[], vec![column("c", &["restricted.medical"])]),
        ]);
        let tree = ManifestTree::of_texts([
            ("governance/model.conf", crate::model::MODEL),
            ("governance/policies/a.csv", "p, role:any, dom:any, obj:any, *, *, -, allow\n"),
        ]);
        let (rules, _) = crate::read(&tree);
        let policies = Policies::new_closed();
        policies.replace(rules.compile(&Revision::new("r1"), &facts).unwrap());
        let ana = ana();
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let open = |seconds: i64| {
            let at = start + TimeDelta::seconds(seconds);
            let current = policies.current();
            let mut open = Vec::new();
            for (port, side) in &facts.ports {
                let object = ObjectRef::Port(port.clone());
                let request = AccessRequest { principal: &ana, action: Action::Read, object, purpose: None, at };
                let decided = current.decide(&request).is_allowed();
                assert_eq!(decided, current.decide_read(&request, &side.columns).is_allowed(), "{port}");
                if decided {
                    open.push(port.port.to_string());
                }
            }
            open
        };
        assert_eq!(open(0), ["open"], "never confirmed");
        policies.confirm(start);
        assert_eq!(open(3_600), ["column", "open", "tagged"]);
        assert_eq!(open(3_601), ["open"]);
        policies.confirm(start + TimeDelta::seconds(3_601));
        assert_eq!(open(3_601), ["column", "open", "tagged"], "what was remembered does not count");

        // What is read may be tagged otherwise than what the policies were compiled for.
        let object: ObjectRef = "a.p.open".parse().unwrap();
        let at = start + TimeDelta::days(1);
        let request = AccessRequest { principal: &ana, action: Action::Read, object, purpose: None, at };
        let current = policies.current();
        assert!(current.decide_read(&request, &[column("c", &["internal"])]).is_allowed());
        assert!(!current.decide_read(&request, &[column("c", &["restricted"])]).is_allowed());
        let part = with_part(column("c", &["internal"]), "inner", "restricted");
        assert!(!current.decide_read(&request, &[part]).is_allowed());
    }

    #[test]
    fn rules_kept_from_an_earlier_revision_grow_old_for_their_own_product_alone() {
        let column = |name: &str| vec![column(name, &["restricted"])];
        let facts = facts(&[("a.p.x", &[], column("c")), ("b.q.x", &[], column("c"))]);
        let filter = "rowFilters:\n  - {id: own, port: x, when: c = 'y'}\n";
        let compile = |restrictions: &str| {
            let tree = ManifestTree::of_texts([
                ("governance/model.conf", crate::model::MODEL),
                ("governance/policies/a.csv", "p, role:any, dom:any, obj:any, *, *, -, allow\n"),
                ("products/a/p/restrictions.yaml", restrictions),
            ]);
            let (mut rules, _) = crate::read(&tree);
            rules.keep_restrictions(&"a.p".parse().unwrap(), filter);
            rules.compile(&Revision::new("r"), &facts).unwrap()
        };
        let policies = Policies::new_closed();
        let ana = ana();
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let open = |seconds: i64| {
            let is_open = |port: &str| {
                let (object, at) = (port.parse().unwrap(), start + TimeDelta::seconds(seconds));
                let request = AccessRequest { principal: &ana, action: Action::Read, object, purpose: None, at };
                policies.current().decide(&request).is_allowed()
            };
            [is_open("a.p.x"), is_open("b.q.x")]
        };
        policies.replace(compile(filter));
        policies.confirm(start);
        assert_eq!(open(0), [true, true]);
        // The newest file is broken, and the mesh goes on to be confirmed.
        policies.replace(compile("rowFilters: 7\n"));
        policies.confirm(start + TimeDelta::seconds(3_000));
        assert_eq!(open(3_600), [true, true]);
        policies.replace(compile("rowFilters: 8\n"));
        assert_eq!(open(3_601), [false, true]);
        policies.replace(compile(filter));
        assert_eq!(open(3_601), [true, true]);
        let fresh = Policies::new_closed();
        fresh.replace(compile("rowFilters: 7\n"));
        fresh.confirm(start);
        let request = |port: &str| {
            let (object, at) = (port.parse().unwrap(), start);
            AccessRequest { principal: &ana, action: Action::Read, object, purpose: None, at }
        };
        let current = fresh.current();
        assert!(!current.decide(&request("a.p.x")).is_allowed(), "nobody knows for how long they were kept");
        assert!(current.decide(&request("b.q.x")).is_allowed());
    }
}
