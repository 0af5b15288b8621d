//! Which of the asker's conditions may be looked at below the barrier, on rows that may be hidden.

use arrow::datatypes::DataType;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};

use crate::terms::Fitted;

/// Whether `filter` can neither fail nor tell anything, whatever row it meets: a comparison of a
/// column that is shown as it is with values of the column's own type. It is used for skipping files
/// and row groups only, and stays in place above.
///
/// Everything else, functions and casts above all, stays above the barrier.
pub(crate) fn is_leak_proof(filter: &Expr, table: &Fitted) -> bool {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(*op) => {
            let here = |column: &Expr, value: &Expr| type_of(column, table).is_some_and(|ty| is_value(value, &ty));
            here(left, right) || here(right, left)
        }
        Expr::InList(InList { expr, list, .. }) => {
            type_of(expr, table).is_some_and(|ty| list.iter().all(|value| is_value(value, &ty)))
        }
        Expr::Between(Between { expr, low, high, .. }) => {
            type_of(expr, table).is_some_and(|ty| is_value(low, &ty) && is_value(high, &ty))
        }
        Expr::IsNull(column) | Expr::IsNotNull(column) => type_of(column, table).is_some(),
        _ => false,
    }
}

/// Whether `filter` reads nothing but columns that are shown as they are: right for tables that hide
/// no rows.
pub(crate) fn reads_clear_columns(filter: &Expr, table: &Fitted) -> bool {
    filter.column_refs().iter().all(|column| table.is_clear(&column.name))
}

pub(crate) fn is_comparison(op: Operator) -> bool {
    matches!(op, Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq)
}

/// The type of a column that is shown as it is, and whose values compare without fail.
///
/// Not floats: bounds of files and row groups leave NaN out, and comparisons take it for the greatest.
/// So whether a NaN that may be seen is found would tell of the greatest value beside it that may not.
fn type_of(expr: &Expr, table: &Fitted) -> Option<DataType> {
    let Expr::Column(column) = expr else { return None };
    let field = table.schema.field_with_name(&column.name).ok()?;
    let data_type = field.data_type();
    let is_exact = data_type.is_primitive() && !data_type.is_floating();
    let is_plain = is_exact || matches!(data_type, DataType::Utf8 | DataType::Boolean);
    (is_plain && table.is_clear(&column.name)).then(|| data_type.clone())
}

fn is_value(expr: &Expr, data_type: &DataType) -> bool {
    matches!(expr, Expr::Literal(value, _) if value.data_type() == *data_type)
}
