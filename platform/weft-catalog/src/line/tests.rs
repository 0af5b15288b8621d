//! Lines to files, as a database that somebody else holds and as one whose connections are lost.

use std::path::Path;
use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::*;

fn options(path: &Path) -> (AnyPoolOptions, AnyConnectOptions) {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let pool = AnyPoolOptions::new().max_connections(1).after_connect(|connection, _| {
        Box::pin(async move { sqlx::raw_sql("PRAGMA busy_timeout = 1").execute(connection).await.map(drop) })
    });
    (pool, AnyConnectOptions::from_str(&url).unwrap())
}

async fn written(line: &Line) -> Result<(), CatalogError> {
    let (mut connection, place) = line.connection("write").await?;
    let begun = connection.begin_with("BEGIN IMMEDIATE").await;
    line.noted(&place, begun).doing("write").map(drop)
}

#[tokio::test]
async fn a_file_that_somebody_else_holds_is_left_alone_until_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let (pool, connects) = options(&path);
    let line = Line::over("test", pool.connect_with(connects).await.unwrap(), "BEGIN IMMEDIATE");
    written(&line).await.unwrap();

    let mut other: SqliteConnection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    assert!(matches!(written(&line).await, Err(CatalogError::Database { .. })));
    for _ in 0..100 {
        let refused = written(&line).await.unwrap_err();
        assert_eq!(refused.to_string(), "the database of the catalog does not answer; it is asked again each second");
    }
    other.close().await.unwrap();
    while written(&line).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_waits_for_connections_that_are_lost_hears_of_it_and_others_take_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let (pool, connects) = options(&folder.path().join("catalog.db"));
    let line = Line::lazy("test", pool, connects, "BEGIN");
    let lost = line.connection("hang").await.unwrap();
    let waiting = line.connection("wait");
    tokio::pin!(waiting);
    assert!(futures::poll!(&mut waiting).is_pending(), "there is one connection");
    line.note_failure(&"nothing comes back from it");
    assert!(matches!(waiting.await, Err(CatalogError::Away)));
    while written(&line).await.is_err() {
        tokio::task::yield_now().await;
    }
    drop(lost);
    written(&line).await.unwrap();
}
