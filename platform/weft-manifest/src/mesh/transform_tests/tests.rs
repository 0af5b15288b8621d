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
    let (declared, problems) = crate::read(&ManifestTree::of_texts(texts), chrono::NaiveDate::MIN);
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
    check(
        "port: daily\nexpects: []\n",
        expect![[r#"
        one.yaml:1:1 W0106 key `expect` is missing in the test
        help: add `expect:` (a list of rows, or the name of a file)
        one.yaml:2:1 W0107 unknown key `expects` in the test
        help: did you mean `expect`?
    "#]],
    );
    check(
        "port: daily\nexpect: {carrier: AA}\n",
        expect![[r#"
        one.yaml:2:10 W0105 `expect` must be a list of rows, or the name of a file, and this is an object
    "#]],
    );
    check(
        "port: daily\nexpect: [AA]\n",
        expect![[r#"
        one.yaml:2:10 W0105 this must be an object, and it is text
    "#]],
    );
    check(
        "port: daily\nat: yesterday\nexpect: []\n",
        expect![[r#"
        one.yaml:2:5 W0441 `yesterday` is no instant
        help: write a date, a time and its offset, such as `2026-01-31T12:00:00Z`
    "#]],
    );
}

#[test]
fn a_port_that_has_no_query_is_told() {
    check(
        "port: dayly\nexpect: []\n",
        expect![[r#"
        one.yaml:1:7 W0510 product `air.delays` has no port `dayly`
        help: did you mean `daily`?
    "#]],
    );
    check(
        "port: air.delays.daily\nexpect: []\n",
        expect![[r#"
        one.yaml:1:7 W0510 product `air.delays` has no port `air.delays.daily`
        help: write `port: daily`
    "#]],
    );
    check(
        "port: raw\nexpect: []\n",
        expect![[r#"
        one.yaml:1:7 W0510 port `raw` is read from a file, so it has no query to test
        help: test a port that a query makes: of kind `full` or `view`
    "#]],
    );
}

#[test]
fn an_input_that_is_none_is_told() {
    check(
        "port: daily\ngiven: {air.flights.departure: []}\nexpect: []\n",
        expect![[r#"
        one.yaml:2:9 W0511 `air.flights.departure` is no input of product `air.delays`
        help: did you mean `air.flights.departures`?
    "#]],
    );
    check(
        "port: daily\ngiven: {departures_in: []}\nexpect: []\n",
        expect![[r#"
        one.yaml:2:9 W0511 `departures_in` is no input of product `air.delays`
        help: write `air.flights.departures`, as the query does
    "#]],
    );
    check(
        "port: daily\ngiven: {weather: []}\nexpect: []\n",
        expect![[r#"
        one.yaml:2:9 W0511 `weather` is no input of product `air.delays`
        help: its inputs are `air.flights.departures`
    "#]],
    );
}

#[test]
fn a_column_or_a_value_that_does_not_fit_is_told() {
    check(
        "port: daily\ngiven:\n  air.flights.departures:\n    - {carrier: 1, flight: one, dya: 2013-01-01}\n    - {dya: x}\nexpect:\n  - {day: 31.1.2013}\n",
        expect![[r#"
            one.yaml:4:17 W0513 this is no value of column `carrier` (string)
            help: write text, in quotes
            one.yaml:4:28 W0513 this is no value of column `flight` (int)
            help: write a whole number, -2147483648 to 2147483647
            one.yaml:4:33 W0512 `air.flights.departures` has no column `dya`
            help: its columns are `carrier`, `flight` and `day`
            one.yaml:7:11 W0513 this is no value of column `day` (date)
            help: write a date such as `2026-01-31`
        "#]],
    );
    check(
        "port: daily\nexpect:\n  - {carrier: AA, flight: 1}\n  - {carrier: AA}\n",
        expect![[r#"
        one.yaml:4:6 W0514 this row leaves out `flight`, which the first row names
        help: write `flight: null` where it is NULL, or take the column out of all rows
    "#]],
    );
    check(
        "port: daily\nexpect:\n  - {carrier: AA}\n  - {carrier: AA, flight: 1}\n",
        expect![[r#"
        one.yaml:4:6 W0514 this row names `flight`, which the first row leaves out
        help: name `flight` in all rows, or in none
    "#]],
    );
}

#[test]
fn rows_are_read_from_a_file_beside_the_test() {
    check_file(
        "rows.csv",
        "flight,carrier,day\n1,AA,\n\n2,\"\",2013-01-01\n",
        expect![[r#"
        rows.csv:2:1 {"flight":1,"carrier":"AA","day":null}
        rows.csv:4:1 {"flight":2,"carrier":"","day":"2013-01-01"}
    "#]],
    );
    check_file(
        "rows.json",
        "{\"flight\": 1}\n\n{\"day\": null}\n",
        expect![[r#"
        rows.json:1:1 {"flight":1}
        rows.json:3:1 {"day":null}
    "#]],
    );
    check_file(
        "rows.csv",
        "flight,carier\none,AA\n",
        expect![[r#"
        rows.csv:1:8 W0512 `air.flights.departures` has no column `carier`
        help: did you mean `carrier`?
        rows.csv:2:1 W0513 this is no value of column `flight` (int)
        help: write a whole number, -2147483648 to 2147483647
    "#]],
    );
    check_file(
        "rows.csv",
        "flight,flight\n",
        expect![[r#"
        rows.csv:1:8 W0514 column `flight` stands in the header twice
        help: give each column a name of its own
    "#]],
    );
    check_file(
        "rows.csv",
        "flight\n1,2\n",
        expect![[r#"
        rows.csv:2:1 W0514 this row has 2 cells, and the header has 1
        help: give each row a cell for each column; an empty one is NULL
    "#]],
    );
    check_file(
        "rows.csv",
        "flight\n\"1\n",
        expect![[r#"
        rows.csv:2:1 W0514 this quote is never closed
        help: write a quote within quotes as `""`
    "#]],
    );
    check_file(
        "rows.csv",
        "",
        expect![[r#"
        rows.csv:1:1 W0514 the file is empty
        help: begin it with the names of the columns
    "#]],
    );
    check_file(
        "rows.json",
        "{\"flight\": \"one\"}\n",
        expect![[r#"
        rows.json:1:1 W0513 this is no value of column `flight` (int)
        help: write a whole number, -2147483648 to 2147483647
    "#]],
    );
    check_file(
        "rows.json",
        "[]\n",
        expect![[r#"
        rows.json:1:1 W0514 this line is no JSON object
        help: write one object a line: `{"column": 1}`
    "#]],
    );
    check_file(
        "rows.parquet",
        "",
        expect![[r#"
        one.yaml:2:33 W0514 the rows of a test cannot be read from `rows.parquet`
        help: write them as `*.csv` with a header, or as `*.json` with one object a line
    "#]],
    );
    check(
        "port: daily\ngiven: {air.flights.departures: ../../x.csv}\nexpect: []\n",
        expect![[r#"
        one.yaml:2:33 W0111 there is no file `products/air/delays/tests/../../x.csv`
        help: put the file beside the test, or write the rows out: one map a row
    "#]],
    );
}

#[test]
fn a_test_of_too_many_rows_is_told() {
    let text = format!("flight\n{}", "1\n".repeat(10_001));
    check_file(
        "rows.csv",
        &text,
        expect![[r#"
        rows.csv:10002:1 W0514 a test has 10000 rows of a port at most, and here are 10001
        help: keep the rows that tell something, a handful of them
    "#]],
    );
}
