//! One test a row of the compatibility table, and the laws.

use expect_test::{Expect, expect, expect_file};
use proptest::prelude::*;
use serde_json::Value as Json;
use weft_model::compatibility::{Bump, Change, Grade, Readership, Rule, Sign, Subject, graded};

use super::comparison::{document, line};
use super::{against_all, breaks, changes, compare_files, compare_folders, compare_texts, minimum_bump};
use crate::odcs::DataContract;

/// A contract with one table of these columns, each a line in YAML's short form.
fn orders(columns: &str) -> String {
    contract(columns, "", "")
}

/// The same with keys of the table and keys of the contract.
fn contract(columns: &str, of_table: &str, of_contract: &str) -> String {
    let lines = |text: &str, indent: &str| {
        text.lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .map(|line| format!("{indent}{line}\n"))
            .collect::<String>()
    };
    let columns: String =
        columns.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| format!("      - {l}\n")).collect();
    format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: orders\nversion: 1.0.0\n{}schema:\n  - name: orders\n{}    properties:\n{columns}",
        lines(of_contract, ""),
        lines(of_table, "    ")
    )
}

fn read(text: &str) -> DataContract {
    let tree = weft_model::ManifestTree::of_texts([("c.odcs.yaml", text)]);
    let mut problems = Vec::new();
    let contract = document(&tree, "c.odcs.yaml", &mut problems);
    assert!(problems.is_empty(), "{text}\n{problems:?}");
    contract.expect("a contract")
}

fn letter(grade: Grade) -> &'static str {
    match grade {
        Grade::None => "-",
        Grade::Info => "info",
        Grade::Warning => "warning",
        Grade::Error => "error",
    }
}

/// Each change: what it is, the grades for consumers, producer and access holders, the bump, what
/// Delta must do, and what hinges on readers.
fn told(old: &str, new: &str) -> String {
    let mut text = String::new();
    for change in changes(&read(old), &read(new)) {
        let grades = change.grades;
        let delta = serde_json::to_value(change.delta).unwrap();
        text += &format!(
            "{}\n    {} {} {} | {} | {}",
            line(&change, true),
            letter(grades.consumers),
            letter(grades.producer),
            letter(grades.access_holders),
            change.bump.as_str(),
            delta.as_str().unwrap(),
        );
        if let Some(hinge) = change.hinge {
            let on = serde_json::to_value(hinge.on).unwrap();
            let (then, otherwise) = (letter(hinge.then), letter(hinge.otherwise));
            text += &format!(" | {then} if {}, else {otherwise}", on.as_str().unwrap());
        }
        text += "\n";
    }
    text
}

#[track_caller]
fn check(old: &str, new: &str, expected: Expect) {
    expected.assert_eq(&told(old, new));
}

/// Two columns' lines in a contract that has nothing else.
#[track_caller]
fn check_columns(old: &str, new: &str, expected: Expect) {
    check(&orders(old), &orders(new), expected);
}

/// A contract's own keys around one column.
#[track_caller]
fn check_contract(old: &str, new: &str, expected: Expect) {
    let column = "{name: id, logicalType: integer}";
    check(&contract(column, "", old), &contract(column, "", new), expected);
}

const ID: &str = "{name: id, logicalType: integer}";

mod rows;

/// The page in the documentation is this table, and is written anew with `UPDATE_EXPECT=1`.
#[test]
fn the_page_holds_the_table() {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().replace('_', " ");
    let mut page = "# Which change of a contract breaks whom\n\n\
        How `weft plan` and `weft diff` grade a change: for those who read the port, for the pipeline that fills it\n\
        (producer), and for those who hold a grant on it (access). Version is the part of the contract's version that must\n\
        rise at least; Delta is what the table goes through. Where a grade depends on who reads, the first holds until\n\
        readers are known.\n\n\
        | row | change | consumers | producer | access | version | Delta |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    let mut row = "";
    for rule in Rule::ALL {
        let change = Change::new(*rule, Sign::Changed, Subject::default());
        let json = |value| serde_json::to_value(value).unwrap();
        let consumers = match change.hinge {
            Some(hinge) if hinge.then == change.grades.consumers => {
                let on = word(serde_json::to_value(hinge.on).unwrap());
                format!("{} if {on}, else {}", letter(hinge.then), letter(hinge.otherwise))
            }
            Some(hinge) => {
                let on = word(serde_json::to_value(hinge.on).unwrap());
                format!("{}; {} if {on}", letter(hinge.otherwise), letter(hinge.then))
            }
            None => letter(change.grades.consumers).to_owned(),
        };
        page += &format!(
            "| {} | {} | {consumers} | {} | {} | {} | {} |\n",
            if change.row == row { "" } else { change.row },
            word(serde_json::to_value(rule).unwrap()),
            letter(change.grades.producer),
            letter(change.grades.access_holders),
            change.bump.as_str(),
            word(json(change.delta)),
        );
        row = change.row;
    }
    expect_file!["../../../docs/compatibility.md"].assert_eq(&page);
}

#[test]
fn nested_columns_are_told_by_their_path() {
    let old = "
        {name: address, logicalType: object, properties: [{name: city, logicalType: string}, {name: zip, logicalType: string}]}
        {name: tags, logicalType: array, items: {logicalType: string}}
        {name: stops, logicalType: array, items: {logicalType: object, properties: [{name: at, logicalType: date}]}}
        {name: prices, logicalType: map, map: {key: {logicalType: string}, value: {logicalType: integer}}}";
    let new = "
        {name: address, logicalType: object, properties: [{name: city, logicalType: string, required: true}]}
        {name: tags, logicalType: array, items: {logicalType: boolean}}
        {name: stops, logicalType: array, items: {logicalType: object, properties: [{name: at, logicalType: timestamp}]}}
        {name: prices, logicalType: map, map: {key: {logicalType: string, logicalTypeOptions: {maxLength: 3}}, value: {logicalType: integer, logicalTypeOptions: {format: i64}}}}";
    check_columns(
        old,
        new,
        expect![[r#"
        + required of orders.address.city
            info error - | minor | constraint
        - orders.address.zip string
            error info info | major | keep_until_sunset | error if read, else warning
        ~ type of orders.tags.[] string → boolean
            error error - | major | new_table
        ~ type of orders.stops.[].at date → timestamp
            error error - | major | new_table
        + maxLength of orders.prices.{key} 3
            info error - | minor | constraint
        ~ type of orders.prices.{} integer → integer i64
            warning info - | minor | widen_or_rewrite
    "#]],
    );
}

#[test]
fn a_column_is_known_by_its_id_before_its_name() {
    check_columns(
        "{id: a, name: first, logicalType: string}\n{id: b, name: second, logicalType: string}",
        "{id: b, name: first, logicalType: string}\n{id: c, name: third, logicalType: string}",
        expect![[r#"
            - orders.first string
                error info info | major | keep_until_sunset | error if read, else warning
            ~ name of orders.second second → first
                error info info | major | view_alias
            + orders.third string
                info warning info | minor | add_column | error if wildcard, else info
        "#]],
    );
}

#[test]
fn what_comes_with_a_table_or_a_column_is_part_of_one_change() {
    let table = "{name: object, logicalType: object, required: true, quality: [{metric: nullValues, mustBe: 0}], properties: [{name: inner, logicalType: string, unique: true}]}";
    check_columns(
        &format!("{ID}\n{table}"),
        ID,
        expect![[r#"
        - orders.object object
            error info info | major | keep_until_sunset | error if read, else warning
    "#]],
    );
}

#[test]
fn readers_settle_the_grades_that_hinge_on_them() {
    let old = orders("{name: id, logicalType: integer}\n{name: legacy, physicalName: legacy_id, logicalType: string}");
    let found = changes(&read(&old), &read(&orders(ID)));
    let grade_for = |column: &str| {
        let readers = Readership { columns: [column.to_owned()].into(), ..Readership::default() };
        graded(&found, &readers)[0].grades.consumers
    };
    assert_eq!(grade_for("legacy_id"), Grade::Error, "SQL sees the stored name");
    assert_eq!(grade_for("id"), Grade::Warning);
}

#[test]
fn a_comparison_reads_like_a_list_of_what_is_safe_and_what_is_not() {
    let old = contract(
        "{name: legacy_id, logicalType: string}\n{name: net_eur, logicalType: number, description: Net amount}",
        "",
        "slaProperties: [{property: freshness, value: '07:00'}]",
    );
    let new = contract(
        "{name: net_eur, logicalType: number, description: 'Net amount, without tax'}\n{name: margin_eur, logicalType: number, physicalType: 'decimal(12,2)'}",
        "",
        "slaProperties: [{property: freshness, value: '06:00'}]",
    )
    .replace("version: 1.0.0", "version: 1.1.0");
    let comparison = compare_texts(&old, &new).unwrap();
    expect![[r#"
        BREAKING - legacy_id string
        safe     ~ description of net_eur
        safe     + margin_eur decimal(12,2)
        sla      ~ freshness 07:00 → 06:00

        version 1.0.0 → 1.1.0 is minor; these changes ask for major
    "#]]
    .assert_eq(&comparison.to_text());
    assert!(comparison.breaking);
    assert!(!comparison.is_version_enough());
    expect![[r#"
        {
          "rule": "column_removed",
          "row": "column removed",
          "sign": "-",
          "table": "orders",
          "column": "legacy_id",
          "aspect": "",
          "before": "string",
          "after": null,
          "grades": {
            "consumers": "error",
            "producer": "info",
            "access_holders": "info"
          },
          "hinge": {
            "on": "read",
            "then": "error",
            "otherwise": "warning"
          },
          "bump": "major",
          "delta": "keep_until_sunset"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&comparison.changes[0]).unwrap());
    assert_eq!(compare_texts(&new, &new).unwrap().to_text(), "no changes\n");
}

#[test]
fn a_text_that_is_no_contract_is_told_and_not_compared() {
    let good = orders(ID);
    let unreadable = compare_files(("old.yaml", &good), ("new.yaml", "kind: DataContract\nnmae: x\n")).unwrap_err();
    assert!(!unreadable.is_old);
    let told: Vec<String> = unreadable.problems.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|problem| problem.starts_with("new.yaml:2:1 W0107")), "{told:?}");
    assert_eq!(unreadable.to_string(), "the new text cannot be read as a contract");
    assert!(compare_texts("", &good).unwrap_err().is_old);
}

#[test]
fn a_version_that_is_no_semantic_one_has_no_bump() {
    let old = orders(ID).replace("1.0.0", "first");
    let comparison = compare_texts(&old, &orders("{name: id, logicalType: integer, tags: [a]}")).unwrap();
    assert_eq!((comparison.bump, comparison.minimum_bump), (None, Some(Bump::Patch)));
}

#[test]
fn folders_are_compared_by_the_names_of_their_files() {
    let folder = |files: &[(&str, &str)]| files.iter().map(|(n, t)| (n.to_string(), t.to_string())).collect();
    let (one, two) = (orders(ID), orders("{name: id, logicalType: string}"));
    let folders = compare_folders(
        &folder(&[("a.yaml", &one), ("b.yaml", &one), ("c.yaml", "x"), ("gone.yaml", &one)]),
        &folder(&[("a.yaml", &one), ("b.yaml", &two), ("c.yaml", &one), ("new.yaml", &one)]),
    );
    assert!(folders.is_breaking() && !folders.is_readable());
    expect![[r#"
        b.yaml
        BREAKING ~ type of id integer → string

        version 1.0.0 → 1.0.0 is no higher version; these changes ask for major

        c.yaml: the old text cannot be read as a contract
        - gone.yaml
        + new.yaml
    "#]]
    .assert_eq(&folders.to_text());
    let json = folders.to_json();
    assert_eq!(json["pairs"][1]["file"], "b.yaml");
    assert_eq!(json["pairs"][1]["breaking"], true);
    assert_eq!(json["pairs"][2]["problem"], "the old text cannot be read as a contract");
    assert_eq!(json["only_new"][0], "new.yaml");
}

#[test]
fn a_new_version_is_held_against_every_one_that_is_supported() {
    let (first, second) = (read(&orders("{name: a, logicalType: string}")), read(&orders(ID)));
    let new = read(&orders("{name: id, logicalType: integer, required: true}"));
    let breaking: Vec<bool> = against_all(&[&first, &second], &new).iter().map(|found| found.breaking).collect();
    assert_eq!(breaking, [true, false]);
}

/// A contract that uses most of what the standard has.
const RICH: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: rich
version: 1.2.0
status: active
context: {instructions: Mind the gap., constraints: [{constraint: No joins by name.}]}
servers:
  - {server: lake, type: local, path: /lake, format: parquet, roles: [{role: reader}]}
schema:
  - name: flights
    dataGranularityDescription: one row a flight
    relationships: [{from: flights.plane, to: planes.id}]
    quality: [{metric: rowCount, mustBeBetween: [1, 9], severity: error}]
    properties:
      - {id: key, name: flight, logicalType: integer, logicalTypeOptions: {minimum: 1, exclusiveMaximum: 99, format: i64}, primaryKey: true}
      - {name: plane, logicalType: string, logicalTypeOptions: {pattern: '^N', maxLength: 6}, enum: [{value: N1}, {value: N2}], unique: true}
      - {name: fare, logicalType: number, physicalType: 'decimal(12,2)', classification: internal, transformLogic: cents / 100}
      - {name: left, logicalType: timestamp, logicalTypeOptions: {timezone: true, minimum: '2013-01-01T00:00:00Z'}, partitioned: true}
      - {name: stops, logicalType: array, items: {logicalType: object, properties: [{name: at, logicalType: date, required: true}]}}
      - {name: prices, logicalType: map, map: {key: {logicalType: string}, value: {logicalType: number}}}
      - {name: face, logicalType: vector, logicalTypeOptions: {dimensions: 8}}
      - {name: note, logicalType: string, quality: [{metric: invalidValues, arguments: {validValues: [a, b]}, mustBeLessThan: 3}]}
roles: [{role: analyst, firstLevelApprovers: lead}]
slaProperties: [{property: freshness, value: 1, unit: d, element: flights.left}, {property: retention, value: P2Y}]
";

#[test]
fn how_a_date_is_written_is_text() {
    check_columns(
        "{name: a, logicalType: date}",
        "{name: a, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}}",
        expect![[r#"
            + format of orders.a dd.MM.yyyy
                info - - | patch | none
        "#]],
    );
}

#[test]
fn a_default_written_out_is_no_difference() {
    check_columns(
        "{name: a, logicalType: string}",
        "{name: a, logicalType: string, required: false, unique: false, primaryKey: false, deprecated: false, semanticType: column}",
        expect![],
    );
}

/// Every value of `document` that is no list or object, as a JSON pointer.
fn leaves(document: &Json, at: &str, found: &mut Vec<String>) {
    match document {
        Json::Object(keys) => keys.iter().for_each(|(key, value)| leaves(value, &format!("{at}/{key}"), found)),
        Json::Array(items) => items.iter().enumerate().for_each(|(i, item)| leaves(item, &format!("{at}/{i}"), found)),
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn whatever_value_is_altered_is_seen() {
    let contract = read(RICH);
    let document = serde_json::to_value(&contract).unwrap();
    let mut pointers = Vec::new();
    leaves(&document, "", &mut pointers);
    let mut seen = 0;
    for pointer in pointers.iter().filter(|pointer| *pointer != "/version") {
        let mut document = document.clone();
        let value = document.pointer_mut(pointer).unwrap();
        *value = match &*value {
            Json::Bool(flag) => Json::from(!*flag),
            Json::Number(number) => number
                .as_i64()
                .map_or_else(|| Json::from(number.as_f64().unwrap_or_default() + 1.0), |n| Json::from(n + 1)),
            other => Json::from(format!("{}x", other.as_str().unwrap_or_default())),
        };
        // A word of a closed list has become no word.
        let Ok(altered) = serde_json::from_value::<DataContract>(document) else { continue };
        assert_ne!(changes(&contract, &altered), [], "{pointer}");
        assert_ne!(changes(&altered, &contract), [], "{pointer}");
        seen += 1;
    }
    assert!(seen > 50, "{seen} of {}", pointers.len());
}

/// A column of any kind, in YAML's short form.
fn any_column() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec![
        "logicalType: string",
        "logicalType: integer, logicalTypeOptions: {minimum: 1, maximum: 9}",
        "logicalType: number, physicalType: 'decimal(10,2)'",
        "logicalType: date, required: true",
        "logicalType: string, enum: [{value: a}, {value: b}]",
        "logicalType: string, quality: [{metric: nullValues, mustBe: 0}], classification: pii",
        "logicalType: array, items: {logicalType: object, properties: [{name: x, logicalType: string}]}",
        "logicalType: vector, logicalTypeOptions: {dimensions: 3}",
        "logicalType: map, map: {key: {logicalType: string}, value: {logicalType: integer}}",
        "logicalType: timestamp, description: When it left, deprecated: true",
        "logicalType: string, relationships: [{to: other.id}]",
        "logicalType: integer, primaryKey: true, primaryKeyPosition: 1",
    ]);
    ("[a-d]", prop::option::of("[p-s]"), kind).prop_map(|(name, id, kind)| match id {
        Some(id) => format!("{{id: {id}, name: {name}, {kind}}}"),
        None => format!("{{name: {name}, {kind}}}"),
    })
}

fn any_contract() -> impl Strategy<Value = String> {
    let levels = prop::sample::select(vec![
        "",
        "slaProperties: [{property: freshness, value: 1, unit: d}]",
        "slaProperties: [{property: retention, value: P1Y}, {property: retention, value: x, driver: regulatory}]",
        "roles: [{role: reader}]\nservers: [{server: lake, type: local, path: /x, format: csv}]",
        "status: deprecated\ntags: [a]",
    ]);
    (prop::collection::vec(any_column(), 1..6), levels)
        .prop_map(|(columns, levels)| contract(&columns.join("\n"), "", levels))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_contract_changes_nothing_against_itself(text in any_contract()) {
        let contract = read(&text);
        prop_assert_eq!(changes(&contract, &contract.clone()), vec![]);
        prop_assert_eq!(breaks(&contract, &contract), vec![]);
        prop_assert_eq!(minimum_bump(&[]), None);
    }

    #[test]
    fn whatever_differs_is_a_change_and_asks_for_a_bump(old in any_contract(), new in any_contract()) {
        let found = changes(&read(&old), &read(&new));
        prop_assert_eq!(found.is_empty(), old == new);
        prop_assert_eq!(minimum_bump(&found).is_none(), old == new);
        prop_assert_eq!(breaks(&read(&old), &read(&new)).len(), found.iter().filter(|change| change.breaks()).count());
    }

    #[test]
    fn no_edit_of_a_text_makes_comparing_fail(at in 0..2_200_usize, length in 0..30_usize, with in "[ -~\n]{0,8}") {
        let start = at.min(RICH.len());
        let end = (start + length).min(RICH.len());
        let edited = format!("{}{with}{}", &RICH[..start], &RICH[end..]);
        for (old, new) in [(RICH, &edited[..]), (&edited[..], RICH)] {
            if let Ok(comparison) = compare_texts(old, new) {
                prop_assert_eq!(comparison.minimum_bump.is_none(), comparison.changes.is_empty());
                prop_assert!(!comparison.to_text().is_empty());
            }
        }
    }

    #[test]
    fn a_column_that_comes_is_minor_and_the_same_that_goes_is_major(text in any_contract(), kind in any_column()) {
        let mut more = read(&text);
        let column = read(&orders(&kind)).schema.unwrap().remove(0).properties.unwrap().remove(0);
        let is_key = column.primary_key == Some(true);
        let column = crate::odcs::Property { name: Some("further".to_owned()), id: None, ..column };
        more.schema.as_mut().unwrap()[0].properties.as_mut().unwrap().push(column);
        let less = read(&text);
        let (added, removed) = (changes(&less, &more), changes(&more, &less));
        prop_assert_eq!(minimum_bump(&removed), Some(Bump::Major));
        // A key column changes the key, whichever way it goes.
        prop_assert_eq!(minimum_bump(&added), Some(if is_key { Bump::Major } else { Bump::Minor }));
        prop_assert_eq!(added.iter().any(Change::breaks), is_key);
        prop_assert!(removed.iter().any(Change::breaks));
    }

    #[test]
    fn what_readers_are_known_only_settles_grades(old in any_contract(), new in any_contract(), column in "[a-d]") {
        let found = changes(&read(&old), &read(&new));
        let readers = Readership { columns: [column].into(), ..Readership::default() };
        let settled = graded(&found, &readers);
        prop_assert_eq!(minimum_bump(&found), minimum_bump(&settled));
        let wildcard = graded(&found, &Readership { wildcard: true, ..readers });
        for (some, all) in settled.iter().zip(&wildcard) {
            prop_assert!(some.grades.consumers <= all.grades.consumers);
        }
    }
}
