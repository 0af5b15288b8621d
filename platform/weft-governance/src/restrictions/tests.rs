use std::collections::BTreeSet;

use chrono::DateTime;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use weft_model::{
    AttributeValue, Column, DataType, Diagnostic, Field, IntegerFormat, PortRef, Principal, PrincipalKind,
};

use super::mask::strictest;
use super::{Asked, Exemption, Restrictions, Whose, read, terms};
use crate::sample::{column, facts, with_part};
use crate::{DatePart, Literal, Mask, MeshFacts, Obligation, Principals};

fn typed(name: &str, data_type: DataType, tags: &[&str]) -> Column {
    Column { data_type, ..column(name, tags) }
}

fn departures() -> Vec<Column> {
    vec![
        column("carrier", &["internal"]),
        typed("flight", DataType::Integer(IntegerFormat::I16), &["internal"]),
        typed("day", DataType::Date, &["internal"]),
        typed("fare", DataType::Decimal { precision: 8, scale: 2 }, &["confidential"]),
        typed("late", DataType::Boolean, &["internal"]),
        typed(
            "home",
            DataType::Struct(vec![Field { name: "city".to_owned(), data_type: DataType::String, nullable: true }]),
            &["internal"],
        ),
    ]
}

fn mesh() -> MeshFacts {
    let profiles = vec![
        column("email", &["personal", "pii.email"]),
        typed("born", DataType::Date, &["personal"]),
        column("status", &["internal"]),
        column("fresh", &[]),
        column("odd", &["internal", "nobody.knows"]),
    ];
    let grants = vec![column("person", &["internal"]), column("carrier", &["internal"])];
    facts(&[
        ("aviation.flights.departures", &[], departures()),
        ("loyalty.members.profiles", &["legal_hold"], profiles),
        ("security.entitlements.carriers", &[], grants),
    ])
}

fn cole() -> Principal {
    let texts = |words: &[&str]| AttributeValue::Texts(words.iter().map(|word| (*word).to_owned()).collect());
    Principal {
        kind: PrincipalKind::User,
        name: "cole".to_owned(),
        groups: BTreeSet::from(["analysts".to_owned()]),
        attributes: [
            ("carrier".to_owned(), AttributeValue::Text("AA".to_owned())),
            ("carriers".to_owned(), texts(&["AA", "UA"])),
            ("level".to_owned(), AttributeValue::Integer(3)),
            ("since".to_owned(), AttributeValue::Text("2013-02-01".to_owned())),
        ]
        .into(),
    }
}

const PRINCIPALS: &str =
    "users:\n  - name: cole\n    attributes: {carrier: AA, carriers: [AA, UA], level: 3, since: '2013-02-01'}\n";

fn checked(text: &str, port: Option<&str>) -> (Restrictions, Vec<Diagnostic>) {
    let product = port.map(|port| port.parse::<PortRef>().unwrap().product_ref());
    let whose = product.as_ref().map_or(Whose::Mesh, Whose::Product);
    let (restrictions, mut told) = read("r.yaml", text, whose);
    let tree = weft_model::ManifestTree::of_texts([
        ("governance/model.conf", crate::model::MODEL),
        ("governance/principals.yaml", PRINCIPALS),
    ]);
    let rules = crate::read(&tree).0;
    let principals: &Principals = rules.principals();
    told.extend(restrictions.check(whose, &mesh(), &mesh().vocabulary(), principals));
    (restrictions, told)
}

fn rendered(diagnostics: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let help = d.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
        let kind = if d.is_error() { "" } else { "warning " };
        format!("{}:{}-{} {kind}{} {}{help}\n", d.place.line, d.place.column, d.place.end_column, d.code, d.message)
    };
    diagnostics.iter().map(line).collect()
}

/// The condition of one row filter on the departures, for cole.
fn when(condition: &str) -> String {
    let text =
        format!("rowFilters:\n  - {{id: x, port: departures, when: {}}}\n", serde_json::to_string(condition).unwrap());
    let (restrictions, told) = checked(&text, Some("aviation.flights.departures"));
    if !told.is_empty() {
        return rendered(&told);
    }
    let port = "aviation.flights.departures".parse().unwrap();
    let (principal, columns, port_tags) = (cole(), departures(), BTreeSet::new());
    let at = DateTime::parse_from_rfc3339("2013-03-01T12:00:00Z").unwrap().to_utc();
    let asked = Asked {
        principal: &principal,
        at,
        port: &port,
        major: None,
        versions: &[],
        port_tags: &port_tags,
        columns: &columns,
    };
    let imposed =
        terms(None, Some(&restrictions), &asked, &mut |exemption| Ok(matches!(exemption, Exemption::Unmask { .. })));
    imposed.unwrap().iter().map(|imposed| format!("{:?}", imposed.obligation)).collect()
}

#[test]
fn conditions_are_read_and_worked_out_for_whoever_asks() {
    let all = [
        "carrier = $principal.carrier",
        "carrier IN $principal.carriers",
        "'AA' <= carrier AND NOT (flight < 10 OR flight is not null)",
        "flight between 1 and $principal.level",
        "day >= today() - 30 days",
        "day > $principal.since",
        "fare IN (1, 2.50)",
        "late = true OR FALSE",
        "home.city <> 'O''Hare'",
        "carrier = $principal.nothing",
        "carrier IN (security.entitlements.carriers.carrier WHERE person = $principal.name)",
    ];
    let shown: String = all
        .iter()
        .map(|condition| format!("{condition}\n    {}\n", when(condition).trim_end().replace('\n', "\n    ")))
        .collect();
    expect![[r#"
        carrier = $principal.carrier
            KeepRows(Compare { column: ["carrier"], comparison: Equal, value: Text("AA") })
        carrier IN $principal.carriers
            KeepRows(In { column: ["carrier"], values: [Text("AA"), Text("UA")] })
        'AA' <= carrier AND NOT (flight < 10 OR flight is not null)
            KeepRows(All([Compare { column: ["carrier"], comparison: GreaterOrEqual, value: Text("AA") }, Not(Any([Compare { column: ["flight"], comparison: Less, value: Integer(10) }, Not(IsNull { column: ["flight"] })]))]))
        flight between 1 and $principal.level
            KeepRows(All([Compare { column: ["flight"], comparison: GreaterOrEqual, value: Integer(1) }, Compare { column: ["flight"], comparison: LessOrEqual, value: Integer(3) }]))
        day >= today() - 30 days
            KeepRows(Compare { column: ["day"], comparison: GreaterOrEqual, value: Date(2013-01-30) })
        day > $principal.since
            KeepRows(Compare { column: ["day"], comparison: Greater, value: Date(2013-02-01) })
        fare IN (1, 2.50)
            KeepRows(In { column: ["fare"], values: [Integer(1), Number(2.5)] })
        late = true OR FALSE
            KeepRows(Any([Compare { column: ["late"], comparison: Equal, value: Boolean(true) }, Any([])]))
        home.city <> 'O''Hare'
            KeepRows(Compare { column: ["home", "city"], comparison: NotEqual, value: Text("O'Hare") })
        carrier = $principal.nothing
            2:48-66 warning W0309 no principal has the attribute `nothing`, so the comparison is never true
        carrier IN (security.entitlements.carriers.carrier WHERE person = $principal.name)
            KeepRows(InPort { column: ["carrier"], port: PortRef { domain: DomainName("security"), product: ProductName("entitlements"), port: PortName("carriers") }, of: "carrier", only: Compare { column: ["person"], comparison: Equal, value: Text("cole") } })
    "#]].assert_eq(&shown);
}

#[test]
fn what_is_wrong_with_a_condition_is_told_at_its_place() {
    let all = [
        "carier = 'AA'",
        "carrier = 7",
        "flight = 40000",
        "fare = 1.005",
        "day = '2013-01-01'",
        "day = DATE '2013-02-30'",
        "late > true",
        "home = 'x'",
        "carrier = tail",
        "carrier LIKE 'A%'",
        "upper(carrier) = 'AA'",
        "carrier = 'AA' carrier",
        "(carrier = 'AA'",
        "carrier = 'AA",
        "carrier IN (nowhere.at.all.carrier)",
        "carrier IN (security.entitlements.carriers.carier)",
        "flight IN (security.entitlements.carriers.carrier)",
        "carrier = $principal.carier",
        "",
        "carrier = 'AA'; DROP TABLE x",
    ];
    let shown: String = all.iter().map(|condition| format!("{condition}\n{}", when(condition))).collect();
    expect![[r#"
        carier = 'AA'
        2:38-44 W0309 `aviation.flights.departures` has no column `carier`
          help: did you mean `carrier`?
        carrier = 7
        2:48-49 W0310 `carrier` is string, which has no such value
          help: write a text in single quotes
        flight = 40000
        2:47-52 W0310 `flight` is smallint, which has no such value
          help: write a number that the type holds
        fare = 1.005
        2:45-50 W0310 `fare` is decimal(8,2), which has no such value
          help: write a number that the type holds
        day = '2013-01-01'
        2:44-56 W0310 `day` is date, which has no such value
          help: write `DATE '2013-01-31'` or `today()`
        day = DATE '2013-02-30'
        2:49-61 W0308 expected a date or time in single quotes, as `'2013-01-31'`, found `'2013-02-30'`
        late > true
        2:38-42 W0310 `late` is a boolean, which is only equal or not
        home = 'x'
        2:38-42 W0310 `home` is struct<city:string>, which is not compared
        carrier = tail
        2:48-52 W0308 expected a value, found `tail`
        carrier LIKE 'A%'
        2:46-50 W0308 expected a comparison: =, !=, <, <=, >, >=, IN, BETWEEN or IS NULL, found `LIKE`
        upper(carrier) = 'AA'
        2:43-44 W0308 expected a comparison: =, !=, <, <=, >, >=, IN, BETWEEN or IS NULL, found `(`
        carrier = 'AA' carrier
        2:53-60 W0308 expected `AND`, `OR` or the end, found `carrier`
        (carrier = 'AA'
        2:37-54 W0308 expected `)`, found the end
        carrier = 'AA
        2:48-49 W0308 a quote is opened and not closed
        carrier IN (nowhere.at.all.carrier)
        2:50-72 W0309 there is no port `nowhere.at.all`
        carrier IN (security.entitlements.carriers.carier)
        2:50-87 W0309 `security.entitlements.carriers` has no column `carier`
        flight IN (security.entitlements.carriers.carrier)
        2:49-87 W0310 `flight` is smallint and `security.entitlements.carriers.carrier` is string
        carrier = $principal.carier
        2:48-65 warning W0309 no principal has the attribute `carier`, so the comparison is never true
          help: did you mean `carrier`?

        2:37-39 W0308 expected a column, found the end
        carrier = 'AA'; DROP TABLE x
        2:52-53 W0308 `;` has no meaning here
    "#]]
    .assert_eq(&shown);
}

fn form(text: &str, port: Option<&str>, expected: Expect) {
    expected.assert_eq(&rendered(&checked(text, port).1));
}

#[test]
fn what_is_wrong_with_a_file_is_told_at_its_place() {
    form(
        "\
clear: [public, Internal]
mask: []
masks:
  - {id: a, tag: pii, mask: partial_mail}
  - {id: a, tag: personal, mask: {round: 0}}
  - {id: b, port: profiles, column: email, mask: null}
  - {id: b, tag: secret, mask: null, exempt: read}
  - {id: b, tag: other, mask: null}
  - {tag: x}
rowFilters:
  - {id: c, port: departures, when: 'true'}
  - {id: d, domain: nowhere, when: 'true'}
  - {id: e, tag: legal_hold, when: 'colour = 1'}
",
        None,
        expect![[r#"
            2:1-5 W0107 key `mask` is not known here
              help: did you mean `masks`?
            1:17-25 W0308 `Internal` is no tag: parts of a-z, 0-9, `_` and `-`, joined by dots
            4:29-41 W0308 this is no mask
              help: write `null`, `partial_email`, `{constant: VALUE}`, `{hash: product|group|mesh}`, `{round: N}`, `{truncate: year|quarter|month|day}` or `{prefix: N}`
            5:34-35 W0308 this is no mask
              help: write `null`, `partial_email`, `{constant: VALUE}`, `{hash: product|group|mesh}`, `{round: N}`, `{truncate: year|quarter|month|day}` or `{prefix: N}`
            6:5-6 W0308 a mask of the mesh names a `tag`, and nothing else
            7:46-50 W0308 `read` does not exempt from this; `unmask` does, granted in an access.csv
            8:5-6 W0308 two restrictions are called `b`
            9:5-6 W0106 key `id` is missing
            9:5-6 W0106 key `mask` is missing
            11:5-6 W0308 a row filter of the mesh names a `tag`, a `domain` or both
            12:21-28 W0309 there is no domain `nowhere`
            13:37-43 W0309 `loyalty.members.profiles` has no column `colour`
        "#]],
    );
    form(
        "\
masks:
  - {id: a, port: departures, column: carier, mask: null}
  - {id: b, port: departures, column: carrier, mask: {round: 10}}
  - {id: c, port: departure, column: carrier, mask: null}
  - {id: d, port: departures, column: home.town, mask: null}
  - {id: e, port: departures, column: home.city, mask: {prefix: 1}}
  - {id: f, column: carrier, mask: null}
rowFilters:
  - {id: g, domain: aviation, when: 'true'}
  - {id: h, port: departures}
  - {id: i, port: departures, when: [1]}
",
        Some("aviation.flights.departures"),
        expect![[r#"
            7:5-6 W0308 a mask names a `tag`, or a `port` and a `column`
            9:5-6 W0308 a row filter of a product names a `port`, and nothing else
            10:5-6 W0106 key `when` is missing
            11:37-38 W0105 expected a text, found a list
            2:39-45 W0309 `aviation.flights.departures` has no column `carier`
              help: did you mean `carrier`?
            3:54-55 W0310 the mask does not fit `carrier`, which is string
            4:38-45 W0309 `aviation.flights` has no port `departure`
              help: did you mean `departures`?
            5:39-48 W0309 `aviation.flights.departures` has no column `home.town`
              help: did you mean `home`?
        "#]],
    );
    form(
        "rowFilters: [",
        None,
        expect![[r#"
        1:13-14 W0101 unclosed bracket '['
    "#]],
    );
    form("", None, expect![""]);
}

const MESH_FILE: &str = "\
clear: [public, internal]
masks:
  - {id: personal, tag: personal, mask: null}
  - {id: mail, tag: pii.email, mask: partial_email}
  - {id: secret, tag: confidential, mask: {round: 100}}
rowFilters:
  - {id: held, tag: legal_hold, when: 'false', exempt: see_all_rows}
";

fn terms_of(mesh_file: Option<&str>, product_file: Option<&str>, exempt: impl Fn(&Exemption<'_>) -> bool) -> String {
    let name = "loyalty.members.profiles";
    let read_one = |text: &str, port| {
        let (restrictions, told) = checked(text, port);
        assert!(!told.iter().any(Diagnostic::is_error), "{}", rendered(&told));
        restrictions
    };
    let mesh_rules = mesh_file.map(|text| read_one(text, None));
    let product_rules = product_file.map(|text| read_one(text, Some(name)));
    let (facts, port, principal) = (mesh(), name.parse().unwrap(), cole());
    let known = &facts.ports[&port];
    let asked = Asked {
        principal: &principal,
        at: DateTime::UNIX_EPOCH,
        port: &port,
        major: None,
        versions: &[],
        port_tags: &known.tags,
        columns: &known.columns,
    };
    let imposed = terms(mesh_rules.as_ref(), product_rules.as_ref(), &asked, &mut |exemption| Ok(exempt(exemption)));
    let line = |imposed: &crate::Imposed| match &imposed.obligation {
        Obligation::KeepRows(condition) => format!("rows {condition:?} by {}\n", imposed.by),
        Obligation::MaskColumn { path, mask } => format!("{} {mask:?} by {}\n", path.join("."), imposed.by),
        Obligation::HideColumn { column } => format!("{column} hidden by {}\n", imposed.by),
    };
    imposed.unwrap().iter().map(line).collect()
}

#[test]
fn restrictions_are_on_until_an_exemption_lifts_them() {
    expect![[r#"
        rows Any([]) by r.yaml:7: row filter held: false
        born Null by r.yaml:3: mask personal
        email Null by r.yaml:3: mask personal
        fresh Null by what is not classified, or by a word that the mesh does not know, is masked
        odd Null by what is not classified, or by a word that the mesh does not know, is masked
    "#]]
    .assert_eq(&terms_of(Some(MESH_FILE), None, |_| false));
    let unmasks_mail = |exemption: &Exemption<'_>| match exemption {
        Exemption::Unmask { tags, .. } => tags.contains("pii.email") || tags.contains("personal"),
        Exemption::SeeAllRows { .. } => true,
    };
    expect![[r#"
        fresh Null by what is not classified, or by a word that the mesh does not know, is masked
        odd Null by what is not classified, or by a word that the mesh does not know, is masked
    "#]]
    .assert_eq(&terms_of(Some(MESH_FILE), None, unmasks_mail));
    assert_eq!(terms_of(Some(MESH_FILE), None, |_| true), "");
}

#[test]
fn without_restrictions_of_the_mesh_only_what_is_public_is_clear() {
    expect![[r#"
        born Null by the mesh has no restrictions, so whatever is not public is masked
        email Null by the mesh has no restrictions, so whatever is not public is masked
        odd Null by the mesh has no restrictions, so whatever is not public is masked
        status Null by the mesh has no restrictions, so whatever is not public is masked
    "#]]
    .assert_eq(&terms_of(None, None, |_| false));
}

#[test]
fn a_product_adds_masks_and_takes_none_away() {
    let product = "\
masks:
  - {id: born, port: profiles, column: born, mask: {truncate: year}}
  - {id: status, port: profiles, column: status, mask: {constant: member}}
";
    expect![[r#"
        born Null by r.yaml:3: mask personal
        email Null by r.yaml:3: mask personal
        fresh Null by what is not classified, or by a word that the mesh does not know, is masked
        odd Null by what is not classified, or by a word that the mesh does not know, is masked
        status Constant(Text("member")) by r.yaml:3: mask status
    "#]]
    .assert_eq(&terms_of(Some(MESH_FILE), Some(product), |exemption| {
        matches!(exemption, Exemption::SeeAllRows { .. })
    }));
}

#[test]
fn what_does_not_fit_the_columns_any_more_is_an_error_and_not_left_out() {
    let port: PortRef = "aviation.flights.departures".parse().unwrap();
    let text = "masks: [{id: a, port: departures, column: carrier, mask: null}]\nrowFilters: [{id: b, port: departures, when: 'flight = 1'}]\n";
    let (restrictions, told) = checked(text, Some("aviation.flights.departures"));
    assert!(told.is_empty());
    let (principal, none) = (cole(), BTreeSet::new());
    let gone = |columns: &[Column]| {
        let asked = Asked {
            principal: &principal,
            at: DateTime::UNIX_EPOCH,
            port: &port,
            major: None,
            versions: &[],
            port_tags: &none,
            columns,
        };
        terms(None, Some(&restrictions), &asked, &mut |_| Ok(false)).is_err()
    };
    assert!(!gone(&departures()));
    assert!(gone(&departures()[1..]));
    assert!(gone(&departures()[..1]));
    assert!(gone(&[column("carrier", &[]), column("flight", &[])]));
    let with_lost_part = with_part(column("carrier", &[]), "gone", "secret");
    assert!(gone(&[with_lost_part, typed("flight", DataType::Integer(IntegerFormat::I16), &[])]));
}

fn any_mask() -> impl Strategy<Value = Mask> {
    prop_oneof![
        Just(Mask::Null),
        (0..2_i64).prop_map(|value| Mask::Constant(Literal::Integer(value))),
        prop::sample::select(vec!["product:a.b", "mesh"]).prop_map(|salt| Mask::Hash { salt: salt.to_owned() }),
        Just(Mask::PartialEmail),
        (1..4_u32).prop_map(|characters| Mask::Prefix { characters }),
        prop::sample::select(vec![10_u64, 15, 100]).prop_map(|to| Mask::Round { to }),
        prop::sample::select(vec![DatePart::Day, DatePart::Month, DatePart::Quarter, DatePart::Year])
            .prop_map(|to| Mask::Truncate { to }),
    ]
}

proptest! {
    #[test]
    fn the_strictest_mask_does_not_depend_on_order_or_repetition(
        mut masks in prop::collection::vec(any_mask(), 1..5),
    ) {
        let strict = strictest(&masks);
        masks.reverse();
        masks.push(masks[0].clone());
        prop_assert_eq!(&strict, &strictest(&masks));
        masks.push(Mask::Null);
        prop_assert_eq!(strictest(&masks), Some(Mask::Null));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}", condition in "[a-z ()'=<>.,$0-9-]{0,40}") {
        let _ = when(&text);
        let _ = when(&condition);
        let _ = read("r.yaml", &text, Whose::Mesh);
    }
}
