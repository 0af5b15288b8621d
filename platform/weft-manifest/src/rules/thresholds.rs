//! The numbers that a quality rule compares with.

use weft_model::{Code, Diagnostic};

use super::findings::Findings;
use super::quality::noun;
use super::tables::Rule;
use crate::form::{Number, OrVariable};
use crate::odcs::{DataQuality, Metric};

/// Metrics whose count is a share of the rows.
const SHARES: &[Metric] = &[Metric::NullValues, Metric::MissingValues, Metric::InvalidValues, Metric::DuplicateValues];

pub(super) fn check(rule: &Rule<'_, '_>, findings: &mut Findings) {
    let quality = rule.quality;
    let is_percent = quality.unit.as_deref().is_some_and(|unit| unit.eq_ignore_ascii_case("percent"));
    if is_percent
        && let Some(metric) = quality.metric.as_ref().and_then(OrVariable::known)
        && !SHARES.contains(&metric)
    {
        let message = format!("`{}` is a count and no share, so it has no percent", metric.as_str());
        findings.push(
            Diagnostic::warning(Code::METRIC_PERCENT, rule.spot.at("unit"), message)
                .help("take `unit` out, and compare with a number of rows"),
        );
    }
    for (key, numbers) in numbers(quality) {
        if let [from, to] = numbers.as_slice()
            && from > to
        {
            let message = format!("`{key}` of {} goes from {from} down to {to}", noun(rule));
            findings.push(
                Diagnostic::error(Code::THRESHOLD_RANGE, rule.spot.at(key), message)
                    .help(format!("write the smaller number first: `{key}: [{to}, {from}]`")),
            );
        }
        let beyond = numbers.iter().find(|number| is_percent && !(0.0..=100.0).contains(*number));
        if let Some(number) = beyond {
            let message = format!("`{key}` of {} is {number} percent", noun(rule));
            findings.push(
                Diagnostic::error(Code::THRESHOLD_RANGE, rule.spot.at(key), message)
                    .help("a share of the rows is 0 to 100 percent"),
            );
        }
    }
}

/// The operators of a rule with their numbers.
fn numbers(quality: &DataQuality) -> Vec<(&'static str, Vec<f64>)> {
    let any = |value: &Option<serde_json::Value>| value.as_ref().and_then(serde_json::Value::as_f64).map(|n| vec![n]);
    let one = |number: &Option<Number>| number.as_ref().map(|number| vec![number.value()]);
    let two = |numbers: &Option<Vec<Number>>| {
        numbers.as_ref().map(|numbers| numbers.iter().map(Number::value).collect::<Vec<f64>>())
    };
    let written = [
        ("mustBe", any(&quality.must_be)),
        ("mustNotBe", any(&quality.must_not_be)),
        ("mustBeGreaterThan", one(&quality.must_be_greater_than)),
        ("mustBeGreaterOrEqualTo", one(&quality.must_be_greater_or_equal_to)),
        ("mustBeLessThan", one(&quality.must_be_less_than)),
        ("mustBeLessOrEqualTo", one(&quality.must_be_less_or_equal_to)),
        ("mustBeBetween", two(&quality.must_be_between)),
        ("mustNotBeBetween", two(&quality.must_not_be_between)),
    ];
    written.into_iter().filter_map(|(key, numbers)| Some((key, numbers?))).collect()
}
