//! What values mean, how long they are offered, and the words about them.

use weft_model::compatibility::{Change, Rule, Sign};

use super::pairs::{Pair, pairs};
use super::scope::{Scope, one_line};
use super::typed::{logical_type, semantic_type};
use crate::bitol::{Context, ContextConstraint, ContextOrText};
use crate::odcs::{LogicalType, Property, SchemaObject, SemanticType};

/// Words for units that a description may name. Currencies count in capitals only.
const UNITS: &[&str] = &[
    "euro",
    "euros",
    "dollar",
    "dollars",
    "cent",
    "cents",
    "percent",
    "millimetres",
    "centimetres",
    "metres",
    "kilometres",
    "km",
    "feet",
    "inches",
    "miles",
    "grams",
    "kilograms",
    "kg",
    "pounds",
    "lb",
    "litres",
    "gallons",
    "celsius",
    "fahrenheit",
    "kelvin",
    "microseconds",
    "milliseconds",
    "seconds",
    "minutes",
    "hours",
    "days",
    "weeks",
    "months",
    "years",
    "knots",
    "mph",
    "watts",
    "kilowatts",
    "bytes",
    "kilobytes",
    "megabytes",
    "gigabytes",
    "utc",
    "hectopascals",
    "millibars",
];

/// Changes of what a column means.
pub(super) fn column(old: &Property, new: &Property, scope: &Scope, found: &mut Vec<Change>) {
    let is_measure = |property: &Property| semantic_type(property) == SemanticType::Measure;
    let word = |property: &Property| Some(semantic_type(property).as_str().to_owned());
    if is_measure(old) != is_measure(new) {
        found.push(scope.aspect(Rule::MeasureChanged, "semanticType", word(old), word(new)));
    } else if semantic_type(old) != semantic_type(new) {
        found.push(scope.aspect(Rule::TextChanged, "semanticType", word(old), word(new)));
    }
    let logic = |property: &Property| property.transform_logic.as_deref().map(one_line_whole);
    let (before, after) = (logic(old), logic(new));
    if before != after {
        let rule = match (&before, &after) {
            _ if is_measure(old) && is_measure(new) => Rule::MeasureChanged,
            (Some(_), Some(_)) => Rule::MeaningChanged,
            _ => Rule::TextChanged,
        };
        let written = |logic: Option<String>| logic.as_deref().map(one_line);
        found.push(scope.aspect(rule, "transformLogic", written(before), written(after)));
    }
    time_zone(old, new, scope, found);
    description(old.description.as_deref(), new.description.as_deref(), scope, found);
    deprecated(old.deprecated, new.deprecated, scope, found);
    scope.custom_properties(old.custom_properties.as_deref(), new.custom_properties.as_deref(), found);
}

/// Changes of what a table means.
pub(super) fn table(old: &SchemaObject, new: &SchemaObject, scope: &Scope, found: &mut Vec<Change>) {
    description(old.description.as_deref(), new.description.as_deref(), scope, found);
    deprecated(old.deprecated, new.deprecated, scope, found);
    context(old.context.as_ref(), new.context.as_ref(), scope, found);
    scope.custom_properties(old.custom_properties.as_deref(), new.custom_properties.as_deref(), found);
}

/// Where a contract stands in its life: whether readers should leave.
pub(super) fn status(old: Option<&str>, new: Option<&str>, scope: &Scope, found: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let rule = match new.map(str::to_lowercase).as_deref() {
        Some("deprecated") if old != Some("retired") => Rule::Deprecated,
        Some("retired") => Rule::EndsEarlier,
        _ => Rule::TextChanged,
    };
    found.push(scope.aspect(rule, "status", old.map(one_line), new.map(one_line)));
}

/// What agents are told. What they must not do is more than text.
pub(super) fn context(
    old: Option<&ContextOrText>,
    new: Option<&ContextOrText>,
    scope: &Scope,
    found: &mut Vec<Change>,
) {
    if old == new {
        return;
    }
    let whole = |context: Option<&ContextOrText>| match context {
        Some(ContextOrText::Context(context)) => context.clone(),
        Some(ContextOrText::Instructions(text)) => {
            Context { instructions: Some(text.clone()), verified_statements: None, constraints: None }
        }
        None => Context { instructions: None, verified_statements: None, constraints: None },
    };
    let (old, new) = (whole(old), whole(new));
    let id = |constraint: &ContextConstraint| constraint.id.as_ref().map(|id| id.0.clone());
    let words = |constraint: &ContextConstraint| Some(constraint.constraint.clone());
    for pair in pairs(old.constraints.as_deref(), new.constraints.as_deref(), &[&id, &words]) {
        let (before, after) = match pair {
            Pair::Both(old, new) if old.constraint == new.constraint => {
                scope.rest(old, new, &["constraint"], found);
                continue;
            }
            Pair::Both(old, new) => (Some(one_line(&old.constraint)), Some(one_line(&new.constraint))),
            Pair::Removed(old) => (Some(one_line(&old.constraint)), None),
            Pair::Added(new) => (None, Some(one_line(&new.constraint))),
        };
        found.push(scope.aspect(Rule::ContextConstraintChanged, "context constraint", before, after));
    }
    scope.rest(&old, &new, &["constraints"], found);
}

/// Whether instants are read in another zone. A reading that becomes an instant is another type.
fn time_zone(old: &Property, new: &Property, scope: &Scope, found: &mut Vec<Change>) {
    let zone = |property: &Property| {
        let options = property.logical_type_options.as_ref();
        let is_timed = matches!(logical_type(property), Some(LogicalType::Timestamp | LogicalType::Time));
        is_timed.then(|| options.and_then(|o| o.default_timezone.clone()).unwrap_or_else(|| "Etc/UTC".to_owned()))
    };
    if let (Some(before), Some(after)) = (zone(old), zone(new))
        && before != after
    {
        found.push(scope.aspect(Rule::MeaningChanged, "defaultTimezone", Some(before), Some(after)));
    }
    let has_zone = |property: &Property| property.logical_type_options.as_ref().and_then(|o| o.timezone);
    let is_time = |property: &Property| logical_type(property) == Some(LogicalType::Time);
    if is_time(old) && is_time(new) && has_zone(old) != has_zone(new) {
        found.push(scope.change(Rule::MeaningChanged, Sign::Changed).aspect("timezone"));
    }
}

/// A description that differs in its units alone says that values mean something else.
fn description(old: Option<&str>, new: Option<&str>, scope: &Scope, found: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let other_unit = old.zip(new).is_some_and(|(old, new)| differ_in_units_alone(old, new));
    let rule = if other_unit { Rule::MeaningChanged } else { Rule::TextChanged };
    found.push(scope.aspect(rule, "description", old.map(one_line), new.map(one_line)));
}

fn differ_in_units_alone(old: &str, new: &str) -> bool {
    let words = |text: &'_ str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (old, new) = (words(old), words(new));
    let differing: Vec<_> = old.iter().zip(&new).filter(|(a, b)| a != b).collect();
    old.len() == new.len() && !differing.is_empty() && differing.iter().all(|(a, b)| is_unit(a) && is_unit(b))
}

fn is_unit(word: &str) -> bool {
    let is_currency = word.len() == 3 && word.chars().all(|c| c.is_ascii_uppercase());
    is_currency || UNITS.contains(&word.to_lowercase().replace("meter", "metre").as_str())
}

fn deprecated(old: Option<bool>, new: Option<bool>, scope: &Scope, found: &mut Vec<Change>) {
    match (old == Some(true), new == Some(true)) {
        (false, true) => found.push(scope.change(Rule::Deprecated, Sign::Added).aspect("deprecated")),
        (true, false) => found.push(scope.change(Rule::TextChanged, Sign::Removed).aspect("deprecated")),
        _ => {}
    }
}

/// Without regard to how lines are broken.
fn one_line_whole(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
