use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::logical_expr::TableProviderFilterPushDown;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::prelude::SessionContext;
use expect_test::expect;

use super::*;

/// TPC-H at scale 1: rows, and of each column the least and the greatest value, or how many there are of a text.
const TABLES: [(&str, usize, &str); 8] = [
    ("region", 5, "r_regionkey:0..4 r_name:5"),
    ("nation", 25, "n_nationkey:0..24 n_name:25 n_regionkey:0..4"),
    (
        "supplier",
        10_000,
        "s_suppkey:1..10000 s_name:10000 s_nationkey:0..24 s_address:10000 s_phone:10000 s_acctbal:0..9999 s_comment:10000",
    ),
    ("customer", 150_000, "c_custkey:1..150000 c_name:150000 c_nationkey:0..24 c_mktsegment:5"),
    ("part", 200_000, "p_partkey:1..200000 p_name:200000 p_brand:25 p_container:40 p_type:150 p_mfgr:5 p_size:1..50"),
    ("partsupp", 800_000, "ps_partkey:1..200000 ps_suppkey:1..10000 ps_supplycost:1..1000 ps_availqty:1..9999"),
    (
        "orders",
        1_500_000,
        "o_orderkey:1..6000000 o_custkey:1..150000 o_orderstatus:3 o_totalprice:1..600000 o_orderdate:8035..10440 \
         o_orderpriority:5",
    ),
    (
        "lineitem",
        6_001_215,
        "l_orderkey:1..6000000 l_partkey:1..200000 l_suppkey:1..10000 l_quantity:1..50 l_extendedprice:900..104950 \
         l_discount:0..1 l_shipdate:8036..10561 l_commitdate:8000..10500 l_receiptdate:8000..10500 l_shipmode:7",
    ),
];

/// A table of which nothing but the statistics is there, and perhaps not even these.
#[derive(Debug)]
struct Counted {
    schema: SchemaRef,
    known: Option<Statistics>,
}

impl Counted {
    fn of(rows: usize, columns: &str, is_known: bool) -> Self {
        let (mut fields, mut known) = (Vec::new(), Vec::new());
        for column in columns.split_whitespace() {
            let (name, values) = column.split_once(':').unwrap();
            let (kind, statistics) = match values.split_once("..") {
                Some((least, greatest)) => {
                    let kind = if name.ends_with("date") { DataType::Date32 } else { DataType::Int64 };
                    let value = |text: &str| ScalarValue::try_from_string(text.to_owned(), &DataType::Int64).unwrap();
                    let bound = |text: &str| Precision::Exact(value(text).cast_to(&kind).unwrap());
                    let bounds = (bound(least), bound(greatest));
                    (kind.clone(), ColumnStatistics { min_value: bounds.0, max_value: bounds.1, ..Default::default() })
                }
                None => {
                    let distinct_count = Precision::Inexact(values.parse().unwrap());
                    (DataType::Utf8, ColumnStatistics { distinct_count, ..Default::default() })
                }
            };
            fields.push(Field::new(name, kind, true));
            known.push(statistics);
        }
        let known = Statistics {
            num_rows: Precision::Exact(rows),
            total_byte_size: Precision::Absent,
            column_statistics: known,
        };
        Counted { schema: Arc::new(Schema::new(fields)), known: is_known.then_some(known) }
    }
}

#[async_trait]
impl TableProvider for Counted {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        self.known.clone()
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        _: &dyn Session,
        _: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(EmptyExec::new(Arc::clone(&self.schema))))
    }
}

async fn arranged(sql: &str, unknown: Option<&str>) -> (LogicalPlan, LogicalPlan) {
    let context = SessionContext::new();
    for (name, rows, columns) in TABLES {
        let table = Counted::of(rows, columns, unknown != Some(name));
        context.register_table(name, Arc::new(table)).unwrap();
    }
    let plan = context.state().create_logical_plan(sql).await.unwrap();
    let plan = context.state().optimize(&plan).unwrap();
    let arranged = arrange(plan.clone()).unwrap().plan;
    (plan, arranged)
}

/// One of the 22 queries, with tables under their own names.
fn tpch(number: usize) -> String {
    let text = std::fs::read_to_string(format!("../../tests/bench/queries/q{number:02}.sql")).unwrap();
    text.replace(['{', '}'], "")
}

/// Joins alone, the side that is built first; what is kept by a semi or an anti join is named so.
fn shape(plan: &LogicalPlan) -> String {
    match plan {
        LogicalPlan::Join(join) => {
            let kind = match join.join_type {
                JoinType::Inner => "",
                JoinType::LeftSemi => "semi",
                JoinType::LeftAnti => "anti",
                JoinType::RightSemi => "semi by ",
                JoinType::RightAnti => "anti by ",
                _ => "other",
            };
            format!("{kind}({}, {})", shape(&join.left), shape(&join.right))
        }
        LogicalPlan::Aggregate(aggregate) => match shape(&aggregate.input) {
            inner if inner.starts_with('(') || inner.starts_with("semi") || inner.starts_with("anti") => inner,
            inner => format!("grouped {inner}"),
        },
        LogicalPlan::TableScan(scan) => scan.table_name.table().to_owned(),
        other => other.inputs().into_iter().map(shape).collect::<Vec<_>>().join(" "),
    }
}

#[tokio::test]
async fn small_tables_are_built_and_what_keeps_little_comes_first() {
    let mut shapes = String::new();
    for number in [2, 4, 7, 9, 12, 17, 18, 20, 21] {
        shapes.push_str(&format!("q{number:02} {}\n", shape(&arranged(&tpch(number), None).await.1)));
    }
    let expected = expect![[r#"
        q02 ((region, nation), (semi by (((region, nation), (semi by (part, partsupp), supplier)), (part, partsupp)), supplier))
        q04 semi(orders, lineitem)
        q07 ((nation, supplier), (((nation, customer), orders), lineitem))
        q09 ((nation, supplier), (((part, lineitem), orders), partsupp))
        q12 (lineitem, orders)
        q17 semi by (semi by (part, lineitem), (part, lineitem))
        q18 ((customer, semi by (grouped lineitem, orders)), lineitem)
        q20 semi((nation, supplier), semi(semi by (part, partsupp), semi by (part, lineitem)))
        q21 semi(anti((((nation, supplier), lineitem), orders), lineitem), lineitem)
    "#]];
    expected.assert_eq(&shapes);
}

#[tokio::test]
async fn a_plan_stays_as_it_is_where_nothing_is_known_of_a_table() {
    let (before, after) = arranged(&tpch(9), Some("supplier")).await;
    assert_eq!(before.display_indent().to_string(), after.display_indent().to_string());
}

#[tokio::test]
async fn columns_and_conditions_are_the_same_in_any_order() {
    for number in [5, 7, 8, 9, 11, 18, 21] {
        let (before, after) = arranged(&tpch(number), None).await;
        assert_eq!(before.schema().fields(), after.schema().fields(), "query {number}");
        assert_eq!(conditions(&before), conditions(&after), "query {number}");
    }
}

/// How often each condition stands in the joins of a plan, whichever side of an equality is which.
fn conditions(plan: &LogicalPlan) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    plan.apply(|node| {
        if let LogicalPlan::Join(join) = node {
            for (left, right) in &join.on {
                let mut sides = [left.to_string(), right.to_string()];
                sides.sort();
                *found.entry(sides.join(" = ")).or_default() += 1;
            }
            for filter in join.filter.iter().cloned().flat_map(split_conjunction_owned) {
                *found.entry(filter.to_string()).or_default() += 1;
            }
        }
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    })
    .unwrap();
    found
}
