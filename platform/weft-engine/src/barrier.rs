//! The physical barrier: below it rows are the platform's, above it they are the asker's.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{ColumnStatistics, Statistics};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::filter_pushdown::{ChildFilterDescription, FilterDescription, FilterPushdownPhase};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties};
use futures::StreamExt;

use crate::terms::ShownColumn;

/// For whom, what for, and under which policies, a table was opened. Two seals are equal only if all
/// agree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seal {
    pub(crate) subject: String,
    pub(crate) purpose: Option<String>,
    pub(crate) policy_epoch: u64,
}

/// What lies below a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Below {
    /// A table of ours: storage is read here.
    Table,
    /// A view's plan, whose tables have barriers of their own.
    View,
}

/// A node that marks where governance ends, and masks what passes.
///
/// Where no row is hidden, nothing below is secret but what is masked: so counts, limits, and
/// filters on columns that are not masked pass. Where rows are hidden the barrier is closed: it shows
/// itself as a leaf, so that no rule of the optimiser finds anything below to move, to merge with or
/// to push into, and it tells nothing of its rows, not even about how many they are: that would
/// choose which side of a join is read first, and so what is computed at all and can fail. Orderings
/// never pass: a node that keeps its input's order invites the optimiser to sort below it, which is
/// the asker's work on rows that are still the platform's.
#[derive(Debug)]
pub(crate) struct SecurityBarrierExec {
    table: String,
    seal: Seal,
    below: Below,
    /// What is shown of each row, in order; places count from the input's first column.
    columns: Arc<[ShownColumn]>,
    /// Where rows are hidden: the condition that picks out those that are not.
    condition: Option<Arc<dyn PhysicalExpr>>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl SecurityBarrierExec {
    /// A barrier over rows of which none is hidden: shows the input's columns one by one.
    pub(crate) fn open(
        table: String,
        seal: Seal,
        below: Below,
        columns: Vec<ShownColumn>,
        input: Arc<dyn ExecutionPlan>,
    ) -> Result<Self> {
        SecurityBarrierExec::new(table, seal, below, columns.into(), None, input)
    }

    /// A barrier over rows that `filter` picks out of those that are hidden.
    pub(crate) fn closed(
        table: String,
        seal: Seal,
        below: Below,
        columns: Vec<ShownColumn>,
        filter: FilterExec,
    ) -> Result<Self> {
        let condition = Arc::clone(filter.predicate());
        SecurityBarrierExec::new(table, seal, below, columns.into(), Some(condition), Arc::new(filter))
    }

    fn new(
        table: String,
        seal: Seal,
        below: Below,
        columns: Arc<[ShownColumn]>,
        condition: Option<Arc<dyn PhysicalExpr>>,
        input: Arc<dyn ExecutionPlan>,
    ) -> Result<Self> {
        let below_schema = input.schema();
        let shown: Result<Vec<_>> = columns
            .iter()
            .map(|column| match below_schema.fields().get(column.index) {
                Some(field) => Ok(column.masker.field(field)),
                None => Err(DataFusionError::Internal("a barrier shows a column that is not there".to_owned())),
            })
            .collect();
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(Arc::new(Schema::new(shown?))),
            datafusion::physical_plan::Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            input.pipeline_behavior(),
            input.boundedness(),
        ));
        Ok(SecurityBarrierExec { table, seal, below, columns, condition, input, properties })
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }

    pub(crate) fn below(&self) -> Below {
        self.below
    }

    /// What stands below, which a closed barrier does not show to the optimiser.
    pub(crate) fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }

    /// The condition on rows that must stand directly below; none where no row is hidden.
    pub(crate) fn condition(&self) -> Option<&Arc<dyn PhysicalExpr>> {
        self.condition.as_ref()
    }

    /// Places of columns that are shown with their own values, as counted above and below.
    fn clear_columns(&self) -> impl Iterator<Item = (usize, usize)> {
        let columns = self.columns.iter().enumerate();
        columns.filter(|(_, column)| column.masker.is_clear()).map(|(above, column)| (above, column.index))
    }
}

/// Whether `plan` reads a table of which rows are hidden.
pub(crate) fn hides_rows(plan: &Arc<dyn ExecutionPlan>) -> bool {
    match plan.downcast_ref::<SecurityBarrierExec>() {
        Some(barrier) => barrier.condition.is_some() || hides_rows(&barrier.input),
        None => plan.children().into_iter().any(hides_rows),
    }
}

/// Picks and masks the columns of one batch.
fn show(batch: &RecordBatch, columns: &[ShownColumn], schema: &SchemaRef) -> Result<RecordBatch> {
    let shown: Result<Vec<_>> = columns
        .iter()
        .map(|column| match batch.columns().get(column.index) {
            Some(values) => Ok(column.masker.apply(values)?),
            None => Err(DataFusionError::Internal("a batch lacks a column".to_owned())),
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), shown?, &options)?)
}

impl DisplayAs for SecurityBarrierExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Governed: {}", self.table)
    }
}

impl ExecutionPlan for SecurityBarrierExec {
    fn name(&self) -> &'static str {
        "SecurityBarrierExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        match self.condition {
            None => vec![&self.input],
            Some(_) => Vec::new(),
        }
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false; self.children().len()]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.children().len()]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let mut children = children.into_iter();
        match (&self.condition, children.next(), children.next()) {
            (Some(_), None, None) => Ok(self),
            (None, Some(input), None) => {
                let (table, seal) = (self.table.clone(), self.seal.clone());
                let barrier =
                    SecurityBarrierExec::new(table, seal, self.below, Arc::clone(&self.columns), None, input)?;
                Ok(Arc::new(barrier))
            }
            _ => Err(DataFusionError::Internal("a barrier has one child, or none where it is closed".to_owned())),
        }
    }

    /// What a closed barrier does not show is reset here: a recursive query reads it again and again.
    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        let input = match self.condition {
            Some(_) => reset_plan_states(Arc::clone(&self.input))?,
            None => Arc::clone(&self.input),
        };
        let (table, seal, columns) = (self.table.clone(), self.seal.clone(), Arc::clone(&self.columns));
        Ok(Arc::new(SecurityBarrierExec::new(table, seal, self.below, columns, self.condition.clone(), input)?))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (columns, schema) = (Arc::clone(&self.columns), self.schema());
        let rows = self.input.execute(partition, context)?;
        let shown = {
            let schema = Arc::clone(&schema);
            rows.map(move |batch| show(&batch?, &columns, &schema))
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, shown)))
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        self.children().iter().map(|_| ChildStats::At(partition)).collect()
    }

    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        if let (None, [input]) = (&self.condition, inputs) {
            statistics.num_rows = input.num_rows;
            for (above, below) in self.clear_columns() {
                let known: Option<&ColumnStatistics> = input.column_statistics.get(below);
                if let (Some(shown), Some(known)) = (statistics.column_statistics.get_mut(above), known) {
                    *shown = known.clone();
                }
            }
        }
        Ok(Arc::new(statistics))
    }

    fn supports_limit_pushdown(&self) -> bool {
        self.condition.is_none()
    }

    fn gather_filters_for_pushdown(
        &self,
        _: FilterPushdownPhase,
        parent_filters: Vec<Arc<dyn PhysicalExpr>>,
        _: &ConfigOptions,
    ) -> Result<FilterDescription> {
        if self.condition.is_some() {
            return Ok(FilterDescription::all_unsupported(&parent_filters, &self.children()));
        }
        let clear: HashSet<usize> = self.clear_columns().map(|(above, _)| above).collect();
        let child = ChildFilterDescription::from_child_with_allowed_indices(&parent_filters, clear, &self.input)?;
        Ok(FilterDescription::new().with_child(child))
    }
}
