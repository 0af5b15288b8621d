//! Tables: coming, going, and what holds of one as a whole.

use weft_model::compatibility::{Change, Rule, Sign};

use super::pairs::{Pair, pairs};
use super::scope::{Scope, one_line};
use super::{columns, meaning, quality, relationships};
use crate::odcs::{Property, SchemaObject};

/// What this and the modules beside it judge of a table; the rest is text.
const JUDGED: &[&str] = &[
    "name",
    "physicalName",
    "description",
    "deprecated",
    "dataGranularityDescription",
    "properties",
    "relationships",
    "quality",
    "context",
    "customProperties",
];

/// Changes of the tables of two contracts.
pub(super) fn changes(old: Option<&[SchemaObject]>, new: Option<&[SchemaObject]>, found: &mut Vec<Change>) {
    let id = |table: &SchemaObject| table.id.as_ref().map(|id| id.0.clone());
    let name = |table: &SchemaObject| Some(table.name.clone());
    for pair in pairs(old, new, &[&id, &name]) {
        match pair {
            Pair::Both(old, new) if old == new => {}
            Pair::Both(old, new) => table(old, new, &Scope::table(&old.name), found),
            Pair::Removed(old) => found.push(Scope::table(&old.name).change(Rule::TableRemoved, Sign::Removed)),
            Pair::Added(new) => found.push(Scope::table(&new.name).change(Rule::TableAdded, Sign::Added)),
        }
    }
}

fn table(old: &SchemaObject, new: &SchemaObject, scope: &Scope, found: &mut Vec<Change>) {
    let stored = |table: &SchemaObject| table.physical_name.clone().unwrap_or_else(|| table.name.clone());
    if old.name != new.name {
        found.push(scope.aspect(Rule::Renamed, "name", Some(old.name.clone()), Some(new.name.clone())));
    } else if stored(old) != stored(new) {
        found.push(scope.aspect(Rule::Renamed, "physicalName", Some(stored(old)), Some(stored(new))));
    }
    let granularity = |table: &SchemaObject| table.data_granularity_description.as_deref().map(one_line);
    if granularity(old) != granularity(new) {
        found.push(scope.aspect(Rule::GranularityChanged, "granularity", granularity(old), granularity(new)));
    }
    let paired = columns::paired(old.properties.as_deref(), new.properties.as_deref());
    marked(&paired, Property::is_key, Rule::KeyChanged, "primary key", scope, found);
    marked(&paired, Property::is_partition, Rule::PartitioningChanged, "partition columns", scope, found);
    positions(&paired, scope, found);
    order(&paired, new.properties.as_deref().unwrap_or_default(), scope, found);
    columns::changes(old.properties.as_deref(), new.properties.as_deref(), None, scope, found);
    relationships::of_table(old.relationships.as_deref(), new.relationships.as_deref(), scope, found);
    quality::changes(old.quality.as_deref(), new.quality.as_deref(), quality::Level::Table, scope, found);
    meaning::table(old, new, scope, found);
    scope.rest(old, new, JUDGED, found);
}

impl Property {
    fn is_key(&self) -> bool {
        self.primary_key == Some(true)
    }

    fn is_partition(&self) -> bool {
        self.partitioned == Some(true)
    }

    fn key_position(&self) -> Option<i64> {
        self.primary_key_position.filter(|position| *position >= 0)
    }

    fn partition_position(&self) -> Option<i64> {
        self.partition_key_position.filter(|position| *position >= 0)
    }
}

/// Which columns are marked, as a set: a renamed column is the same one.
fn marked(
    paired: &[Pair<'_, Property>],
    is_marked: fn(&Property) -> bool,
    rule: Rule,
    aspect: &str,
    scope: &Scope,
    found: &mut Vec<Change>,
) {
    let differs = paired.iter().any(|pair| match pair {
        Pair::Both(old, new) => is_marked(old) != is_marked(new),
        Pair::Removed(column) | Pair::Added(column) => is_marked(column),
    });
    if !differs {
        return;
    }
    let old = paired.iter().filter_map(|pair| match pair {
        Pair::Both(old, _) | Pair::Removed(old) => is_marked(old).then_some(*old),
        Pair::Added(_) => None,
    });
    let new = paired.iter().filter_map(|pair| match pair {
        Pair::Both(_, new) | Pair::Added(new) => is_marked(new).then_some(*new),
        Pair::Removed(_) => None,
    });
    found.push(scope.aspect(rule, aspect, names(old), names(new)));
}

fn names<'p>(columns: impl Iterator<Item = &'p Property>) -> Option<String> {
    let names: Vec<&str> = columns.filter_map(|column| column.name.as_deref()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Positions within the key and the partition columns. A key is a set, whatever its order; where
/// partitions nest in another order, files lie elsewhere.
fn positions(paired: &[Pair<'_, Property>], scope: &Scope, found: &mut Vec<Change>) {
    let moved = |position: fn(&Property) -> Option<i64>, is_marked: fn(&Property) -> bool| {
        paired.iter().any(|pair| {
            matches!(pair, Pair::Both(old, new)
                if is_marked(old) == is_marked(new) && position(old) != position(new))
        })
    };
    if moved(Property::key_position, Property::is_key) {
        found.push(scope.change(Rule::TextChanged, Sign::Changed).aspect("order of primary key"));
    }
    if moved(Property::partition_position, Property::is_partition) {
        found.push(scope.change(Rule::PartitioningChanged, Sign::Changed).aspect("order of partition columns"));
    }
}

/// Whether columns that stay come in another order.
fn order(paired: &[Pair<'_, Property>], new: &[Property], scope: &Scope, found: &mut Vec<Change>) {
    let place: std::collections::HashMap<*const Property, usize> =
        new.iter().enumerate().map(|(i, column)| (std::ptr::from_ref(column), i)).collect();
    let places: Vec<Option<&usize>> = paired
        .iter()
        .filter_map(|pair| match pair {
            Pair::Both(_, new) => Some(place.get(&std::ptr::from_ref(*new))),
            _ => None,
        })
        .collect();
    if !places.is_sorted() {
        found.push(scope.change(Rule::ColumnsReordered, Sign::Changed).aspect("order of columns"));
    }
}
