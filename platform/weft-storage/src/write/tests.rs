use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::Int64Array;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult,
};
use weft_model::Code;

use super::*;
use crate::gate::{Candidate, Finding, Unjudged, Verdict};

/// Lets a commit be if the table would have at most so many rows.
struct AtMost(u64);

#[async_trait]
impl CommitJudge for AtMost {
    async fn judge(&self, candidate: &Candidate) -> Result<Verdict, Unjudged> {
        let unknown = || Unjudged::new(Code::INTERNAL, "rows are not known");
        let rows = candidate.table.rows().ok_or_else(unknown)?;
        let message = format!("{rows} rows are too many");
        let findings = vec![Finding { code: Code::DATA_KEY, message, column: None }];
        Ok(if rows > self.0 { Verdict { findings } } else { Verdict::default() })
    }
}

/// A store whose puts into a Delta log happen and then seem to have failed, the first few times.
struct LosesAnswers {
    inner: InMemory,
    left: AtomicUsize,
}

impl fmt::Debug for LosesAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LosesAnswers")
    }
}

impl fmt::Display for LosesAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LosesAnswers")
    }
}

#[async_trait]
impl ObjectStore for LosesAnswers {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        let result = self.inner.put_opts(location, payload, options).await?;
        let lost = location.as_ref().contains("_delta_log")
            && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        if lost {
            return Err(object_store::Error::Generic { store: "test", source: "the answer was lost".into() });
        }
        Ok(result)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn warehouse(answers_lost: usize) -> Warehouse {
    let mut warehouse = Warehouse::open("memory:///mesh", &HashMap::new()).unwrap();
    warehouse.root = Arc::new(LosesAnswers { inner: InMemory::new(), left: AtomicUsize::new(answers_lost) });
    warehouse
}

fn schema(nullable: bool) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, nullable)]))
}

fn numbers(values: Vec<Option<i64>>) -> SendableRecordBatchStream {
    let batch = RecordBatch::try_new(schema(true), vec![Arc::new(Int64Array::from(values))]).unwrap();
    Box::pin(RecordBatchStreamAdapter::new(schema(true), futures::stream::iter([Ok(batch)])))
}

fn note(fingerprint: &str) -> CommitNote {
    CommitNote {
        port: "a.b.c".parse().unwrap(),
        contract: ContractKey { id: "c".to_owned(), version: "1.0.0".parse().unwrap() },
        revision: Revision::new("r1"),
        plan: "p1".to_owned(),
        fingerprint: fingerprint.to_owned(),
        release: 1,
        upon: None,
        inputs: BTreeMap::new(),
    }
}

async fn write(warehouse: &Warehouse, values: Vec<Option<i64>>, fingerprint: &str) -> Result<Written, StorageError> {
    let (rows, judge) = (numbers(values), Arc::new(AtMost(3)));
    warehouse.change("a/b/c", schema(false), TableChange::replace(vec![rows]), &note(fingerprint), judge).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_commit_holds_the_first_rows_and_the_next_replaces_them() {
    let warehouse = warehouse(0);
    assert_eq!(write(&warehouse, vec![Some(1), Some(2)], "one").await.unwrap().version, 0);
    assert_eq!(write(&warehouse, vec![Some(3)], "two").await.unwrap().version, 1);
    assert_eq!(warehouse.table("a/b/c", 0).await.unwrap().rows(), Some(2));
    assert_eq!(warehouse.table("a/b/c", 1).await.unwrap().rows(), Some(1));
    let newest = warehouse.newest_commit("a/b/c").await.unwrap().unwrap();
    assert_eq!((newest.version, newest.fingerprint.as_deref()), (1, Some("two")));
}

/// The table after a change upon `upon` that takes out the files of `without` and brings `values`.
async fn change(warehouse: &Warehouse, upon: u64, without: &TableVersion, values: Vec<Option<i64>>) -> TableVersion {
    let change =
        TableChange { upon: Some(upon), without: without.files.clone(), ..TableChange::replace(vec![numbers(values)]) };
    let written = warehouse.change("a/b/c", schema(false), change, &note("next"), Arc::new(AtMost(3))).await.unwrap();
    TableVersion::clone(&*warehouse.table("a/b/c", written.version).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_upon_a_version_keeps_its_files_and_restores_those_that_went_since() {
    let warehouse = warehouse(0);
    write(&warehouse, vec![Some(1)], "one").await.unwrap();
    let first = warehouse.table("a/b/c", 0).await.unwrap();
    let none = first.of_files(Vec::new());
    let second = change(&warehouse, 0, &none, vec![Some(2)]).await;
    assert_eq!((second.version, second.rows(), second.files.len()), (1, Some(2), 2));

    // Upon the first again: what the second brought is gone.
    let third = change(&warehouse, 0, &none, vec![Some(3), Some(4)]).await;
    assert_eq!((third.version, third.rows()), (2, Some(3)));
    assert!(second.files_besides(&first).iter().all(|file| !third.files.contains(file)));
    assert!(first.files.iter().all(|file| third.files.contains(file)));

    // Upon the second, without the first's file: what it brought comes back.
    let fourth = change(&warehouse, 1, &first, vec![Some(5)]).await;
    assert_eq!((fourth.version, fourth.rows()), (3, Some(2)));
    assert_eq!(fourth.files.iter().filter(|file| second.files.contains(file)).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_end_between_intervals_where_they_are_cut() {
    let warehouse = warehouse(0);
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("id", DataType::Date32, true)]));
    let days: Vec<i32> = (0..3).flat_map(|day| std::iter::repeat_n(day, 40_000)).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(arrow::array::Date32Array::from(days))]);
    let rows = RecordBatchStreamAdapter::new(Arc::clone(&schema), futures::stream::iter([Ok(batch.unwrap())]));
    let layout = Layout::Cut { column: "id".to_owned(), interval: "P1D".parse().unwrap() };
    let change = TableChange { layout, ..TableChange::replace(vec![Box::pin(rows)]) };
    warehouse.change("a/b/d", schema, change, &note("one"), Arc::new(AtMost(120_000))).await.unwrap();
    let table = warehouse.table("a/b/d", 0).await.unwrap();
    let days: Vec<_> = table.files.iter().map(|file| file.bounds("id").unwrap()).collect();
    assert_eq!(days.len(), 3);
    assert!(days.iter().all(|(least, greatest)| least == greatest), "{days:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_one_whole_have_files_of_their_own_and_those_of_few_rows_share_one() {
    let warehouse = warehouse(0);
    let part = |ids: std::ops::Range<i64>| {
        let batches: Vec<_> = ids.step_by(5_000).map(|from| (from..from + 5_000).map(Some).collect()).collect();
        let batches = batches.into_iter().map(|ids: Vec<Option<i64>>| {
            Ok(RecordBatch::try_new(schema(true), vec![Arc::new(Int64Array::from(ids))]).unwrap())
        });
        Box::pin(RecordBatchStreamAdapter::new(schema(true), futures::stream::iter(batches.collect::<Vec<_>>())))
            as SendableRecordBatchStream
    };
    let few = [numbers(vec![Some(-2)]), numbers(Vec::new()), numbers(vec![Some(-1)])];
    let parts = [part(0..100_000), part(100_000..200_000)].into_iter().chain(few).collect();
    let change = TableChange::replace(parts);
    warehouse.change("a/b/c", schema(true), change, &note("one"), Arc::new(AtMost(200_002))).await.unwrap();
    let table = warehouse.table("a/b/c", 0).await.unwrap();
    let mut bounds: Vec<_> = table.files.iter().map(|file| file.bounds("id").unwrap()).collect();
    bounds.sort_by_key(|(least, _)| least.as_i64());
    let expected = [(-2, -1), (0, 99_999), (100_000, 199_999)].map(|(least, greatest)| (json!(least), json!(greatest)));
    assert_eq!(bounds, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_judge_refuses_never_exists() {
    let warehouse = warehouse(0);
    let four = vec![Some(1), Some(2), Some(3), Some(4)];
    let refused = write(&warehouse, four.clone(), "one").await.unwrap_err();
    assert!(matches!(&refused, StorageError::Refused { findings } if findings[0].message == "4 rows are too many"));
    assert_eq!(warehouse.newest_commit("a/b/c").await.unwrap(), None);

    write(&warehouse, vec![Some(1)], "two").await.unwrap();
    assert!(write(&warehouse, four, "three").await.is_err());
    assert_eq!(warehouse.newest_commit("a/b/c").await.unwrap().unwrap().version, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_found_again() {
    let warehouse = warehouse(2);
    assert_eq!(write(&warehouse, vec![Some(1)], "one").await.unwrap().version, 0);
    assert_eq!(write(&warehouse, vec![Some(2)], "two").await.unwrap().version, 1);
    assert_eq!(warehouse.newest_commit("a/b/c").await.unwrap().unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_how_many_nulls_a_column_holds() {
    let warehouse = warehouse(0);
    let written = write(&warehouse, vec![Some(1), None], "one").await.unwrap();
    let table = warehouse.table("a/b/c", written.version).await.unwrap();
    assert_eq!(table.files.iter().map(|file| file.nulls("id")).sum::<Option<u64>>(), Some(1));
}
