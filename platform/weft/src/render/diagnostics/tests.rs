use expect_test::{Expect, expect};
use weft_model::Code;

use super::*;

const FILE: &str = "products/sales/orders/product.odps.yaml";
const TEXT: &str = "apiVersion: v1.1.0\nkind: DataProduct\nid: orders\noutputPort:\n  - name: lines\n";

struct One;

impl Sources for One {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        (file == FILE).then(|| TEXT.into())
    }

    fn shown(&self, file: &str) -> String {
        file.replacen("products/sales", "sales", 1)
    }
}

fn key(word: &str) -> Place {
    let start = TEXT.find(word).unwrap();
    Place::of_bytes(FILE, TEXT, start, start + word.len())
}

fn problems() -> Vec<Diagnostic> {
    let elsewhere = Place::start_of("products/sales/returns/product.odps.yaml");
    vec![
        Diagnostic::error(Code::KEY_UNKNOWN, key("outputPort"), "unknown key `outputPort`")
            .labelled("ODPS 1.1 has `outputPorts` (a list)")
            .help("did you mean `outputPorts`?"),
        Diagnostic::warning(Code::NAME_TWICE, key("orders"), "id `orders` is taken")
            .labelled("again")
            .also(key("kind"), "of this kind")
            .also(elsewhere, "first here"),
        Diagnostic::error(
            Code::FILE_MISSING,
            Place::start_of("products/sales/orders/contracts/lines.odcs.yaml"),
            "port `lines` has no contract, 100% sure",
        ),
    ]
}

#[track_caller]
fn check(rendered: &str, expected: Expect) {
    // Frames end lines in spaces; what is expected here does not.
    let trimmed: String = rendered.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    expected.assert_eq(&trimmed);
}

#[test]
fn a_person_sees_the_lines_of_source() {
    check(
        &text(&problems(), &One, Look::PLAIN),
        expect![[r#"
        W0107

          × unknown key `outputPort`
           ╭─[sales/orders/product.odps.yaml:4:1]
         3 │ id: orders
         4 │ outputPort:
           · ─────┬────
           ·      ╰── ODPS 1.1 has `outputPorts` (a list)
         5 │   - name: lines
           ╰────
          help: did you mean `outputPorts`?

        W0439

          ⚠ id `orders` is taken
           ╭─[sales/orders/product.odps.yaml:3:5]
         1 │ apiVersion: v1.1.0
         2 │ kind: DataProduct
           · ──┬─
           ·   ╰── of this kind
         3 │ id: orders
           ·     ───┬──
           ·        ╰── again
         4 │ outputPort:
           ╰────
          also: sales/returns/product.odps.yaml:1:1 first here

        W0111

          × port `lines` has no contract, 100% sure
           at sales/orders/contracts/lines.odcs.yaml:1:1

    "#]],
    );
}

#[test]
fn a_program_sees_an_array() {
    check(
        &json(&problems(), &One),
        expect![[r#"
        [
          {
            "code": "W0107",
            "severity": "error",
            "message": "unknown key `outputPort`",
            "file": "sales/orders/product.odps.yaml",
            "line": 4,
            "column": 1,
            "end_line": 4,
            "end_column": 11,
            "help": "did you mean `outputPorts`?"
          },
          {
            "code": "W0439",
            "severity": "warning",
            "message": "id `orders` is taken",
            "file": "sales/orders/product.odps.yaml",
            "line": 3,
            "column": 5,
            "end_line": 3,
            "end_column": 11,
            "help": null
          },
          {
            "code": "W0111",
            "severity": "error",
            "message": "port `lines` has no contract, 100% sure",
            "file": "sales/orders/contracts/lines.odcs.yaml",
            "line": 1,
            "column": 1,
            "end_line": 1,
            "end_column": 1,
            "help": null
          }
        ]
    "#]],
    );
    assert_eq!(json(&[], &One), "[]\n");
}

#[test]
fn a_pull_request_sees_annotations() {
    check(
        &github(&problems(), &One),
        expect![[r#"
        ::error file=sales/orders/product.odps.yaml,line=4,col=1,endLine=4,endColumn=11,title=W0107::unknown key `outputPort`%0Adid you mean `outputPorts`?
        ::warning file=sales/orders/product.odps.yaml,line=3,col=5,endLine=3,endColumn=11,title=W0439::id `orders` is taken
        ::error file=sales/orders/contracts/lines.odcs.yaml,line=1,col=1,endLine=1,endColumn=1,title=W0111::port `lines` has no contract, 100%25 sure
    "#]],
    );
}

#[test]
fn the_summary_counts_products_with_problems() {
    let looked = Looked { products: 7, troubled: 1, files: 412, elapsed: Duration::from_millis(92) };
    assert_eq!(summary(&problems(), looked), "2 errors, 1 warning in 1 of 7 products (412 files, 0.09 s)");
    assert_eq!(summary(&[], looked), "no problems in 7 products (412 files, 0.09 s)");
}

#[test]
fn a_place_beyond_the_end_is_drawn_at_the_end() {
    let end = Place { bytes: (900, 950), ..Place::start_of(FILE) };
    let drawn = text(&[Diagnostic::error(Code::YAML_SYNTAX, end, "the text ends too early")], &One, Look::PLAIN);
    assert!(drawn.contains("the text ends too early"), "{drawn}");
    assert!(drawn.contains("product.odps.yaml"), "{drawn}");
}

#[test]
fn colour_changes_no_word() {
    let coloured = text(&problems(), &One, Look { colour: true, ..Look::PLAIN });
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), text(&problems(), &One, Look::PLAIN));
}

/// One file of a tree, as text that is shown under its own path.
struct Files<'a>(&'a [(&'a str, &'a str)]);

impl Sources for Files<'_> {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        self.0.iter().find(|(path, _)| *path == file).map(|(_, text)| (*text).into())
    }

    fn shown(&self, file: &str) -> String {
        file.to_owned()
    }
}

#[test]
fn a_person_sees_which_rule_of_the_mesh_asks_for_what() {
    let files = [
        (
            "governance/standards/s.yaml",
            "naming:\n  columns: {severity: error, pattern: '[a-z_]+', because: SQL needs no quotes}\n\
             documentation:\n  columns: {severity: info}\n",
        ),
        ("products/air/domain.yaml", "domain: air\nowner: air-owners\n"),
        (
            "products/air/flights/contracts/departures.odcs.yaml",
            "apiVersion: v3.2.0\nkind: DataContract\nid: departures\nversion: 1.0.0\nstatus: draft\n\
             schema:\n  - name: departures\n    properties:\n      - {name: DepTime, logicalType: string}\n",
        ),
    ];
    let tree = weft_model::ManifestTree::of_texts(files);
    let (_, outline, _) = weft_manifest::read_with_outline(&tree, chrono::NaiveDate::MIN);
    let (rules, trouble) = weft_governance::read(&tree);
    assert!(trouble.iter().all(|told| told.code == Code::FILE_MISSING), "{trouble:?}");
    let mut found = rules.standards().check(&outline, rules.principals(), &mut Vec::new());
    weft_model::diagnostic::sort(&mut found);
    check(
        &text(&found, &Files(&files), Look::PLAIN),
        expect![[r#"
            W0460

              × column `DepTime` is not named as `[a-z_]+` asks
                ╭─[products/air/flights/contracts/departures.odcs.yaml:9:16]
              8 │     properties:
              9 │       - {name: DepTime, logicalType: string}
                ·                ───────
             10 │
                ╰────
              help: rename it to `dep_time`
              also: governance/standards/s.yaml:2:3 `naming.columns` asks for it: SQL needs no quotes

            W0463

              ☞ column `DepTime` has no description
                ╭─[products/air/flights/contracts/departures.odcs.yaml:9:16]
              8 │     properties:
              9 │       - {name: DepTime, logicalType: string}
                ·                ───────
             10 │
                ╰────
              help: say in `description:` what a reader has to know, in a sentence
              also: governance/standards/s.yaml:4:3 `documentation.columns` asks for it

        "#]],
    );
    check(
        &github(&found, &Files(&files)),
        expect![[r#"
            ::error file=products/air/flights/contracts/departures.odcs.yaml,line=9,col=16,endLine=9,endColumn=23,title=W0460::column `DepTime` is not named as `[a-z_]+` asks%0Arename it to `dep_time`
            ::notice file=products/air/flights/contracts/departures.odcs.yaml,line=9,col=16,endLine=9,endColumn=23,title=W0463::column `DepTime` has no description%0Asay in `description:` what a reader has to know, in a sentence
        "#]],
    );
    let looked = Looked { products: 1, troubled: 1, files: 3, elapsed: Duration::from_millis(90) };
    assert_eq!(summary(&found, looked), "1 error, 0 warnings, 1 remark in 1 of 1 product (3 files, 0.09 s)");
}
