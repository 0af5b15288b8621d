use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use weft_manifest::source;
use weft_model::{Content, Declared, FileEntry, ManifestTree, Published};

use crate::sql_check::Offers;
use crate::{Known, check, lineage};

/// The demo mesh as it lies in the repository.
fn demo() -> ManifestTree {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = source::open_directory(&root).unwrap();
    source.tree(&source.newest().unwrap()).unwrap()
}

/// The demo mesh with `from` in one of its files written as `to`.
fn demo_with(file: &str, from: &str, to: &str) -> ManifestTree {
    let demo = demo();
    let text = demo.text(file).unwrap();
    assert!(text.contains(from), "{file} holds no `{from}`");
    let changed = text.replacen(from, to, 1);
    let mut files: BTreeMap<String, FileEntry> =
        demo.files().map(|(path, entry)| (path.to_owned(), entry.clone())).collect();
    let (id, size) = ("changed".to_owned(), changed.len() as u64);
    files.insert(file.to_owned(), FileEntry { id, size, content: Content::Text(changed.into()) });
    ManifestTree::new(demo.revision.clone(), files)
}

fn known() -> Known {
    Known::nothing_at("2026-11-27T00:00:00Z".parse().unwrap())
}

/// What is told of words, and which products are held back for it.
async fn told(tree: &ManifestTree) -> (Vec<String>, Vec<String>) {
    let checked = check(tree, &known()).await;
    let about_words = |told: &&weft_model::Diagnostic| ["W0456", "W0457", "W0458"].contains(&told.code.as_str());
    let told = checked.diagnostics.iter().filter(about_words);
    let told = told.map(|told| format!("{} {} {}", told.place, told.code, told.message)).collect();
    (told, checked.declared.broken.iter().map(ToString::to_string).collect())
}

/// What each column of the demo's transforms inherits if no word asks for no mask, as somebody who reads the SQL and the
/// contracts finds: words, and the columns that inherit just these.
const DERIVED: &[(&str, &[(&str, &str)])] = &[
    (
        "aviation.cancellations.daily",
        &[("public", "flight_date carrier carrier_name cancelled cancelled_share"), ("", "scheduled")],
    ),
    (
        "aviation.diversions.flights",
        &[(
            "public",
            "time_hour origin carrier flight flight_date tailnum dest sched_dep_time dep_time dep_delay sched_arr_time \
             arr_time",
        )],
    ),
    (
        "aviation.schedule.routes",
        &[
            (
                "public",
                "origin dest carrier distance days first_date last_date earliest_sched_dep_time latest_sched_dep_time",
            ),
            ("", "flights"),
        ],
    ),
    (
        "fleet.utilisation.monthly",
        &[
            ("public", "tailnum year month manufacturer model seats destinations air_minutes miles seat_miles"),
            ("", "flights"),
        ],
    ),
    (
        "loyalty.engagement.tiers",
        &[
            ("confidential", "carrier tier points_total mean_points"),
            ("public", "carrier_name"),
            ("", "members joined_in_2012"),
        ],
    ),
    (
        "loyalty.members.profiles",
        &[("", "member_id full_name email birth_date home_airport carrier tier points joined_on")],
    ),
    (
        "punctuality.carriers.scorecard",
        &[
            ("internal", "carrier flights late_share mean_dep_delay mean_arr_delay"),
            ("internal public", "cancelled_share"),
            ("public", "carrier_name cancelled"),
            ("", "punctuality_rank"),
        ],
    ),
    (
        "punctuality.delays.airport_history",
        &[
            ("public", "airport known_at mean_dep_delay_7d mean_dep_delay_28d late_share_28d cancelled_share_28d"),
            ("", "flights_7d flights_28d"),
        ],
    ),
    (
        "punctuality.delays.carrier_history",
        &[
            ("public", "carrier known_at mean_dep_delay_7d mean_dep_delay_28d late_share_28d cancelled_share_28d"),
            ("", "flights_7d flights_28d"),
        ],
    ),
    (
        "punctuality.delays.daily",
        &[
            (
                "public",
                "flight_date origin carrier departed arrived dep_delay_minutes arr_delay_minutes mean_dep_delay \
                 mean_arr_delay",
            ),
            ("", "flights late_departures late_arrivals"),
        ],
    ),
    (
        "punctuality.delays.features",
        &[(
            "public",
            "time_hour origin carrier flight flight_date month day_of_week hour minute dest distance tailnum temp dewp \
             humid wind_dir wind_speed wind_gust precip pressure visib manufacturer model engines seats plane_age \
             dep_delay arr_delay is_late",
        )],
    ),
    (
        "punctuality.delays.plane_history",
        &[
            ("public", "tailnum known_at mean_dep_delay_7d mean_dep_delay_28d late_share_28d cancelled_share_28d"),
            ("", "flights_7d flights_28d"),
        ],
    ),
    (
        "punctuality.delays.routes",
        &[
            (
                "public",
                "origin dest origin_name dest_name dest_lat dest_lon distance carriers arrived late_share \
                 mean_dep_delay mean_arr_delay median_arr_delay",
            ),
            ("", "flights late_arrivals"),
        ],
    ),
    (
        "punctuality.delays.weather_history",
        &[("public", "airport known_at temp dewp humid wind_dir wind_speed wind_gust precip pressure visib")],
    ),
    (
        "weather.extremes.daily",
        &[
            (
                "public",
                "observed_on origin temp_min temp_max wind_speed_max wind_gust_max precip_total pressure_min visib_min",
            ),
            ("", "observations"),
        ],
    ),
];

/// The words that each column of each port with a query inherits, by what it is made of.
fn derived(declared: &Declared) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let published = Published::default();
    let offers = Offers::of(declared, &published);
    let words = super::Words { declared, published: &published, offers: &offers };
    let mut all = BTreeMap::new();
    for product in &declared.products {
        let traced = lineage::of_product(product, &offers.inputs_of(product));
        for (output, lineage) in traced.iter().filter(|(output, _)| output.transform.sql().is_some()) {
            let inherited = |column: &weft_model::Column| {
                let sources = words.made_of(lineage, column).into_iter();
                let carried = sources.flat_map(|(_, source)| source.classification.iter().chain(&source.tags));
                (column.name.clone(), carried.cloned().collect())
            };
            all.insert(product.port_ref(output).to_string(), output.contract.columns.iter().map(inherited).collect());
        }
    }
    all
}

#[test]
fn the_words_that_travel_in_the_demo_are_those_that_a_reader_finds() {
    let (declared, _) = weft_manifest::read(&demo(), known().now.date_naive());
    let expected = DERIVED.iter().map(|(port, lines)| {
        let words = |words: &str| words.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
        let columns = lines
            .iter()
            .flat_map(|(carried, names)| names.split_whitespace().map(move |name| (name.to_owned(), words(carried))));
        ((*port).to_owned(), columns.collect::<BTreeMap<String, BTreeSet<String>>>())
    });
    assert_eq!(derived(&declared), expected.collect());
}

#[tokio::test]
async fn the_demo_claims_nothing_less_and_each_of_its_declassifications_is_needed() {
    assert_eq!(
        told(&demo_with("governance/declassifications.yaml", "[confidential]", "[confidential]")).await.0,
        [""; 0]
    );
}

const TIERS: &str = "products/loyalty/engagement/contracts/tiers.odcs.yaml";

#[tokio::test]
async fn a_word_that_a_contract_of_the_demo_drops_is_refused_at_its_line() {
    let (told, broken) = told(&demo_with(TIERS, "classification: confidential", "classification: internal")).await;
    assert_eq!(
        told,
        [
            "products/loyalty/engagement/contracts/tiers.odcs.yaml:53:25 W0456 `loyalty.engagement.tiers.carrier` claims \
          less than what `products/loyalty/engagement/transforms/tiers.sql` makes it of: it lacks `confidential` of \
          `loyalty.members.profiles.carrier`"
        ]
    );
    assert!(broken.contains(&"loyalty.engagement".to_owned()), "{broken:?}");
    assert!(!broken.contains(&"loyalty.members".to_owned()), "{broken:?}");
}

#[tokio::test]
async fn a_declassification_that_is_taken_away_or_signed_by_others_frees_nothing() {
    let file = "governance/declassifications.yaml";
    let (taken, _) = told(&demo_with(file, "tags: [confidential]", "tags: [personal]")).await;
    let codes: Vec<&str> = taken.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(codes, ["W0458", "W0456"], "{taken:?}");
    let (forged, broken) = told(&demo_with(file, "steward: lena", "steward: omar")).await;
    assert!(forged[0].contains(":7:12 W0457 `omar` does not answer for `loyalty`"), "{forged:?}");
    assert!(forged[1].contains("W0456 `loyalty.engagement.tiers.points_total`"), "{forged:?}");
    assert!(broken.contains(&"loyalty.engagement".to_owned()));
}

#[tokio::test]
async fn a_day_to_come_refuses_the_revision() {
    let tree = demo_with("governance/declassifications.yaml", "on: 2026-11-26", "on: 2027-01-01");
    let checked = check(&tree, &known()).await;
    assert!(checked.is_refused());
    assert_eq!(
        told(&tree).await.0,
        ["governance/declassifications.yaml:8:7 W0457 2027-01-01 is still to come: today is 2026-11-27"]
    );
}

/// A mesh of two domains, `air` of which makes `copy` of what `sea.base.rows` holds.
fn small(base: &str, copy: &str, sql: &str, more: &[(&str, &str)]) -> ManifestTree {
    let product = |id: &str, input: &str, kind: &str| {
        format!(
            "apiVersion: v1.1.0\nkind: DataProduct\nid: {id}\nstatus: draft\n{input}outputPorts:\n- name: rows\n  \
             contractId: {id}-rows\n  version: 1.0.0\n  customProperties:\n  - {{property: transform, vendor: weft, \
             value: {{kind: {kind}}}}}\n"
        )
    };
    let contract = |id: &str, columns: &str| {
        format!(
            "apiVersion: v3.2.0\nkind: DataContract\nid: {id}-rows\nversion: 1.0.0\nstatus: draft\nschema:\n- name: rows\n  \
             properties:\n{columns}"
        )
    };
    let input = "inputPorts:\n- {name: base, contractId: base-rows, version: 1.0.0}\n";
    let mut texts: Vec<(String, String)> = [
        ("governance/model.conf", include_str!("../../../../governance/model.conf")),
        ("governance/restrictions.yaml", "clear: [public]\n"),
        ("products/sea/domain.yaml", "domain: sea\nowner: sailors\nservice: jobs\n"),
        ("products/sea/base/transforms/rows.sql", "SELECT 'a' AS a, 'b' AS b"),
        ("products/air/domain.yaml", "domain: air\nowner: pilots\nservice: jobs\n"),
        ("products/air/copy/transforms/rows.sql", sql),
    ]
    .iter()
    .chain(more)
    .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
    .collect();
    texts.push(("products/sea/base/product.odps.yaml".to_owned(), product("base", "", "view")));
    texts.push(("products/sea/base/contracts/rows.odcs.yaml".to_owned(), contract("base", base)));
    texts.push(("products/air/copy/product.odps.yaml".to_owned(), product("copy", input, "view")));
    texts.push(("products/air/copy/contracts/rows.odcs.yaml".to_owned(), contract("copy", copy)));
    ManifestTree::of_texts(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

#[tokio::test]
async fn a_column_without_a_classification_is_told_where_it_is_named() {
    let base = "  - {name: a, logicalType: string, classification: secret, tags: [pii.name]}\n  - {name: b, logicalType: string}\n";
    let copy = "  - name: c\n    logicalType: string\n";
    let (told, _) = told(&small(base, copy, "SELECT b || a AS c FROM sea.base.rows", &[])).await;
    assert_eq!(
        told,
        ["products/air/copy/contracts/rows.odcs.yaml:9:11 W0456 `air.copy.rows.c` claims less than what \
          `products/air/copy/transforms/rows.sql` makes it of: it lacks `pii.name` of `sea.base.rows.a`, `secret` of \
          `sea.base.rows.a`"]
    );
}

#[tokio::test]
async fn a_condition_hands_nothing_down() {
    let base = "  - {name: a, logicalType: string, classification: secret}\n  - {name: b, logicalType: string, classification: public}\n";
    let copy = "  - {name: c, logicalType: string, classification: public}\n";
    for sql in [
        "SELECT b AS c FROM sea.base.rows WHERE a = 'x' ORDER BY a",
        "SELECT CASE WHEN a = 'x' THEN b ELSE 'none' END AS c FROM sea.base.rows",
        "SELECT max(b) FILTER (WHERE a = 'x') AS c FROM sea.base.rows GROUP BY a",
    ] {
        assert_eq!(told(&small(base, copy, sql, &[])).await.0, [""; 0], "{sql}");
    }
    let sql = "SELECT CASE WHEN b = 'x' THEN a END AS c FROM sea.base.rows";
    assert_eq!(told(&small(base, copy, sql, &[])).await.0.len(), 1);
}

#[tokio::test]
async fn of_a_part_of_the_mesh_without_its_rules_nothing_is_said() {
    let base = "  - {name: a, logicalType: string, classification: secret}\n  - {name: b, logicalType: string}\n";
    let copy = "  - {name: c, logicalType: string, classification: public}\n";
    let tree = small(base, copy, "SELECT a AS c FROM sea.base.rows", &[]);
    let mut part = ManifestTree::of_texts(tree.files().filter(|(path, _)| !path.starts_with("governance/")).map(
        |(path, entry)| match &entry.content {
            Content::Text(text) => (path, text.as_ref()),
            _ => (path, ""),
        },
    ));
    assert_eq!(told(&part).await.0.len(), 1, "without restrictions every word but `public` counts");
    part.is_part = true;
    assert_eq!(told(&part).await.0, [""; 0]);
}
