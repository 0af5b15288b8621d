//! Reading never panics, whatever becomes of a document. `make fuzz MINUTES=10` looks for as long as it is told to.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestError, TestRunner};
use weft_model::ManifestTree;

/// What a mutation does to a text.
#[derive(Clone, Debug)]
enum Change {
    /// Takes a stretch of lines out.
    Cut(Index, usize),
    /// Writes a line again somewhere else.
    Move(Index, Index),
    /// Puts another value where one stands.
    Replace(Index, usize),
    /// Takes a character out, or puts one in.
    Character(Index, Option<char>),
    /// Shifts a line to the right or left.
    Shift(Index, usize),
}

/// Values that stand where others do not expect them.
const VALUES: &[&str] = &[
    "",
    "null",
    "true",
    "-1",
    "0",
    "1.5",
    "1e400",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "''",
    "\"${A}\"",
    "\"${A:-string}\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "{a: {b: [1]}}",
    "\"\\0\"",
    "é",
    "'a.b.c'",
    "\"#/schema/x\"",
    "\"x.yaml#a.b\"",
    "\"${\"",
    "PT",
    "P1D",
    "\"* * * * *\"",
    "\"(\"",
    "\"(?=a)\"",
    "\"a{1000000}\"",
    "i8",
    "u128",
    "m",
    "2026-02-30",
    "\"{object}{\"",
    "\"://:@\"",
    "&a [*a]",
];

/// Documents of every kind, by the name of each: those of the tests here, and the demo mesh's.
fn documents() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["tests/documents", "tests/rules", "../../products"] {
        collect(Path::new(folder), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            collect(&path, found);
        } else if name.ends_with("odps.yaml") || name.ends_with("odcs.yaml") || name == "domain.yaml" {
            found.push((name, fs::read_to_string(path).unwrap()));
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), 1_usize..8).prop_map(|(at, lines)| Change::Cut(at, lines)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Move(from, to)),
        (any::<Index>(), 0..VALUES.len()).prop_map(|(at, value)| Change::Replace(at, value)),
        (any::<Index>(), any::<Option<char>>()).prop_map(|(at, put)| Change::Character(at, put)),
        (any::<Index>(), 0_usize..6).prop_map(|(at, spaces)| Change::Shift(at, spaces)),
    ]
}

fn changed(text: &str, change: &Change) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        lines.push(String::new());
    }
    let count = lines.len();
    match change {
        Change::Cut(at, length) => {
            let from = at.index(count);
            lines.drain(from..(from + length).min(count));
        }
        Change::Move(from, to) => {
            let line = lines[from.index(count)].clone();
            lines.insert(to.index(count), line);
        }
        Change::Replace(at, value) => {
            let values: Vec<usize> = (0..count).filter(|line| lines[*line].contains(": ")).collect();
            if !values.is_empty() {
                let line = &mut lines[values[at.index(values.len())]];
                let end = line.find(": ").unwrap() + 2;
                line.truncate(end);
                line.push_str(VALUES[*value]);
            }
        }
        Change::Character(at, put) => {
            let mut characters: Vec<char> = text.chars().collect();
            if !characters.is_empty() {
                let at = at.index(characters.len());
                match put {
                    Some(put) => characters.insert(at, *put),
                    None => drop(characters.remove(at)),
                }
            }
            return characters.into_iter().collect();
        }
        Change::Shift(at, spaces) => {
            let line = &mut lines[at.index(count)];
            *line = format!("{}{}", " ".repeat(*spaces), line.trim_start());
        }
    }
    lines.join("\n")
}

/// How long changes are tried out; for the moment that a test takes where nobody says.
fn patience() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "how `make fuzz` says for how long")]
    let minutes = std::env::var("WEFT_FUZZ_MINUTES").ok().map(|minutes| minutes.parse().unwrap());
    Duration::from_secs(60 * minutes.unwrap_or(0_u64))
}

#[test]
fn a_document_with_changes_is_read_or_told() {
    let documents = documents();
    let config = ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() };
    let (begun, patience, mut tried) = (Instant::now(), patience(), 0);
    while tried == 0 || begun.elapsed() < patience {
        let cases = (any::<Index>(), prop::collection::vec(change(), 1..6));
        let outcome = TestRunner::new(config.clone()).run(&cases, |(at, changes)| {
            let (name, text) = &documents[at.index(documents.len())];
            read(name, &changes.iter().fold(text.clone(), |text, change| changed(&text, change)));
            Ok(())
        });
        if let Err(TestError::Fail(why, (at, changes))) = outcome {
            let (name, text) = &documents[at.index(documents.len())];
            panic!(
                "{name} after {changes:?}: {why}\n{}",
                changes.iter().fold(text.clone(), |text, c| changed(&text, c))
            );
        }
        tried += config.cases;
    }
    println!("{tried} documents were read or told in {:.0?}", begun.elapsed());
}

/// Reads a document alone, and as a part of a mesh.
fn read(name: &str, text: &str) {
    let tree = ManifestTree::of_texts([(name, text)]);
    assert!(weft_manifest::read_lone(&tree, name).is_some());
    let path = match name {
        "domain.yaml" => "products/a/domain.yaml",
        name if name.ends_with("odps.yaml") => "products/a/b/product.odps.yaml",
        _ => "products/a/b/contracts/c.odcs.yaml",
    };
    let domain = ("products/a/domain.yaml", "domain: a\nowner: b\n");
    let _ = weft_manifest::read(&ManifestTree::of_texts([domain, (path, text)]), chrono::NaiveDate::MIN);
}

/// Nobody waits longer for a document that is made to be slow.
const SLOW_MAX: Duration = Duration::from_secs(30);

#[test]
fn documents_that_are_made_to_be_slow_are_read_in_a_moment() {
    let head = "apiVersion: v3.2.0\nkind: DataContract\nid: slow\nversion: 1.0.0\n";
    let each = |count: usize, text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<Vec<_>>().join(", ");
    let table = |columns: String| format!("schema: [{{name: t, properties: [{columns}]}}]\n");
    let names = each(15_000, &|i| format!("{{name: c{i}}}"));
    let required = each(40_000, &|i| format!("x{i}"));
    let long = "n".repeat(500_000);
    let texts = [
        table(format!(
            "{{name: o, logicalType: object, logicalTypeOptions: {{required: [{required}]}}, properties: [{names}]}}"
        )),
        table(format!("{{name: {long}, logicalType: object, properties: [{names}]}}")),
        table(each(9_000, &|i| format!("{{name: c{i}, encryptedName: e{i}}}"))),
        table(each(6_000, &|i| format!("{{name: c{i}, relationships: [{{to: u.c{i}}}]}}"))),
        format!(
            "{}slaProperties: [{}]\n",
            table(each(5_000, &|i| format!("{{name: c{i}}}"))),
            each(4_000, &|i| format!("{{property: latency, value: 1, unit: d, element: t.x{i}}}"))
        ),
        format!(
            "schema: [{}]\n",
            each(4_000, &|i| {
                format!(
                    "{{name: t{i}, properties: [{{name: c, unique: true, required: true, relationships: [{{to: t{}.c}}]}}]}}",
                    i + 1
                )
            })
        ),
        format!("servers: [{}]\n", each(20_000, &|_| "{server: a, type: custom}".to_owned())),
    ];
    for text in texts {
        let text = format!("{head}{text}");
        let begun = Instant::now();
        let tree = ManifestTree::of_texts([("slow.odcs.yaml", text.as_str())]);
        assert!(weft_manifest::read_lone(&tree, "slow.odcs.yaml").is_some());
        assert!(begun.elapsed() < SLOW_MAX, "{:?} for {}", begun.elapsed(), &text[..200]);
    }
}
