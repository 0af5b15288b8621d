//! `a || b` on texts, as a function that can be held to bounds.

use arrow::compute::kernels::concat_elements::concat_elements_dyn;
use arrow::datatypes::DataType;
use datafusion::common::{ScalarValue, internal_err};
use datafusion::error::Result;
use datafusion::logical_expr::expr::BinaryExpr;
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// The operator on two texts, or two byte strings, of one type.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ConcatOperator {
    signature: Signature,
}

impl ConcatOperator {
    pub(super) const NAME: &str = "text_concat_operator";

    pub(super) fn new() -> Self {
        ConcatOperator { signature: Signature::any(2, Volatility::Immutable) }
    }

    /// Whether the operator is this function on operands of that type.
    pub(super) fn takes(data_type: &DataType) -> bool {
        use DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
        matches!(data_type, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
    }
}

impl ScalarUDFImpl for ConcatOperator {
    fn name(&self) -> &str {
        Self::NAME
    }

    /// As the operator would be called, for columns are named after it.
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        match args {
            [left, right] => {
                let operator = BinaryExpr::new(Box::new(left.clone()), Operator::StringConcat, Box::new(right.clone()));
                Ok(Expr::BinaryExpr(operator).schema_name().to_string())
            }
            _ => internal_err!("`||` has two operands"),
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types {
            [left, _] => Ok(left.clone()),
            _ => internal_err!("`||` has two operands"),
        }
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_one = call.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&call.args)?;
        let [left, right] = arrays.as_slice() else { return internal_err!("`||` has two operands") };
        let joined = concat_elements_dyn(left, right)?;
        if is_one {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&joined, 0)?));
        }
        Ok(ColumnarValue::Array(joined))
    }
}
