//! Diagnostics as the reports that other people's tools read: SARIF 2.1.0 and JUnit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::json;
use weft_model::{Diagnostic, Severity};

use super::diagnostics::Sources;
use crate::pages::page;

/// A SARIF log of one run: a result for each diagnostic, and the codes that occur as its rules. Ends in
/// a line break.
pub fn sarif(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let codes: BTreeSet<_> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    let titles: BTreeMap<_, _> =
        diagnostics.iter().filter_map(|diagnostic| Some((diagnostic.code.as_str(), title(diagnostic)?))).collect();
    let rule = |code: &str| json!({ "id": code, "shortDescription": { "text": titles.get(code) } });
    let location = |place: &weft_model::Place, text: Option<&str>| {
        let mut location = json!({ "physicalLocation": {
            "artifactLocation": { "uri": sources.shown(&place.file) },
            "region": {
                "startLine": place.line, "startColumn": place.column,
                "endLine": place.end_line, "endColumn": place.end_column,
            },
        }});
        if let Some(text) = text {
            location["message"] = json!({ "text": text });
        }
        location
    };
    let result = |diagnostic: &Diagnostic| {
        let others: Vec<_> = diagnostic.others.iter().map(|other| location(&other.place, Some(&other.text))).collect();
        json!({
            "ruleId": diagnostic.code.as_str(),
            "level": if diagnostic.severity == Severity::Info { "note" } else { diagnostic.severity.as_str() },
            "message": { "text": with_help(diagnostic) },
            "locations": [location(&diagnostic.place, None)],
            "relatedLocations": others,
        })
    };
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "weft",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.into_iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": diagnostics.iter().map(result).collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

/// A JUnit report of `command`: a suite for each file with a diagnostic, whose errors are its failures,
/// and one for each file that `passed`; without any, one test that passed. Ends in a line break.
pub fn junit(command: &str, diagnostics: &[Diagnostic], passed: &[String], sources: &dyn Sources) -> String {
    let mut by_file: BTreeMap<String, Vec<&Diagnostic>> = BTreeMap::new();
    for diagnostic in diagnostics {
        by_file.entry(sources.shown(&diagnostic.place.file)).or_default().push(diagnostic);
    }
    let failures = |of: &[&Diagnostic]| of.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let all: Vec<&Diagnostic> = diagnostics.iter().collect();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let count = (all.len() + passed.len()).max(1);
    let _ = writeln!(xml, "<testsuites name=\"{command}\" tests=\"{count}\" failures=\"{}\">", failures(&all));
    for (file, found) in &by_file {
        let (file, tests) = (escaped(file), found.len());
        let _ = writeln!(xml, "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{}\">", failures(found));
        for diagnostic in found {
            let name = escaped(&format!("{} line {}", diagnostic.code, diagnostic.place.line));
            let (kind, message) = (diagnostic.code.as_str(), escaped(&with_help(diagnostic)));
            let told = match diagnostic.severity {
                Severity::Error => format!("<failure type=\"{kind}\" message=\"{message}\"/>"),
                Severity::Warning | Severity::Info => format!("<system-out>{message}</system-out>"),
            };
            let _ = writeln!(xml, "    <testcase classname=\"{file}\" name=\"{name}\">{told}</testcase>");
        }
        xml.push_str("  </testsuite>\n");
    }
    for file in passed.iter().map(|file| escaped(file)) {
        let _ = writeln!(xml, "  <testsuite name=\"{file}\" tests=\"1\" failures=\"0\">");
        let _ = writeln!(xml, "    <testcase classname=\"{file}\" name=\"passed\"/>\n  </testsuite>");
    }
    if diagnostics.is_empty() && passed.is_empty() {
        xml.push_str(
            "  <testsuite name=\"manifests\" tests=\"1\" failures=\"0\">\n    \
             <testcase classname=\"manifests\" name=\"no problems\"/>\n  </testsuite>\n",
        );
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn with_help(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

/// The first line of the code's page, without the code.
fn title(diagnostic: &Diagnostic) -> Option<&'static str> {
    page(diagnostic.code)?.lines().next()?.split_once(": ").map(|(_, title)| title)
}

fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\n' => "&#10;".to_owned(),
        // XML 1.0 has no form for these.
        c if c.is_control() && c != '\t' => "\u{fffd}".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::expect;
    use weft_model::{Code, Place};

    use super::*;

    struct Plain;

    impl Sources for Plain {
        fn text(&self, _: &str) -> Option<Arc<str>> {
            None
        }

        fn shown(&self, file: &str) -> String {
            file.to_owned()
        }
    }

    fn problems() -> Vec<Diagnostic> {
        let at = |line| Place { line, ..Place::start_of("products/a/b/product.odps.yaml") };
        vec![
            Diagnostic::error(Code::KEY_UNKNOWN, at(4), "unknown key `<x>`").help("take it out"),
            Diagnostic::warning(Code::NAME_TWICE, at(7), "`b` is taken").also(at(2), "first here"),
        ]
    }

    #[test]
    fn junit_has_a_failure_for_each_error() {
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="weft validate" tests="2" failures="1">
              <testsuite name="products/a/b/product.odps.yaml" tests="2" failures="1">
                <testcase classname="products/a/b/product.odps.yaml" name="W0107 line 4"><failure type="W0107" message="unknown key `&lt;x&gt;`&#10;help: take it out"/></testcase>
                <testcase classname="products/a/b/product.odps.yaml" name="W0439 line 7"><system-out>`b` is taken</system-out></testcase>
              </testsuite>
            </testsuites>
        "#]]
        .assert_eq(&junit("weft validate", &problems(), &[], &Plain));
        assert!(junit("weft validate", &[], &[], &Plain).contains("tests=\"1\" failures=\"0\""));
        let passed = junit("weft test", &[], &["tests/a.yaml".to_owned(), "tests/b.yaml".to_owned()], &Plain);
        assert!(passed.contains("name=\"weft test\" tests=\"2\" failures=\"0\"") && passed.contains("tests/b.yaml"));
    }

    #[test]
    fn sarif_has_a_result_for_each_diagnostic_and_a_rule_for_each_code() {
        let log: serde_json::Value = serde_json::from_str(&sarif(&problems(), &Plain)).unwrap();
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 2);
        let levels: Vec<_> = run["results"].as_array().unwrap().iter().map(|result| result["level"].clone()).collect();
        assert_eq!(levels, ["error", "warning"]);
        assert_eq!(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
        assert_eq!(run["results"][1]["relatedLocations"][0]["message"]["text"], "first here");
    }
}
