//! The types a contract can promise, and that a Delta table can hold.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Width of a signed integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntegerFormat {
    I8,
    I16,
    I32,
    I64,
}

/// Type of a column's values.
///
/// Every value of this type has one Arrow type and one Delta type. `Display` gives the word that
/// SQL and people use: `string`, `bigint`, `decimal(12,2)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DataType {
    String,
    Boolean,
    Binary,
    Integer(IntegerFormat),
    Float32,
    Float64,
    /// Precision 1 to 38, scale 0 to precision.
    Decimal {
        precision: u8,
        scale: i8,
    },
    Date,
    /// Microseconds; `utc` says whether an instant (true) or a wall-clock reading (false).
    Timestamp {
        utc: bool,
    },
    List(Box<Field>),
    Struct(Vec<Field>),
    Map {
        key: Box<Field>,
        value: Box<Field>,
    },
}

/// A named part of a nested type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub data_type: DataType,
    pub nullable: bool,
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataType::String => f.write_str("string"),
            DataType::Boolean => f.write_str("boolean"),
            DataType::Binary => f.write_str("binary"),
            DataType::Integer(IntegerFormat::I8) => f.write_str("tinyint"),
            DataType::Integer(IntegerFormat::I16) => f.write_str("smallint"),
            DataType::Integer(IntegerFormat::I32) => f.write_str("int"),
            DataType::Integer(IntegerFormat::I64) => f.write_str("bigint"),
            DataType::Float32 => f.write_str("float"),
            DataType::Float64 => f.write_str("double"),
            DataType::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            DataType::Date => f.write_str("date"),
            DataType::Timestamp { utc: true } => f.write_str("timestamp"),
            DataType::Timestamp { utc: false } => f.write_str("timestamp_ntz"),
            DataType::List(item) => write!(f, "array<{}>", item.data_type),
            DataType::Struct(fields) => {
                f.write_str("struct<")?;
                for (i, field) in fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{}", field.name, field.data_type)?;
                }
                f.write_str(">")
            }
            DataType::Map { key, value } => write!(f, "map<{},{}>", key.data_type, value.data_type),
        }
    }
}
