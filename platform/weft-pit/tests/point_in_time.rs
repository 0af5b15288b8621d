//! What is joined, compared with a loop over all pairs that says the rules one by one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![expect(clippy::disallowed_methods, reason = "the operator is run in a session of its own")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_planner::DefaultPhysicalPlanner;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement as DfStatement;
use proptest::prelude::*;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use weft_pit::{PitPlanner, mark, say_as_left_joins, with_point_in_time};

#[derive(Debug)]
struct Planner;

#[async_trait::async_trait]
impl datafusion::execution::context::QueryPlanner for Planner {
    async fn create_physical_plan(
        &self,
        plan: &datafusion::logical_expr::LogicalPlan,
        session: &dyn datafusion::catalog::Session,
    ) -> Result<Arc<dyn datafusion::physical_plan::ExecutionPlan>> {
        use datafusion::physical_planner::PhysicalPlanner;
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(PitPlanner)]);
        planner.create_physical_plan(plan, session).await
    }
}

fn session() -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(3).with_batch_size(7);
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .with_query_planner(Arc::new(Planner))
        .build();
    let session = SessionContext::new_with_state(state);
    session.register_udf(mark());
    session
}

async fn ask(session: &SessionContext, sql: &str) -> Result<RecordBatch> {
    let mut statement = Parser::parse_sql(&GenericDialect {}, sql).unwrap().remove(0);
    say_as_left_joins(&mut statement).map_err(datafusion::error::DataFusionError::Plan)?;
    let plan = session.state().statement_to_plan(DfStatement::Statement(Box::new(statement))).await?;
    let plan = with_point_in_time(plan)?;
    let rows = session.execute_logical_plan(plan).await?;
    let schema = Arc::clone(rows.schema().inner());
    Ok(concat_batches(&schema, &rows.collect().await?)?)
}

#[derive(Clone, Debug)]
struct Entity {
    key: Option<u8>,
    at: Option<i64>,
}

#[derive(Clone, Debug)]
struct Fact {
    key: Option<u8>,
    at: Option<i64>,
    created: Option<i64>,
    value: Option<i64>,
    word: Option<u8>,
}

fn entities() -> impl Strategy<Value = Vec<Entity>> {
    let one = (prop::option::weighted(0.9, 0_u8..4), prop::option::weighted(0.9, 0_i64..12));
    prop::collection::vec(one.prop_map(|(key, at)| Entity { key, at }), 0..30)
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let some = |range| prop::option::weighted(0.9, range);
    let one = (some(0_i64..12), some(0_i64..14), prop::option::weighted(0.8, 0_i64..4), prop::option::of(0_u8..3));
    let one = (prop::option::weighted(0.9, 0_u8..4), one);
    let fact = one.prop_map(|(key, (at, created, value, word))| Fact { key, at, created, value, word });
    prop::collection::vec(fact, 0..40)
}

/// In how many batches and partitions it comes.
fn table(columns: Vec<(&str, ArrayRef)>, cut: usize) -> Arc<MemTable> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    let parts = (0..batch.num_rows()).step_by(cut).map(|at| batch.slice(at, cut.min(batch.num_rows() - at)));
    let mut partitions = vec![Vec::new(), Vec::new()];
    for (n, part) in parts.enumerate() {
        partitions[n % 2].push(part);
    }
    Arc::new(MemTable::try_new(batch.schema(), partitions).unwrap())
}

fn key(as_word: bool, key: impl Iterator<Item = Option<u8>>) -> ArrayRef {
    match as_word {
        true => Arc::new(key.map(|key| key.map(|key| format!("k{key}"))).collect::<StringArray>()),
        false => Arc::new(key.map(|key| key.map(i64::from)).collect::<Int64Array>()),
    }
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    by_knowledge: bool,
    strictly: bool,
    ttl: Option<i64>,
    as_word: bool,
}

fn rules() -> impl Strategy<Value = Rules> {
    (any::<bool>(), any::<bool>(), prop::option::of(0_i64..6), any::<bool>())
        .prop_map(|(by_knowledge, strictly, ttl, as_word)| Rules { by_knowledge, strictly, ttl, as_word })
}

/// What the rules say, pair by pair.
fn expected(entity: &Entity, facts: &[Fact], rules: Rules) -> (Option<i64>, Option<u8>) {
    let (Some(key), Some(at)) = (entity.key, entity.at) else { return (None, None) };
    let eligible = facts.iter().filter(|fact| {
        fact.key == Some(key)
            && fact.at.is_some_and(|time| if rules.strictly { time < at } else { time <= at })
            && rules.ttl.is_none_or(|ttl| fact.at.is_some_and(|time| time >= at - ttl))
            && (!rules.by_knowledge || fact.created.is_some_and(|created| created <= at))
    });
    // Without knowledge nothing says that `created` is one: it is a column like the others.
    let best = eligible.max_by_key(|fact| (fact.at, fact.created, fact.value, fact.word));
    best.map_or((None, None), |fact| (fact.value, fact.word))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_newest_row_that_was_there_is_joined(
        entities in entities(), facts in facts(), rules in rules(), cuts in (1_usize..9, 1_usize..9),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let session = session();
            let instants = |times: Vec<Option<i64>>| Arc::new(TimestampMicrosecondArray::from(times)) as ArrayRef;
            let frame = table(vec![
                ("row", Arc::new(Int64Array::from_iter_values(0..entities.len() as i64))),
                ("key", key(rules.as_word, entities.iter().map(|e| e.key))),
                ("at", instants(entities.iter().map(|e| e.at).collect())),
            ], cuts.0);
            let history = table(vec![
                ("key", key(rules.as_word, facts.iter().map(|f| f.key))),
                ("at", instants(facts.iter().map(|f| f.at).collect())),
                ("created", instants(facts.iter().map(|f| f.created).collect())),
                ("value", Arc::new(facts.iter().map(|f| f.value).collect::<Int64Array>())),
                ("word", Arc::new(facts.iter().map(|f| f.word.map(|w| w.to_string())).collect::<StringArray>())),
            ], cuts.1);
            session.register_table("frame", frame).unwrap();
            session.register_table("history", history).unwrap();
            let mut condition = format!("f.at {} h.at", if rules.strictly { ">" } else { ">=" });
            if rules.by_knowledge {
                condition += " and f.at >= h.created";
            }
            if let Some(ttl) = rules.ttl {
                condition += &format!(" and h.at >= f.at - interval '{ttl} microseconds'");
            }
            let sql = format!(
                "select f.row, f.at, h.created, h.value, h.word from frame f asof join history h
                 match_condition ({condition}) on f.key = h.key"
            );
            let answer = ask(&session, &sql).await.unwrap();
            prop_assert_eq!(answer.num_rows(), entities.len());
            let rows = answer.column(0).as_primitive::<Int64Type>();
            let times = answer.column(1).as_primitive::<TimestampMicrosecondType>();
            let values = answer.column(3).as_primitive::<Int64Type>();
            let words = answer.column(4).as_string::<i32>();
            let mut seen: Vec<i64> = rows.values().to_vec();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..entities.len() as i64).collect::<Vec<_>>());
            for at in 0..answer.num_rows() {
                let entity = &entities[rows.value(at) as usize];
                prop_assert_eq!(times.is_valid(at).then(|| times.value(at)), entity.at);
                let found = (
                    values.is_valid(at).then(|| values.value(at)),
                    words.is_valid(at).then(|| words.value(at).parse::<u8>().unwrap()),
                );
                prop_assert_eq!(found, expected(entity, &facts, rules), "{:?} {}", entity, sql);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn conditions_on_the_frame_come_before_the_join_and_others_after_it() {
    let session = session();
    session
        .sql("create table f(row bigint, k bigint, t bigint) as values (1, 1, 5), (2, 1, 9), (3, 2, 9)")
        .await
        .unwrap();
    session
        .sql("create table h(k bigint, t bigint, v bigint) as values (1, 4, 10), (1, 8, 20), (2, 1, null)")
        .await
        .unwrap();
    let join = "from f asof join h match_condition (f.t >= h.t) on f.k = h.k";
    for (sql, rows) in [
        (format!("select row, v {join} where f.row > 1 and v > 0"), 1),
        (format!("select row, v {join} where f.row > 1"), 2),
        (format!("select row, v {join} where f.row in (select row from f where t = 9)"), 2),
        (format!("select f.row, n.v {join} asof join h n match_condition (f.t > n.t) on f.k = n.k where f.row = 2"), 1),
        (format!("select count(*) {join} having count(h.v) = 2"), 1),
        // Columns in another order than that of the tables, and some of them twice.
        (format!("select h.v, f.row, h.t {join}"), 3),
        (format!("select h.t, h.v, f.t, f.row, h.v + 1 {join} order by h.v"), 3),
        ("select row, h.v from f asof join h match_condition (f.t >= h.t)".to_owned(), 3),
        // Nothing of one of the histories, or of both.
        (format!("select f.row, h.v {join} asof join h n match_condition (f.t > n.t) on f.k = n.k"), 3),
        (format!("select f.row, n.v {join} asof join h n match_condition (f.t > n.t) on f.k = n.k"), 3),
        (format!("select f.row {join} asof join h n match_condition (f.t > n.t) on f.k = n.k"), 3),
        (format!("select h.v {join}"), 3),
    ] {
        let answer = ask(&session, &sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(answer.num_rows(), rows, "{sql}");
    }
}

#[tokio::test]
async fn what_no_such_join_can_do_is_said() {
    let session = session();
    session.sql("create table f(k bigint, t timestamp, n bigint) as values (1, now(), 1)").await.unwrap();
    session.sql("create table h(k bigint, t timestamp, w text) as values (1, now(), 'a')").await.unwrap();
    let mut told = String::new();
    for (condition, on) in [
        ("f.t <= h.t", "f.k = h.k"),
        ("f.t = h.t", "f.k = h.k"),
        ("f.t >= h.w", "f.k = h.k"),
        ("f.t >= h.t", "f.k > h.k"),
        ("f.t >= h.t", "f.k = 1"),
        ("f.t >= h.t and h.t >= f.t - interval '1 month'", "f.k = h.k"),
        ("f.t >= h.t and h.t >= f.t - interval '-1 day'", "f.k = h.k"),
        ("f.t >= h.t and h.w = 'a'", "f.k = h.k"),
        ("f.n >= h.t", "f.k = h.k"),
    ] {
        let sql = format!("select 1 from f asof join h match_condition ({condition}) on {on}");
        let error = ask(&session, &sql).await.unwrap_err().strip_backtrace();
        told += &format!("{condition}; {on}\n  {error}\n");
    }
    expect_test::expect![[r#"
        f.t <= h.t; f.k = h.k
          Error during planning: an ASOF JOIN looks back: write `f.t >= h.t`; what comes later is not joined
        f.t = h.t; f.k = h.k
          Error during planning: `f.t = h.t` cannot stand in a MATCH_CONDITION: it says `a.time >= b.time` or `a.time > b.time`, then, if wanted, `a.time >= b.created` and `b.time >= a.time - INTERVAL '…'`
        f.t >= h.w; f.k = h.k
          Error during planning: an ASOF JOIN compares times, or whole numbers, and not Utf8View
        f.t >= h.t; f.k > h.k
          Error during planning: `f.k > h.k` cannot stand in the ON of an ASOF JOIN, which says what is equal
        f.t >= h.t; f.k = 1
          Error during planning: `f.k = Int64(1)` of an ASOF JOIN compares one side with the other
        f.t >= h.t and h.t >= f.t - interval '1 month'; f.k = h.k
          Error during planning: a time to live is an interval of days, hours, minutes or seconds
        f.t >= h.t and h.t >= f.t - interval '-1 day'; f.k = h.k
          Error during planning: a time to live is not less than nothing
        f.t >= h.t and h.w = 'a'; f.k = h.k
          Error during planning: `h.w = Utf8("a")` cannot stand in a MATCH_CONDITION: it says `a.time >= b.time` or `a.time > b.time`, then, if wanted, `a.time >= b.created` and `b.time >= a.time - INTERVAL '…'`
        f.n >= h.t; f.k = h.k
          Error during planning: an ASOF JOIN compares times with times, and numbers with numbers
    "#]].assert_eq(&told);
}
