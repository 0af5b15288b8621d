//! Values of partition columns, which the log writes as text.

use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use datafusion::common::ScalarValue;

/// The value that `text` stands for in a column of that type; nothing where it is none of them. Empty text is NULL, for
/// columns of text too.
pub(super) fn value(text: Option<&str>, kind: &DataType) -> Option<ScalarValue> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return ScalarValue::try_from(kind).ok();
    };
    Some(match kind {
        DataType::Utf8 => ScalarValue::Utf8(Some(text.to_owned())),
        DataType::Binary => ScalarValue::Binary(Some(text.as_bytes().to_vec())),
        DataType::Boolean => ScalarValue::Boolean(Some(text.to_ascii_lowercase().parse().ok()?)),
        DataType::Int8 => ScalarValue::Int8(Some(text.parse().ok()?)),
        DataType::Int16 => ScalarValue::Int16(Some(text.parse().ok()?)),
        DataType::Int32 => ScalarValue::Int32(Some(text.parse().ok()?)),
        DataType::Int64 => ScalarValue::Int64(Some(text.parse().ok()?)),
        DataType::Float32 => ScalarValue::Float32(Some(text.parse().ok()?)),
        DataType::Float64 => ScalarValue::Float64(Some(text.parse().ok()?)),
        DataType::Date32 => ScalarValue::Date32(Some(day(text)?)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            ScalarValue::TimestampMicrosecond(Some(instant(text, zone.is_some())?), zone.clone())
        }
        DataType::Decimal128(digits, scale) => ScalarValue::Decimal128(Some(decimal(text, *scale)?), *digits, *scale),
        _ => return None,
    })
}

fn day(text: &str) -> Option<i32> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

/// Microseconds since 1970. An offset is taken where the column knows zones.
fn instant(text: &str, is_zoned: bool) -> Option<i64> {
    let plain = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let mut plain = plain.iter().filter_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let zoned = || DateTime::parse_from_str(text, "%+").ok().filter(|_| is_zoned);
    plain.next().map(|at| at.and_utc().timestamp_micros()).or_else(|| Some(zoned()?.timestamp_micros()))
}

/// The digits of a number with so many behind the point; nothing where it has more.
fn decimal(text: &str, scale: i8) -> Option<i128> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    let missing = usize::try_from(scale).ok()?.checked_sub(part.len())?;
    let is_number =
        !(whole.is_empty() && part.is_empty()) && whole.chars().chain(part.chars()).all(|c| c.is_ascii_digit());
    let digits = is_number.then(|| format!("{whole}{part}{}", "0".repeat(missing)))?;
    digits.parse::<i128>().ok()?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_a_value_of_its_column_or_nothing() {
        let plain = DataType::Timestamp(TimeUnit::Microsecond, None);
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let cases = [
            ("-1", DataType::Int8, Some(ScalarValue::Int8(Some(-1)))),
            ("128", DataType::Int8, None),
            ("1.5", DataType::Int64, None),
            ("True", DataType::Boolean, Some(ScalarValue::Boolean(Some(true)))),
            ("yes", DataType::Boolean, None),
            ("1969-12-31", DataType::Date32, Some(ScalarValue::Date32(Some(-1)))),
            ("1969-02-29", DataType::Date32, None),
            ("1970-01-01 00:00:01.5", plain.clone(), Some(ScalarValue::TimestampMicrosecond(Some(1_500_000), None))),
            ("1970-01-01T00:00:01Z", plain, None),
            (
                "1970-01-01T01:00:01+01:00",
                zoned,
                Some(ScalarValue::TimestampMicrosecond(Some(1_000_000), Some("UTC".into()))),
            ),
            ("-0.50", DataType::Decimal128(3, 2), Some(ScalarValue::Decimal128(Some(-50), 3, 2))),
            ("7", DataType::Decimal128(3, 2), Some(ScalarValue::Decimal128(Some(700), 3, 2))),
            ("1.500", DataType::Decimal128(3, 1), Some(ScalarValue::Decimal128(Some(15), 3, 1))),
            ("1.55", DataType::Decimal128(3, 1), None),
            ("-9.-9", DataType::Decimal128(3, 1), None),
            (".", DataType::Decimal128(3, 1), None),
            ("", DataType::Utf8, Some(ScalarValue::Utf8(None))),
        ];
        for (text, kind, expected) in cases {
            assert_eq!(value(Some(text), &kind), expected, "{text:?} as {kind}");
        }
        assert_eq!(value(None, &DataType::Int8), Some(ScalarValue::Int8(None)));
    }
}
