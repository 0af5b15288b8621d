//! Writers that race for one table.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::Int64Array;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use fastrand::Rng;
use weft_model::{ContractKey, Revision};
use weft_storage::{Candidate, CommitJudge, CommitNote, StorageError, TableChange, Unjudged, Verdict, Warehouse};
use weft_testkit::faults::{Fault, FaultStore, Operation, Script};

use crate::disk::{Disk, WAREHOUSE};
use crate::seeds::{for_each, seeds};

const RUNS: u64 = 100;
const WRITERS: i64 = 3;
const ROUNDS: i64 = 4;

/// Lets every commit be.
struct Anything;

#[async_trait::async_trait]
impl CommitJudge for Anything {
    async fn judge(&self, _: &Candidate) -> Result<Verdict, Unjudged> {
        Ok(Verdict::default())
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]))
}

/// Replaces the table by the one row `n`.
async fn write(warehouse: &Warehouse, n: i64) -> Result<u64, StorageError> {
    let note = CommitNote {
        port: "a.b.c".parse().unwrap(),
        contract: ContractKey { id: "c".to_owned(), version: "1.0.0".parse().unwrap() },
        revision: Revision::new("r1"),
        plan: "p1".to_owned(),
        fingerprint: n.to_string(),
        release: 1,
        upon: None,
        inputs: BTreeMap::new(),
    };
    let batch = RecordBatch::try_new(schema(), vec![Arc::new(Int64Array::from(vec![n]))]).unwrap();
    let rows = Box::pin(RecordBatchStreamAdapter::new(schema(), futures::stream::iter([Ok(batch)])));
    let change = TableChange::replace(vec![rows]);
    warehouse.change("a/b/c", schema(), change, &note, Arc::new(Anything)).await.map(|written| written.version)
}

#[test]
fn of_writers_that_race_one_wins_each_version_and_the_others_are_told() {
    for_each(seeds(RUNS), run);
}

/// Writers that hold one token, as tasks of one process would: the log alone keeps them apart.
async fn run(seed: u64) {
    const FAULTS: &[Fault] = &[Fault::Delay(1), Fault::Delay(5), Fault::Delay(20), Fault::ErrorAfter];
    let disk = Disk::new();
    let seeded = Script::seeded(seed, 60, 1..=u64::MAX, FAULTS);
    let loses_puts = Script::of(move |call| {
        seeded.fault(call).filter(|f| *f != Fault::ErrorAfter || call.operation == Operation::Put)
    });
    let store = FaultStore::new(disk.store(), loses_puts);
    let warehouse = Warehouse::over(Arc::new(store), WAREHOUSE).unwrap();
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let warehouse = warehouse.clone();
        let mut chance = Rng::with_seed(seed * 31 + writer as u64);
        writers.push(async move {
            let mut won = Vec::new();
            for round in 0..ROUNDS {
                let n = writer * ROUNDS + round;
                for _ in 0..chance.u32(0..10) {
                    tokio::task::yield_now().await;
                }
                match write(&warehouse, n).await {
                    Ok(version) => won.push((version, n)),
                    Err(StorageError::Conflict { .. }) => {}
                    // A read or a data file met the fault; a commit finds itself again.
                    Err(StorageError::Table { .. } | StorageError::Store { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            won
        });
    }
    let mut won: Vec<(u64, i64)> = futures::future::join_all(writers).await.concat();
    won.sort_unstable();
    let table = disk.table("a/b/c");
    let versions = table.versions().await;
    assert_eq!(versions, (0..versions.len() as u64).collect::<Vec<_>>(), "no gap");
    assert_eq!(won.iter().map(|(version, _)| *version).collect::<Vec<_>>(), versions, "each version has one winner");
    for (version, n) in won {
        assert_eq!(table.rows(version).await, [n.to_string()], "version {version} is its winner's");
    }
}
