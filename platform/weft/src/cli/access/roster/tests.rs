use expect_test::{Expect, expect};
use weft_model::{PrincipalKind, Revision};
use weft_wire::{RosterColumn, RosterMembership, RosterPath};

use super::*;

fn line(number: u32, text: &str) -> RuleLine {
    RuleLine { file: Some("products/sales/access.csv".to_owned()), line: Some(number), text: text.to_owned() }
}

fn member(name: &str, subject: &str) -> RosterMember {
    let chain = vec![
        RosterMembership { member: format!("user:{name}"), holds: "group:sellers".to_owned(), by: None },
        RosterMembership {
            member: "group:sellers".to_owned(),
            holds: subject.to_owned(),
            by: Some(line(2, "g, group:sellers, role:seller, dom:sales")),
        },
    ];
    let path = RosterPath { rule: line(3, "p, …"), subject: subject.to_owned(), chain };
    RosterMember { name: name.to_owned(), kind: PrincipalKind::User, paths: vec![path] }
}

fn group(rows: &str, columns: &[(&str, &str, Option<&str>)], members: Vec<RosterMember>) -> RosterGroup {
    let columns = columns.iter().map(|(name, sees, masks)| RosterColumn {
        name: (*name).to_owned(),
        sees: (*sees).to_owned(),
        masks: masks.map(str::to_owned),
    });
    let because = if rows == "none" { Vec::new() } else { vec![line(3, "p, role:seller, dom:sales, obj:sales")] };
    RosterGroup { rows: rows.to_owned(), filters: Vec::new(), columns: columns.collect(), because, members }
}

fn roster(column: Option<&str>, groups: Vec<RosterGroup>) -> Roster {
    Roster {
        port: "sales.orders.lines".parse().unwrap(),
        column: column.map(str::to_owned),
        purpose: None,
        at: "2026-11-26T12:00:00Z".parse().unwrap(),
        policy_revision: Revision::new("r"),
        groups,
    }
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    let trimmed: Vec<String> = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    expected.assert_eq(&trimmed.concat());
}

#[test]
fn a_column_is_told_by_how_it_is_seen() {
    let nobody = RosterMember { name: "nobody".to_owned(), kind: PrincipalKind::User, paths: Vec::new() };
    let groups = vec![
        group(
            "some",
            &[("mail", "masked", Some("hash"))],
            vec![member("cy", "role:seller"), member("ana", "role:seller")],
        ),
        group("all", &[("mail", "clear", None)], vec![member("lena", "role:owner")]),
        group("none", &[("mail", "denied", None)], vec![nobody]),
    ];
    check(
        &shown(&roster(Some("mail"), groups), Look::PLAIN),
        expect![[r#"
            SEES                      WHO  THROUGH        NAMES
            in clear                  1    role:owner     lena
            masked (hash), some rows  2    role:seller 2  ana, cy
            nobody else; 4 principals in all
        "#]],
    );
}

#[test]
fn everyone_is_a_line_of_the_csv_with_the_path() {
    let columns = [("id", "clear", None), ("mail", "masked", Some("null, a.b: hash"))];
    let groups = vec![group("all", &columns, vec![member("ana", "role:seller")])];
    check(
        &csv(&roster(None, groups)),
        expect![[r#"
            principal,kind,column,sees,masks,rows,rules,paths
            ana,user,id,clear,,all,"products/sales/access.csv:3: p, role:seller, dom:sales, obj:sales",ana > group:sellers > role:seller (products/sales/access.csv:2)
            ana,user,mail,masked,"null, a.b: hash",all,"products/sales/access.csv:3: p, role:seller, dom:sales, obj:sales",ana > group:sellers > role:seller (products/sales/access.csv:2)
        "#]],
    );
}

#[test]
fn a_name_of_less_than_a_port_is_wrong_usage() {
    assert!(port_and_column("sales.orders").is_err());
    let (port, column) = port_and_column("sales.orders.lines.ship.to").unwrap();
    assert_eq!((port.to_string().as_str(), column.as_deref()), ("sales.orders.lines", Some("ship.to")));
}
