use std::collections::BTreeSet;
use std::fmt::Write as _;

use expect_test::{Expect, expect};
use weft_model::{Column, ManifestTree, Revision};

use super::*;
use crate::sample::{column, facts};

const PRINCIPALS: &str = "\
users:
  - {name: ana, groups: [analysts]}
  - {name: bo, groups: [analysts]}
  - {name: lena, groups: [owners]}
services: [{name: jobs}]
groups: [{name: analysts}, {name: owners}]
";

const ROWS: &str = "\
p, role:reader, dom:sales, obj:sales, read, *, -, allow
g, group:analysts, role:reader, dom:sales
p, group:owners, dom:sales, obj:sales, *, *, -, allow
";

const RESTRICTIONS: &str = "clear: [public]\nmasks: [{id: mail, tag: pii, mask: partial_email}]\n";

#[derive(Clone)]
struct Texts {
    principals: String,
    rows: String,
    restrictions: String,
    columns: Vec<Column>,
    purposes: BTreeSet<String>,
}

impl Texts {
    fn usual() -> Self {
        Texts {
            principals: PRINCIPALS.to_owned(),
            rows: ROWS.to_owned(),
            restrictions: RESTRICTIONS.to_owned(),
            columns: vec![column("id", &["public"]), column("mail", &["pii.email"])],
            purposes: BTreeSet::from(["billing".to_owned(), "fraud".to_owned()]),
        }
    }

    fn compile(&self) -> (PolicySnapshot, MeshFacts) {
        let mut facts =
            facts(&[("sales.orders.lines", &[], self.columns.clone()), ("sales.orders.notes", &[], Vec::new())]);
        facts.purposes.insert("sales.orders".parse().unwrap(), self.purposes.clone());
        let tree = ManifestTree::of_texts([
            ("governance/model.conf", crate::model::MODEL),
            ("governance/principals.yaml", &self.principals),
            ("governance/policies/a.csv", &self.rows),
            ("governance/restrictions.yaml", &self.restrictions),
            ("products/sales/orders/product.odps.yaml", ""),
        ]);
        let (rules, _) = crate::read(&tree);
        (rules.compile(&Revision::new("r"), &facts).unwrap(), facts)
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut Texts), expected: Expect) {
    let before = Texts::usual();
    let mut after = before.clone();
    change(&mut after);
    let (before, after) = (before.compile(), after.compile());
    expected.assert_eq(&written(&simulate(state(&before), state(&after), DateTime::UNIX_EPOCH)));
}

fn state((snapshot, facts): &(PolicySnapshot, MeshFacts)) -> MeshState<'_> {
    MeshState { snapshot, facts }
}

fn written(effects: &[AccessEffect]) -> String {
    let mut text = String::new();
    for effect in effects {
        let who: Vec<&str> = effect.people.iter().chain(&effect.services).map(String::as_str).collect();
        let whole = if effect.is_whole { " (all)" } else { "" };
        let (columns, purposes) = (effect.columns.join(","), effect.purposes.join(","));
        let _ =
            writeln!(text, "{}: {:?} {}.{columns}{whole} for [{purposes}]", who.join(" "), effect.change, effect.port);
        for cause in &effect.because {
            let _ = writeln!(text, "  {} {}", cause.sign.map_or("=", |sign| sign.as_str()), cause.line);
        }
    }
    text
}

#[test]
fn nothing_is_told_of_lines_that_move() {
    check(|texts| texts.rows = format!("# said\n\n{ROWS}"), expect![""]);
}

#[test]
fn a_row_that_comes_names_whom_it_opens_what() {
    check(
        |texts| texts.rows.push_str("p, service:jobs, dom:sales, obj:sales.orders.lines, read, *, -, allow\n"),
        expect![[r#"
            jobs: Gains { masks: None } sales.orders.lines.id for []
              + governance/policies/a.csv:4: p, service:jobs, dom:sales, obj:sales.orders.lines, read, *, -, allow
            jobs: Gains { masks: Some("partial_email") } sales.orders.lines.mail for []
              + governance/policies/a.csv:4: p, service:jobs, dom:sales, obj:sales.orders.lines, read, *, -, allow
        "#]],
    );
}

#[test]
fn a_grant_for_a_purpose_is_told_once_for_all_purposes() {
    check(
        |texts| texts.rows.push_str("p, role:reader, dom:sales, obj:sales, unmask, pii, purpose_granted, allow\n"),
        expect![[r#"
            ana bo: Clears sales.orders.lines.mail for [billing,fraud]
              + governance/policies/a.csv:4: p, role:reader, dom:sales, obj:sales, unmask, pii, purpose_granted, allow
        "#]],
    );
}

#[test]
fn who_leaves_a_group_loses_what_it_opened() {
    check(
        |texts| texts.principals = PRINCIPALS.replace("{name: bo, groups: [analysts]}", "{name: bo}"),
        expect![[r#"
            bo: Loses sales.orders.lines.id,mail (all) for []
              = governance/policies/a.csv:1: p, role:reader, dom:sales, obj:sales, read, *, -, allow
        "#]],
    );
}

#[test]
fn a_role_that_is_given_is_told_by_the_row_that_gives_it() {
    check(
        |texts| texts.rows.push_str("g, service:jobs, role:reader, dom:sales\n"),
        expect![[r#"
            jobs: Gains { masks: None } sales.orders.lines.id for []
              + governance/policies/a.csv:4: g, service:jobs, role:reader, dom:sales
              = governance/policies/a.csv:1: p, role:reader, dom:sales, obj:sales, read, *, -, allow
            jobs: Gains { masks: Some("partial_email") } sales.orders.lines.mail for []
              + governance/policies/a.csv:4: g, service:jobs, role:reader, dom:sales
              = governance/policies/a.csv:1: p, role:reader, dom:sales, obj:sales, read, *, -, allow
        "#]],
    );
}

#[test]
fn a_row_filter_that_comes_narrows_and_one_that_gives_way_widens() {
    check(
        |texts| texts.restrictions.push_str("rowFilters: [{id: own, domain: sales, when: id = $principal.name}]\n"),
        expect![[r#"
            ana bo: RowsNarrow sales.orders.lines. for []
              + governance/restrictions.yaml:3: row filter own: id = $principal.name
        "#]],
    );
}

#[test]
fn a_change_of_words_in_a_contract_masks_and_a_new_column_is_gained() {
    check(
        |texts| {
            texts.columns = vec![column("id", &["pii"]), column("mail", &["pii.email"]), column("at", &["public"])];
        },
        expect![[r#"
            ana bo: Gains { masks: None } sales.orders.lines.at for []
              = governance/policies/a.csv:1: p, role:reader, dom:sales, obj:sales, read, *, -, allow
            lena: Gains { masks: None } sales.orders.lines.at for []
              = governance/policies/a.csv:3: p, group:owners, dom:sales, obj:sales, *, *, -, allow
            ana bo: Masks { masks: "partial_email" } sales.orders.lines.id for []
              + governance/restrictions.yaml:2: mask mail
        "#]],
    );
}
