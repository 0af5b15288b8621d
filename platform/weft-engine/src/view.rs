//! A port of kind `view`: its query is planned for whoever reads it, over that reader's own tables.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use crate::QueryError;
use crate::namespace::Namespace;
use crate::statement;

/// Plans the view `name` for the namespace's principal.
///
/// The reader's own policies hold at every table below. A table there that the reader may not read
/// makes the view unreadable, and the error names the view only.
pub(crate) async fn plan(
    namespace: &Namespace,
    name: &str,
    sql: &str,
    depth: usize,
) -> Result<Arc<dyn TableProvider>, QueryError> {
    let about_the_view = |error: QueryError| match error {
        QueryError::UnknownTable { .. } | QueryError::Denied { .. } => QueryError::Denied { table: name.to_owned() },
        other => {
            tracing::error!(view = name, code = %other.code(), "a published view cannot be planned");
            QueryError::Storage { table: name.to_owned() }
        }
    };
    let (query, state) = namespace.open(sql, depth).await.map_err(about_the_view)?;
    let plan = statement::logical_plan(&state, query).await.map_err(about_the_view)?;
    Ok(Arc::new(ViewScan::of(plan)))
}

/// A view's query over its reader's own tables.
#[derive(Debug)]
pub(crate) struct ViewScan {
    schema: SchemaRef,
    plan: LogicalPlan,
}

impl ViewScan {
    pub(crate) fn of(plan: LogicalPlan) -> Self {
        ViewScan { schema: Arc::clone(plan.schema().inner()), plan }
    }

    pub(crate) fn plan(&self) -> &LogicalPlan {
        &self.plan
    }
}

#[async_trait]
impl TableProvider for ViewScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut builder = LogicalPlanBuilder::from(self.plan.clone()).alias("view")?;
        if let Some(predicate) = conjunction(filters.iter().cloned().map(without_table)) {
            builder = builder.filter(predicate)?;
        }
        if let Some(columns) = projection {
            builder = builder.select(columns.iter().copied())?;
        }
        if limit.is_some() && filters.is_empty() {
            builder = builder.limit(0, limit)?;
        }
        let state = state.as_any().downcast_ref::<SessionState>();
        let state =
            state.ok_or_else(|| DataFusionError::Internal("a view is read in an unknown session".to_owned()))?;
        statement::physical_nodes(&mut state.clone(), &builder.build()?).await
    }
}

/// The same expression with its columns named without their table.
fn without_table(expr: Expr) -> Expr {
    use datafusion::common::tree_node::{Transformed, TreeNode};
    let renamed = expr.clone().transform(|node| match node {
        Expr::Column(column) => {
            Ok(Transformed::yes(Expr::Column(datafusion::common::Column::new_unqualified(column.name))))
        }
        other => Ok(Transformed::no(other)),
    });
    renamed.map_or(expr, |renamed| renamed.data)
}
