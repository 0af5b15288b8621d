//! What a MATCH_CONDITION says.

use datafusion::common::{Column, Result, ScalarValue, plan_err};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator};

/// A condition, read.
pub(crate) struct Condition {
    pub(crate) frame_time: Expr,
    pub(crate) history_time: Expr,
    pub(crate) strictly: bool,
    /// When a row must have been created by the moment.
    pub(crate) known: Option<Expr>,
    pub(crate) ttl: Option<ScalarValue>,
}

/// Of which input all columns of an expression are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Frame,
    History,
    Both,
    Neither,
}

/// On which side of a join `expr` is.
pub(crate) fn side(expr: &Expr, frame: &LogicalPlan, history: &LogicalPlan) -> Side {
    let has = |plan: &LogicalPlan, column: &Column| plan.schema().has_column(column);
    let columns = expr.column_refs();
    let all = |plan: &LogicalPlan| columns.iter().all(|column| has(plan, column));
    match (columns.is_empty(), all(frame), all(history)) {
        (true, ..) => Side::Neither,
        (_, true, false) => Side::Frame,
        (_, false, true) => Side::History,
        _ => Side::Both,
    }
}

/// Reads a condition: first that the frame's time is not before the history's, or after it; then, if wanted, that it is
/// not before another time of the history, from which the row was known, and that the row is not older than an interval.
pub(crate) fn read(condition: &Expr, frame: &LogicalPlan, history: &LogicalPlan) -> Result<Condition> {
    let side = |expr: &Expr| side(expr, frame, history);
    let mut read: Option<Condition> = None;
    for part in split_conjunction(condition) {
        let Expr::BinaryExpr(comparison) = part else { return unreadable(part) };
        let (greater, strictly, less) = match ordered(comparison) {
            Some(ordered) => ordered,
            None => return unreadable(part),
        };
        match (&mut read, side(greater), side(less)) {
            (None, Side::Frame, Side::History) => {
                let (frame_time, history_time) = (greater.clone(), less.clone());
                read = Some(Condition { frame_time, history_time, strictly, known: None, ttl: None });
            }
            (None, Side::History, Side::Frame) => {
                return plan_err!(
                    "an ASOF JOIN looks back: write `{less} >= {greater}`; what comes later is not joined"
                );
            }
            (Some(read), Side::Frame, Side::History)
                if *greater == read.frame_time && !strictly && read.known.is_none() =>
            {
                read.known = Some(less.clone());
            }
            (Some(read), ..) if !strictly && read.ttl.is_none() => match length(read, greater, less) {
                Some(ttl) => read.ttl = Some(ttl),
                None => return unreadable(part),
            },
            _ => return unreadable(part),
        }
    }
    match read {
        Some(read) => Ok(read),
        None => plan_err!("an ASOF JOIN needs `MATCH_CONDITION (a.time >= b.time)`"),
    }
}

/// What is greater, whether it must not be equal, and what is less.
fn ordered(comparison: &BinaryExpr) -> Option<(&Expr, bool, &Expr)> {
    let BinaryExpr { left, op, right } = comparison;
    match op {
        Operator::GtEq => Some((left, false, right)),
        Operator::Gt => Some((left, true, right)),
        Operator::LtEq => Some((right, false, left)),
        Operator::Lt => Some((right, true, left)),
        _ => None,
    }
}

/// The interval of `history >= frame - interval`, `history + interval >= frame` and `interval >= frame - history`.
fn length(read: &Condition, greater: &Expr, less: &Expr) -> Option<ScalarValue> {
    let apart = |expr: &Expr, wanted: Operator| match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if *op == wanted => {
            Some((left.as_ref().clone(), right.as_ref().clone()))
        }
        _ => None,
    };
    let constant = |expr: &Expr| match expr {
        Expr::Literal(value, _) => Some(value.clone()),
        _ => None,
    };
    if *greater == read.history_time {
        let (from, ttl) = apart(less, Operator::Minus)?;
        return constant(&ttl).filter(|_| from == read.frame_time);
    }
    if *less == read.frame_time {
        let (from, ttl) = apart(greater, Operator::Plus)?;
        return constant(&ttl).filter(|_| from == read.history_time);
    }
    let (later, earlier) = apart(less, Operator::Minus)?;
    constant(greater).filter(|_| later == read.frame_time && earlier == read.history_time)
}

fn unreadable<T>(part: &Expr) -> Result<T> {
    plan_err!(
        "`{part}` cannot stand in a MATCH_CONDITION: it says `a.time >= b.time` or `a.time > b.time`, then, if wanted, \
         `a.time >= b.created` and `b.time >= a.time - INTERVAL '…'`"
    )
}
