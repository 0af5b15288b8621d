//! What a principal may not see is not there, and nobody changes anything through SQL.

use weft_testkit::{TestMesh, minimal_mesh};

use crate::asking::ask;

#[tokio::test]
async fn a_table_that_may_not_be_discovered_is_told_like_one_that_is_not_there() {
    let mesh = TestMesh::start(minimal_mesh().path()).await;
    let existing = ask(&mesh, "nobody", "select * from sales.orders.lines").await.unwrap_err();
    let unknown = ask(&mesh, "nobody", "select * from sales.orders.absent").await.unwrap_err();
    assert_eq!(existing.replace("lines", "absent"), unknown);
    assert!(existing.starts_with("W0202 "), "{existing}");

    // Nor does a column, a function or a second table in the query tell the two apart.
    for query in ["select amount from sales.orders.{}", "select 1 where exists (select 1 from sales.orders.{})"] {
        let existing = ask(&mesh, "nobody", &query.replace("{}", "lines")).await.unwrap_err();
        let unknown = ask(&mesh, "nobody", &query.replace("{}", "absent")).await.unwrap_err();
        assert_eq!(existing.replace("lines", "absent"), unknown);
    }
    mesh.stop().await;
}

#[tokio::test]
async fn the_catalog_shows_nothing_to_who_has_no_rights() {
    let mesh = TestMesh::start(minimal_mesh().path()).await;
    for table in ["products", "ports", "columns", "releases", "runs", "checks", "lineage", "domains"] {
        let count = format!("select count(*) from system.mesh.{table}");
        assert_eq!(ask(&mesh, "nobody", &count).await.unwrap(), "0", "{table}");
    }
    assert_eq!(ask(&mesh, "ana", "select port from system.mesh.ports").await.unwrap(), "lines");
    mesh.stop().await;
}

#[tokio::test]
async fn a_statement_that_writes_is_refused_and_changes_nothing() {
    let mesh = TestMesh::start(minimal_mesh().path()).await;
    for statement in [
        "insert into sales.orders.lines values (4, 1.00)",
        "update sales.orders.lines set amount = 0",
        "delete from sales.orders.lines",
        "drop table sales.orders.lines",
        "create table sales.orders.more as select 1",
        "create external table more stored as csv location '/etc/passwd'",
        "copy sales.orders.lines to '/tmp/lines.csv'",
        "truncate table sales.orders.lines",
        "select 1; drop table sales.orders.lines",
    ] {
        let refusal = ask(&mesh, "ana", statement).await.unwrap_err();
        assert!(refusal.starts_with("W0204 ") || refusal.starts_with("W0201 "), "{statement}: {refusal}");
    }
    assert_eq!(ask(&mesh, "ana", "select count(*) from sales.orders.lines").await.unwrap(), "3");
    mesh.stop().await;
}

#[tokio::test]
async fn no_file_is_a_table() {
    let mesh = TestMesh::start(minimal_mesh().path()).await;
    for table in ["'/etc/passwd'", "\"/etc/passwd\"", "read_csv('/etc/passwd')", "\"file:///etc/passwd\""] {
        assert!(ask(&mesh, "ana", &format!("select * from {table}")).await.is_err(), "{table}");
    }
    mesh.stop().await;
}
