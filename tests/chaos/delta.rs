//! A reader of Delta tables that shares nothing with the product's: it replays the log's JSON and decodes the files
//! that it names.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::util::display::array_value_to_string;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// A table in a store.
pub(crate) struct Table {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl Table {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, root: &str) -> Self {
        Table { store, root: Path::from(root) }
    }

    /// The versions that the log holds, in order.
    pub(crate) async fn versions(&self) -> Vec<u64> {
        let log = self.root.clone().join("_delta_log");
        let objects: Vec<_> = self.store.list(Some(&log)).try_collect().await.unwrap();
        let names = objects.iter().filter_map(|object| object.location.filename()?.strip_suffix(".json"));
        let mut versions: Vec<u64> = names.map(|name| name.parse().expect("a log entry's name")).collect();
        versions.sort_unstable();
        versions
    }

    /// The actions of one version.
    pub(crate) async fn actions(&self, version: u64) -> Vec<Value> {
        let entry = self.get(&format!("_delta_log/{version:020}.json")).await;
        let text = std::str::from_utf8(&entry).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect("an action")).collect()
    }

    /// What a version says of itself under that name.
    pub(crate) async fn note(&self, version: u64, name: &str) -> Value {
        let actions = self.actions(version).await;
        actions.iter().find_map(|action| action.get("commitInfo")?.get(name).cloned()).unwrap_or_default()
    }

    /// The rows of a version as text, in one order.
    pub(crate) async fn rows(&self, version: u64) -> Vec<String> {
        let mut rows = Vec::new();
        for file in self.files(version).await {
            rows.extend(decoded(self.get(&file).await));
        }
        rows.sort_unstable();
        rows
    }

    async fn files(&self, version: u64) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        let path = |action: &Value| action["path"].as_str().expect("a path").to_owned();
        for version in 0..=version {
            for action in self.actions(version).await {
                if let Some(add) = action.get("add") {
                    assert!(files.insert(path(add)), "a file is added twice: {add}");
                }
                if let Some(remove) = action.get("remove") {
                    assert!(files.remove(&path(remove)), "a file is removed that is not there: {remove}");
                }
            }
        }
        files
    }

    async fn get(&self, path: &str) -> Bytes {
        let full = path.split('/').fold(self.root.clone(), |full, part| full.join(part));
        let found = self.store.get(&full).await.unwrap_or_else(|error| panic!("{full}: {error}"));
        found.bytes().await.expect("a body")
    }
}

fn decoded(file: Bytes) -> Vec<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file").build().expect("its rows");
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.expect("rows");
        for row in 0..batch.num_rows() {
            let values = batch.columns().iter().map(|column| array_value_to_string(column, row).expect("a value"));
            rows.push(values.collect::<Vec<_>>().join(","));
        }
    }
    rows
}
