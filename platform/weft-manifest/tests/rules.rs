//! One fixture and more for each rule of the standards' meaning: well formed, and wrong in one way.
//!
//! `rules/Snn.odcs.yaml`, `Snn.odps.yaml` or a mesh in a folder `Snn/`, with words after a hyphen where a rule has
//! several. It yields the code `W04nn` and no other, at each line marked `# <- here` and at no other.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use weft_model::{Code, Content, FileEntry, ManifestTree, Revision};

const RULES: std::ops::RangeInclusive<u32> = 1..=41;
const MARK: &str = "# <- here";

fn folder() -> PathBuf {
    Path::new("tests/rules").to_path_buf()
}

fn fixtures() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn rule_of(fixture: &Path) -> u32 {
    let name = fixture.file_name().unwrap().to_str().unwrap();
    let number = name.strip_prefix('S').and_then(|rest| rest.get(..2)).and_then(|digits| digits.parse().ok());
    number.unwrap_or_else(|| panic!("`{name}` does not begin with a rule's number"))
}

fn texts(root: &Path, path: &Path, found: &mut BTreeMap<String, FileEntry>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            texts(root, &entry.unwrap().path(), found);
        }
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    let entry = FileEntry { id: "text".to_owned(), size: text.len() as u64, content: Content::Text(text.into()) };
    found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), entry);
}

/// A diagnostic as the tests look at it.
#[derive(Debug)]
struct Told {
    /// `file:line`
    place: String,
    code: Code,
    /// With severity, help and further places.
    text: String,
}

/// `file:line` of each mark, and each diagnostic.
fn marks_and_diagnostics(fixture: &Path) -> (BTreeSet<String>, Vec<Told>) {
    let root = if fixture.is_dir() { fixture } else { fixture.parent().unwrap() };
    let mut files = BTreeMap::new();
    texts(root, fixture, &mut files);
    let tree = ManifestTree::new(Revision::new("test"), files);
    let mut marks = BTreeSet::new();
    for (path, _) in tree.files() {
        let lines = tree.text(path).unwrap().lines().enumerate();
        marks.extend(lines.filter(|(_, line)| line.contains(MARK)).map(|(index, _)| format!("{path}:{}", index + 1)));
    }
    let problems = if fixture.is_dir() {
        weft_manifest::read(&tree, chrono::NaiveDate::MIN).1
    } else {
        weft_manifest::read_lone(&tree, fixture.file_name().unwrap().to_str().unwrap()).unwrap()
    };
    let told = problems.iter().map(|problem| {
        assert!(problem.help.is_some(), "{}: no help: {problem}", fixture.display());
        let others = problem.others.iter().map(|other| format!("\nalso: {} {}", other.place, other.text));
        Told {
            place: format!("{}:{}", problem.place.file, problem.place.line),
            code: problem.code,
            text: format!("{} {problem}{}", problem.severity.as_str(), others.collect::<String>()),
        }
    });
    (marks, told.collect())
}

#[test]
fn every_rule_has_a_fixture() {
    let covered: BTreeSet<u32> = fixtures().iter().map(|fixture| rule_of(fixture)).collect();
    let missing: Vec<u32> = RULES.filter(|rule| !covered.contains(rule)).collect();
    assert_eq!(missing, Vec::<u32>::new(), "rules without a fixture");
}

/// What an author reads for each fixture.
#[test]
fn every_diagnostic_reads_as_recorded() {
    let mut text = String::new();
    for fixture in fixtures() {
        let (_, told) = marks_and_diagnostics(&fixture);
        told.iter().for_each(|told| text.push_str(&format!("{}\n", told.text)));
    }
    expect_test::expect_file!["rules.txt"].assert_eq(&text);
}

#[test]
fn every_fixture_yields_its_code_at_its_marks_and_nothing_else() {
    let mut wrong = String::new();
    for fixture in fixtures() {
        let code = format!("W04{:02}", rule_of(&fixture));
        let (marks, told) = marks_and_diagnostics(&fixture);
        let places: BTreeSet<String> = told.iter().map(|told| told.place.clone()).collect();
        let is_right = !marks.is_empty() && places == marks && told.iter().all(|told| told.code.as_str() == code);
        if !is_right {
            wrong.push_str(&format!("{}: marked {marks:?}, told {told:#?}\n", fixture.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The codes told of a contract with one table `t` and these columns.
#[track_caller]
fn check(columns: &str, expected: &[&str]) {
    let text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:\n  - name: t\n    properties: [{columns}]\n"
    );
    let tree = ManifestTree::of_texts([("x.odcs.yaml", text.as_str())]);
    let problems = weft_manifest::read_lone(&tree, "x.odcs.yaml").unwrap();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, expected, "{columns}: {problems:#?}");
}

#[test]
fn bounds_leave_room_or_not_by_type() {
    let bounded = |logical_type: &str, options: &str| {
        format!("{{name: c, logicalType: {logical_type}, logicalTypeOptions: {{{options}}}}}")
    };
    check(&bounded("integer", "exclusiveMinimum: 1, exclusiveMaximum: 2"), &["W0409"]);
    check(&bounded("number", "exclusiveMinimum: 1, exclusiveMaximum: 2"), &[]);
    check(&bounded("integer", "minimum: 1, maximum: 1"), &[]);
    check(&bounded("integer", "minimum: 1, exclusiveMaximum: 1"), &["W0409"]);
    check(&bounded("date", "minimum: '2026-01-31', maximum: '2026-01-30'"), &["W0409"]);
    check(&bounded("date", "minimum: '2026-02-30'"), &["W0410"]);
    check(&bounded("date", "format: dd.MM.yyyy, minimum: '28.02.2026'"), &[]);
    check(&bounded("timestamp", "minimum: '2026-01-31T12:00:00+02:00', maximum: '2026-01-31T10:00:00Z'"), &[]);
    check(&bounded("integer", "minimum: 1.5"), &["W0410"]);
    check(&bounded("string", "minLength: 3, maxLength: 2"), &["W0409"]);
}

#[test]
fn enum_values_are_compared_by_value_and_read_by_type() {
    let listed = |logical_type: &str, more: &str, values: &str| {
        format!("{{name: c, logicalType: {logical_type}, {more} enum: [{values}]}}")
    };
    check(&listed("string", "", "{value: '1'}, {value: '1.0'}"), &[]);
    check(&listed("string", "", "{value: 1}"), &["W0410"]);
    check(&listed("number", "", "{value: 1}, {value: 1.5}"), &[]);
    check(&listed("string", "", "{value: null}, {value: a}"), &[]);
    check(&listed("string", "required: true,", "{value: null}, {value: a}"), &["W0412"]);
    check(&listed("string", "logicalTypeOptions: {pattern: '^a'},", "{value: ab}, {value: b}"), &["W0413"]);
}

#[test]
fn relationships_find_columns_by_name_and_by_id() {
    let referring = |to: &str, target: &str| {
        format!(
            "{{name: c, logicalType: string, relationships: [{{to: {to}}}]}}, {{name: d, id: dd, logicalType: string, {target}}}"
        )
    };
    check(&referring("t.d", "unique: true"), &[]);
    check(&referring("t.d", "primaryKey: true"), &[]);
    check(&referring("t.d", "description: neither"), &["W0417"]);
    check(&referring("/schema/t/properties/dd", "unique: true"), &["W0417"]);
    check(&referring("'${TARGET}'", "unique: true"), &[]);
    check(&referring("[t.d, t.d]", "unique: true"), &["W0418"]);
    check(&referring("other.odcs.yaml#/schema/a/properties/b", "unique: true"), &[]);
}

#[test]
fn a_document_that_keeps_every_rule_is_told_nothing() {
    let documents = Path::new("tests/documents");
    for (name, expected) in [("everything.odcs.yaml", vec!["W0427"]), ("everything.odps.yaml", vec![])] {
        let text = fs::read_to_string(documents.join(name)).unwrap();
        let problems = weft_manifest::read_lone(&ManifestTree::of_texts([(name, text.as_str())]), name).unwrap();
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, expected, "{problems:#?}");
    }
}

#[test]
fn what_only_publishing_asks_is_not_asked_of_a_document_apart() {
    let fixture = folder().join("S03");
    let mut files = BTreeMap::new();
    texts(&fixture, &fixture, &mut files);
    let tree = ManifestTree::new(Revision::new("test"), files);
    let (_, problems) = weft_manifest::read_apart(&tree);
    assert_eq!(problems, vec![]);
}

#[test]
fn a_product_without_a_file_beside_it_is_judged_by_what_it_says() {
    let told = |text: &str| {
        let tree = ManifestTree::of_texts([("products/lone/lone/product.odps.yaml", text)]);
        let problems = weft_manifest::read_apart(&tree).1.into_iter();
        let of_file = problems.filter(|problem| problem.place.file.ends_with(".odps.yaml"));
        of_file.map(|problem| problem.code.as_str()).collect::<Vec<_>>()
    };
    let product = "apiVersion: v0.9.0\nkind: DataProduct\nid: x\nstatus: active\ndomain: Sales and More\noutputPorts:\n  \
                   - {name: processed-data, version: 1.0.0, contractId: y}\n";
    assert_eq!(told(product), Vec::<&str>::new());
    assert_eq!(told(&product.replace("active", "live")), ["W0402"]);
}
