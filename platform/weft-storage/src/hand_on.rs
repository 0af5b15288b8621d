//! What is kept in memory of one version of a table is kept of the next, before anybody asks for it.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::FieldRef;
use datafusion::datasource::listing::PartitionedFile;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;

use crate::kept_source::keep;
use crate::{StorageError, TableFile, TableVersion, Warehouse};

/// Files that are read at a time.
const FILES: usize = 8;

impl Warehouse {
    /// Keeps in memory of version `next` of a table what is kept of `before` and was asked for there: whoever asks for it
    /// again finds it, however the store fares by then. Of the files that are new these columns are read, as long as there
    /// is room, and no rows are given to anybody. May be dropped at any time; what was read until then is kept.
    ///
    /// # Errors
    ///
    /// Trouble with the store.
    pub async fn hand_on(&self, location: &str, before: u64, next: u64) -> Result<(), StorageError> {
        let Some(before) = self.known_version(location, before).await else { return Ok(()) };
        let places = self.kept.columns_of(&before.files.iter().map(|file| &file.path).collect());
        if places.is_empty() {
            return Ok(());
        }
        let next = self.table(location, next).await?;
        let columns = places_in(&next, places.into_iter().filter_map(|place| before.schema.fields().get(place)));
        let fresh = next.files_besides(&before).into_iter().filter(|file| !self.kept.holds(&file.path, &columns));
        let read = |file: TableFile| {
            let part = PartitionedFile::new(file.path.to_string(), file.bytes);
            keep(&self.kept, Arc::clone(&self.root), &next.schema, part, columns.clone())
        };
        let read = stream::iter(fresh.map(read)).buffer_unordered(FILES).try_collect::<()>().await;
        read.map_err(|source| StorageError::Rows { source: Box::new(source) })
    }

    /// Forgets what is kept of the files that version `before` of a table has and `next` has not: few will ask for it any
    /// more, and others want the room.
    pub async fn let_go(&self, location: &str, before: u64, next: u64) {
        if let (Some(before), Some(next)) =
            (self.known_version(location, before).await, self.known_version(location, next).await)
        {
            let gone = before.files_besides(&next);
            self.kept.forget_files(&gone.iter().map(|file| &file.path).collect::<HashSet<&Path>>());
        }
    }

    /// A version of a table that was opened before; none where nothing is kept in memory at all.
    async fn known_version(&self, location: &str, version: u64) -> Option<Arc<TableVersion>> {
        if !self.kept.keeps() {
            return None;
        }
        self.versions.get(&(location.to_owned(), version)).await
    }
}

/// The places in `table` of these columns, in order.
fn places_in<'a>(table: &TableVersion, columns: impl Iterator<Item = &'a FieldRef>) -> Vec<usize> {
    let mut places: Vec<usize> = columns.filter_map(|column| table.schema.index_of(column.name()).ok()).collect();
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use datafusion::error::DataFusionError;
    use datafusion::physical_plan::collect;
    use datafusion::prelude::SessionContext;
    use object_store::memory::InMemory;
    use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::scan;

    /// A warehouse that keeps as much, and what it lies in.
    fn warehouse(kept_bytes: u64) -> (Warehouse, Arc<InMemory>) {
        let store = Arc::new(InMemory::new());
        let over = Warehouse::over(Arc::clone(&store) as Arc<dyn ObjectStore>, "memory:///mesh").unwrap();
        (over.with_kept_bytes(kept_bytes), store)
    }

    const ROWS: i64 = 10_000;

    /// Makes a version of the table `t` that has these columns, and a file of its own for each of `names`.
    async fn put(warehouse: &Warehouse, store: &InMemory, version: u64, columns: &[&str], names: &[&str]) {
        let values = |column: &&str| (column.to_string(), Arc::new((0..ROWS).collect::<Int64Array>()) as ArrayRef);
        let rows = RecordBatch::try_from_iter(columns.iter().map(values)).unwrap();
        let mut files = Vec::new();
        for name in names {
            let mut bytes = Vec::new();
            let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), None).unwrap();
            writer.write(&rows).unwrap();
            writer.close().unwrap();
            let (path, size) = (warehouse.path(&format!("t/{name}.parquet")), bytes.len() as u64);
            store.put(&path, PutPayload::from(bytes)).await.unwrap();
            files.push(TableFile { path, bytes: size, rows: Some(ROWS as u64), statistics: None });
        }
        let table = TableVersion::new("t".to_owned(), version, rows.schema(), files).keeping(&warehouse.kept);
        warehouse.versions.insert(("t".to_owned(), version), Arc::new(table)).await;
    }

    /// The rows in a column of a version.
    async fn read(warehouse: &Warehouse, version: u64, column: usize) -> Result<i64, DataFusionError> {
        read_of(warehouse, warehouse.table("t", version).await.unwrap(), column).await
    }

    async fn read_of(warehouse: &Warehouse, table: Arc<TableVersion>, column: usize) -> Result<i64, DataFusionError> {
        let context = SessionContext::new();
        warehouse.register_in(context.runtime_env().object_store_registry.as_ref());
        let plan = scan(table).scan(&context.state(), Some(&vec![column]), &[], None).await?;
        Ok(collect(plan, context.task_ctx()).await?.iter().map(|batch| batch.num_rows() as i64).sum())
    }

    async fn lose(warehouse: &Warehouse, store: &InMemory, names: &[&str]) {
        for name in names {
            store.delete(&warehouse.path(&format!("t/{name}.parquet"))).await.unwrap();
        }
    }

    /// Bytes of a column of one file as they are kept.
    async fn column_bytes() -> u64 {
        let (warehouse, store) = warehouse(1 << 20);
        put(&warehouse, &store, 1, &["id"], &["a"]).await;
        read(&warehouse, 1, 0).await.unwrap();
        warehouse.kept.bytes()
    }

    #[tokio::test]
    async fn columns_that_were_asked_for_are_in_memory_when_the_next_version_comes_wherever_they_lie_in_it() {
        let (warehouse, store) = warehouse(1 << 20);
        put(&warehouse, &store, 1, &["id", "other"], &["a", "b"]).await;
        put(&warehouse, &store, 2, &["new", "id", "other"], &["c", "d"]).await;
        assert_eq!(read(&warehouse, 1, 0).await.unwrap(), 2 * ROWS);
        warehouse.hand_on("t", 1, 2).await.unwrap();
        lose(&warehouse, &store, &["a", "b", "c", "d"]).await;
        assert_eq!(read(&warehouse, 2, 1).await.unwrap(), 2 * ROWS);
        for place in [0, 2] {
            assert!(read(&warehouse, 2, place).await.is_err(), "nobody asked for it");
        }
    }

    #[tokio::test]
    async fn what_nobody_asked_for_since_is_handed_on_once() {
        let (warehouse, store) = warehouse(1 << 20);
        for (version, name) in [(1, "a"), (2, "b"), (3, "c")] {
            put(&warehouse, &store, version, &["id"], &[name]).await;
        }
        read(&warehouse, 1, 0).await.unwrap();
        warehouse.hand_on("t", 1, 2).await.unwrap();
        warehouse.hand_on("t", 2, 3).await.unwrap();
        lose(&warehouse, &store, &["b", "c"]).await;
        assert!(read(&warehouse, 3, 0).await.is_err());
        assert_eq!(read(&warehouse, 2, 0).await.unwrap(), ROWS);
    }

    #[tokio::test]
    async fn versions_follow_each_other_in_the_room_of_a_few() {
        let (warehouse, store) = warehouse(3 * column_bytes().await);
        put(&warehouse, &store, 1, &["id"], &["1"]).await;
        read(&warehouse, 1, 0).await.unwrap();
        for version in 1..20 {
            let next = version + 1;
            put(&warehouse, &store, next, &["id"], &[&next.to_string()]).await;
            warehouse.hand_on("t", version, next).await.unwrap();
            warehouse.let_go("t", version, next).await;
            lose(&warehouse, &store, &[&next.to_string()]).await;
            assert_eq!(read(&warehouse, next, 0).await.unwrap(), ROWS, "version {next}");
        }
    }

    #[tokio::test]
    async fn nothing_is_kept_of_versions_of_the_past() {
        let (warehouse, store) = warehouse(1 << 20);
        put(&warehouse, &store, 1, &["id"], &["a"]).await;
        for _ in 0..3 {
            let past = warehouse.past_table("t", 1).await.unwrap();
            assert_eq!(read_of(&warehouse, past, 0).await.unwrap(), ROWS);
        }
        assert_eq!(warehouse.kept.bytes(), 0);
        read(&warehouse, 1, 0).await.unwrap();
        assert!(warehouse.kept.bytes() > 0);
    }

    #[tokio::test]
    async fn nothing_is_read_where_there_is_no_room_for_it() {
        let (warehouse, store) = warehouse(column_bytes().await * 33 / 32);
        put(&warehouse, &store, 1, &["id"], &["a"]).await;
        put(&warehouse, &store, 2, &["id"], &["b"]).await;
        read(&warehouse, 1, 0).await.unwrap();
        lose(&warehouse, &store, &["a", "b"]).await;
        warehouse.hand_on("t", 1, 2).await.unwrap();
        assert_eq!(read(&warehouse, 1, 0).await.unwrap(), ROWS, "it is kept still");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_told_and_a_version_that_nobody_opened_asks_for_nothing() {
        let (warehouse, store) = warehouse(1 << 20);
        warehouse.hand_on("t", 1, 2).await.unwrap();
        put(&warehouse, &store, 1, &["id"], &["a"]).await;
        put(&warehouse, &store, 2, &["id"], &["b"]).await;
        lose(&warehouse, &store, &["b"]).await;
        warehouse.hand_on("t", 1, 2).await.unwrap();
        read(&warehouse, 1, 0).await.unwrap();
        assert!(warehouse.hand_on("t", 1, 2).await.is_err());
    }
}
