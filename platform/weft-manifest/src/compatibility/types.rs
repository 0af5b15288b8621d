//! Types of columns: the same, wider without loss, or another.

use weft_model::compatibility::{Change, DeltaAction, Rule};
use weft_model::{DataType, IntegerFormat};

use super::scope::Scope;
use super::typed::logical_type;
use crate::mesh::column_type;
use crate::odcs::{LogicalType, Property};

/// What values a column can hold, as far as its type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `length_max` as in `varchar(20)`.
    Text {
        length_max: Option<u32>,
    },
    Boolean,
    Binary,
    Integer {
        bits: u8,
        signed: bool,
    },
    Float32,
    Float64,
    Decimal {
        precision: u8,
        scale: i8,
    },
    Date,
    Time,
    Timestamp {
        utc: bool,
    },
    Array,
    Object,
    Map,
    Vector,
}

/// A column's type as read from its contract.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reading {
    kind: Option<Kind>,
    /// The server's word for the type where it says more than `kind` does, or is not known.
    unread: Option<String>,
}

/// The change of a column's type, if there is one.
pub(super) fn change(old: &Property, new: &Property, scope: &Scope) -> Option<Change> {
    let rule = rule(old, new)?;
    let told = |property| is_told(property).then(|| word(property));
    let mut change = scope.aspect(rule, "type", told(old), told(new));
    if rule == Rule::TypeWidened && matches!(reading(new).kind, Some(Kind::Text { .. })) {
        // Tables store text of any length alike.
        change.delta = DeltaAction::Constraint;
    }
    Some(change)
}

/// The type as people read it: `decimal(12,2)`, `string`, `integer i64`; empty where none is told.
pub(super) fn word(property: &Property) -> String {
    let options = property.logical_type_options.as_ref();
    let format = options.and_then(|options| options.format.as_deref());
    match (&property.physical_type, logical_type(property), format) {
        // Two types of which the logical type names one only.
        (_, Some(LogicalType::Timestamp), _) if options.and_then(|options| options.timezone) == Some(false) => {
            DataType::Timestamp { utc: false }.to_string()
        }
        (Some(physical), ..) => physical.trim().to_owned(),
        (None, Some(logical @ (LogicalType::Integer | LogicalType::Number)), Some(format)) => {
            format!("{} {format}", logical.as_str())
        }
        (None, Some(logical), _) => logical.as_str().to_owned(),
        (None, None, _) => String::new(),
    }
}

fn rule(old: &Property, new: &Property) -> Option<Rule> {
    match (is_told(old), is_told(new)) {
        (false, false) => return None,
        (false, true) => return Some(Rule::TypeAdded),
        (true, false) => return Some(Rule::TypeRemoved),
        (true, true) => {}
    }
    let (before, after) = (reading(old), reading(new));
    if before == after {
        return (spelling(old) != spelling(new)).then_some(Rule::TypeRespelled);
    }
    if before.unread != after.unread {
        return Some(Rule::TypeChanged);
    }
    match (before.kind, after.kind) {
        (Some(before), Some(after)) if holds_all(after, before) => Some(Rule::TypeWidened),
        _ => Some(Rule::TypeChanged),
    }
}

fn is_told(property: &Property) -> bool {
    logical_type(property).is_some() || property.physical_type.is_some()
}

/// Everything that says the type, as it is written.
fn spelling(property: &Property) -> (Option<LogicalType>, Option<&str>, Option<&str>, Option<bool>) {
    let options = property.logical_type_options.as_ref();
    let format = options.and_then(|options| options.format.as_deref());
    let is_number = matches!(logical_type(property), Some(LogicalType::Integer | LogicalType::Number));
    let zone = options.and_then(|options| options.timezone);
    let is_instant = logical_type(property) == Some(LogicalType::Timestamp);
    let (format, zone) = (format.filter(|_| is_number), zone.filter(|_| is_instant));
    (logical_type(property), property.physical_type.as_deref(), format, zone)
}

/// Whether every value of `narrow` is one of `wide`, and means the same there. Beyond what Delta
/// widens in place, this knows unsigned integers and lengths of text.
fn holds_all(wide: Kind, narrow: Kind) -> bool {
    match (narrow, wide) {
        (Kind::Integer { bits: from, signed: from_signed }, Kind::Integer { bits, signed }) => {
            if from_signed == signed { from <= bits } else { signed && from < bits }
        }
        (Kind::Integer { bits, signed }, Kind::Float64) => bits <= if signed { 32 } else { 16 },
        (Kind::Integer { bits, signed }, Kind::Decimal { precision, scale }) => {
            let digits = match (bits, signed) {
                (..=32, _) => 10,
                (64, _) => 20,
                _ => 39,
            };
            i16::from(precision) - i16::from(scale) >= digits
        }
        (Kind::Float32, Kind::Float64) | (Kind::Date, Kind::Timestamp { utc: false }) => true,
        (Kind::Decimal { precision: from, scale: from_scale }, Kind::Decimal { precision, scale }) => {
            let more = i16::from(precision) - i16::from(from);
            let more_scale = i16::from(scale) - i16::from(from_scale);
            more >= more_scale && more_scale >= 0
        }
        (Kind::Text { length_max: from }, Kind::Text { length_max }) => match (from, length_max) {
            (_, None) => true,
            (Some(from), Some(to)) => from <= to,
            (None, Some(_)) => false,
        },
        _ => false,
    }
}

fn reading(property: &Property) -> Reading {
    let physical = property.physical_type.as_deref().map(str::trim).unwrap_or_default().to_lowercase();
    let (word, parameters) = column_type::parts(&physical);
    let by_word = by_word(word, &parameters);
    let kind = kind(property, word, &parameters, by_word);
    let is_read = word.is_empty() || kind.is_some_and(|kind| explains(kind, by_word, word));
    Reading { kind, unread: (!is_read).then(|| physical.split_whitespace().collect()) }
}

/// Whether a known word says no more than the kind does.
fn explains(kind: Kind, by_word: Option<Kind>, word: &str) -> bool {
    match (kind, by_word) {
        (Kind::Decimal { .. }, _) => true,
        (Kind::Text { .. }, Some(Kind::Text { .. })) | (Kind::Integer { .. }, Some(Kind::Integer { .. })) => true,
        (Kind::Float32 | Kind::Float64, Some(Kind::Float32 | Kind::Float64)) => true,
        (Kind::Timestamp { .. }, Some(Kind::Timestamp { .. })) => true,
        (Kind::Time, None) => word == "time",
        (kind, Some(by_word)) => kind == by_word,
        (_, None) => false,
    }
}

/// As tables store it: the physical type decides where the logical type leaves it open.
fn kind(property: &Property, word: &str, parameters: &[&str], by_word: Option<Kind>) -> Option<Kind> {
    let options = property.logical_type_options.as_ref();
    let format = options.and_then(|options| options.format.as_deref());
    let is_numeric = matches!(logical_type(property), None | Some(LogicalType::Number | LogicalType::Integer));
    if is_numeric
        && matches!(word, "decimal" | "numeric" | "number" | "dec")
        && let Some(decimal) = column_type::decimal(word, parameters, logical_type(property).is_some())
    {
        return decimal.map(Kind::from);
    }
    Some(match logical_type(property) {
        None => return by_word,
        Some(LogicalType::String) if by_word == Some(Kind::Binary) => Kind::Binary,
        Some(LogicalType::String) => match by_word {
            Some(text @ Kind::Text { .. }) => text,
            _ => Kind::Text { length_max: None },
        },
        Some(LogicalType::Boolean) => Kind::Boolean,
        Some(LogicalType::Date) => Kind::Date,
        Some(LogicalType::Time) => Kind::Time,
        Some(LogicalType::Timestamp) => match (options.and_then(|options| options.timezone), by_word) {
            (Some(utc), _) | (None, Some(Kind::Timestamp { utc })) => Kind::Timestamp { utc },
            _ => Kind::Timestamp { utc: true },
        },
        Some(LogicalType::Integer) => match (format.and_then(integer), by_word) {
            (Some(integer), _) | (None, Some(integer @ Kind::Integer { .. })) => integer,
            _ => Kind::Integer { bits: 32, signed: true },
        },
        Some(LogicalType::Number) => match (format, by_word) {
            (Some("f32"), _) | (None, Some(Kind::Float32)) => Kind::Float32,
            _ => Kind::Float64,
        },
        Some(LogicalType::Array) => Kind::Array,
        Some(LogicalType::Object) => Kind::Object,
        Some(LogicalType::Map) => Kind::Map,
        Some(LogicalType::Vector) => Kind::Vector,
    })
}

fn by_word(word: &str, parameters: &[&str]) -> Option<Kind> {
    match (column_type::by_physical_word(word)?, parameters) {
        (DataType::String, [length]) => Some(Kind::Text { length_max: length.parse().ok() }),
        (data_type, _) => Some(Kind::from(data_type)),
    }
}

fn integer(format: &str) -> Option<Kind> {
    let signed = format.starts_with('i');
    let bits = format.get(1..)?.parse().ok()?;
    Some(Kind::Integer { bits, signed })
}

impl From<DataType> for Kind {
    fn from(data_type: DataType) -> Kind {
        match data_type {
            DataType::String => Kind::Text { length_max: None },
            DataType::Boolean => Kind::Boolean,
            DataType::Binary => Kind::Binary,
            DataType::Integer(format) => {
                let bits = match format {
                    IntegerFormat::I8 => 8,
                    IntegerFormat::I16 => 16,
                    IntegerFormat::I32 => 32,
                    IntegerFormat::I64 => 64,
                };
                Kind::Integer { bits, signed: true }
            }
            DataType::Float32 => Kind::Float32,
            DataType::Float64 => Kind::Float64,
            DataType::Decimal { precision, scale } => Kind::Decimal { precision, scale },
            DataType::Date => Kind::Date,
            DataType::Timestamp { utc } => Kind::Timestamp { utc },
            DataType::List(_) => Kind::Array,
            DataType::Struct(_) => Kind::Object,
            DataType::Map { .. } => Kind::Map,
        }
    }
}
