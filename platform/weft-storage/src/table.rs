//! A table at one version: what the Delta log says of it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use datafusion::common::Statistics;
use deltalake::kernel::EagerSnapshot;
use object_store::path::Path;
use weft_model::TimeRange;

use crate::kept::Kept;
use crate::told::Told;
use crate::write::UPON;
use crate::{StorageError, Warehouse};

/// Files from this size on are large enough.
const LARGE_BYTES: u64 = 32 << 20;
/// Files up to this size count as equally small; larger ones in classes, each of which spans so many times the last.
const SMALL_BYTES: u64 = 64 << 10;
const CLASS: u64 = 8;
/// So many files of one class are a crowd.
const CROWD: usize = 32;

/// One data file of a table version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    /// Path within the warehouse's store.
    pub(crate) path: Path,
    pub bytes: u64,
    /// Exact where the log says so; `None` where a foreign writer left it out.
    pub rows: Option<u64>,
    /// Statistics as Delta keeps them: JSON with `nullCount`, `minValues`, `maxValues`.
    pub statistics: Option<String>,
}

impl TableFile {
    /// NULLs in a top-level column, where the log knows.
    pub fn nulls(&self, column: &str) -> Option<u64> {
        let statistics: serde_json::Value = serde_json::from_str(self.statistics.as_deref()?).ok()?;
        statistics.get("nullCount")?.get(column)?.as_u64()
    }

    /// The least and the greatest value of a top-level column, as Delta writes them, where the log knows both.
    /// Long texts are cut off, and instants are rounded to milliseconds.
    pub fn bounds(&self, column: &str) -> Option<(serde_json::Value, serde_json::Value)> {
        let statistics: serde_json::Value = serde_json::from_str(self.statistics.as_deref()?).ok()?;
        let bound = |key: &str| statistics.get(key)?.get(column).cloned();
        Some((bound("minValues")?, bound("maxValues")?))
    }

    /// From the least to just beyond the greatest instant of a column of dates or times, where the log knows both.
    pub fn times(&self, column: &str) -> Option<TimeRange> {
        let (least, greatest) = self.bounds(column)?;
        let milliseconds = |value: &serde_json::Value| {
            let text = value.as_str()?;
            let midnight = || Some(text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
            midnight().or_else(|| instant(text)).map(|at| at.timestamp_millis())
        };
        Some(TimeRange { from: milliseconds(&least)?, to: milliseconds(&greatest)?.checked_add(1)? })
    }
}

/// The least and the greatest value of a column in a file, of kinds that the log tells exactly.
enum Bounds {
    Whole(i64, i64),
    Text(String, String),
}

impl Bounds {
    fn of(file: &TableFile, column: &str) -> Option<Self> {
        // Texts are cut off in the log from some length on, and a day or an instant is in order as text.
        const TEXT_MAX: usize = 31;
        match file.bounds(column)? {
            (serde_json::Value::Number(least), serde_json::Value::Number(greatest)) => {
                Some(Bounds::Whole(least.as_i64()?, greatest.as_i64()?))
            }
            (serde_json::Value::String(least), serde_json::Value::String(greatest)) => {
                let is_whole = |text: &String| text.len() <= TEXT_MAX && !text.contains(':');
                (is_whole(&least) && is_whole(&greatest)).then_some(Bounds::Text(least, greatest))
            }
            _ => None,
        }
    }

    fn meets(&self, other: &Bounds) -> bool {
        match (self, other) {
            (Bounds::Whole(a, b), Bounds::Whole(c, d)) => a <= d && c <= b,
            (Bounds::Text(a, b), Bounds::Text(c, d)) => a <= d && c <= b,
            _ => true,
        }
    }
}

/// A table as of one version. Immutable, and so cached without limit in time.
#[derive(Clone, Debug)]
pub struct TableVersion {
    pub location: String,
    pub version: u64,
    /// Names, order and nullability of the columns.
    pub schema: SchemaRef,
    /// In no order.
    pub files: Vec<TableFile>,
    told: Told,
    pub(crate) kept: Option<Kept>,
}

impl TableVersion {
    pub(crate) fn new(location: String, version: u64, schema: SchemaRef, files: Vec<TableFile>) -> Self {
        TableVersion { location, version, schema, files, told: Told::default(), kept: None }
    }

    /// The same table, of which `kept` keeps what is read again and again.
    pub(crate) fn keeping(self, kept: &Kept) -> Self {
        self.with_kept(Some(kept.clone()))
    }

    fn with_kept(self, kept: Option<Kept>) -> Self {
        TableVersion { kept, ..self }
    }

    /// What the log tells of each file, in the order of `files`.
    pub(crate) fn told(&self) -> &[Arc<Statistics>] {
        self.told.of(&self.files, &self.schema)
    }

    /// The same table with columns of another nullability.
    #[must_use]
    pub fn with_schema(&self, schema: SchemaRef) -> TableVersion {
        TableVersion::new(self.location.clone(), self.version, schema, self.files.clone()).with_kept(self.kept.clone())
    }

    /// Rows, where the log knows them for every file.
    pub fn rows(&self) -> Option<u64> {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// NULLs in a top-level column, where the log knows them for every file.
    pub fn nulls(&self, column: &str) -> Option<u64> {
        self.files.iter().map(|file| file.nulls(column)).sum()
    }

    /// From the least to just beyond the greatest instant of a column of dates or times, where the log knows them for
    /// every file; empty where no row has one.
    pub fn times(&self, column: &str) -> Option<TimeRange> {
        let mut all: Option<TimeRange> = None;
        for file in &self.files {
            if file.rows.is_some() && file.rows == file.nulls(column) {
                continue;
            }
            let of_file = file.times(column)?;
            all = Some(
                all.map_or(of_file, |all| TimeRange { from: all.from.min(of_file.from), to: all.to.max(of_file.to) }),
            );
        }
        Some(all.unwrap_or(TimeRange { from: 0, to: 0 }))
    }

    /// The same table with these of its files alone.
    #[must_use]
    pub fn of_files(&self, files: Vec<TableFile>) -> TableVersion {
        TableVersion::new(self.location.clone(), self.version, Arc::clone(&self.schema), files)
            .with_kept(self.kept.clone())
    }

    /// The files that `other` does not have.
    pub fn files_besides(&self, other: &TableVersion) -> Vec<TableFile> {
        let theirs: HashSet<&Path> = other.files.iter().map(|file| &file.path).collect();
        self.files.iter().filter(|file| !theirs.contains(&file.path)).cloned().collect()
    }

    /// The files that may hold a value of `column` that one of `fresh` holds too, these among them: by their bounds,
    /// where the log knows them.
    pub fn files_near(&self, column: &str, fresh: &[TableFile]) -> Vec<TableFile> {
        let ranges: Vec<Option<Bounds>> = fresh.iter().map(|file| Bounds::of(file, column)).collect();
        let is_near = |file: &&TableFile| {
            let own = Bounds::of(file, column);
            let may_meet = |other: &Option<Bounds>| match (&own, other) {
                (Some(own), Some(other)) => own.meets(other),
                _ => true,
            };
            fresh.iter().any(|other| other.path == file.path) || ranges.iter().any(may_meet)
        };
        self.files.iter().filter(is_near).cloned().collect()
    }

    /// Files of about the same size that are so many that one in their place is better for whoever reads. Empty
    /// most of the time; a row gets into such files anew a few times only, however many commits there are.
    pub fn crowded(&self) -> Vec<TableFile> {
        let mut classes: BTreeMap<u32, Vec<&TableFile>> = BTreeMap::new();
        for file in self.files.iter().filter(|file| file.bytes < LARGE_BYTES) {
            classes.entry((file.bytes / SMALL_BYTES).max(1).ilog(CLASS)).or_default().push(file);
        }
        let crowd = classes.into_values().find(|files| files.len() >= CROWD);
        crowd.into_iter().flatten().cloned().collect()
    }

    /// Bytes in the files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// The newest commit of a table, and what it says it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub version: u64,
    /// The fingerprint of the commit, if the platform wrote it.
    pub fingerprint: Option<String>,
    /// The version that it changes in part; `None` where it stands by itself.
    pub upon: Option<u64>,
}

impl Committed {
    /// What the commit's bytes say of it.
    pub(crate) fn of(version: u64, entry: &[u8]) -> Self {
        let fingerprint = commit_field(entry, "weft.fingerprint").and_then(|value| value.as_str().map(str::to_owned));
        let upon = commit_field(entry, UPON).and_then(|value| value.as_u64());
        Committed { version, fingerprint, upon }
    }
}

impl Warehouse {
    /// The table at `location` as of `version`.
    ///
    /// # Errors
    ///
    /// [`StorageError::Table`] if there is no such table or version; [`StorageError::Feature`] if
    /// the table uses what the scan does not read (deletion vectors, column mapping, partitions).
    pub async fn table(&self, location: &str, version: u64) -> Result<Arc<TableVersion>, StorageError> {
        let key = (location.to_owned(), version);
        if let Some(table) = self.versions.get(&key).await {
            return Ok(table);
        }
        let table = Arc::new(self.describe(location, self.snapshot(location, version).await?.as_ref())?);
        self.versions.insert(key, Arc::clone(&table)).await;
        Ok(table)
    }

    /// The same for a version that is not served any more: nothing of it is kept in memory for whoever reads it next, since
    /// there are ever more such versions.
    ///
    /// # Errors
    ///
    /// As [`table`](Self::table).
    pub async fn past_table(&self, location: &str, version: u64) -> Result<Arc<TableVersion>, StorageError> {
        let table = self.table(location, version).await?;
        Ok(Arc::new(TableVersion::clone(&table).keeping(&self.kept_of_past)))
    }

    /// The newest commit of the table at `location`; `None` where there is no table yet.
    pub async fn newest_commit(&self, location: &str) -> Result<Option<Committed>, StorageError> {
        Ok(self.newest(location).await?.map(|newest| newest.committed))
    }

    /// The state of the table at `location` as of `version`.
    pub(crate) async fn snapshot(&self, location: &str, version: u64) -> Result<Arc<EagerSnapshot>, StorageError> {
        let newest = self.newest.get(location).await.map(|known| known.snapshot);
        if let Some(newest) = newest.filter(|newest| newest.version() == version) {
            return Ok(newest);
        }
        let log = self.log_store(location)?;
        match EagerSnapshot::try_new(log.as_ref(), Some(version)).await {
            Ok(snapshot) => Ok(Arc::new(snapshot)),
            Err(error) => Err(StorageError::of_log(location, error, self.root.as_ref(), &self.path(location)).await),
        }
    }

    pub(crate) fn describe(&self, location: &str, snapshot: &EagerSnapshot) -> Result<TableVersion, StorageError> {
        let refuse =
            |feature: &str| Err(StorageError::Feature { location: location.to_owned(), feature: feature.to_owned() });
        if !snapshot.metadata().partition_columns().is_empty() {
            return refuse("partition columns");
        }
        if snapshot.metadata().configuration().contains_key("delta.columnMapping.mode") {
            return refuse("column mapping");
        }
        let base = self.path(location);
        let mut files = Vec::new();
        for file in snapshot.log_data().iter() {
            if file.deletion_vector_descriptor().is_some() {
                return refuse("deletion vectors");
            }
            files.push(TableFile {
                path: below(&base, &file.object_store_path()),
                bytes: u64::try_from(file.size()).unwrap_or(0),
                rows: file.num_records().map(|rows| rows as u64),
                statistics: file.stats(),
            });
        }
        let version = snapshot.version();
        Ok(TableVersion::new(location.to_owned(), version, snapshot.arrow_schema(), files).keeping(&self.kept))
    }
}

/// How many rows a file's statistics in the log say that it has.
pub(crate) fn rows_in(statistics: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(statistics).ok()?.get("numRecords")?.as_u64()
}

/// An instant as the log writes it, with or without a zone.
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.replace(' ', "T");
    let zoned = DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc());
    zoned.ok().or_else(|| Some(text.parse::<chrono::NaiveDateTime>().ok()?.and_utc()))
}

/// `inner` as a path below `base`.
pub(crate) fn below(base: &Path, inner: &Path) -> Path {
    base.parts().chain(inner.parts()).collect()
}

/// A field of the commit's `commitInfo`.
pub(crate) fn commit_field(commit: &[u8], field: &str) -> Option<serde_json::Value> {
    commit.split(|byte| *byte == b'\n').find_map(|line| {
        let action: serde_json::Value = serde_json::from_slice(line).ok()?;
        action.get("commitInfo")?.get(field).cloned()
    })
}

/// The commit with one more field in its `commitInfo`. Every other action stays as it is written.
pub(crate) fn with_commit_field(commit: &[u8], field: &str, value: &serde_json::Value) -> Bytes {
    let line = |line: &[u8]| {
        let with_field = || {
            line.starts_with(b"{\"commitInfo\"").then_some(())?;
            let mut action: serde_json::Value = serde_json::from_slice(line).ok()?;
            action.get_mut("commitInfo")?.as_object_mut()?.insert(field.to_owned(), value.clone());
            serde_json::to_vec(&action).ok()
        };
        with_field().unwrap_or_else(|| line.to_vec())
    };
    commit.split(|byte| *byte == b'\n').map(line).collect::<Vec<_>>().join(&b'\n').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of files with so many rows and these statistics.
    fn table(files: &[(Option<u64>, Option<serde_json::Value>)]) -> TableVersion {
        let file = |(rows, statistics): &(Option<u64>, Option<serde_json::Value>)| TableFile {
            path: Path::from("t/a.parquet"),
            bytes: 1,
            rows: *rows,
            statistics: statistics.as_ref().map(ToString::to_string),
        };
        let schema = Arc::new(arrow::datatypes::Schema::empty());
        TableVersion::new("t".to_owned(), 0, schema, files.iter().map(file).collect())
    }

    #[test]
    fn the_times_in_a_table_are_those_of_all_its_files_or_nobody_knows_them() {
        let bounds = |least: &str, greatest: &str| {
            Some(serde_json::json!({
                "nullCount": {"at": 0}, "minValues": {"at": least}, "maxValues": {"at": greatest},
            }))
        };
        let nulls = Some(serde_json::json!({ "nullCount": {"at": 2}, "minValues": {}, "maxValues": {} }));
        let day = (Some(2), bounds("1970-01-01", "1970-01-03"));
        let instant = (Some(2), bounds("1970-01-02T00:00:00Z", "1970-01-04T00:00:00.005Z"));
        let range = |from: i64, to: i64| Some(TimeRange { from, to });
        let all = [day.clone(), instant, (Some(2), nulls.clone())];
        assert_eq!(table(&all).times("at"), range(0, 3 * 86_400_000 + 6));
        assert_eq!(table(&[(Some(2), nulls.clone())]).times("at"), range(0, 0));
        assert_eq!(table(&[]).times("at"), range(0, 0));
        for untold in [(Some(3), nulls.clone()), (None, nulls), (Some(2), None), (Some(2), bounds("1", "x"))] {
            assert_eq!(table(&[day.clone(), untold]).times("at"), None);
        }
        assert_eq!(table(&[day]).times("elsewhere"), None);
    }

    #[test]
    fn a_field_is_added_to_the_commit_info_and_nothing_else_is_touched() {
        let commit = b"{\"add\":{\"path\": \"a b\"}}\n{\"commitInfo\":{\"weft.plan\":\"p\",\"n\":1}}\n";
        let with = with_commit_field(commit, "weft.checks", &serde_json::json!([{ "name": "some" }]));
        let lines: Vec<&[u8]> = with.split(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], b"{\"add\":{\"path\": \"a b\"}}");
        let info: serde_json::Value = serde_json::from_slice(lines[1]).unwrap();
        let expected = serde_json::json!({ "weft.plan": "p", "n": 1, "weft.checks": [{ "name": "some" }] });
        assert_eq!(info["commitInfo"], expected);
        assert_eq!(with_commit_field(b"not json", "f", &serde_json::json!(1)), "not json");
    }
}
