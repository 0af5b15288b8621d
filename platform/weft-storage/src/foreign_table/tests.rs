use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::physical_plan::collect;
use datafusion::prelude::SessionContext;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::SourceLimits;
use crate::files::open_source;

const URL: &str = "s3://theirs/a/table";

/// A table in memory: two files of some rows.
struct Theirs {
    store: Arc<InMemory>,
    objects: Vec<(String, Vec<u8>)>,
}

fn file(rows: std::ops::Range<i64>) -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.clone()));
    let words: ArrayRef = Arc::new(StringArray::from_iter_values(rows.map(|n| format!("word {}", n % 7))));
    let batch = RecordBatch::try_from_iter([("id", ids), ("word", words)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn lines(actions: &[Value]) -> Vec<u8> {
    actions.iter().map(|action| format!("{action}\n")).collect::<String>().into_bytes()
}

fn add(path: &str, size: usize) -> Value {
    let statistics = json!({ "numRecords": 50 }).to_string();
    json!({ "add": {
        "path": path, "partitionValues": {}, "size": size, "modificationTime": 1, "dataChange": true, "stats": statistics,
    }})
}

impl Theirs {
    fn new(more: &[Value]) -> Self {
        let field = |name: &str, kind: &str| json!({ "name": name, "type": kind, "nullable": true, "metadata": {} });
        let schema = json!({ "type": "struct", "fields": [field("id", "long"), field("word", "string")] });
        let begin = [
            json!({ "protocol": { "minReaderVersion": 1, "minWriterVersion": 2 } }),
            json!({ "metaData": {
                "id": "7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0001", "format": { "provider": "parquet", "options": {} },
                "schemaString": schema.to_string(), "partitionColumns": [], "configuration": {}, "createdTime": 1,
            }}),
        ];
        let (one, other) = (file(0..50), file(50..100));
        let adds = [add("one.parquet", one.len()), add("other.parquet", other.len())];
        let adds: Vec<Value> = adds.into_iter().chain(more.iter().cloned()).collect();
        let objects = vec![
            ("_delta_log/00000000000000000000.json".to_owned(), lines(&begin)),
            ("_delta_log/00000000000000000001.json".to_owned(), lines(&adds)),
            ("one.parquet".to_owned(), one),
            ("other.parquet".to_owned(), other),
        ];
        Theirs { store: Arc::new(InMemory::new()), objects }
    }

    async fn put(&self, name: &str, content: &[u8]) {
        let path = Path::from(format!("a/table/{name}"));
        self.store.put(&path, PutPayload::from(content.to_vec())).await.unwrap();
    }

    async fn whole(self) -> Self {
        for (name, content) in &self.objects {
            self.put(name, content).await;
        }
        self
    }

    /// The sum of all numbers, or an error as a person is told of it.
    async fn read(&self) -> std::result::Result<i64, String> {
        let state = SessionContext::new().state();
        let limits = SourceLimits::default();
        let open = |url: &Url| open_source(url.as_str(), &HashMap::new(), &limits).map(|(_, store, _)| store);
        let store: Arc<dyn ObjectStore> = Arc::clone(&self.store) as _;
        let url = Url::parse(URL).unwrap();
        let table = foreign_table(&state, &url, store, Path::from("a/table"), open).await;
        let table = table.map_err(|error| error.to_string())?;
        let plan = table.scan(&state, None, &[], None).await.map_err(|error| error.to_string())?;
        let batches = collect(plan, state.task_ctx()).await;
        let batches = batches.map_err(|error| crate::damaged_file(&error).unwrap_or_else(|| format!("? {error}")))?;
        let sum = |batch: &RecordBatch| -> i64 {
            batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().iter().flatten().sum()
        };
        Ok(batches.iter().map(sum).sum())
    }
}

#[tokio::test]
async fn all_rows_are_read() {
    assert_eq!(Theirs::new(&[]).whole().await.read().await, Ok((0..100).sum()));
}

#[tokio::test]
async fn a_log_opens_no_file_of_this_machine_that_its_reader_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let content = file(0..50);
    std::fs::write(folder.path().join("secret.parquet"), &content).unwrap();
    let address = Url::from_file_path(folder.path().join("secret.parquet")).unwrap();
    let problem = Theirs::new(&[add(address.as_str(), content.len())]).whole().await.read().await.unwrap_err();
    assert!(problem.contains("files of this machine may not be sources here"), "{problem}");
}

#[tokio::test]
async fn what_is_cut_off_is_an_error_that_names_it() {
    let theirs = Theirs::new(&[]).whole().await;
    for (name, content) in &theirs.objects {
        let is_log = name.starts_with("_delta_log");
        for length in (0..content.len()).step_by(content.len() / 40 + 1) {
            theirs.put(name, &content[..length]).await;
            let read = theirs.read().await;
            // A log that ends between two lines is a whole one of fewer actions.
            let is_line = is_log && (length == 0 || content[length - 1] == b'\n');
            let named = if is_log { "s3://theirs/a/table" } else { name };
            match read {
                Ok(_) => assert!(is_line, "{name}, {length} of {} bytes", content.len()),
                Err(problem) => assert!(problem.contains(named) && !problem.starts_with('?'), "{problem}"),
            }
        }
        theirs.put(name, content).await;
    }
    assert_eq!(theirs.read().await, Ok((0..100).sum()));
}

/// What is read of a bit that decodes all the same is not known to be wrong: see `platform/docs/gaps.md`.
#[tokio::test]
async fn a_bit_that_is_another_is_an_error_or_read_as_it_is_and_brings_nothing_down() {
    let theirs = Theirs::new(&[]).whole().await;
    let mut errors = 0;
    for (name, content) in &theirs.objects {
        for bit in (0..content.len() * 8).step_by(content.len() * 8 / 150 + 1) {
            let mut damaged = content.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            theirs.put(name, &damaged).await;
            if let Err(problem) = theirs.read().await {
                errors += 1;
                let is_named = problem.contains(URL) || problem.starts_with("data file ");
                assert!(is_named && !problem.starts_with('?'), "bit {bit} of {name}: {problem}");
            }
        }
        theirs.put(name, content).await;
    }
    assert!(errors > 100, "most bits are noticed: {errors}");
}
