//! What of a query reaches the table below the barrier.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{MemoryCatalogProviderList, Session, TableProvider};
use datafusion::datasource::{MemTable, TableType};
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use parking_lot::Mutex;
use weft_governance::{Comparison, Literal, Mask, RowPredicate};

use super::GovernedTable;
use crate::barrier::{Below, Seal};
use crate::engine::base_state;
use crate::entitlement::Entitlements;
use crate::mask_values::MaskKey;
use crate::namespace::put;
use crate::terms::Terms;

/// Notes the conditions and limits that it is asked with.
#[derive(Debug)]
struct Noting {
    inner: MemTable,
    noted: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl TableProvider for Noting {
    fn schema(&self) -> SchemaRef {
        self.inner.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
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
        let limit = limit.map(|limit| format!("limit {limit}"));
        self.noted.lock().extend(filters.iter().map(ToString::to_string).chain(limit));
        self.inner.scan(state, projection, &[], None).await
    }
}

/// What reaches a table of `region`, `ssn` (masked), `pay` and `score` when it is asked `sql`.
async fn reaches(sql: &str, condition: Option<RowPredicate>) -> Vec<String> {
    let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let pay: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let score: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN]));
    let batch =
        RecordBatch::try_from_iter([("region", text("east")), ("ssn", text("1")), ("pay", pay), ("score", score)])
            .unwrap();
    let noted = Arc::<Mutex<Vec<String>>>::default();
    let inner = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
    let inner = Arc::new(Noting { inner, noted: Arc::clone(&noted) });
    let terms = Terms::with(
        condition.into_iter().collect(),
        vec![(vec!["ssn".to_owned()], Mask::Prefix { characters: 1 })],
        None,
    );
    let fitted = terms.fit(&inner.schema(), &Entitlements::default(), &MaskKey::new([1; 32])).unwrap();
    let seal = Seal { subject: "user:cole".to_owned(), purpose: None, policy_epoch: 7 };
    let table = GovernedTable::new("a.b.staff".to_owned(), inner, fitted, Below::Table, seal);
    let catalogs = MemoryCatalogProviderList::new();
    put(&catalogs, &"a.b.staff".parse().unwrap(), Arc::new(table)).unwrap();
    let state = SessionStateBuilder::new_from_existing(base_state()).with_catalog_list(Arc::new(catalogs)).build();
    SessionContext::new_with_state(state).sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    Arc::try_unwrap(noted).map(Mutex::into_inner).unwrap_or_else(|noted| noted.lock().clone())
}

fn east() -> Option<RowPredicate> {
    let column = vec!["region".to_owned()];
    Some(RowPredicate::Compare { column, comparison: Comparison::Equal, value: Literal::Text("east".to_owned()) })
}

#[tokio::test]
async fn no_limit_reaches_rows_that_may_be_hidden() {
    let limited = reaches("SELECT pay FROM a.b.staff LIMIT 5", east()).await;
    assert!(!limited.is_empty() && limited.iter().all(|what| !what.starts_with("limit")), "{limited:?}");
    assert_eq!(reaches("SELECT pay FROM a.b.staff LIMIT 5", None).await, ["limit 5"]);
}

#[tokio::test]
async fn only_comparisons_that_cannot_fail_reach_rows_that_may_be_hidden() {
    let policy = reaches("SELECT pay FROM a.b.staff", east()).await;
    assert_eq!(policy.len(), 1, "{policy:?} is more than the policy");
    for sql in [
        "SELECT pay FROM a.b.staff WHERE CAST(region AS BIGINT) = 1",
        "SELECT pay FROM a.b.staff WHERE CAST(pay AS DOUBLE) > 1.5",
        "SELECT pay FROM a.b.staff WHERE 1 / pay = 1",
        "SELECT pay FROM a.b.staff WHERE upper(region) = 'EAST'",
        "SELECT pay FROM a.b.staff WHERE region = 'east' OR 1 / pay = 1",
        "SELECT pay FROM a.b.staff WHERE region LIKE 'e%'",
        "SELECT pay FROM a.b.staff WHERE pay IN (1, 1 / pay)",
        // A NaN is greater than all bounds of files say.
        "SELECT pay FROM a.b.staff WHERE score > 1000000.0",
    ] {
        assert_eq!(reaches(sql, east()).await, policy, "{sql}");
    }
    let compared = reaches("SELECT pay FROM a.b.staff WHERE pay = 3 AND 1 / pay = 1", east()).await;
    assert_eq!((compared.len(), compared.iter().filter(|what| what.contains("pay = Int64(3)")).count()), (2, 1));
}

#[tokio::test]
async fn no_condition_on_a_masked_column_reaches_its_values() {
    for condition in [None, east()] {
        let without = reaches("SELECT pay FROM a.b.staff", condition.clone()).await;
        for sql in ["SELECT pay FROM a.b.staff WHERE ssn = '1***'", "SELECT pay FROM a.b.staff WHERE ssn IS NOT NULL"] {
            assert_eq!(reaches(sql, condition.clone()).await, without, "{sql}");
        }
    }
}
