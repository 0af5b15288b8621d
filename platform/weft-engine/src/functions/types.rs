//! Types that a text in a query may ask for, held to bounds.

use arrow::datatypes::DataType;
use datafusion::error::Result;

use crate::QueryError;

/// Values or bytes in each value of a type of fixed length: a NULL of it takes as many.
const WIDTH_MAX: usize = 4_096;

/// Refuses a type of which a single NULL would already take much memory.
pub(super) fn ensure_bounded(data_type: &DataType) -> Result<(), QueryError> {
    if width(data_type) <= WIDTH_MAX {
        return Ok(());
    }
    Err(QueryError::ResultBounds {
        what: "a value of fixed length".to_owned(),
        unit: "elements",
        limit: WIDTH_MAX as u64,
    })
}

fn width(data_type: &DataType) -> usize {
    let times = |count: i32, each: usize| usize::try_from(count).unwrap_or(0).saturating_mul(each);
    match data_type {
        DataType::FixedSizeBinary(bytes) => times(*bytes, 1),
        DataType::FixedSizeList(element, count) => times(*count, width(element.data_type()).max(1)),
        DataType::List(element) | DataType::LargeList(element) | DataType::Map(element, _) => {
            width(element.data_type())
        }
        DataType::Struct(fields) => fields.iter().map(|field| width(field.data_type())).fold(0, usize::saturating_add),
        DataType::Dictionary(_, value) => width(value),
        DataType::RunEndEncoded(_, value) => width(value.data_type()),
        DataType::Union(fields, _) => {
            fields.iter().map(|(_, field)| width(field.data_type())).fold(0, usize::saturating_add)
        }
        _ => 1,
    }
}
