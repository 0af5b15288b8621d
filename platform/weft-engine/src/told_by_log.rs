//! What the log tells of a table's rows, so that no data need be read.

use std::cmp::Ordering;

use arrow::datatypes::DataType;
use serde_json::Value;
use weft_model::quality_check::{Measure, QualityCheck, ValueTest};
use weft_storage::{TableFile, TableVersion};

/// What a check counts, where the log knows: rows, NULLs, and values that cannot be out of bounds.
pub(crate) fn told_by_log(table: &TableVersion, check: &QualityCheck) -> Option<u64> {
    let column = check.column.as_deref();
    match &check.measure {
        Measure::Rows => table.rows(),
        Measure::Nulls => table.nulls(column?),
        Measure::Invalid { tests } => {
            let column = column?;
            let data_type = table.schema.field_with_name(column).ok()?.data_type();
            let is_told = data_type.is_integer() || *data_type == DataType::Date32;
            let hold = |file: &TableFile| tests.iter().all(|test| holds_by_log(file, column, test));
            (is_told && table.files.iter().all(hold)).then_some(0)
        }
        Measure::Missing { .. } | Measure::Duplicates { .. } | Measure::Unmatched { .. } | Measure::Sql { .. } => None,
    }
}

/// Whether the least and the greatest value of a file show that none of its values fails the test.
fn holds_by_log(file: &TableFile, column: &str, test: &ValueTest) -> bool {
    if file.rows.is_some() && file.nulls(column) == file.rows {
        return true;
    }
    let Some((least, greatest)) = file.bounds(column) else { return false };
    match test {
        ValueTest::AtLeast(bound) => compare(&least, bound).is_some_and(Ordering::is_ge),
        ValueTest::Above(bound) => compare(&least, bound).is_some_and(Ordering::is_gt),
        ValueTest::AtMost(bound) => compare(&greatest, bound).is_some_and(Ordering::is_le),
        ValueTest::Below(bound) => compare(&greatest, bound).is_some_and(Ordering::is_lt),
        _ => false,
    }
}

/// Whole numbers, and dates as ISO 8601 writes them; `None` for whatever else.
fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => Some(one.as_i64()?.cmp(&other.as_i64()?)),
        (Value::String(one), Value::String(other)) => {
            let date = |text: &String| text.parse::<chrono::NaiveDate>().ok();
            Some(date(one)?.cmp(&date(other)?))
        }
        _ => None,
    }
}
