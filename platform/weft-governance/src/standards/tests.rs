use expect_test::{Expect, expect};
use weft_model::{
    ColumnOutline, ContractOutline, DocumentOutline, DomainOutline, PartOutline, ProductOutline, RoleOutline,
    ServiceLevelOutline, TableOutline, Written,
};

use super::*;
use crate::principals;

const FILE: &str = "governance/standards/s.yaml";
const PRODUCT: &str = "products/sales/orders/product.odps.yaml";
const CONTRACT: &str = "products/sales/orders/contracts/lines.odcs.yaml";

fn at(file: &str, line: u32) -> Place {
    Place { line, ..Place::start_of(file) }
}

fn written(file: &str, line: u32, text: &str) -> Written {
    Written { text: text.to_owned(), place: at(file, line) }
}

fn part(file: &str, line: u32, name: &str, description: Option<&str>) -> PartOutline {
    PartOutline { name: written(file, line, name), description: description.map(|text| written(file, line + 1, text)) }
}

fn document(file: &str, status: &str) -> DocumentOutline {
    DocumentOutline {
        head: at(file, 3),
        status: Some(status.to_owned()),
        purpose: Some(written(file, 5, "Orders.")),
        usage: None,
        limitations: None,
        description: Some(at(file, 5)),
        team: None,
        support: None,
        members: 0,
        channels: 0,
    }
}

fn column(line: u32, path: &str, classification: Option<&str>) -> ColumnOutline {
    let name = path.rsplit('.').next().unwrap();
    ColumnOutline {
        part: part(CONTRACT, line, name, None),
        path: path.to_owned(),
        is_within: path.contains('.'),
        classification: classification.map(|word| written(CONTRACT, line + 2, word)),
        is_classified: classification.is_some(),
        looks_personal: name == "email",
    }
}

/// A mesh that says little: whatever a rule asks for, it breaks.
fn outline() -> Outline {
    let domain = DomainOutline {
        name: "sales".parse().unwrap(),
        head: at("products/sales/domain.yaml", 1),
        description: None,
        owner: written("products/sales/domain.yaml", 2, "sales-ownrs"),
        stewards: Vec::new(),
        contact: Some(written("products/sales/domain.yaml", 3, "ask around")),
    };
    let role =
        RoleOutline { name: written(CONTRACT, 60, "reader"), has_first_approver: true, has_second_approver: false };
    let level = ServiceLevelOutline {
        property: "freshness",
        value: written(CONTRACT, 71, "3"),
        milliseconds: Some(3 * 86_400_000),
    };
    let contract = ContractOutline {
        document: document(CONTRACT, "active"),
        roles: vec![role],
        service_levels_at: Some(at(CONTRACT, 70)),
        service_levels: vec![level],
        tables: vec![TableOutline {
            part: part(CONTRACT, 10, "Lines", None),
            columns: vec![
                column(20, "order_id", Some("public")),
                column(30, "UnitPrice", Some("Internals")),
                column(40, "email", None),
                column(50, "buyer.nickname", None),
            ],
        }],
    };
    let product = ProductOutline {
        name: "sales.orders".parse().unwrap(),
        document: Some(document(PRODUCT, "draft")),
        ports: vec![part(PRODUCT, 8, "lines", Some("Lines"))],
        contracts: vec![contract],
    };
    Outline { domains: vec![domain], products: vec![product] }
}

fn principals() -> Principals {
    principals::read("groups: [{name: sales-owners}]").0
}

fn render(mut diagnostics: Vec<Diagnostic>) -> String {
    weft_model::diagnostic::sort(&mut diagnostics);
    let others = |told: &Diagnostic| -> String {
        told.others.iter().map(|other| format!("  {}: {}\n", other.place, other.text)).collect()
    };
    diagnostics.iter().map(|told| format!("{} {told}\n{}", told.severity.as_str(), others(told))).collect()
}

fn standards(text: &str) -> Standards {
    let (rules, trouble) = read(FILE, text);
    assert_eq!(render(trouble), "");
    Standards { rules }
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&render(standards(text).check(&outline(), &principals(), &mut Vec::new())));
}

#[track_caller]
fn check_file(text: &str, expected: Expect) {
    expected.assert_eq(&render(read(FILE, text).1));
}

#[test]
fn names_are_held_against_a_pattern_as_a_whole_and_a_length() {
    check(
        "\
naming:
  domains: {severity: info, pattern: '[a-z]{6,}'}
  products: {severity: warning, pattern: '.*', lengthMax: 3}
  ports: {severity: error, pattern: 'lin'}
  tables: {severity: error, pattern: '[a-z_]+'}
  columns: {severity: error, pattern: '[a-z_]+', because: SQL needs no quotes}
",
        expect![[r#"
            info products/sales/domain.yaml:1:1 W0460 domain `sales` is not named as `[a-z]{6,}` asks
            help: find a name that matches the pattern as a whole
              governance/standards/s.yaml:2:3: `naming.domains` asks for it
            error products/sales/orders/contracts/lines.odcs.yaml:10:1 W0460 table `Lines` is not named as `[a-z_]+` asks
            help: rename it to `lines`
              governance/standards/s.yaml:5:3: `naming.tables` asks for it
            error products/sales/orders/contracts/lines.odcs.yaml:30:1 W0460 column `UnitPrice` is not named as `[a-z_]+` asks
            help: rename it to `unit_price`
              governance/standards/s.yaml:6:3: `naming.columns` asks for it: SQL needs no quotes
            warning products/sales/orders/product.odps.yaml:3:1 W0460 the name of product `sales.orders` is longer than 3 characters
            help: find a name of 3 characters or fewer
              governance/standards/s.yaml:3:3: `naming.products` asks for it
            error products/sales/orders/product.odps.yaml:8:1 W0460 port `lines` is not named as `lin` asks
            help: find a name that matches the pattern as a whole
              governance/standards/s.yaml:4:3: `naming.ports` asks for it
        "#]],
    );
}

#[test]
fn people_are_to_be_named() {
    check(
        "\
ownership:
  owner: {severity: error}
  stewards: {severity: warning}
  contact: {severity: warning, pattern: '[^@]+@[^@]+'}
  team: {severity: error, least: 2}
  support: {severity: error}
  approvers: {severity: error, levels: 2}
",
        expect![[r#"
            warning products/sales/domain.yaml:1:1 W0461 domain `sales` names no steward
            help: name people who look after the data in `stewards:`
              governance/standards/s.yaml:3:3: `ownership.stewards` asks for it
            error products/sales/domain.yaml:2:1 W0461 the owner of domain `sales`, `sales-ownrs`, is no group
            help: did you mean `sales-owners`?
              governance/standards/s.yaml:2:3: `ownership.owner` asks for it
            warning products/sales/domain.yaml:3:1 W0461 the contact of domain `sales` is not as `[^@]+@[^@]+` asks
            help: write a contact that matches the pattern as a whole
              governance/standards/s.yaml:4:3: `ownership.contact` asks for it
            error products/sales/orders/contracts/lines.odcs.yaml:60:1 W0461 role `reader` has no `secondLevelApprovers`
            help: add `secondLevelApprovers:` with the group or user who grants the role
              governance/standards/s.yaml:7:3: `ownership.approvers` asks for it
            error products/sales/orders/product.odps.yaml:3:1 W0461 product `sales.orders` names no support channel
            help: add `support:` with a `channel` and its `url`, where readers can ask
              governance/standards/s.yaml:6:3: `ownership.support` asks for it
            error products/sales/orders/product.odps.yaml:3:1 W0461 product `sales.orders` names no team member, and the standard asks for 2
            help: add `team:` with `members:`, each with a `username`
              governance/standards/s.yaml:5:3: `ownership.team` asks for it
        "#]],
    );
}

#[test]
fn classifications_are_words_of_the_vocabulary() {
    check(
        "\
classification:
  vocabulary: {severity: error, words: [public, internal, personal]}
  everyColumn: {severity: warning}
",
        expect![[r#"
            error products/sales/orders/contracts/lines.odcs.yaml:32:1 W0433 `Internals` is not a classification of this mesh
            help: did you mean `internal`?
              governance/standards/s.yaml:2:3: `classification.vocabulary` asks for it
            warning products/sales/orders/contracts/lines.odcs.yaml:40:1 W0433 column `email` has no classification
            help: add `classification:` with one of `public`, `internal`, `personal`
              governance/standards/s.yaml:3:3: `classification.everyColumn` asks for it
        "#]],
    );
}

#[test]
fn contracts_state_service_levels_within_bounds() {
    check(
        "\
freshness:
  latency: {severity: error, max: P1D}
  retention: {severity: warning, statuses: [active], min: 1 y}
  frequency: {severity: warning, statuses: [draft]}
",
        expect![[r#"
            warning products/sales/orders/contracts/lines.odcs.yaml:70:1 W0462 the contract states no `retention`
            help: add to `slaProperties`: `{property: retention, value: 1 y}`
              governance/standards/s.yaml:3:3: `freshness.retention` asks for it
            error products/sales/orders/contracts/lines.odcs.yaml:71:1 W0462 `freshness` is longer than the P1D that the standard allows
            help: promise P1D or less
              governance/standards/s.yaml:2:3: `freshness.latency` asks for it
        "#]],
    );
}

#[test]
fn what_there_is_is_to_be_explained() {
    check(
        "\
documentation:
  domains: {severity: warning}
  ports: {severity: warning, lengthMin: 10}
  tables: {severity: warning}
  columns: {severity: warning, statuses: [active]}
  purpose: {severity: error, lengthMin: 20, statuses: [draft]}
  limitations: {severity: info, statuses: [active]}
",
        expect![[r#"
            warning products/sales/domain.yaml:1:1 W0463 domain `sales` has no description
            help: say in `description:` what a reader has to know, in a sentence
              governance/standards/s.yaml:2:3: `documentation.domains` asks for it
            info products/sales/orders/contracts/lines.odcs.yaml:5:1 W0463 the contract has no limitations
            help: say under `description:` in `limitations:` what the data cannot be used for
              governance/standards/s.yaml:7:3: `documentation.limitations` asks for it
            warning products/sales/orders/contracts/lines.odcs.yaml:10:1 W0463 table `Lines` has no description
            help: say in `description:` what a reader has to know, in a sentence
              governance/standards/s.yaml:4:3: `documentation.tables` asks for it
            warning products/sales/orders/contracts/lines.odcs.yaml:20:1 W0463 column `order_id` has no description
            help: say in `description:` what a reader has to know, in a sentence
              governance/standards/s.yaml:5:3: `documentation.columns` asks for it
            warning products/sales/orders/contracts/lines.odcs.yaml:30:1 W0463 column `UnitPrice` has no description
            help: say in `description:` what a reader has to know, in a sentence
              governance/standards/s.yaml:5:3: `documentation.columns` asks for it
            warning products/sales/orders/contracts/lines.odcs.yaml:40:1 W0463 column `email` has no description
            help: say in `description:` what a reader has to know, in a sentence
              governance/standards/s.yaml:5:3: `documentation.columns` asks for it
            warning products/sales/orders/contracts/lines.odcs.yaml:50:1 W0463 column `buyer.nickname` has no description
            help: say in `description:` what a reader has to know, in a sentence
              governance/standards/s.yaml:5:3: `documentation.columns` asks for it
            error products/sales/orders/product.odps.yaml:5:1 W0463 the purpose of product `sales.orders` has 7 characters, and the standard asks for 20
            help: say under `description:` in `purpose:` what the data are for
              governance/standards/s.yaml:6:3: `documentation.purpose` asks for it
            warning products/sales/orders/product.odps.yaml:9:1 W0463 the description of port `lines` has 5 characters, and the standard asks for 10
            help: say in `description:` what a reader has to know, in a sentence
              governance/standards/s.yaml:3:3: `documentation.ports` asks for it
        "#]],
    );
}

#[test]
fn a_rule_on_personal_data_takes_the_place_of_what_reading_said() {
    let said = || {
        let of = |line| Diagnostic::warning(Code::CLASSIFICATION, at(CONTRACT, line), "looks like personal data");
        vec![of(40), of(99)]
    };
    let told = |text: &str| {
        let mut said = said();
        let found = standards(text).check(&outline(), &principals(), &mut said);
        let lines = |told: Vec<Diagnostic>| -> Vec<(u32, &str)> {
            told.iter().map(|told| (told.place.line, told.severity.as_str())).collect()
        };
        (lines(said), lines(found))
    };
    assert_eq!(told(""), (vec![(40, "warning"), (99, "warning")], vec![]));
    assert_eq!(
        told("classification: {personal: {severity: error, names: ['nick.*']}}"),
        (vec![(99, "warning")], vec![(40, "error"), (50, "error")])
    );
    assert_eq!(told("classification: {personal: {severity: off}}"), (vec![(99, "warning")], vec![]));
    let elsewhere = "classification: {personal: {severity: error, statuses: [draft]}}";
    assert_eq!(told(elsewhere), (vec![(40, "warning"), (99, "warning")], vec![]));
}

#[test]
fn a_rule_can_be_off_or_for_some_domains_alone() {
    check("ownership: {support: {severity: off}}", expect![[""]]);
    check(
        "ownership: {support: {severity: error, domains: [sale]}}",
        expect![[r#"
        warning governance/standards/s.yaml:1:50 W0464 there is no domain `sale`, so the rule has no effect there
        help: did you mean `sales`?
    "#]],
    );
}

#[test]
fn what_is_found_in_one_file_is_bounded_and_an_error_is_never_lost() {
    let mut outline = outline();
    let table = &mut outline.products[0].contracts[0].tables[0];
    table.columns = (0..300).map(|line| column(line, "plain", None)).collect();
    let rules = "\
documentation: {columns: {severity: warning}}
ownership: {approvers: {severity: error, levels: 2}}
";
    let found = standards(rules).check(&outline, &principals(), &mut Vec::new());
    assert_eq!(found.len(), 200);
    let last = found.last().unwrap();
    assert!(last.is_error());
    assert_eq!(last.help.as_deref(), Some("there are 101 more findings of standards in this file: mend these first"));
}

#[test]
fn what_is_wrong_with_a_file_of_standards_is_told_at_its_place() {
    check_file(
        "\
namings: {}
naming:
  column: {severity: error}
  columns: {severity: fatal, pattern: '[a-z', lengthMax: none}
  ports: {pattern: 3, lengthMin: 2}
  tables:
    severity: error
  domains: {severity: error, pattern: a, statuses: [active]}
ownership:
  team: {severity: error, least: 0}
  support: yes
  owner: {severity: error, domains: [Sales]}
classification:
  vocabulary: {severity: error, words: [a, a]}
freshness:
  latency: {severity: error, max: 5 m, statuses: [actives]}
  retention: {severity: error, min: 2 d, max: P1D}
",
        expect![[r#"
            error governance/standards/s.yaml:1:1 W0107 key `namings` is not known here
            help: did you mean `naming`?
            error governance/standards/s.yaml:3:3 W0107 key `column` is not known here
            help: did you mean `columns`?
            error governance/standards/s.yaml:4:23 W0108 `fatal` is not a severity
            help: write one of error, warning, info, off
            error governance/standards/s.yaml:4:39 W0464 the pattern does not compile: unclosed character class
            error governance/standards/s.yaml:4:58 W0105 expected a whole number, 0 or more, found a text
            error governance/standards/s.yaml:5:3 W0106 key `severity` is missing
            error governance/standards/s.yaml:5:20 W0105 expected a text, found an integer
            error governance/standards/s.yaml:5:23 W0107 key `lengthMin` is not known here
            help: did you mean `lengthMax`?
            error governance/standards/s.yaml:6:3 W0106 key `pattern` is missing
            error governance/standards/s.yaml:8:42 W0107 key `statuses` is not known here
            help: known keys: severity, domains, because, pattern, lengthMax
            error governance/standards/s.yaml:10:34 W0464 0 asks for nothing: write `severity: off` to switch the rule off
            error governance/standards/s.yaml:11:12 W0105 expected a mapping, found a text
            error governance/standards/s.yaml:12:38 W0110 `Sales` is not a name: use 1 to 63 of a-z, 0-9 and _, starting with a letter
            error governance/standards/s.yaml:14:44 W0464 `a` is written twice
            error governance/standards/s.yaml:16:35 W0464 `5 m` is not a length of time
            help: write a duration such as `P1D` or `PT4H`, or a number with a unit such as `36 h`
            error governance/standards/s.yaml:16:51 W0108 `actives` is not a status
            help: did you mean `active`?
            error governance/standards/s.yaml:17:47 W0464 no length lies between 2 d and P1D
        "#]],
    );
    check_file(
        "naming: [",
        expect![[r#"
        error governance/standards/s.yaml:1:9 W0101 unclosed bracket '['
    "#]],
    );
    check_file("", expect![[""]]);
}
