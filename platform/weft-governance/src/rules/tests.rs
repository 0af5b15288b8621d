use chrono::DateTime;
use expect_test::{Expect, expect};
use weft_model::Action;

use super::*;
use crate::model::MODEL;
use crate::{AccessRequest, Authorizer, Decision, decisions_matrix};

const PRINCIPALS: &str = "\
users:
  - {name: ana, groups: [analysts]}
  - {name: omar, groups: [aviation-owners]}
  - {name: nobody}
services:
  - {name: aviation-jobs}
groups:
  - {name: analysts}
  - {name: aviation-owners}
";

const MESH: &str = "\
# analysts look at everything that is not sensitive
p, role:analyst, dom:any, obj:any, read, *, -, allow
p, role:any, dom:any, obj:loyalty.members, *, *, -, deny
g, group:analysts, role:analyst, dom:any
";

const AVIATION: &str = "\
p, role:owner, dom:aviation, obj:aviation, *, *, -, allow
g, group:aviation-owners, role:owner, dom:aviation
";

fn mesh<'a>(more: &[(&'a str, &'a str)]) -> ManifestTree {
    let mut texts: BTreeMap<&str, &str> = BTreeMap::from([
        ("governance/model.conf", MODEL),
        ("governance/principals.yaml", PRINCIPALS),
        ("governance/policies/mesh.csv", MESH),
        ("products/aviation/access.csv", AVIATION),
        ("products/aviation/flights/product.odps.yaml", ""),
        ("products/loyalty/members/product.odps.yaml", ""),
    ]);
    texts.extend(more.iter().copied());
    ManifestTree::of_texts(texts)
}

fn render(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|d| format!("{} {d}\n", d.severity.as_str())).collect()
}

#[track_caller]
fn check(more: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&render(&read(&mesh(more)).1));
}

fn compile(rules: &Rules) -> PolicySnapshot {
    let domains = ["aviation", "loyalty"].map(|name| name.parse().unwrap()).into();
    rules.compile(&Revision::new("r"), &domains).unwrap()
}

fn decide(snapshot: &PolicySnapshot, who: &str, action: Action, what: &str) -> Decision {
    let principal = snapshot.principals().find(who).unwrap();
    let object = what.parse().unwrap();
    snapshot.decide(&AccessRequest { principal: &principal, action, object, purpose: None, at: DateTime::UNIX_EPOCH })
}

fn because(decision: &Decision) -> Vec<String> {
    decision.because().iter().map(ToString::to_string).collect()
}

#[test]
fn decisions_name_the_lines_that_settled_them() {
    let (rules, diagnostics) = read(&mesh(&[]));
    assert_eq!(render(&diagnostics), "");
    let snapshot = compile(&rules);

    let read = decide(&snapshot, "ana", Action::Read, "aviation.flights.departures");
    assert!(read.is_allowed() && read.obligations().is_empty());
    assert_eq!(
        because(&read),
        ["governance/policies/mesh.csv:2: p, role:analyst, dom:any, obj:any, read, *, -, allow"]
    );

    let denied = decide(&snapshot, "ana", Action::Read, "loyalty.members.profiles");
    assert!(!denied.is_allowed());
    assert_eq!(
        because(&denied),
        ["governance/policies/mesh.csv:3: p, role:any, dom:any, obj:loyalty.members, *, *, -, deny"]
    );

    let unmatched = decide(&snapshot, "nobody", Action::Discover, "aviation.flights");
    assert!(!unmatched.is_allowed() && unmatched.because().is_empty());

    let owner = decide(&snapshot, "omar", Action::Discover, "aviation");
    assert_eq!(
        because(&owner)[0],
        "products/aviation/access.csv:1: p, role:owner, dom:aviation, obj:aviation, *, *, -, allow"
    );
    assert!(!decide(&snapshot, "omar", Action::Read, "loyalty.members.profiles").is_allowed());
    assert!(!decide(&snapshot, "omar", Action::Discover, "system.mesh.runs").is_allowed());
    assert!(decide(&snapshot, "ana", Action::Discover, "system.mesh.runs").is_allowed());
}

#[test]
fn the_roster_lists_ports_with_who_may_do_what() {
    let (rules, _) = read(&mesh(&[]));
    let ports = ["loyalty.members.profiles", "aviation.flights.departures"].map(|name| name.parse().unwrap());
    expect![[r#"
        # Who may do what, as the policies decide it. Generated; do not edit.

        aviation.flights.departures
          discover: ana, omar
          read:     ana, omar

        loyalty.members.profiles
          discover: (no one)
          read:     (no one)
    "#]]
    .assert_eq(&decisions_matrix(&compile(&rules), rules.principals(), &ports));
}

#[test]
fn a_role_of_one_domain_is_none_in_another() {
    let extra = "p, role:owner, dom:any, obj:any, read, *, -, allow\n";
    let (rules, _) = read(&mesh(&[("governance/policies/extra.csv", extra)]));
    let snapshot = compile(&rules);
    assert!(decide(&snapshot, "omar", Action::Read, "aviation.flights.departures").is_allowed());
    assert!(!decide(&snapshot, "omar", Action::Read, "weather.observations.hourly").is_allowed());
}

#[test]
fn an_error_in_governance_refuses_the_revision() {
    let (rules, diagnostics) =
        read(&mesh(&[("governance/policies/bad.csv", "p2, role:any, dom:any, obj:any, read, *, -, deny\n")]));
    assert!(rules.refused());
    assert!(matches!(rules.compile(&Revision::new("r"), &BTreeSet::new()), Err(PolicyError::Refused)));
    assert_eq!(diagnostics.len(), 1);
}

#[test]
fn a_broken_domain_keeps_its_last_good_rows_and_is_closed_without_them() {
    let broken = [("products/aviation/access.csv", "p, role:owner, dom:aviation, obj:aviation, reed, *, -, allow\n")];
    let (mut rules, diagnostics) = read(&mesh(&broken));
    let aviation: DomainName = "aviation".parse().unwrap();
    assert!(!rules.refused() && diagnostics.iter().any(Diagnostic::is_error));
    assert_eq!(rules.access_text(&aviation), None);
    assert_eq!(rules.broken_domains().collect::<Vec<_>>(), [&aviation]);

    let closed = decide(&compile(&rules), "ana", Action::Read, "aviation.flights.departures");
    assert_eq!(because(&closed), ["`products/aviation/access.csv` has errors and no earlier version of it is known"]);
    assert!(!decide(&compile(&rules), "ana", Action::Read, "loyalty.members.profiles").is_allowed());

    assert!(!rules.keep(&aviation, "nonsense"));
    assert!(rules.keep(&aviation, &format!("{AVIATION}g, user:gone, role:owner, dom:aviation\n")));
    let snapshot = compile(&rules);
    assert!(decide(&snapshot, "omar", Action::Read, "aviation.flights.departures").is_allowed());
    assert!(decide(&snapshot, "ana", Action::Read, "aviation.flights.departures").is_allowed());
}

#[test]
fn a_good_domain_gives_its_text_and_is_not_overwritten() {
    let (mut rules, _) = read(&mesh(&[]));
    let aviation: DomainName = "aviation".parse().unwrap();
    assert_eq!(rules.access_text(&aviation), Some(AVIATION));
    assert!(rules.keep(&aviation, ""));
    assert_eq!(rules.access_text(&aviation), Some(AVIATION));
    assert!(!rules.keep(&"loyalty".parse().unwrap(), AVIATION), "a domain without a file gets none");
}

#[test]
fn names_that_do_not_exist_are_told() {
    check(
        &[
            (
                "governance/policies/names.csv",
                "\
p, user:anna, dom:any, obj:any, read, *, -, allow
p, group:analyst, dom:any, obj:any, read, *, -, deny
p, service:ana, dom:avation, obj:any, read, *, -, allow
p, role:analist, dom:any, obj:aviation.flight, read, *, -, allow
p, role:analyst, dom:aviation, obj:loyalty.members, read, *, -, allow
g, user:ghost, role:analyst, dom:any
",
            ),
            (
                "products/aviation/access.csv",
                "p, group:analysts, dom:aviation, obj:aviation.fligths.departures, read, *, -, allow\n",
            ),
        ],
        expect![[r#""#]],
    );
}

#[test]
fn rings_are_told_at_the_rows_that_close_them() {
    check(
        &[
            (
                "governance/policies/ring.csv",
                "\
g, role:a, role:b, dom:aviation
g, role:b, role:a, dom:loyalty
g, role:c, role:d, dom:any
g2, obj:aviation.box, obj:aviation.flights
g2, obj:aviation.flights, obj:aviation.box
",
            ),
            (
                "products/aviation/access.csv",
                "g, role:b, role:a, dom:aviation\ng, role:d, role:c, dom:aviation\ng2, obj:aviation, obj:aviation.flights\n",
            ),
        ],
        expect![[r#""#]],
    );
}

#[test]
fn files_that_nothing_reads_and_files_that_cannot_be_read_are_told() {
    check(
        &[
            ("governance/README.md", "about"),
            ("governance/decisions.txt", "generated"),
            ("governance/restrictions.yaml", "rowFilters: []"),
            ("governance/standards/naming.yaml", ""),
            ("governance/policies/old.txt", ""),
            ("governance/policies/deep/more.csv", "p"),
            ("governance/Policies/mesh.csv", "p"),
            ("products/aviation/flights/restrictions.yaml", "masks: []"),
            ("products/aviation/flights/access.csv", "p"),
            ("products/system/access.csv", ""),
        ],
        expect![[r#""#]],
    );
}

#[test]
fn a_mesh_without_governance_denies_everything_and_is_no_error() {
    let (rules, diagnostics) = read(&ManifestTree::of_texts([("products/aviation/flights/product.odps.yaml", "")]));
    assert_eq!((rules.refused(), diagnostics), (false, vec![]));
    let (rules, diagnostics) = read(&ManifestTree::of_texts([("governance/principals.yaml", "")]));
    assert!(rules.refused());
    assert_eq!(diagnostics[0].code, Code::FILE_MISSING);
}

#[test]
fn cases_are_run_and_told_where_they_fail() {
    let cases = "\
- who: ana
  action: read
  what: aviation.flights.departures
  expected: allow
  because: analysts read flights
- who: ana
  action: read
  what: loyalty.members.profiles
  purpose: marketing
  expected: allow
  because: a wish
- {who: nobody, action: discover, what: aviation, expected: allow, because: everyone sees domains}
- {who: ana, action: read, what: aviation.flights.departures, expected: deny, because: secrecy}
";
    let (rules, diagnostics) = read(&mesh(&[("governance/cases/a.yaml", cases)]));
    assert_eq!(render(&diagnostics), "");
    expect![[r#""#]].assert_eq(&render(&rules.run_cases(&compile(&rules))));
}

#[test]
fn malformed_cases_are_told_at_their_places() {
    check(
        &[
            (
                "governance/cases/bad.yaml",
                "- {who: anna, action: reed, what: a.b.c.d, expected: yes, because: x}\n- {who: ana, reason: x}\n- 3\n",
            ),
            ("governance/cases/worse.yaml", "who: ana\n"),
            ("governance/cases/worst.yaml", "- who: [\n"),
            ("governance/principals.yaml", PRINCIPALS),
        ],
        expect![[r#""#]],
    );
}

#[test]
fn decisions_are_made_inside_a_runtime_and_on_many_threads() {
    let (rules, _) = read(&mesh(&[]));
    let snapshot = Arc::new(compile(&rules));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let asked: Vec<_> = (0..32)
            .map(|n| {
                let snapshot = snapshot.clone();
                tokio::spawn(async move {
                    decide(&snapshot, "ana", Action::Read, &format!("aviation.flights.port{n}")).is_allowed()
                })
            })
            .collect();
        for answer in asked {
            assert!(answer.await.unwrap());
        }
    });
}
