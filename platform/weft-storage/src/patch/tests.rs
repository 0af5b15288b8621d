use std::collections::{BTreeMap, HashMap};

use arrow::array::{Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::SessionContext;
use object_store::ObjectStoreExt as _;
use serde_json::Value;
use weft_model::{ContractKey, Revision};

use super::*;
use crate::{Candidate, CommitJudge, CommitNote, TableChange, TableVersion, Unjudged, Verdict, Warehouse};

/// More than one group of rows.
const ROWS: usize = 300_000;
/// The first row of the second group.
const SECOND: usize = 262_144;

struct Lets;

#[async_trait]
impl CommitJudge for Lets {
    async fn judge(&self, _: &Candidate) -> Result<Verdict, Unjudged> {
        Ok(Verdict::default())
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("name", DataType::Utf8, true),
        Field::new("cost", DataType::Decimal128(15, 2), true),
        Field::new("share", DataType::Float64, true),
        Field::new("day", DataType::Date32, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("none", DataType::Int64, true),
    ]))
}

/// Rows with these ids, of which `name` and `cost` depend on `turn` too.
fn rows(ids: impl Iterator<Item = usize>, turn: usize) -> RecordBatch {
    let ids: Vec<i64> = ids.map(|id| id as i64).collect();
    let turn = turn as i64;
    let cost =
        Decimal128Array::from_iter(ids.iter().map(|id| (id % 7 > 0).then(|| i128::from(id * 3 - 500_000 + turn))));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(ids.clone())),
        Arc::new(StringArray::from_iter(ids.iter().map(|id| Some(format!("name {} {turn}", id % 1000))))),
        Arc::new(cost.with_precision_and_scale(15, 2).unwrap()),
        Arc::new(Float64Array::from_iter_values(ids.iter().map(|id| *id as f64 / 3.0))),
        Arc::new(Date32Array::from_iter_values(ids.iter().map(|id| 15_000 + (*id / 1000) as i32))),
        Arc::new(TimestampMicrosecondArray::from_iter_values(ids.iter().map(|id| id * 1_000_003)).with_timezone("UTC")),
        Arc::new(Int64Array::from(vec![None; ids.len()])),
    ];
    RecordBatch::try_new(schema(), columns).unwrap()
}

fn stream(batch: RecordBatch) -> SendableRecordBatchStream {
    let pieces: Vec<_> = (0..batch.num_rows()).step_by(10_000).collect();
    let pieces: Vec<_> =
        pieces.into_iter().map(|from| Ok(batch.slice(from, 10_000.min(batch.num_rows() - from)))).collect();
    Box::pin(RecordBatchStreamAdapter::new(batch.schema(), futures::stream::iter(pieces)))
}

fn warehouse() -> Warehouse {
    Warehouse::open("memory:///mesh", &HashMap::new()).unwrap()
}

/// The table after `change`.
async fn changed(warehouse: &Warehouse, change: TableChange) -> Arc<TableVersion> {
    let note = CommitNote {
        port: "a.b.c".parse().unwrap(),
        contract: ContractKey { id: "c".to_owned(), version: "1.0.0".parse().unwrap() },
        revision: Revision::new("r1"),
        plan: "p1".to_owned(),
        fingerprint: "f".to_owned(),
        release: 1,
        upon: change.upon,
        inputs: BTreeMap::new(),
    };
    let written = warehouse.change("a/b/c", schema(), change, &note, Arc::new(Lets)).await.unwrap();
    warehouse.table("a/b/c", written.version).await.unwrap()
}

async fn written(warehouse: &Warehouse, rows: RecordBatch) -> Arc<TableVersion> {
    changed(warehouse, TableChange { layout: crate::Layout::InOrder, ..TableChange::replace(vec![stream(rows)]) }).await
}

#[expect(clippy::disallowed_methods, reason = "looks at the rows that were written")]
async fn read(warehouse: &Warehouse, table: &Arc<TableVersion>) -> RecordBatch {
    let context = SessionContext::new();
    warehouse.register_in(context.runtime_env().object_store_registry.as_ref());
    let mut state = context.state();
    state.config_mut().options_mut().execution.target_partitions = 1;
    let frame = SessionContext::new_with_state(state).read_table(crate::scan(Arc::clone(table))).unwrap();
    concat_batches(&schema(), &frame.collect().await.unwrap()).unwrap()
}

/// The bytes of one column in one group of the table's only file.
async fn bytes_of(warehouse: &Warehouse, table: &TableVersion, group: usize, column: usize) -> Bytes {
    let patch = FilePatch { file: table.files[0].clone(), rows: rows(0..0, 0), changed: Vec::new() };
    let open = Patching::open(Arc::clone(&warehouse.root), patch).await.unwrap();
    let (start, length) = open.source.metadata().row_group(group).column(column).byte_range();
    warehouse.root.get_range(&table.files[0].path, start..start + length).await.unwrap()
}

fn statistics(table: &TableVersion) -> Value {
    serde_json::from_str(table.files[0].statistics.as_deref().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patched_file_is_the_file_with_those_rows_in_place_of_others() {
    let warehouse = warehouse();
    let before = written(&warehouse, rows(0..ROWS, 0)).await;
    // In the first group one row changes, in the second one changes and one goes.
    let new = rows([7, SECOND + 1].into_iter(), 1);
    let change = vec![(7, Some(0)), (SECOND + 1, Some(1)), (ROWS - 1, None)];
    let patch = FilePatch { file: before.files[0].clone(), rows: new, changed: change };
    let after = changed(&warehouse, TableChange { patched: vec![patch], ..TableChange::restore(before.version) }).await;

    let parts = [rows(0..7, 0), rows(7..8, 1), rows(8..SECOND + 1, 0), rows(SECOND + 1..SECOND + 2, 1)];
    let parts = parts.into_iter().chain([rows(SECOND + 2..ROWS - 1, 0)]).collect::<Vec<_>>();
    let expected = concat_batches(&schema(), &parts).unwrap();
    assert_eq!(read(&warehouse, &after).await, expected);

    // The log is told the same as of a file that is written by itself.
    let by_itself = written(&self::warehouse(), expected).await;
    assert_eq!(statistics(&after), statistics(&by_itself));
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_in_which_nothing_changes_are_copied_as_they_lie() {
    let warehouse = warehouse();
    let before = written(&warehouse, rows(0..ROWS, 0)).await;
    let patch =
        FilePatch { file: before.files[0].clone(), rows: rows([8].into_iter(), 1), changed: vec![(8, Some(0))] };
    let after = changed(&warehouse, TableChange { patched: vec![patch], ..TableChange::restore(before.version) }).await;
    for (column, field) in schema().fields().iter().enumerate() {
        for group in [0, 1] {
            let (was, is) =
                (bytes_of(&warehouse, &before, group, column).await, bytes_of(&warehouse, &after, group, column).await);
            let changes = group == 0 && ["name", "cost"].contains(&field.name().as_str());
            assert_eq!(was == is, !changes, "{} in group {group}", field.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_rows_that_all_go_no_group_and_no_file_is_left() {
    let warehouse = warehouse();
    let before = written(&warehouse, rows(0..ROWS, 0)).await;
    let gone = |rows: Range<usize>| FilePatch {
        file: before.files[0].clone(),
        rows: self::rows(0..0, 0),
        changed: rows.map(|place| (place, None)).collect(),
    };
    let patched = vec![gone(0..SECOND)];
    let second = changed(&warehouse, TableChange { patched, ..TableChange::restore(before.version) }).await;
    assert_eq!(read(&warehouse, &second).await, rows(SECOND..ROWS, 0));
    let patched = vec![gone(0..ROWS)];
    let none = changed(&warehouse, TableChange { patched, ..TableChange::restore(before.version) }).await;
    assert_eq!((none.rows(), none.files.len()), (Some(0), 0));
}
