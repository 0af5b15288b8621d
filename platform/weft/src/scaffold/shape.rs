//! A column's type in the words of a contract.

use std::fmt::Write as _;

use arrow::datatypes::{DataType, Field};

/// A type as a contract writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    logical: &'static str,
    physical: Option<String>,
    parts: Parts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Parts {
    None,
    Items(Box<Part>),
    Properties(Vec<Part>),
    Map(Box<(Part, Part)>),
}

/// A part of a nested type.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    shape: Shape,
    is_required: bool,
}

impl Part {
    fn of(field: &Field) -> Self {
        Part { name: field.name().clone(), shape: Shape::of(field.data_type()), is_required: !field.is_nullable() }
    }

    fn write(&self, indent: usize, text: &mut String) {
        self.shape.write(indent, text);
        if self.is_required {
            let _ = writeln!(text, "{:indent$}required: true", "");
        }
    }
}

impl Shape {
    /// The type that holds every value of `data_type`; text where no other does.
    pub(super) fn of(data_type: &DataType) -> Self {
        let word = |logical, physical: &str| Shape { logical, physical: Some(physical.to_owned()), parts: Parts::None };
        let nested = |logical, parts| Shape { logical, physical: None, parts };
        match data_type {
            DataType::Boolean => word("boolean", "boolean"),
            DataType::Int8 => word("integer", "tinyint"),
            DataType::Int16 | DataType::UInt8 => word("integer", "smallint"),
            DataType::Int32 | DataType::UInt16 => word("integer", "int"),
            DataType::Int64 | DataType::UInt32 => word("integer", "bigint"),
            DataType::UInt64 => word("number", "decimal(20,0)"),
            DataType::Float16 | DataType::Float32 => word("number", "float"),
            DataType::Float64 => word("number", "double"),
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
                if *scale >= 0 =>
            {
                word("number", &format!("decimal({precision},{scale})"))
            }
            DataType::Date32 | DataType::Date64 => word("date", "date"),
            DataType::Timestamp(_, Some(_)) => word("timestamp", "timestamp"),
            DataType::Timestamp(_, None) => word("timestamp", "timestamp_ntz"),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                word("string", "binary")
            }
            DataType::Dictionary(_, values) => Shape::of(values),
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                nested("array", Parts::Items(Box::new(Part::of(item))))
            }
            DataType::Struct(fields) if !fields.is_empty() => {
                nested("object", Parts::Properties(fields.iter().map(|field| Part::of(field)).collect()))
            }
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) => match fields.as_ref() {
                    [key, value] => nested("map", Parts::Map(Box::new((Part::of(key), Part::of(value))))),
                    _ => word("string", "string"),
                },
                _ => word("string", "string"),
            },
            _ => word("string", "string"),
        }
    }

    /// Writes the keys of a property, each on a line of its own.
    pub(super) fn write(&self, indent: usize, text: &mut String) {
        let _ = writeln!(text, "{:indent$}logicalType: {}", "", self.logical);
        if let Some(physical) = &self.physical {
            let _ = writeln!(text, "{:indent$}physicalType: {}", "", quoted(physical));
        }
        match &self.parts {
            Parts::None => {}
            Parts::Items(item) => {
                let _ = writeln!(text, "{:indent$}items:", "");
                item.write(indent + 2, text);
            }
            Parts::Properties(parts) => {
                let _ = writeln!(text, "{:indent$}properties:", "");
                for part in parts {
                    let _ = writeln!(text, "{:indent$}  - name: {}", "", quoted(&part.name));
                    part.write(indent + 4, text);
                }
            }
            Parts::Map(parts) => {
                let _ = writeln!(text, "{:indent$}map:", "");
                for (word, part) in [("key", &parts.0), ("value", &parts.1)] {
                    let _ = writeln!(text, "{:indent$}  {word}:", "");
                    part.write(indent + 4, text);
                }
            }
        }
    }
}

/// The text as a YAML value: plain where nothing in it could be taken for something else.
pub(super) fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '.' | '(' | ')' | ','))
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
