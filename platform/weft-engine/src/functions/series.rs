//! Series of numbers and instants, held to bounds.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, IntervalMonthDayNano, TimeUnit};
use datafusion::catalog::{TableFunction, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::Expr;

use crate::QueryError;

/// Rows of a series that is a table. Its rows are made as they are read.
const ROWS_MAX: u64 = 10_000_000;

/// The one table function there is: it yields numbers lazily and reads nothing.
pub(crate) fn is_series(name: &str) -> bool {
    name.eq_ignore_ascii_case("generate_series")
}

/// `generate_series` as a table, held to bounds.
pub(super) fn table_functions() -> Vec<Arc<TableFunction>> {
    datafusion::functions_table::all_default_table_functions()
        .into_iter()
        .filter(|function| is_series(function.name()))
        .map(|function| {
            let name = function.name().to_owned();
            Arc::new(TableFunction::new(name, Arc::new(CappedSeries(function))))
        })
        .collect()
}

#[derive(Debug)]
struct CappedSeries(Arc<TableFunction>);

impl TableFunctionImpl for CappedSeries {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let ends: Vec<&ScalarValue> = args
            .exprs()
            .iter()
            .filter_map(|expr| match expr {
                Expr::Literal(value, _) => Some(value),
                _ => None,
            })
            .collect();
        if count(&ends) > u128::from(ROWS_MAX) {
            let what = "a series".to_owned();
            return Err(QueryError::ResultBounds { what, unit: "rows", limit: ROWS_MAX }.into());
        }
        self.0.create_table_provider_with_args(args)
    }
}

/// Elements of the series in this row of the arguments; none where an argument is NULL.
pub(super) fn elements(arguments: &[ArrayRef], row: usize) -> usize {
    let value = |values: &ArrayRef| {
        let place = if values.len() == 1 { 0 } else { row };
        ScalarValue::try_from_array(values, place).unwrap_or(ScalarValue::Null)
    };
    let values: Vec<ScalarValue> = arguments.iter().map(value).collect();
    usize::try_from(count(&values.iter().collect::<Vec<_>>())).unwrap_or(usize::MAX)
}

/// Values from a start to an end by a step; both ends count. At least as many as there are.
fn count(ends: &[&ScalarValue]) -> u128 {
    let (start, end, step) = match ends {
        [end] => (Some(0), place(end), Some(1)),
        [start, end] => (place(start), place(end), Some(1)),
        [start, end, step] => (place(start), place(end), length(step)),
        _ => return 0,
    };
    let (Some(start), Some(end), Some(step)) = (start, end, step) else { return 0 };
    let way = if step < 0 { start.saturating_sub(end) } else { end.saturating_sub(start) };
    match (u128::try_from(way), step) {
        // A number of no length is refused by the function itself.
        (_, 0) if number_of(ends.last()).is_some() => 0,
        // An interval of no length, or one whose parts go both ways, may never arrive.
        (_, 0) => u128::MAX,
        (Ok(way), _) => way / step.unsigned_abs() + 1,
        (Err(_), _) => 0,
    }
}

fn number_of(value: Option<&&ScalarValue>) -> Option<i128> {
    value.filter(|value| value.data_type().is_integer()).and_then(|value| number(value))
}

const DAY: i128 = 86_400_000_000_000;

/// A number, or an instant in nanoseconds.
fn place(value: &ScalarValue) -> Option<i128> {
    use ScalarValue::{TimestampMicrosecond, TimestampMillisecond, TimestampNanosecond, TimestampSecond};
    match value {
        ScalarValue::Date32(days) => days.map(|days| i128::from(days) * DAY),
        ScalarValue::Date64(millis) => millis.map(|millis| i128::from(millis) * 1_000_000),
        TimestampSecond(at, _) => at.map(|at| i128::from(at) * nanoseconds(TimeUnit::Second)),
        TimestampMillisecond(at, _) => at.map(|at| i128::from(at) * nanoseconds(TimeUnit::Millisecond)),
        TimestampMicrosecond(at, _) => at.map(|at| i128::from(at) * nanoseconds(TimeUnit::Microsecond)),
        TimestampNanosecond(at, _) => at.map(i128::from),
        other => number(other),
    }
}

/// A number, or an interval in nanoseconds; a month is no shorter than 28 days.
fn length(value: &ScalarValue) -> Option<i128> {
    match value {
        ScalarValue::IntervalMonthDayNano(interval) => interval.map(|interval| {
            let IntervalMonthDayNano { months, days, nanoseconds } = interval;
            let parts = [i128::from(months) * 28 * DAY, i128::from(days) * DAY, i128::from(nanoseconds)];
            let goes_both_ways = parts.iter().any(|part| *part < 0) && parts.iter().any(|part| *part > 0);
            if goes_both_ways { 0 } else { parts.iter().sum() }
        }),
        ScalarValue::IntervalYearMonth(months) => months.map(|months| i128::from(months) * 28 * DAY),
        ScalarValue::IntervalDayTime(interval) => {
            interval.map(|interval| i128::from(interval.days) * DAY + i128::from(interval.milliseconds) * 1_000_000)
        }
        other => number(other),
    }
}

fn number(value: &ScalarValue) -> Option<i128> {
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(number)) => number.map(i128::from),
        _ => None,
    }
}

fn nanoseconds(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_has_as_many_values_as_steps_fit_between_its_ends() {
        let int = |n: i64| ScalarValue::Int64(Some(n));
        assert_eq!(count(&[&int(9)]), 10);
        assert_eq!(count(&[&int(1), &int(9)]), 9);
        assert_eq!(count(&[&int(9), &int(1)]), 0);
        assert_eq!(count(&[&int(9), &int(1), &int(-2)]), 5);
        assert_eq!(count(&[&int(1), &int(9), &int(0)]), 0);
        assert_eq!(count(&[&ScalarValue::Int64(None), &int(9)]), 0);
        assert_eq!(count(&[&int(i64::MIN), &int(i64::MAX)]), 1 << 64);
        let day = |n: i32| ScalarValue::Date32(Some(n));
        let step = |months, days, nanoseconds| {
            ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano { months, days, nanoseconds }))
        };
        assert_eq!(count(&[&day(0), &day(10), &step(0, 1, 0)]), 11);
        assert!(count(&[&day(0), &day(10), &step(0, 0, 1)]) > 1_000_000_000);
    }
}
