//! Parameters of a query as JSON brings them.

use datafusion::scalar::ScalarValue;
use serde_json::Value;
use weft_engine::Parameters;

use crate::problem::Problem;

/// Reads one value for each parameter.
pub(crate) fn read(values: &[Value]) -> Result<Parameters, Problem> {
    if values.is_empty() {
        return Ok(Parameters::None);
    }
    values.iter().enumerate().map(|(n, value)| one(n + 1, value)).collect::<Result<_, _>>().map(Parameters::Positional)
}

fn one(n: usize, value: &Value) -> Result<ScalarValue, Problem> {
    match value {
        Value::Null => Ok(ScalarValue::Null),
        Value::Bool(truth) => Ok(ScalarValue::Boolean(Some(*truth))),
        Value::String(text) => Ok(ScalarValue::Utf8(Some(text.clone()))),
        Value::Number(number) => Ok(match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => ScalarValue::Int64(Some(whole)),
            (None, Some(large)) => ScalarValue::UInt64(Some(large)),
            (None, None) => ScalarValue::Float64(number.as_f64()),
        }),
        Value::Array(_) | Value::Object(_) => {
            Err(Problem::parameters(format!("parameter {n} is neither a text, a number, a truth value nor `null`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_values_become_values_of_sql() {
        let Ok(Parameters::Positional(values)) =
            read(&[json!(1), json!(u64::MAX), json!(0.5), json!("a'b"), json!(true), json!(null)])
        else {
            panic!("values")
        };
        let types: Vec<String> = values.iter().map(|value| value.data_type().to_string()).collect();
        assert_eq!(types, ["Int64", "UInt64", "Float64", "Utf8", "Boolean", "Null"]);
        assert!(matches!(read(&[]), Ok(Parameters::None)));
        assert!(read(&[json!([1])]).is_err() && read(&[json!({})]).is_err());
    }
}
