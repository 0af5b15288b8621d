use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::pretty::pretty_format_batches;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use super::*;
use crate::join_order::arrange;

/// Three parts, of which one is called `a`, and lines of these, of others and of none.
const PARTS: &str = "values (1, 'a'), (2, 'b'), (3, 'c')";
const LINES: &str = "values (1, 10), (1, 20), (1, 60), (2, 5), (2, 7), (4, 1), (null, 3)";

/// Rows of which more are told than there are, so that leaving groups out is worth it.
#[derive(Debug)]
struct Told {
    rows: Arc<dyn TableProvider>,
    known: Statistics,
}

#[async_trait]
impl TableProvider for Told {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.known.clone())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        columns: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.rows.scan(session, columns, filters, limit).await
    }
}

async fn told(context: &SessionContext, name: &str, columns: [&str; 2], values: &str, rows: usize) {
    let [key, value] = columns;
    let sql = format!("select column1 as {key}, column2 as {value} from ({values})");
    let table = context.sql(&sql).await.unwrap().into_temporary_view();
    let bound = |n: i64| Precision::Inexact(ScalarValue::Int64(Some(n)));
    let keys = ColumnStatistics { min_value: bound(1), max_value: bound(1_000), ..Default::default() };
    let column_statistics = vec![keys, ColumnStatistics::new_unknown()];
    let known =
        Statistics { num_rows: Precision::Inexact(rows), total_byte_size: Precision::Absent, column_statistics };
    context.register_table(name, Arc::new(Told { rows: table, known })).unwrap();
}

/// The rows of a query, before and after, and whether groups are left out.
async fn check(sql: &str, leaves_out: bool) -> String {
    let context = SessionContext::new();
    told(&context, "parts", ["p_key", "p_name"], PARTS, 1_000).await;
    told(&context, "lines", ["l_key", "l_value"], LINES, 100_000).await;
    let plan = context.state().create_logical_plan(sql).await.unwrap();
    let plan = context.state().optimize(&plan).unwrap();
    let arranged = arrange(plan.clone()).unwrap().plan;
    assert_eq!(arranged.display_indent().to_string().contains("__few_"), leaves_out, "{}", arranged.display_indent());
    let mut answers = Vec::new();
    for plan in [plan, arranged] {
        let rows: Vec<RecordBatch> = context.execute_logical_plan(plan).await.unwrap().collect().await.unwrap();
        answers.push(pretty_format_batches(&rows).unwrap().to_string());
    }
    assert_eq!(answers[0], answers[1]);
    answers.swap_remove(0)
}

#[tokio::test]
async fn rows_held_against_a_total_of_their_group_stay_the_same() {
    let sql = "select p_name, l_value from parts, lines where l_key = p_key and p_name = 'a' and l_value < \
        (select avg(l_value) from lines where l_key = p_key) order by l_value";
    let shown = check(sql, true).await;
    assert!(shown.contains("| a      | 10      |\n| a      | 20      |\n"), "{shown}");
}

#[tokio::test]
async fn a_joined_total_and_one_that_must_not_be_there_stay_the_same() {
    let totals = "(select l_key, sum(l_value) as total from lines group by l_key having sum(l_value) > 11)";
    check(&format!("select p_key, total from parts join {totals} on l_key = p_key where p_name = 'b'"), true).await;
    let absent = format!(
        "select p_key from parts where p_name = 'c' and not exists (select * from {totals} where l_key = p_key)"
    );
    assert!(check(&absent, true).await.contains("| 3     |"));
}

#[tokio::test]
async fn groups_of_most_keys_and_of_another_key_are_made_as_they_were() {
    check(
        "select p_key, n from parts join (select l_key, count(*) n from lines group by 1) on l_key = p_key order by 1",
        false,
    )
    .await;
    let of_values = "(select l_value, count(*) n from lines group by 1)";
    let sql = format!("select p_key, n from parts join {of_values} on l_value = p_key where p_name = 'a'");
    check(&sql, true).await;
    let of_counts = "(select l_key, count(*) n from lines group by 1)";
    check(
        &format!("select p_key, l_key from parts join {of_counts} on n = p_key where p_name = 'a' order by 2"),
        false,
    )
    .await;
}
