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
    assert_eq!(after.copy_in(folder.path()).await.unwrap(), out);
    assert!(matches!(after.copy_in(folder.path()).await, Err(CatalogError::NotEmpty)));
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
    let error = catalog.copy_in(folder.path()).await.unwrap_err();
    assert!(matches!(error, CatalogError::Corrupt { .. }), "{error}");
    std::fs::write(file_of(folder.path(), "settings"), "{\"name) --\":\"x\"}\n").unwrap();
    assert!(matches!(catalog.copy_in(folder.path()).await, Err(CatalogError::Corrupt { .. })));
    assert!(catalog.is_empty().await.unwrap());
}
