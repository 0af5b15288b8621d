//! From a restriction's condition on rows to an expression that is evaluated on them.

use arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::functions::core::expr_ext::FieldAccessor;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::utils::{conjunction, disjunction};
use datafusion::logical_expr::{Expr, ident, lit, not};
use datafusion::scalar::ScalarValue;
use weft_governance::{Comparison, Literal, RowPredicate};

use crate::entitlement::Entitlements;

/// The expression that is true for the rows which `predicate` keeps.
///
/// It compares columns with values of their own type and does nothing else, so that it cannot fail
/// whatever a row holds.
///
/// # Errors
///
/// In words for the log, if the predicate does not fit `schema`. Then the table is not readable.
pub(crate) fn expression(predicate: &RowPredicate, schema: &Schema, entitled: &Entitlements) -> Result<Expr, String> {
    let all = |parts: &[RowPredicate]| -> Result<Vec<Expr>, String> {
        parts.iter().map(|part| expression(part, schema, entitled)).collect()
    };
    Ok(match predicate {
        RowPredicate::Unknown => lit(ScalarValue::Boolean(None)),
        RowPredicate::Compare { column, comparison, value } => {
            let (column, data_type) = place(column, schema)?;
            compared(column, *comparison, lit(scalar(value, &data_type)?))
        }
        RowPredicate::In { column, values } => {
            let (column, data_type) = place(column, schema)?;
            let values: Result<Vec<_>, _> = values.iter().map(|value| scalar(value, &data_type)).collect();
            among(column, values?)
        }
        RowPredicate::InPort { column, .. } => {
            let (column, data_type) = place(column, schema)?;
            let values = entitled.values(predicate).ok_or("the entitlement was not read")?;
            let fitting = |value: &ScalarValue| convert(value, &data_type);
            among(column, values.iter().map(fitting).collect::<Result<Vec<_>, _>>()?)
        }
        RowPredicate::IsNull { column } => place(column, schema)?.0.is_null(),
        RowPredicate::All(parts) => conjunction(all(parts)?).unwrap_or_else(|| lit(true)),
        RowPredicate::Any(parts) => disjunction(all(parts)?).unwrap_or_else(|| lit(false)),
        RowPredicate::Not(inner) => not(expression(inner, schema, entitled)?),
        other => return Err(format!("a condition that the engine does not know: {other:?}")),
    })
}

/// Top-level columns that `predicate` reads.
pub(crate) fn columns_of(predicate: &RowPredicate, found: &mut Vec<String>) {
    match predicate {
        RowPredicate::Compare { column, .. }
        | RowPredicate::In { column, .. }
        | RowPredicate::InPort { column, .. }
        | RowPredicate::IsNull { column } => found.extend(column.first().cloned()),
        RowPredicate::All(parts) | RowPredicate::Any(parts) => {
            parts.iter().for_each(|part| columns_of(part, found));
        }
        RowPredicate::Not(inner) => columns_of(inner, found),
        // What is not known fails where it is turned into an expression.
        _ => {}
    }
}

/// A column, or a field within a struct, and its type.
fn place(path: &[String], schema: &Schema) -> Result<(Expr, DataType), String> {
    let missing = || format!("a condition names `{}`, which the table does not have", path.join("."));
    let (name, below) = path.split_first().ok_or_else(missing)?;
    let field = schema.field_with_name(name).map_err(|_| missing())?;
    let mut found = (ident(name), field.data_type().clone());
    for name in below {
        let DataType::Struct(fields) = &found.1 else { return Err(missing()) };
        let field = fields.iter().find(|field| field.name() == name).ok_or_else(missing)?;
        let data_type = field.data_type().clone();
        found = (found.0.field(name.as_str()), data_type);
    }
    Ok(found)
}

fn compared(column: Expr, comparison: Comparison, value: Expr) -> Expr {
    match comparison {
        Comparison::Equal => column.eq(value),
        Comparison::NotEqual => column.not_eq(value),
        Comparison::Less => column.lt(value),
        Comparison::LessOrEqual => column.lt_eq(value),
        Comparison::Greater => column.gt(value),
        Comparison::GreaterOrEqual => column.gt_eq(value),
    }
}

fn among(column: Expr, values: Vec<ScalarValue>) -> Expr {
    if values.is_empty() {
        return lit(false);
    }
    Expr::InList(InList::new(Box::new(column), values.into_iter().map(lit).collect(), false))
}

/// `value` as one of `data_type`, without loss.
pub(crate) fn scalar(value: &Literal, data_type: &DataType) -> Result<ScalarValue, String> {
    let misfit = || format!("{value:?} is not a value of type {data_type}");
    let plain = match (value, data_type) {
        (Literal::Boolean(value), DataType::Boolean) => ScalarValue::Boolean(Some(*value)),
        (Literal::Text(value), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
            ScalarValue::Utf8(Some(value.clone()))
        }
        (Literal::Integer(value), to) if is_number(to) => ScalarValue::Int64(Some(*value)),
        (Literal::Number(value), to) if is_number(to) => {
            // An approximation is what such a column holds as well.
            if matches!(to, DataType::Float32) {
                return Ok(ScalarValue::Float32(Some(*value as f32)));
            }
            ScalarValue::Float64(Some(*value))
        }
        (Literal::Date(value), DataType::Date32) => {
            let since_epoch = value.signed_duration_since(chrono::NaiveDate::default()).num_days();
            return i32::try_from(since_epoch).map(|days| ScalarValue::Date32(Some(days))).map_err(|_| misfit());
        }
        (Literal::Timestamp(value), DataType::Timestamp(TimeUnit::Microsecond, zone)) => {
            return Ok(ScalarValue::TimestampMicrosecond(Some(value.timestamp_micros()), zone.clone()));
        }
        _ => return Err(misfit()),
    };
    convert(&plain, data_type).map_err(|_| misfit())
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_integer() || data_type.is_floating() || matches!(data_type, DataType::Decimal128(..))
}

/// The same value in another type; an error where that would change it.
fn convert(value: &ScalarValue, data_type: &DataType) -> Result<ScalarValue, String> {
    let misfit = || format!("a value of type {} does not fit type {data_type}", value.data_type());
    let there = value.cast_to(data_type).map_err(|_| misfit())?;
    let back = there.cast_to(&value.data_type()).map_err(|_| misfit())?;
    if back == *value { Ok(there) } else { Err(misfit()) }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn literals_become_values_of_the_columns_own_type() {
        let decimal = DataType::Decimal128(10, 2);
        assert_eq!(scalar(&Literal::Integer(7), &DataType::Int16), Ok(ScalarValue::Int16(Some(7))));
        assert_eq!(scalar(&Literal::Number(0.1), &decimal), Ok(ScalarValue::Decimal128(Some(10), 10, 2)));
        let day = NaiveDate::from_ymd_opt(1970, 1, 3).unwrap();
        assert_eq!(scalar(&Literal::Date(day), &DataType::Date32), Ok(ScalarValue::Date32(Some(2))));
    }

    #[test]
    fn a_literal_that_the_type_cannot_hold_is_refused() {
        for (value, data_type) in [
            (Literal::Integer(300), DataType::Int8),
            (Literal::Number(0.105), DataType::Decimal128(10, 2)),
            (Literal::Text("AA".to_owned()), DataType::Int64),
            (Literal::Integer(1), DataType::Utf8),
            (Literal::Number(1.5), DataType::Int64),
        ] {
            assert!(scalar(&value, &data_type).is_err(), "{value:?} as {data_type}");
        }
    }

    #[test]
    fn conditions_reach_into_structs_and_refuse_what_is_not_there() {
        let city = Field::new("city", DataType::Utf8, true);
        let home = Field::new("home", DataType::Struct(vec![city].into()), true);
        let schema = Schema::new(vec![home]);
        let at = |path: &[&str]| RowPredicate::Compare {
            column: path.iter().map(|name| (*name).to_owned()).collect(),
            comparison: Comparison::Equal,
            value: Literal::Text("Oslo".to_owned()),
        };
        let none = Entitlements::default();
        let made = expression(&at(&["home", "city"]), &schema, &none).unwrap();
        assert_eq!(made.to_string(), r#"get_field(home, Utf8("city")) = Utf8("Oslo")"#);
        assert!(expression(&at(&["home", "street"]), &schema, &none).is_err());
        assert!(expression(&at(&["home", "city", "name"]), &schema, &none).is_err());
        assert!(expression(&at(&["work"]), &schema, &none).is_err());
    }
}
