//! Which files of a table a scan can leave out, by what the log says of their values.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt64Array};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use serde_json::Value;

use crate::table::instant;
use crate::{TableFile, TableVersion};

/// Longest text of which a bound is taken at its word: writers cut off longer ones.
const TEXT_MAX: usize = 31;

/// The files in which some row may meet `predicate`; all of them where that cannot be told.
pub(crate) fn prune<'a>(
    files: &'a [TableFile],
    schema: &SchemaRef,
    predicate: &Arc<dyn PhysicalExpr>,
) -> Vec<&'a TableFile> {
    let told = Told::of(files, schema);
    let kept = PruningPredicateBuilder::new()
        .with_file_schema(Arc::clone(schema))
        .try_build(Arc::clone(predicate))
        .and_then(|p| p.prune(&told));
    match kept {
        Ok(kept) => files.iter().zip(kept).filter(|(_, kept)| *kept).map(|(file, _)| file).collect(),
        Err(_) => files.iter().collect(),
    }
}

impl TableVersion {
    /// The files in which some row may meet `predicate`, by what the log says of their values.
    pub fn files_where(&self, predicate: &Arc<dyn PhysicalExpr>) -> Vec<TableFile> {
        prune(&self.files, &self.schema, predicate).into_iter().cloned().collect()
    }
}

/// What the log tells of each file.
struct Told<'a> {
    files: &'a [TableFile],
    schema: &'a SchemaRef,
    statistics: Vec<Value>,
}

impl<'a> Told<'a> {
    fn of(files: &'a [TableFile], schema: &'a SchemaRef) -> Self {
        let parsed = |file: &TableFile| {
            file.statistics.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
        };
        Told { files, schema, statistics: files.iter().map(parsed).collect() }
    }

    /// The least or the greatest value in each file, NULL where it is not known.
    fn bounds(&self, column: &Column, which: &str, is_greatest: bool) -> Option<ArrayRef> {
        let kind = self.schema.field_with_name(&column.name).ok()?.data_type();
        let unknown = ScalarValue::try_from(kind).ok()?;
        let bound = |statistics: &Value| {
            let value = statistics.get(which)?.get(&column.name)?;
            scalar(value, kind, is_greatest)
        };
        let bounds = self.statistics.iter().map(|statistics| bound(statistics).unwrap_or_else(|| unknown.clone()));
        ScalarValue::iter_to_array(bounds).ok()
    }
}

impl PruningStatistics for Told<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, "minValues", false)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, "maxValues", true)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let nulls = |statistics: &Value| statistics.get("nullCount")?.get(&column.name)?.as_u64();
        Some(Arc::new(self.statistics.iter().map(nulls).collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(self.files.iter().map(|file| file.rows).collect::<UInt64Array>()))
    }

    fn contained(&self, _: &Column, _: &std::collections::HashSet<ScalarValue>) -> Option<arrow::array::BooleanArray> {
        None
    }
}

/// A bound as the log writes it. Floats are left out, since NaN is in no bound; instants are rounded down there.
fn scalar(value: &Value, kind: &DataType, is_greatest: bool) -> Option<ScalarValue> {
    match kind {
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let at = instant(value.as_str()?)?.timestamp_micros();
            let at = if is_greatest { at.checked_add(999)? } else { at };
            Some(ScalarValue::TimestampMicrosecond(Some(at), zone.clone()))
        }
        DataType::Utf8 => {
            let text = value.as_str().filter(|text| text.len() <= TEXT_MAX)?;
            Some(ScalarValue::Utf8(Some(text.to_owned())))
        }
        DataType::Date32 => ScalarValue::try_from_string(value.as_str()?.to_owned(), kind).ok(),
        _ if kind.is_integer() => ScalarValue::try_from_string(value.as_i64()?.to_string(), kind).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{Field, Schema};
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::{Expr, ident, lit};
    use datafusion::prelude::SessionContext;
    use object_store::path::Path;

    use super::*;

    /// The files, by number, that are left where `predicate` must hold.
    #[track_caller]
    fn check(predicate: Expr, expected: &[usize]) {
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Int64, true),
            Field::new("day", DataType::Date32, true),
            Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
            Field::new("name", DataType::Utf8, true),
            Field::new("cost", DataType::Float64, true),
        ]));
        let file = |n: usize, statistics: Option<String>| TableFile {
            path: Path::from(format!("{n}.parquet")),
            bytes: 1,
            rows: Some(10),
            statistics,
        };
        let of = |n: usize| {
            format!(
                r#"{{"numRecords": 10,
                "minValues": {{"id": {n}0, "day": "2013-01-0{n}", "at": "2013-01-0{n}T00:00:00.000Z", "name": "a{n}", "cost": {n}.0}},
                "maxValues": {{"id": {n}9, "day": "2013-01-0{n}", "at": "2013-01-0{n}T23:59:59.999Z", "name": "b{n}", "cost": {n}.5}},
                "nullCount": {{"id": 0, "day": 0, "at": 0, "name": 10, "cost": 0}}}}"#
            )
        };
        let files = [file(1, Some(of(1))), file(2, Some(of(2))), file(3, None)];
        let state = SessionContext::new().state();
        let shape = DFSchema::try_from(schema.as_ref().clone()).unwrap();
        let predicate = state.create_physical_expr(predicate, &shape).unwrap();
        let kept = prune(&files, &schema, &predicate);
        let numbers: Vec<usize> =
            files.iter().enumerate().filter(|(_, file)| kept.contains(file)).map(|(n, _)| n + 1).collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn a_file_whose_bounds_show_that_no_row_is_meant_is_left_out() {
        check(ident("id").gt(lit(19_i64)), &[2, 3]);
        check(ident("id").eq(lit(15_i64)), &[1, 3]);
        check(ident("day").lt(lit(ScalarValue::Date32(Some(15_707)))), &[1, 3]);
        check(ident("name").is_not_null(), &[3]);
        // What the log does not tell exactly leaves the file in.
        let last = chrono::DateTime::parse_from_rfc3339("2013-01-01T23:59:59.999500Z").unwrap().timestamp_micros();
        check(ident("at").eq(lit(ScalarValue::TimestampMicrosecond(Some(last), Some("UTC".into())))), &[1, 3]);
        check(ident("cost").gt(lit(100.0)), &[1, 2, 3]);
    }
}
