//! What an author reads of each kind of mistake in a test.

use expect_test::{Expect, expect};
use weft_model::{ManifestTree, TransformTest};

const FLIGHTS: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: flights-product
outputPorts:
  - name: departures
    contractId: departures
    version: 1.0.0
    customProperties:
      - {property: transform, vendor: weft, value: {kind: seed, seed: {path: data/departures.csv}}}
";

const DEPARTURES: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: departures
version: 1.0.0
schema:
  - name: departures
    properties:
      - {name: carrier, logicalType: string, required: true}
      - {name: flight, logicalType: integer}
      - {name: day, logicalType: date}
";

const DELAYS: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: delays-product
inputPorts:
  - {name: departures_in, contractId: departures, version: 1.0.0}
outputPorts:
  - name: daily
    contractId: daily
    version: 1.0.0
    customProperties:
      - {property: transform, vendor: weft, value: {kind: full}}
  - name: raw
    contractId: raw
    version: 1.0.0
    customProperties:
      - {property: transform, vendor: weft, value: {kind: seed, seed: {path: data/raw.csv}}}
";

const FOLDER: &str = "products/air/delays/tests/";

/// The mesh with one test and a file beside it.
fn read(test: &str, beside: Option<(&str, &str)>) -> (Vec<TransformTest>, String) {
    let (daily, raw) = (DEPARTURES.replace("departures", "daily"), DEPARTURES.replace("departures", "raw"));
    let file = format!("{FOLDER}one.yaml");
    let other = beside.map(|(name, text)| (format!("{FOLDER}{name}"), text));
    let mut texts = vec![
        ("products/air/domain.yaml", "domain: air\nowner: air-team\nservice: air-jobs\n"),
        ("products/air/flights/product.odps.yaml", FLIGHTS),
        ("products/air/flights/contracts/departures.odcs.yaml", DEPARTURES),
        ("products/air/flights/data/departures.csv", ""),
        ("products/air/delays/product.odps.yaml", DELAYS),
        ("products/air/delays/contracts/daily.odcs.yaml", &daily),
        ("products/air/delays/contracts/raw.odcs.yaml", &raw),
        ("products/air/delays/transforms/daily.sql", "select 1"),
        ("products/air/delays/data/raw.csv", ""),
        (&file, test),
    ];
    if let Some((name, text)) = &other {
        texts.push((name, text));
    }
    let (declared, problems) = crate::read(&ManifestTree::of_texts(texts));
    let told: String =
        problems.iter().map(|problem| format!("{}\n", problem.to_string().trim_start_matches(FOLDER))).collect();
    assert_eq!(declared.broken.is_empty(), problems.iter().all(|problem| !problem.is_error()), "{told}");
    (declared.tests, told)
}

#[track_caller]
fn check(test: &str, expected: Expect) {
    expected.assert_eq(&read(test, None).1);
}

#[track_caller]
fn check_file(name: &str, text: &str, expected: Expect) {
    let test = format!("port: daily\ngiven: {{air.flights.departures: {name}}}\nexpect: []\n");
    let (tests, told) = read(&test, Some((name, text)));
    let rows = tests.iter().flat_map(|test| test.given.values().flatten());
    let rows: String =
        rows.map(|row| format!("{} {}\n", row.place.to_string().trim_start_matches(FOLDER), row.json)).collect();
    expected.assert_eq(&format!("{told}{rows}"));
}

#[test]
fn a_sound_test_says_what_it_gives_and_expects() {
    let (tests, told) = read(
        "port: daily\nat: 2013-01-01T00:00:00+01:00\ninOrder: true\ngiven:\n  air.flights.departures:\n    - {carrier: AA, day: 2013-01-01}\nexpect:\n  - {flight: 1, carrier: AA}\n  - {carrier: null, flight: null}\n",
        None,
    );
    assert_eq!(told, "");
    let [test] = tests.as_slice() else { panic!("{tests:?}") };
    assert_eq!((test.port_ref().to_string().as_str(), test.in_order), ("air.delays.daily", true));
    assert_eq!(test.at.to_rfc3339(), "2012-12-31T23:00:00+00:00");
    assert_eq!(test.columns, ["flight", "carrier"]);
    let given = &test.given[&"air.flights.departures".parse().unwrap()];
    assert_eq!(given[0].json, r#"{"carrier":"AA","day":"2013-01-01"}"#);
    assert_eq!((test.expects_at.line, test.expected[1].place.line), (7, 9));
    let (tests, _) = read("port: daily\nexpect: []\n", None);
    assert_eq!(tests[0].at.to_rfc3339(), "2026-01-01T00:00:00+00:00");
}

#[test]
fn a_key_that_is_not_known_is_told() {
    check("port: daily\nexpects: []\n", expect![[r#""#]]);
    check("port: daily\nexpect: {carrier: AA}\n", expect![[r#""#]]);
    check("port: daily\nexpect: [AA]\n", expect![[r#""#]]);
    check("port: daily\nat: yesterday\nexpect: []\n", expect![[r#""#]]);
}

#[test]
fn a_port_that_has_no_query_is_told() {
    check("port: dayly\nexpect: []\n", expect![[r#""#]]);
    check("port: air.delays.daily\nexpect: []\n", expect![[r#""#]]);
    check("port: raw\nexpect: []\n", expect![[r#""#]]);
}

#[test]
fn an_input_that_is_none_is_told() {
    check("port: daily\ngiven: {air.flights.departure: []}\nexpect: []\n", expect![[r#""#]]);
    check("port: daily\ngiven: {departures_in: []}\nexpect: []\n", expect![[r#""#]]);
    check("port: daily\ngiven: {weather: []}\nexpect: []\n", expect![[r#""#]]);
}

#[test]
fn a_column_or_a_value_that_does_not_fit_is_told() {
    check(
        "port: daily\ngiven:\n  air.flights.departures:\n    - {carrier: 1, flight: one, dya: 2013-01-01}\n    - {dya: x}\nexpect:\n  - {day: 31.1.2013}\n",
        expect![[r#""#]],
    );
    check("port: daily\nexpect:\n  - {carrier: AA, flight: 1}\n  - {carrier: AA}\n", expect![[r#""#]]);
    check("port: daily\nexpect:\n  - {carrier: AA}\n  - {carrier: AA, flight: 1}\n", expect![[r#""#]]);
}

#[test]
fn rows_are_read_from_a_file_beside_the_test() {
    check_file("rows.csv", "flight,carrier,day\n1,AA,\n\n2,\"\",2013-01-01\n", expect![[r#""#]]);
    check_file("rows.json", "{\"flight\": 1}\n\n{\"day\": null}\n", expect![[r#""#]]);
    check_file("rows.csv", "flight,carier\none,AA\n", expect![[r#""#]]);
    check_file("rows.csv", "flight,flight\n", expect![[r#""#]]);
    check_file("rows.csv", "flight\n1,2\n", expect![[r#""#]]);
    check_file("rows.csv", "flight\n\"1\n", expect![[r#""#]]);
    check_file("rows.csv", "", expect![[r#""#]]);
    check_file("rows.json", "{\"flight\": \"one\"}\n", expect![[r#""#]]);
    check_file("rows.json", "[]\n", expect![[r#""#]]);
    check_file("rows.parquet", "", expect![[r#""#]]);
    check("port: daily\ngiven: {air.flights.departures: ../../x.csv}\nexpect: []\n", expect![[r#""#]]);
}

#[test]
fn a_test_of_too_many_rows_is_told() {
    let text = format!("flight\n{}", "1\n".repeat(10_001));
    check_file("rows.csv", &text, expect![[r#""#]]);
}
