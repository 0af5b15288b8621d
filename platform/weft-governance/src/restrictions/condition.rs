//! A condition on rows as it is written, and what it comes to for one principal.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use weft_model::{AttributeValue, Column, DataType, Place, PortRef, Principal};

use super::typed;
use crate::{ColumnPath, Comparison, Literal, RowPredicate};

/// What stands after `when`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Constant(bool),
    Compare {
        column: ColumnName,
        comparison: Comparison,
        value: Value,
    },
    Among {
        column: ColumnName,
        values: Vec<Value>,
    },
    /// Among the texts of a list attribute.
    AmongAttribute {
        column: ColumnName,
        attribute: Attribute,
    },
    AmongPort {
        column: ColumnName,
        lookup: Lookup,
    },
    IsNull {
        column: ColumnName,
    },
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

/// A column, or a field within a struct.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnName {
    pub(crate) path: ColumnPath,
    pub(crate) place: Place,
}

/// `$principal.NAME`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) place: Place,
}

/// `domain.product.port.column WHERE …`: values of a column in another port.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lookup {
    pub(crate) port: PortRef,
    pub(crate) of: String,
    pub(crate) only: Box<Condition>,
    pub(crate) place: Place,
}

/// A value that a column is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) kind: ValueKind,
    pub(crate) place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ValueKind {
    Literal(Literal),
    /// The day of the question, in UTC, and so many days later.
    Today {
        days: i64,
    },
    Attribute(String),
}

/// For whom, and when, a condition is worked out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) at: DateTime<Utc>,
}

impl Condition {
    /// The condition with every value filled in. A comparison with an attribute that `asker` lacks,
    /// or that no value of the column's type can be made of, is unknown.
    ///
    /// # Errors
    ///
    /// In words for the log, if the condition does not fit `columns`.
    pub(crate) fn for_asker(&self, asker: Asker<'_>, columns: &[Column]) -> Result<RowPredicate, String> {
        let each = |parts: &[Condition]| -> Result<Vec<RowPredicate>, String> {
            parts.iter().map(|part| part.for_asker(asker, columns)).collect()
        };
        Ok(match self {
            Condition::Constant(true) => RowPredicate::All(Vec::new()),
            Condition::Constant(false) => RowPredicate::Any(Vec::new()),
            Condition::Compare { column, comparison, value } => match value
                .for_asker(asker, column.type_in(columns)?)?
            {
                Some(value) => RowPredicate::Compare { column: column.path.clone(), comparison: *comparison, value },
                None => RowPredicate::Unknown,
            },
            Condition::Among { column, values } => {
                let data_type = column.type_in(columns)?;
                let found: Result<Vec<_>, _> = values.iter().map(|value| value.for_asker(asker, data_type)).collect();
                among(column, found?)
            }
            Condition::AmongAttribute { column, attribute } => {
                let data_type = column.type_in(columns)?;
                match list_attribute(asker.principal, &attribute.name) {
                    Some(texts) => {
                        among(column, texts.into_iter().map(|text| typed::text_as(text, data_type)).collect())
                    }
                    None => RowPredicate::Unknown,
                }
            }
            Condition::AmongPort { column, lookup } => {
                column.type_in(columns)?;
                let only = lookup.only.for_lookup(asker)?;
                // What is looked up for nobody finds nothing, and under a NOT that would be everything.
                if is_open(&only) {
                    return Ok(RowPredicate::Unknown);
                }
                let (column, port, of) = (column.path.clone(), lookup.port.clone(), lookup.of.clone());
                RowPredicate::InPort { column, port, of, only: Box::new(only) }
            }
            Condition::IsNull { column } => {
                column.type_in(columns)?;
                RowPredicate::IsNull { column: column.path.clone() }
            }
            Condition::All(parts) => RowPredicate::All(each(parts)?),
            Condition::Any(parts) => RowPredicate::Any(each(parts)?),
            Condition::Not(inner) => RowPredicate::Not(Box::new(inner.for_asker(asker, columns)?)),
        })
    }

    /// The same for the rows of another port, whose columns are not at hand: they were checked when
    /// the restrictions were read, and whoever reads the port checks them against its table.
    fn for_lookup(&self, asker: Asker<'_>) -> Result<RowPredicate, String> {
        let each = |parts: &[Condition]| -> Result<Vec<RowPredicate>, String> {
            parts.iter().map(|part| part.for_lookup(asker)).collect()
        };
        Ok(match self {
            Condition::Constant(true) => RowPredicate::All(Vec::new()),
            Condition::Constant(false) => RowPredicate::Any(Vec::new()),
            Condition::Compare { column, comparison, value } => match value.untyped(asker) {
                Some(value) => RowPredicate::Compare { column: column.path.clone(), comparison: *comparison, value },
                None => RowPredicate::Unknown,
            },
            Condition::Among { column, values } => {
                among(column, values.iter().map(|value| value.untyped(asker)).collect())
            }
            Condition::AmongAttribute { column, attribute } => match list_attribute(asker.principal, &attribute.name) {
                Some(texts) => {
                    among(column, texts.into_iter().map(|text| Some(Literal::Text(text.to_owned()))).collect())
                }
                None => RowPredicate::Unknown,
            },
            Condition::AmongPort { .. } => return Err("a lookup within a lookup".to_owned()),
            Condition::IsNull { column } => RowPredicate::IsNull { column: column.path.clone() },
            Condition::All(parts) => RowPredicate::All(each(parts)?),
            Condition::Any(parts) => RowPredicate::Any(each(parts)?),
            Condition::Not(inner) => RowPredicate::Not(Box::new(inner.for_lookup(asker)?)),
        })
    }
}

/// Whether something in `predicate` is unknown, whatever row it meets.
fn is_open(predicate: &RowPredicate) -> bool {
    match predicate {
        RowPredicate::Unknown => true,
        RowPredicate::All(parts) | RowPredicate::Any(parts) => parts.iter().any(is_open),
        RowPredicate::Not(inner) => is_open(inner),
        _ => false,
    }
}

/// A list that lacks a value compares with it to unknown, as with NULL in SQL.
fn among(column: &ColumnName, values: Vec<Option<Literal>>) -> RowPredicate {
    let is_whole = values.iter().all(Option::is_some);
    let known = RowPredicate::In { column: column.path.clone(), values: values.into_iter().flatten().collect() };
    if is_whole { known } else { RowPredicate::Any(vec![known, RowPredicate::Unknown]) }
}

/// The texts of an attribute. None where it is empty, as where it is missing: under a NOT it would
/// else open every row.
fn list_attribute<'a>(principal: &'a Principal, name: &str) -> Option<Vec<&'a str>> {
    let texts: Vec<&str> = match name {
        "groups" => principal.groups.iter().map(String::as_str).collect(),
        _ => match principal.attributes.get(name)? {
            AttributeValue::Texts(texts) => texts.iter().map(String::as_str).collect(),
            AttributeValue::Text(text) => vec![text],
            AttributeValue::Boolean(_) | AttributeValue::Integer(_) => return None,
        },
    };
    (!texts.is_empty()).then_some(texts)
}

impl ColumnName {
    /// The type of what is named.
    pub(crate) fn find<'c>(&self, columns: &'c [Column]) -> Option<&'c DataType> {
        let (name, below) = self.path.split_first()?;
        let mut found = &columns.iter().find(|column| column.name == *name)?.data_type;
        for name in below {
            let DataType::Struct(fields) = found else { return None };
            found = &fields.iter().find(|field| field.name == *name)?.data_type;
        }
        Some(found)
    }

    fn type_in<'c>(&self, columns: &'c [Column]) -> Result<&'c DataType, String> {
        self.find(columns).ok_or_else(|| format!("a condition names `{}`, which is not there", self.written()))
    }

    pub(crate) fn written(&self) -> String {
        self.path.join(".")
    }
}

impl Value {
    /// The value for `asker`, as one of `data_type`; none where there is no such value.
    fn for_asker(&self, asker: Asker<'_>, data_type: &DataType) -> Result<Option<Literal>, String> {
        match &self.kind {
            ValueKind::Literal(literal) => match typed::fit(literal, data_type) {
                Some(fitting) => Ok(Some(fitting)),
                None => Err(format!("{literal:?} is no value of type {data_type}")),
            },
            ValueKind::Today { .. } => Ok(self.untyped(asker).and_then(|day| typed::fit(&day, data_type))),
            ValueKind::Attribute(name) => Ok(match scalar_attribute(asker.principal, name) {
                Some(Literal::Text(text)) => typed::text_as(&text, data_type),
                Some(literal) => typed::fit(&literal, data_type),
                None => None,
            }),
        }
    }

    fn untyped(&self, asker: Asker<'_>) -> Option<Literal> {
        match &self.kind {
            ValueKind::Literal(literal) => Some(literal.clone()),
            ValueKind::Today { days } => shifted(asker.at.date_naive(), *days).map(Literal::Date),
            ValueKind::Attribute(name) => scalar_attribute(asker.principal, name),
        }
    }
}

fn shifted(day: NaiveDate, days: i64) -> Option<NaiveDate> {
    day.checked_add_signed(Duration::try_days(days)?)
}

fn scalar_attribute(principal: &Principal, name: &str) -> Option<Literal> {
    if name == "name" {
        return Some(Literal::Text(principal.name.clone()));
    }
    match principal.attributes.get(name)? {
        AttributeValue::Boolean(value) => Some(Literal::Boolean(*value)),
        AttributeValue::Integer(value) => Some(Literal::Integer(*value)),
        AttributeValue::Text(text) => Some(Literal::Text(text.clone())),
        AttributeValue::Texts(_) => None,
    }
}
