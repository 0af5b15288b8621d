//! Statements made to end the process or to starve the others: each is refused with a code, through
//! each door, while a neighbour's query is answered.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use weft::Settings;
use weft::clock::SystemClock;
use weft_engine::Limits;
use weft_testkit::{Manifests, TestMesh, minimal_mesh};

use crate::asking::{Door, ask, ask_at};

const COUNT: &str = "select count(*) from sales.orders.lines";
const ROWS: usize = 50_000;
/// Far more than any refusal takes, and far less than any of the statements would run.
const PATIENCE: Duration = Duration::from_secs(60);

/// A table of [`ROWS`] rows, and queries that may run for two seconds.
async fn start() -> TestMesh {
    let manifests = large();
    let home = TempDir::new().unwrap();
    let mut settings = Settings::local(manifests.path().display().to_string(), home.path());
    settings.limits = Limits { running_max: Duration::from_secs(2), ..Limits::default() };
    let mesh = TestMesh::start_with(settings, home, std::sync::Arc::new(SystemClock)).await.unwrap();
    assert!(mesh.first.is_complete(), "{:?}", mesh.first);
    mesh
}

fn large() -> Manifests {
    let manifests = minimal_mesh();
    let rows: String = (1..=ROWS).map(|n| format!("{n},{}.25\n", n % 1_000)).collect();
    manifests.write("products/sales/orders/data/lines.csv", format!("order_id,amount\n{rows}"));
    manifests
}

fn joined(n: usize, item: &str, between: &str) -> String {
    vec![item; n].join(between)
}

/// What is asked, and with which codes it may be refused.
fn statements() -> Vec<(&'static str, String, &'static [&'static str])> {
    let lines = "sales.orders.lines";
    let numbers = (0..100_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let bounds: &[&str] = &["W0209"];
    vec![
        (
            "3,000 ANDs",
            format!("select count(*) from {lines} where {}", joined(3_001, "order_id > 0", " and ")),
            bounds,
        ),
        ("3,000 ORs", format!("select count(*) from {lines} where {}", joined(3_001, "order_id = 0", " or ")), bounds),
        ("5,000 UNION ALLs", joined(5_001, "select 1", " union all "), bounds),
        ("a sum of 10,000 terms", format!("select {}", joined(10_000, "1", " + ")), bounds),
        ("a text of 10,000 pieces", format!("select {}", joined(10_000, "'a'", " || ")), bounds),
        ("an IN list of 100,000", format!("select count(*) from {lines} where order_id in ({numbers})"), bounds),
        ("parentheses 10,000 deep", format!("select {}1{}", "(".repeat(10_000), ")".repeat(10_000)), bounds),
        ("NOTs 10,000 deep", format!("select {} true", "not ".repeat(10_000)), bounds),
        (
            "CASEs 2,000 deep",
            format!("select {}1{}", "case when true then ".repeat(2_000), " end".repeat(2_000)),
            &["W0201", "W0209"],
        ),
        ("a repeat of 1e10", "select repeat('x', 10000000000)".to_owned(), &["W0217"]),
        ("a repeat of each row", format!("select repeat('x', order_id * 1000000) from {lines}"), &["W0217"]),
        ("a long lpad", "select lpad('x', 2000000000)".to_owned(), &["W0217"]),
        ("a long series", "select count(*) from generate_series(1, 10000000000)".to_owned(), &["W0217"]),
        (
            "a cartesian join",
            format!("select sum(a.amount * b.amount + c.amount) from {lines} a, {lines} b, {lines} c"),
            &["W0210"],
        ),
        (
            "a cartesian join that is sorted",
            format!("select a.order_id from {lines} a, {lines} b order by a.amount * b.amount desc, b.order_id"),
            &["W0210", "W0211"],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_statements_are_refused_and_hurt_nobody() {
    let mesh = start().await;
    for (what, sql, codes) in statements() {
        for door in [Door::Statement, Door::Prepared, Door::RestJson, Door::RestArrow] {
            let begun = Instant::now();
            let refusal = tokio::time::timeout(PATIENCE, ask_at(door, &mesh, "ana", None, &sql)).await;
            let refusal = refusal.unwrap_or_else(|_| panic!("{what} is not answered at all"));
            let refusal = refusal.expect_err(what);
            let code = refusal.split(' ').next().unwrap_or_default();
            assert!(codes.contains(&code), "{what} through {door:?}: {refusal}");
            assert!(refusal.len() < 500, "{what}: a clear text is a short one: {refusal}");
            assert!(begun.elapsed() < PATIENCE, "{what} took {:?}", begun.elapsed());
        }
        assert_eq!(ask(&mesh, "ana", COUNT).await, Ok(ROWS.to_string()), "after {what}");
    }
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_is_answered_while_hostile_statements_run() {
    let mesh = start().await;
    let statements = statements();
    let hostile = futures::future::join_all(statements.iter().map(|(what, sql, codes)| {
        let mesh = &mesh;
        async move { (what, codes, ask(mesh, "ana", sql).await) }
    }));
    let neighbour = async {
        // As someone who has asked for nothing yet: another principal's queries take no place of theirs.
        let sql = "select count(*) from system.mesh.ports";
        for _ in 0..20 {
            let answer = tokio::time::timeout(PATIENCE, ask(&mesh, "nobody", sql)).await.expect("an answer");
            assert_eq!(answer.as_deref(), Ok("0"));
        }
    };
    let (answers, ()) = futures::join!(hostile, neighbour);
    for (what, codes, answer) in answers {
        let refusal = answer.expect_err(what);
        let code = refusal.split(' ').next().unwrap_or_default();
        // Many at once may also wait for their turn for too long.
        assert!(codes.contains(&code) || code == "W0210" || code == "W0216", "{what}: {refusal}");
    }
    assert_eq!(ask(&mesh, "ana", COUNT).await, Ok(ROWS.to_string()));
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_queries_than_one_may_have_are_refused_for_this_one_only() {
    let mesh = start().await;
    let slow = "select sum(a.amount * b.amount + c.amount) from sales.orders.lines a, sales.orders.lines b, sales.orders.lines c";
    let many = futures::future::join_all((0..40).map(|_| ask(&mesh, "ana", slow)));
    let (answers, other) = futures::join!(many, ask(&mesh, "nobody", "select 1"));
    assert_eq!(other.as_deref(), Ok("1"));
    let count = |code: &str| answers.iter().filter(|a| a.as_ref().is_err_and(|text| text.starts_with(code))).count();
    assert!(count("W0216 ") > 0, "{answers:?}");
    assert_eq!(count("W0216 ") + count("W0210 ") + count("W0211 "), answers.len(), "{answers:?}");
    assert_eq!(ask(&mesh, "ana", COUNT).await, Ok(ROWS.to_string()));
    mesh.stop().await;
}
