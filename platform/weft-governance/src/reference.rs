//! A second, tiny evaluator in plain Rust, and the law that all three ways to decide agree.

use std::collections::BTreeSet;

use chrono::DateTime;
use proptest::prelude::*;
use weft_model::{Action, ManifestTree, Principal, Revision};

use crate::names::expanded;
use crate::row::RowSet;
use crate::sample::{column, facts};
use crate::{AccessRequest, Authorizer, MeshFacts, ObjectRef};

/// What rows say of one question.
#[derive(Clone, Copy, Debug)]
struct Said {
    allow: bool,
    deny: bool,
}

impl Said {
    /// Some row allows and none denies.
    fn may(self) -> bool {
        self.allow && !self.deny
    }
}

/// One question in the words of the rows.
struct Asking<'a> {
    principal: &'a Principal,
    action: Action,
    object: String,
    tags: BTreeSet<String>,
    purpose_granted: bool,
}

impl Asking<'_> {
    /// What the model says, read as a sentence.
    fn of(&self, rows: &RowSet) -> Said {
        let path = self.object.trim_start_matches("obj:");
        let domain = format!("dom:{}", path.split('.').next().unwrap());
        let mut subjects = BTreeSet::from([self.principal.subject(), "role:any".to_owned()]);
        subjects.extend(self.principal.groups.iter().map(|group| format!("group:{group}")));
        grow(&mut subjects, |held| {
            let here = rows.roles.iter().filter(|row| row.domain == domain || row.domain == "dom:any");
            here.filter(|row| held.contains(&row.member)).map(|row| row.role.clone()).collect()
        });
        let mut objects = BTreeSet::from([self.object.clone(), "obj:any".to_owned()]);
        grow(&mut objects, |within| {
            let declared = rows.containments.iter().filter(|row| within.contains(&row.object));
            let named = within.iter().filter_map(|object| object.rsplit_once('.')).map(|(above, _)| above.to_owned());
            declared.map(|row| row.container.clone()).chain(named).collect()
        });
        let lies_under = |tag: &String, asked: &str| tag == asked || tag.starts_with(&format!("{asked}."));
        let matching = rows.policies.iter().filter(|row| {
            subjects.contains(&row.subject)
                && objects.contains(&row.object)
                && (row.domain == domain || row.domain == "dom:any")
                && (row.action == self.action.as_str() || row.action == "*")
                && (row.tag == "*" || self.tags.iter().any(|tag| lies_under(tag, &row.tag)))
                && (row.condition == "-" || self.purpose_granted)
        });
        let effects: Vec<bool> = matching.map(|row| row.allows).collect();
        Said { allow: effects.contains(&true), deny: effects.contains(&false) }
    }
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

pub(crate) const PRINCIPALS: &str = "\
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
    let object = prop::sample::select(
        &["any", "a", "a.p", "a.p.x", "a.q", "a.box", "b", "b.p.x", "system", "system.mesh", "a.p.x.mail"][..],
    );
    let action = prop::sample::select(&["discover", "read", "read", "unmask", "see_all_rows", "*"][..]);
    let tag = prop::sample::select(&["*", "*", "*", "pii", "pii.email", "secret"][..]);
    let cond = prop::sample::select(&["-", "-", "purpose_granted"][..]);
    let effect = prop_oneof![3 => Just("allow"), 1 => Just("deny")];
    let terms = (subject(), domain(), object, action, tag, cond, effect);
    terms.prop_filter_map("never matches", |(who, dom, obj, act, tag, cond, eft)| {
        let fits = dom == "any" || obj == "any" || obj.split('.').next() == Some(dom);
        fits.then(|| format!("p, {who}, dom:{dom}, obj:{obj}, {act}, {tag}, {cond}, {eft}\n"))
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

pub(crate) fn rows() -> impl Strategy<Value = String> {
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
        let facts = mesh_facts();
        let snapshot = rules.compile(&Revision::new("r"), &facts).unwrap();
        let every_row = rules.all_rows();
        let askers = rules.principals().iter().flat_map(|principal| [None, Some("billing")].map(|why| (principal, why)));
        for (principal, purpose) in askers {
            for name in OBJECTS {
                let object: ObjectRef = name.parse().unwrap();
                let ask = |action| {
                    let at = DateTime::UNIX_EPOCH;
                    AccessRequest { principal, action, object: object.clone(), purpose, at }
                };
                let tags = tags_of(name);
                let purpose_granted = purpose.is_some() && name.starts_with("a.p");
                let said = |action, object: &str, more: &[&str]| {
                    let tags = tags.iter().copied().chain(more.iter().copied()).map(str::to_owned).collect();
                    Asking { principal, action, object: object.to_owned(), tags, purpose_granted }.of(&every_row)
                };
                let term = object.object_term();
                for action in Action::ALL {
                    let full = snapshot.decide_in_full(&ask(action), &term, action, &expanded(tags.iter().copied()));
                    prop_assert_eq!(full, Ok(said(action, &term, &[]).may()), "in full: {} {} {}", principal, action, object);
                }
                for action in [Action::Unmask, Action::SeeAllRows] {
                    let exempt = snapshot.decide(&ask(action)).is_allowed();
                    prop_assert_eq!(exempt, said(action, &term, &[]).may(), "{} {} {}", principal, action, object);
                }
                let port = said(Action::Read, &term, &[]);
                let reads = if name == "a.p.x" {
                    // Its only column may be decided otherwise than the port; a line that denies the port stands.
                    let column = column("mail", &["pii.email"]);
                    let open = said(Action::Read, &format!("{term}.mail"), &["pii.email"]).may();
                    let decided = snapshot.decide_column(&ask(Action::Read), &column);
                    prop_assert_eq!(decided.is_allowed(), open, "{} read mail", principal);
                    !port.deny && open
                } else {
                    port.may()
                };
                let read = snapshot.decide(&ask(Action::Read));
                prop_assert_eq!(read.is_allowed(), reads, "{} read {}", principal, object);
                prop_assert!(!read.is_allowed() || !read.because().is_empty());

                // Who may read may discover, unless a line denies it.
                let found = said(Action::Discover, &term, &[]);
                let discover = snapshot.decide(&ask(Action::Discover));
                prop_assert_eq!(discover.is_allowed(), found.may() || (reads && !found.deny), "{} discover {}", principal, object);
                prop_assert_eq!(snapshot.decide(&ask(Action::Discover)), discover, "remembered");
            }
        }
    }
}

/// Tags that the objects carry as a whole.
fn tags_of(object: &str) -> &'static [&'static str] {
    match object {
        "a.p.y" => &["pii.phone"],
        "b.p.x" => &["secret"],
        _ => &[],
    }
}

pub(crate) fn mesh_facts() -> MeshFacts {
    let ports = OBJECTS.into_iter().filter(|name| name.split('.').count() == 3 && !name.starts_with("system"));
    let columns = |name| if name == "a.p.x" { vec![column("mail", &["pii.email"])] } else { Vec::new() };
    let described: Vec<_> = ports.map(|name| (name, tags_of(name), columns(name))).collect();
    let mut facts = facts(&described);
    facts.purposes.insert("a.p".parse().unwrap(), BTreeSet::from(["billing".to_owned()]));
    facts
}
