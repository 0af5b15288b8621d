//! Values that a contract writes, read as the type that they are meant for.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::form::{Scalar, has_variable};
use crate::odcs::LogicalType;

use super::tables::Field;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Whole(i128),
    Number(f64),
    Text(String),
    Boolean(bool),
    /// A date is the moment at which it begins; an instant is told in UTC.
    Moment(NaiveDateTime),
    Time(NaiveTime),
}

impl Value {
    /// `None` where the two are of different types.
    pub(super) fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Whole(a), Value::Whole(b)) => Some(a.cmp(b)),
            (Value::Whole(a), Value::Number(b)) => (*a as f64).partial_cmp(b),
            (Value::Number(a), Value::Whole(b)) => a.partial_cmp(&(*b as f64)),
            (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
            (Value::Moment(a), Value::Moment(b)) => Some(a.cmp(b)),
            (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// What came of reading a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading {
    Value(Value),
    /// It is not one; what would be.
    Unfit(String),
    /// Nobody can tell: null, a variable, a type without single values, or a format of its own.
    Untold,
}

/// Reads `value` as one of `field`.
pub(super) fn read(field: &Field<'_>, value: &Scalar) -> Reading {
    let Some(logical_type) = field.logical_type else { return Reading::Untold };
    let format = field.property.logical_type_options.as_ref().and_then(|options| options.format.as_deref());
    if matches!(value, Scalar::Null) || matches!(value, Scalar::Text(text) if has_variable(text)) {
        return Reading::Untold;
    }
    let unfit = |wanted: &str| Reading::Unfit(wanted.to_owned());
    match (logical_type, value) {
        (LogicalType::Integer, Scalar::Integer(number)) => whole(i128::from(*number), format),
        (LogicalType::Integer, Scalar::Number(number)) if number.fract() == 0.0 && number.abs() < 1e38 => {
            whole(*number as i128, format)
        }
        (LogicalType::Integer, _) => unfit("a whole number"),
        (LogicalType::Number, Scalar::Integer(number)) => Reading::Value(Value::Whole(i128::from(*number))),
        (LogicalType::Number, Scalar::Number(number))
            if format == Some("f32") && number.abs() > f64::from(f32::MAX) =>
        {
            unfit("a number of format `f32`")
        }
        (LogicalType::Number, Scalar::Number(number)) => Reading::Value(Value::Number(*number)),
        (LogicalType::Number, _) => unfit("a number"),
        (LogicalType::String, Scalar::Text(text)) => Reading::Value(Value::Text(text.clone())),
        (LogicalType::String, _) => unfit("text, in quotes"),
        (LogicalType::Boolean, Scalar::Boolean(flag)) => Reading::Value(Value::Boolean(*flag)),
        (LogicalType::Boolean, _) => unfit("true or false"),
        (LogicalType::Date, Scalar::Text(text)) if is_iso(format) => {
            date(text).map_or_else(|| unfit("a date such as `2026-01-31`"), Reading::Value)
        }
        (LogicalType::Timestamp, Scalar::Text(text)) if is_iso(format) => moment(text).map_or_else(
            || unfit("a date and time such as `2026-01-31T12:00:00Z`"),
            |at| Reading::Value(Value::Moment(at)),
        ),
        (LogicalType::Time, Scalar::Text(text)) if is_iso(format) => {
            time(text).map_or_else(|| unfit("a time such as `12:00:00`"), |at| Reading::Value(Value::Time(at)))
        }
        (LogicalType::Date | LogicalType::Timestamp | LogicalType::Time, Scalar::Text(_)) => Reading::Untold,
        (LogicalType::Date | LogicalType::Timestamp | LogicalType::Time, _) => unfit("text, in quotes"),
        (LogicalType::Object | LogicalType::Array | LogicalType::Map | LogicalType::Vector, _) => Reading::Untold,
    }
}

fn whole(number: i128, format: Option<&str>) -> Reading {
    let bits = |signed: bool, bits: u32| match (signed, bits) {
        (true, 128) => (i128::MIN, i128::MAX),
        (true, bits) => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        // Nothing that a document can write is beyond.
        (false, 128) => (0, i128::MAX),
        (false, bits) => (0, (1_i128 << bits) - 1),
    };
    let range = format.and_then(|format| {
        let signed = format.starts_with('i');
        let width = format.strip_prefix(['i', 'u'])?.parse::<u32>().ok()?;
        matches!(width, 8 | 16 | 32 | 64 | 128).then(|| bits(signed, width))
    });
    match (range, format) {
        (Some((least, most)), Some(format)) if number < least || number > most => {
            Reading::Unfit(format!("a number of format `{format}`, {least} to {most}"))
        }
        _ => Reading::Value(Value::Whole(number)),
    }
}

/// Whether values are written as ISO 8601 has them, as far as their format tells.
fn is_iso(format: Option<&str>) -> bool {
    let Some(format) = format else { return true };
    matches!(format, "yyyy-MM-dd" | "uuuu-MM-dd" | "HH:mm:ss" | "HH:mm")
        || format.starts_with("yyyy-MM-dd'T'HH:mm")
        || format.starts_with("yyyy-MM-dd HH:mm")
}

fn date(text: &str) -> Option<Value> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(Value::Moment(date.and_time(NaiveTime::MIN)))
}

/// A date, or a date and time with or without an offset.
pub(crate) fn moment(text: &str) -> Option<NaiveDateTime> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.naive_utc());
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let naive = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    naive.or_else(|| Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(NaiveTime::MIN)))
}

fn time(text: &str) -> Option<NaiveTime> {
    let plain = text.strip_suffix('Z').unwrap_or(text);
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(plain, format).ok())
}

/// A value as a message shows it.
pub(super) fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Boolean(flag) => flag.to_string(),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => crate::form::clipped(text),
    }
}
