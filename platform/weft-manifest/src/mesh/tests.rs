//! What an author sees for each kind of mistake, and what is declared in spite of it.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use weft_model::{Content, DataType, FileEntry, ManifestTree, Revision, Transform};

/// A day that no test depends on.
const TODAY: chrono::NaiveDate = chrono::NaiveDate::MIN;

const DOMAIN: &str = "domain: air\nowner: air-team\nservice: air-jobs\n";

const FLIGHTS: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: flights-product
name: Flights
domain: air
description:
  purpose: Every flight.
outputPorts:
  - name: departures
    contractId: departures
    version: 1.0.0
    customProperties:
      - property: transform
        vendor: weft
        value: {kind: seed, seed: {path: data/departures.csv.gz}}
";

const DEPARTURES: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: departures
version: 1.0.0
name: Departures
schema:
  - name: departures
    properties:
      - name: carrier
        logicalType: string
        primaryKey: true
        primaryKeyPosition: 1
      - name: flight
        logicalType: integer
        primaryKey: true
        primaryKeyPosition: 2
      - name: fare
        logicalType: number
        physicalType: decimal(12, 2)
        classification: internal
";

const DELAYS: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: delays-product
inputPorts:
  - name: departures
    contractId: departures
    version: 1.0.0
outputPorts:
  - name: daily
    contractId: daily
    version: 2.1.0
    customProperties:
      - property: transform
        vendor: weft
        value: {kind: full}
";

const DAILY: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: daily
version: 2.1.0
schema:
  - name: anything
    properties:
      - name: day
        logicalType: date
        primaryKey: true
";

const DELAYS_FILE: &str = "products/ops/delays/product.odps.yaml";
const FLIGHTS_FILE: &str = "products/air/flights/product.odps.yaml";
const DEPARTURES_FILE: &str = "products/air/flights/contracts/departures.odcs.yaml";

/// Two domains with a product each, the second reading the first.
fn sound() -> BTreeMap<String, FileEntry> {
    let texts = [
        ("products/air/domain.yaml", DOMAIN),
        (FLIGHTS_FILE, FLIGHTS),
        (DEPARTURES_FILE, DEPARTURES),
        ("products/ops/domain.yaml", "domain: ops\nowner: ops-team\nservice: ops-jobs\n"),
        (DELAYS_FILE, DELAYS),
        ("products/ops/delays/contracts/daily.odcs.yaml", DAILY),
        ("products/ops/delays/transforms/daily.sql", "SELECT 1"),
    ];
    let mut files: BTreeMap<String, FileEntry> =
        texts.into_iter().map(|(path, text)| (path.to_owned(), file(text))).collect();
    let data = FileEntry { id: "seed-1".to_owned(), size: 9, content: Content::Data };
    files.insert("products/air/flights/data/departures.csv.gz".to_owned(), data);
    files
}

fn file(text: &str) -> FileEntry {
    FileEntry { id: "text".to_owned(), size: text.len() as u64, content: Content::Text(text.into()) }
}

fn tree(files: BTreeMap<String, FileEntry>) -> ManifestTree {
    ManifestTree::new(Revision::new("test"), files)
}

fn told(files: BTreeMap<String, FileEntry>) -> String {
    let (declared, problems) = super::read(&tree(files), TODAY);
    let mut text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    let names: Vec<String> = declared.products.iter().map(|product| product.name.to_string()).collect();
    let broken: Vec<String> = declared.broken.iter().map(ToString::to_string).collect();
    let refused = if declared.refused { " REFUSED" } else { "" };
    text.push_str(&format!("declared [{}] broken [{}]{refused}\n", names.join(", "), broken.join(", ")));
    text
}

/// The sound mesh with one text replaced or added.
#[track_caller]
fn check(path: &str, text: &str, expected: Expect) {
    let mut files = sound();
    files.insert(path.to_owned(), file(text));
    expected.assert_eq(&told(files));
}

/// The sound mesh with a stretch of one text replaced.
#[track_caller]
fn check_edit(path: &str, from: &str, to: &str, expected: Expect) {
    let text = tree(sound()).text(path).unwrap().replace(from, to);
    check(path, &text, expected);
}

#[track_caller]
fn check_without(path: &str, expected: Expect) {
    let mut files = sound();
    files.remove(path).unwrap();
    expected.assert_eq(&told(files));
}

#[track_caller]
fn check_content(path: &str, content: Content, expected: Expect) {
    let mut files = sound();
    files.insert(path.to_owned(), FileEntry { id: "x".to_owned(), size: 52_428_800, content });
    expected.assert_eq(&told(files));
}

#[test]
fn a_sound_mesh_is_declared_in_the_order_in_which_it_is_read() {
    let (declared, problems) = super::read(&tree(sound()), TODAY);
    assert_eq!(problems, vec![]);
    let names: Vec<String> = declared.products.iter().map(|product| product.name.to_string()).collect();
    assert_eq!(names, ["air.flights", "ops.delays"]);
    let flights = &declared.products[0].outputs[0];
    assert_eq!(flights.contract.primary_key(), ["carrier", "flight"]);
    assert_eq!(flights.contract.columns[2].data_type, DataType::Decimal { precision: 12, scale: 2 });
    assert!(matches!(&flights.transform, Transform::Seed { path, content, .. }
        if path == "products/air/flights/data/departures.csv.gz" && content == "seed-1"));
    let delays = &declared.products[1];
    assert_eq!(delays.inputs[0].port.to_string(), "air.flights.departures");
    assert_eq!(delays.outputs[0].transform.sql(), Some(("products/ops/delays/transforms/daily.sql", "SELECT 1")));
    assert_eq!(delays.outputs[0].contract.columns[0].primary_key_position, Some(1));
    assert!(delays.outputs[0].contract.columns[0].required);
}

/// Words on a column, on parts at every depth, and on a map's key.
const WORDS: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: departures
version: 1.0.0
tags: [operations]
schema:
  - name: departures
    tags: [flights, operations]
    properties:
      - name: carrier
        logicalType: string
        primaryKey: true
        primaryKeyPosition: 1
        classification: public
        tags: [code]
      - name: crew
        logicalType: object
        properties:
          - name: size
            logicalType: integer
          - name: pilot
            logicalType: object
            tags: [pii]
            properties:
              - name: mail
                physicalName: e_mail
                logicalType: string
                classification: personal
                tags: [pii.email]
      - name: stops
        logicalType: array
        items:
          logicalType: object
          classification: internal
          properties:
            - {name: note, logicalType: string, tags: [free_text]}
      - name: seats
        logicalType: map
        map:
          key: {logicalType: string, classification: personal, tags: [pii.name]}
          value: {logicalType: string, classification: internal}
";

#[test]
fn words_are_kept_for_columns_parts_of_columns_and_the_whole_port() {
    let mut files = sound();
    files.insert(DEPARTURES_FILE.to_owned(), file(WORDS));
    let flights = FLIGHTS.replace("  - name: departures\n", "  - name: departures\n    tags: [feed, flights]\n");
    files.insert(FLIGHTS_FILE.to_owned(), file(&flights));
    let (declared, problems) = super::read(&tree(files), TODAY);
    assert_eq!(problems, vec![]);
    let contract = &declared.products[0].outputs[0].contract;
    let mut text = format!("port {:?}\n", contract.tags);
    for column in &contract.columns {
        text.push_str(&format!("{} {:?} {:?}\n", column.name, column.classification, column.tags));
        for part in &column.parts {
            text.push_str(&format!("  {:?} {:?} {:?}\n", part.path, part.classification, part.tags));
        }
    }
    expect![[r#"
        port ["operations", "flights", "feed"]
        carrier Some("public") ["code"]
        crew None []
          ["pilot"] None ["pii"]
          ["pilot", "e_mail"] Some("personal") ["pii.email"]
        stops None []
          ["[]"] Some("internal") []
          ["[]", "note"] None ["free_text"]
        seats None ["personal", "pii.name"]
          ["{}"] Some("internal") []
    "#]]
    .assert_eq(&text);
}

fn with_purposes(property: &str) -> String {
    format!("{DELAYS}customProperties:\n{property}")
}

#[test]
fn a_product_says_what_its_data_may_be_asked_for() {
    let mut files = sound();
    let property = "  - {property: purposes, vendor: weft, value: [modelling, capacity_planning, modelling]}\n";
    files.insert(DELAYS_FILE.to_owned(), file(&with_purposes(property)));
    let (declared, problems) = super::read(&tree(files), TODAY);
    assert_eq!(problems, vec![]);
    assert_eq!(declared.products[1].purposes, ["modelling", "capacity_planning"]);
    assert_eq!(declared.products[0].purposes, Vec::<String>::new());
}

#[test]
fn purposes_that_are_no_words_are_told() {
    let property = "  - property: purposes\n    vendor: weft\n    value: [modelling, Ad hoc, '', 7]\n\
        \x20 - {property: purposes, vendor: weft, value: reporting}\n";
    check(
        DELAYS_FILE,
        &with_purposes(property),
        expect![[r#"
            products/ops/delays/product.odps.yaml:19:24 W0108 `Ad hoc` is not a purpose
            help: write one word of a to z, 0 to 9, _ and -, 63 at most
            products/ops/delays/product.odps.yaml:19:32 W0108 `` is not a purpose
            help: write one word of a to z, 0 to 9, _ and -, 63 at most
            products/ops/delays/product.odps.yaml:19:36 W0105 this must be text, and it is a number
            help: put it in quotes: "7"
            products/ops/delays/product.odps.yaml:20:16 W0439 the product has two lists of purposes
            help: write all of them in one
            declared [air.flights] broken [ops.delays]
        "#]],
    );
    check(
        DELAYS_FILE,
        &with_purposes("  - {property: purposes, vendor: weft, value: reporting}\n"),
        expect![[r#"
            products/ops/delays/product.odps.yaml:17:47 W0105 `value` must be a list, and this is text
            help: write each item on a line of its own, after `- `
            declared [air.flights] broken [ops.delays]
        "#]],
    );
}

#[test]
fn text_that_is_no_yaml_is_told_at_its_place() {
    check_edit(
        DELAYS_FILE,
        "kind: DataProduct",
        "kind: [DataProduct",
        expect![[r#"
        products/ops/delays/product.odps.yaml:3:3 W0101 this is not well-formed YAML: illegal placement of ':' indicator
        declared [air.flights] broken [ops.delays]
    "#]],
    );
}

#[test]
fn a_tab_is_told_as_one() {
    check_edit(
        DELAYS_FILE,
        "  - name: daily",
        "\t- name: daily",
        expect![[r#"
        products/ops/delays/product.odps.yaml:9:2 W0101 this is not well-formed YAML: tabs disallowed within this context (block indentation)
        help: indent with spaces: YAML does not allow tabs there
        declared [air.flights] broken [ops.delays]
    "#]],
    );
}

#[test]
fn a_key_written_twice_is_told_at_the_second() {
    check_edit(
        DELAYS_FILE,
        "kind: DataProduct",
        "kind: DataProduct\nid: again",
        expect![[r#"
        products/ops/delays/product.odps.yaml:4:1 W0102 key `id` is written twice, first at line 3
        help: keep one of the two
        declared [air.flights] broken [ops.delays]
    "#]],
    );
}

#[test]
fn an_unknown_key_gets_a_guess() {
    check_edit(
        DELAYS_FILE,
        "outputPorts:",
        "outputPort:",
        expect![[r#"
        products/ops/delays/product.odps.yaml:8:1 W0107 unknown key `outputPort` in the product
        help: did you mean `outputPorts`?
        declared [air.flights] broken [ops.delays]
    "#]],
    );
}

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    check(
        DEPARTURES_FILE,
        "\
apiVersion: v3.2.0
kind: DataContract
id: departures
version: 1.0
status: [active]
colour: blue
description: a text
schema:
  - name: departures
    logicalType: table
    properties:
      - logicalType: string
      - name: a
        logicaltype: string
      - name: b
        logicalType: strnig
        required: \"true\"
      - name: c
        logicalType: integer
        logicalTypeOptions: {minLength: 3, format: i33}
        quality:
          - metric: nulls
            mustBe: 0
          - metric: nullValues
          - type: sql
            mustBe: 0
            mustBeLessThan: 1
servers:
  - server: lake
    type: s3
    bucket: x
    host: y
  - server: db
    type: sybase
",
        expect![[r#"
            products/air/flights/contracts/departures.odcs.yaml:4:10 W0105 `version` must be text, and this is a number
            help: put it in quotes: "1.0"
            products/air/flights/contracts/departures.odcs.yaml:5:10 W0105 `status` must be text, and this is a list
            products/air/flights/contracts/departures.odcs.yaml:6:1 W0107 unknown key `colour` in the contract
            help: the keys here are `version`, `apiVersion`, `kind`, `id`, `status`, `name`, `tenant`, `domain`, `dataProduct`, `tags`, `description`, `context`, `servers`, `schema`, `support`, `price`, `team`, `roles`, `slaDefaultElement`, `slaProperties`, `authoritativeDefinitions`, `customProperties` and `contractCreatedTs`
            products/air/flights/contracts/departures.odcs.yaml:7:14 W0105 `description` must be an object, and this is text
            products/air/flights/contracts/departures.odcs.yaml:10:18 W0108 `table` is not a logical type of a schema object that Weft reads
            help: write `object`
            products/air/flights/contracts/departures.odcs.yaml:12:9 W0106 key `name` is missing in property
            help: add `name:` (text)
            products/air/flights/contracts/departures.odcs.yaml:14:9 W0107 unknown key `logicaltype` in property
            help: did you mean `logicalType`?
            products/air/flights/contracts/departures.odcs.yaml:16:22 W0108 `strnig` is not a logical type that Weft reads
            help: did you mean `string`?
            products/air/flights/contracts/departures.odcs.yaml:17:19 W0105 `required` must be true or false, and this is text
            help: write it without quotes
            products/air/flights/contracts/departures.odcs.yaml:20:30 W0107 `minLength` says nothing about logical type `integer`
            help: its options are `format`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum` and `multipleOf`
            products/air/flights/contracts/departures.odcs.yaml:20:52 W0108 `i33` is not a format of numbers that Weft reads
            help: it is one of `i8`, `i16`, `i32`, `i64`, `i128`, `u8`, `u16`, `u32`, `u64` and `u128`
            products/air/flights/contracts/departures.odcs.yaml:22:21 W0108 `nulls` is not a metric that Weft reads
            help: it is one of `nullValues`, `missingValues`, `invalidValues`, `duplicateValues` and `rowCount`
            products/air/flights/contracts/departures.odcs.yaml:24:13 W0106 a library rule needs an operator
            help: add one of `mustBe`, `mustNotBe`, `mustBeGreaterThan`, `mustBeGreaterOrEqualTo`, `mustBeLessThan`, `mustBeLessOrEqualTo`, `mustBeBetween` and `mustNotBeBetween`
            products/air/flights/contracts/departures.odcs.yaml:25:13 W0106 key `query` is missing in a sql rule
            help: add `query:`
            products/air/flights/contracts/departures.odcs.yaml:25:13 W0108 a rule has one operator, and this one has `mustBe` and `mustBeLessThan`
            help: write two rules, or `mustBeBetween`
            products/air/flights/contracts/departures.odcs.yaml:29:5 W0106 key `location` is missing in a server of type `s3`
            help: add `location:`
            products/air/flights/contracts/departures.odcs.yaml:31:5 W0107 unknown key `bucket` in server
            help: the keys here are `id`, `server`, `type`, `description`, `environment`, `roles`, `customProperties`, `account`, `catalog`, `catalogUrl`, `database`, `dataset`, `delimiter`, `encoding`, `endpointUrl`, `format`, `host`, `location`, `namespace`, `path`, `port`, `project`, `region`, `regionName`, `schema`, `serviceName`, `stagingDir`, `stream`, `warehouse` and `workgroup`
            products/air/flights/contracts/departures.odcs.yaml:32:5 W0107 a server of type `s3` has no key `host`
            help: its keys are `location`, `delimiter`, `encoding`, `endpointUrl` and `format`
            products/air/flights/contracts/departures.odcs.yaml:34:11 W0108 `sybase` is not a type of server that Weft reads
            help: did you mean `synapse`?
            products/ops/delays/product.odps.yaml:6:17 W0455 contract `departures` belongs to product `air.flights`, which has errors, so this input waits
            help: the product stays as last published until the upstream is mended
            declared [] broken [air.flights, ops.delays]
        "#]],
    );
}

#[test]
fn a_document_of_another_kind_or_version_is_refused() {
    check_edit(
        DEPARTURES_FILE,
        "apiVersion: v3.2.0",
        "apiVersion: v4.0.0",
        expect![[r#"
            products/air/flights/contracts/departures.odcs.yaml:1:13 W0109 `v4.0.0` is not an ODCS version that Weft reads
            help: it is one of `v3.2.0`, `v3.1.0`, `v3.0.2`, `v3.0.1`, `v3.0.0`, `v2.2.2`, `v2.2.1` and `v2.2.0`
            products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
            help: this product goes on with what the upstream last published
            declared [ops.delays] broken [air.flights]
        "#]],
    );
    check_edit(
        DEPARTURES_FILE,
        "kind: DataContract",
        "kind: DataProduct",
        expect![[r#"
            products/air/flights/contracts/departures.odcs.yaml:2:7 W0109 `DataProduct` is not a kind of document that Weft reads
            help: write `DataContract`
            products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
            help: this product goes on with what the upstream last published
            declared [ops.delays] broken [air.flights]
        "#]],
    );
}

#[test]
fn files_that_are_no_text_are_told() {
    check_content(
        DELAYS_FILE,
        Content::NotUtf8 { valid_up_to: 7 },
        expect![[r#"
        products/ops/delays/product.odps.yaml:1:1 W0104 the file is not UTF-8 from byte 7 on
        help: save the file as UTF-8
        declared [air.flights] broken [ops.delays]
    "#]],
    );
    check_content(
        DELAYS_FILE,
        Content::TooLarge,
        expect![[r#"
        products/ops/delays/product.odps.yaml:1:1 W0103 the file has 52428800 bytes and 2097152 are read at most
        help: a manifest is small and flat; move data to a file of its own
        declared [air.flights] broken [ops.delays]
    "#]],
    );
    check_content(
        DELAYS_FILE,
        Content::Link,
        expect![[r#"
        products/ops/delays/product.odps.yaml:1:1 W0112 the file is a symbolic link and links are not followed
        help: put the file itself here
        declared [air.flights] broken [ops.delays]
    "#]],
    );
}

#[test]
fn a_missing_file_is_told_where_it_is_named() {
    check_without(
        FLIGHTS_FILE,
        expect![[r#"
        products/air/flights/product.odps.yaml:1:1 W0111 product `air.flights` has no `product.odps.yaml`
        help: write `products/air/flights/product.odps.yaml`, or move the folder out of `products/air`
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
    check_without(
        "products/ops/delays/transforms/daily.sql",
        expect![[r#"
        products/ops/delays/product.odps.yaml:15:17 W0111 there is no file `products/ops/delays/transforms/daily.sql`
        help: write one SELECT into it, and commit it
        declared [air.flights] broken [ops.delays]
    "#]],
    );
    check_without(
        "products/air/flights/data/departures.csv.gz",
        expect![[r#"
        products/air/flights/product.odps.yaml:15:42 W0111 there is no file `products/air/flights/data/departures.csv.gz`
        help: commit the file; the path is relative to the product's folder
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
    check_without(
        "products/air/domain.yaml",
        expect![[r#"
        products/air/domain.yaml:1:1 W0454 domain `air` has no `domain.yaml`
        help: write `products/air/domain.yaml` with `domain: air` and `owner:`, the group that owns it
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
}

#[test]
fn a_contract_that_is_not_there_is_told_at_the_port() {
    check_without(
        DEPARTURES_FILE,
        expect![[r#"
            products/air/flights/product.odps.yaml:10:17 W0451 no contract of this product has the id `departures`
            help: write `contracts/departures.odcs.yaml` with `id: departures`
            products/ops/delays/product.odps.yaml:6:17 W0455 contract `departures` belongs to product `air.flights`, which has errors, so this input waits
            help: the product stays as last published until the upstream is mended
            declared [] broken [air.flights, ops.delays]
        "#]],
    );
    check_edit(
        FLIGHTS_FILE,
        "version: 1.0.0",
        "version: 1.1.0",
        expect![[r#"
            products/air/flights/product.odps.yaml:11:14 W0451 contract `departures` has no version `1.1.0`
            help: the contract is at `1.0.0`: raise one of the two
            products/ops/delays/product.odps.yaml:6:17 W0455 contract `departures` belongs to product `air.flights`, which has errors, so this input waits
            help: the product stays as last published until the upstream is mended
            declared [] broken [air.flights, ops.delays]
        "#]],
    );
}

#[test]
fn an_input_that_no_port_offers_is_told() {
    check_edit(
        DELAYS_FILE,
        "contractId: departures",
        "contractId: departure",
        expect![[r#"
        products/ops/delays/product.odps.yaml:6:17 W0452 no port of the mesh offers contract `departure`
        help: did you mean `departures`?
        declared [air.flights] broken [ops.delays]
    "#]],
    );
    check_edit(
        DELAYS_FILE,
        "version: 1.0.0",
        "version: 1.2.0",
        expect![[r#"
        products/ops/delays/product.odps.yaml:7:14 W0452 no port offers contract `departures` at version `1.2.0`
        help: it is offered at `1.0.0`
        declared [air.flights] broken [ops.delays]
    "#]],
    );
}

#[test]
fn a_reader_of_a_product_with_errors_goes_on() {
    check_edit(
        FLIGHTS_FILE,
        "name: Flights",
        "nmae: Flights",
        expect![[r#"
        products/air/flights/product.odps.yaml:4:1 W0107 unknown key `nmae` in the product
        help: did you mean `name`?
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
}

#[test]
fn a_reader_of_a_contract_that_cannot_be_read_waits() {
    check(
        DEPARTURES_FILE,
        "id: [",
        expect![[r#"
            products/air/flights/contracts/departures.odcs.yaml:1:6 W0101 this is not well-formed YAML: while parsing a node, did not find expected node content
            products/ops/delays/product.odps.yaml:6:17 W0455 contract `departures` belongs to product `air.flights`, which has errors, so this input waits
            help: the product stays as last published until the upstream is mended
            declared [] broken [air.flights, ops.delays]
        "#]],
    );
}

#[test]
fn a_path_that_leaves_the_product_is_refused() {
    for path in ["../../secret.csv", "/etc/passwd", "data/../../x.csv"] {
        let mut files = sound();
        let text = FLIGHTS.replace("data/departures.csv.gz", path);
        files.insert(FLIGHTS_FILE.to_owned(), file(&text));
        assert!(told(files).contains("W0112"), "{path}");
    }
    check_content(
        "products/air/flights/data/departures.csv.gz",
        Content::Link,
        expect![[r#"
        products/air/flights/product.odps.yaml:15:42 W0112 `data/departures.csv.gz` is a symbolic link and links are not followed
        help: put the file itself there
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
}

#[test]
fn transforms_that_are_not_understood_are_told() {
    let full = "value: {kind: full}";
    check_edit(
        DELAYS_FILE,
        full,
        "value: {kind: fully}",
        expect![[r#"
        products/ops/delays/product.odps.yaml:15:23 W0114 `fully` is not a kind of transform that Weft reads
        help: did you mean `full`?
        declared [air.flights] broken [ops.delays]
    "#]],
    );
    check_edit(
        DELAYS_FILE,
        full,
        "value: {kind: seed, sql: a.sql}",
        expect![[r#"
        products/ops/delays/product.odps.yaml:15:23 W0114 a seed names its file, and this does not
        help: add `seed: {path: data/FILE.csv}`
        products/ops/delays/product.odps.yaml:15:29 W0114 a transform of kind `seed` has no `sql`
        help: take `sql` out, or choose another kind
        declared [air.flights] broken [ops.delays]
    "#]],
    );
    check_edit(
        DELAYS_FILE,
        "        vendor: weft\n",
        "",
        expect![[r#"
        products/ops/delays/product.odps.yaml:13:19 W0114 port `daily` does not say how its rows come about
        help: add `vendor: weft` to the property
        declared [air.flights] broken [ops.delays]
    "#]],
    );
    check_edit(
        DELAYS_FILE,
        "property: transform",
        "property: transfrom",
        expect![[r#"
        products/ops/delays/product.odps.yaml:9:11 W0114 port `daily` does not say how its rows come about
        help: add to its `customProperties`: `{property: transform, vendor: weft, value: {kind: full}}`
        products/ops/delays/product.odps.yaml:13:19 W0107 Weft knows no property `transfrom` here
        help: did you mean `transform`?
        declared [air.flights] broken [ops.delays]
    "#]],
    );
}

#[test]
fn what_a_kind_demands_of_the_contract_is_told() {
    let told_of = |value: &str| {
        let text = DELAYS.replace("{kind: full}", value);
        let mut files = sound();
        files.insert(DELAYS_FILE.to_owned(), file(&text));
        told(files).lines().filter(|line| !line.starts_with("declared")).collect::<Vec<_>>().join("\n")
    };
    for sound in [
        "{kind: append}",
        "{kind: by_key}",
        "{kind: by_key, key: [day], time: {column: day}, deleteWhen: day IS NULL}",
        "{kind: by_time, time: {column: day, interval: P1D, lookback: P2D}}",
    ] {
        assert_eq!(told_of(sound), "", "{sound}");
    }
    let told: Vec<String> = [
        "{kind: append, key: [day]}",
        "{kind: by_key, key: [month]}",
        "{kind: by_key, time: {column: day, interval: P1D}}",
        "{kind: by_time}",
        "{kind: by_time, time: {column: days, interval: P1D}}",
        "{kind: by_time, time: {column: day, interval: P1M}}",
        "{kind: by_time, time: {column: day}}",
        "{kind: scd2}",
    ]
    .into_iter()
    .map(told_of)
    .collect();
    expect![[r#"
        products/ops/delays/product.odps.yaml:15:31 W0114 a transform of kind `append` has no `key`
        help: take `key` out, or choose another kind
        products/ops/delays/product.odps.yaml:15:37 W0114 the key is not the contract's primary key, which is `day`
        help: take `key` out, or change the contract's primary key
        products/ops/delays/product.odps.yaml:15:38 W0114 only a transform of kind `by_time` has intervals
        help: leave `time` with its `column` alone
        products/ops/delays/product.odps.yaml:15:23 W0114 intervals need a column of time, and none is named
        help: add `time: {column: COLUMN, interval: P1D}`
        products/ops/delays/product.odps.yaml:15:47 W0114 the contract has no column `days`
        help: name a column of `products/ops/delays/contracts/daily.odcs.yaml`
        products/ops/delays/product.odps.yaml:15:62 W0114 `P1M` is not the length of an interval: write a part of a day or whole days, such as `PT1H` or `P1D`
        help: months and years differ in length
        products/ops/delays/product.odps.yaml:15:39 W0114 the length of an interval is missing
        help: add `time: {column: COLUMN, interval: P1D}`
        products/ops/delays/product.odps.yaml:15:23 W0114 a table that keeps its history has timestamps `valid_from` and `valid_to`, and this has not
        help: add them to `products/ops/delays/contracts/daily.odcs.yaml`: `valid_from` in the primary key, `valid_to` not required
    "#]]
    .assert_eq(&(told.join("\n") + "\n"));
}

#[test]
fn contracts_that_cannot_be_held_are_told() {
    check_edit(
        DEPARTURES_FILE,
        "version: 1.0.0",
        "version: v1.0",
        expect![[r#"
            products/air/flights/contracts/departures.odcs.yaml:4:10 W0401 `v1.0` is not a semantic version: unexpected character 'v' while parsing major version number
            help: write `version: 1.0.0`
            products/ops/delays/product.odps.yaml:6:17 W0455 contract `departures` belongs to product `air.flights`, which has errors, so this input waits
            help: the product stays as last published until the upstream is mended
            declared [] broken [air.flights, ops.delays]
        "#]],
    );
    check_edit(
        DEPARTURES_FILE,
        "name: flight",
        "name: Carrier",
        expect![[r#"
            products/air/flights/contracts/departures.odcs.yaml:13:15 W0404 column `Carrier` differs from `carrier` at line 9 by case alone
            help: give each column its own name: SQL does not tell case apart
            products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
            help: this product goes on with what the upstream last published
            declared [ops.delays] broken [air.flights]
        "#]],
    );
    check_edit(
        DEPARTURES_FILE,
        "primaryKeyPosition: 2",
        "primaryKeyPosition: 3",
        expect![[r#"
        products/air/flights/contracts/departures.odcs.yaml:16:29 W0414 `flight` stands at place 3 of a key of 2
        help: positions go from 1 to 2
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
    check_edit(
        DEPARTURES_FILE,
        "        primaryKeyPosition: 2\n",
        "",
        expect![[r#"
        products/air/flights/contracts/departures.odcs.yaml:15:21 W0414 the key has 2 columns and `flight` does not say its place
        help: add `primaryKeyPosition:`, 1 to 2
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
    check_edit(
        DEPARTURES_FILE,
        "logicalType: integer",
        "logicalType: integer\n        logicalTypeOptions: {format: i128}",
        expect![[r#"
        products/air/flights/contracts/departures.odcs.yaml:15:38 W0450 column `flight` is an integer of format `i128`, which no table can hold
        help: use `i64` or `u64`, or `physicalType: decimal(38,0)`
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
    check_edit(
        DEPARTURES_FILE,
        "decimal(12, 2)",
        "decimal(40, 2)",
        expect![[r#"
        products/air/flights/contracts/departures.odcs.yaml:19:23 W0450 `decimal(40, 2)` of column `fare` is no decimal that a table can hold
        help: write precision 1 to 38 and scale 0 to precision, such as `decimal(12,2)`
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
    check(
        DEPARTURES_FILE,
        DEPARTURES.split("schema:").next().unwrap(),
        expect![[r#"
        products/air/flights/contracts/departures.odcs.yaml:1:1 W0403 the contract has no schema for port `departures`
        help: add `schema:` with an object `departures` and its `properties`
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
}

/// The sound mesh in which `departures` is offered in a second major version too, with a `switch` as written.
fn with_a_second_version(switch: &str) -> BTreeMap<String, FileEntry> {
    let mut files = sound();
    let port = FLIGHTS.split_once("outputPorts:\n").unwrap().1.replace("version: 1.0.0", "version: 2.0.0");
    files.insert(FLIGHTS_FILE.to_owned(), file(&format!("{FLIGHTS}{port}{switch}")));
    let contract = DEPARTURES.replace("version: 1.0.0", "version: 2.0.0");
    files.insert("products/air/flights/contracts/departures_v2.odcs.yaml".to_owned(), file(&contract));
    files
}

#[test]
fn major_versions_of_a_port_stand_side_by_side_until_a_day() {
    let files = with_a_second_version("      - {property: switch, vendor: weft, value: 2027-01-01}\n");
    let names_on = |today: &str| {
        let (declared, problems) = super::read(&tree(files.clone()), today.parse().unwrap());
        assert_eq!(problems, [], "{today}");
        let flights = declared.products.iter().find(|product| product.file == FLIGHTS_FILE).unwrap();
        let named = flights.outputs.iter().map(|port| format!("{} {}", port.name, port.contract.key.version));
        let read = declared.products.iter().flat_map(|product| &product.inputs).map(|input| input.port.to_string());
        (named.collect::<Vec<_>>().join(", "), read.collect::<Vec<_>>().join(", "))
    };
    let text = |(a, b): (&str, &str)| (a.to_owned(), b.to_owned());
    let before = names_on("2026-12-31");
    assert_eq!(before, text(("departures 1.0.0, departures_v2 2.0.0", "air.flights.departures")));
    let after = names_on("2027-01-01");
    assert_eq!(
        after,
        text(("departures_v1 1.0.0, departures_v2 2.0.0, departures 2.0.0", "air.flights.departures_v1"))
    );
}

#[test]
fn a_day_that_is_none_and_a_name_that_a_version_needs_are_told() {
    let told_of = |switch: &str, edit: (&str, &str)| {
        let mut files = with_a_second_version(switch);
        let text = tree(files.clone()).text(FLIGHTS_FILE).unwrap().replacen(edit.0, edit.1, 1);
        files.insert(FLIGHTS_FILE.to_owned(), file(&text));
        told(files)
    };
    expect![[r#"
        products/air/flights/product.odps.yaml:23:49 W0108 `soon` is not a date
        help: write the day from which on the port serves this version, such as `2026-12-31`
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]]
    .assert_eq(&told_of("      - {property: switch, vendor: weft, value: soon}\n", ("", "")));
    let another = "outputPorts:\n  - {name: departures_v2, contractId: other, version: 1.0.0}\n";
    expect![[r#"
        products/air/flights/product.odps.yaml:9:12 W0114 port `departures_v2` does not say how its rows come about
        help: add to its `customProperties`: `{property: transform, vendor: weft, value: {kind: full}}`
        products/air/flights/product.odps.yaml:9:39 W0451 no contract of this product has the id `other`
        help: `contracts/departures_v2.odcs.yaml` has the id `departures`
        products/air/flights/product.odps.yaml:17:11 W0439 `departures_v2` is the name of a version of `departures` as well
        help: give one of the two ports another name
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]]
    .assert_eq(&told_of("", ("outputPorts:\n", another)));
}

#[test]
fn a_port_named_twice_is_told_at_the_second() {
    let ports = FLIGHTS.split_once("outputPorts:\n").unwrap().1;
    check(
        FLIGHTS_FILE,
        &format!("{FLIGHTS}{ports}"),
        expect![[r#"
        products/air/flights/product.odps.yaml:16:11 W0439 port `departures` is already declared at line 9
        help: give each port its own name; only major versions of one stand side by side
        products/air/flights/product.odps.yaml:17:17 W0439 contract `departures` 1.0.0 is offered by another port of this product already
        help: write a contract of its own for each port: readers find a port by its contract
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
}

#[test]
fn two_products_that_claim_one_name_are_both_told() {
    let mut files = sound();
    files.insert("products/air/copy/product.odps.yaml".to_owned(), file(FLIGHTS));
    files.insert("products/air/copy/contracts/departures.odcs.yaml".to_owned(), file(DEPARTURES));
    let data = files.get("products/air/flights/data/departures.csv.gz").unwrap().clone();
    files.insert("products/air/copy/data/departures.csv.gz".to_owned(), data);
    expect![[r#"
        products/air/copy/contracts/departures.odcs.yaml:3:5 W0439 contract `departures 1.0.0` is claimed twice, also by `products/air/flights/contracts/departures.odcs.yaml`
        help: give one of them an id of its own
        products/air/copy/product.odps.yaml:3:5 W0439 product id `flights-product` is claimed twice, also by `products/air/flights/product.odps.yaml`
        help: give one of them an id of its own
        products/air/copy/product.odps.yaml:4:7 W0439 product name `flights` of domain `air` is claimed twice, also by `products/air/flights/product.odps.yaml`
        help: give one of them a name of its own
        products/air/flights/contracts/departures.odcs.yaml:3:5 W0439 contract `departures 1.0.0` is claimed twice, also by `products/air/copy/contracts/departures.odcs.yaml`
        help: give one of them an id of its own
        products/air/flights/product.odps.yaml:3:5 W0439 product id `flights-product` is claimed twice, also by `products/air/copy/product.odps.yaml`
        help: give one of them an id of its own
        products/air/flights/product.odps.yaml:4:7 W0439 product name `flights` of domain `air` is claimed twice, also by `products/air/copy/product.odps.yaml`
        help: give one of them a name of its own
        products/ops/delays/product.odps.yaml:6:17 W0455 contract `departures 1.0.0` is offered twice, so this input waits
        help: the product stays as last published until one offer is left
        declared [] broken [air.copy, air.flights, ops.delays]
    "#]].assert_eq(&told(files));
}

#[test]
fn products_that_read_each_other_are_each_told_and_the_others_go_on() {
    let mut files = sound();
    let inputs = "inputPorts:\n  - name: daily\n    contractId: daily\n    version: 2.1.0\noutputPorts:";
    files.insert(FLIGHTS_FILE.to_owned(), file(&FLIGHTS.replace("outputPorts:", inputs)));
    files.insert(
        "products/ops/other/product.odps.yaml".to_owned(),
        file(&DELAYS.replace("daily", "other").replace("delays-product", "other-product")),
    );
    files.insert("products/ops/other/contracts/other.odcs.yaml".to_owned(), file(&DAILY.replace("daily", "other")));
    files.insert("products/ops/other/transforms/other.sql".to_owned(), file("SELECT 1"));
    expect![[r#"
        products/air/flights/product.odps.yaml:10:17 W0453 products read each other in a ring: `air.flights` → `ops.delays` → `air.flights`
        help: take one of the inputs out; tables of one product are made together
        products/ops/delays/product.odps.yaml:6:17 W0453 products read each other in a ring: `ops.delays` → `air.flights` → `ops.delays`
        help: take one of the inputs out; tables of one product are made together
        products/ops/other/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.other] broken [air.flights, ops.delays]
    "#]].assert_eq(&told(files));
}

#[test]
fn names_that_are_not_legal_or_not_free_are_told() {
    let mut files = sound();
    files.insert("products/Bad-Domain/p/product.odps.yaml".to_owned(), file(FLIGHTS));
    files.insert("products/system/p/product.odps.yaml".to_owned(), file(FLIGHTS));
    files.insert("products/ops/product.yaml".to_owned(), file("a: 1"));
    expect![[r#"
        products/Bad-Domain/p/product.odps.yaml:1:1 W0110 folder `products/Bad-Domain`: `Bad-Domain` is not a name: use 1 to 63 of a-z, 0-9 and _, starting with a letter
        help: rename the folder
        products/ops/product.yaml:1:1 W0113 nothing reads `product.yaml` in this place
        help: did you mean `<domain>/<product>/product.odps.yaml`?
        products/system/p/product.odps.yaml:1:1 W0115 the domain name `system` is the platform's own
        help: give the folder another name
        declared [air.flights, ops.delays] broken []
    "#]].assert_eq(&told(files));
    check_edit(
        FLIGHTS_FILE,
        "- name: departures",
        "- name: Departures",
        expect![[r#"
            products/air/flights/product.odps.yaml:9:11 W0110 `Departures` is not a name: use 1 to 63 of a-z, 0-9 and _, starting with a letter
            help: a port is a table in SQL: name it like one
            products/ops/delays/product.odps.yaml:6:17 W0455 contract `departures` belongs to product `air.flights`, which has errors, so this input waits
            help: the product stays as last published until the upstream is mended
            declared [] broken [air.flights, ops.delays]
        "#]],
    );
    check_edit(
        FLIGHTS_FILE,
        "domain: air",
        "domain: sea",
        expect![[r#"
        products/air/flights/product.odps.yaml:5:9 W0108 the folder's domain is `air` and the product says `sea`
        help: write `domain: air`, or move the folder
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
    check(
        "products/air/domain.yaml",
        "domain: sea\nowner: x\n",
        expect![[r#"
        products/air/domain.yaml:1:9 W0108 the folder is `air` and the file speaks of domain `sea`
        help: write `domain: air`, or rename the folder
        products/ops/delays/product.odps.yaml:6:17 W0455 upstream product `air.flights` has errors
        help: this product goes on with what the upstream last published
        declared [ops.delays] broken [air.flights]
    "#]],
    );
}

#[test]
fn a_query_needs_a_service_to_run_as() {
    check(
        "products/ops/domain.yaml",
        "domain: ops\nowner: ops-team\n",
        expect![[r#"
        products/ops/delays/product.odps.yaml:1:1 W0454 domain `ops` names no service, so the query of `ops.delays.daily` cannot run
        help: add `service:` to `products/ops/domain.yaml`
        declared [air.flights] broken [ops.delays]
    "#]],
    );
}

#[test]
fn an_error_in_the_mesh_file_refuses_the_revision() {
    check(
        "mesh.yaml",
        "mesh: demo\nwarehose: s3://x\n",
        expect![[r#"
        mesh.yaml:2:1 W0107 unknown key `warehose` in the mesh
        help: did you mean `warehouse`?
        declared [air.flights, ops.delays] broken [] REFUSED
    "#]],
    );
}

#[test]
fn domains_with_repositories_of_their_own_are_named_once_and_well() {
    check(
        "mesh.yaml",
        "\
domains:
  - {name: sea, repository: https://git.example.com/sea.git}
  - {name: sea, repository: git@git.example.com:sea}
  - {name: system, repository: https://git.example.com/x.git}
  - {name: No Name, repository: https://git.example.com/x.git}
  - {name: land, repository: ../land}
  - {name: rail, repository: 'ftp://ana:secret@git.example.com/x.git'}
  - {name: air, repository: https://git.example.com/air.git}
",
        expect![[r#"
            mesh.yaml:2:29 W0117 domain `sea` is in a repository of its own that is not here, so it was not looked at
            help: `weft plan` fetches it into the home; `--home DIR` says where that is
            mesh.yaml:3:12 W0406 domain `sea` is written twice
            help: keep the one whose repository counts
            mesh.yaml:4:12 W0115 the domain name `system` is the platform's own
            help: give the domain another name
            mesh.yaml:5:12 W0110 `No Name` is not a name: use 1 to 63 of a-z, 0-9 and _, starting with a letter
            mesh.yaml:6:30 W0108 `../land` is no URL of a git repository
            help: write `https://…`, `ssh://…`, `git@host:path` or `file:///…`; another branch than the default goes to `branch:`
            mesh.yaml:7:30 W0108 `ftp://git.example.com/x.git` is no URL of a git repository
            help: write `https://…`, `ssh://…`, `git@host:path` or `file:///…`; another branch than the default goes to `branch:`
            mesh.yaml:8:29 W0439 domain `air` has a repository of its own, and `products/air/` stands here as well
            help: remove the folder, or this entry: one of them is the domain
            declared [air.flights, ops.delays] broken [] REFUSED
        "#]],
    );
}

#[test]
fn what_may_be_in_another_repository_is_no_error_of_who_reads_it() {
    let mut files = sound();
    files.insert(DELAYS_FILE.to_owned(), file(&DELAYS.replace("contractId: departures", "contractId: tides")));
    let sea = "domains: [{name: sea, repository: 'https://git.example.com/sea.git'}]\n";
    files.insert("mesh.yaml".to_owned(), file(sea));
    let expected = expect![[r#"
        mesh.yaml:1:35 W0117 domain `sea` is in a repository of its own that is not here, so it was not looked at
        help: `weft plan` fetches it into the home; `--home DIR` says where that is
        products/ops/delays/product.odps.yaml:6:17 W0117 no domain that is here offers contract `tides`, so what reads it was not looked at
        help: `weft plan` on the whole mesh says whether another domain does
        declared [air.flights] broken [ops.delays]
    "#]];
    expected.assert_eq(&told(files));
}

#[test]
fn a_lone_file_is_read_by_its_name() {
    let told = |file_name: &str, text: &str| {
        let problems = super::read_lone(&tree([(file_name.to_owned(), file(text))].into()), file_name)?;
        Some(problems.iter().map(|problem| format!("{problem}\n")).collect::<String>())
    };
    assert_eq!(told("orders.odcs.yaml", DEPARTURES), Some(String::new()));
    assert_eq!(told("some/product.odps.yaml", FLIGHTS), Some(String::new()));
    assert_eq!(told("notes.txt", "a"), None);
}

#[test]
fn every_type_that_a_table_can_hold_in_some_form_has_one() {
    let column = |written: &str| {
        let edited = DEPARTURES.replace(
            "name: fare\n        logicalType: number\n        physicalType: decimal(12, 2)",
            &format!("name: fare\n        {written}"),
        );
        let files = [sound(), [(DEPARTURES_FILE.to_owned(), file(&edited))].into()].into_iter().flatten().collect();
        let (declared, problems) = super::read(&tree(files), TODAY);
        assert_eq!(problems, [], "{written}");
        let flights = declared.products.iter().find(|product| product.file == FLIGHTS_FILE).unwrap();
        flights.outputs[0].contract.column("fare").unwrap().data_type.to_string()
    };
    for (written, expected) in [
        ("logicalType: time", "string"),
        ("logicalType: integer\n        logicalTypeOptions: {format: u32}", "bigint"),
        ("logicalType: integer\n        logicalTypeOptions: {format: u64}", "decimal(20,0)"),
        ("logicalType: vector\n        logicalTypeOptions: {dimensions: 3}", "array<float>"),
        ("logicalType: vector\n        logicalTypeOptions: {dimensions: 3, elementType: float64}", "array<double>"),
        ("logicalType: vector\n        logicalTypeOptions: {dimensions: 3, elementType: uint8}", "array<smallint>"),
        ("logicalType: vector\n        logicalTypeOptions: {dimensions: 64, elementType: binary}", "binary"),
        ("logicalType: map\n        map: {key: {logicalType: string}, value: {logicalType: date}}", "map<string,date>"),
        ("logicalType: timestamp\n        logicalTypeOptions: {timezone: false}", "timestamp_ntz"),
    ] {
        assert_eq!(column(written), expected, "{written}");
    }
}

#[test]
fn contracts_of_version_3_0_keep_their_words() {
    let old = DEPARTURES.replace("v3.2.0", "v3.0.2").replace(
        "        classification: internal\n",
        "        logicalTypeOptions: {minimum: 0, exclusiveMinimum: true}\n        quality:\n          - rule: nullCheck\n            mustBe: 0\n",
    );
    check(
        DEPARTURES_FILE,
        &format!("{old}team:\n  - username: ana\n"),
        expect![[r#"
        declared [air.flights, ops.delays] broken []
    "#]],
    );
}

#[test]
fn hostile_documents_are_refused_in_a_moment() {
    let laughs = {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..30 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        text
    };
    let texts = [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        "[\n".repeat(1_000_000),
        (0..1_400).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
        laughs,
        "a: &a [*a]".to_owned(),
        "x".repeat(50 * 1024 * 1024),
        "- a\n".repeat(500_000),
        (0..150_000).map(|i| format!("k{i}: 1\n")).collect(),
        "\"".repeat(2_000_000),
        "&a ".repeat(500_000),
        "a: |\n".repeat(100_000),
        "!".repeat(2_000_000),
        "#\n".repeat(1_000_000),
        "k: k: ".repeat(300_000),
        format!("{{{}}}", "a: 1, ".repeat(90_000)),
        format!("{{{}}}", (0..90_000).map(|i| format!("k{i}: 1, ")).collect::<String>()),
        format!(
            "{} properties: [{}]}}]",
            DEPARTURES.split("schema:").next().unwrap().to_owned() + "schema: [{name: x,",
            "{name: é}, ".repeat(90_000)
        ),
        format!("{}description: [{}]", DEPARTURES, "[é], ".repeat(90_000)),
        format!("{DEPARTURES}tags: [{}]", "1, ".repeat(180_000)),
    ];
    for text in texts {
        let begun = std::time::Instant::now();
        let mut files = sound();
        files.insert(DEPARTURES_FILE.to_owned(), file(&text));
        let told = told(files);
        let head: String = text.chars().take(12).collect();
        assert!(told.contains("broken [air.flights"), "{head}: {told}");
        assert!(
            begun.elapsed().as_secs() < if cfg!(debug_assertions) { 20 } else { 5 },
            "{head}: {:?}",
            begun.elapsed()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_reading_fail(bytes in prop::collection::vec(any::<u8>(), 0..400), which in 0..5_usize) {
        let path = [DEPARTURES_FILE, FLIGHTS_FILE, DELAYS_FILE, "products/air/domain.yaml", "mesh.yaml"][which];
        let mut files = sound();
        files.insert(path.to_owned(), file(&String::from_utf8_lossy(&bytes)));
        super::read(&tree(files), TODAY);
    }

    #[test]
    fn no_edit_makes_reading_fail(at in 0..1_000_usize, length in 0..40_usize, with in "[ -~\n\t\u{e9}\u{1f600}]{0,12}", which in 0..3_usize) {
        let (path, text) = [(DEPARTURES_FILE, DEPARTURES), (FLIGHTS_FILE, FLIGHTS), (DELAYS_FILE, DELAYS)][which];
        let start = at.min(text.len());
        let end = (start + length).min(text.len());
        let edited = format!("{}{with}{}", &text[..start], &text[end..]);
        let mut files = sound();
        files.insert(path.to_owned(), file(&edited));
        let (declared, problems) = super::read(&tree(files), TODAY);
        // Whatever is wrong, no product is lost from sight.
        prop_assert_eq!(declared.products.len() + declared.broken.len(), 2, "{:?}", problems);
        for name in &declared.broken {
            prop_assert!(!problems.is_empty(), "{} is broken and nothing says why", name);
        }
    }
}
