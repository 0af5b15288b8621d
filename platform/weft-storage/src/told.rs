//! What the log tells of the values in a table's files, as the planner takes it.

use std::sync::{Arc, OnceLock};

use arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use serde_json::Value;

use crate::TableFile;
use crate::table::instant;

/// Longest text of which a bound is taken at its word: writers cut off longer ones.
const TEXT_MAX: usize = 31;
/// Decimals of more digits are not exact where the log writes them as floating numbers.
const DIGITS_MAX: u8 = 15;

/// Statistics of each file of one table version, read from their JSON when first asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<OnceLock<Vec<Arc<Statistics>>>>);

impl Told {
    /// Those of `files`, in their order. `files` and `schema` are the same each time.
    pub(crate) fn of(&self, files: &[TableFile], schema: &Schema) -> &[Arc<Statistics>] {
        self.0.get_or_init(|| files.iter().map(|file| Arc::new(of_file(file, schema))).collect())
    }
}

/// What is known of all rows of files with these statistics. How many distinct values there are is at most known of
/// whole numbers and days, which are no more than lie between the bounds.
pub(crate) fn together<'a>(files: impl Iterator<Item = &'a Statistics>, schema: &Schema) -> Statistics {
    let columns = schema.fields().len();
    let mut all = Statistics { num_rows: Precision::Exact(0), ..Statistics::new_unknown(schema) };
    let mut bounds: Vec<Bounds> = vec![Bounds::default(); columns];
    let mut nulls = vec![Precision::Exact(0); columns];
    for file in files {
        all.num_rows = all.num_rows.add(&file.num_rows);
        for (i, column) in file.column_statistics.iter().enumerate() {
            if let (Some(nulls), Some(bounds)) = (nulls.get_mut(i), bounds.get_mut(i)) {
                *nulls = nulls.add(&column.null_count);
                bounds.take(column, &file.num_rows);
            }
        }
    }
    for ((column, bounds), nulls) in all.column_statistics.iter_mut().zip(bounds).zip(nulls) {
        (column.min_value, column.max_value) = bounds.known();
        column.null_count = nulls;
    }
    all
}

/// The bounds of a column over several files.
#[derive(Clone, Default)]
enum Bounds {
    /// No file with a value so far.
    #[default]
    None,
    Between(Precision<ScalarValue>, Precision<ScalarValue>),
    Unknown,
}

impl Bounds {
    fn take(&mut self, column: &ColumnStatistics, rows: &Precision<usize>) {
        if column.null_count == *rows && rows.is_exact() == Some(true) {
            return;
        }
        let (least, greatest) = (column.min_value.clone(), column.max_value.clone());
        let is_known = least.get_value().is_some() && greatest.get_value().is_some();
        *self = match std::mem::take(self) {
            _ if !is_known => Bounds::Unknown,
            Bounds::None => Bounds::Between(least, greatest),
            Bounds::Between(from, to) => Bounds::Between(from.min(&least), to.max(&greatest)),
            Bounds::Unknown => Bounds::Unknown,
        };
    }

    fn known(self) -> (Precision<ScalarValue>, Precision<ScalarValue>) {
        match self {
            Bounds::Between(least, greatest) => (least, greatest),
            Bounds::None | Bounds::Unknown => (Precision::Absent, Precision::Absent),
        }
    }
}

fn of_file(file: &TableFile, schema: &Schema) -> Statistics {
    let parsed = file.statistics.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let column = |name: &str, kind: &DataType| {
        let value = |which: &str| parsed.get(which)?.get(name);
        let nulls = value("nullCount").and_then(Value::as_u64);
        let bound = |which: &str, is_greatest: bool| {
            value(which).and_then(|value| scalar(value, kind, is_greatest)).unwrap_or(Precision::Absent)
        };
        ColumnStatistics {
            null_count: nulls.map_or(Precision::Absent, |nulls| Precision::Exact(nulls as usize)),
            min_value: bound("minValues", false),
            max_value: bound("maxValues", true),
            ..ColumnStatistics::new_unknown()
        }
    };
    Statistics {
        num_rows: file.rows.map_or(Precision::Absent, |rows| Precision::Exact(rows as usize)),
        total_byte_size: Precision::Absent,
        column_statistics: schema.fields().iter().map(|field| column(field.name(), field.data_type())).collect(),
    }
}

/// A bound as the log writes it; no value of the file lies beyond. Exact where a value of the file is the bound itself:
/// instants are rounded down in the log. Floats are left out, since NaN is in no bound.
fn scalar(value: &Value, kind: &DataType, is_greatest: bool) -> Option<Precision<ScalarValue>> {
    let read = |text: String| ScalarValue::try_from_string(text, kind).ok().map(Precision::Exact);
    match kind {
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let at = instant(value.as_str()?)?.timestamp_micros();
            let at = if is_greatest { at.checked_add(999)? } else { at };
            Some(Precision::Inexact(ScalarValue::TimestampMicrosecond(Some(at), zone.clone())))
        }
        DataType::Utf8 => read(value.as_str().filter(|text| text.len() <= TEXT_MAX)?.to_owned()),
        DataType::Date32 => read(value.as_str()?.to_owned()),
        DataType::Decimal128(digits, _) if *digits <= DIGITS_MAX => read(value.as_number()?.to_string()),
        _ if kind.is_integer() => read(value.as_i64()?.to_string()),
        _ => None,
    }
}
