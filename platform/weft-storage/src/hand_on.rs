//! What is kept in memory of one version of a table is kept of the next, before anybody asks for it.

use std::sync::Arc;

use datafusion::datasource::listing::PartitionedFile;

use crate::kept_source::keep;
use crate::{StorageError, TableFile, TableVersion, Warehouse};

impl Warehouse {
    /// Keeps in memory of version `next` of a table what is kept of `before`: whoever read that finds this there too,
    /// however the store fares by then. Reads, of the files that are new, the columns that were read of the others, as
    /// long as there is room, and gives no rows to anybody. Does nothing where `before` was not read of late.
    ///
    /// # Errors
    ///
    /// Trouble with the store. What was read until then is kept.
    pub async fn hand_on(&self, location: &str, before: u64, next: u64) -> Result<(), StorageError> {
        let Some(before) = self.versions.get(&(location.to_owned(), before)).await else { return Ok(()) };
        let next = self.table(location, next).await?;
        let columns = self.kept_columns(&before, &next);
        if columns.is_empty() {
            return Ok(());
        }
        let is_there = |file: &TableFile| columns.iter().all(|column| self.kept.holds(&file.path, *column));
        for file in next.files_besides(&before).into_iter().filter(|file| !is_there(file)) {
            if !self.kept.has_room() {
                break;
            }
            let (store, part) = (Arc::clone(&self.root), PartitionedFile::new(file.path.to_string(), file.bytes));
            let read = keep(&self.kept, store, &next.schema, part, columns.clone()).await;
            read.map_err(|source| StorageError::Rows { source: Box::new(source) })?;
        }
        Ok(())
    }

    /// The places in `next` of the columns of which anything is kept in `before`.
    fn kept_columns(&self, before: &TableVersion, next: &TableVersion) -> Vec<usize> {
        let is_kept = |name: &str| {
            let place = before.schema.index_of(name).ok();
            place.is_some_and(|place| before.files.iter().any(|file| self.kept.holds(&file.path, place)))
        };
        let fields = next.schema.fields().iter().enumerate();
        fields.filter(|(_, field)| is_kept(field.name())).map(|(place, _)| place).collect()
    }
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

    /// Makes a version of the table `t` that has a file for each of `names`, with the columns `id` and `other`.
    async fn put(warehouse: &Warehouse, store: &InMemory, version: u64, names: &[&str]) {
        let ids = Arc::new((0..100).collect::<Int64Array>()) as ArrayRef;
        let rows = RecordBatch::try_from_iter([("id", Arc::clone(&ids)), ("other", ids)]).unwrap();
        let mut files = Vec::new();
        for name in names {
            let mut bytes = Vec::new();
            let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), None).unwrap();
            writer.write(&rows).unwrap();
            writer.close().unwrap();
            let (path, size) = (warehouse.path(&format!("t/{name}.parquet")), bytes.len() as u64);
            store.put(&path, PutPayload::from(bytes)).await.unwrap();
            files.push(TableFile { path, bytes: size, rows: Some(100), statistics: None });
        }
        let table = TableVersion::new("t".to_owned(), version, rows.schema(), files).keeping(&warehouse.kept);
        warehouse.versions.insert(("t".to_owned(), version), Arc::new(table)).await;
    }

    /// The rows in a column of a version.
    async fn read(warehouse: &Warehouse, version: u64, column: usize) -> Result<usize, DataFusionError> {
        let context = SessionContext::new();
        warehouse.register_in(context.runtime_env().object_store_registry.as_ref());
        let table = scan(warehouse.table("t", version).await.unwrap());
        let plan = table.scan(&context.state(), Some(&vec![column]), &[], None).await?;
        Ok(collect(plan, context.task_ctx()).await?.iter().map(RecordBatch::num_rows).sum())
    }

    async fn lose(store: &InMemory, warehouse: &Warehouse, names: &[&str]) {
        for name in names {
            store.delete(&warehouse.path(&format!("t/{name}.parquet"))).await.unwrap();
        }
    }

    #[tokio::test]
    async fn columns_that_were_read_are_in_memory_when_the_next_version_comes() {
        let (warehouse, store) = warehouse(1 << 20);
        put(&warehouse, &store, 1, &["a", "b"]).await;
        put(&warehouse, &store, 2, &["b", "c"]).await;
        assert_eq!(read(&warehouse, 1, 0).await.unwrap(), 200);
        warehouse.hand_on("t", 1, 2).await.unwrap();
        lose(&store, &warehouse, &["a", "b", "c"]).await;
        assert_eq!(read(&warehouse, 2, 0).await.unwrap(), 200);
        assert!(read(&warehouse, 2, 1).await.is_err(), "nobody read the other column");
    }

    #[tokio::test]
    async fn nothing_is_read_of_what_nobody_reads_or_where_nothing_is_kept() {
        for (kept_bytes, is_read) in [(1 << 20, false), (0, true)] {
            let (warehouse, store) = warehouse(kept_bytes);
            put(&warehouse, &store, 1, &["a"]).await;
            put(&warehouse, &store, 2, &["b"]).await;
            if is_read {
                read(&warehouse, 1, 0).await.unwrap();
            }
            lose(&store, &warehouse, &["b"]).await;
            warehouse.hand_on("t", 1, 2).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_told_and_a_version_that_nobody_opened_asks_for_nothing() {
        let (warehouse, store) = warehouse(1 << 20);
        warehouse.hand_on("t", 1, 2).await.unwrap();
        put(&warehouse, &store, 1, &["a"]).await;
        put(&warehouse, &store, 2, &["b"]).await;
        read(&warehouse, 1, 0).await.unwrap();
        lose(&store, &warehouse, &["b"]).await;
        assert!(warehouse.hand_on("t", 1, 2).await.is_err());
    }
}
