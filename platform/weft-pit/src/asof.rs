//! `ASOF JOIN` in SQL, on the way from the text to the node.
//!
//! DataFusion's planner refuses the operator and resolves names on its own. So the text says a left join whose condition
//! bears a mark; in the plan, names are resolved, and the join with the mark becomes the node. Nothing may optimise the
//! plan in between.

use std::any::Any;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{JoinType, Result, not_impl_err, plan_err};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, Extension, Filter, Join, LogicalPlan, Operator, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use sqlparser::ast::{
    BinaryOperator, Expr as SqlExpr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
    Ident, JoinConstraint, JoinOperator, ObjectName, Select, Statement, TableFactor, TableWithJoins, VisitMut,
    VisitorMut,
};

use crate::condition::{self, Side};
use crate::node::{PitJoinNode, PitTerms};

/// The name of the mark, which nobody else may write.
pub const MARK: &str = "weft_point_in_time";

/// The mark as a function: of a condition, and of when a row was created where that decides between rows of one time.
pub fn mark() -> ScalarUDF {
    ScalarUDF::new_from_impl(Mark { signature: Signature::variadic_any(Volatility::Volatile) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Mark {
    signature: Signature,
}

impl ScalarUDFImpl for Mark {
    fn name(&self) -> &str {
        MARK
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        not_impl_err!("an ASOF JOIN in this place")
    }
}

/// Says each `ASOF JOIN` of the statement as a left join with the mark.
///
/// # Errors
///
/// A text for whoever wrote it, where it joins by `USING` or `NATURAL`.
pub fn say_as_left_joins(statement: &mut Statement) -> Result<(), String> {
    match VisitMut::visit(statement, &mut Rewriting) {
        ControlFlow::Break(problem) => Err(problem),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Rewriting;

impl VisitorMut for Rewriting {
    type Break = String;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<String> {
        select.from.iter_mut().try_for_each(rewrite)
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<String> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => rewrite(table_with_joins),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn rewrite(from: &mut TableWithJoins) -> ControlFlow<String> {
    for join in &mut from.joins {
        let JoinOperator::AsOf { match_condition, constraint } = &join.join_operator else { continue };
        let marked = marked(match_condition.clone());
        let on = match constraint {
            JoinConstraint::On(on) => SqlExpr::BinaryOp {
                left: Box::new(SqlExpr::Nested(Box::new(on.clone()))),
                op: BinaryOperator::And,
                right: Box::new(marked),
            },
            JoinConstraint::None => marked,
            JoinConstraint::Using(_) | JoinConstraint::Natural => {
                return ControlFlow::Break("an ASOF JOIN names its keys by ON: `ON a.key = b.key`".to_owned());
            }
        };
        join.join_operator = JoinOperator::Left(JoinConstraint::On(on));
    }
    ControlFlow::Continue(())
}

fn marked(condition: SqlExpr) -> SqlExpr {
    SqlExpr::Function(Function {
        name: ObjectName::from(vec![Ident::new(MARK)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(condition))],
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// The same plan with a [`PitJoinNode`] in place of each join that bears the mark.
///
/// # Errors
///
/// Where a condition says something that no such join can do.
pub fn with_point_in_time(plan: LogicalPlan) -> Result<LogicalPlan> {
    let made = plan.transform_down_with_subqueries(|node| match node {
        LogicalPlan::Join(join) if join.filter.as_ref().is_some_and(bears_mark) => {
            let node = Arc::new(node_of(join)?);
            Ok(Transformed::yes(LogicalPlan::Extension(Extension { node })))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(made.data.transform_down_with_subqueries(filtered_first)?.data)
}

/// What is asked of the frame's own columns is asked before rows are joined: no row changes what is joined to another.
/// DataFusion does not know to which input a condition belongs.
fn filtered_first(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Filter(filter) = &plan else { return Ok(Transformed::no(plan)) };
    let LogicalPlan::Extension(Extension { node }) = filter.input.as_ref() else { return Ok(Transformed::no(plan)) };
    let Some(join) = node.as_any().downcast_ref::<PitJoinNode>() else { return Ok(Transformed::no(plan)) };
    let is_of_frame = |part: &Expr| {
        let is_plain = !part.is_volatile() && !part.exists(|part| Ok(is_subquery(part))).unwrap_or(true);
        is_plain && condition::side(part, join.frame(), join.history()) == Side::Frame
    };
    let (before, after): (Vec<Expr>, Vec<Expr>) =
        split_conjunction_owned(filter.predicate.clone()).into_iter().partition(is_of_frame);
    let Some(before) = conjunction(before) else { return Ok(Transformed::no(plan)) };
    let joined = LogicalPlan::Extension(Extension { node: Arc::new(join.of_filtered(before)?) });
    Ok(Transformed::yes(match conjunction(after) {
        Some(after) => LogicalPlan::Filter(Filter::try_new(after, joined.into())?),
        None => joined,
    }))
}

fn is_subquery(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::ScalarSubquery(_)
            | Expr::InSubquery(_)
            | Expr::Exists(_)
            | Expr::SetComparison(_)
            | Expr::OuterReferenceColumn(..)
    )
}

fn bears_mark(filter: &Expr) -> bool {
    split_conjunction_owned(filter.clone()).iter().any(|part| marked_with(part).is_some())
}

/// What the mark holds.
fn marked_with(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::ScalarFunction(call) if (call.func.inner().as_ref() as &dyn Any).is::<Mark>() => Some(&call.args),
        _ => None,
    }
}

fn node_of(join: Join) -> Result<PitJoinNode> {
    let (frame, history) = (Arc::unwrap_or_clone(join.left), Arc::unwrap_or_clone(join.right));
    if join.join_type != JoinType::Left {
        return plan_err!("an ASOF JOIN keeps the rows of its left side");
    }
    let (mut keys, mut terms) = (join.on, None);
    for part in join.filter.map(split_conjunction_owned).unwrap_or_default() {
        if let Some(marked) = marked_with(&part) {
            terms = Some((condition::read(&marked[0], &frame, &history)?, marked.get(1).cloned()));
            continue;
        }
        let sides = |one: &Expr, other: &Expr| {
            (condition::side(one, &frame, &history), condition::side(other, &frame, &history))
        };
        match part {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => match sides(&left, &right) {
                (Side::Frame, Side::History) => keys.push((*left, *right)),
                (Side::History, Side::Frame) => keys.push((*right, *left)),
                _ => return plan_err!("`{left} = {right}` of an ASOF JOIN compares one side with the other"),
            },
            other => return plan_err!("`{other}` cannot stand in the ON of an ASOF JOIN, which says what is equal"),
        }
    }
    let Some((read, created)) = terms else { return plan_err!("an ASOF JOIN has a MATCH_CONDITION") };
    let by_knowledge = read.known.is_some();
    let terms = PitTerms {
        keys,
        frame_time: read.frame_time,
        history_time: read.history_time,
        created: read.known.or(created),
        by_knowledge,
        strictly: read.strictly,
        ttl: read.ttl,
    };
    PitJoinNode::new(frame, history, terms)
}
