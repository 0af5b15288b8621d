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
    check(&text(&problems(), &One, Look::PLAIN), expect![[r#""#]]);
}

#[test]
fn a_program_sees_an_array() {
    check(&json(&problems(), &One), expect![[r#""#]]);
    assert_eq!(json(&[], &One), "[]\n");
}

#[test]
fn a_pull_request_sees_annotations() {
    check(&github(&problems(), &One), expect![[r#""#]]);
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
