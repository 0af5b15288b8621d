//! Queries over tables that hide rows fail, or not, by the rows that are shown, each for itself.
//!
//! An engine works on batches, and which rows come together in one depends on the rows between them,
//! which may be hidden. `a AND b` looks at `b` for every row of a batch, or only for those where `a`
//! holds, by how many those are; so whether `1 / n` fails on a row that `a` drops would tell how many
//! hidden rows were near. Here `b` is looked at where `a` does not settle it, whatever the batch.

use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::{BinaryExpr, Case, InList};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Between, Expr, LogicalPlan, Operator, binary_expr, lit};

use crate::QueryError;
use crate::governed::GovernedTable;
use crate::leak_proof::is_comparison;

/// Parts of expressions that a plan may gain here. Conditions that stand in each other left to left
/// double with each level.
const PARTS_MAX: usize = 20_000;

/// Settings under which no row is left out of a computation because of what came before it. To be
/// called before the physical plan is made.
pub(crate) fn settle(state: &mut SessionState) {
    // Filters that tighten while rows flow: how far they are when a row comes is a matter of batches.
    let config = state.config().clone();
    let config = config.set_bool("datafusion.optimizer.enable_topk_dynamic_filter_pushdown", false);
    *state.config_mut() = config.set_bool("datafusion.optimizer.enable_aggregate_dynamic_filter_pushdown", false);
}

/// The same plan, in which each condition is looked at for just those rows that need it. For a plan
/// that is optimised: rules of the optimiser would undo it.
pub(crate) fn row_by_row(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut guards = Guards { parts: 0 };
    let guarded = plan.transform_up_with_subqueries(|node| {
        // What the plan above calls an expression by must not change.
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.transform_down(|part| guards.guard_chain(part))?.update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(guarded.data)
}

/// Whether a table of which rows are hidden is read by `plan`.
pub(crate) fn hides_rows(plan: &LogicalPlan) -> Result<bool> {
    let mut hides = false;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(table) = source_as_provider(&scan.source)?.downcast_ref::<GovernedTable>()
        {
            hides |= table.hides_rows()?;
        }
        Ok(if hides { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(hides)
}

struct Guards {
    /// Parts that were written a second time.
    parts: usize,
}

impl Guards {
    /// A chain of ANDs or ORs, of which what comes later is only looked at where it matters.
    fn guard_chain(&mut self, expr: Expr) -> Result<Transformed<Expr>> {
        let Expr::BinaryExpr(BinaryExpr { op, .. }) = &expr else { return Ok(Transformed::no(expr)) };
        let op = *op;
        if !matches!(op, Operator::And | Operator::Or) {
            return Ok(Transformed::no(expr));
        }
        let mut links = Vec::new();
        unchain(expr, op, &mut links);
        // From the last to the first: each link is followed by what comes after it.
        let mut rest: Option<Expr> = None;
        for link in links.into_iter().rev() {
            let link = link.transform_down(|part| self.guard_chain(part))?.data;
            rest = Some(match rest {
                None => link,
                Some(rest) if !may_fail(&rest) || link.is_volatile() => binary_expr(link, op, rest),
                Some(rest) => {
                    self.note(&link)?;
                    let guard = where_open(op, &link, rest);
                    binary_expr(link, op, guard)
                }
            });
        }
        let chain = rest.unwrap_or_else(|| lit(op == Operator::And));
        Ok(Transformed::new(chain, true, TreeNodeRecursion::Jump))
    }

    fn note(&mut self, expr: &Expr) -> Result<()> {
        expr.apply(|_| {
            self.parts += 1;
            Ok(TreeNodeRecursion::Continue)
        })?;
        if self.parts <= PARTS_MAX {
            return Ok(());
        }
        Err(QueryError::TooLarge { unit: "conditions within conditions", size: self.parts, limit: PARTS_MAX }.into())
    }
}

/// `rest` where `link` leaves the answer open; elsewhere what `link` has settled.
fn where_open(op: Operator, link: &Expr, rest: Expr) -> Expr {
    let (is_open, settled) = match op {
        Operator::And => (Expr::IsNotFalse(Box::new(link.clone())), lit(false)),
        _ => (Expr::IsNotTrue(Box::new(link.clone())), lit(true)),
    };
    Expr::Case(Case {
        expr: None,
        when_then_expr: vec![(Box::new(is_open), Box::new(rest))],
        else_expr: Some(Box::new(settled)),
    })
}

/// The links of a chain that one operator joins, from left to right.
fn unchain(expr: Expr, op: Operator, links: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: here, right }) if here == op => {
            unchain(*left, op, links);
            unchain(*right, op, links);
        }
        link => links.push(link),
    }
}

/// Whether there may be a value for which `expr` is an error. Comparisons of columns and values, and
/// what joins those, have none.
fn may_fail(expr: &Expr) -> bool {
    let any = |parts: &[&Expr]| parts.iter().any(|part| may_fail(part));
    match expr {
        Expr::Column(_) | Expr::Literal(..) => false,
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(*op) || is_logical(*op) => {
            any(&[left, right])
        }
        Expr::Not(part)
        | Expr::IsNull(part)
        | Expr::IsNotNull(part)
        | Expr::IsTrue(part)
        | Expr::IsNotTrue(part)
        | Expr::IsFalse(part)
        | Expr::IsNotFalse(part)
        | Expr::IsUnknown(part)
        | Expr::IsNotUnknown(part) => may_fail(part),
        Expr::Between(Between { expr, low, high, .. }) => any(&[expr, low, high]),
        Expr::InList(InList { expr, list, .. }) => may_fail(expr) || list.iter().any(may_fail),
        _ => true,
    }
}

fn is_logical(op: Operator) -> bool {
    matches!(op, Operator::And | Operator::Or)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::logical_expr::{LogicalPlanBuilder, cast, col};
    use expect_test::{Expect, expect};

    use super::*;

    fn number(name: &str) -> Expr {
        cast(col(name), DataType::Int64).gt(lit(0_i64))
    }

    fn guarded(condition: Expr) -> Result<LogicalPlan> {
        let text = |name| Field::new(name, DataType::Utf8, true);
        let schema = Schema::new(vec![text("a"), text("b"), text("c")]);
        let table = datafusion::logical_expr::table_scan(Some("t"), &schema, None)?;
        row_by_row(LogicalPlanBuilder::from(table.build()?).filter(condition)?.build()?)
    }

    #[track_caller]
    fn check(condition: Expr, expected: Expect) {
        let LogicalPlan::Filter(filter) = guarded(condition).unwrap() else { panic!("the filter is gone") };
        expected.assert_eq(&filter.predicate.to_string());
    }

    #[test]
    fn what_cannot_fail_stays_as_it_is() {
        check(col("a").eq(lit("x")).and(col("b").is_null()), expect![[r#"t.a = Utf8("x") AND t.b IS NULL"#]]);
        check(
            number("a").and(col("b").eq(lit("x"))),
            expect![[r#"CAST(t.a AS Int64) > Int64(0) AND t.b = Utf8("x")"#]],
        );
        check(number("a"), expect!["CAST(t.a AS Int64) > Int64(0)"]);
    }

    #[test]
    fn what_may_fail_is_looked_at_where_it_matters_only() {
        check(
            col("a").eq(lit("x")).and(number("b")),
            expect![[
                r#"t.a = Utf8("x") AND CASE WHEN t.a = Utf8("x") IS NOT FALSE THEN CAST(t.b AS Int64) > Int64(0) ELSE Boolean(false) END"#
            ]],
        );
        check(
            col("a").eq(lit("x")).or(number("b")),
            expect![[
                r#"t.a = Utf8("x") OR CASE WHEN t.a = Utf8("x") IS NOT TRUE THEN CAST(t.b AS Int64) > Int64(0) ELSE Boolean(true) END"#
            ]],
        );
        check(
            col("a").is_null().and(number("b")).and(number("c")),
            expect![
                "t.a IS NULL AND CASE WHEN t.a IS NULL IS NOT FALSE THEN CAST(t.b AS Int64) > Int64(0) AND CASE WHEN CAST(t.b AS Int64) > Int64(0) IS NOT FALSE THEN CAST(t.c AS Int64) > Int64(0) ELSE Boolean(false) END ELSE Boolean(false) END"
            ],
        );
        check(
            col("a").is_null().or(col("c").is_null().and(number("b"))),
            expect![
                "t.a IS NULL OR CASE WHEN t.a IS NULL IS NOT TRUE THEN t.c IS NULL AND CASE WHEN t.c IS NULL IS NOT FALSE THEN CAST(t.b AS Int64) > Int64(0) ELSE Boolean(false) END ELSE Boolean(true) END"
            ],
        );
    }

    #[test]
    fn conditions_that_would_double_too_often_are_refused() {
        let deep = (0..30)
            .fold(number("a"), |inner, n| if n % 2 == 0 { inner.and(number("b")) } else { inner.or(number("c")) });
        let refused = guarded(deep).unwrap_err();
        assert!(refused.to_string().contains("conditions within conditions"), "{refused}");
    }
}
