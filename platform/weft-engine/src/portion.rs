//! One of several equal portions of an answer, which comes out the same whenever it is asked for.
//!
//! A plan for a portion runs on one thread and in one order. Rows are dealt out in blocks as deep in the plan as no row
//! bears on another: below a point-in-time join each portion joins its own part of the frame only.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::{EmissionType, replace_children_if_necessary};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use weft_pit::PitJoinExec;

use crate::QueryError;

/// Most portions of one answer.
pub(crate) const PORTIONS_MAX: u32 = 1_024;

/// Rows that go to one portion together.
const BLOCK_ROWS: usize = 4_096;

/// Rows of a batch of a portion, whatever the batches that they come from.
pub(crate) const BATCH_ROWS: usize = 32_768;

/// Which portion of an answer: all of them together are the answer, and no row is in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// Counted from 0.
    number: u32,
    of: u32,
}

impl Portion {
    /// All portions, if an answer may be cut into so many: one to a thousand and some.
    pub fn all(of: u32) -> Option<Vec<Portion>> {
        (1..=PORTIONS_MAX).contains(&of).then(|| (0..of).map(|number| Portion { number, of }).collect())
    }

    fn takes(self, block: u64) -> bool {
        block % u64::from(self.of) == u64::from(self.number)
    }
}

/// Makes `state` plan for one thread and one order.
pub(crate) fn settle(state: &mut SessionState) {
    let config = state.config().clone().with_target_partitions(1);
    let config = config.set_bool("datafusion.optimizer.enable_topk_dynamic_filter_pushdown", false);
    *state.config_mut() = config.set_bool("datafusion.optimizer.enable_aggregate_dynamic_filter_pushdown", false);
}

/// Lets a plan pass only if it says the same each time.
pub(crate) fn ensure_steady(plan: &LogicalPlan) -> Result<(), QueryError> {
    let mut moody = None;
    let looked = plan.apply_with_subqueries(|node| {
        moody = node.expressions().into_iter().find(|expr| expr.is_volatile());
        Ok(if moody.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    looked.map_err(|error| QueryError::from_planning(&error))?;
    match moody {
        None => Ok(()),
        Some(expr) => Err(QueryError::Invalid {
            problem: format!("`{expr}` comes out otherwise each time, and an answer in endpoints must not"),
        }),
    }
}

/// The plan of one portion of what `plan` makes.
pub(crate) fn cut(plan: Arc<dyn ExecutionPlan>, portion: Portion) -> Result<Arc<dyn ExecutionPlan>> {
    dealt(in_order(plan)?, portion)
}

/// The same plan, whose partitions are read one after another wherever they come together.
fn in_order(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    if plan.name() == "RepartitionExec" {
        return internal_err!("a plan for one thread deals rows out to several");
    }
    // Which row of a history is joined does not depend on its order.
    let ordered = if plan.is::<PitJoinExec>() { 1 } else { usize::MAX };
    let mut children = Vec::new();
    for (place, child) in plan.children().into_iter().enumerate() {
        children.push(if place < ordered { in_order(Arc::clone(child))? } else { Arc::clone(child) });
    }
    if let Some(together) = plan.downcast_ref::<CoalescePartitionsExec>()
        && let Some(child) = children.pop()
    {
        let rows: Arc<dyn ExecutionPlan> = Arc::new(PortionExec::new(child, None));
        return Ok(match together.fetch() {
            Some(most) => Arc::new(GlobalLimitExec::new(rows, 0, Some(most))),
            None => rows,
        });
    }
    replace_children_if_necessary(plan, children)
}

fn dealt(plan: Arc<dyn ExecutionPlan>, portion: Portion) -> Result<Arc<dyn ExecutionPlan>> {
    let mut children: Vec<_> = plan.children().into_iter().cloned().collect();
    if !is_row_by_row(&plan) || children.is_empty() {
        return Ok(Arc::new(PortionExec::new(plan, Some(portion))));
    }
    let first = children.remove(0);
    children.insert(0, dealt(first, portion)?);
    replace_children_if_necessary(plan, children)
}

/// Whether each row of the first input becomes rows, or none, by itself.
fn is_row_by_row(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let has_no_bound = plan.fetch().is_none();
    let is_one = plan.is::<ProjectionExec>()
        || plan.is::<FilterExec>()
        || plan.is::<CooperativeExec>()
        || plan.is::<PitJoinExec>();
    is_one && has_no_bound
}

/// The partitions of its input one after another, and of their rows those of one portion.
#[derive(Debug)]
struct PortionExec {
    input: Arc<dyn ExecutionPlan>,
    portion: Option<Portion>,
    properties: Arc<PlanProperties>,
}

impl PortionExec {
    fn new(input: Arc<dyn ExecutionPlan>, portion: Option<Portion>) -> Self {
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            input.boundedness(),
        ));
        PortionExec { input, portion, properties }
    }
}

impl DisplayAs for PortionExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.portion {
            Some(Portion { number, of }) => write!(f, "PortionExec: {number} of {of}"),
            None => f.write_str("PortionExec: in order"),
        }
    }
}

impl ExecutionPlan for PortionExec {
    fn name(&self) -> &'static str {
        "PortionExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(PortionExec::new(input, self.portion))),
            _ => internal_err!("a portion has one input"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("a portion has one partition");
        }
        let (input, portion) = (Arc::clone(&self.input), self.portion);
        let partitions = stream::iter(0..input.output_partitioning().partition_count());
        let rows = partitions.map(move |partition| input.execute(partition, Arc::clone(&context))).try_flatten();
        let mut seen = 0;
        let rows = rows.map(move |batch| {
            let blocks = batch.map(|batch| {
                let first = seen;
                seen += batch.num_rows() as u64;
                portion.map_or_else(|| vec![batch.clone()], |portion| blocks_of(portion, &batch, first))
            });
            stream::iter(match blocks {
                Ok(blocks) => blocks.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows.flatten())))
    }
}

/// What of the batch, which begins with row `first` of all, lies in blocks of the portion.
fn blocks_of(portion: Portion, batch: &RecordBatch, first: u64) -> Vec<RecordBatch> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < batch.num_rows() {
        let row = first + at as u64;
        let left_in_block = BLOCK_ROWS - (row % BLOCK_ROWS as u64) as usize;
        let rows = left_in_block.min(batch.num_rows() - at);
        if portion.takes(row / BLOCK_ROWS as u64) {
            found.push(batch.slice(at, rows));
        }
        at += rows;
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    fn batch(rows: std::ops::Range<i64>) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(rows));
        RecordBatch::try_from_iter([("n", numbers)]).unwrap()
    }

    fn numbers(batches: &[RecordBatch]) -> Vec<i64> {
        let of = |batch: &RecordBatch| batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec();
        batches.iter().flat_map(of).collect()
    }

    #[test]
    fn portions_are_the_whole_and_share_nothing_however_rows_come_in_batches() {
        let rows = 3 * BLOCK_ROWS as i64 + 17;
        for cuts in [vec![rows], vec![1, 4_095, 4_097, 9_000, rows], vec![4_096, 8_192, rows]] {
            let mut all = Vec::new();
            for portion in Portion::all(3).unwrap() {
                let (mut first, mut found) = (0, Vec::new());
                for end in &cuts {
                    found.extend(numbers(&blocks_of(portion, &batch(first..*end), first as u64)));
                    first = *end;
                }
                let block = |n: i64| n as u64 / BLOCK_ROWS as u64;
                assert!(found.iter().all(|n| portion.takes(block(*n))));
                assert!(found.is_sorted());
                all.extend(found);
            }
            all.sort_unstable();
            assert_eq!(all, (0..rows).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_answer_is_cut_into_one_to_a_thousand_portions() {
        assert_eq!(Portion::all(0), None);
        assert_eq!(Portion::all(1).map(|all| all.len()), Some(1));
        assert_eq!(Portion::all(PORTIONS_MAX + 1), None);
    }
}
