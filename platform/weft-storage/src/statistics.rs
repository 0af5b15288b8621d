//! What the log is told of a data file's values, in the form that Delta asks for.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::Schema;
use chrono::{DateTime, NaiveDate, TimeDelta, Timelike};
use datafusion::common::ScalarValue;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use serde_json::{Map, Value, json};

/// A decimal is told as a float, which is exact up to here.
const EXACT_IN_FLOATS: i128 = 1_000_000_000_000_000;

/// Rows, NULLs and bounds of a file whose columns are those of `schema`. Nested columns are left out, and bounds that
/// cannot be told.
pub(crate) fn statistics_of(metadata: &ParquetMetaData, schema: &Schema) -> Result<String, ParquetError> {
    let (mut least, mut greatest, mut nulls) = (Map::new(), Map::new(), Map::new());
    let groups = metadata.row_groups();
    for field in schema.fields().iter().filter(|field| !field.data_type().is_nested()) {
        let descriptor = metadata.file_metadata().schema_descr();
        let converter = StatisticsConverter::try_new(field.name(), schema, descriptor)?;
        let counts = converter.row_group_null_counts(groups)?;
        if counts.null_count() > 0 {
            continue;
        }
        nulls.insert(field.name().clone(), json!(counts.iter().flatten().sum::<u64>()));
        // A group of nothing but NULLs has no bounds, and needs none.
        let has_values =
            |group: usize| groups.get(group).is_some_and(|g| g.num_rows().cast_unsigned() > counts.value(group));
        let bound = |bounds: ArrayRef, is_better: fn(&ScalarValue, &ScalarValue) -> bool| {
            let mut best: Option<ScalarValue> = None;
            for group in (0..bounds.len()).filter(|group| has_values(*group)) {
                let bound = ScalarValue::try_from_array(&bounds, group).ok().filter(|bound| !bound.is_null())?;
                best = Some(best.filter(|best| !is_better(&bound, best)).unwrap_or(bound));
            }
            told(&best?)
        };
        let first = bound(converter.row_group_mins(groups)?, |a, b| a < b);
        let last = bound(converter.row_group_maxes(groups)?, |a, b| a > b);
        if let (Some(first), Some(last)) = (first, last) {
            least.insert(field.name().clone(), first);
            greatest.insert(field.name().clone(), last);
        }
    }
    let rows = metadata.file_metadata().num_rows();
    Ok(json!({ "numRecords": rows, "minValues": least, "maxValues": greatest, "nullCount": nulls }).to_string())
}

/// A value as the log writes it; `None` for those that it does not tell.
fn told(value: &ScalarValue) -> Option<Value> {
    match value {
        ScalarValue::Boolean(value) => value.map(|value| json!(value)),
        ScalarValue::Int8(value) => value.map(|value| json!(value)),
        ScalarValue::Int16(value) => value.map(|value| json!(value)),
        ScalarValue::Int32(value) => value.map(|value| json!(value)),
        ScalarValue::Int64(value) => value.map(|value| json!(value)),
        ScalarValue::Float32(value) => value.filter(|value| value.is_finite()).map(|value| json!(value)),
        ScalarValue::Float64(value) => value.filter(|value| value.is_finite()).map(|value| json!(value)),
        ScalarValue::Decimal128(value, _, 0) => {
            value.and_then(|value| i64::try_from(value).ok()).map(|value| json!(value))
        }
        ScalarValue::Decimal128(value, _, scale) => {
            let value = value.filter(|value| value.abs() < EXACT_IN_FLOATS)?;
            Some(json!(value as f64 / 10_f64.powi(i32::from(*scale))))
        }
        ScalarValue::Date32(days) => {
            let day = NaiveDate::default().checked_add_signed(TimeDelta::try_days(i64::from((*days)?))?)?;
            Some(json!(day.format("%Y-%m-%d").to_string()))
        }
        ScalarValue::TimestampMicrosecond(at, zone) => {
            let at = DateTime::from_timestamp_micros((*at)?)?.naive_utc();
            let fraction = if at.nanosecond() == 0 { "" } else { "%.3f" };
            let format = match zone {
                Some(_) => format!("%Y-%m-%dT%H:%M:%S{fraction}Z"),
                None => format!("%Y-%m-%d %H:%M:%S{fraction}"),
            };
            Some(json!(at.format(&format).to_string()))
        }
        ScalarValue::Utf8(text) => text.as_ref().map(|text| json!(text)),
        _ => None,
    }
}
