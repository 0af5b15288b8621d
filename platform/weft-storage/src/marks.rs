//! What a table says in its log of how far it has come: names, each with a point, kept as Delta application
//! transactions beside the files that they are about.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array as _, AsArray};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use deltalake::kernel::EagerSnapshot;
use futures::TryStreamExt;
use futures::future::join_all;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use crate::{StorageError, Warehouse};

/// What the marks of intervals begin with: which release made one last.
pub const INTERVAL_MARK: &str = "weft.interval/";
/// What the marks of files begin with: in which state one was taken.
pub const FILE_MARK: &str = "weft.file/";
/// What the marks of erasures begin with, before the version of which rows were erased: which version was left.
pub const ERASURE_MARK: &str = "weft.erasure/";

/// How many commits are read at once.
const AT_ONCE: usize = 16;

impl Warehouse {
    /// The marks whose names begin with `prefix`, each with the point that it had last in the table at `location` as of
    /// `version`. One that was set back to 0 is as good as none.
    ///
    /// # Errors
    ///
    /// [`StorageError::Corrupt`] where the log has a gap; else as the store gives them.
    pub async fn marks(
        &self,
        location: &str,
        version: u64,
        prefix: &str,
    ) -> Result<BTreeMap<String, i64>, StorageError> {
        let log = self.log_store(location)?;
        let (store, folder) = (log.object_store(None), log.log_path().clone());
        let listed: Vec<_> = store.list(Some(&folder)).try_collect().await.map_err(|e| self.store_error(e))?;
        let paths = listed.into_iter().map(|found| found.location);
        let (checkpoint, commits) = Entry::up_to(version, paths).ok_or_else(|| StorageError::Corrupt {
            path: format!("{location}/_delta_log"),
            problem: format!("not all commits up to version {version} are there"),
        })?;
        let corrupt = |path: &Path, error: ParquetError| StorageError::Corrupt {
            path: path.to_string(),
            problem: error.to_string(),
        };
        let mut marks = BTreeMap::new();
        for part in &checkpoint {
            let bytes = self.entry(&store, part).await?;
            of_checkpoint(bytes, prefix, &mut marks).map_err(|error| corrupt(part, error))?;
        }
        for some in commits.chunks(AT_ONCE) {
            let reads: Vec<_> = some.iter().map(|commit| self.entry(&store, commit)).collect();
            for bytes in join_all(reads).await {
                of_commit(&bytes?, prefix, &mut marks);
            }
        }
        Ok(marks)
    }

    async fn entry(&self, store: &Arc<dyn ObjectStore>, path: &Path) -> Result<Bytes, StorageError> {
        let found = store.get(path).await.map_err(|e| self.store_error(e))?;
        found.bytes().await.map_err(|e| self.store_error(e))
    }

    /// What sets the marks of a table that is `before` back to where they were in the version that is `restored`.
    pub(crate) async fn set_back(
        &self,
        location: &str,
        before: &EagerSnapshot,
        restored: &EagerSnapshot,
    ) -> Result<BTreeMap<String, i64>, StorageError> {
        let mut back = BTreeMap::new();
        for prefix in [INTERVAL_MARK, FILE_MARK] {
            let then = self.marks(location, restored.version(), prefix).await?;
            let now = self.marks(location, before.version(), prefix).await?;
            back.extend(now.into_iter().filter_map(|(name, point)| {
                let was = then.get(&name).copied().unwrap_or_default();
                (was != point).then_some((name, was))
            }));
        }
        Ok(back)
    }
}

/// One object of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Commit(u64),
    Checkpoint(u64),
}

impl Entry {
    /// What an object of that name is; `None` for what is neither.
    fn of(name: &str) -> Option<Self> {
        let (digits, kind) = name.split_once('.')?;
        let version = digits.parse().ok().filter(|_| digits.len() == 20)?;
        match kind {
            "json" => Some(Entry::Commit(version)),
            _ if kind.starts_with("checkpoint.") && kind.ends_with("parquet") => Some(Entry::Checkpoint(version)),
            _ => None,
        }
    }

    /// The parts of the newest checkpoint at or before `version`, and the commits from there to it in order. `None`
    /// where one of these is missing.
    fn up_to(version: u64, paths: impl Iterator<Item = Path>) -> Option<(Vec<Path>, Vec<Path>)> {
        let (mut commits, mut checkpoints) = (BTreeMap::new(), BTreeMap::<u64, Vec<Path>>::new());
        for path in paths {
            match path.filename().and_then(Entry::of) {
                Some(Entry::Commit(at)) if at <= version => drop(commits.insert(at, path)),
                Some(Entry::Checkpoint(at)) if at <= version => checkpoints.entry(at).or_default().push(path),
                _ => {}
            }
        }
        let checkpoint = checkpoints.pop_last();
        let first = checkpoint.as_ref().map_or(0, |(at, _)| at + 1);
        let commits: BTreeMap<u64, Path> = commits.split_off(&first);
        let wanted = (version + 1).saturating_sub(first);
        (commits.len() as u64 == wanted)
            .then(|| (checkpoint.map(|(_, parts)| parts).unwrap_or_default(), commits.into_values().collect()))
    }
}

fn of_commit(commit: &[u8], prefix: &str, marks: &mut BTreeMap<String, i64>) {
    for line in commit.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{\"txn\"")) {
        let Ok(action) = serde_json::from_slice::<serde_json::Value>(line) else { continue };
        let Some(transaction) = action.get("txn") else { continue };
        let name = transaction.get("appId").and_then(|name| name.as_str()).filter(|name| name.starts_with(prefix));
        if let (Some(name), Some(point)) = (name, transaction.get("version").and_then(serde_json::Value::as_i64)) {
            marks.insert(name.to_owned(), point);
        }
    }
}

fn of_checkpoint(part: Bytes, prefix: &str, marks: &mut BTreeMap<String, i64>) -> Result<(), ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(part)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["txn"]);
    for batch in builder.with_projection(mask).build()? {
        let batch = batch?;
        let Some(transactions) = batch.column_by_name("txn").and_then(|column| column.as_struct_opt()) else {
            return Ok(());
        };
        let names = transactions.column_by_name("appId").and_then(|column| column.as_string_opt::<i32>());
        let points = transactions.column_by_name("version").and_then(|column| column.as_primitive_opt::<Int64Type>());
        let (Some(names), Some(points)) = (names, points) else { return Ok(()) };
        let rows = (0..batch.num_rows()).filter(|row| !transactions.is_null(*row) && !names.is_null(*row));
        for row in rows.filter(|row| names.value(*row).starts_with(prefix)) {
            marks.insert(names.value(row).to_owned(), points.value(row));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> impl Iterator<Item = Path> {
        names.iter().map(|name| Path::from(format!("_delta_log/{name}"))).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn a_log_is_read_from_its_newest_checkpoint_on_and_must_have_no_gap() {
        let commit = |at: u64| format!("{at:020}.json");
        let checkpoint = |at: u64| format!("{at:020}.checkpoint.parquet");
        let all = [commit(0), commit(1), commit(2), checkpoint(2), commit(3), commit(4), "_last_checkpoint".to_owned()];
        let names: Vec<&str> = all.iter().map(String::as_str).collect();
        let count = |version, names: &[&str]| {
            Entry::up_to(version, paths(names)).map(|(parts, commits)| (parts.len(), commits.len()))
        };
        assert_eq!(count(4, &names), Some((1, 2)));
        assert_eq!(count(2, &names), Some((1, 0)));
        assert_eq!(count(1, &names), Some((0, 2)));
        assert_eq!(count(5, &names), None);
        // Old commits are cleaned up once a checkpoint holds what they say.
        assert_eq!(count(4, &names[3..]), Some((1, 2)));
        assert_eq!(count(1, &names[1..]), None);
    }

    #[test]
    fn the_last_word_about_a_mark_counts() {
        let mut marks = BTreeMap::new();
        of_commit(b"{\"txn\":{\"appId\":\"weft.file/a\",\"version\":7}}\n{\"txn\":{\"appId\":\"weft.release\",\"version\":1}}", FILE_MARK, &mut marks);
        of_commit(
            b"{\"add\":{\"path\":\"x\"}}\n{\"txn\":{\"appId\":\"weft.file/a\",\"version\":0}}\n",
            FILE_MARK,
            &mut marks,
        );
        assert_eq!(marks, [("weft.file/a".to_owned(), 0)].into());
    }
}
