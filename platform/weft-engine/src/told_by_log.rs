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
            let kind = Kind::of(data_type)?;
            let hold = |file: &TableFile| tests.iter().all(|test| holds_by_log(file, (column, kind), test));
            table.files.iter().all(hold).then_some(0)
        }
        Measure::Missing { .. } | Measure::Duplicates { .. } | Measure::Unmatched { .. } | Measure::Sql { .. } => None,
    }
}

/// The types whose bounds stand in the log as exactly as in the data.
#[derive(Clone, Copy)]
enum Kind {
    Whole,
    Date,
    /// A decimal with so many digits after the point, and no more in all than a double keeps apart.
    Decimal(i32),
}

/// How many digits of a number a double keeps, whichever they are.
const DIGITS_KEPT: u8 = f64::DIGITS as u8;

impl Kind {
    fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Date32 => Some(Kind::Date),
            DataType::Decimal128(digits, scale) if *digits <= DIGITS_KEPT && *scale >= 0 => {
                Some(Kind::Decimal(i32::from(*scale)))
            }
            whole if whole.is_integer() => Some(Kind::Whole),
            _ => None,
        }
    }

    /// How a bound of a file compares with one that a contract writes; `None` where that cannot be told.
    fn compare(self, of_file: &Value, written: &Value) -> Option<Ordering> {
        match (self, of_file, written) {
            (Kind::Whole, Value::Number(one), Value::Number(other)) => Some(one.as_i64()?.cmp(&other.as_i64()?)),
            (Kind::Decimal(scale), Value::Number(one), Value::Number(other)) => {
                // Delta's writers divide in doubles, and some then step to the next: the scale says which was meant.
                let steps = 10_f64.powi(scale);
                ((one.as_f64()? * steps).round() / steps).partial_cmp(&other.as_f64()?)
            }
            (Kind::Date, Value::String(one), Value::String(other)) => {
                let date = |text: &String| text.parse::<chrono::NaiveDate>().ok();
                Some(date(one)?.cmp(&date(other)?))
            }
            _ => None,
        }
    }
}

/// Whether the least and the greatest value of a file show that none of its values fails the test.
fn holds_by_log(file: &TableFile, (column, kind): (&str, Kind), test: &ValueTest) -> bool {
    if file.rows.is_some() && file.nulls(column) == file.rows {
        return true;
    }
    file.bounds(column).is_some_and(|(least, greatest)| holds_between(kind, &least, &greatest, test))
}

/// Whether no value from `least` to `greatest` fails the test.
fn holds_between(kind: Kind, least: &Value, greatest: &Value, test: &ValueTest) -> bool {
    match test {
        ValueTest::AtLeast(bound) => kind.compare(least, bound).is_some_and(Ordering::is_ge),
        ValueTest::Above(bound) => kind.compare(least, bound).is_some_and(Ordering::is_gt),
        ValueTest::AtMost(bound) => kind.compare(greatest, bound).is_some_and(Ordering::is_le),
        ValueTest::Below(bound) => kind.compare(greatest, bound).is_some_and(Ordering::is_lt),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whether values of the type, between these bounds as a log writes them, are known to pass.
    #[track_caller]
    fn check(data_type: DataType, [least, greatest]: [&str; 2], test: ValueTest, expected: bool) {
        let bound = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let kind = Kind::of(&data_type);
        let known = kind.is_some_and(|kind| holds_between(kind, &bound(least), &bound(greatest), &test));
        assert_eq!(known, expected, "{data_type} from {least} to {greatest}: {test:?}");
    }

    #[test]
    fn bounds_of_decimals_are_told_as_far_as_doubles_keep_them_apart() {
        let price = || DataType::Decimal128(12, 2);
        check(price(), ["0.01", "9.99"], ValueTest::AtMost(json!(9.99)), true);
        check(price(), ["0.01", "9.99"], ValueTest::Below(json!(9.99)), false);
        check(price(), ["0.01", "9.99"], ValueTest::Above(json!(0)), true);
        check(price(), ["0.01", "9.99"], ValueTest::AtLeast(json!(0.011)), false);
        check(price(), ["-3.0", "4"], ValueTest::AtLeast(json!(-3)), true);
        check(price(), ["-3.0", "4"], ValueTest::Above(json!(-3)), false);
        check(
            DataType::Decimal128(15, 2),
            ["0.0", "9999999999999.99"],
            ValueTest::Below(json!(9999999999999.99)),
            false,
        );
        check(
            DataType::Decimal128(15, 2),
            ["0.0", "9999999999999.98"],
            ValueTest::Below(json!(9999999999999.99)),
            true,
        );
        check(DataType::Decimal128(16, 2), ["0.0", "1.0"], ValueTest::AtMost(json!(2)), false);
        check(DataType::Decimal128(12, -2), ["0", "100"], ValueTest::AtMost(json!(200)), false);
    }

    #[test]
    fn a_bound_that_a_writer_let_step_to_the_next_double_is_what_the_scale_says() {
        let share = || DataType::Decimal128(2, 2);
        let stepped = f64::from_bits(0.99_f64.to_bits() - 1).to_string();
        check(share(), ["0.0", &stepped], ValueTest::Below(json!(0.99)), false);
        check(share(), ["0.0", &stepped], ValueTest::AtMost(json!(0.99)), true);
    }

    #[test]
    fn whole_numbers_and_dates_are_told_exactly_and_nothing_else_is() {
        check(
            DataType::Int64,
            ["9007199254740993", "9007199254740993"],
            ValueTest::Above(json!(9007199254740992_i64)),
            true,
        );
        check(DataType::Int64, ["1", "2"], ValueTest::AtLeast(json!(0.5)), false);
        check(DataType::Date32, ["\"2024-01-01\"", "\"2024-12-31\""], ValueTest::AtMost(json!("2024-12-31")), true);
        check(DataType::Float64, ["1.0", "2.0"], ValueTest::AtMost(json!(2)), false);
        check(DataType::Utf8, ["\"a\"", "\"b\""], ValueTest::AtMost(json!("c")), false);
        check(DataType::Int64, ["2", "4"], ValueTest::MultipleOf(2.into()), false);
    }
}
