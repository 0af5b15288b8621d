//! Keeps the bounds of functions where the planner calls them by itself: for `[a, b]`, `a || b`,
//! `overlay(…)` and the like it takes DataFusion's own, which know no bounds.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::logical_expr::expr::{BinaryExpr, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, ScalarUDF, lit, not};
use datafusion::optimizer::AnalyzerRule;

use super::concat_operator::ConcatOperator;
use super::types;

/// Runs after types are settled and before any constant is computed.
#[derive(Debug)]
pub(super) struct KeepBounds {
    bounded: BTreeMap<String, Arc<ScalarUDF>>,
    concat: Arc<ScalarUDF>,
}

impl KeepBounds {
    pub(super) fn new(bounded: BTreeMap<String, Arc<ScalarUDF>>, concat: Arc<ScalarUDF>) -> Self {
        KeepBounds { bounded, concat }
    }

    fn bound(&self, expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        match expr {
            Expr::ScalarFunction(call) => match self.bounded.get(call.func.name()) {
                Some(bounded) if *bounded != call.func => {
                    let call = ScalarFunction::new_udf(Arc::clone(bounded), call.args);
                    Ok(Transformed::yes(Expr::ScalarFunction(call)))
                }
                _ => Ok(Transformed::no(Expr::ScalarFunction(call))),
            },
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) => {
                let (of_left, of_right) = (left.get_type(schema), right.get_type(schema));
                match (of_left, of_right) {
                    (Ok(of_left), Ok(of_right)) if of_left == of_right && ConcatOperator::takes(&of_left) => {
                        let call = ScalarFunction::new_udf(Arc::clone(&self.concat), vec![*left, *right]);
                        Ok(Transformed::yes(Expr::ScalarFunction(call)))
                    }
                    _ => Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }))),
                }
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if matches_a_pattern(op) => {
                Ok(Transformed::yes(self.search(*left, op, *right)))
            }
            other => Ok(Transformed::no(other)),
        }
    }

    /// Whether something in the node is to be bound. Most nodes hold nothing of the kind, and to name and rewrite
    /// their expressions takes as long as to plan them.
    ///
    /// # Errors
    ///
    /// For a cast to a type without bounds.
    fn concerns(&self, node: &LogicalPlan) -> Result<bool> {
        let mut concerns = false;
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                match part {
                    Expr::ScalarFunction(call) => {
                        let bounded = self.bounded.get(call.func.name());
                        concerns |= bounded.is_some_and(|bounded| *bounded != call.func);
                    }
                    Expr::BinaryExpr(binary) => {
                        concerns |= binary.op == Operator::StringConcat || matches_a_pattern(binary.op);
                    }
                    Expr::Cast(cast) => types::ensure_bounded(cast.field.data_type())?,
                    Expr::TryCast(cast) => types::ensure_bounded(cast.field.data_type())?,
                    _ => {}
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(concerns)
    }
}

impl KeepBounds {
    /// The operator as a call that is held to bounds.
    fn search(&self, text: Expr, op: Operator, pattern: Expr) -> Expr {
        let mut arguments = vec![text, pattern];
        if matches!(op, Operator::RegexIMatch | Operator::RegexNotIMatch) {
            arguments.push(lit("i"));
        }
        let Some(like) = self.bounded.get("regexp_like") else { return lit(ScalarValue::Boolean(None)) };
        let found = Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(like), arguments));
        if matches!(op, Operator::RegexNotMatch | Operator::RegexNotIMatch) { not(found) } else { found }
    }
}

fn matches_a_pattern(op: Operator) -> bool {
    matches!(op, Operator::RegexMatch | Operator::RegexIMatch | Operator::RegexNotMatch | Operator::RegexNotIMatch)
}

impl AnalyzerRule for KeepBounds {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let bounded = plan.transform_up_with_subqueries(|node| {
            if !self.concerns(&node)? {
                return Ok(Transformed::no(node));
            }
            let mut schema = DFSchema::empty();
            for input in node.inputs() {
                schema.merge(input.schema());
            }
            // Columns are named after what the asker wrote.
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(expr.transform_up(|part| self.bound(part, &schema))?.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(bounded.data)
    }

    fn name(&self) -> &str {
        "keep_bounds"
    }
}
