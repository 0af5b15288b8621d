use super::*;
use crate::dialect::Dialect;
use crate::sample::{clock, release};

async fn tables(catalog: &Catalog) -> Vec<String> {
    let mut reader = catalog.store().read().await.unwrap();
    assert_eq!(Dialect::of(&reader), Dialect::Sqlite);
    sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%'",
    )
    .fetch_all(&mut *reader)
    .await
    .unwrap()
}

#[tokio::test]
async fn every_table_is_copied_but_that_of_leases() {
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let mut there = tables(&catalog).await;
    there.retain(|name| name != "leases");
    let mut copied: Vec<_> = TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    there.sort();
    copied.sort();
    assert_eq!(copied, there);
}

#[tokio::test]
async fn what_is_copied_in_is_what_was_copied_out() {
    let folder = tempfile::tempdir().unwrap();
    let before = Catalog::open_in_memory(clock()).await.unwrap();
    before.publish(vec![release(1, &["fleet.aircraft.planes"], &[])]).await.unwrap();
    before.set_revision(&weft_model::Revision::new("r1")).await.unwrap();
    let out = before.copy_out(folder.path()).await.unwrap();
    assert_eq!(out.first(), Some(&CopiedTable { name: "releases".into(), rows: 1 }));

    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let after = Catalog::open(&path, clock()).await.unwrap();
    after.copy_in(folder.path(), &out).await.unwrap();
    assert!(matches!(after.copy_in(folder.path(), &out).await, Err(CatalogError::NotEmpty)));
    after.close().await;
    let after = Catalog::open(&path, clock()).await.unwrap();
    assert_eq!(*after.published(), *before.published());
    let again = tempfile::tempdir().unwrap();
    after.copy_out(again.path()).await.unwrap();
    for (table, _) in TABLES {
        let text = |folder: &Path| std::fs::read_to_string(file_of(folder, table)).unwrap();
        assert_eq!(text(again.path()), text(folder.path()), "{table}");
    }
}

#[tokio::test]
async fn a_copy_that_is_none_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(file_of(folder.path(), "settings"), "{\"name\":\"revision\",\"value\":\"r1\"}\n{\"na").unwrap();
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let said = |table: &str, rows| vec![CopiedTable { name: table.to_owned(), rows }];
    let corrupt = async |copied: Vec<CopiedTable>| match catalog.copy_in(folder.path(), &copied).await {
        Err(error @ CatalogError::Corrupt { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    corrupt(said("settings", 2)).await;
    std::fs::write(file_of(folder.path(), "settings"), "{\"name) --\":\"x\"}\n").unwrap();
    corrupt(said("settings", 1)).await;
    std::fs::write(file_of(folder.path(), "settings"), "{\"name\":\"revision\",\"value\":\"r1\"}\n").unwrap();
    let rows = corrupt(said("settings", 2)).await;
    assert!(rows.contains("1 rows of `settings` instead of 2"), "{rows}");
    let table = corrupt(said("of_tomorrow", 0)).await;
    assert!(table.contains("of_tomorrow"), "{table}");
    // A copy of a version that had fewer tables, and so fewer files.
    catalog.copy_in(folder.path(), &said("settings", 1)).await.unwrap();
}

#[tokio::test]
async fn a_catalog_of_a_later_version_is_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               VALUES (9999, 'of tomorrow', TRUE, x'00', 0)";
    sqlx::query(sql).execute(&mut *catalog.store().writer().await.unwrap()).await.unwrap();
    let refused = catalog.copy_out(folder.path()).await;
    assert!(matches!(refused, Err(CatalogError::Newer { .. })), "{refused:?}");
}
