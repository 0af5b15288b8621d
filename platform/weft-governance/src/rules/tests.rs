use chrono::DateTime;
use expect_test::{Expect, expect};
use weft_model::Action;

use super::*;
use crate::model::MODEL;
use crate::sample::{column, facts};
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

fn mesh_facts() -> MeshFacts {
    facts(&[
        ("aviation.flights.departures", &[], vec![column("carrier", &["internal"]), column("tail", &["internal"])]),
        ("loyalty.members.profiles", &[], vec![column("email", &["confidential", "pii.email"])]),
    ])
}

fn compile(rules: &Rules) -> PolicySnapshot {
    rules.compile(&Revision::new("r"), &mesh_facts()).unwrap()
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
    expect![[r#"
        # Who may do what, as the policies decide it. Generated; do not edit.

        aviation.flights.departures
          discover: ana, omar
          read:     ana, omar
            ana: masked: carrier (null), tail (null)

        loyalty.members.profiles
          discover: (no one)
          read:     (no one)
    "#]]
    .assert_eq(&decisions_matrix(&compile(&rules), rules.principals(), &mesh_facts()));
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
    assert!(matches!(rules.compile(&Revision::new("r"), &mesh_facts()), Err(PolicyError::Refused)));
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
        expect![[r#"
            error governance/policies/names.csv:1:4 W0303 there is no user `anna`
            help: did you mean `user:ana`?
            error governance/policies/names.csv:2:4 W0303 there is no group `analyst`
            help: did you mean `group:analysts`?
            error governance/policies/names.csv:3:4 W0303 there is no service `ana`
            help: declare it in `governance/principals.yaml`
            warning governance/policies/names.csv:3:17 W0303 there is no domain `avation`
            help: did you mean `dom:aviation`?
            warning governance/policies/names.csv:4:4 W0303 no `g` row gives anyone `role:analist`
            warning governance/policies/names.csv:4:27 W0303 there is no product `aviation.flight`
            help: did you mean `obj:aviation.flights`?
            error governance/policies/names.csv:5:32 W0302 `loyalty.members` is not in the domain `aviation`, so the row never matches
            help: write the object's own domain, or `dom:any`
            error governance/policies/names.csv:6:4 W0303 there is no user `ghost`
            help: declare it in `governance/principals.yaml`
            error products/aviation/access.csv:1:34 W0303 there is no product `aviation.fligths`
            help: did you mean `obj:aviation.flights`?
        "#]],
    );
}

#[test]
fn in_a_part_of_a_mesh_people_are_not_called_unknown() {
    let rows = "p, service:sea-jobs, dom:air, obj:air.trips, read, *, -, allow\n\
                p, role:analyst, dom:air, obj:air.trips, read, *, -, allow\n\
                p, role:analyst, dom:sea, obj:sea.trips, read, *, -, allow\n";
    let files = [("products/air/access.csv", rows), ("products/air/trips/product.odps.yaml", "")];
    let mut tree = ManifestTree::of_texts(files);
    tree.is_part = true;
    let expected = expect![[r#"
        error products/air/access.csv:3:18 W0304 a domain's file speaks of its own domain only, `dom:air`
        help: what concerns more than one domain belongs into `governance/policies/`
        error products/air/access.csv:3:27 W0304 a domain's file speaks of its own objects only, `obj:air` and below
        help: what concerns more than one domain belongs into `governance/policies/`
    "#]];
    expected.assert_eq(&render(&crate::read(&tree).1));
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
        expect![[r#"
            error governance/policies/ring.csv:4:1 W0302 this row is part of a ring: the object comes to hold itself
            help: take one row of the chain out
            error governance/policies/ring.csv:5:1 W0302 this row is part of a ring: the object comes to hold itself
            help: take one row of the chain out
            error products/aviation/access.csv:1:1 W0302 this row is part of a ring: the role comes to hold itself
            help: take one row of the chain out
            error products/aviation/access.csv:2:1 W0302 this row is part of a ring: the role comes to hold itself
            help: take one row of the chain out
            error products/aviation/access.csv:3:1 W0302 this row is part of a ring: the object comes to hold itself
            help: take one row of the chain out
        "#]],
    );
}

#[test]
fn files_that_nothing_reads_and_files_that_cannot_be_read_are_told() {
    check(
        &[
            ("governance/README.md", "about"),
            ("governance/decisions.txt", "generated"),
            ("governance/standards/naming.yaml", "naming: {columns: {severity: of, pattern: a}}"),
            ("governance/standards/deep/naming.yaml", ""),
            ("governance/policies/old.txt", ""),
            ("governance/policies/deep/more.csv", "p"),
            ("governance/Policies/mesh.csv", "p"),
            ("products/aviation/restrictions.yaml", "masks: []"),
            ("products/aviation/flights/restrictions.yml", "masks: []"),
            ("products/aviation/flights/access.csv", "p"),
            ("products/system/access.csv", ""),
        ],
        expect![[r#"
            error governance/Policies/mesh.csv:1:1 W0113 nothing reads this file
            help: `governance/` holds model.conf, principals.yaml, restrictions.yaml, approvals.yaml, declassifications.yaml, policies/*.csv, cases/*.yaml, standards/*.yaml
            error governance/policies/deep/more.csv:1:1 W0113 nothing reads this file
            help: `governance/` holds model.conf, principals.yaml, restrictions.yaml, approvals.yaml, declassifications.yaml, policies/*.csv, cases/*.yaml, standards/*.yaml
            warning governance/policies/old.txt:1:1 W0113 nothing reads this file
            help: `governance/` holds model.conf, principals.yaml, restrictions.yaml, approvals.yaml, declassifications.yaml, policies/*.csv, cases/*.yaml, standards/*.yaml
            error governance/standards/deep/naming.yaml:1:1 W0113 nothing reads this file
            help: `governance/` holds model.conf, principals.yaml, restrictions.yaml, approvals.yaml, declassifications.yaml, policies/*.csv, cases/*.yaml, standards/*.yaml
            error governance/standards/naming.yaml:1:30 W0108 `of` is not a severity
            help: did you mean `off`?
            error products/aviation/flights/access.csv:1:1 W0113 access rows stand directly in a domain's folder, `products/DOMAIN/access.csv`
            error products/aviation/flights/restrictions.yml:1:1 W0113 nothing reads this file
            help: restrictions stand in a product's folder, `products/DOMAIN/PRODUCT/restrictions.yaml`
            error products/aviation/restrictions.yaml:1:1 W0113 nothing reads this file
            help: restrictions stand in a product's folder, `products/DOMAIN/PRODUCT/restrictions.yaml`
            error products/system/access.csv:1:1 W0115 the domain `system` is the platform's own
        "#]],
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
    expect![[r#"
        error governance/cases/a.yaml:10:13 W0307 `ana` may not read `loyalty.members.profiles`, and the case expects allow: a wish
        help: decided by governance/policies/mesh.csv:3: p, role:any, dom:any, obj:loyalty.members, *, *, -, deny
        error governance/cases/a.yaml:12:61 W0307 `nobody` may not discover `aviation`, and the case expects allow: everyone sees domains
        help: no policy line speaks for it
        error governance/cases/a.yaml:13:73 W0307 `ana` may read `aviation.flights.departures`, and the case expects deny: secrecy
        help: decided by governance/policies/mesh.csv:2: p, role:analyst, dom:any, obj:any, read, *, -, allow
    "#]].assert_eq(&render(&rules.run_cases(&compile(&rules))));
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
        expect![[r#"
            error governance/cases/bad.yaml:1:9 W0303 there is no principal `anna`
            help: did you mean `ana`?
            error governance/cases/bad.yaml:1:23 W0108 expected `discover`, `read`, `unmask`, `see_all_rows`, `explain` or `break_glass`, found `reed`
            error governance/cases/bad.yaml:1:54 W0108 expected `allow` or `deny`, found `yes`
            error governance/cases/bad.yaml:2:3 W0106 key `action` is missing
            error governance/cases/bad.yaml:2:3 W0106 key `because` is missing
            error governance/cases/bad.yaml:2:3 W0106 key `expected` is missing
            error governance/cases/bad.yaml:2:3 W0106 key `what` is missing
            error governance/cases/bad.yaml:2:14 W0107 key `reason` is not known here
            help: known keys: who, action, what, purpose, expected, masked, rows, because
            error governance/cases/bad.yaml:3:3 W0105 expected a mapping, found an integer
            error governance/cases/worse.yaml:1:1 W0105 expected a list, found a mapping
            error governance/cases/worst.yaml:1:8 W0101 unclosed bracket '['
        "#]],
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

#[test]
fn chains_as_long_as_allowed_are_walked_to_their_end() {
    let mut rows = "g, group:analysts, role:r1, dom:any\n".to_owned();
    for step in 1..8 {
        rows += &format!("g, role:r{step}, role:r{}, dom:any\n", step + 1);
    }
    rows += "g2, obj:fleet.aircraft, obj:box1\n";
    for step in 1..7 {
        rows += &format!("g2, obj:box{step}, obj:box{}\n", step + 1);
    }
    rows += "p, role:r8, dom:any, obj:box7, read, *, -, allow\n";
    let policies = [("governance/policies/mesh.csv", rows.as_str()), ("products/fleet/aircraft/product.odps.yaml", "")];
    let (rules, diagnostics) = read(&mesh(&policies));
    assert_eq!(render(&diagnostics), "");
    let snapshot = compile(&rules);
    assert!(decide(&snapshot, "ana", Action::Read, "fleet.aircraft.planes").is_allowed());
    assert!(!decide(&snapshot, "omar", Action::Read, "fleet.aircraft.planes").is_allowed());
    assert!(!decide(&snapshot, "ana", Action::Read, "aviation.flights.departures").is_allowed());
}

#[test]
fn the_meshs_file_size_is_bounded_in_rows() {
    let rows: String = (0..=ROWS_MAX).map(|n| format!("g2, obj:aviation.flights.p{n}, obj:b\n")).collect();
    let (rules, diagnostics) = read(&mesh(&[("governance/policies/mesh.csv", &rows)]));
    assert!(rules.refused());
    assert!(render(&diagnostics).contains("the policies have 100001 rows and may have 100000"));
}

#[test]
fn the_demo_meshs_rules_are_read() {
    let root = std::path::Path::new("../..");
    let mut texts = BTreeMap::new();
    let mut folders = vec![root.join("governance"), root.join("products")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                texts.insert(name, text);
            }
        }
    }
    let tree = ManifestTree::of_texts(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let (rules, diagnostics) = read(&tree);
    assert_eq!(render(&diagnostics), "");
    assert!(!rules.refused());
}
