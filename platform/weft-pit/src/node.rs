//! The logical node of a point-in-time join.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use arrow::datatypes::DataType;
use datafusion::common::{DFSchemaRef, JoinType, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::logical_plan::builder::build_join_schema;
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{Cast, Expr, ExprSchemable, Filter, LogicalPlan, UserDefinedLogicalNodeCore};

use crate::times::TimeScale;

/// How rows of a history are matched with those of a frame.
#[derive(Clone, Debug)]
pub struct PitTerms {
    /// What must be equal: of the frame, and of the history.
    pub keys: Vec<(Expr, Expr)>,
    /// The moment of a row of the frame.
    pub frame_time: Expr,
    /// When a row of the history holds from.
    pub history_time: Expr,
    /// When a row of the history was created: of two of one time the later one counts.
    pub created: Option<Expr>,
    /// Whether a row counts for moments alone at which it was created already. Needs `created`.
    pub by_knowledge: bool,
    /// Whether a row must be earlier than the moment, and not of the same time.
    pub strictly: bool,
    /// For how long a row holds: an interval without months, or a number where times are numbers.
    pub ttl: Option<ScalarValue>,
}

/// A frame with what was known at the moments of its rows. Shows the columns of the frame, then those of the history.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PitJoinNode {
    pub(crate) frame: LogicalPlan,
    pub(crate) history: LogicalPlan,
    /// Cast to types that are the same on both sides.
    pub(crate) keys: Vec<(Expr, Expr)>,
    /// Cast to numbers of one scale, as all times.
    pub(crate) frame_time: Expr,
    pub(crate) history_time: Expr,
    pub(crate) created: Option<Expr>,
    pub(crate) by_knowledge: bool,
    pub(crate) strictly: bool,
    /// In the unit of the scale.
    pub(crate) ttl: Option<i64>,
    schema: DFSchemaRef,
}

impl PitJoinNode {
    /// Joins `history` to `frame` on these terms.
    ///
    /// # Errors
    ///
    /// Where types cannot be compared, or a time to live is no length or less than nothing.
    pub fn new(frame: LogicalPlan, history: LogicalPlan, terms: PitTerms) -> Result<Self> {
        let PitTerms { keys, frame_time, history_time, created, by_knowledge, strictly, ttl } = terms;
        if by_knowledge && created.is_none() {
            return internal_err!("what is joined by knowledge says when it was created");
        }
        let (left, right) = (frame.schema(), history.schema());
        let mut types = vec![frame_time.get_type(left)?, history_time.get_type(right)?];
        types.extend(created.as_ref().map(|created| created.get_type(right)).transpose()?);
        let scale = TimeScale::of(&types)?;
        let ttl = ttl.map(|ttl| scale.length(&ttl)).transpose()?;
        if ttl.is_some_and(|ttl| ttl < 0) {
            return plan_err!("a time to live is not less than nothing");
        }
        let time = scale.data_type();
        let keys: Result<Vec<(Expr, Expr)>> = keys
            .into_iter()
            .map(|(one, other)| {
                let (of_one, of_other) = (one.get_type(left)?, other.get_type(right)?);
                let Some(common) = common(&of_one, &of_other) else {
                    return plan_err!("`{one}` and `{other}` of an ASOF JOIN cannot be equal: {of_one} and {of_other}");
                };
                Ok((cast(one, &of_one, &common), cast(other, &of_other, &common)))
            })
            .collect();
        Ok(PitJoinNode {
            keys: keys?,
            frame_time: always(frame_time, &time),
            history_time: always(history_time, &time),
            created: created.map(|created| always(created, &time)),
            by_knowledge,
            strictly,
            ttl,
            schema: build_join_schema(left, right, &JoinType::Left)?.into(),
            frame,
            history,
        })
    }

    /// The rows to which others are joined.
    pub fn frame(&self) -> &LogicalPlan {
        &self.frame
    }

    /// The rows of which those that were there are joined.
    pub fn history(&self) -> &LogicalPlan {
        &self.history
    }

    /// The same join of those rows of the frame alone that fulfil a condition on its columns.
    pub(crate) fn of_filtered(&self, condition: Expr) -> Result<Self> {
        let frame = Filter::try_new(condition, self.frame.clone().into())?;
        Ok(PitJoinNode { frame: LogicalPlan::Filter(frame), ..self.clone() })
    }

    /// Everything that decides which row is joined, of both sides.
    pub fn compared(&self) -> impl Iterator<Item = &Expr> {
        self.of_frame().chain(self.of_history())
    }

    fn of_frame(&self) -> impl Iterator<Item = &Expr> {
        self.keys.iter().map(|(of, _)| of).chain([&self.frame_time])
    }

    fn of_history(&self) -> impl Iterator<Item = &Expr> {
        self.keys.iter().map(|(_, of)| of).chain([&self.history_time]).chain(&self.created)
    }
}

/// The type as which keys are compared; whole numbers as one type, which is looked up fastest.
fn common(one: &DataType, other: &DataType) -> Option<DataType> {
    let common = comparison_coercion(one, other)?;
    let is_number = common.is_integer() && common != DataType::UInt64;
    Some(if is_number { DataType::Int64 } else { common })
}

fn cast(expr: Expr, from: &DataType, to: &DataType) -> Expr {
    if from == to { expr } else { always(expr, to) }
}

fn always(expr: Expr, to: &DataType) -> Expr {
    Expr::Cast(Cast::new(Box::new(expr), to.clone()))
}

/// As its fields are: of equal ones in any order, so that equal nodes are equal.
impl PartialOrd for PitJoinNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let order = self.frame.partial_cmp(&other.frame)?.then(self.history.partial_cmp(&other.history)?);
        Some(order.then((self.by_knowledge, self.strictly, self.ttl).cmp(&(
            other.by_knowledge,
            other.strictly,
            other.ttl,
        ))))
    }
}

impl UserDefinedLogicalNodeCore for PitJoinNode {
    fn name(&self) -> &str {
        "PitJoin"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.frame, &self.history]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        self.of_frame().chain(self.of_history()).cloned().collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<String> = self.keys.iter().map(|(one, other)| format!("{one} = {other}")).collect();
        let order = if self.strictly { ">" } else { ">=" };
        write!(f, "PitJoin: {} {order} {}", self.frame_time, self.history_time)?;
        if !keys.is_empty() {
            write!(f, ", {}", keys.join(", "))?;
        }
        if let Some(created) = &self.created {
            write!(f, ", {} {created}", if self.by_knowledge { "known from" } else { "created" })?;
        }
        self.ttl.map_or(Ok(()), |ttl| write!(f, ", for {ttl}"))
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let Ok([frame, history]) = <[_; 2]>::try_from(inputs) else {
            return internal_err!("a point-in-time join has two inputs");
        };
        let many = self.keys.len();
        if exprs.len() != many * 2 + 2 + usize::from(self.created.is_some()) {
            return internal_err!("a point-in-time join has an expression for each key and time");
        }
        let mut exprs = exprs.into_iter();
        let of_frame: Vec<Expr> = exprs.by_ref().take(many).collect();
        let frame_time = exprs.next();
        let keys = of_frame.into_iter().zip(exprs.by_ref().take(many)).collect();
        let (Some(frame_time), Some(history_time)) = (frame_time, exprs.next()) else {
            return internal_err!("a point-in-time join compares two times");
        };
        Ok(PitJoinNode {
            keys,
            frame_time,
            history_time,
            created: exprs.next(),
            by_knowledge: self.by_knowledge,
            strictly: self.strictly,
            ttl: self.ttl,
            schema: build_join_schema(frame.schema(), history.schema(), &JoinType::Left)?.into(),
            frame,
            history,
        })
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        let many = self.frame.schema().fields().len();
        let of_frame = output_columns.iter().filter(|at| **at < many).copied();
        let of_history = output_columns.iter().filter_map(|at| at.checked_sub(many));
        let needed = |plan: &LogicalPlan, shown: BTreeSet<usize>, exprs: Vec<&Expr>| {
            let columns = exprs.into_iter().flat_map(|expr| expr.column_refs());
            let places: Option<Vec<usize>> =
                columns.map(|column| plan.schema().maybe_index_of_column(column)).collect();
            Some(shown.into_iter().chain(places?).collect::<BTreeSet<_>>().into_iter().collect())
        };
        let of_frame = needed(&self.frame, of_frame.collect(), self.of_frame().collect())?;
        let of_history = needed(&self.history, of_history.collect(), self.of_history().collect())?;
        Some(vec![of_frame, of_history])
    }
}
