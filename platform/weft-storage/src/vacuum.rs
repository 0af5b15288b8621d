//! Files that no version needs any more, and what becomes of them.

use std::collections::{BTreeSet, HashSet};
use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};

use crate::{StorageError, Warehouse};

/// What a vacuum took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vacuumed {
    pub files: u64,
    pub bytes: u64,
}

impl AddAssign for Vacuumed {
    fn add_assign(&mut self, other: Vacuumed) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

/// A part of file names that no data file has: the log, and what the platform keeps beside tables.
const NOT_DATA: char = '_';

impl Warehouse {
    /// Deletes the data files of the table at `location` that neither its newest version nor one of `kept` names, and
    /// that were written before `before`: a run that is under way has files that no commit names yet.
    ///
    /// Versions that are not kept can be read no longer where they had other files. The log itself stays. Stopping
    /// in between leaves some of the files for the next time.
    ///
    /// # Errors
    ///
    /// Where a version that is kept cannot be opened, nothing is deleted.
    pub async fn vacuum(
        &self,
        location: &str,
        kept: &BTreeSet<u64>,
        before: DateTime<Utc>,
    ) -> Result<Vacuumed, StorageError> {
        let Some(newest) = self.newest_commit(location).await? else { return Ok(Vacuumed::default()) };
        let mut named: HashSet<Path> = HashSet::new();
        for version in kept.iter().copied().chain([newest.version]) {
            named.extend(self.table(location, version).await?.files.iter().map(|file| file.path.clone()));
        }
        self.delete(location, |object| !named.contains(&object.location) && object.last_modified < before).await
    }

    /// Deletes the table at `location`, its log last: who is stopped in between finds it again by that.
    pub async fn drop_table(&self, location: &str) -> Result<Vacuumed, StorageError> {
        let dropped = self.delete(location, |_| true).await?;
        let log = self.path(location).join("_delta_log");
        let entries: Vec<ObjectMeta> =
            self.root.list(Some(&log)).try_collect().await.map_err(|error| self.store_error(error))?;
        for entry in entries {
            self.root.delete(&entry.location).await.map_err(|error| self.store_error(error))?;
        }
        self.newest.invalidate(location).await;
        self.versions.invalidate_all();
        Ok(dropped)
    }

    async fn delete(&self, location: &str, goes: impl Fn(&ObjectMeta) -> bool) -> Result<Vacuumed, StorageError> {
        let mut vacuumed = Vacuumed::default();
        let objects = self.data_objects(location).await?;
        let gone: Vec<&ObjectMeta> = objects.iter().filter(|object| goes(object)).collect();
        self.kept.forget_files(&gone.iter().map(|object| &object.location).collect());
        for object in gone {
            self.root.delete(&object.location).await.map_err(|error| self.store_error(error))?;
            vacuumed += Vacuumed { files: 1, bytes: object.size };
        }
        Ok(vacuumed)
    }

    /// The data files in the folder of the table at `location`, whoever names them.
    pub(crate) async fn data_objects(&self, location: &str) -> Result<Vec<ObjectMeta>, StorageError> {
        let base = self.path(location);
        let objects: Vec<ObjectMeta> =
            self.root.list(Some(&base)).try_collect().await.map_err(|error| self.store_error(error))?;
        let is_data = |object: &ObjectMeta| {
            let mut inside = object.location.prefix_match(&base).into_iter().flatten();
            inside.all(|part| !part.as_ref().starts_with(NOT_DATA))
        };
        Ok(objects.into_iter().filter(is_data).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
    use arrow::record_batch::RecordBatch;
    use async_trait::async_trait;
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
    use weft_model::{ContractKey, Revision};

    use super::*;
    use crate::{Candidate, CommitJudge, CommitNote, TableChange, Unjudged, Verdict};

    struct Anything;

    #[async_trait]
    impl CommitJudge for Anything {
        async fn judge(&self, _: &Candidate) -> Result<Verdict, Unjudged> {
            Ok(Verdict::default())
        }
    }

    /// A warehouse with one table of three versions, each with one file of its own.
    async fn warehouse() -> Warehouse {
        let warehouse = Warehouse::open("memory:///mesh", &HashMap::new()).unwrap();
        for n in 0..3 {
            let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
            let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(Int64Array::from(vec![n]))]).unwrap();
            let rows = RecordBatchStreamAdapter::new(Arc::clone(&schema), futures::stream::iter([Ok(batch)]));
            let note = CommitNote {
                port: "a.b.c".parse().unwrap(),
                contract: ContractKey { id: "c".to_owned(), version: "1.0.0".parse().unwrap() },
                revision: Revision::new("r"),
                plan: "p".to_owned(),
                fingerprint: n.to_string(),
                release: 1,
                upon: None,
                inputs: std::collections::BTreeMap::new(),
            };
            let change = TableChange::replace(vec![Box::pin(rows)]);
            warehouse.change("a/b/c", schema, change, &note, Arc::new(Anything)).await.unwrap();
        }
        warehouse
    }

    /// After whatever a test writes.
    fn far_off() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(100_000)
    }

    async fn files(warehouse: &Warehouse) -> usize {
        let objects: Vec<ObjectMeta> = warehouse.root.list(Some(&warehouse.path("a/b/c"))).try_collect().await.unwrap();
        objects.iter().filter(|object| object.location.as_ref().ends_with(".parquet")).count()
    }

    #[tokio::test]
    async fn files_of_versions_that_are_kept_and_young_ones_stay() {
        let warehouse = warehouse().await;
        let (young, old) = (DateTime::UNIX_EPOCH, far_off());
        assert_eq!(warehouse.vacuum("a/b/c", &[0].into(), young).await.unwrap(), Vacuumed::default());
        assert_eq!(warehouse.vacuum("a/b/c", &[0].into(), old).await.unwrap().files, 1);
        assert_eq!(files(&warehouse).await, 2);
        // A version that is to stay and is not there keeps all.
        assert!(warehouse.vacuum("a/b/c", &[9].into(), old).await.is_err());
        assert_eq!(files(&warehouse).await, 2);
        assert_eq!(warehouse.vacuum("a/b/c", &[].into(), old).await.unwrap().files, 1);
        assert_eq!(files(&warehouse).await, 1);
    }

    #[tokio::test]
    async fn a_table_that_is_dropped_is_gone_with_its_log() {
        let warehouse = warehouse().await;
        assert_eq!(warehouse.drop_table("a/b/c").await.unwrap().files, 3);
        assert_eq!(warehouse.newest_commit("a/b/c").await.unwrap(), None);
        assert_eq!(warehouse.vacuum("a/b/c", &[].into(), far_off()).await.unwrap(), Vacuumed::default());
    }
}
