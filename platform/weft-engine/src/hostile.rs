//! Queries made to break the process: each is a clear error, and soon.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::util::pretty::pretty_format_batches;
use datafusion::execution::SessionState;
use datafusion::physical_plan::{ExecutionPlan, collect};

use crate::admission::Admission;
use crate::engine::base_state;
use crate::planning::PlannerThreads;
use crate::{Limits, QueryError, statement};

/// Plans on a planner's thread, as a session does, over no tables.
async fn plan(sql: String, limits: Limits) -> Result<(SessionState, Arc<dyn ExecutionPlan>), QueryError> {
    let admitted = Admission::default().admit("user:mallory").unwrap();
    let bounds = limits.clone();
    let work = async move {
        let mut state = base_state();
        state.mark_start_execution();
        let query = statement::parse_asked(&sql, &bounds, &())?;
        let plan = statement::logical_plan(&state, query).await?;
        let physical = statement::physical_plan(&mut state, &plan, &bounds).await?;
        Ok((state, physical))
    };
    PlannerThreads::new(1).run(&admitted, limits.planning_max, work).await
}

async fn answer(sql: &str) -> Result<String, QueryError> {
    let (state, plan) = plan(sql.to_owned(), Limits::default()).await?;
    let rows = collect(plan, state.task_ctx()).await.map_err(|error| QueryError::from_running(&error, 1))?;
    Ok(pretty_format_batches(&rows).unwrap().to_string())
}

/// The code of the error, which must come within seconds.
async fn refused(sql: &str) -> &'static str {
    let began = Instant::now();
    let shown: String = sql.chars().take(120).collect();
    let code = match answer(sql).await {
        Ok(rows) => panic!("{shown}: answered {} bytes", rows.len()),
        Err(error) => error.code().as_str(),
    };
    assert!(began.elapsed() < Duration::from_secs(10), "{shown}: took {:?}", began.elapsed());
    code
}

#[tokio::test]
async fn what_is_too_large_to_be_parsed_is_told_so() {
    let list = (0..100_000).map(|i| (i % 10).to_string()).collect::<Vec<_>>().join(",");
    let list_within_tokens = vec!["1"; 55_000].join(",");
    let columns = (0..12).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",");
    for sql in [
        format!("select 1 where true{}", " and true".repeat(3_000)),
        "select 1 union all ".repeat(5_000) + "select 1",
        format!("select 1{}", " + 1".repeat(10_000)),
        format!("select 1 where 1 in ({list})"),
        format!("select 1 where 1 in ({list_within_tokens})"),
        format!("select {}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("select {}true", "not ".repeat(10_000)),
        format!("select {}1{}", "abs(".repeat(100), ")".repeat(100)),
        format!("select 1 group by cube ({columns})"),
        format!("select 1 group by rollup ({columns}), rollup ({columns})"),
        format!("select 1 from {}", vec!["generate_series(1, 2)"; 200].join(" cross join ")),
        format!("select * from t match_recognize (pattern {}a{})", "(".repeat(20_000), ")".repeat(20_000)),
        format!("select {}'1 day'", "interval ".repeat(20_000)),
        format!("select cast(1 as {}int{})", "array<".repeat(10_000), ">".repeat(10_000)),
        "explain ".repeat(30_000),
        "select 1 ".repeat(40_000),
    ] {
        assert_eq!(refused(&sql).await, "W0209", "{}", sql.chars().take(60).collect::<String>());
    }
}

#[tokio::test]
async fn what_multiplies_in_planning_is_told_so() {
    let chain = |first: &str, step: &str, last: &str| {
        let steps: Vec<String> =
            (1..60).map(|i| format!("a{i} as ({})", step.replace("{}", &format!("a{}", i - 1)))).collect();
        format!("with a0 as ({first}), {} {}", steps.join(", "), last.replace("{}", "a59"))
    };
    for sql in [
        chain("select 1 as x", "select {}.x from {}, {} as other", "select count(*) from {}"),
        chain("select 1 as x", "select x from {} union all select x from {}", "select * from {}"),
        chain(
            "select value as x from generate_series(1, 3)",
            "select x + x as x from {}",
            "select * from {} where x > 1",
        ),
        chain("select 1 as x", "select struct(x, x) as x from {}", "select * from {}"),
        chain("select 'a' as x", "select x || x as x from {}", "select * from {}"),
    ] {
        assert_eq!(refused(&sql).await, "W0209", "{sql}");
    }
}

#[tokio::test]
async fn what_would_make_a_huge_value_is_told_so() {
    for sql in [
        "select repeat('x', 10000000000)",
        "select repeat('x', cast(1e10 as bigint))",
        "select length(repeat('x', 2000000))",
        "select repeat(repeat('x', 1000), 2000)",
        "select repeat('x', value * 1000000) from generate_series(1, 3)",
        "select count(*) from generate_series(1, 8192) where repeat(value::text, 200000) = 'a'",
        "select lpad('x', 10000000000)",
        "select rpad('x', 2000000000, 'é')",
        "select array_repeat(1, 10000000000)",
        "select array_repeat(array_repeat(1, 100000), 100000)",
        "select array_resize([1], 1000000000)",
        "select range(0, 10000000000)",
        "select generate_series(0, 200000)",
        "select range(timestamp '2000-01-01', timestamp '2020-01-01', interval '1 nanosecond')",
        "select range(date '2000-01-01', date '2020-01-01', interval '1 month -30 days')",
        "select * from generate_series(1, 100000000000)",
        "select replace(repeat('x', 100000), 'x', repeat('y', 100000))",
        "select regexp_replace(repeat('x', 100000), 'x', repeat('y', 100000), 'g')",
        "select concat(repeat('x', 1000000), repeat('x', 1000000))",
        "select concat_ws(repeat('x', 1000000), 'a', 'b', 'c')",
        "select repeat('x', 1000000) || repeat('x', 1000000)",
        "select array_concat(array_repeat(1, 80000), array_repeat(1, 80000))",
        "select array_repeat(1, 80000) || array_repeat(1, 80000)",
        "select array_to_string(array_repeat(1, 80000), repeat('x', 1000))",
        "select [repeat('x', 1000000), repeat('x', 1000000)]",
        "select overlay(repeat('x', 1000000) placing repeat('y', 1000000) from 1)",
        "select arrow_cast(null, 'FixedSizeBinary(2147483647)')",
        "select arrow_cast(null, 'FixedSizeList(1000000000, Int64)')",
        "select cast(null as bigint[1000000000])",
        "select try_cast(null as bigint[4000][4000])",
        "select levenshtein(repeat('a', 1000000), repeat('b', 1000000))",
        "select regexp_like('a', '(((a{100}){100}){100})')",
        "select regexp_count('a', repeat('a', 2000))",
        "select count(*) from generate_series(1, 100) where regexp_like('a', 'a' || value)",
        "select to_char(now(), repeat('%c', 1000))",
        "with recursive t as (select 'x' as s union all select s || s from t) select max(length(s)) from t",
        "with recursive t as (select [1] as s union all select array_concat(s, s) from t) select count(*) from t",
    ] {
        assert_eq!(refused(sql).await, "W0217", "{sql}");
    }
}

#[tokio::test]
async fn what_is_not_on_offer_is_told_so() {
    for sql in ["select version()", "select input_file_name()", "select array_transform([1], x -> x)"] {
        assert_eq!(refused(sql).await, "W0215", "{sql}");
    }
    assert_eq!(refused("select * from read_csv('/etc/passwd')").await, "W0204");
}

#[tokio::test]
async fn deep_nesting_of_any_kind_takes_no_time_to_be_refused_or_parsed() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("case when (", "true", ") then 1 end = 1"),
        ("(select ", "1", ")"),
        ("[", "1", "]"),
        ("{'a': ", "1", "}"),
        ("cast(", "1", " as int)"),
        ("not (", "true", ")"),
        ("- (", "1", ")"),
        ("interval (", "'1 day'", ")"),
        ("1 in (", "1", ")"),
        ("exists (select ", "1", ")"),
        ("extract(year from ", "now()", ")"),
        ("(1, ", "1", ")"),
        ("abs(", "1", ")"),
        ("map {1: ", "1", "}"),
        ("struct(", "1", ")"),
        ("date (", "1", ")"),
        ("int (", "1", ")"),
    ] {
        for deep in [10, 20, 40, 49] {
            for around in ["select {}", "select * from (select {})", "select * from {}", "explain select {}"] {
                let sql = around.replace("{}", &format!("{}{inner}{}", open.repeat(deep), close.repeat(deep)));
                let began = Instant::now();
                // Whether it is a query is not the point.
                let _ = answer(&sql).await;
                assert!(began.elapsed() < Duration::from_secs(4), "{sql}: {:?}", began.elapsed());
            }
        }
    }
}

const ENDLESS: [&str; 6] = [
    "select count(*) from generate_series(1, 1000000) a, generate_series(1, 10000000) b",
    "select count(*) from generate_series(1, 1000000) a join generate_series(1, 1000000) b on a.value + b.value < 0",
    "select count(*) from generate_series(1, 1000000) a join generate_series(1, 1000000) b on a.value % 2 = b.value % 2",
    "select a.value from generate_series(1, 1000000) a join generate_series(1, 1000000) b \
     on a.value % 2 = b.value % 2 and a.value + b.value < 0",
    "with recursive t as (select 1 as n union all select n + 1 from t) select count(*) from t",
    "select sum(x) from (select unnest(range(0, 100000)) as x from generate_series(1, 10000000))",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_would_run_for_ever_ends_at_its_deadline() {
    let limits = Limits { running_max: Duration::from_secs(1), ..Limits::default() };
    for sql in ENDLESS {
        let (state, plan) = plan(sql.to_owned(), limits.clone()).await.unwrap();
        let began = Instant::now();
        let running = tokio::spawn(collect(plan, state.task_ctx()));
        let stop = running.abort_handle();
        // A neighbour on the same and only thread.
        let neighbour = tokio::time::timeout(Duration::from_secs(30), answer("select 1 as one")).await;
        assert!(matches!(neighbour, Ok(Ok(_))), "{sql}: a neighbour waits");
        assert!(began.elapsed() < Duration::from_secs(8), "{sql}: a neighbour waited {:?}", began.elapsed());
        tokio::time::sleep(limits.running_max.saturating_sub(began.elapsed())).await;
        stop.abort();
        assert!(!matches!(running.await, Ok(Ok(_))), "{sql} ended by itself");
        assert!(began.elapsed() < Duration::from_secs(12), "{sql}: took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn ordinary_calls_answer_what_they_always_did() {
    for (sql, expected) in [
        ("select repeat('ab', 2), lpad('x', 3, '-'), rpad('x', 3), concat('a', null, 'b')", "abab|--x|x  |ab"),
        ("select 'a' || 'b' || 1, 'a' || null, concat_ws('-', 'a', 'b')", "ab1||a-b"),
        (
            "select [1, 2] || [3], array_repeat('x', 2), range(1, 4), array_to_string([1, 2], '-')",
            "[1, 2, 3]|[x, x]|[1, 2, 3]|1-2",
        ),
        ("select replace('banana', 'an', 'xyz'), regexp_replace('banana', '(a)n', '<\\1>', 'g')", "bxyzxyza|b<a><a>a"),
        ("select overlay('abcd' placing 'XX' from 2), levenshtein('a', 'b'), encode('a', 'hex')", "aXXd|1|61"),
        (
            "select arrow_cast(1, 'Int8'), cast('2020-02-03' as date), to_char(date '2020-02-03', '%Y')",
            "1|2020-02-03|2020",
        ),
        ("select sum(value), string_agg(value::text, ',') from generate_series(1, 3)", "6|1,2,3"),
        ("select regexp_like('abc', '^a'), 'abc' ~ 'b', regexp_count('aa', 'a')", "true|true|2"),
    ] {
        let answer = answer(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let row = answer.lines().nth(3).unwrap();
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.join("|"), expected.replace("x  |", "x|"), "{sql}\n{answer}");
    }
    let names =
        answer("select 'a' || 'b', concat('a'), [1] || [2] from generate_series(1, 1) where value || 'x' = '1x'");
    assert!(names.await.unwrap().contains("Utf8(\"a\") || Utf8(\"b\")"));
}
