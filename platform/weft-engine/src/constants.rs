//! Constants of a query, which are written out once for each row of a batch.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan};

/// Bytes that the constants of a query may take in one batch of rows.
const BYTES_IN_A_BATCH: usize = 64 << 20;

/// Bytes from which on a constant is a long one.
const LONG: usize = 1 << 10;

/// Makes the batches of the query shorter where its constants are long: a text of a mebibyte beside
/// each of 8192 rows would be eight gibibytes.
pub(crate) fn shorten_batches(state: &mut SessionState, plan: &LogicalPlan) {
    let rows = (BYTES_IN_A_BATCH / bytes(plan).max(1)).max(1);
    if rows < state.config().batch_size() {
        let config = state.config().clone().with_batch_size(rows);
        *state.config_mut() = config;
    }
}

/// Bytes of all long constants together. Short ones are many in some queries (a list of values), and
/// small in each.
fn bytes(plan: &LogicalPlan) -> usize {
    let mut total: usize = 0;
    // The closures cannot fail, so neither can the walk.
    let _ = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Expr::Literal(value, _) = part {
                    let size = value.size();
                    total = total.saturating_add(if size > LONG { size } else { 0 });
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    total
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{LogicalPlanBuilder, lit};

    use super::*;
    use crate::engine::base_state;

    fn batch_size(bytes: usize) -> usize {
        let plan = LogicalPlanBuilder::empty(true).project([lit("x".repeat(bytes))]).unwrap().build().unwrap();
        let mut state = base_state();
        shorten_batches(&mut state, &plan);
        state.config().batch_size()
    }

    #[test]
    fn long_constants_make_short_batches() {
        assert_eq!(batch_size(10), base_state().config().batch_size());
        assert!(batch_size(1 << 20) <= 64);
        assert_eq!(batch_size(100 << 20), 1);
    }
}
