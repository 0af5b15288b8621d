//! Quality rules: that each says something which can be checked.

use std::collections::HashSet;

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::tables::{ContractText, Rule};
use super::thresholds;
use crate::form::{OrVariable, clipped, has_variable, listed};
use crate::odcs::{Metric, QualityType};

/// Words for how bad a breach is: those that warn, and those that refuse a commit.
const SEVERITIES: &[&str] = &[
    "info", "warning", "warn", "low", "minor", "trivial", "error", "medium", "high", "major", "critical", "blocker",
    "fatal",
];

const UNITS: &[&str] = &["rows", "percent"];

/// What may stand in braces within a query, and which of them speak of one column.
const PLACEHOLDERS: &[&str] = &["object", "table", "model", "schema", "property", "column", "field"];
const OF_A_COLUMN: &[&str] = &["property", "column", "field"];

pub(super) fn check(contract: &ContractText<'_>, findings: &mut Findings) {
    for rule in contract.rules() {
        if says_nothing(&rule, findings) {
            continue;
        }
        if let Some(metric) = rule.quality.metric.as_ref().and_then(OrVariable::known) {
            counts_something(&rule, metric, findings);
            has_arguments(&rule, metric, contract.is_whole, findings);
        }
        query(&rule, findings);
        engine(&rule, findings);
        words(&rule, findings);
        thresholds::check(&rule, findings);
    }
}

/// What a person would call the rule.
pub(super) fn noun(rule: &Rule<'_, '_>) -> String {
    let name = rule.quality.id.as_ref().map(|id| id.0.as_str()).or(rule.quality.name.as_deref());
    name.map_or_else(|| "the rule".to_owned(), |name| format!("rule `{}`", clipped(name)))
}

fn says_nothing(rule: &Rule<'_, '_>, findings: &mut Findings) -> bool {
    let quality = rule.quality;
    let is_plain_text = quality.r#type.as_ref().and_then(OrVariable::known) == Some(QualityType::Text);
    let is_untyped = quality.r#type.is_none() && quality.metric.is_none() && quality.rule.is_none();
    let is_wordless = quality.description.is_none() && quality.name.is_none();
    let message = match (is_untyped, is_plain_text && is_wordless) {
        (true, _) => format!("{} has neither a `type` nor a `metric`, so it checks nothing", noun(rule)),
        (_, true) => "the rule is a text without a word".to_owned(),
        _ => return false,
    };
    findings.push(
        Diagnostic::error(Code::QUALITY_EMPTY, rule.spot.place(), message)
            .help("say `metric:` with an operator, or `type: text` with a `description`"),
    );
    true
}

fn counts_something(rule: &Rule<'_, '_>, metric: Metric, findings: &mut Findings) {
    let message = match (metric, rule.field) {
        (Metric::RowCount, Some(field)) => {
            format!("`rowCount` counts the rows of a table, and this stands at {}", field.noun())
        }
        (Metric::NullValues | Metric::MissingValues | Metric::InvalidValues, None) => {
            format!("`{}` counts values of a column, and this stands at a table", metric.as_str())
        }
        _ => return,
    };
    let help = match rule.field {
        Some(_) => "move the rule to `quality:` of the table",
        None => "move the rule to `quality:` of the column",
    };
    findings.push(Diagnostic::error(Code::METRIC_LEVEL, rule.spot.at("metric"), message).help(help));
}

fn has_arguments(rule: &Rule<'_, '_>, metric: Metric, is_whole: bool, findings: &mut Findings) {
    let arguments = rule.quality.arguments.as_ref();
    let has = |key: &str| arguments.is_some_and(|arguments| arguments.contains_key(key));
    match (metric, rule.field) {
        (Metric::InvalidValues, Some(_)) if !has("validValues") && !has("pattern") => {
            findings.push(
                Diagnostic::error(
                    Code::METRIC_ARGUMENTS,
                    rule.spot.at("metric"),
                    "`invalidValues` does not say which values are valid",
                )
                .help("add `arguments:` with `validValues: […]`, or with `pattern:`"),
            );
        }
        (Metric::DuplicateValues, None) if !has("properties") => {
            findings.push(
                Diagnostic::error(
                    Code::METRIC_ARGUMENTS,
                    rule.spot.at("metric"),
                    "`duplicateValues` of a table does not say which columns it compares",
                )
                .help("add `arguments: {properties: […]}` with the names of columns"),
            );
        }
        (Metric::DuplicateValues, None) if is_whole => properties_exist(rule, findings),
        _ => {}
    }
}

fn properties_exist(rule: &Rule<'_, '_>, findings: &mut Findings) {
    let Some(list) = rule.spot.get("arguments").and_then(|arguments| arguments.get("properties")) else { return };
    let paths: HashSet<&str> = rule.table.fields.iter().map(|field| field.path.as_str()).collect();
    for item in list.items() {
        let Some(name) = item.node.text().filter(|name| !paths.contains(name) && !has_variable(name)) else { continue };
        let columns = rule.table.columns().map(|field| field.path.as_str());
        let help = findings.guess(name, columns, || "name columns of the table".to_owned());
        let message = format!("table `{}` has no column `{}`", clipped(&rule.table.object.name), clipped(name));
        findings.push(Diagnostic::error(Code::METRIC_ARGUMENTS, item.place(), message).help(help));
    }
}

/// What can be said of a query without planning it.
fn query(rule: &Rule<'_, '_>, findings: &mut Findings) {
    let Some(query) = rule.quality.query.as_deref() else { return };
    let place = || rule.spot.at("query");
    if let Some(message) = no_single_query(query) {
        findings.push(
            Diagnostic::error(Code::QUALITY_SQL, place(), message)
                .help("write one SELECT that returns one number or boolean"),
        );
    }
    for word in placeholders(query) {
        let is_known = PLACEHOLDERS.contains(&word);
        if is_known && (rule.field.is_some() || !OF_A_COLUMN.contains(&word)) {
            continue;
        }
        let (message, help) = if is_known {
            let message = format!("`{{{word}}}` stands for a column, and the rule is one of a table");
            (message, "name the column itself, or move the rule to `quality:` of the column".to_owned())
        } else {
            let help = findings.guess(word, PLACEHOLDERS.iter().copied(), || {
                "`{object}` stands for the table and `{property}` for the column".to_owned()
            });
            (format!("nothing stands for `{{{}}}` in a query", clipped(word)), help)
        };
        findings.push(Diagnostic::error(Code::QUALITY_SQL, place(), message).help(help));
    }
}

/// Why a text is not one query, as far as its words tell.
fn no_single_query(query: &str) -> Option<String> {
    let plain = without_literals(query);
    let mut statements = plain.split(';').map(str::trim).filter(|statement| !statement.is_empty());
    let Some(first) = statements.next() else { return Some("the query is empty".to_owned()) };
    if statements.next().is_some() {
        return Some("the query is more than one statement".to_owned());
    }
    let word = first.trim_start_matches(['(', ' ', '\n', '\t']).split(|c: char| !c.is_alphanumeric()).next()?;
    let is_query = ["select", "with"].iter().any(|query| word.eq_ignore_ascii_case(query));
    (!is_query).then(|| format!("the query begins with `{}`, and a query begins with `SELECT`", clipped(word)))
}

/// The text without comments and without what stands in quotes.
fn without_literals(query: &str) -> String {
    let mut plain = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(at) = rest.find(['\'', '"', '-', '/']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let (skipped, end) = if from.starts_with("--") {
            (2, "\n")
        } else if from.starts_with("/*") {
            (2, "*/")
        } else if from.starts_with('\'') {
            (1, "'")
        } else if from.starts_with('"') {
            (1, "\"")
        } else {
            plain.push(' ');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        plain.push(' ');
        let inside = from.get(skipped..).unwrap_or_default();
        rest = inside.split_once(end).map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

/// The words in braces within a query: `{object}`, or `${table}` as older documents write it.
fn placeholders(query: &str) -> impl Iterator<Item = &str> {
    let is_word = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    query.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word).filter(is_word)
}

fn engine(rule: &Rule<'_, '_>, findings: &mut Findings) {
    let Some(engine) = rule.quality.engine.as_deref() else { return };
    let message = format!("{} is for engine `{}`, so it is kept and not run", noun(rule), clipped(engine));
    findings.push(
        Diagnostic::warning(Code::QUALITY_ENGINE, rule.spot.at("engine"), message)
            .help("write the rule as a `metric`, or as `type: sql`, to have every commit checked by it"),
    );
}

fn words(rule: &Rule<'_, '_>, findings: &mut Findings) {
    let is_new = |word: &&str, known: &[&str]| !known.contains(&word.to_lowercase().as_str()) && !has_variable(word);
    if let Some(severity) = rule.quality.severity.as_deref().filter(|word| is_new(word, SEVERITIES)) {
        let known = &["info", "warning", "error"];
        let help = findings.guess(severity, SEVERITIES.iter().copied(), || format!("it is one of {}", listed(known)));
        let message = format!("`{}` is no severity that is known, so a breach refuses the commit", clipped(severity));
        findings.push(Diagnostic::warning(Code::QUALITY_WORDS, rule.spot.at("severity"), message).help(help));
    }
    if let Some(unit) = rule.quality.unit.as_deref().filter(|word| is_new(word, UNITS)) {
        let help = findings.guess(unit, UNITS.iter().copied(), || format!("it is one of {}", listed(UNITS)));
        let message = format!("`{}` is no unit that is known, so rows are counted", clipped(unit));
        findings.push(Diagnostic::warning(Code::QUALITY_WORDS, rule.spot.at("unit"), message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_one_select() {
        for query in ["SELECT 1", "-- a; b\nselect ';' from t;", "WITH a AS (SELECT 1) SELECT * FROM a", "(SELECT 1)"] {
            assert_eq!(no_single_query(query), None, "{query}");
        }
        for query in ["", " ; ", "-- SELECT 1", "DELETE FROM t", "SELECT 1; DROP TABLE t", "/* x */ UPDATE t SET a = 1"]
        {
            assert!(no_single_query(query).is_some(), "{query}");
        }
    }
}
