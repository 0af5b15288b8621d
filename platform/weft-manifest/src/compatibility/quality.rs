//! Quality rules: which are promises, and what they permit before and after.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use weft_model::compatibility::{Change, Rule, Sign};

use super::pairs::{Pair, content, pairs};
use super::scope::Scope;
use super::shift::{Shift, by_probing, probes};
use super::typed::{metric, number, quality_type, range};
use crate::odcs::{DataQuality, Metric, QualityType};

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Table,
    Column,
}

/// Changes of the quality rules of a table or a column: one a rule.
pub(super) fn changes(
    old: Option<&[DataQuality]>,
    new: Option<&[DataQuality]>,
    level: Level,
    scope: &Scope,
    found: &mut Vec<Change>,
) {
    let id = |rule: &DataQuality| rule.id.as_ref().map(|id| id.0.clone());
    let name = |rule: &DataQuality| rule.name.clone();
    let check = |rule: &DataQuality| {
        content(&(quality_type(rule), metric(rule), &rule.query, &rule.engine, &rule.implementation))
    };
    let nameless = |rule: &DataQuality| rule.name.is_none().then(String::new);
    for pair in pairs(old, new, &[&id, &name, &content, &check, &nameless]) {
        let (old, new) = match pair {
            Pair::Both(old, new) if old == new => continue,
            Pair::Both(old, new) => (Some(old), Some(new)),
            Pair::Removed(old) => (Some(old), None),
            Pair::Added(new) => (None, Some(new)),
        };
        let promise = |rule: Option<&DataQuality>| rule.is_some_and(|rule| is_promise(rule, level));
        let shift = match (old, new) {
            (Some(old), Some(new)) if promise(Some(old)) && promise(Some(new)) => between(old, new),
            _ => Shift::of_presence(promise(old), promise(new)),
        };
        let sign = match (old, new) {
            (None, _) => Sign::Added,
            (_, None) => Sign::Removed,
            _ => Sign::Changed,
        };
        let aspect = format!("quality rule {}", new.or(old).map(title).unwrap_or_default());
        let written = |rule: Option<&DataQuality>| rule.map(demand).filter(|text| !text.is_empty());
        let (before, after) = (written(old), written(new));
        let rule = shift.quality_rule().unwrap_or(Rule::QualityAdvice);
        found.push(scope.change(rule, sign).aspect(aspect.trim_end()).from_to(before, after));
    }
}

/// Whether data that fails the rule is refused: it blocks, and it can run where it stands.
fn is_promise(rule: &DataQuality, level: Level) -> bool {
    if rule.only_warns() || Threshold::of(rule).is_none() {
        return false;
    }
    match (quality_type(rule), metric(rule)) {
        (Some(QualityType::Sql), _) => rule.query.is_some(),
        (Some(QualityType::Custom | QualityType::Text), _) | (_, None) => false,
        (_, Some(metric)) => {
            let (fits_level, takes_percent) = match metric {
                Metric::RowCount => (level == Level::Table, false),
                Metric::DuplicateValues => (true, false),
                Metric::NullValues | Metric::MissingValues | Metric::InvalidValues => (level == Level::Column, true),
            };
            let has_arguments = metric != Metric::InvalidValues
                || argument(rule, "validValues").or(argument(rule, "pattern")).is_some();
            fits_level && has_arguments && (takes_percent || !is_percent(rule))
        }
    }
}

/// How what two promises permit differs.
fn between(old: &DataQuality, new: &DataQuality) -> Shift {
    let is_library = |rule: &DataQuality| !matches!(quality_type(rule), Some(QualityType::Sql | QualityType::Custom));
    let mut shift = thresholds(old, new, is_library(new));
    if is_percent(old) != is_percent(new) {
        shift = shift | Shift::UNDETERMINED;
    }
    let as_written =
        |rule: &DataQuality| rule.query.as_deref().map(|q| q.split_whitespace().collect::<Vec<_>>().join(" "));
    if is_library(old) != is_library(new) || as_written(old) != as_written(new) {
        return shift | Shift::UNDETERMINED;
    }
    shift | metrics(old, new)
}

fn metrics(old: &DataQuality, new: &DataQuality) -> Shift {
    match (metric(old), metric(new)) {
        (Some(before), Some(after)) if before == after => arguments(old, new, after),
        // What counts nulls counts less than what counts nulls and marks.
        (Some(Metric::NullValues), Some(Metric::MissingValues)) if list(new, "missingValues").is_empty() => Shift::NONE,
        (Some(Metric::MissingValues), Some(Metric::NullValues)) if list(old, "missingValues").is_empty() => Shift::NONE,
        (Some(Metric::NullValues), Some(Metric::MissingValues)) => counting(new, true),
        (Some(Metric::MissingValues), Some(Metric::NullValues)) => counting(new, false),
        (None, None) => Shift::NONE,
        _ => Shift::UNDETERMINED,
    }
}

fn arguments(old: &DataQuality, new: &DataQuality, metric: Metric) -> Shift {
    // Whether a further item makes the rule count more rows as bad.
    let lists: &[(&str, bool)] = match metric {
        Metric::InvalidValues => &[("validValues", false)],
        Metric::MissingValues => &[("missingValues", true)],
        Metric::DuplicateValues => &[("properties", false)],
        Metric::NullValues | Metric::RowCount => &[],
    };
    let mut shift = Shift::NONE;
    for (name, more) in lists {
        let (before, after) = (list(old, name), list(new, name));
        if before == after {
            continue;
        }
        let is_list = |rule: &DataQuality| argument(rule, name).is_some() || metric == Metric::MissingValues;
        if !is_list(old) || !is_list(new) {
            shift = shift | Shift::UNDETERMINED;
            continue;
        }
        if after.difference(&before).next().is_some() {
            shift = shift | counting(new, *more);
        }
        if before.difference(&after).next().is_some() {
            shift = shift | counting(new, !*more);
        }
    }
    let pattern = |rule| argument(rule, "pattern");
    if metric == Metric::InvalidValues && pattern(old) != pattern(new) {
        shift = shift | Shift::UNDETERMINED;
    }
    shift
}

/// What counting more bad rows, or fewer, does to a rule under its own threshold.
fn counting(rule: &DataQuality, more: bool) -> Shift {
    let Some(threshold) = Threshold::of(rule) else { return Shift::UNDETERMINED };
    let Some(mut bounds) = threshold.bounds() else { return Shift::UNDETERMINED };
    bounds.push(0.0);
    let passes: Vec<bool> = probes(&bounds, !is_percent(rule))
        .into_iter()
        .filter(|count| *count >= 0.0)
        .map(|count| threshold.passes(count))
        .collect();
    let up_to_a_limit = passes.is_sorted_by(|a, b| a >= b);
    let from_a_limit = passes.is_sorted();
    match (up_to_a_limit, from_a_limit) {
        (true, true) => Shift::NONE,
        (true, false) if more => Shift::TIGHTER,
        (false, true) if !more => Shift::TIGHTER,
        (false, false) => Shift::BOTH,
        _ => Shift::LOOSER,
    }
}

fn thresholds(old: &DataQuality, new: &DataQuality, counts_rows: bool) -> Shift {
    let (Some(before), Some(after)) = (Threshold::of(old), Threshold::of(new)) else { return Shift::UNDETERMINED };
    if before == after {
        return Shift::NONE;
    }
    let (Some(bounds), Some(more)) = (before.bounds(), after.bounds()) else { return Shift::UNDETERMINED };
    let bounds = [bounds, more].concat();
    let whole = counts_rows && !is_percent(old) && !is_percent(new);
    by_probing(|value| before.passes(value), |value| after.passes(value), &bounds, whole)
}

/// What the count of a rule must be. Bounds of a range belong to it.
#[derive(Clone, Debug, PartialEq)]
enum Threshold {
    Is(Json),
    IsNot(Json),
    Above(f64),
    AtLeast(f64),
    Below(f64),
    AtMost(f64),
    Within(f64, f64),
    Outside(f64, f64),
}

impl Threshold {
    fn of(rule: &DataQuality) -> Option<Threshold> {
        let is = rule.must_be.clone().map(Threshold::Is);
        is.or_else(|| rule.must_not_be.clone().map(Threshold::IsNot))
            .or(number(&rule.must_be_greater_than).map(Threshold::Above))
            .or(number(&rule.must_be_greater_or_equal_to).map(Threshold::AtLeast))
            .or(number(&rule.must_be_less_than).map(Threshold::Below))
            .or(number(&rule.must_be_less_or_equal_to).map(Threshold::AtMost))
            .or_else(|| range(&rule.must_be_between).map(|(low, high)| Threshold::Within(low, high)))
            .or_else(|| range(&rule.must_not_be_between).map(|(low, high)| Threshold::Outside(low, high)))
    }

    /// Where the answer changes; `None` where the value is not a number.
    fn bounds(&self) -> Option<Vec<f64>> {
        match self {
            Threshold::Is(value) | Threshold::IsNot(value) => value.as_f64().map(|value| vec![value]),
            Threshold::Above(value)
            | Threshold::AtLeast(value)
            | Threshold::Below(value)
            | Threshold::AtMost(value) => Some(vec![*value]),
            Threshold::Within(low, high) | Threshold::Outside(low, high) => Some(vec![*low, *high]),
        }
    }

    fn passes(&self, count: f64) -> bool {
        match self {
            Threshold::Is(value) => value.as_f64() == Some(count),
            Threshold::IsNot(value) => value.as_f64() != Some(count),
            Threshold::Above(bound) => count > *bound,
            Threshold::AtLeast(bound) => count >= *bound,
            Threshold::Below(bound) => count < *bound,
            Threshold::AtMost(bound) => count <= *bound,
            Threshold::Within(low, high) => *low <= count && count <= *high,
            Threshold::Outside(low, high) => count < *low || *high < count,
        }
    }

    fn written(&self) -> String {
        match self {
            Threshold::Is(value) => format!("= {value}"),
            Threshold::IsNot(value) => format!("≠ {value}"),
            Threshold::Above(bound) => format!("> {bound}"),
            Threshold::AtLeast(bound) => format!("≥ {bound}"),
            Threshold::Below(bound) => format!("< {bound}"),
            Threshold::AtMost(bound) => format!("≤ {bound}"),
            Threshold::Within(low, high) => format!("{low} to {high}"),
            Threshold::Outside(low, high) => format!("not {low} to {high}"),
        }
    }
}

fn is_percent(rule: &DataQuality) -> bool {
    let unit = rule.unit.as_deref().unwrap_or_default().trim().to_lowercase();
    matches!(unit.as_str(), "percent" | "percentage" | "%")
}

fn argument<'r>(rule: &'r DataQuality, name: &str) -> Option<&'r Json> {
    rule.arguments.as_ref()?.get(name).filter(|value| !value.is_null())
}

/// The items of a list argument, as a set. Nulls are counted as missing in any case.
fn list(rule: &DataQuality, name: &str) -> BTreeSet<String> {
    let items = argument(rule, name).and_then(Json::as_array);
    items.into_iter().flatten().filter(|item| !item.is_null()).map(Json::to_string).collect()
}

fn title(rule: &DataQuality) -> String {
    let metric = metric(rule).map(|metric| metric.as_str().to_owned());
    let id = rule.id.as_ref().map(|id| id.0.clone());
    let kind = quality_type(rule).map(|kind| kind.as_str().to_owned());
    rule.name.clone().or(id).or(metric).or(kind).unwrap_or_default()
}

/// What the rule asks, and whether it asks with weight: `= 0`, `≤ 5 %, warning`.
fn demand(rule: &DataQuality) -> String {
    let percent = if is_percent(rule) { " %" } else { "" };
    let threshold = Threshold::of(rule).map(|threshold| format!("{}{percent}", threshold.written()));
    threshold.into_iter().chain(rule.severity.clone()).collect::<Vec<_>>().join(", ")
}
