//! EXPLAIN: the plan as the asker may see it, down to the tables that are named and no further.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNodeRecursion, TreeNodeVisitor};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};

use crate::QueryError;

/// What an EXPLAIN answers: the kind of plan, and its text.
pub(crate) fn schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![text("plan_type"), text("plan")]))
}

/// A plan that answers with the text of `plan` once it is optimised.
///
/// The logical plan depends on names, types and the asker's own words alone: tables are leaves of
/// it, and what is done to their rows before they are shown is no part of it.
pub(crate) fn instead_of(state: &SessionState, plan: &LogicalPlan) -> Result<LogicalPlan, QueryError> {
    let optimised = state.optimize(plan).map_err(|error| QueryError::from_planning(&error))?;
    shown(&optimised).map_err(|error| QueryError::from_planning(&error))
}

fn shown(plan: &LogicalPlan) -> Result<LogicalPlan> {
    let mut text = Text::default();
    plan.visit_with_subqueries(&mut text)?;
    let literal = |value: &str| Expr::Literal(ScalarValue::Utf8(Some(value.to_owned())), None);
    LogicalPlanBuilder::empty(true)
        .project([literal("logical_plan").alias("plan_type"), literal(text.lines.trim_end()).alias("plan")])?
        .build()
}

#[derive(Default)]
struct Text {
    lines: String,
    depth: usize,
}

impl<'n> TreeNodeVisitor<'n> for Text {
    type Node = LogicalPlan;

    fn f_down(&mut self, node: &'n LogicalPlan) -> Result<TreeNodeRecursion> {
        let line = match node {
            // Of a table only its name and the columns that are read. Which conditions it takes, and
            // what it knows of its rows, would tell of its policies.
            LogicalPlan::TableScan(scan) => {
                let columns: Vec<&str> = scan.projected_schema.fields().iter().map(|f| f.name().as_str()).collect();
                format!("TableScan: {} projection=[{}]", scan.table_name, columns.join(", "))
            }
            other => other.display().to_string(),
        };
        writeln!(self.lines, "{:indent$}{line}", "", indent = self.depth * 2)
            .map_err(|error| DataFusionError::Internal(error.to_string()))?;
        self.depth += 1;
        Ok(TreeNodeRecursion::Continue)
    }

    fn f_up(&mut self, _: &'n LogicalPlan) -> Result<TreeNodeRecursion> {
        self.depth -= 1;
        Ok(TreeNodeRecursion::Continue)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::catalog::MemoryCatalogProviderList;
    use datafusion::datasource::empty::EmptyTable;
    use datafusion::execution::SessionStateBuilder;
    use expect_test::{Expect, expect};

    use super::*;
    use crate::engine::base_state;
    use crate::{Limits, namespace, statement};

    async fn check(sql: &str, expected: Expect) {
        let fields = vec![Field::new("carrier", DataType::Utf8, true), Field::new("delay", DataType::Int64, true)];
        let catalogs = MemoryCatalogProviderList::new();
        let table = Arc::new(EmptyTable::new(Arc::new(Schema::new(fields))));
        namespace::put(&catalogs, &"a.b.c".parse().unwrap(), table).unwrap();
        let state = SessionStateBuilder::new_from_existing(base_state()).with_catalog_list(Arc::new(catalogs)).build();
        let query = statement::parse_asked(sql, &Limits::default(), &()).unwrap();
        assert!(query.explained);
        let plan = statement::logical_plan(&state, query).await.unwrap();
        let mut text = Text::default();
        state.optimize(&plan).unwrap().visit_with_subqueries(&mut text).unwrap();
        expected.assert_eq(&text.lines);
        let answer = instead_of(&state, &plan).unwrap();
        assert_eq!(answer.schema().inner().as_ref(), schema().as_ref());
    }

    #[tokio::test]
    async fn a_plan_ends_at_the_tables_that_are_named() {
        check(
            "explain select carrier, count(*) as n from a.b.c where delay > 10 and delay + 1 < 20 group by carrier limit 3",
            expect![[r#"
                Projection: a.b.c.carrier, count(Int64(1)) AS count(*) AS n
                  Limit: skip=0, fetch=3
                    Aggregate: groupBy=[[a.b.c.carrier]], aggr=[[count(Int64(1))]]
                      Projection: a.b.c.carrier
                        Filter: a.b.c.delay > Int64(10) AND a.b.c.delay + Int64(1) < Int64(20)
                          TableScan: a.b.c projection=[carrier, delay]
            "#]],
        )
        .await;
    }
}
