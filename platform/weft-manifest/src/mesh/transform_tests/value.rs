//! Whether a value that a test writes is one of its column's type.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::Value as Json;
use weft_model::{DataType, IntegerFormat};

/// What would fit, where `value` does not. NULL fits every type.
pub(super) fn misfit(value: &Json, data_type: &DataType) -> Option<String> {
    let unless = |fits: bool, wanted: &str| (!fits).then(|| wanted.to_owned());
    match (data_type, value) {
        (_, Json::Null) => None,
        (DataType::String, value) => unless(value.is_string(), "text, in quotes"),
        (DataType::Boolean, value) => unless(value.is_boolean(), "`true` or `false`"),
        (DataType::Binary, value) => unless(value.as_str().is_some_and(is_hex), "pairs of hex digits, in quotes"),
        (DataType::Integer(format), value) => {
            let (least, most) = range(*format);
            let fits = value.as_i64().is_some_and(|number| (least..=most).contains(&number));
            (!fits).then(|| format!("a whole number, {least} to {most}"))
        }
        (DataType::Float32 | DataType::Float64, value) => unless(value.is_number(), "a number"),
        (DataType::Decimal { precision, scale }, value) => {
            let after = usize::try_from(*scale).unwrap_or_default();
            let before = usize::from(*precision).saturating_sub(after);
            let written = match value {
                Json::Number(number) => number.to_string(),
                Json::String(text) => text.clone(),
                _ => String::new(),
            };
            let wanted = || format!("a number of {before} digits before and {after} after the point at most");
            (!is_decimal(&written, before, after)).then(wanted)
        }
        (DataType::Date, value) => unless(value.as_str().is_some_and(is_date), "a date such as `2026-01-31`"),
        (DataType::Timestamp { utc: true }, value) => {
            let fits = value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok());
            unless(fits, "a date and time with its offset, such as `2026-01-31T12:00:00Z`")
        }
        (DataType::Timestamp { utc: false }, value) => {
            let fits = value.as_str().is_some_and(is_wall_clock);
            unless(fits, "a date and time without an offset, such as `2026-01-31T12:00:00`")
        }
        (DataType::List(item), Json::Array(items)) => items.iter().find_map(|value| misfit(value, &item.data_type)),
        (DataType::List(_), _) => Some("a list".to_owned()),
        (DataType::Struct(fields), Json::Object(entries)) => {
            entries.iter().find_map(|(key, value)| match fields.iter().find(|field| &field.name == key) {
                Some(field) => misfit(value, &field.data_type),
                None => Some(format!("an object without `{}`", crate::form::clipped(key))),
            })
        }
        (DataType::Struct(_), _) => Some("an object".to_owned()),
        (DataType::Map { value: item, .. }, Json::Object(entries)) => {
            entries.values().find_map(|value| misfit(value, &item.data_type))
        }
        (DataType::Map { .. }, _) => Some("an object".to_owned()),
    }
}

/// The value that a cell of a file stands for: text that is none of its column's type stays text.
pub(super) fn of_cell(text: Option<&str>, data_type: Option<&DataType>) -> Json {
    let Some(text) = text else { return Json::Null };
    let read = match data_type {
        Some(DataType::Boolean) => text.parse::<bool>().ok().map(Json::from),
        Some(DataType::Integer(_)) => text.parse::<i64>().ok().map(Json::from),
        Some(DataType::Float32 | DataType::Float64) => {
            text.parse::<f64>().ok().filter(|f| f.is_finite()).map(Json::from)
        }
        Some(DataType::List(_) | DataType::Struct(_) | DataType::Map { .. }) => serde_json::from_str(text).ok(),
        _ => None,
    };
    read.unwrap_or_else(|| Json::from(text))
}

fn range(format: IntegerFormat) -> (i64, i64) {
    match format {
        IntegerFormat::I8 => (i8::MIN.into(), i8::MAX.into()),
        IntegerFormat::I16 => (i16::MIN.into(), i16::MAX.into()),
        IntegerFormat::I32 => (i32::MIN.into(), i32::MAX.into()),
        IntegerFormat::I64 => (i64::MIN, i64::MAX),
    }
}

fn is_hex(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_date(text: &str) -> bool {
    text.len() == "2026-01-31".len() && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn is_wall_clock(text: &str) -> bool {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .any(|format| NaiveDateTime::parse_from_str(text, format).is_ok())
}

fn is_decimal(text: &str, before_max: usize, after_max: usize) -> bool {
    let plain = text.strip_prefix('-').unwrap_or(text);
    let (before, after) = plain.split_once('.').map_or((plain, None), |(before, after)| (before, Some(after)));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(before)
        && after.is_none_or(are_digits)
        && before.trim_start_matches('0').len() <= before_max
        && after.map_or(0, |after| after.trim_end_matches('0').len()) <= after_max
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(data_type: &DataType, fit: &[Json], unfit: &[Json]) {
        for value in fit {
            assert_eq!(misfit(value, data_type), None, "{data_type}: {value}");
        }
        for value in unfit {
            assert!(misfit(value, data_type).is_some(), "{data_type}: {value}");
        }
        assert_eq!(misfit(&Json::Null, data_type), None);
    }

    #[test]
    fn a_value_fits_its_type_or_not() {
        check(&DataType::String, &[json!("a"), json!("")], &[json!(1), json!(true), json!([])]);
        check(&DataType::Boolean, &[json!(true)], &[json!("true"), json!(1)]);
        check(&DataType::Binary, &[json!("00ff")], &[json!("0"), json!("xy"), json!(12)]);
        let tiny = DataType::Integer(IntegerFormat::I8);
        check(&tiny, &[json!(127), json!(-128)], &[json!(128), json!(1.5), json!("1")]);
        check(&DataType::Float64, &[json!(1), json!(-1.5)], &[json!("1.5")]);
        let money = DataType::Decimal { precision: 4, scale: 2 };
        let few = [json!(12), json!(-12.5), json!("12.50"), json!("0012.500")];
        check(&money, &few, &[json!(123), json!(1.234), json!("1,2"), json!("1e1"), json!(".5"), json!("")]);
        check(&DataType::Date, &[json!("2026-01-31")], &[json!("2026-02-30"), json!("2026-1-1"), json!(20_260_131)]);
        let (instant, reading) = (DataType::Timestamp { utc: true }, DataType::Timestamp { utc: false });
        let (with, without) = (json!("2026-01-31T12:00:00+02:00"), json!("2026-01-31 12:00:00.5"));
        check(&instant, std::slice::from_ref(&with), std::slice::from_ref(&without));
        check(&reading, &[without], &[with]);
        let list = DataType::List(Box::new(weft_model::Field {
            name: "element".to_owned(),
            data_type: DataType::Date,
            nullable: true,
        }));
        check(&list, &[json!([]), json!(["2026-01-31", null])], &[json!("2026-01-31"), json!([1])]);
    }

    #[test]
    fn a_cell_is_read_as_its_columns_type() {
        let whole = DataType::Integer(IntegerFormat::I64);
        assert_eq!(of_cell(Some("12"), Some(&whole)), json!(12));
        assert_eq!(of_cell(Some("a"), Some(&whole)), json!("a"));
        assert_eq!(of_cell(None, Some(&whole)), Json::Null);
        assert_eq!(of_cell(Some("12"), Some(&DataType::String)), json!("12"));
        assert_eq!(of_cell(Some("12.50"), Some(&DataType::Decimal { precision: 4, scale: 2 })), json!("12.50"));
    }
}
