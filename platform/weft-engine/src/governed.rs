//! A published table with one principal's terms already applied to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DFSchema, Statistics};
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning};
use weft_model::PortRef;

use crate::barrier::{Below, Seal, SecurityBarrierExec};
use crate::read::Read;
use crate::terms::{Fitted, ShownColumn};
use crate::view::ViewScan;
use crate::{leak_proof, row_by_row};

/// A table as one principal may read it. The only kind of provider that gets a name in a session.
///
/// Invariant: whatever is scanned leaves through a [`SecurityBarrierExec`] with the session's seal,
/// which masks what it lets through. Where rows are hidden, the condition on rows stands alone
/// directly below it, and of the asker's own conditions only those that cannot fail or tell anything
/// are looked at further below.
#[derive(Debug)]
pub(crate) struct GovernedTable {
    name: String,
    inner: Arc<dyn TableProvider>,
    terms: Fitted,
    below: Below,
    seal: Seal,
    noted: Option<Noted>,
}

/// Where a table notes what is read of it, and as which port.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) port: PortRef,
    pub(crate) read: Read,
}

impl GovernedTable {
    /// `terms` were fitted to the schema of `inner`.
    pub(crate) fn new(name: String, inner: Arc<dyn TableProvider>, terms: Fitted, below: Below, seal: Seal) -> Self {
        GovernedTable { name, inner, terms, below, seal, noted: None }
    }

    /// The same table, which notes what is read of it.
    pub(crate) fn noted(self, noted: Option<Noted>) -> Self {
        GovernedTable { noted, ..self }
    }

    /// Notes the columns at `projection`, and those of conditions, as the asker knows them. What the
    /// terms look at besides is no read of the asker's.
    fn note(&self, projection: Option<&Vec<usize>>, filters: &[Expr]) {
        let Some(noted) = &self.noted else { return };
        let fields = self.terms.schema.fields();
        let projected = fields.iter().enumerate().filter(|(i, _)| projection.is_none_or(|places| places.contains(i)));
        let filtered = filters.iter().flat_map(Expr::column_refs).map(|column| column.name.as_str());
        noted.read.note(&noted.port, projected.map(|(_, field)| field.name().as_str()).chain(filtered));
    }

    /// Whether rows are hidden, here or in a table below a view.
    pub(crate) fn hides_rows(&self) -> Result<bool> {
        match self.inner.downcast_ref::<ViewScan>() {
            _ if self.terms.condition.is_some() => Ok(true),
            Some(view) => row_by_row::hides_rows(view.plan()),
            None => Ok(false),
        }
    }

    /// Whether `inner` may look at a condition of the asker's, which stays in place above all the same.
    fn may_pass(&self, filter: &Expr) -> bool {
        match (&self.terms.condition, self.below) {
            (None, _) => leak_proof::reads_clear_columns(filter, &self.terms),
            (Some(_), Below::Table) => leak_proof::is_leak_proof(filter, &self.terms),
            // A view computes. What a condition keeps from being computed could show in its errors.
            (Some(_), Below::View) => false,
        }
    }

    /// Reads columns of a table of which no row is hidden.
    async fn scan_open(
        &self,
        state: &dyn Session,
        columns: Vec<ShownColumn>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<SecurityBarrierExec> {
        let places: Vec<usize> = columns.iter().map(|column| column.index).collect();
        let plan = self.inner.scan(state, Some(&places), filters, limit).await?;
        let shown = columns.into_iter().enumerate().map(|(i, column)| ShownColumn { index: i, ..column }).collect();
        SecurityBarrierExec::open(self.name.clone(), self.seal.clone(), self.below, shown, plan)
    }

    /// Reads columns of those rows for which `condition` is true. No limit goes below: it would count
    /// rows that are hidden.
    async fn scan_closed(
        &self,
        state: &dyn Session,
        columns: Vec<ShownColumn>,
        filters: &[Expr],
        condition: &Expr,
    ) -> Result<SecurityBarrierExec> {
        let read = columns.iter().map(|column| column.index);
        let places: BTreeSet<usize> = read.chain(self.terms.read_by_conditions.iter().copied()).collect();
        let places: Vec<usize> = places.into_iter().collect();
        let filters: Vec<Expr> = match self.below {
            Below::Table => std::iter::once(condition).chain(filters).cloned().collect(),
            Below::View => Vec::new(),
        };
        let plan = self.inner.scan(state, Some(&places), &filters, None).await?;
        let plan = as_many_streams(plan, state)?;
        let schema = DFSchema::try_from(plan.schema())?;
        let condition = state.create_physical_expr(condition.clone(), &schema)?;
        let filtered = FilterExec::try_new(Arc::clone(&condition), Arc::new(CooperativeExec::new(plan)))?;
        let missing = || DataFusionError::Internal("a column that was asked for is not there".to_owned());
        let shown: Option<Vec<ShownColumn>> = columns
            .into_iter()
            .map(|column| {
                let index = places.iter().position(|place| *place == column.index)?;
                Some(ShownColumn { index, ..column })
            })
            .collect();
        let shown = shown.ok_or_else(missing)?;
        SecurityBarrierExec::closed(self.name.clone(), self.seal.clone(), self.below, shown, filtered)
    }
}

/// The same rows in as many streams as the session works with, however many files they lie in: plans
/// depend on that number.
fn as_many_streams(plan: Arc<dyn ExecutionPlan>, state: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
    let streams = state.config().target_partitions();
    let plan = match plan.repartitioned(streams, state.config_options())? {
        Some(split) => split,
        None => plan,
    };
    if plan.output_partitioning().partition_count() == streams {
        return Ok(plan);
    }
    Ok(Arc::new(RepartitionExec::try_new(plan, Partitioning::RoundRobinBatch(streams))?))
}

#[async_trait]
impl TableProvider for GovernedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.terms.schema)
    }

    fn table_type(&self) -> TableType {
        match self.below {
            Below::Table => TableType::Base,
            Below::View => TableType::View,
        }
    }

    /// Of a table that hides no row, and of those of its columns alone that are shown as they are.
    fn statistics(&self) -> Option<Statistics> {
        if self.hides_rows().unwrap_or(true) {
            return None;
        }
        let known = self.inner.statistics()?;
        let column = |shown: &ShownColumn| match known.column_statistics.get(shown.index) {
            Some(column) if shown.masker.is_clear() => column.clone(),
            _ => ColumnStatistics::new_unknown(),
        };
        let column_statistics = self.terms.columns.iter().map(column).collect();
        Some(Statistics { num_rows: known.num_rows, total_byte_size: Precision::Absent, column_statistics })
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| match self.may_pass(filter) {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.note(projection, filters);
        let columns: Vec<ShownColumn> = match projection {
            Some(places) => places.iter().filter_map(|place| self.terms.columns.get(*place)).cloned().collect(),
            None => self.terms.columns.clone(),
        };
        let filters: Vec<Expr> = filters.iter().filter(|filter| self.may_pass(filter)).cloned().collect();
        let barrier = match &self.terms.condition {
            None => self.scan_open(state, columns, &filters, limit).await?,
            Some(condition) => self.scan_closed(state, columns, &filters, condition).await?,
        };
        Ok(Arc::new(barrier))
    }
}

#[cfg(test)]
mod handed_down;
#[cfg(test)]
mod noting;
#[cfg(test)]
mod tests;
