//! Values of a file in the types of its table: parts found by name or number, narrow types made wide.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use arrow::error::ArrowError;

/// Where a table's log keeps what a column is called in files.
const PHYSICAL_NAME: &str = "delta.columnMapping.physicalName";
/// Where it keeps the column's number, and where files do.
const ID: &str = "delta.columnMapping.id";
const FILE_ID: &str = "PARQUET:field_id";

/// By what columns and their parts are found in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mapping {
    Name,
    PhysicalName,
    Id,
}

impl Mapping {
    /// What the log calls a column by, where it names values of it.
    pub(super) fn key_of(self, field: &Field) -> &str {
        match self {
            Mapping::Name => field.name(),
            Mapping::PhysicalName | Mapping::Id => field.metadata().get(PHYSICAL_NAME).unwrap_or(field.name()),
        }
    }

    /// Where among the fields of a file a column, or a part of one, is; nothing where the file does not have it.
    pub(super) fn place(self, fields: &Fields, wanted: &Field) -> Option<usize> {
        match self {
            Mapping::Name | Mapping::PhysicalName => fields.find(self.key_of(wanted)).map(|(place, _)| place),
            Mapping::Id => {
                let id = wanted.metadata().get(ID)?;
                fields.iter().position(|field| field.metadata().get(FILE_ID) == Some(id))
            }
        }
    }

    /// Whether a field of a file has what it is found by.
    pub(super) fn is_known_of(self, field: &Field) -> bool {
        self != Mapping::Id || field.metadata().contains_key(FILE_ID)
    }
}

/// The same fields without what the log says of them beside names and types.
pub(super) fn bare(fields: &Fields) -> Fields {
    fields.iter().map(|field| bare_field(field)).collect()
}

pub(super) fn bare_field(field: &Field) -> Field {
    Field::new(field.name(), bare_type(field.data_type()), field.is_nullable())
}

fn bare_type(kind: &DataType) -> DataType {
    match kind {
        DataType::Struct(fields) => DataType::Struct(bare(fields)),
        DataType::List(item) => DataType::List(Arc::new(bare_field(item))),
        DataType::Map(entries, sorted) => DataType::Map(Arc::new(bare_field(entries)), *sorted),
        other => other.clone(),
    }
}

/// Whether values of one type can be had as another without loss, or else what is wrong, to be read after a name.
pub(super) fn fits(from: &DataType, to: &DataType, mapping: Mapping) -> Result<(), String> {
    match (from, to) {
        (DataType::Struct(parts), DataType::Struct(wanted)) => wanted.iter().try_for_each(|wanted| {
            let found = mapping.place(parts, wanted).and_then(|place| parts.get(place));
            found.map_or(Ok(()), |part| fits(part.data_type(), wanted.data_type(), mapping))
        }),
        (DataType::List(item) | DataType::LargeList(item), DataType::List(wanted)) => {
            fits(item.data_type(), wanted.data_type(), mapping)
        }
        (DataType::Map(entries, _), DataType::Map(wanted, _)) => match (entries.data_type(), wanted.data_type()) {
            (DataType::Struct(parts), DataType::Struct(wanted)) if parts.len() == 2 && wanted.len() == 2 => parts
                .iter()
                .zip(wanted)
                .try_for_each(|(part, wanted)| fits(part.data_type(), wanted.data_type(), mapping)),
            _ => Err("is no map in a file".to_owned()),
        },
        _ if from == to || widens(from, to) => Ok(()),
        _ => Err(format!("is {from} in a file and must be {}", bare_type(to))),
    }
}

/// Whether each value of the one type is one of the other, or is looked at when it is made one.
fn widens(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Date32, Decimal32, Decimal64, Decimal128, Dictionary, FixedSizeBinary, Float32, Float64,
        Int8, Int16, Int32, LargeBinary, LargeUtf8, Timestamp, UInt8, UInt16, UInt32, Utf8, Utf8View,
    };
    match (from, to) {
        (Dictionary(_, values), to) => values.as_ref() == to || widens(values, to),
        (from, to) if from.is_integer() && to.is_integer() => true,
        (Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32 | Float32, Float64) => true,
        (from, Decimal128(_, 0..)) if from.is_integer() => true,
        (Decimal32(_, from) | Decimal64(_, from) | Decimal128(_, from), Decimal128(_, to)) => from <= to,
        (Date32, Timestamp(TimeUnit::Microsecond, None)) => true,
        (Timestamp(..), Timestamp(TimeUnit::Microsecond, _)) => true,
        (LargeUtf8 | Utf8View | Binary, Utf8) => true,
        (LargeBinary | BinaryView | FixedSizeBinary(_), Binary) => true,
        _ => false,
    }
}

/// The same values in the type that the table has; of nested ones, parts that the file lacks are NULL, and parts that
/// the table lacks go.
pub(super) fn reshaped(values: &ArrayRef, to: &DataType, mapping: Mapping) -> Result<ArrayRef, ArrowError> {
    match (values.data_type(), to) {
        (DataType::Struct(_), DataType::Struct(wanted)) => {
            Ok(Arc::new(reshaped_struct(values.as_struct(), wanted, mapping)?))
        }
        (DataType::LargeList(item), DataType::List(_)) => {
            reshaped(&cast(values, &DataType::List(Arc::clone(item)))?, to, mapping)
        }
        (DataType::List(_), DataType::List(wanted)) => {
            let (_, offsets, items, nulls) = values.as_list::<i32>().clone().into_parts();
            let items = reshaped(&items, wanted.data_type(), mapping)?;
            Ok(Arc::new(ListArray::try_new(Arc::new(bare_field(wanted)), offsets, items, nulls)?))
        }
        (DataType::Map(..), DataType::Map(wanted, sorted)) => {
            let (_, offsets, entries, nulls, _) = values.as_map().clone().into_parts();
            let entries = reshaped_entries(&entries, wanted, mapping)?;
            Ok(Arc::new(MapArray::try_new(Arc::new(bare_field(wanted)), offsets, entries, nulls, *sorted)?))
        }
        (from, to) if from == to => Ok(Arc::clone(values)),
        (_, to) => cast_with_options(values, to, &CastOptions { safe: false, ..CastOptions::default() }),
    }
}

fn reshaped_struct(values: &StructArray, wanted: &Fields, mapping: Mapping) -> Result<StructArray, ArrowError> {
    let part = |wanted: &FieldRef| match mapping.place(values.fields(), wanted) {
        Some(place) => reshaped(values.column(place), wanted.data_type(), mapping),
        None => Ok(new_null_array(&bare_type(wanted.data_type()), values.len())),
    };
    let parts = wanted.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new_with_length(bare(wanted), parts, values.nulls().cloned(), values.len())
}

/// Keys and values of maps are found by place, whatever files call them.
fn reshaped_entries(entries: &StructArray, wanted: &Field, mapping: Mapping) -> Result<StructArray, ArrowError> {
    let DataType::Struct(wanted) = wanted.data_type() else {
        return Err(ArrowError::CastError("a map has no entries".to_owned()));
    };
    let parts = entries.columns().iter().zip(wanted).map(|(part, wanted)| reshaped(part, wanted.data_type(), mapping));
    StructArray::try_new(bare(wanted), parts.collect::<Result<Vec<_>, _>>()?, entries.nulls().cloned())
}
