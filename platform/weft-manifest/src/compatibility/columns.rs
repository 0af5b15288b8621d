//! Columns, and their parts at any depth.

use weft_model::compatibility::{Change, Grade, Rule, Sign};

use super::pairs::{Pair, pairs};
use super::scope::Scope;
use super::typed::{distance_metric, element_type, logical_type};
use super::{access, constraints, meaning, quality, relationships, types};
use crate::mesh::column_type::stored_name;
use crate::odcs::{LogicalType, MapType, Property};

/// What this and the modules beside it judge of a column; the rest is text.
const JUDGED: &[&str] = &[
    "name",
    "physicalName",
    "description",
    "deprecated",
    "logicalType",
    "logicalTypeOptions",
    "physicalType",
    "required",
    "unique",
    "primaryKey",
    "primaryKeyPosition",
    "partitioned",
    "partitionKeyPosition",
    "classification",
    "semanticType",
    "transformLogic",
    "enum",
    "relationships",
    "quality",
    "properties",
    "items",
    "map",
    "customProperties",
];

/// Pairs columns as one list has them in the other: by id, else by name.
pub(super) fn paired<'a>(old: Option<&'a [Property]>, new: Option<&'a [Property]>) -> Vec<Pair<'a, Property>> {
    let id = |property: &Property| property.id.as_ref().map(|id| id.0.clone());
    let name = |property: &Property| property.name.clone();
    pairs(old, new, &[&id, &name])
}

/// The named parts of a table or an object; `whole` is the object's column, before and after.
pub(super) fn changes(
    old: Option<&[Property]>,
    new: Option<&[Property]>,
    whole: Option<(&Property, &Property)>,
    scope: &Scope,
    found: &mut Vec<Change>,
) {
    for pair in paired(old, new) {
        match pair {
            Pair::Both(old, new) => {
                let by_whole =
                    whole.map_or((false, false), |(before, after)| (requires(before, old), requires(after, new)));
                column(old, new, by_whole, &inside(scope, old), found);
            }
            Pair::Removed(old) => {
                let change = inside(scope, old).change(Rule::ColumnRemoved, Sign::Removed);
                found.push(change.from_to(Some(types::word(old)), None));
            }
            Pair::Added(new) => found.push(added(new, &inside(scope, new))),
        }
    }
}

/// Whether an object requires its part by name.
fn requires(whole: &Property, part: &Property) -> bool {
    let required = whole.logical_type_options.as_ref().and_then(|options| options.required.as_ref());
    required.is_some_and(|required| required.iter().any(|required| required == name(part)))
}

fn name(property: &Property) -> &str {
    property.name.as_deref().unwrap_or_default()
}

fn inside(scope: &Scope, property: &Property) -> Scope {
    scope.inside(name(property), stored_name(property).unwrap_or_default())
}

fn added(new: &Property, scope: &Scope) -> Change {
    let is_required = new.required == Some(true) || new.primary_key == Some(true);
    let rule = if is_required { Rule::RequiredColumnAdded } else { Rule::OptionalColumnAdded };
    let mut change = scope.change(rule, Sign::Added).from_to(None, Some(types::word(new)));
    // Grants say which classes they reach: whoever holds one must look whether this is among them.
    if new.classification.as_deref().is_some_and(access::is_sensitive) {
        change.grades.access_holders = Grade::Warning;
    }
    change
}

/// One column or part that both contracts have. `by_whole` says whether the object around it
/// requires it, before and after.
fn column(old: &Property, new: &Property, by_whole: (bool, bool), scope: &Scope, found: &mut Vec<Change>) {
    if old == new && by_whole.0 == by_whole.1 {
        return;
    }
    let stored = |property: &Property| stored_name(property).map(str::to_owned);
    if old.name != new.name {
        found.push(scope.aspect(Rule::Renamed, "name", old.name.clone(), new.name.clone()));
    } else if stored_name(old) != stored_name(new) {
        found.push(scope.aspect(Rule::Renamed, "physicalName", stored(old), stored(new)));
    } else if old.physical_name != new.physical_name {
        found.push(scope.aspect(Rule::TextChanged, "physicalName", stored(old), stored(new)));
    }
    found.extend(types::change(old, new, scope));
    required(old.required == Some(true) || by_whole.0, new.required == Some(true) || by_whole.1, scope, found);
    if !scope.is_top_level() && (old.primary_key == Some(true)) != (new.primary_key == Some(true)) {
        found.push(scope.change(Rule::KeyChanged, Sign::Changed).aspect("primaryKey"));
    }
    constraints::changes(old, new, scope, found);
    vector(old, new, scope, found);
    meaning::column(old, new, scope, found);
    access::classification(old.classification.as_deref(), new.classification.as_deref(), scope, found);
    relationships::of_column(old.relationships.as_deref(), new.relationships.as_deref(), scope, found);
    quality::changes(old.quality.as_deref(), new.quality.as_deref(), quality::Level::Column, scope, found);
    other_options(old, new, scope, found);
    scope.rest(old, new, JUDGED, found);
    parts(old, new, scope, found);
}

/// Options that are judged with the type, the vector or the meaning.
const OTHER_OPTIONS: &[&str] = &[
    "timezone",
    "defaultTimezone",
    "required",
    "dimensions",
    "elementType",
    "distanceMetric",
    "normalized",
    "embeddingModel",
    "embeddingModelVersion",
];

/// Options that rule nothing out, such as how a date is written.
fn other_options(old: &Property, new: &Property, scope: &Scope, found: &mut Vec<Change>) {
    let mut judged = [constraints::OPTIONS, OTHER_OPTIONS].concat();
    if matches!(logical_type(new), Some(LogicalType::String | LogicalType::Integer | LogicalType::Number)) {
        judged.push("format");
    }
    scope.rest(&old.logical_type_options, &new.logical_type_options, &judged, found);
}

fn required(before: bool, after: bool, scope: &Scope, found: &mut Vec<Change>) {
    match (before, after) {
        (false, true) => found.push(scope.change(Rule::NowRequired, Sign::Added).aspect("required")),
        (true, false) => found.push(scope.change(Rule::NowNullable, Sign::Removed).aspect("required")),
        _ => {}
    }
}

/// What a vector is made of: another model's numbers mean nothing to those who hold the old ones.
fn vector(old: &Property, new: &Property, scope: &Scope, found: &mut Vec<Change>) {
    if (logical_type(old), logical_type(new)) != (Some(LogicalType::Vector), Some(LogicalType::Vector)) {
        return;
    }
    let shape = |property: &Property| {
        let options = property.logical_type_options.as_ref();
        [
            ("dimensions", options.and_then(|o| o.dimensions).map(|n| n.to_string())),
            ("elementType", Some(element_type(options).as_str().to_owned())),
            ("distanceMetric", distance_metric(options).map(|metric| metric.as_str().to_owned())),
            ("normalized", Some((options.and_then(|o| o.normalized) == Some(true)).to_string())),
            ("embeddingModel", options.and_then(|o| o.embedding_model.clone())),
            ("embeddingModelVersion", options.and_then(|o| o.embedding_model_version.clone())),
        ]
    };
    for ((aspect, before), (_, after)) in shape(old).into_iter().zip(shape(new)) {
        if before != after {
            found.push(scope.aspect(Rule::VectorChanged, aspect, before, after));
        }
    }
}

/// Parts of nested columns: fields, the element of a list, a map's keys and values.
fn parts(old: &Property, new: &Property, scope: &Scope, found: &mut Vec<Change>) {
    changes(old.properties.as_deref(), new.properties.as_deref(), Some((old, new)), scope, found);
    part(old.items.as_deref(), new.items.as_deref(), "[]", scope, found);
    part(map(old).map(|map| &map.key), map(new).map(|map| &map.key), "{key}", scope, found);
    part(map(old).map(|map| &map.value), map(new).map(|map| &map.value), "{}", scope, found);
}

fn map(property: &Property) -> Option<&MapType> {
    property.map.as_deref()
}

/// A part that has no name of its own.
fn part(old: Option<&Property>, new: Option<&Property>, sign: &str, scope: &Scope, found: &mut Vec<Change>) {
    let inner = scope.inside(sign, sign);
    match (old, new) {
        (Some(old), Some(new)) => column(old, new, (false, false), &inner, found),
        // The element's type is told now, or no longer.
        (None, Some(new)) => found.push(inner.aspect(Rule::TypeAdded, "type", None, Some(types::word(new)))),
        (Some(old), None) => found.push(inner.aspect(Rule::TypeRemoved, "type", Some(types::word(old)), None)),
        (None, None) => {}
    }
}
