//! What a column's values must satisfy: bounds, lengths, patterns, sets of values, uniqueness.

use std::collections::BTreeMap;

use weft_model::compatibility::{Change, Rule, Sign};

use super::instants;
use super::scope::{Scope, scalar};
use super::shift::{Shift, by_probing};
use super::typed::{logical_type, multiple_of};
use crate::form::Scalar;
use crate::odcs::{EnumValue, LogicalType, LogicalTypeOptions, Property};

/// Keys of `logicalTypeOptions` that this module judges.
pub(super) const OPTIONS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// How an option that counts is called, where it stands, and whether it bounds from below.
type Count = (&'static str, fn(&LogicalTypeOptions) -> Option<i64>, bool);

const COUNTS: &[Count] = &[
    ("minLength", |options| options.min_length, true),
    ("maxLength", |options| options.max_length, false),
    ("minItems", |options| options.min_items, true),
    ("maxItems", |options| options.max_items, false),
    ("minProperties", |options| options.min_properties, true),
    ("maxProperties", |options| options.max_properties, false),
];

/// Changes of what the values of a column must satisfy.
pub(super) fn changes(old: &Property, new: &Property, scope: &Scope, found: &mut Vec<Change>) {
    let (before, after) = (old.logical_type_options.as_ref(), new.logical_type_options.as_ref());
    for (name, get, is_lower) in COUNTS {
        let (before, after) = (before.and_then(get), after.and_then(get));
        let shift = count(before, after, *is_lower);
        found.extend(scope.bound(shift, name, before.map(|n| n.to_string()), after.map(|n| n.to_string())));
    }
    for (name, is_lower) in [("minimum", true), ("maximum", false)] {
        let (before, after) = (End::of(before, is_lower), End::of(after, is_lower));
        let shift = end_shift(&before, &after, logical_type(new));
        found.extend(scope.bound(shift, name, before.written(), after.written()));
    }
    let (part, new_part) = (multiple_of(before), multiple_of(after));
    let text = |number: Option<f64>| number.map(|number| number.to_string());
    found.extend(scope.bound(multiple(part, new_part), "multipleOf", text(part), text(new_part)));
    let both = |get: fn(&LogicalTypeOptions) -> Option<&String>| (before.and_then(get), after.and_then(get));
    let mut words = vec![("pattern", both(|options| options.pattern.as_ref()))];
    if (logical_type(old), logical_type(new)) == (Some(LogicalType::String), Some(LogicalType::String)) {
        words.push(("format", both(|options| options.format.as_ref())));
    }
    for (name, (before, after)) in words {
        found.extend(scope.bound(wording(before, after), name, before.cloned(), after.cloned()));
    }
    let unique_items = |options: &LogicalTypeOptions| options.unique_items;
    found.extend(flag(before.and_then(unique_items), after.and_then(unique_items), "uniqueItems", scope));
    found.extend(flag(old.unique, new.unique, "unique", scope));
    allowed_values(old.r#enum.as_deref(), new.r#enum.as_deref(), scope, found);
}

/// A flag that rules data out and that the platform checks.
fn flag(before: Option<bool>, after: Option<bool>, aspect: &str, scope: &Scope) -> Option<Change> {
    let (before, after) = (before == Some(true), after == Some(true));
    let rule = Shift::of_presence(before, after).quality_rule()?;
    let sign = if after { Sign::Added } else { Sign::Removed };
    Some(scope.change(rule, sign).aspect(aspect))
}

/// A text whose meaning cannot be compared.
fn wording(before: Option<&String>, after: Option<&String>) -> Shift {
    match (before, after) {
        (Some(before), Some(after)) if before != after => Shift::UNDETERMINED,
        (before, after) => Shift::of_presence(before.is_some(), after.is_some()),
    }
}

fn count(before: Option<i64>, after: Option<i64>, is_lower: bool) -> Shift {
    match (before, after) {
        (Some(before), Some(after)) if before == after => Shift::NONE,
        (Some(before), Some(after)) if (after > before) == is_lower => Shift::TIGHTER,
        (Some(_), Some(_)) => Shift::LOOSER,
        (before, after) => Shift::of_presence(before.is_some(), after.is_some()),
    }
}

fn multiple(before: Option<f64>, after: Option<f64>) -> Shift {
    let divides = |whole: f64, part: f64| (whole / part).fract() == 0.0;
    match (before, after) {
        (Some(before), Some(after)) if before == after => Shift::NONE,
        (Some(before), Some(after)) if divides(before, after) => Shift::LOOSER,
        (Some(before), Some(after)) if divides(after, before) => Shift::TIGHTER,
        (Some(_), Some(_)) => Shift::BOTH,
        (before, after) => Shift::of_presence(before.is_some(), after.is_some()),
    }
}

/// One end of a range as a contract writes it: the inclusive bound, the exclusive one, or both.
struct End<'o> {
    inclusive: Option<&'o Scalar>,
    exclusive: Option<&'o Scalar>,
    is_lower: bool,
}

/// What one end of a range rules out; `None` where a bound cannot be read.
type Bounds = Option<Vec<(f64, bool)>>;

impl<'o> End<'o> {
    fn of(options: Option<&'o LogicalTypeOptions>, is_lower: bool) -> Self {
        let (inclusive, exclusive) = match options {
            None => (None, None),
            Some(options) if is_lower => (options.minimum.as_ref(), options.exclusive_minimum.as_ref()),
            Some(options) => (options.maximum.as_ref(), options.exclusive_maximum.as_ref()),
        };
        End { inclusive, exclusive, is_lower }
    }

    fn is_open(&self) -> bool {
        self.inclusive.is_none() && matches!(self.exclusive, None | Some(Scalar::Boolean(_)))
    }

    /// The bounds as numbers, each with whether it is exclusive.
    fn bounds(&self, unit: f64) -> Bounds {
        // Before 3.2 the exclusive bound was a flag on the inclusive one.
        let inclusive_is_strict = matches!(self.exclusive, Some(Scalar::Boolean(true)));
        let exclusive = self.exclusive.filter(|value| !matches!(value, Scalar::Boolean(_)));
        let written = [(self.inclusive, inclusive_is_strict), (exclusive, true)];
        let read = |(value, strict): (Option<&Scalar>, bool)| {
            value.map(|value| Some((instants::number_or_instant(value)? / unit, strict)))
        };
        written.into_iter().filter_map(read).collect()
    }

    fn written(&self) -> Option<String> {
        let sign = if self.is_lower { '>' } else { '<' };
        match (self.inclusive, self.exclusive) {
            (_, Some(value)) if !matches!(value, Scalar::Boolean(_)) => Some(format!("{sign} {}", scalar(value))),
            (Some(value), Some(Scalar::Boolean(true))) => Some(format!("{sign} {}", scalar(value))),
            (Some(value), _) => Some(scalar(value)),
            (None, _) => None,
        }
    }

    fn is_as_in(&self, other: &End<'_>) -> bool {
        (self.inclusive, self.exclusive) == (other.inclusive, other.exclusive)
    }
}

fn end_shift(old: &End<'_>, new: &End<'_>, logical_type: Option<LogicalType>) -> Shift {
    if old.is_as_in(new) {
        return Shift::NONE;
    }
    if old.is_open() || new.is_open() {
        return Shift::of_presence(!old.is_open(), !new.is_open());
    }
    // A date holds whole days, and instants count seconds.
    let unit = if logical_type == Some(LogicalType::Date) { 86_400.0 } else { 1.0 };
    let whole = matches!(logical_type, Some(LogicalType::Integer | LogicalType::Date));
    let (Some(before), Some(after)) = (old.bounds(unit), new.bounds(unit)) else { return Shift::UNDETERMINED };
    let is_lower = old.is_lower;
    let accepts = |bounds: &[(f64, bool)], value: f64| {
        bounds.iter().all(|(bound, strict)| match (is_lower, strict) {
            (true, false) => value >= *bound,
            (true, true) => value > *bound,
            (false, false) => value <= *bound,
            (false, true) => value < *bound,
        })
    };
    let all: Vec<f64> = before.iter().chain(&after).map(|(bound, _)| *bound).collect();
    by_probing(|value| accepts(&before, value), |value| accepts(&after, value), &all, whole)
}

fn allowed_values(old: Option<&[EnumValue]>, new: Option<&[EnumValue]>, scope: &Scope, found: &mut Vec<Change>) {
    let (before, after) = match (old, new) {
        (None, None) => return,
        (Some(old), None) => {
            return found.push(scope.aspect(Rule::EnumGrown, "enum", Some(list(values(old).values())), None));
        }
        (None, Some(new)) => {
            return found.push(scope.aspect(Rule::EnumShrunk, "enum", None, Some(list(values(new).values()))));
        }
        (Some(old), Some(new)) => (values(old), values(new)),
    };
    let added: Vec<&String> = after.iter().filter(|(key, _)| !before.contains_key(*key)).map(|(_, v)| v).collect();
    let removed: Vec<&String> = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, v)| v).collect();
    let same_values = added.is_empty() && removed.is_empty();
    if !added.is_empty() {
        found.push(scope.aspect(Rule::EnumGrown, "enum values", None, Some(list(added))));
    }
    if !removed.is_empty() {
        found.push(scope.aspect(Rule::EnumShrunk, "enum values", Some(list(removed)), None));
    }
    if same_values && old != new {
        found.push(scope.change(Rule::TextChanged, Sign::Changed).aspect("labels of enum"));
    }
}

fn list<'v>(values: impl IntoIterator<Item = &'v String>) -> String {
    values.into_iter().cloned().collect::<Vec<_>>().join(", ")
}

/// The values by what they are: 1 equals 1.0 and differs from "1".
fn values(allowed: &[EnumValue]) -> BTreeMap<String, String> {
    let key = |value: &Scalar| match value {
        Scalar::Text(text) => format!("text {text}"),
        Scalar::Integer(number) => format!("number {}", *number as f64),
        other => format!("number {}", scalar(other)),
    };
    allowed.iter().map(|allowed| (key(&allowed.value), scalar(&allowed.value))).collect()
}
