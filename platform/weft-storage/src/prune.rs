//! Which files of a table a scan can leave out, by what the log says of their values.

use std::sync::Arc;

use arrow::array::{ArrayRef, UInt64Array};
use arrow::datatypes::SchemaRef;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::{Column, ColumnStatistics, ScalarValue, Statistics};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

use crate::{TableFile, TableVersion};

/// The places of the files in which some row may meet `predicate`, by what the log tells of each; all of them where that
/// cannot be told.
pub(crate) fn prune(files: &[Arc<Statistics>], schema: &SchemaRef, predicate: &Arc<dyn PhysicalExpr>) -> Vec<usize> {
    let kept = PruningPredicateBuilder::new()
        .with_file_schema(Arc::clone(schema))
        .try_build(Arc::clone(predicate))
        .and_then(|p| p.prune(&OfEach { files, schema }));
    match kept {
        Ok(kept) => kept.into_iter().enumerate().filter(|(_, kept)| *kept).map(|(place, _)| place).collect(),
        Err(_) => (0..files.len()).collect(),
    }
}

impl TableVersion {
    /// The files in which some row may meet `predicate`, by what the log says of their values.
    pub fn files_where(&self, predicate: &Arc<dyn PhysicalExpr>) -> Vec<TableFile> {
        let kept = prune(self.told(), &self.schema, predicate);
        kept.into_iter().filter_map(|place| self.files.get(place)).cloned().collect()
    }
}

/// What the log tells of each file.
struct OfEach<'a> {
    files: &'a [Arc<Statistics>],
    schema: &'a SchemaRef,
}

impl OfEach<'_> {
    /// One value of each file, NULL where it is not known.
    fn values(&self, column: &Column, of: impl Fn(&ColumnStatistics) -> Option<ScalarValue>) -> Option<ArrayRef> {
        let (place, field) = self.schema.column_with_name(&column.name)?;
        let unknown = ScalarValue::try_from(field.data_type()).ok()?;
        let value = |file: &Arc<Statistics>| file.column_statistics.get(place).and_then(&of);
        ScalarValue::iter_to_array(self.files.iter().map(|file| value(file).unwrap_or_else(|| unknown.clone()))).ok()
    }
}

impl PruningStatistics for OfEach<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |known| known.min_value.get_value().cloned())
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |known| known.max_value.get_value().cloned())
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let (place, _) = self.schema.column_with_name(&column.name)?;
        let nulls = |file: &Arc<Statistics>| count(&file.column_statistics.get(place)?.null_count);
        Some(Arc::new(self.files.iter().map(nulls).collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(self.files.iter().map(|file| count(&file.num_rows)).collect::<UInt64Array>()))
    }

    fn contained(&self, _: &Column, _: &std::collections::HashSet<ScalarValue>) -> Option<arrow::array::BooleanArray> {
        None
    }
}

fn count(known: &Precision<usize>) -> Option<u64> {
    known.get_value().and_then(|count| u64::try_from(*count).ok())
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::{Expr, ident, lit};
    use datafusion::prelude::SessionContext;
    use object_store::path::Path;

    use super::*;
    use crate::told::Told;

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
        let told = Told::default();
        let kept = prune(told.of(&files, &schema), &schema, &predicate);
        let numbers: Vec<usize> = kept.into_iter().map(|place| place + 1).collect();
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
