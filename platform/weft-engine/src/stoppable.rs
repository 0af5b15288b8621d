//! Joins that let others run, and that end when their time is over.
//!
//! A join makes many rows of few, or looks at many pairs and makes none. Between two batches of its
//! input it would not come back for minutes, and neither its deadline nor another query would get a
//! turn on its thread.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder, SortMergeJoinExec,
};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::{Limits, QueryError};

/// How long a condition is looked at before others get the thread.
const TURN: Duration = Duration::from_millis(50);

const JOINS: [&str; 7] = [
    "CrossJoinExec",
    "HashJoinExec",
    "NestedLoopJoinExec",
    "PiecewiseMergeJoinExec",
    "PitJoinExec",
    "SortMergeJoinExec",
    "SymmetricHashJoinExec",
];

/// The same plan, with a turn for others after each batch of a join, and a look at the clock between
/// the pairs of rows that a condition is asked about.
pub(crate) fn stoppable(plan: Arc<dyn ExecutionPlan>, limits: &Limits) -> Result<Arc<dyn ExecutionPlan>> {
    let until = Until { end: Instant::now() + limits.running_max, seconds: limits.running_max.as_secs() };
    let made = plan.transform_up(|node| {
        if !JOINS.contains(&node.name()) {
            return Ok(Transformed::no(node));
        }
        let join: Arc<dyn ExecutionPlan> = if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
            let filter = join.filter().map(|filter| watched(filter, until));
            Arc::new(NestedLoopJoinExecBuilder::from(join).with_filter(filter).build()?)
        } else if let Some(join) = node.downcast_ref::<HashJoinExec>() {
            let filter = join.filter().map(|filter| watched(filter, until));
            join.builder().with_filter(filter).build_exec()?
        } else if let Some(join) = node.downcast_ref::<SortMergeJoinExec>() {
            Arc::new(watched_merge(join, until)?)
        } else {
            node
        };
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(join)) as Arc<dyn ExecutionPlan>))
    })?;
    Ok(made.data)
}

fn watched_merge(join: &SortMergeJoinExec, until: Until) -> Result<SortMergeJoinExec> {
    let filter = join.filter().as_ref().map(|filter| watched(filter, until));
    let (left, right, on) = (Arc::clone(join.left()), Arc::clone(join.right()), join.on().to_vec());
    let options = join.sort_options().to_vec();
    SortMergeJoinExec::try_new(left, right, on, filter, join.join_type(), options, join.null_equality())
}

fn watched(filter: &JoinFilter, until: Until) -> JoinFilter {
    let watched = Arc::new(Watched {
        inner: Arc::clone(filter.expression()),
        until,
        made: Instant::now(),
        last_turn: AtomicU64::new(0),
    });
    JoinFilter::new(watched, filter.column_indices().to_vec(), Arc::clone(filter.schema()))
}

/// When the query's time is over.
#[derive(Clone, Copy, Debug)]
struct Until {
    end: Instant,
    seconds: u64,
}

/// A condition that looks at the clock before each answer.
#[derive(Debug)]
struct Watched {
    inner: Arc<dyn PhysicalExpr>,
    until: Until,
    made: Instant,
    /// When others last had a turn, in milliseconds since `made`.
    last_turn: AtomicU64,
}

impl Watched {
    fn is_turn_over(&self) -> bool {
        let now = u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX);
        let turn = u64::try_from(TURN.as_millis()).unwrap_or(u64::MAX);
        if now.saturating_sub(self.last_turn.load(Ordering::Relaxed)) < turn {
            return false;
        }
        self.last_turn.store(now, Ordering::Relaxed);
        true
    }
}

impl PhysicalExpr for Watched {
    fn data_type(&self, input_schema: &Schema) -> Result<DataType> {
        self.inner.data_type(input_schema)
    }

    fn nullable(&self, input_schema: &Schema) -> Result<bool> {
        self.inner.nullable(input_schema)
    }

    fn return_field(&self, input_schema: &Schema) -> Result<FieldRef> {
        self.inner.return_field(input_schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        if Instant::now() > self.until.end {
            return Err(QueryError::Deadline { seconds: self.until.seconds }.into());
        }
        let has_threads = || Handle::try_current().is_ok_and(|h| h.runtime_flavor() == RuntimeFlavor::MultiThread);
        if self.is_turn_over() && has_threads() {
            // What else waits for this thread goes on elsewhere.
            return tokio::task::block_in_place(|| self.inner.evaluate(batch));
        }
        self.inner.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let missing = || DataFusionError::Internal("a condition was lost".to_owned());
        let inner = children.into_iter().next().ok_or_else(missing)?;
        Ok(Arc::new(Watched { inner, until: self.until, made: self.made, last_turn: AtomicU64::new(0) }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_sql(f)
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

impl PartialEq for Watched {
    fn eq(&self, other: &Self) -> bool {
        self.inner.eq(&other.inner)
    }
}

impl Eq for Watched {}

impl Hash for Watched {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}
