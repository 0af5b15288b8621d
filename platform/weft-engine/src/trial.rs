//! A query run on rows that its author wrote down: for unit tests of transforms.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::datasource::MemTable;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use url::Url;
use weft_model::PortRef;

use crate::engine::base_state;
use crate::namespace::put;
use crate::result_cap::ResultCap;
use crate::{Limits, QueryError, statement, verify};

/// The rows of `sql` where the tables that it may name hold these rows, and `at` is now.
///
/// The same instant and rows give the same answer, as far as the query asks for an order. Nothing but
/// `tables` is read and nothing is written: the query has no store, no other table and no place to spill.
/// It is held to [`Limits::for_tests`].
///
/// # Errors
///
/// As a query of a session has them; a table outside of `tables` is unknown.
pub async fn try_query(
    sql: &str,
    tables: &BTreeMap<PortRef, RecordBatch>,
    at: DateTime<Utc>,
) -> Result<RecordBatch, QueryError> {
    let limits = Limits::for_tests();
    let longest = limits.planning_max + limits.running_max;
    let (sql, tables) = (sql.to_owned(), tables.clone());
    // On a thread of the pool, whose stack is deeper than the caller's may be.
    let mut trial = tokio::spawn(async move { answer(&sql, &tables, at, &limits).await });
    match tokio::time::timeout(longest, &mut trial).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Err(QueryError::Internal { invariant: format!("a trial ended without an answer: {error}") }),
        Err(_) => {
            trial.abort();
            Err(QueryError::Deadline { seconds: longest.as_secs() })
        }
    }
}

async fn answer(
    sql: &str,
    tables: &BTreeMap<PortRef, RecordBatch>,
    at: DateTime<Utc>,
    limits: &Limits,
) -> Result<RecordBatch, QueryError> {
    let query = statement::parse(sql, limits)?;
    if query.parameters > 0 {
        return Err(QueryError::Parameters { problem: "a transform has no parameters".to_owned() });
    }
    let base = base_state();
    let catalogs = MemoryCatalogProviderList::new();
    let planning = |error| QueryError::from_planning(&error);
    for name in statement::tables_of(&base, &query)? {
        let known = name.parse::<PortRef>().ok().and_then(|port| Some((tables.get(&port)?, port)));
        let Some((rows, port)) = known else { return Err(QueryError::UnknownTable { table: name }) };
        let table = MemTable::try_new(rows.schema(), vec![vec![rows.clone()]]).map_err(planning)?;
        put(&catalogs, &port, Arc::new(table)).map_err(planning)?;
    }
    let mut state = state(base, catalogs, at, limits)?;
    let plan = statement::logical_plan(&state, query).await?;
    let physical = statement::physical_plan(&mut state, &plan, limits).await?;
    verify::ensure_storeless(&physical)?;
    let running = |error| QueryError::from_running(&error, limits.memory_bytes_max);
    let mut stream = execute_stream(physical, state.task_ctx()).map_err(running)?;
    let (mut batches, mut cap) = (Vec::new(), ResultCap::of(limits));
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(running)?;
        cap.note(&batch)?;
        batches.push(batch);
    }
    concat_batches(&stream.schema(), &batches).map_err(|error| running(error.into()))
}

/// A state with these tables alone, with memory of its own and no store, for which it is always `at`.
fn state(
    base: SessionState,
    catalogs: MemoryCatalogProviderList,
    at: DateTime<Utc>,
    limits: &Limits,
) -> Result<SessionState, QueryError> {
    // One partition: rows that nobody orders come in the order in which they were given.
    let config = base.config().clone().with_target_partitions(1);
    let mut state = SessionStateBuilder::new_from_existing(base)
        .with_config(config)
        .with_runtime_env(runtime(limits)?)
        .with_catalog_list(Arc::new(catalogs))
        .build();
    state.mark_start_execution();
    state.execution_props_mut().query_execution_start_time = Some(at);
    Ok(state)
}

fn runtime(limits: &Limits) -> Result<Arc<RuntimeEnv>, QueryError> {
    let internal = |problem: String| QueryError::Internal { invariant: problem };
    let stores = DefaultObjectStoreRegistry::new();
    // The one store that a registry begins with is this machine's files.
    let files = Url::parse("file:///").map_err(|error| internal(error.to_string()))?;
    stores.deregister_store(&files).map_err(|error| internal(error.to_string()))?;
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(GreedyMemoryPool::new(limits.memory_bytes_max)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
        .with_object_store_registry(Arc::new(stores))
        .build_arc()
        .map_err(|error| internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array};
    use arrow::util::pretty::pretty_format_batches;
    use expect_test::{Expect, expect};

    use super::*;

    async fn ask(sql: &str) -> Result<RecordBatch, QueryError> {
        let rows =
            RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![Some(2), None, Some(1)])) as ArrayRef)]);
        let tables = BTreeMap::from([("a.b.c".parse().unwrap(), rows.unwrap())]);
        let at = DateTime::parse_from_rfc3339("2026-01-31T12:00:00Z").unwrap().to_utc();
        try_query(sql, &tables, at).await
    }

    async fn check(sql: &str, expected: Expect) {
        let text = match ask(sql).await {
            Ok(rows) => pretty_format_batches(&[rows]).unwrap().to_string(),
            Err(error) => format!("{} {error}", error.code()),
        };
        expected.assert_eq(&text);
    }

    #[tokio::test]
    async fn a_query_sees_the_rows_given_and_the_instant_given() {
        check(
            "select n, n is null as empty, cast(now() as varchar) as at from a.b.c",
            expect![[r#"
                +---+-------+---------------------+
                | n | empty | at                  |
                +---+-------+---------------------+
                | 2 | false | 2026-01-31T12:00:00 |
                |   | true  | 2026-01-31T12:00:00 |
                | 1 | false | 2026-01-31T12:00:00 |
                +---+-------+---------------------+"#]],
        )
        .await;
        check(
            "select current_date as today",
            expect![[r#"
            +------------+
            | today      |
            +------------+
            | 2026-01-31 |
            +------------+"#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nothing_but_the_rows_given_is_there() {
        check("select * from a.b.other", expect!["W0202 no table `a.b.other`"]).await;
        check("select * from '/etc/passwd'", expect!["W0202 no table `/etc/passwd`"]).await;
        check("copy a.b.c to '/tmp/x' stored as csv", expect!["W0204 COPY is not allowed here: only queries are"])
            .await;
    }

    #[tokio::test]
    async fn a_query_that_fails_or_takes_too_much_ends_with_an_error() {
        check("select 1 / (n - n) from a.b.c", expect!["W0213 a value could not be computed: division by zero"]).await;
        check(
            "select a.value from generate_series(1, 1000000) a",
            expect![[r#"W0217 the answer would be larger than the limit of 100000 rows"#]],
        )
        .await;
        let sorted =
            "select a.value, b.value from generate_series(1, 5000) a, generate_series(1, 5000) b order by 1, 2";
        assert!(matches!(ask(sorted).await, Err(QueryError::OverMemory { .. })), "{:?}", ask(sorted).await.map(|_| ()));
    }
}
