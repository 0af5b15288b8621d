//! A port with known readers, and changes of its contract of which it is known whom they hit.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use expect_test::expect;
use weft_model::{ObservedRead, Published};

use super::*;
use crate::{plan, sql_check};

const COLUMNS: usize = 10;
/// The columns that each consuming product's query reads.
const PRODUCTS: [&[usize]; 6] = [&[0, 1], &[1, 2, 3], &[4], &[5, 6, 7], &[], &[8, 9]];
/// What was seen of people; the second asked for no column at all.
const PEOPLE: [(&str, &[usize]); 2] = [("user:ana", &[2, 5]), ("user:bo", &[])];

/// What is done to one column of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Remove,
    Retype,
    Nullable,
    GrowEnum,
    ShrinkEnum,
    Lengthen,
    Shorten,
    Reword,
    Classify,
    Unit,
}

const EDITS: [Edit; 10] = [
    Edit::Remove,
    Edit::Retype,
    Edit::Nullable,
    Edit::GrowEnum,
    Edit::ShrinkEnum,
    Edit::Lengthen,
    Edit::Shorten,
    Edit::Reword,
    Edit::Classify,
    Edit::Unit,
];

impl Edit {
    /// Whether someone who reads the column must look at it.
    fn hits(self) -> bool {
        !matches!(self, Edit::ShrinkEnum | Edit::Shorten | Edit::Reword)
    }
}

/// One column's line, as `edit` leaves it.
fn column(i: usize, edit: Option<Edit>) -> String {
    let is = |this: Edit| edit == Some(this);
    if is(Edit::Remove) {
        return String::new();
    }
    let data_type = if is(Edit::Retype) { "number" } else { "string" };
    let values = match edit {
        Some(Edit::GrowEnum) => "[{value: '1'}, {value: '2'}, {value: '3'}]",
        Some(Edit::ShrinkEnum) => "[{value: '1'}]",
        Some(Edit::Retype) => "[{value: 1}, {value: 2}]",
        _ => "[{value: '1'}, {value: '2'}]",
    };
    let length = match edit {
        Some(Edit::Lengthen) => ", logicalTypeOptions: {maxLength: 30}",
        Some(Edit::Shorten) => ", logicalTypeOptions: {maxLength: 10}",
        Some(Edit::Retype) => "",
        _ => ", logicalTypeOptions: {maxLength: 20}",
    };
    format!(
        "      - {{name: c{i}, description: {}, logicalType: {data_type}, required: {}, classification: {}, \
         enum: {values}{length}, customProperties: [{{property: unit, value: {}}}]}}\n",
        if is(Edit::Reword) { "Said better." } else { "A column." },
        !is(Edit::Nullable),
        if is(Edit::Classify) { "confidential" } else { "public" },
        if is(Edit::Unit) { "kg" } else { "g" },
    )
}

fn contract(id: &str, version: &str, table: &str, columns: &str) -> String {
    format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: {id}\nversion: {version}\nschema:\n  - name: {table}\n    \
         properties:\n{columns}"
    )
}

fn product(id: &str, inputs: &str, port: &str, transform: &str) -> String {
    format!(
        "apiVersion: v1.1.0\nkind: DataProduct\nid: p-{id}\nname: {id}\nversion: 1.0.0\nstatus: active\n\
         description: {{purpose: To be read.}}\n{inputs}outputPorts:\n  - name: {port}\n    contractId: {id}\n    \
         version: VERSION\n    customProperties: [{{property: transform, vendor: weft, value: {transform}}}]\n"
    )
}

/// A mesh of `d.source.out` at `version`, with its columns as they are edited, and whoever reads it.
fn mesh(version: &str, edits: &[(usize, Edit)]) -> ManifestTree {
    let edit_of = |i| edits.iter().find(|(column, _)| *column == i).map(|(_, edit)| *edit);
    let columns: String = (0..COLUMNS).map(|i| column(i, edit_of(i))).collect();
    let mut files = vec![
        ("products/d/domain.yaml".to_owned(), "domain: d\nowner: owners\nservice: jobs\n".to_owned()),
        ("products/d/source/contracts/out.odcs.yaml".to_owned(), contract("source", version, "out", &columns)),
        (
            "products/d/source/product.odps.yaml".to_owned(),
            product("source", "", "out", "{kind: seed, seed: {path: out.csv}}").replace("VERSION", version),
        ),
        ("products/d/source/out.csv".to_owned(), "c0\n".to_owned()),
    ];
    for (k, columns) in PRODUCTS.iter().enumerate() {
        let id = format!("k{k}");
        let inputs = "inputPorts: [{name: out, contractId: source, version: 1.0.0}]\n";
        let conditions: Vec<String> = columns.iter().map(|i| format!("c{i} = '1'")).collect();
        let filter = if columns.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
        let sql = format!("SELECT count(*) AS n FROM d.source.out WHERE {filter}\n");
        let counted = "      - {name: n, logicalType: integer, physicalType: bigint, required: true}\n";
        let text = product(&id, inputs, "sum", "{kind: full}").replace("VERSION", "1.0.0");
        files.push((format!("products/d/{id}/product.odps.yaml"), text));
        files.push((format!("products/d/{id}/contracts/sum.odcs.yaml"), contract(&id, "1.0.0", "sum", counted)));
        files.push((format!("products/d/{id}/transforms/sum.sql"), sql));
    }
    ManifestTree::of_texts(files.iter().map(|(file, text)| (file.as_str(), text.as_str())))
}

fn seen() -> Vec<ObservedRead> {
    let read = |column: Option<usize>, principal: &str| ObservedRead {
        port: "d.source.out".parse().unwrap(),
        column: column.map(|i| format!("c{i}")),
        principal: principal.to_owned(),
        last_at: DateTime::UNIX_EPOCH,
        count: 3,
    };
    let of = |(who, columns): (&'static str, &'static [usize])| {
        std::iter::once(read(None, who)).chain(columns.iter().map(move |i| read(Some(*i), who)))
    };
    PEOPLE.into_iter().flat_map(of).collect()
}

/// What a change of the mesh that is served comes to.
struct Outcome {
    declared: Declared,
    published: Published,
    reviews: Vec<Review>,
    problems: Vec<Diagnostic>,
}

fn change(after: &ManifestTree) -> Outcome {
    change_of(&mesh("1.0.0", &[]), after)
}

fn change_of(before: &ManifestTree, after: &ManifestTree) -> Outcome {
    let (served, problems) = weft_manifest::read(before, NaiveDate::MIN);
    assert!(!problems.iter().any(Diagnostic::is_error), "{problems:?}");
    let known = Known { reads: seen(), ..Known::nothing() }.with_published(&served);
    let (mut declared, _) = weft_manifest::read(after, NaiveDate::MIN);
    sql_check::check(after, &mut declared, &known.published);
    let (reviews, problems) = check(after, &mut declared, &known);
    Outcome { declared, published: Published::clone(&known.published), reviews, problems }
}

fn named(reviews: &[Review]) -> BTreeSet<String> {
    let consumers = reviews.iter().flat_map(|review| &review.changes).flat_map(|change| &change.consumers);
    consumers
        .map(|consumer| match consumer {
            Consumer::Product { product, .. } => product.to_string(),
            Consumer::Observed { principal, .. } => principal.clone(),
        })
        .collect()
}

/// Who reads one of the columns that are changed so that readers must look.
fn expected(edits: &[(usize, Edit)]) -> BTreeSet<String> {
    let hit: Vec<usize> = edits.iter().filter(|(_, edit)| edit.hits()).map(|(column, _)| *column).collect();
    let reads = |columns: &[usize]| columns.iter().any(|column| hit.contains(column));
    let products = PRODUCTS.iter().enumerate().filter(|(_, columns)| reads(columns)).map(|(k, _)| format!("d.k{k}"));
    let people = PEOPLE.iter().filter(|(_, columns)| reads(columns)).map(|(who, _)| (*who).to_owned());
    products.chain(people).collect()
}

#[test]
fn of_two_hundred_changes_exactly_the_readers_of_what_they_hit_are_named() {
    let mut cases = Vec::new();
    for column in 0..COLUMNS {
        for (e, edit) in EDITS.into_iter().enumerate() {
            cases.push(vec![(column, edit)]);
            let other = (column + 1 + e) % COLUMNS;
            let second = EDITS[(e + column + 1) % EDITS.len()];
            if other != column {
                cases.push(vec![(column, edit), (other, second)]);
            } else {
                cases.push(vec![(column, edit), ((column + 5) % COLUMNS, second)]);
            }
        }
    }
    assert_eq!(cases.len(), 200);
    for edits in cases {
        let outcome = change(&mesh("1.0.0", &edits));
        assert_eq!(named(&outcome.reviews), expected(&edits), "{edits:?}");
    }
}

#[test]
fn a_breaking_change_is_refused_and_a_new_major_version_lets_it_through() {
    let edits = [(5, Edit::Remove)];
    let refused = change(&mesh("1.1.0", &edits));
    let told: Vec<String> = refused.problems.iter().map(|p| format!("{p}\n  {}", p.label)).collect();
    expect![[r#"
        products/d/source/contracts/out.odcs.yaml:4:1 W0501 this breaks readers of `d.source.out` 1.0.0: `out.c5`
        help: raise the version to 2.0.0, or keep what breaks; who answers for it may add to `customProperties` of the product: `{property: overrides, vendor: weft, value: [{change: out.c5, reason: …, approver: …, until: YYYY-MM-DD}]}`
          hits d.k3, user:ana"#]]
    .assert_eq(&told.join("\n"));
    assert!(refused.declared.broken.contains(&"d.source".parse().unwrap()));

    let major = change(&mesh("2.0.0", &edits));
    assert_eq!(major.reviews[0].verdict, Verdict::Breaking);
    assert!(major.problems.is_empty(), "{:?}", major.problems);
}

#[test]
fn a_version_that_rises_too_little_is_refused_and_told_what_it_must_be() {
    let refused = change(&mesh("1.0.1", &[(1, Edit::GrowEnum)]));
    assert_eq!(refused.problems[0].code, Code::CHANGE_VERSION);
    assert_eq!(refused.problems[0].help.as_deref(), Some("write `version: 1.1.0` here and at the port"));
    assert!(change(&mesh("1.1.0", &[(1, Edit::GrowEnum)])).problems.is_empty());
}

#[test]
fn who_answers_for_a_change_may_make_it_until_a_day() {
    let with = |until: &str| {
        let tree = mesh("1.1.0", &[(5, Edit::Remove)]);
        let texts: Vec<(String, String)> =
            tree.files().filter_map(|(file, _)| Some((file.to_owned(), tree.text(file)?.to_string()))).collect();
        let edited: Vec<(String, String)> = texts
            .into_iter()
            .map(|(file, text)| match file.as_str() {
                "products/d/source/product.odps.yaml" => {
                    let line = format!(
                        "customProperties: [{{property: overrides, vendor: weft, value: [{{change: out.c5, reason: Nobody \
                         needs it., approver: omar, until: {until}}}]}}]\n"
                    );
                    (file, format!("{text}{line}"))
                }
                _ => (file, text),
            })
            .collect();
        ManifestTree::of_texts(edited.iter().map(|(file, text)| (file.as_str(), text.as_str())))
    };
    let allowed = change(&with("2000-01-01"));
    assert!(allowed.problems.is_empty(), "{:?}", allowed.problems);
    assert_eq!(allowed.reviews[0].verdict, Verdict::Breaking);
    let late = change(&with("1969-12-31"));
    assert_eq!(late.problems[0].code, Code::CHANGE_BREAKING);
}

#[test]
fn a_column_does_not_become_less_sensitive_by_itself() {
    let refused = change_of(&mesh("1.0.0", &[(3, Edit::Classify)]), &mesh("1.1.0", &[]));
    assert_eq!(refused.problems[0].code, Code::CHANGE_DECLASSIFIED);
    assert_eq!(refused.problems[0].message, "this makes `d.source.out` less sensitive: `out.c3 classification`");
    assert!(change(&mesh("1.1.0", &[(3, Edit::Classify)])).problems.is_empty(), "raising it is at once");
}

#[test]
fn a_product_that_is_read_does_not_go_away() {
    let tree = mesh("1.0.0", &[]);
    let texts: Vec<(String, String)> = tree
        .files()
        .filter(|(file, _)| !file.starts_with("products/d/source/"))
        .filter_map(|(file, _)| Some((file.to_owned(), tree.text(file)?.to_string())))
        .collect();
    let without = ManifestTree::of_texts(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())));
    let (served, _) = weft_manifest::read(&mesh("1.0.0", &[]), NaiveDate::MIN);
    let known = Known { reads: seen(), ..Known::nothing() }.with_published(&served);
    let (mut declared, _) = weft_manifest::read(&without, NaiveDate::MIN);
    let (reviews, problems) = check(&without, &mut declared, &known);
    assert_eq!(problems[0].code, Code::CHANGE_REMOVED);
    assert_eq!(problems[0].message, "`d.source.out` goes away and has 8 readers");
    assert!(plan(&declared, &known, &reviews).steps.is_empty());
}

#[test]
fn a_plan_reads_on_one_screen() {
    let outcome = change(&mesh("2.0.0", &[(5, Edit::Remove), (1, Edit::GrowEnum), (9, Edit::Reword)]));
    let plan = plan(
        &outcome.declared,
        &Known { published: outcome.published.clone().into(), ..Known::nothing() },
        &outcome.reviews,
    );
    let text = plan.to_text(false);
    let without_id = text.rsplit_once(" · plan ").map_or(text.as_str(), |(text, _)| text);
    expect![[r#"
          ~ d.source   BREAKING
              ~ out  1.0.0 → 2.0.0  rebuilt: its contract changes
                  BREAKING - c5 string
                      breaks  d.k3                     input port, owner owners
                      breaks  user:ana                 3 queries, the last on 1970-01-01
                  warning  + enum values of c1 3
                      concerns  d.k0                     input port, owner owners
                      concerns  d.k1                     input port, owner owners
                  safe     ~ description of c9

        1 changed, 0 unchanged · 1 breaking · revision test"#]]
    .assert_eq(without_id);
}
