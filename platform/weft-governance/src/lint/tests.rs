use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use weft_model::{Action, ManifestTree, Revision};

use crate::sample::{column, facts};
use crate::{AccessRequest, Authorizer, MeshFacts, ObjectRef, PolicySnapshot, Rules, reference};

const PRINCIPALS: &str = "\
users:
  - {name: ana, groups: [analysts]}
  - {name: omar, groups: [owners]}
services: [{name: jobs}]
groups: [{name: analysts}, {name: owners}, {name: auditors}]
";

fn mesh_facts() -> MeshFacts {
    let mut facts = facts(&[
        ("sales.orders.lines", &[], vec![column("id", &["public"]), column("mail", &["pii.email"])]),
        ("fleet.planes.register", &["internal"], vec![column("tail", &["public"])]),
    ]);
    facts.purposes.insert("sales.orders".parse().unwrap(), BTreeSet::from(["billing".to_owned()]));
    facts
}

fn read(rows: &str, restrictions: &str, facts: &MeshFacts) -> (Rules, PolicySnapshot) {
    let tree = ManifestTree::of_texts([
        ("governance/model.conf", crate::model::MODEL),
        ("governance/principals.yaml", PRINCIPALS),
        ("governance/policies/a.csv", rows),
        ("governance/restrictions.yaml", restrictions),
        ("products/sales/orders/product.odps.yaml", ""),
        ("products/fleet/planes/product.odps.yaml", ""),
    ]);
    let (rules, _) = crate::read(&tree);
    let snapshot = rules.compile(&Revision::new("r"), facts).unwrap();
    (rules, snapshot)
}

fn now() -> DateTime<Utc> {
    "2026-11-26T12:00:00Z".parse().unwrap()
}

#[track_caller]
fn check(rows: &str, restrictions: &str, expected: Expect) {
    let facts = mesh_facts();
    let (rules, snapshot) = read(rows, restrictions, &facts);
    let told = super::lint(&rules, &snapshot, &facts, now());
    assert!(told.iter().all(|told| !told.is_error()));
    let line = |told: &weft_model::Diagnostic| {
        let also = told.others.iter().map(|other| format!("  {}: {}\n", other.place, other.text));
        format!("{told}\n{}", also.collect::<String>())
    };
    expected.assert_eq(&told.iter().map(line).collect::<String>());
}

#[test]
fn rows_that_nobody_can_match_are_told() {
    check(
        "\
p, role:analyst, dom:any, obj:any, read, *, -, allow
g, group:analysts, role:analyst, dom:any
p, group:auditors, dom:any, obj:any, read, *, -, allow
g, group:auditors, role:auditor, dom:sales
p, role:auditor, dom:sales, obj:sales, unmask, *, -, allow
g, user:ana, role:seller, dom:sales
p, role:seller, dom:fleet, obj:fleet, unmask, *, -, allow
",
        "",
        expect![[r#"
            governance/policies/a.csv:3:4 W0330 nobody is in `group:auditors`, so the row never matches
            governance/policies/a.csv:5:4 W0330 nobody holds `role:auditor` in the domain `sales`, so the row never matches
            governance/policies/a.csv:6:14 W0330 no `p` row speaks of `role:seller` in the domain `sales`, so holding it means nothing
            governance/policies/a.csv:7:4 W0330 nobody holds `role:seller` in the domain `fleet`, so the row never matches
        "#]],
    );
}

#[test]
fn rows_that_nothing_in_the_mesh_fits_are_told() {
    check(
        "\
p, group:analysts, dom:sales, obj:sales.orders, read, internal, -, allow
p, group:analysts, dom:any, obj:any, unmask, pii, -, allow
p, group:owners, dom:fleet, obj:fleet, read, pii.email, -, allow
p, group:owners, dom:fleet, obj:fleet, read, *, purpose_granted, allow
p, group:owners, dom:sales, obj:sales, read, *, purpose_granted, allow
p, user:ana, dom:sales, obj:sales.orders.lines.id, unmask, pii, -, allow
p, user:ana, dom:sales, obj:sales.orders.lines.id, unmask, *, until:2026-11-25, allow
p, user:ana, dom:sales, obj:sales.orders.lines.id, unmask, *, until:2026-11-26, allow
",
        "",
        expect![[r#"
            governance/policies/a.csv:1:55 W0330 nothing under `sales.orders` carries the tag `internal`, so the row never matches
            governance/policies/a.csv:3:46 W0330 nothing under `fleet` carries the tag `pii.email`, so the row never matches
            governance/policies/a.csv:4:49 W0330 no product under `fleet` allows any purpose, so the row never matches
            governance/policies/a.csv:6:60 W0330 nothing under `sales.orders.lines.id` carries the tag `pii`, so the row never matches
            governance/policies/a.csv:7:63 W0330 the row has not counted since 2026-11-26 at 00:00:00 UTC
        "#]],
    );
}

#[test]
fn rows_that_another_leaves_nothing_to_say_are_told_with_both_places() {
    check(
        "\
p, role:analyst, dom:sales, obj:sales, read, *, -, allow
p, role:junior, dom:sales, obj:sales.orders, read, pii, -, allow
g, group:analysts, role:junior, dom:any
g, role:junior, role:analyst, dom:sales
p, role:any, dom:any, obj:any, unmask, *, -, deny
p, user:omar, dom:sales, obj:sales.orders.lines, unmask, pii.email, purpose_granted, allow
p, user:omar, dom:any, obj:any, *, *, -, allow
p, user:ana, dom:sales, obj:sales, see_all_rows, *, until:2027-01-31, allow
p, user:ana, dom:sales, obj:sales, see_all_rows, *, purpose:billing+until:2027-01-01, allow
p, user:ana, dom:sales, obj:sales.orders, see_all_rows, *, until:2027-02-01, allow
",
        "",
        expect![[r#"
            governance/policies/a.csv:2:1 W0331 this row says nothing new
              governance/policies/a.csv:1:1: said here already
            governance/policies/a.csv:6:1 W0331 this row allows nothing
              governance/policies/a.csv:5:1: denied here, whatever it allows
            governance/policies/a.csv:9:1 W0331 this row says nothing new
              governance/policies/a.csv:8:1: said here already
        "#]],
    );
}

#[test]
fn restrictions_that_apply_to_nothing_are_told() {
    check(
        "p, user:ana, dom:any, obj:any, read, *, -, allow\n",
        "\
masks:
  - {id: mail, tag: pii, mask: \"null\"}
  - {id: phone, tag: home.phone, mask: \"null\"}
rowFilters:
  - {id: own, domain: sales, when: id = 'a'}
  - {id: none, tag: pii.email, domain: fleet, when: id = 'a'}
",
        expect![[r#"
            governance/restrictions.yaml:3:22 W0330 no column carries the tag `home.phone`, so the mask `phone` applies to nothing
            governance/restrictions.yaml:6:21 W0330 no port is picked, so the row filter `none` applies to nothing
        "#]],
    );
}

#[test]
fn in_a_part_of_the_mesh_nobody_is_called_unknown() {
    let facts = MeshFacts { is_part: true, ..mesh_facts() };
    let rows = "p, group:auditors, dom:any, obj:any, read, *, -, allow\ng, user:ana, role:x, dom:any\n";
    let (rules, snapshot) = read(rows, "", &facts);
    assert_eq!(super::lint(&rules, &snapshot, &facts, now()), []);
}

/// Whom and what every decision is about, and what came out.
fn every_decision(snapshot: &PolicySnapshot, facts: &MeshFacts) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let askers = snapshot.principals().iter().flat_map(|principal| [None, Some("billing")].map(|why| (principal, why)));
    for (principal, purpose) in askers {
        for object in ["a", "a.p", "a.p.x", "a.p.y", "a.q.x", "b", "b.p", "b.p.x", "system.mesh.runs"] {
            for action in Action::ALL {
                let object: ObjectRef = object.parse().unwrap();
                let asked = format!("{principal} {action} {object} {purpose:?}");
                let request = AccessRequest { principal, action, object, purpose, at: now() };
                all.push((asked.clone(), snapshot.decide(&request).is_allowed().to_string()));
                if let (Action::Read, ObjectRef::Port(port)) = (action, &request.object) {
                    let decision = snapshot.decide_read(&request, &facts.ports[port].columns);
                    let terms: Vec<_> = decision.obligations().iter().map(|imposed| &imposed.obligation).collect();
                    all.push((format!("{asked} on terms"), format!("{} {terms:?}", decision.is_allowed())));
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn without_the_rows_that_are_told_every_decision_is_the_same(rows in reference::rows()) {
        let facts = reference::mesh_facts();
        let compile = |rows: &str| {
            let tree = ManifestTree::of_texts([
                ("governance/model.conf", crate::model::MODEL),
                ("governance/principals.yaml", reference::PRINCIPALS),
                ("governance/restrictions.yaml", "clear: [public]\nmasks: [{id: mail, tag: pii.email, mask: partial_email}]\n"),
                ("governance/policies/mesh.csv", rows),
                ("products/a/p/product.odps.yaml", ""),
                ("products/a/q/product.odps.yaml", ""),
                ("products/b/p/product.odps.yaml", ""),
            ]);
            let (rules, told) = crate::read(&tree);
            assert!(!told.iter().any(weft_model::Diagnostic::is_error), "{told:?}");
            let snapshot = rules.compile(&Revision::new("r"), &facts).unwrap();
            (rules, snapshot)
        };
        let (rules, snapshot) = compile(&rows);
        let told = super::lint(&rules, &snapshot, &facts, now());
        let lines: BTreeSet<u32> =
            told.iter().filter(|told| told.place.file.ends_with("mesh.csv")).map(|told| told.place.line).collect();
        let kept: String =
            (1u32..).zip(rows.split_inclusive('\n')).filter(|(line, _)| !lines.contains(line)).map(|(_, row)| row).collect();
        let without = compile(&kept).1;
        prop_assert_eq!(every_decision(&snapshot, &facts), every_decision(&without, &facts), "without {:?} of\n{}", told, rows);
    }
}
