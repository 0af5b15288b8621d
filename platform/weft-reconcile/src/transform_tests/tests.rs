//! What an author reads of tests that pass, fail or cannot be run.

use expect_test::{Expect, expect};
use weft_model::ManifestTree;

use super::*;
use crate::{Known, check};

const DOMAIN: &str = "domain: air\nowner: air-team\nservice: air-jobs\n";

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
      - {name: delay, logicalType: number}
      - {name: fare, logicalType: number, physicalType: 'decimal(12, 2)'}
      - {name: left_at, logicalType: timestamp}
";

const DELAYS: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: delays-product
inputPorts:
  - {name: departures, contractId: departures, version: 1.0.0}
outputPorts:
  - name: daily
    contractId: daily
    version: 1.0.0
    customProperties:
      - {property: transform, vendor: weft, value: {kind: full}}
";

const DAILY: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: daily
version: 1.0.0
schema:
  - name: daily
    properties:
      - {name: carrier, logicalType: string, primaryKey: true}
      - {name: flights, logicalType: integer, logicalTypeOptions: {format: i64}}
      - {name: mean, logicalType: number}
      - {name: fares, logicalType: number, physicalType: 'decimal(22, 2)'}
      - {name: is_recent, logicalType: boolean}
";

const SQL: &str = "\
select carrier, count(*) as flights, avg(delay) as mean, sum(fare) as fares,
       max(left_at) > now() - interval '1 day' as is_recent
from air.flights.departures group by carrier";

const TEST: &str = "products/air/delays/tests/one.yaml";

fn texts<'a>(sql: &'a str, test: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("products/air/domain.yaml", DOMAIN),
        ("products/air/flights/product.odps.yaml", FLIGHTS),
        ("products/air/flights/contracts/departures.odcs.yaml", DEPARTURES),
        ("products/air/flights/data/departures.csv", ""),
        ("products/air/delays/product.odps.yaml", DELAYS),
        ("products/air/delays/contracts/daily.odcs.yaml", DAILY),
        ("products/air/delays/transforms/daily.sql", sql),
        (TEST, test),
    ]
}

/// What `weft test` tells of this test of this query.
async fn told(sql: &str, test_text: &str) -> String {
    let tree = ManifestTree::of_texts(texts(sql, test_text));
    let tested = test(&tree, chrono::NaiveDate::MIN, |_| true).await;
    let mut text: String = tested.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
    let verdicts: Vec<String> = tested.outcomes.iter().map(|outcome| format!("{:?}", outcome.verdict)).collect();
    text.push_str(&verdicts.join(", "));
    text
}

async fn check_test(test: &str, expected: Expect) {
    expected.assert_eq(&told(SQL, test).await);
}

#[tokio::test]
async fn rows_that_come_as_expected_pass_in_any_order() {
    let test = "
port: daily
at: 2013-01-02T12:00:00Z
given:
  air.flights.departures:
    - {carrier: AA, delay: 1, fare: 10.10, left_at: '2013-01-02T11:00:00Z'}
    - {carrier: AA, delay: 2, fare: '20.20', left_at: '2013-01-02T13:00:00+02:00'}
    - {carrier: UA, left_at: '2013-01-01T11:00:00Z'}
expect:
  - {carrier: UA, flights: 1, mean: null, fares: null, is_recent: false}
  - {carrier: AA, flights: 2, mean: 1.5000000001, fares: 30.3, is_recent: true}
";
    check_test(test, expect!["Passed"]).await;
}

#[tokio::test]
async fn a_difference_is_told_by_the_rows_on_either_side() {
    let test = "
port: daily
given:
  air.flights.departures: [{carrier: AA}, {carrier: AA}, {carrier: UA}, {carrier: \"O'Hare\"}]
expect: [{carrier: AA, flights: 3}, {carrier: UA, flights: 1}, {carrier: \"O'Hare\", flights: 1}]
";
    check_test(
        test,
        expect![[r#"
            products/air/delays/tests/one.yaml:5:1 W0515 `air.delays.daily` comes without 1 row that the test expects, and with 1 row that it does not: they differ in `flights`
            - carrier: 'AA', flights: 3
            + carrier: 'AA', flights: 2
            help: mend `products/air/delays/transforms/daily.sql`, or expect what comes out
            Failed"#]],
    )
    .await;
    check_test(
        "port: daily\nexpect: [{carrier: AA}]\n",
        expect![[r#"
        products/air/delays/tests/one.yaml:2:1 W0515 `air.delays.daily` comes without 1 row that the test expects
        - carrier: 'AA'
        help: mend `products/air/delays/transforms/daily.sql`, or expect what comes out
        Failed"#]],
    )
    .await;
    let many = "port: daily\ngiven: {air.flights.departures: [{carrier: A}, {carrier: B}, {carrier: C}, {carrier: D}, {carrier: E}, {carrier: F}, {carrier: G}]}\nexpect: []\n";
    check_test(
        many,
        expect![[r#"
        products/air/delays/tests/one.yaml:3:1 W0515 `air.delays.daily` comes with 7 rows that the test does not expect
        + a row, of which no column is named
        + a row, of which no column is named
        + a row, of which no column is named
        + a row, of which no column is named
        + a row, of which no column is named
        + … and 2 more
        help: mend `products/air/delays/transforms/daily.sql`, or expect what comes out
        Failed"#]],
    )
    .await;
}

#[tokio::test]
async fn order_counts_where_the_test_says_so() {
    let sorted = format!("{SQL} order by carrier desc");
    let test = "port: daily\ninOrder: true\ngiven: {air.flights.departures: [{carrier: AA}, {carrier: UA}]}\nexpect: [{carrier: AA}, {carrier: UA}]\n";
    expect![[r#"
        products/air/delays/tests/one.yaml:4:1 W0515 the rows of `air.delays.daily` come in another order, from row 1 on
        - carrier: 'AA'
        + carrier: 'UA'
        help: mend `products/air/delays/transforms/daily.sql`, or expect what comes out
        Failed"#]]
    .assert_eq(&told(&sorted, test).await);
    expect!["Passed"].assert_eq(&told(&sorted, &test.replace("inOrder: true\n", "")).await);
    expect!["Passed"].assert_eq(
        &told(&sorted, &test.replace("[{carrier: AA}, {carrier: UA}]\n", "[{carrier: UA}, {carrier: AA}]\n")).await,
    );
}

#[tokio::test]
async fn a_query_that_fails_on_the_rows_given_is_told_at_the_test() {
    let failing = SQL.replace("count(*) as flights", "10 / count(delay) as flights");
    let test = "port: daily\ngiven: {air.flights.departures: [{carrier: AA}]}\nexpect: []\n";
    expect![[r#"
        products/air/delays/tests/one.yaml:3:1 W0516 `air.delays.daily` cannot be made of the rows given: a value could not be computed: division by zero
        help: mend `products/air/delays/transforms/daily.sql`, or give it rows that can be
        Failed"#]].assert_eq(&told(&failing, test).await);
}

#[tokio::test]
async fn a_test_of_a_product_with_errors_is_not_run_and_the_errors_are_told() {
    let test = "port: daily\nexpect: []\n";
    expect![[r#"
        products/air/delays/transforms/daily.sql:1:42 W0203 column 'dealy' not found
        help: possible column air.flights.departures.delay
        NotRun"#]]
    .assert_eq(&told(&SQL.replace("delay", "dealy"), test).await);
    expect![[r#"
        products/air/delays/tests/one.yaml:1:1 W0106 key `expect` is missing in the test
        help: add `expect:` (a list of rows, or the name of a file)
        products/air/delays/tests/one.yaml:2:1 W0107 unknown key `expct` in the test
        help: did you mean `expect`?
        NotRun"#]]
    .assert_eq(&told(SQL, "port: daily\nexpct: []\n").await);
}

#[tokio::test]
async fn a_product_whose_test_fails_is_broken_and_others_are_not() {
    let tree = ManifestTree::of_texts(texts(SQL, "port: daily\nexpect: [{carrier: AA}]\n"));
    let checked = check(&tree, &Known::nothing()).await;
    let broken: Vec<String> = checked.declared.broken.iter().map(ToString::to_string).collect();
    assert_eq!(broken, ["air.delays"]);
    assert!(checked.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::TEST_FAILED));
    assert!(checked.declared.product(&"air.flights".parse().unwrap()).is_some());
}
