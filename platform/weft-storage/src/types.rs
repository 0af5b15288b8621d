//! A contract's types as Arrow types. Delta's types follow from these.

use std::sync::Arc;

use arrow::datatypes::{DataType as ArrowType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use weft_model::{Column, DataType, Field, IntegerFormat};

/// The Arrow schema that a table with these columns has: same names, same order, nullable unless
/// required. It carries no metadata.
pub fn arrow_schema(columns: &[Column]) -> SchemaRef {
    let fields: Vec<ArrowField> =
        columns.iter().map(|c| ArrowField::new(&c.name, arrow_type(&c.data_type), !c.required)).collect();
    Arc::new(Schema::new(fields))
}

/// The same columns, each allowed to hold NULL: for rows of which it is still to be checked.
pub fn nullable_schema(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The Arrow form of a part of a nested type.
pub fn arrow_field(field: &Field) -> ArrowField {
    ArrowField::new(&field.name, arrow_type(&field.data_type), field.nullable)
}

/// The one Arrow type of a contract's type.
pub fn arrow_type(data_type: &DataType) -> ArrowType {
    match data_type {
        DataType::String => ArrowType::Utf8,
        DataType::Boolean => ArrowType::Boolean,
        DataType::Binary => ArrowType::Binary,
        DataType::Integer(IntegerFormat::I8) => ArrowType::Int8,
        DataType::Integer(IntegerFormat::I16) => ArrowType::Int16,
        DataType::Integer(IntegerFormat::I32) => ArrowType::Int32,
        DataType::Integer(IntegerFormat::I64) => ArrowType::Int64,
        DataType::Float32 => ArrowType::Float32,
        DataType::Float64 => ArrowType::Float64,
        DataType::Decimal { precision, scale } => ArrowType::Decimal128(*precision, *scale),
        DataType::Date => ArrowType::Date32,
        DataType::Timestamp { utc: true } => ArrowType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Timestamp { utc: false } => ArrowType::Timestamp(TimeUnit::Microsecond, None),
        DataType::List(item) => {
            ArrowType::List(Arc::new(ArrowField::new("element", arrow_type(&item.data_type), item.nullable)))
        }
        DataType::Struct(fields) => ArrowType::Struct(fields.iter().map(arrow_field).collect()),
        DataType::Map { key, value } => {
            let key = ArrowField::new("key", arrow_type(&key.data_type), false);
            let value = ArrowField::new("value", arrow_type(&value.data_type), value.nullable);
            let entries = ArrowType::Struct(vec![key, value].into());
            ArrowType::Map(Arc::new(ArrowField::new("key_value", entries, false)), false)
        }
    }
}
