use std::collections::BTreeSet;
use std::fmt::Write as _;

use expect_test::{Expect, expect};
use weft_model::{ManifestTree, Revision};

use super::*;
use crate::sample::{column, facts};

const PRINCIPALS: &str = "\
users:
  - {name: ana, groups: [analysts], attributes: {region: EU}}
  - {name: bo, groups: [analysts], attributes: {region: EU}}
  - {name: cy, groups: [analysts], attributes: {region: US}}
  - {name: lena, groups: [owners]}
  - {name: nobody}
services: [{name: jobs}]
groups: [{name: analysts}, {name: owners}]
";

const ROWS: &str = "\
p, role:reader, dom:sales, obj:sales, read, *, -, allow
g, group:analysts, role:analyst, dom:any
g, role:analyst, role:reader, dom:sales
g, group:owners, role:reader, dom:sales
p, group:owners, dom:sales, obj:sales, unmask, *, -, allow
p, group:owners, dom:sales, obj:sales, see_all_rows, *, -, allow
p, role:any, dom:sales, obj:sales, read, secret, -, deny
p, service:jobs, dom:sales, obj:sales, read, *, purpose_granted, allow
";

const RESTRICTIONS: &str = "\
clear: [public]
masks: [{id: mail, tag: pii, mask: partial_email}]
rowFilters: [{id: own, domain: sales, when: region = $principal.region}]
";

#[track_caller]
fn check(column_asked: Option<&str>, purpose: Option<&str>, expected: Expect) {
    let columns =
        vec![column("region", &["public"]), column("mail", &["pii.email"]), column("pay", &["public", "secret"])];
    let mut facts = facts(&[("sales.orders.lines", &[], columns.clone())]);
    facts.purposes.insert("sales.orders".parse().unwrap(), BTreeSet::from(["billing".to_owned()]));
    let tree = ManifestTree::of_texts([
        ("governance/model.conf", crate::model::MODEL),
        ("governance/principals.yaml", PRINCIPALS),
        ("governance/policies/a.csv", ROWS),
        ("governance/restrictions.yaml", RESTRICTIONS),
        ("products/sales/orders/product.odps.yaml", ""),
    ]);
    let snapshot = crate::read(&tree).0.compile(&Revision::new("r"), &facts).unwrap();
    let port = "sales.orders.lines".parse().unwrap();
    let at = DateTime::UNIX_EPOCH;
    let question = RosterQuestion { port: &port, columns: &columns, column: column_asked, purpose, at };
    expected.assert_eq(&written(&roster(&snapshot, &question)));
}

fn written(roster: &Roster) -> String {
    let mut text = String::new();
    for group in &roster.groups {
        let columns = group.seen.columns.iter().map(|seen| {
            let masks = seen.sight.masks().map(|masks| format!(" ({masks})")).unwrap_or_default();
            format!("{} {}{masks}", seen.name, seen.sight.as_str())
        });
        let _ = writeln!(text, "rows {}: {}", group.seen.rows.as_str(), columns.collect::<Vec<_>>().join(", "));
        for member in &group.members {
            let paths = member.paths.iter().map(|path| {
                let steps = path.chain.iter().map(|step| format!("{} > ", step.member));
                format!("{}{} at {}", steps.collect::<String>(), path.subject, path.rule.place.as_ref().unwrap().1)
            });
            let _ = writeln!(text, "  {}: {}", member.name, paths.collect::<Vec<_>>().join(", "));
        }
    }
    text
}

#[test]
fn everyone_is_told_with_what_they_see_and_how_they_come_to_see_it() {
    check(
        None,
        None,
        expect![[r#"
            rows some: region clear, mail masked (partial_email), pay hidden
              ana: user:ana > group:analysts > role:analyst > role:reader at 1
              bo: user:bo > group:analysts > role:analyst > role:reader at 1
            rows some: region clear, mail masked (partial_email), pay hidden
              cy: user:cy > group:analysts > role:analyst > role:reader at 1
            rows none: region denied, mail denied, pay denied
              jobs: role:any at 7
              nobody: role:any at 7
            rows all: region clear, mail clear, pay hidden
              lena: user:lena > group:owners > role:reader at 1
        "#]],
    );
}

#[test]
fn a_purpose_that_the_product_allows_counts_and_another_does_not() {
    check(
        Some("mail"),
        Some("billing"),
        expect![[r#"
            rows some: mail masked (partial_email)
              ana: user:ana > group:analysts > role:analyst > role:reader at 1
              bo: user:bo > group:analysts > role:analyst > role:reader at 1
            rows some: mail masked (partial_email)
              cy: user:cy > group:analysts > role:analyst > role:reader at 1
            rows some: mail masked (partial_email)
              jobs: service:jobs at 8
            rows all: mail clear
              lena: user:lena > group:owners > role:reader at 1
            rows none: mail denied
              nobody: role:any at 7
        "#]],
    );
}
