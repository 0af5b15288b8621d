//! A contract laid out for its rules: tables, and all fields of each at every depth.

use crate::form::{Document, Spot};
use crate::odcs::{DataContract, DataQuality, LogicalType, Property, SchemaObject};

use super::Scope;

/// Longest path of a field that is kept in full. No reference means a longer one.
pub(super) const PATH_BYTES_MAX: usize = 512;

/// A contract and where each of its parts stands.
#[derive(Debug)]
pub(super) struct ContractText<'d> {
    pub(super) root: Spot<'d>,
    pub(super) value: &'d DataContract,
    pub(super) tables: Vec<Table<'d>>,
    pub(super) scope: Scope,
    /// Whether every part of the text was read.
    pub(super) is_whole: bool,
}

/// One table of a contract.
#[derive(Debug)]
pub(super) struct Table<'d> {
    pub(super) spot: Spot<'d>,
    pub(super) object: &'d SchemaObject,
    /// Outer before inner, in the order written.
    pub(super) fields: Vec<Field<'d>>,
}

/// A column of a table, or a part of one.
#[derive(Debug)]
pub(super) struct Field<'d> {
    pub(super) spot: Spot<'d>,
    pub(super) property: &'d Property,
    /// Names from the column down, with dots between; `[]` for an item, `{}` for a map's value.
    pub(super) path: String,
    /// The field that this is a part of, by its index in the table.
    pub(super) outer: Option<usize>,
    pub(super) logical_type: Option<LogicalType>,
}

/// A quality rule and what it judges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule<'c, 'd> {
    pub(super) spot: Spot<'d>,
    pub(super) quality: &'d DataQuality,
    pub(super) table: &'c Table<'d>,
    /// `None` for a rule of the table as a whole.
    pub(super) field: Option<&'c Field<'d>>,
}

impl<'d> ContractText<'d> {
    pub(super) fn of(document: &'d Document<DataContract>, scope: Scope) -> Self {
        let (root, value) = (document.spot(), &document.value);
        let tables = root.each("schema", &value.schema).into_iter().map(|(spot, object)| Table::of(spot, object));
        ContractText { root, value, tables: tables.collect(), scope, is_whole: !document.has_errors }
    }

    /// Every field of every table.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field<'d>> {
        self.tables.iter().flat_map(|table| &table.fields)
    }

    /// Every quality rule, those of a table before those of its fields.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule<'_, 'd>> {
        self.tables.iter().flat_map(|table| {
            let own = table.spot.each("quality", &table.object.quality).into_iter().map(|rule| (rule, None));
            let of_field = |field: &Field<'d>| field.spot.each("quality", &field.property.quality);
            let inner = table
                .fields
                .iter()
                .flat_map(move |field| of_field(field).into_iter().map(move |rule| (rule, Some(field))));
            own.chain(inner).map(move |((spot, quality), field)| Rule { spot, quality, table, field })
        })
    }
}

impl<'d> Table<'d> {
    fn of(spot: Spot<'d>, object: &'d SchemaObject) -> Self {
        let mut table = Table { spot, object, fields: Vec::new() };
        for (spot, property) in spot.each("properties", &object.properties) {
            table.add(spot, property, joined("", property.name.as_deref().unwrap_or_default()), None);
        }
        table
    }

    fn add(&mut self, spot: Spot<'d>, property: &'d Property, path: String, outer: Option<usize>) {
        let here = Some(self.fields.len());
        let below = |name: &str| joined(&path, name);
        let mut parts: Vec<(Spot<'d>, &'d Property, String)> = Vec::new();
        for (spot, part) in spot.each("properties", &property.properties) {
            parts.push((spot, part, below(part.name.as_deref().unwrap_or_default())));
        }
        if let (Some(spot), Some(item)) = (spot.get("items"), &property.items) {
            parts.push((spot, item, below("[]")));
        }
        if let (Some(spot), Some(map)) = (spot.get("map"), &property.map) {
            let both = [("key", "{key}", &map.key), ("value", "{}", &map.value)];
            parts.extend(both.into_iter().filter_map(|(key, name, part)| Some((spot.get(key)?, part, below(name)))));
        }
        self.fields.push(Field { spot, property, path, outer, logical_type: property.logical_type() });
        for (spot, part, path) in parts {
            self.add(spot, part, path, here);
        }
    }

    /// The columns: fields that are no part of another.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Field<'d>> {
        self.fields.iter().filter(|field| field.outer.is_none())
    }
}

/// A path and a name below it, cut short where it would grow beyond measure.
pub(super) fn joined(path: &str, name: &str) -> String {
    match path {
        _ if path.len() + name.len() > PATH_BYTES_MAX => format!("…{}", crate::form::clipped(name)),
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

impl<'d> Field<'d> {
    /// The place of one of its logical type options, or of the field where that is left out.
    pub(super) fn option(&self, key: &str) -> weft_model::Place {
        self.spot.get("logicalTypeOptions").unwrap_or(self.spot).at(key)
    }

    /// What a person would call it.
    pub(super) fn noun(&self) -> String {
        format!("`{}`", crate::form::clipped(&self.path))
    }

    /// Whether its values are single values.
    pub(super) fn is_scalar(&self) -> bool {
        let nested = [LogicalType::Object, LogicalType::Array, LogicalType::Map, LogicalType::Vector];
        self.logical_type.is_none_or(|logical_type| !nested.contains(&logical_type))
    }
}
