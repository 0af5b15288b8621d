use chrono::NaiveDate;
use weft_model::{FeatureService, ManifestTree};

const DOMAIN: &str = "owner: owners\nservice: jobs\n";
const WEATHER: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: observations
status: draft
outputPorts:
- name: hourly
  contractId: hourly
  version: 1.0.0
  customProperties:
  - {property: transform, vendor: weft, value: {kind: full}}
  - {property: featureView, vendor: weft, value: {entity: [origin], eventTime: at, features: [wind_speed, rain]}}
";
const HOURLY: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: hourly
version: 1.0.0
status: draft
schema:
- name: hourly
  properties:
  - {name: origin, logicalType: string, required: true}
  - {name: at, logicalType: timestamp, required: true}
  - {name: wind_speed, logicalType: number}
  - {name: rain, logicalType: number}
";
const CARRIERS: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: carriers
version: 1.0.0
status: draft
schema:
- name: carriers
  properties:
  - {name: carrier, logicalType: string, required: true}
  - {name: at, logicalType: timestamp, required: true}
  - {name: delay, logicalType: number}
  - {name: rain, logicalType: number}
";

/// The product `ops.delays` with this property `features`, beside `air.observations`.
fn delays(features: &str) -> String {
    format!(
        "apiVersion: v1.1.0\nkind: DataProduct\nid: delays\nstatus: draft\ncustomProperties:\n\
         - property: features\n  vendor: weft\n  value:\n{features}outputPorts:\n\
         - name: carriers\n  contractId: carriers\n  version: 1.0.0\n  customProperties:\n  \
         - {{property: transform, vendor: weft, value: {{kind: full}}}}\n  \
         - {{property: featureView, vendor: weft, value: {{entity: [carrier], eventTime: at}}}}\n\
         - name: plain\n  contractId: plain\n  version: 1.0.0\n  customProperties:\n  \
         - {{property: transform, vendor: weft, value: {{kind: full}}}}\n"
    )
}

fn read_beside(weather: &str, features: &str) -> (Vec<String>, Option<Vec<FeatureService>>) {
    let plain = CARRIERS.replace("carriers", "plain");
    let (air, ops, product) = (format!("domain: air\n{DOMAIN}"), format!("domain: ops\n{DOMAIN}"), delays(features));
    let tree = ManifestTree::of_texts([
        ("products/air/domain.yaml", air.as_str()),
        ("products/air/observations/product.odps.yaml", weather),
        ("products/air/observations/contracts/hourly.odcs.yaml", HOURLY),
        ("products/air/observations/transforms/hourly.sql", "SELECT 1"),
        ("products/ops/domain.yaml", ops.as_str()),
        ("products/ops/delays/product.odps.yaml", product.as_str()),
        ("products/ops/delays/contracts/carriers.odcs.yaml", CARRIERS),
        ("products/ops/delays/contracts/plain.odcs.yaml", plain.as_str()),
        ("products/ops/delays/transforms/carriers.sql", "SELECT 1"),
        ("products/ops/delays/transforms/plain.sql", "SELECT 1"),
    ]);
    told(&tree)
}

/// What is told of the product's document, and its services.
fn told(tree: &ManifestTree) -> (Vec<String>, Option<Vec<FeatureService>>) {
    let (declared, problems) = crate::read(tree, NaiveDate::MIN);
    let of_services = problems.iter().filter(|told| told.place.file == "products/ops/delays/product.odps.yaml");
    let told = of_services.map(|told| {
        let help = told.help.as_deref().unwrap_or_default();
        let kind = told.severity.as_str();
        format!("{}:{} {kind} {} {} ({help})", told.place.line, told.place.column, told.code, told.message)
    });
    let product = declared.products.iter().find(|product| product.name.to_string() == "ops.delays");
    (told.collect(), product.map(|product| product.features.clone()))
}

fn read(features: &str) -> (Vec<String>, Option<Vec<FeatureService>>) {
    read_beside(WEATHER, features)
}

/// The parts of the one service, as `view[features]{keys}prefix`.
fn parts(features: &str) -> Vec<String> {
    let (told, services) = read(features);
    assert_eq!(told, Vec::<String>::new());
    let services = services.unwrap();
    assert_eq!(services.len(), 1);
    let parts = services.into_iter().flat_map(|service| service.parts);
    let text = |part: weft_model::FeaturePart| {
        let keys: Vec<String> = part.keys.iter().map(|(of, by)| format!("{of}={by}")).collect();
        format!(
            "{}[{}]{{{}}}{}",
            part.view,
            part.features.join(","),
            keys.join(","),
            part.prefix.as_deref().unwrap_or_default()
        )
    };
    parts.map(text).collect()
}

/// A service of the product `ops.delays` of these entries; the first stands at line 10, column 13.
fn service(entries: &[&str]) -> String {
    let entries: String = entries.iter().map(|entry| format!("          - {entry}\n")).collect();
    format!("  - name: departure_delay\n    features:\n{entries}")
}

#[track_caller]
fn refused(entries: &[&str], wanted: &[&str]) {
    let (told, services) = read(&service(entries));
    assert_eq!((told, services), (wanted.iter().map(|w| (*w).to_owned()).collect(), None));
}

#[test]
fn features_of_one_view_are_one_part_wherever_they_stand() {
    assert_eq!(
        parts(&service(&["air.observations.hourly:rain", "carriers:delay", "air.observations.hourly:wind_speed"])),
        ["air.observations.hourly[rain,wind_speed]{}", "ops.delays.carriers[delay]{}"]
    );
    assert_eq!(parts(&service(&["ops.delays.carriers"])), ["ops.delays.carriers[]{}"]);
}

#[test]
fn a_view_may_stand_twice_under_other_keys_and_names() {
    assert_eq!(
        parts(&service(&[
            "{view: air.observations.hourly, prefix: origin}",
            "{view: air.observations.hourly, features: [rain], keys: {origin: dest}, prefix: destination}",
            "{view: carriers, features: [delay]}",
            "carriers:rain",
        ])),
        [
            "air.observations.hourly[]{}origin",
            "air.observations.hourly[rain]{origin=dest}destination",
            "ops.delays.carriers[delay,rain]{}"
        ]
    );
}

#[test]
fn a_service_is_described_and_called_like_no_port() {
    let text = "  - {name: history, description: Delays before., features: [carriers]}\n";
    let services = read(text).1.unwrap();
    assert_eq!(services.first().map(|service| service.description.as_str()), Some("Delays before."));
    let (told, _) = read(&format!("{text}{text}  - {{name: plain, features: [carriers]}}\n"));
    assert_eq!(
        told,
        [
            "10:12 error W0439 `history` is the name of another feature service (give the service a name of its own)",
            "11:12 error W0439 `plain` is the name of a port of the product (give the service a name of its own)",
        ]
    );
    let (told, _) = read("  - {name: Late Flights, features: [carriers]}\n");
    assert_eq!(
        told,
        ["9:12 error W0110 `Late Flights` is not a name: use 1 to 63 of a-z, 0-9 and _, starting with a letter \
          (a feature service is called in SQL as a table is)"]
    );
}

#[test]
fn views_and_features_that_are_not_there_are_told_with_what_is_like_them() {
    refused(
        &[
            "air.observations.hourli:rain",
            "loyalty.members.profiles",
            "carriers:dely",
            "carriers:carrier",
            "plain:delay",
        ],
        &[
            "11:13 error W0444 the mesh has no port `air.observations.hourli` (did you mean `air.observations.hourly`?)",
            "12:13 error W0444 the mesh has no port `loyalty.members.profiles` \
             (name a port with a `featureView`, as `domain.product.port`)",
            "13:13 error W0444 `ops.delays.carriers` has no feature `dely` (did you mean `delay`?)",
            "14:13 error W0444 `carrier` says of `ops.delays.carriers` whose rows they are or when they held, and is no \
             feature (take it out: what rows are found by comes with the frame)",
            "15:13 error W0444 `ops.delays.plain` is no feature view (add the property `featureView` to the port)",
        ],
    );
    refused(
        &["air.observations:rain", "carriers:temperature"],
        &[
            "11:13 error W0444 `air.observations` is not the full name of a port: write `domain.product.port` \
             (write `domain.product.port:column`)",
            "12:13 error W0444 `ops.delays.carriers` has no feature `temperature` \
             (its features are `delay` and `rain`)",
        ],
    );
}

#[test]
fn two_columns_of_an_answer_have_not_one_name() {
    let help = "write it as `{view: …, features: […], prefix: WORD}`";
    refused(
        &["air.observations.hourly", "carriers:rain"],
        &[&format!("12:13 error W0444 two columns of the answer would be called `rain` (take one out, or {help})")],
    );
    refused(
        &["carriers", "carriers:rain"],
        &[&format!("12:13 error W0444 two columns of the answer would be called `rain` (take one out, or {help})")],
    );
    refused(
        &["carriers", "{view: air.observations.hourly, features: [wind_speed], keys: {origin: delay}}"],
        &[&format!("11:13 error W0444 feature `delay` has the name of a column that entities are found by ({help})")],
    );
}

#[test]
fn keys_are_of_the_entity_and_prefixes_are_words() {
    refused(
        &[
            "{view: carriers, keys: {airline: carrier}}",
            "{view: carriers, features: [delay], keys: {carrier: 5}}",
            "{view: carriers, features: [], prefix: p}",
            "{view: carriers, prefix: Two Words}",
        ],
        &[
            "11:46 error W0444 `airline` is no part of the entity of `ops.delays.carriers`, which is `carrier` \
             (write `COLUMN OF THE VIEW: COLUMN OF THE FRAME`)",
            "12:65 error W0444 this is not the name of a column, by which `carrier` is found \
             (write `COLUMN OF THE VIEW: COLUMN OF THE FRAME`)",
            "13:40 error W0444 this names no feature of the view (leave `features` out for all of them)",
            "14:38 error W0444 `Two Words` is no word that names can begin with \
             (write 1 to 63 of a-z, 0-9 and _, starting with a letter)",
        ],
    );
}

#[test]
fn the_form_of_services_is_told_like_any_other() {
    let (told, _) = read("  - {name: history, feature: [carriers]}\n  - {name: other, features: []}\n");
    assert_eq!(
        told,
        [
            "9:6 error W0106 key `features` is missing in feature service (add `features:` (a list))",
            "9:21 error W0107 unknown key `feature` in feature service (did you mean `features`?)",
            "10:29 error W0444 feature service `other` names no features (write `domain.product.port:column`)",
        ]
    );
    let (told, _) = read("    none\n");
    assert_eq!(
        told,
        ["9:5 error W0105 `value` must be a list, and this is text (write each item on a line of its own, after `- `)"]
    );
    let long: Vec<String> = (0..=super::FEATURES_MAX).map(|i| format!("carriers:c{i}")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    refused(&long, &["9:5 error W0103 the service has more than 1000 features (make several services of it)"]);
}

#[test]
fn a_product_goes_on_with_what_it_names_of_one_with_errors() {
    let broken = WEATHER.replace("eventTime: at", "eventTime: rain");
    let (told, services) = read_beside(&broken, &service(&["air.observations.hourly", "carriers:delay"]));
    assert_eq!(
        told,
        [
            "11:13 warning W0455 `air.observations.hourly` belongs to a product that has errors, so its features were not \
          looked at (mend that product first: this one goes on with what it names)"
        ]
    );
    let services = services.unwrap();
    assert_eq!(services.first().map(|service| service.parts.len()), Some(2));
}

#[test]
fn in_a_part_of_a_mesh_a_view_may_be_elsewhere_and_is_told_once() {
    let product =
        delays(&service(&["air.observations.hourly:rain", "air.observations.hourly:wind_speed", "carriers:delay"]));
    let ops = format!("domain: ops\n{DOMAIN}");
    let plain = CARRIERS.replace("carriers", "plain");
    let mut tree = ManifestTree::of_texts([
        ("products/ops/domain.yaml", ops.as_str()),
        ("products/ops/delays/product.odps.yaml", product.as_str()),
        ("products/ops/delays/contracts/carriers.odcs.yaml", CARRIERS),
        ("products/ops/delays/contracts/plain.odcs.yaml", plain.as_str()),
        ("products/ops/delays/transforms/carriers.sql", "SELECT 1"),
        ("products/ops/delays/transforms/plain.sql", "SELECT 1"),
    ]);
    tree.is_part = true;
    let (said, services) = told(&tree);
    assert_eq!(
        said,
        [
            "11:13 warning W0117 no domain that is here has `air.observations.hourly`, so its features were not looked at \
          (`weft plan` on the whole mesh says whether another domain does)"
        ]
    );
    assert_eq!(services.map(|services| services.len()), Some(1));
}
