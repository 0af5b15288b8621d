//! Which values a column's type can hold, and whether a condition compares like with like.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use weft_model::{Code, Column, DataType, Diagnostic, IntegerFormat, Place};

use super::condition::{ColumnName, Condition, Value, ValueKind};
use crate::names::nearest;
use crate::{Comparison, Literal, MeshFacts, Principals};

/// `literal` as a value of `data_type`; `None` where that type has no such value.
pub(crate) fn fit(literal: &Literal, data_type: &DataType) -> Option<Literal> {
    match (literal, data_type) {
        (Literal::Boolean(_), DataType::Boolean) | (Literal::Text(_), DataType::String) => Some(literal.clone()),
        (Literal::Integer(value), DataType::Integer(format)) => range(*format).contains(value).then(|| literal.clone()),
        (Literal::Integer(value), DataType::Float32 | DataType::Float64) => {
            // Beyond this a float does not hold every integer.
            (value.unsigned_abs() <= 1 << 24).then(|| literal.clone())
        }
        (Literal::Number(value), DataType::Float32 | DataType::Float64) => value.is_finite().then(|| literal.clone()),
        (Literal::Integer(value), DataType::Decimal { precision, scale }) => {
            let whole = 10_i128.checked_pow(u32::from(*precision).saturating_sub(scale.unsigned_abs().into()))?;
            (i128::from(*value).abs() < whole).then(|| literal.clone())
        }
        (Literal::Number(value), DataType::Decimal { precision, scale }) => {
            let unit = 10_f64.powi(i32::from(*scale));
            let fits = value.is_finite() && (value * unit).abs() < 10_f64.powi(i32::from(*precision));
            (fits && (value * unit).round() / unit == *value).then(|| literal.clone())
        }
        (Literal::Date(_), DataType::Date) | (Literal::Timestamp(_), DataType::Timestamp { .. }) => {
            Some(literal.clone())
        }
        (Literal::Date(day), DataType::Timestamp { .. }) => {
            Some(Literal::Timestamp(day.and_time(NaiveTime::MIN).and_utc()))
        }
        _ => None,
    }
}

fn range(format: IntegerFormat) -> std::ops::RangeInclusive<i64> {
    match format {
        IntegerFormat::I8 => i64::from(i8::MIN)..=i64::from(i8::MAX),
        IntegerFormat::I16 => i64::from(i16::MIN)..=i64::from(i16::MAX),
        IntegerFormat::I32 => i64::from(i32::MIN)..=i64::from(i32::MAX),
        IntegerFormat::I64 => i64::MIN..=i64::MAX,
    }
}

/// What the text of an attribute, or of a constant, means in a column of `data_type`.
pub(crate) fn text_as(text: &str, data_type: &DataType) -> Option<Literal> {
    match data_type {
        DataType::String => Some(Literal::Text(text.to_owned())),
        DataType::Date => date(text).map(Literal::Date),
        DataType::Timestamp { .. } => timestamp(text).map(Literal::Timestamp),
        DataType::Float32 | DataType::Float64 | DataType::Decimal { .. } => {
            text.parse().ok().and_then(|value| fit(&Literal::Number(value), data_type))
        }
        _ => None,
    }
}

pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// An instant with its offset, or without one in UTC.
pub(crate) fn timestamp(text: &str) -> Option<DateTime<chrono::Utc>> {
    let without_zone = || {
        let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
        formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()).map(|at| at.and_utc())
    };
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(without_zone)
}

/// What a condition is checked against.
pub(crate) struct Checker<'a> {
    pub(crate) facts: &'a MeshFacts,
    pub(crate) principals: &'a Principals,
    /// The port as written in messages.
    pub(crate) port: String,
    pub(crate) columns: &'a [Column],
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Checker<'_> {
    /// Tells every name that is not there and every comparison of unlike types.
    pub(crate) fn check(&mut self, condition: &Condition) {
        match condition {
            Condition::Constant(_) => {}
            Condition::Compare { column, comparison, value } => {
                if let Some(data_type) = self.comparable(column) {
                    if data_type == DataType::Boolean && !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
                    {
                        let message = format!("`{}` is a boolean, which is only equal or not", column.written());
                        self.tell(Code::RESTRICTION_TYPE, &column.place, message);
                    }
                    self.value(column, &data_type, value);
                }
            }
            Condition::Among { column, values } => {
                if let Some(data_type) = self.comparable(column) {
                    values.iter().for_each(|value| self.value(column, &data_type, value));
                }
            }
            Condition::AmongAttribute { column, attribute } => {
                if let Some(data_type) = self.comparable(column)
                    && text_as("", &data_type).is_none()
                    && !matches!(data_type, DataType::Date | DataType::Timestamp { .. })
                    && !matches!(data_type, DataType::Float32 | DataType::Float64 | DataType::Decimal { .. })
                {
                    let message = format!("`{}` is {data_type}, and list attributes hold texts", column.written());
                    self.tell(Code::RESTRICTION_TYPE, &column.place, message);
                }
                self.attribute(&attribute.name, &attribute.place);
            }
            Condition::AmongPort { column, lookup } => {
                let data_type = self.comparable(column);
                let Some(port) = self.facts.ports.get(&lookup.port) else {
                    if self.facts.is_part && !self.facts.domains.contains(&lookup.port.domain) {
                        return;
                    }
                    let message = format!("there is no port `{}`", lookup.port);
                    return self.tell(Code::RESTRICTION_TARGET, &lookup.place, message);
                };
                match (data_type, port.columns.iter().find(|column| column.name == lookup.of)) {
                    (_, None) => {
                        let message = format!("`{}` has no column `{}`", lookup.port, lookup.of);
                        self.tell(Code::RESTRICTION_TARGET, &lookup.place, message);
                    }
                    (Some(here), Some(there)) if here != there.data_type => {
                        let (one, other) = (column.written(), format!("{}.{}", lookup.port, lookup.of));
                        let message = format!("`{one}` is {here} and `{other}` is {}", there.data_type);
                        self.tell(Code::RESTRICTION_TYPE, &lookup.place, message);
                    }
                    _ => {}
                }
                let Checker { facts, principals, diagnostics, .. } = self;
                let port_name = lookup.port.to_string();
                Checker { facts, principals, port: port_name, columns: &port.columns, diagnostics }.check(&lookup.only);
            }
            Condition::IsNull { column } => {
                self.find(column);
            }
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| self.check(part)),
            Condition::Not(inner) => self.check(inner),
        }
    }

    fn find(&mut self, column: &ColumnName) -> Option<DataType> {
        let found = column.find(self.columns).cloned();
        if found.is_none() {
            let mut missing = Diagnostic::error(
                Code::RESTRICTION_TARGET,
                column.place.clone(),
                format!("`{}` has no column `{}`", self.port, column.written()),
            );
            let names = self.columns.iter().map(|column| column.name.as_str());
            if let Some(near) = column.path.first().and_then(|name| nearest(name, names)) {
                missing = missing.help(format!("did you mean `{near}`?"));
            }
            self.diagnostics.push(missing);
        }
        found
    }

    fn comparable(&mut self, column: &ColumnName) -> Option<DataType> {
        let data_type = self.find(column)?;
        if matches!(data_type, DataType::Binary | DataType::List(_) | DataType::Struct(_) | DataType::Map { .. }) {
            let message = format!("`{}` is {data_type}, which is not compared", column.written());
            self.tell(Code::RESTRICTION_TYPE, &column.place, message);
            return None;
        }
        Some(data_type)
    }

    fn value(&mut self, column: &ColumnName, data_type: &DataType, value: &Value) {
        let fits = match &value.kind {
            ValueKind::Literal(literal) => fit(literal, data_type).is_some(),
            ValueKind::Today { .. } => matches!(data_type, DataType::Date | DataType::Timestamp { .. }),
            ValueKind::Attribute(name) => return self.attribute(name, &value.place),
        };
        if !fits {
            let message = format!("`{}` is {data_type}, which has no such value", column.written());
            let help = match data_type {
                DataType::Date => "write `DATE '2013-01-31'` or `today()`",
                DataType::Timestamp { .. } => "write `TIMESTAMP '2013-01-31T12:00:00Z'`",
                DataType::String => "write a text in single quotes",
                DataType::Boolean => "write TRUE or FALSE",
                _ => "write a number that the type holds",
            };
            let told = Diagnostic::error(Code::RESTRICTION_TYPE, value.place.clone(), message).help(help);
            self.diagnostics.push(told);
        }
    }

    /// An attribute that nobody has is no error: it may be given to somebody later, and hides rows till then.
    fn attribute(&mut self, name: &str, place: &Place) {
        let known = || self.principals.iter().flat_map(|principal| principal.attributes.keys()).map(String::as_str);
        let is_known = matches!(name, "name" | "groups") || known().any(|attribute| attribute == name);
        if is_known || (self.facts.is_part && known().next().is_none()) {
            return;
        }
        let message = format!("no principal has the attribute `{name}`, so the comparison is never true");
        let mut told = Diagnostic::warning(Code::RESTRICTION_TARGET, place.clone(), message);
        if let Some(near) = nearest(name, known()) {
            told = told.help(format!("did you mean `{near}`?"));
        }
        self.diagnostics.push(told);
    }

    fn tell(&mut self, code: Code, place: &Place, message: String) {
        self.diagnostics.push(Diagnostic::error(code, place.clone(), message));
    }
}
