//! Checks as documents that other people's tools read: Open Observability Results and JUnit. No row is in them.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use weft_catalog::{CheckOutcome, CheckSeverity, CheckView};
use weft_model::PortRef;

/// The results of one run under one contract, as RFC-0018 of Bitol lays them out. A check without a verdict has the
/// status `error`, and one that only warns the status `warn`.
pub(crate) fn oors(port: &PortRef, contract: &str, now: DateTime<Utc>, checks: &[CheckView]) -> Value {
    let first = checks.iter().find(|check| check.run.is_some()).or(checks.first());
    let run = first.and_then(|check| check.run.as_deref());
    json!({
        "kind": "ObservabilityResults",
        "id": format!("{port}@{}", run.unwrap_or("none")),
        "observedAt": first.map_or(now, |check| check.at).to_rfc3339(),
        "source": { "process": "gate", "runID": run, "vendor": "weft" },
        // Of which version is not told: a refused commit may be of one that is not served.
        "contract": { "contractID": contract, "standard": "ODCS" },
        "results": checks.iter().map(|check| result(port, check)).collect::<Vec<_>>(),
    })
}

fn result(port: &PortRef, check: &CheckView) -> Value {
    let mut result = json!({
        "id": named(check),
        "type": "check",
        "name": check.name,
        "status": status(check),
        "target": {
            "resourceType": if check.column.is_some() { "column" } else { "table" },
            "resourceIdentifier": match &check.column {
                Some(column) => format!("{port}.{column}"),
                None => port.to_string(),
            },
        },
    });
    let is_in = |unit: &str| check.threshold.as_ref().is_some_and(|threshold| threshold.ends_with(unit));
    let measure = check.measured.filter(|measured| measured.is_finite()).map(|measured| {
        let unit = match &check.run {
            _ if is_in("%") => "percent",
            Some(_) => "count",
            None if is_in("rows/s") => "rows per second",
            // Otherwise the clock measures lengths of time.
            None => "seconds",
        };
        json!({ "metric": check.name, "value": measured, "threshold": check.threshold, "unit": unit })
    });
    let severity = check.severity.map(|severity| match severity {
        CheckSeverity::Blocks => "error",
        CheckSeverity::Warns => "warning",
    });
    let more = [
        ("severity", severity.map(Value::from)),
        ("measure", measure),
        ("message", check.message.clone().map(Value::from)),
    ];
    if let Some(fields) = result.as_object_mut() {
        fields.extend(more.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    }
    result
}

fn status(check: &CheckView) -> &'static str {
    match (check.outcome, check.severity) {
        (CheckOutcome::Passed, _) => "pass",
        (CheckOutcome::Failed, Some(CheckSeverity::Warns)) => "warn",
        (CheckOutcome::Failed, _) => "fail",
        (CheckOutcome::Unknown, _) => "error",
    }
}

/// A suite with a case for each check. One that only warns passes and says what it found; one without a verdict
/// is an error, or left out where it only warns.
pub(crate) fn junit(port: &PortRef, checks: &[CheckView]) -> String {
    let count = |wanted: &str| checks.iter().filter(|check| element(check).0 == wanted).count();
    let (failures, errors, skipped) = (count("failure"), count("error"), count("skipped"));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<testsuite name=\"{port}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">",
        checks.len()
    );
    for check in checks {
        let seconds = check.duration_ms.unwrap_or_default() as f64 / 1000.0;
        let name = escaped(&named(check));
        let _ = write!(xml, "  <testcase classname=\"{port}\" name=\"{name}\" time=\"{seconds}\"");
        let (element, text) = element(check);
        let _ = match element {
            "" => writeln!(xml, "/>"),
            "system-out" => writeln!(xml, "><system-out>{}</system-out></testcase>", escaped(&text)),
            element => writeln!(xml, "><{element} message=\"{}\"/></testcase>", escaped(&text)),
        };
    }
    xml.push_str("</testsuite>\n");
    xml
}

/// The element that tells how a check came out, and its text; no element for one that passed.
fn element(check: &CheckView) -> (&'static str, String) {
    let warns = check.severity == Some(CheckSeverity::Warns);
    let text = |otherwise: &str| check.message.clone().unwrap_or_else(|| otherwise.to_owned());
    match (check.outcome, warns) {
        (CheckOutcome::Passed, _) => ("", String::new()),
        (CheckOutcome::Failed, false) => ("failure", text("does not hold")),
        (CheckOutcome::Failed, true) => ("system-out", text("does not hold, and warns only")),
        (CheckOutcome::Unknown, false) => ("error", text("could not be made")),
        (CheckOutcome::Unknown, true) => ("skipped", text("could not be made")),
    }
}

/// What tells a check from the others of its port.
fn named(check: &CheckView) -> String {
    match &check.column {
        Some(column) => format!("{} ({column})", check.name),
        None => check.name.clone(),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no form for most of these, and attributes lose the others.
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn checks() -> Vec<CheckView> {
        let at: DateTime<Utc> = "2026-11-26T12:00:00Z".parse().unwrap();
        let check = |name: &str, column: Option<&str>, outcome, severity, measured: Option<f64>| CheckView {
            run: Some("r1".to_owned()),
            port: "a.b.c".parse().unwrap(),
            name: name.to_owned(),
            column: column.map(str::to_owned),
            outcome,
            failing_rows: None,
            message: (outcome != CheckOutcome::Passed).then(|| format!("`{name}` is < & \"")),
            at,
            measured,
            threshold: measured.map(|_| "must be below 5 %".to_owned()),
            severity: Some(severity),
            scanned_bytes: Some(0),
            duration_ms: Some(1500),
            sample: None,
        };
        vec![
            check("known", Some("x"), CheckOutcome::Failed, CheckSeverity::Warns, Some(7.5)),
            check("primary_key", Some("x, y"), CheckOutcome::Failed, CheckSeverity::Blocks, Some(2.0)),
            check("schema", None, CheckOutcome::Passed, CheckSeverity::Blocks, None),
            check("sum", None, CheckOutcome::Unknown, CheckSeverity::Blocks, None),
        ]
    }

    #[test]
    fn an_age_is_in_seconds_and_of_no_run() {
        let port: PortRef = "a.b.c".parse().unwrap();
        let threshold = Some("must be below 60 s".to_owned());
        let age = CheckView { run: None, threshold, ..checks().remove(0) };
        assert_eq!(result(&port, &age)["measure"]["unit"], "seconds");
        let rate = CheckView { threshold: Some("must be at least 5 rows/s".to_owned()), ..age.clone() };
        assert_eq!(result(&port, &rate)["measure"]["unit"], "rows per second");
        let document = oors(&port, "c", age.at, std::slice::from_ref(&age));
        assert_eq!((&document["id"], &document["source"]["runID"]), (&json!("a.b.c@none"), &Value::Null));
        let document = oors(&port, "c", age.at, &[age, checks().remove(1)]);
        assert_eq!(document["source"]["runID"], "r1");
    }

    #[test]
    fn junit_has_a_case_for_each_check() {
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuite name="a.b.c" tests="4" failures="1" errors="1" skipped="0">
              <testcase classname="a.b.c" name="known (x)" time="1.5"><system-out>`known` is &lt; &amp; &quot;</system-out></testcase>
              <testcase classname="a.b.c" name="primary_key (x, y)" time="1.5"><failure message="`primary_key` is &lt; &amp; &quot;"/></testcase>
              <testcase classname="a.b.c" name="schema" time="1.5"/>
              <testcase classname="a.b.c" name="sum" time="1.5"><error message="`sum` is &lt; &amp; &quot;"/></testcase>
            </testsuite>
        "#]]
        .assert_eq(&junit(&"a.b.c".parse().unwrap(), &checks()));
    }

    #[test]
    fn a_document_of_results_says_of_each_check_how_it_came_out() {
        let now = "2026-11-27T12:00:00Z".parse().unwrap();
        let document = oors(&"a.b.c".parse().unwrap(), "flights", now, &checks());
        assert_eq!(document["observedAt"], "2026-11-26T12:00:00+00:00");
        assert_eq!(document["source"], json!({ "process": "gate", "runID": "r1", "vendor": "weft" }));
        assert_eq!(document["contract"]["contractID"], "flights");
        assert_eq!(
            document["results"][0],
            json!({
                "id": "known (x)", "type": "check", "name": "known", "status": "warn", "severity": "warning",
                "target": { "resourceType": "column", "resourceIdentifier": "a.b.c.x" },
                "measure": { "metric": "known", "value": 7.5, "threshold": "must be below 5 %", "unit": "percent" },
                "message": "`known` is < & \"",
            })
        );
        let results = document["results"].as_array().unwrap().iter();
        let statuses: Vec<&str> = results.map(|result| result["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["warn", "fail", "pass", "error"]);
        assert_eq!(oors(&"a.b.c".parse().unwrap(), "flights", now, &[])["results"], json!([]));
    }
}
