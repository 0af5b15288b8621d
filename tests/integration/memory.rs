//! What a query may hold in memory, and what happens to those that need more.

use tempfile::TempDir;
use weft::Settings;
use weft::clock::SystemClock;
use weft_engine::Limits;
use weft_testkit::{TestMesh, minimal_mesh};

use crate::asking::ask;

/// A mesh whose queries may hold so much.
async fn within(memory_bytes_max: usize) -> TestMesh {
    let (manifests, home) = (minimal_mesh(), TempDir::new().unwrap());
    let mut settings = Settings::local(manifests.path().display().to_string(), home.path());
    settings.limits = Limits { memory_bytes_max, ..Limits::default() };
    TestMesh::start_with(settings, home, std::sync::Arc::new(SystemClock)).await.unwrap()
}

/// Texts of which one side of the join alone is more than the query may hold.
const JOIN: &str = "with texts as (select repeat('x', 60) || value::text as k from generate_series(1, 2000000)) \
    select count(*) from texts a join texts b on a.k = b.k";

#[tokio::test]
async fn a_join_that_is_larger_than_memory_spills() {
    let mesh = within(128 << 20).await;
    assert_eq!(ask(&mesh, "ana", JOIN).await.as_deref(), Ok("2000000"));
    mesh.stop().await;
}

#[tokio::test]
async fn groups_and_sorts_that_are_larger_than_memory_spill() {
    let mesh = within(128 << 20).await;
    let groups = "select count(*) from (select repeat('x', 60) || value::text as k, count(*) from \
        generate_series(1, 2000000) group by 1)";
    assert_eq!(ask(&mesh, "ana", groups).await.as_deref(), Ok("2000000"));
    let sorted = "select max(n) from (select row_number() over (order by repeat('x', 60) || value::text desc) as n \
        from generate_series(1, 2000000))";
    assert_eq!(ask(&mesh, "ana", sorted).await.as_deref(), Ok("2000000"));
    mesh.stop().await;
}

#[tokio::test]
async fn what_cannot_spill_is_refused_by_name_and_the_next_query_is_answered() {
    let mesh = within(32 << 20).await;
    let lists = "select cardinality(array_agg(repeat('x', 60) || value::text)) from generate_series(1, 1000000)";
    let refused = ask(&mesh, "ana", lists).await.unwrap_err();
    assert!(refused.starts_with("W0211"), "{refused}");
    assert_eq!(ask(&mesh, "ana", "select 1").await.as_deref(), Ok("1"));
    mesh.stop().await;
}
