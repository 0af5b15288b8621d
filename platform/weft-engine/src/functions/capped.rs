//! Functions whose result can be much larger than what they are given, held to bounds.
//!
//! What a call would make is worked out from the lengths of its arguments before anything is
//! allocated.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ExpressionPlacement, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature,
};

use super::{pattern, series, size};
use crate::QueryError;

/// Bytes of one computed value.
const VALUE_BYTES_MAX: usize = 1 << 20;
/// Bytes that one call may compute for one batch of rows.
const BATCH_BYTES_MAX: usize = 256 << 20;
/// Elements of one computed list.
const ELEMENTS_MAX: usize = 100_000;
/// Steps that one call may take for one batch of rows; some functions take the product of two lengths.
const BATCH_STEPS_MAX: usize = 2_000_000_000;
/// Bytes of a text that says how to format.
const FORMAT_BYTES_MAX: usize = 1_000;

/// How the result of a function grows with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Growth {
    /// The first argument, as often as the second says.
    Repeat,
    /// As long as the second argument says.
    Pad,
    /// All arguments together.
    Sum,
    /// All arguments together, with the first between any two.
    Joined,
    /// Twice the argument.
    Twice,
    /// The first with each occurrence of the second replaced by the third.
    Replace,
    /// A list of the first argument, as often as the second says.
    RepeatElement,
    /// A list as long as the second argument says.
    Resize,
    /// A list in which each element may become the third argument.
    ReplaceElement,
    /// The elements of the first as text, with the second between any two.
    ElementsJoined,
    /// A list from the first argument to the second, by the third.
    Series,
    /// The first, formatted as the second says.
    Format,
    /// Nothing grows, but time goes with the product of both lengths.
    Product,
    /// The second argument is a pattern.
    Pattern,
    /// The second argument is a pattern, and what it finds is replaced by the third.
    ReplacePattern,
    /// The result is of a type that a text names.
    TypeByName,
}

impl Growth {
    /// Whether the result may be much longer than the arguments together.
    pub(super) fn makes_long_values(self) -> bool {
        match self {
            Growth::Repeat
            | Growth::Pad
            | Growth::Replace
            | Growth::RepeatElement
            | Growth::Resize
            | Growth::ReplaceElement
            | Growth::ElementsJoined
            | Growth::Series
            | Growth::ReplacePattern => true,
            Growth::Sum
            | Growth::Joined
            | Growth::Twice
            | Growth::Format
            | Growth::Product
            | Growth::Pattern
            | Growth::TypeByName => false,
        }
    }
}

/// What one call would make of one row.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    bytes: usize,
    elements: usize,
    steps: usize,
}

/// A function of DataFusion's that refuses to make too much.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Capped {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl Capped {
    pub(super) fn over(inner: Arc<ScalarUDF>, growth: Growth) -> ScalarUDF {
        ScalarUDF::new_from_impl(Capped { inner, growth })
    }

    fn ensure_within(&self, call: &ScalarFunctionArgs) -> Result<(), QueryError> {
        let arguments = Arguments::of(call)?;
        if matches!(self.growth, Growth::Pattern | Growth::ReplacePattern) {
            pattern::ensure_bounded(arguments.texts(1))?;
        }
        let (mut bytes, mut steps) = (0_usize, 0_usize);
        for row in 0..arguments.rows {
            let size = self.growth.size(&arguments, row)?;
            within("a list", "elements", size.elements, ELEMENTS_MAX)?;
            within("a value", "bytes", size.bytes, VALUE_BYTES_MAX)?;
            (bytes, steps) = (bytes.saturating_add(size.bytes), steps.saturating_add(size.steps));
        }
        within("what one function makes of a batch of rows", "bytes", bytes, BATCH_BYTES_MAX)?;
        within("the work of one function on a batch of rows", "steps", steps, BATCH_STEPS_MAX)
    }
}

fn within(what: &str, unit: &'static str, size: usize, limit: usize) -> Result<(), QueryError> {
    if size <= limit {
        return Ok(());
    }
    Err(QueryError::ResultBounds { what: what.to_owned(), unit, limit: limit as u64 })
}

impl Growth {
    fn size(self, arguments: &Arguments, row: usize) -> Result<Size, QueryError> {
        let a = arguments;
        let of_bytes = |bytes: usize| Size { bytes, ..Size::default() };
        Ok(match self {
            Growth::Repeat => of_bytes(a.bytes(0, row).saturating_mul(a.number(1, row))),
            Growth::Pad => of_bytes(a.number(1, row)),
            Growth::Sum => {
                let elements = (0..a.values.len()).map(|i| a.elements(i, row)).sum();
                Size { bytes: a.all_bytes(row), elements, steps: 0 }
            }
            Growth::Joined => of_bytes(a.all_bytes(row).saturating_add(a.bytes(0, row).saturating_mul(a.values.len()))),
            Growth::Twice => of_bytes(a.bytes(0, row).saturating_mul(2)),
            Growth::Replace => of_bytes(replaced(a, row)),
            Growth::RepeatElement => {
                let elements = a.number(1, row);
                Size { bytes: a.bytes(0, row).max(1).saturating_mul(elements), elements, steps: 0 }
            }
            Growth::Resize => {
                let elements = a.number(1, row);
                let added = a.bytes(2, row).max(1).saturating_mul(elements);
                Size { bytes: a.bytes(0, row).saturating_add(added), elements, steps: 0 }
            }
            Growth::ReplaceElement => {
                let added = a.bytes(2, row).saturating_mul(a.elements(0, row));
                of_bytes(a.bytes(0, row).saturating_add(added))
            }
            Growth::ElementsJoined => {
                // A number of eight bytes has up to twenty digits.
                let between = a.bytes(1, row).saturating_add(a.bytes(2, row)).saturating_mul(a.elements(0, row));
                of_bytes(a.bytes(0, row).saturating_mul(3).saturating_add(between))
            }
            Growth::Series => {
                let elements = series::elements(&a.values, row);
                Size { bytes: elements.saturating_mul(8), elements, steps: 0 }
            }
            Growth::Format => {
                within("a format", "bytes", a.bytes(1, row), FORMAT_BYTES_MAX)?;
                Size::default()
            }
            Growth::Product => Size { steps: a.bytes(0, row).saturating_mul(a.bytes(1, row)), ..Size::default() },
            Growth::ReplacePattern => {
                let replacement = a.text(2, row).unwrap_or_default();
                let everywhere = a.text(3, row).is_some_and(|flags| flags.contains('g'));
                let bytes = pattern::replaced(a.bytes(0, row), replacement, everywhere);
                Size { bytes, elements: 0, steps: searched(a, row) }
            }
            Growth::Pattern => Size { steps: searched(a, row), ..Size::default() },
            Growth::TypeByName => Size::default(),
        })
    }
}

/// Steps that a search may take: each place of the text against each of the pattern.
fn searched(a: &Arguments, row: usize) -> usize {
    a.text(1, row).map_or(0, |pattern| a.bytes(0, row).saturating_mul(pattern::steps(pattern)))
}

fn replaced(a: &Arguments, row: usize) -> usize {
    let (Some(text), Some(from)) = (a.text(0, row), a.text(1, row)) else { return 0 };
    let to = a.bytes(2, row);
    if to <= from.len() {
        return text.len();
    }
    let most = text.len().checked_div(from.len()).unwrap_or(text.len() + 1);
    let at_most = text.len().saturating_add(most.saturating_mul(to));
    if at_most <= VALUE_BYTES_MAX || from.is_empty() {
        return at_most;
    }
    let found = text.matches(from).count();
    text.len().saturating_add(found.saturating_mul(to - from.len()))
}

/// The arguments of one call: a value for each row, or one for all.
struct Arguments {
    values: Vec<ArrayRef>,
    /// The texts among them, where they are read.
    texts: Vec<Option<StringArray>>,
    rows: usize,
}

impl Arguments {
    fn of(call: &ScalarFunctionArgs) -> Result<Self, QueryError> {
        let is_many = call.args.iter().any(|argument| matches!(argument, ColumnarValue::Array(_)));
        let values: Result<Vec<ArrayRef>> = call
            .args
            .iter()
            .map(|argument| match argument {
                ColumnarValue::Array(values) => Ok(Arc::clone(values)),
                ColumnarValue::Scalar(value) => value.to_array(),
            })
            .collect();
        let values = values.map_err(|error| QueryError::from_running(&error, 0))?;
        let texts = values.iter().map(text_of).collect();
        Ok(Arguments { values, texts, rows: if is_many { call.number_rows } else { 1 } })
    }

    /// The place of a row's value: there is only one where the argument is the same for all rows.
    fn place(values: &dyn Array, row: usize) -> Option<usize> {
        let place = if values.len() == 1 { 0 } else { row };
        (place < values.len() && !values.is_null(place)).then_some(place)
    }

    fn bytes(&self, i: usize, row: usize) -> usize {
        let Some(values) = self.values.get(i) else { return 0 };
        Arguments::place(values, row).map_or(0, |place| size::bytes(values, place..place + 1))
    }

    fn all_bytes(&self, row: usize) -> usize {
        (0..self.values.len()).map(|i| self.bytes(i, row)).fold(0, usize::saturating_add)
    }

    fn elements(&self, i: usize, row: usize) -> usize {
        let Some(values) = self.values.get(i) else { return 0 };
        Arguments::place(values, row).map_or(0, |place| size::elements(values, place))
    }

    /// A count. What is no count, or below zero, is none.
    fn number(&self, i: usize, row: usize) -> usize {
        let Some(values) = self.values.get(i) else { return 0 };
        let Some(place) = Arguments::place(values, row) else { return 0 };
        let number = match values.data_type() {
            DataType::Int64 => Some(values.as_primitive::<Int64Type>().value(place)),
            _ => match ScalarValue::try_from_array(values, place).and_then(|value| value.cast_to(&DataType::Int64)) {
                Ok(ScalarValue::Int64(number)) => number,
                // A number that is no 64 bit integer is a large one.
                _ => Some(i64::MAX),
            },
        };
        usize::try_from(number.unwrap_or(0)).unwrap_or(0)
    }

    fn text(&self, i: usize, row: usize) -> Option<&str> {
        let texts = self.texts(i)?;
        Arguments::place(texts, row).map(|place| texts.value(place))
    }

    fn texts(&self, i: usize) -> Option<&StringArray> {
        self.texts.get(i).and_then(Option::as_ref)
    }
}

fn text_of(values: &ArrayRef) -> Option<StringArray> {
    match values.data_type() {
        DataType::Utf8 => Some(values.as_string::<i32>().clone()),
        DataType::LargeUtf8 | DataType::Utf8View => {
            let cast = arrow::compute::cast(values, &DataType::Utf8).ok()?;
            Some(cast.as_string::<i32>().clone())
        }
        _ => None,
    }
}

impl ScalarUDFImpl for Capped {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn with_updated_config(&self, config: &ConfigOptions) -> Option<ScalarUDF> {
        let inner = self.inner.inner().with_updated_config(config)?;
        Some(Capped::over(Arc::new(inner), self.growth))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let field = self.inner.return_field_from_args(args)?;
        if self.growth == Growth::TypeByName {
            super::types::ensure_bounded(field.data_type())?;
        }
        Ok(field)
    }

    fn is_strict(&self) -> bool {
        self.inner.is_strict()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.ensure_within(&args)?;
        self.inner.invoke_with_args(args)
    }

    /// A cast becomes a plain one. Others stay: they could become the same function without its bounds.
    fn simplify(&self, args: Vec<Expr>, context: &SimplifyContext) -> Result<ExprSimplifyResult> {
        match self.growth {
            Growth::TypeByName => self.inner.inner().simplify(args, context),
            _ => Ok(ExprSimplifyResult::Original(args)),
        }
    }

    fn short_circuits(&self) -> bool {
        self.inner.short_circuits()
    }

    fn conditional_arguments<'a>(&self, args: &'a [Expr]) -> Option<(Vec<&'a Expr>, Vec<&'a Expr>)> {
        self.inner.conditional_arguments(args)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        self.inner.output_ordering(inputs)
    }

    fn preserves_lex_ordering(&self, inputs: &[ExprProperties]) -> Result<bool> {
        self.inner.preserves_lex_ordering(inputs)
    }

    fn strictly_order_preserving(&self, inputs: &[ExprProperties]) -> Result<bool> {
        self.inner.inner().strictly_order_preserving(inputs)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn placement(&self, args: &[ExpressionPlacement]) -> ExpressionPlacement {
        self.inner.inner().placement(args)
    }
}
