//! Long values of a query, which are written out once for each row of a batch.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::{QueryError, functions};

/// Bytes that the constants of a query may take in one batch of rows.
const BYTES_IN_A_BATCH: usize = 64 << 20;

/// Bytes from which on a constant is a long one.
const LONG: usize = 1 << 10;

/// Calls that make long values side by side, before batches are shortened for them.
const CALLS_SIDE_BY_SIDE: usize = 4;

/// Rows in a batch of them together.
const ROWS_FOR_CALLS: usize = 4_096;

/// Rows in a batch where a value that is made may be repeated for each row of another table.
const ROWS_OF_REPEATED: usize = 32;

/// Makes the batches of the query shorter where its values are long: a text of a mebibyte beside each
/// of 8192 rows would be eight gibibytes, and so would be a list that a join repeats.
///
/// # Errors
///
/// [`QueryError::ResultBounds`] for a window that makes a list for each of its rows: it makes them
/// for all rows at once, in however short batches they come.
pub(crate) fn shorten_batches(state: &mut SessionState, plan: &LogicalPlan) -> Result<()> {
    let mut long = Long::default();
    long.visit(plan)?;
    let mut rows = (BYTES_IN_A_BATCH / long.constant_bytes.max(1)).max(1);
    if long.calls > CALLS_SIDE_BY_SIDE {
        rows = rows.min((ROWS_FOR_CALLS / long.calls).max(1));
    }
    if long.repeats {
        rows = rows.min(ROWS_OF_REPEATED);
    }
    if long.stands_alone {
        rows = 1;
    }
    if rows < state.config().batch_size() {
        let config = state.config().clone().with_batch_size(rows);
        *state.config_mut() = config;
    }
    Ok(())
}

/// What a plan has of long values.
#[derive(Default)]
struct Long {
    /// Bytes of all long constants together. Short ones are many in some queries (a list of values),
    /// and small in each.
    constant_bytes: usize,
    /// Calls that make much of little.
    calls: usize,
    /// Whether what is made meets a join or the like, which may repeat it.
    repeats: bool,
    /// Whether it is the one value of a sub-query, which stands beside every row.
    stands_alone: bool,
}

impl Long {
    fn visit(&mut self, plan: &LogicalPlan) -> Result<()> {
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::Window(window) = node {
                ensure_flat(window)?;
            }
            let is_repeating = matches!(node, LogicalPlan::Join(_) | LogicalPlan::Unnest(_) | LogicalPlan::Window(_));
            self.repeats |= is_repeating && any_input_makes(node)?;
            node.apply_expressions(|expr| self.note(expr))
        })?;
        Ok(())
    }

    fn note(&mut self, expr: &Expr) -> Result<TreeNodeRecursion> {
        expr.apply(|part| {
            match part {
                Expr::Literal(value, _) if value.size() > LONG => {
                    self.constant_bytes = self.constant_bytes.saturating_add(value.size());
                }
                Expr::ScalarSubquery(subquery) => self.stands_alone |= makes(&subquery.subquery)?,
                part => self.calls += usize::from(is_maker(part)),
            }
            Ok(TreeNodeRecursion::Continue)
        })
    }
}

fn any_input_makes(node: &LogicalPlan) -> Result<bool> {
    for input in node.inputs() {
        if makes(input)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether long values are made somewhere in `plan`.
fn makes(plan: &LogicalPlan) -> Result<bool> {
    let mut makes = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            makes |= expr.exists(|part| Ok(is_maker(part)))?;
            Ok(if makes { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
    })?;
    Ok(makes)
}

/// Whether a value that `expr` makes may be much longer than those it is made of.
fn is_maker(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarFunction(call) => functions::grows(call.name()),
        Expr::AggregateFunction(call) => matches!(call.func.name(), "array_agg" | "string_agg"),
        _ => false,
    }
}

fn ensure_flat(window: &datafusion::logical_expr::Window) -> Result<()> {
    let before = window.input.schema().fields().len();
    let mut made = window.schema.fields().iter().skip(before);
    let is_nested = |data_type: &DataType| data_type.is_nested() && !matches!(data_type, DataType::Struct(_));
    if made.any(|field| is_nested(field.data_type())) {
        let what = "a list for each row of a window".to_owned();
        return Err(QueryError::ResultBounds { what, unit: "lists", limit: 0 }.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{LogicalPlanBuilder, lit};

    use super::*;
    use crate::engine::base_state;

    async fn batch_size(sql: &str) -> usize {
        let mut state = base_state();
        let plan = state.create_logical_plan(sql).await.unwrap();
        let plan = state.optimize(&plan).unwrap();
        shorten_batches(&mut state, &plan).unwrap();
        state.config().batch_size()
    }

    fn with_constant(bytes: usize) -> usize {
        let plan = LogicalPlanBuilder::empty(true).project([lit("x".repeat(bytes))]).unwrap().build().unwrap();
        let mut state = base_state();
        shorten_batches(&mut state, &plan).unwrap();
        state.config().batch_size()
    }

    #[test]
    fn long_constants_make_short_batches() {
        assert_eq!(with_constant(10), base_state().config().batch_size());
        assert!(with_constant(1 << 20) <= 64);
        assert_eq!(with_constant(100 << 20), 1);
    }

    #[tokio::test]
    async fn what_is_made_and_then_repeated_makes_short_batches() {
        let usual = base_state().config().batch_size();
        let numbers = "generate_series(1, 10)";
        let list = format!("(select array_agg(value) as l from {numbers})");
        assert_eq!(batch_size(&format!("select * from {numbers} a join {numbers} b using (value)")).await, usual);
        assert_eq!(batch_size(&format!("select array_agg(a.value) from {numbers} a, {numbers} b")).await, usual);
        assert_eq!(batch_size(&format!("select * from {list} cross join {numbers}")).await, ROWS_OF_REPEATED);
        assert_eq!(batch_size(&format!("select l, unnest(l) from {list}")).await, ROWS_OF_REPEATED);
        assert_eq!(batch_size(&format!("select value, {list} from {numbers}")).await, 1);
        let calls = (0..10).map(|n| format!("repeat(value::text, {n})")).collect::<Vec<_>>().join(", ");
        assert!(batch_size(&format!("select {calls} from {numbers}")).await < usual);
    }

    #[tokio::test]
    async fn a_window_makes_no_lists() {
        let mut state = base_state();
        let sql = "select array_agg(value) over () from generate_series(1, 10)";
        let plan = state.create_logical_plan(sql).await.unwrap();
        let refused = shorten_batches(&mut state, &plan).unwrap_err();
        assert!(matches!(QueryError::from_planning(&refused), QueryError::ResultBounds { .. }), "{refused}");
    }
}
