//! What a contract demands of values, as conditions that DataFusion evaluates.

use arrow::datatypes::{DataType as ArrowType, Field};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions::expr_fn::{abs, character_length, coalesce, regexp_like, round};
use datafusion::functions_nested::expr_fn::{array_distinct, array_length, cardinality};
use datafusion::logical_expr::{Expr, ident};
use datafusion::prelude::{cast, lit};
use serde_json::{Number, Value};
use weft_model::quality_check::ValueTest;

/// How far a number may be from a multiple, in parts of the divisor.
const MULTIPLE_WITHIN: f64 = 1e-9;

/// Whether a value of `column` fails one of `tests`. NULL fails none.
///
/// # Errors
///
/// Where a test does not fit the column's type.
pub(crate) fn fails(column: &Field, tests: &[ValueTest]) -> Result<Expr> {
    let mut failing: Option<Expr> = None;
    for test in tests {
        let one = !passes(column, test)?;
        failing = Some(match failing {
            Some(others) => others.or(one),
            None => one,
        });
    }
    let value = ident(column.name());
    Ok(value.is_not_null().and(failing.unwrap_or_else(|| lit(false)).is_true()))
}

/// Whether a value of `column` is one of `values`, as far as the column can hold these.
pub(crate) fn is_one_of(column: &Field, values: &[Value]) -> Expr {
    let known = values.iter().filter_map(|value| literal(column.data_type(), value));
    ident(column.name()).in_list(known.collect(), false)
}

fn passes(column: &Field, test: &ValueTest) -> Result<Expr> {
    let value = ident(column.name());
    let bound = |bound: &Value| {
        literal(column.data_type(), bound).ok_or_else(|| {
            DataFusionError::Plan(format!("`{}` of type {} has no bound {bound}", column.name(), column.data_type()))
        })
    };
    Ok(match test {
        ValueTest::OneOf(values) => is_one_of(column, values),
        ValueTest::Pattern(pattern) => regexp_like(as_text(column, value), lit(pattern.as_str()), None),
        ValueTest::LengthAtLeast(length) => character_length(as_text(column, value)).gt_eq(whole(*length)),
        ValueTest::LengthAtMost(length) => character_length(as_text(column, value)).lt_eq(whole(*length)),
        ValueTest::AtLeast(least) => value.gt_eq(bound(least)?),
        ValueTest::AtMost(most) => value.lt_eq(bound(most)?),
        ValueTest::Above(below) => value.gt(bound(below)?),
        ValueTest::Below(above) => value.lt(bound(above)?),
        ValueTest::MultipleOf(divisor) => is_multiple(column, value, divisor),
        ValueTest::ItemsAtLeast(items) => items_of(column, value).gt_eq(whole(*items)),
        ValueTest::ItemsAtMost(items) => items_of(column, value).lt_eq(whole(*items)),
        ValueTest::ItemsDiffer => items_of(column, array_distinct(value.clone())).eq(items_of(column, value)),
    })
}

/// Values of other types as SQL writes them.
fn as_text(column: &Field, value: Expr) -> Expr {
    if *column.data_type() == ArrowType::Utf8 { value } else { cast(value, ArrowType::Utf8) }
}

/// Elements of a list itself, not of the lists in it; entries of a map.
fn items_of(column: &Field, value: Expr) -> Expr {
    match column.data_type() {
        ArrowType::Map(..) => cast(cardinality(value), ArrowType::Int64),
        _ => coalesce(vec![cast(array_length(value), ArrowType::Int64), lit(0_i64)]),
    }
}

fn whole(number: u64) -> Expr {
    lit(i64::try_from(number).unwrap_or(i64::MAX))
}

fn is_multiple(column: &Field, value: Expr, divisor: &Number) -> Expr {
    match divisor.as_i64() {
        Some(divisor) if column.data_type().is_integer() => (value % lit(divisor)).eq(lit(0_i64)),
        _ => match exact(divisor).filter(|_| matches!(column.data_type(), ArrowType::Decimal128(..))) {
            Some(divisor) => (value % divisor.clone()).eq(divisor.clone() - divisor),
            None => {
                let parts = cast(value, ArrowType::Float64) / lit(divisor.as_f64().unwrap_or(f64::NAN));
                let rest = abs(parts.clone() - round(vec![parts.clone()]));
                // NaN is the greatest of all numbers here.
                let is_near = rest.clone().lt_eq(abs(parts) * lit(4.0 * f64::EPSILON)).and(rest.clone().lt(lit(0.5)));
                rest.lt_eq(lit(MULTIPLE_WITHIN)).or(is_near)
            }
        },
    }
}

/// A number as the decimal that it is written as.
fn exact(number: &Number) -> Option<Expr> {
    let text = number.to_string();
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let data_type = ArrowType::Decimal128(20, i8::try_from(scale).ok()?);
    ScalarValue::try_from_string(text, &data_type).ok().map(|scalar| Expr::Literal(scalar, None))
}

/// A written value as one of the column's type; `None` where no value of the column is equal to it.
fn literal(data_type: &ArrowType, value: &Value) -> Option<Expr> {
    let number = |number: &Number| match number.as_i64() {
        Some(whole) if data_type.is_integer() => Some(ScalarValue::Int64(Some(whole))),
        _ if matches!(data_type, ArrowType::Decimal128(..)) => {
            // A bound finer than the column's scale compares as the double that it is.
            let exact = ScalarValue::try_from_string(number.to_string(), data_type).ok();
            let is_exact = |exact: &ScalarValue| exact.to_string().parse::<f64>().ok() == number.as_f64();
            exact.filter(is_exact).or_else(|| number.as_f64().map(|number| ScalarValue::Float64(Some(number))))
        }
        _ if *data_type == ArrowType::Float32 => {
            number.as_f64().map(|number| ScalarValue::Float32(Some(number as f32)))
        }
        _ if data_type.is_numeric() => number.as_f64().map(|number| ScalarValue::Float64(Some(number))),
        _ => None,
    };
    let scalar = match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::Bool(flag) => (*data_type == ArrowType::Boolean).then_some(ScalarValue::Boolean(Some(*flag))),
        Value::Number(written) if data_type.is_numeric() => number(written),
        // YAML takes an unquoted word of digits for a number.
        Value::Number(written) => ScalarValue::try_from_string(written.to_string(), data_type).ok(),
        Value::String(text) => ScalarValue::try_from_string(text.clone(), data_type).ok(),
    };
    scalar.map(|scalar| Expr::Literal(scalar, None))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, AsArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int32Array, ListArray, StringArray,
    };
    use arrow::array::{Int32Builder, ListBuilder};
    use arrow::datatypes::Int32Type;
    use arrow::record_batch::RecordBatch;
    use datafusion::prelude::SessionContext;
    use serde_json::json;

    use super::*;

    /// Which of the values fail, as `1` and `0`.
    async fn failing(values: ArrayRef, tests: &[ValueTest]) -> String {
        let batch = RecordBatch::try_from_iter([("Value", values)]).unwrap();
        let field = batch.schema().field(0).clone();
        let context = SessionContext::new_with_state(crate::engine::base_state());
        let frame = context.read_batch(batch).unwrap().select(vec![fails(&field, tests).unwrap()]).unwrap();
        let answers = frame.collect().await.unwrap();
        let told = answers.iter().flat_map(|batch| batch.column(0).as_boolean().iter().collect::<Vec<_>>());
        told.map(|fails| if fails == Some(true) { '1' } else { '0' }).collect()
    }

    #[tokio::test]
    async fn null_fails_nothing_and_every_other_value_what_it_is_not() {
        let words: ArrayRef = Arc::new(StringArray::from(vec![Some("AA"), Some("b"), Some("ü1x"), None]));
        let test = |test: ValueTest| [test];
        let cases = [
            (test(ValueTest::OneOf(vec![json!("AA"), json!(null), json!(7)])), "0110"),
            (test(ValueTest::Pattern("[0-9]".to_owned())), "1100"),
            (test(ValueTest::LengthAtLeast(2)), "0100"),
            (test(ValueTest::LengthAtMost(2)), "0010"),
        ];
        for (tests, expected) in cases {
            assert_eq!(failing(Arc::clone(&words), &tests).await, expected, "{tests:?}");
        }
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![7, 70]));
        assert_eq!(failing(numbers, &test(ValueTest::Pattern("^[0-9]$".to_owned()))).await, "01");
        let both = [ValueTest::LengthAtLeast(2), ValueTest::Pattern("[0-9]".to_owned())];
        assert_eq!(failing(words, &both).await, "1100");
    }

    #[tokio::test]
    async fn bounds_and_multiples_are_those_of_the_columns_type() {
        let whole: ArrayRef = Arc::new(Int32Array::from(vec![Some(-5), Some(0), Some(5), None]));
        assert_eq!(failing(Arc::clone(&whole), &[ValueTest::AtLeast(json!(0))]).await, "1000");
        assert_eq!(failing(Arc::clone(&whole), &[ValueTest::Above(json!(-0.5))]).await, "1000");
        assert_eq!(failing(Arc::clone(&whole), &[ValueTest::Below(json!(5))]).await, "0010");
        assert_eq!(failing(whole, &[ValueTest::MultipleOf(2.into())]).await, "1010");
        let real: ArrayRef = Arc::new(Float64Array::from(vec![0.3, 0.25, f64::NAN]));
        assert_eq!(failing(real, &[ValueTest::MultipleOf(Number::from_f64(0.1).unwrap())]).await, "011");
        let money = Decimal128Array::from(vec![1250, 1251]).with_precision_and_scale(12, 2).unwrap();
        let money: ArrayRef = Arc::new(money);
        assert_eq!(failing(Arc::clone(&money), &[ValueTest::AtMost(json!(12.5))]).await, "01");
        assert_eq!(failing(Arc::clone(&money), &[ValueTest::AtMost(json!(12.505))]).await, "01");
        assert_eq!(failing(Arc::clone(&money), &[ValueTest::MultipleOf(Number::from_f64(0.01).unwrap())]).await, "00");
        assert_eq!(failing(money, &[ValueTest::MultipleOf(Number::from_f64(0.5).unwrap())]).await, "01");
        let large = Decimal128Array::from(vec![90_071_992_547_409_921, 90_071_992_547_409_920]);
        let large: ArrayRef = Arc::new(large.with_precision_and_scale(20, 0).unwrap());
        assert_eq!(failing(large, &[ValueTest::MultipleOf(10.into())]).await, "10");
        let narrow: ArrayRef = Arc::new(Float32Array::from(vec![0.1, 0.7]));
        assert_eq!(failing(Arc::clone(&narrow), &[ValueTest::AtMost(json!(0.1))]).await, "01");
        assert_eq!(failing(narrow, &[ValueTest::OneOf(vec![json!(0.7)])]).await, "10");
        let days: ArrayRef = Arc::new(Date32Array::from(vec![0, 365]));
        assert_eq!(failing(days, &[ValueTest::AtLeast(json!("1970-06-01"))]).await, "10");
    }

    #[tokio::test]
    async fn lists_are_counted_and_compared_with_themselves() {
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
            Some(vec![Some(1), Some(1)]),
            Some(vec![Some(1), Some(2), Some(3)]),
            Some(vec![]),
            None,
        ]));
        assert_eq!(failing(Arc::clone(&lists), &[ValueTest::ItemsDiffer]).await, "1000");
        assert_eq!(failing(Arc::clone(&lists), &[ValueTest::ItemsAtLeast(1)]).await, "0010");
        assert_eq!(failing(lists, &[ValueTest::ItemsAtMost(2)]).await, "0100");
        let mut builder = ListBuilder::new(ListBuilder::new(Int32Builder::new()));
        for inner in [vec![vec![1, 2]], vec![vec![], vec![]]] {
            for numbers in inner {
                builder.values().append_value(numbers.into_iter().map(Some));
            }
            builder.append(true);
        }
        let nested: ArrayRef = Arc::new(builder.finish());
        assert_eq!(failing(Arc::clone(&nested), &[ValueTest::ItemsAtMost(1)]).await, "01");
        assert_eq!(failing(nested, &[ValueTest::ItemsDiffer]).await, "01");
    }
}
