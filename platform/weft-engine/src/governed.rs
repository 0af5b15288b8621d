//! A published table with one principal's terms already applied to it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::datasource::TableType;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use weft_governance::{Decision, Obligation};

use crate::QueryError;
use crate::barrier::{Below, Seal, SecurityBarrierExec};

/// The restrictions under which a decision allows reading.
///
/// Row filters and masks are decided as [`Obligation`]s. None is produced yet, and one that should
/// arrive all the same makes the table unreadable: a term that is not applied must not be ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    _nothing_hidden: (),
}

impl Terms {
    /// The terms of an allowing decision.
    pub(crate) fn of(table: &str, decision: &Decision) -> Result<Self, QueryError> {
        if !decision.is_allowed() {
            return Err(QueryError::Denied { table: table.to_owned() });
        }
        match decision.obligations() {
            [] => Ok(Terms { _nothing_hidden: () }),
            [first, ..] => Err(QueryError::Internal { invariant: unapplied(first) }),
        }
    }

    /// The terms of the platform's own tables, which are made for one principal from the start.
    pub(crate) fn of_platform_table() -> Self {
        Terms { _nothing_hidden: () }
    }
}

fn unapplied(obligation: &Obligation) -> String {
    format!("an obligation that the engine does not apply yet: {obligation:?}")
}

/// A table as one principal may read it. The only kind of provider that gets a name in a session.
///
/// Invariant: whatever is scanned leaves through a [`SecurityBarrierExec`] with the session's seal.
#[derive(Debug)]
pub(crate) struct GovernedTable {
    name: String,
    inner: Arc<dyn TableProvider>,
    terms: Terms,
    below: Below,
    seal: Seal,
}

impl GovernedTable {
    pub(crate) fn new(name: String, inner: Arc<dyn TableProvider>, terms: Terms, below: Below, seal: Seal) -> Self {
        GovernedTable { name, inner, terms, below, seal }
    }

    /// Whether filters, limits and statistics may cross the barrier: while no row is hidden.
    fn is_open(&self) -> bool {
        let Terms { _nothing_hidden: () } = self.terms;
        true
    }
}

#[async_trait]
impl TableProvider for GovernedTable {
    fn schema(&self) -> SchemaRef {
        self.inner.schema()
    }

    fn table_type(&self) -> TableType {
        match self.below {
            Below::Table => TableType::Base,
            Below::View => TableType::View,
        }
    }

    fn statistics(&self) -> Option<Statistics> {
        if self.is_open() { self.inner.statistics() } else { None }
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = if self.is_open() {
            TableProviderFilterPushDown::Inexact
        } else {
            TableProviderFilterPushDown::Unsupported
        };
        Ok(vec![answer; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (filters, limit) = if self.is_open() { (filters, limit) } else { (&[] as &[Expr], None) };
        let plan = self.inner.scan(state, projection, filters, limit).await?;
        Ok(Arc::new(SecurityBarrierExec::new(self.name.clone(), self.seal.clone(), self.below, plan)))
    }
}
