//! A second, tiny evaluator in plain Rust, and the law that all three ways to decide agree.

use std::collections::BTreeSet;

use chrono::DateTime;
use proptest::prelude::*;
use weft_model::{Action, ManifestTree, Principal, Revision};

use crate::row::RowSet;
use crate::{AccessRequest, Authorizer, ObjectRef};

/// What the model says, read as a sentence: some row allows and none denies.
fn may(rows: &RowSet, principal: &Principal, action: Action, object: &ObjectRef) -> bool {
    let domain = object.domain_term();
    let mut subjects = BTreeSet::from([principal.subject(), "role:any".to_owned()]);
    subjects.extend(principal.groups.iter().map(|group| format!("group:{group}")));
    grow(&mut subjects, |held| {
        let here = rows.roles.iter().filter(|row| row.domain == domain || row.domain == "dom:any");
        here.filter(|row| held.contains(&row.member)).map(|row| row.role.clone()).collect()
    });
    let mut objects = BTreeSet::from([object.object_term(), "obj:any".to_owned()]);
    grow(&mut objects, |within| {
        let declared = rows.containments.iter().filter(|row| within.contains(&row.object));
        let named = within.iter().filter_map(|object| object.rsplit_once('.')).map(|(above, _)| above.to_owned());
        declared.map(|row| row.container.clone()).chain(named).collect()
    });
    let matching = rows.policies.iter().filter(|row| {
        subjects.contains(&row.subject)
            && objects.contains(&row.object)
            && (row.domain == domain || row.domain == "dom:any")
            && (row.action == action.as_str() || row.action == "*")
    });
    let effects: Vec<bool> = matching.map(|row| row.allows).collect();
    effects.contains(&true) && !effects.contains(&false)
}

fn grow(set: &mut BTreeSet<String>, next: impl Fn(&BTreeSet<String>) -> Vec<String>) {
    loop {
        let before = set.len();
        let more = next(set);
        set.extend(more);
        if set.len() == before {
            return;
        }
    }
}

const PRINCIPALS: &str = "\
users:
  - {name: u0}
  - {name: u1, groups: [g0]}
  - {name: u2, groups: [g0, g1]}
services:
  - {name: s0, groups: [g1]}
groups: [{name: g0}, {name: g1}]
";

const OBJECTS: [&str; 9] = ["a", "a.p", "a.p.x", "a.p.y", "a.q.x", "b", "b.p", "b.p.x", "system.mesh.runs"];

fn subject() -> impl Strategy<Value = String> {
    const NAMES: [&str; 6] = ["user:u0", "user:u1", "user:u2", "service:s0", "group:g0", "group:g1"];
    prop_oneof![
        3 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        3 => (0..4).prop_map(|n| format!("role:r{n}")),
        1 => Just("role:any".to_owned()),
    ]
}

fn domain() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["a", "b", "any", "system"][..])
}

fn policy() -> impl Strategy<Value = String> {
    let object =
        prop::sample::select(&["any", "a", "a.p", "a.p.x", "a.q", "a.box", "b", "b.p.x", "system", "system.mesh"][..]);
    let action = prop::sample::select(&["discover", "read", "*"][..]);
    let effect = prop_oneof![3 => Just("allow"), 1 => Just("deny")];
    (subject(), domain(), object, action, effect).prop_filter_map("never matches", |(who, dom, obj, act, eft)| {
        let fits = dom == "any" || obj == "any" || obj.split('.').next() == Some(dom);
        fits.then(|| format!("p, {who}, dom:{dom}, obj:{obj}, {act}, *, -, {eft}\n"))
    })
}

/// Roles are held by those of a lower number, so that no ring comes about.
fn role() -> impl Strategy<Value = String> {
    prop_oneof![
        (subject(), 0..4, domain()).prop_filter_map("roles come below", |(who, role, dom)| {
            (!who.starts_with("role:")).then(|| format!("g, {who}, role:r{role}, dom:{dom}\n"))
        }),
        (0..3i32, 1..3i32, domain())
            .prop_map(|(low, up, dom)| format!("g, role:r{low}, role:r{}, dom:{dom}\n", i32::min(low + up, 4))),
    ]
}

fn containment() -> impl Strategy<Value = String> {
    prop::sample::select(&["a.p", "a.p.x", "a.q.x", "b.p"][..])
        .prop_map(|object| format!("g2, obj:{object}, obj:a.box\n"))
}

fn rows() -> impl Strategy<Value = String> {
    let some = |text: BoxedStrategy<String>, most: usize| prop::collection::vec(text, 0..most);
    (some(policy().boxed(), 9), some(role().boxed(), 7), some(containment().boxed(), 3)).prop_map(|(p, g, g2)| {
        let mut rows: Vec<String> = p.into_iter().chain(g).chain(g2).collect();
        rows.sort();
        rows.dedup();
        rows.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn slice_full_policy_and_reference_agree(mesh in rows()) {
        let tree = ManifestTree::of_texts([
            ("governance/model.conf", crate::model::MODEL),
            ("governance/principals.yaml", PRINCIPALS),
            ("governance/policies/mesh.csv", mesh.as_str()),
            ("products/a/access.csv", "p, role:r0, dom:a, obj:a.p.y, read, *, -, allow\ng, user:u0, role:r0, dom:a\n"),
            ("products/a/p/product.odps.yaml", ""),
            ("products/a/q/product.odps.yaml", ""),
            ("products/b/p/product.odps.yaml", ""),
        ]);
        let (rules, diagnostics) = crate::read(&tree);
        prop_assert!(!diagnostics.iter().any(weft_model::Diagnostic::is_error), "{diagnostics:?}");
        let domains = ["a", "b"].map(|name| name.parse().unwrap()).into();
        let snapshot = rules.compile(&Revision::new("r"), &domains).unwrap();
        let every_row = rules.all_rows();
        for principal in rules.principals().iter() {
            for object in OBJECTS {
                let object: ObjectRef = object.parse().unwrap();
                let ask = |action| {
                    let at = DateTime::UNIX_EPOCH;
                    AccessRequest { principal, action, object: object.clone(), purpose: None, at }
                };
                let mut direct = Vec::new();
                for action in Action::ALL {
                    let expected = may(&every_row, principal, action, &object);
                    let full = snapshot.decide_in_full(&ask(action), action);
                    prop_assert_eq!(full, Ok(expected), "in full: {} {} {}", principal, action, object);
                    direct.push(expected);
                }
                let read = snapshot.decide(&ask(Action::Read));
                prop_assert_eq!(read.is_allowed(), direct[1], "{} read {}", principal, object);
                prop_assert!(!read.is_allowed() || !read.because().is_empty());

                // Who may read may discover, unless a line denies it.
                let discover = snapshot.decide(&ask(Action::Discover));
                let denied = discover.because().iter().any(|line| line.text.ends_with("deny"));
                prop_assert_eq!(discover.is_allowed(), direct[0] || (direct[1] && !denied), "{} discover {}", principal, object);
                prop_assert_eq!(snapshot.decide(&ask(Action::Discover)), discover, "remembered");
            }
        }
    }
}
