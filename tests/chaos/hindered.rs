//! Stores that give no answer for a while, at any point: what they hindered is made a little later, without another commit.

use chrono::TimeDelta;
use weft_reconcile::Report;
use weft_testkit::faults::{Fault, FaultStore, Script};

use crate::disk::Disk;
use crate::process::Process;
use crate::scenario::{Expected, Scenario, expected};
use crate::seeds::for_each;
use crate::sound::Sound;

/// What goes wrong, and with how many calls in a row.
const HINDRANCES: [(Fault, u64); 3] = [(Fault::ErrorBefore, 1), (Fault::Truncate, 1), (Fault::ErrorBefore, 12)];

/// How often a mesh catches up until whatever hindered it must have passed.
const TIMES: usize = 5;

#[test]
fn whatever_a_store_hinders_is_served_without_another_commit() {
    holds_for(&Scenario::of_full_tables());
}

#[test]
fn whatever_a_store_hinders_of_a_table_that_grows_is_served_without_another_commit() {
    holds_for(&Scenario::of_a_table_that_grows());
}

/// Each call that it takes to bring a served mesh to its second revision goes wrong once.
fn holds_for(scenario: &Scenario) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let expected = runtime.block_on(expected(scenario));
    let expected = &expected[..2];
    let calls = runtime.block_on(run(scenario, expected, |_| None));
    assert!(calls > 20, "{calls} calls");
    for (fault, length) in HINDRANCES {
        for_each(1..calls + 1, |first| async move {
            run(scenario, expected, move |call| (first..first + length).contains(&call).then_some(fault)).await;
        });
    }
}

/// One mesh, in which `fault` says what goes wrong with which call of the second revision. How many there were.
async fn run(
    scenario: &Scenario,
    expected: &[Expected],
    fault: impl Fn(u64) -> Option<Fault> + Send + Sync + 'static,
) -> u64 {
    let (disk, sound) = (Disk::new(), Sound(expected));
    let store = FaultStore::new(disk.store(), Script::sound());
    let process = Process::start(&disk, &store, scenario.revisions[0].path()).await.unwrap();
    assert!(process.reconcile().await.unwrap().is_complete());
    drop(process);

    let process = Process::start(&disk, &store, scenario.revisions[1].path()).await.unwrap();
    let before = store.history().len() as u64;
    store.follow(Script::of(move |call| fault(call.number - before)));
    let (mut last, mut reports) = (None, Vec::new());
    for _ in 0..TIMES {
        reports.extend(process.controller().catch_up(&mut last).await.unwrap());
        if reports.last().is_some_and(Report::is_complete) {
            break;
        }
        process.pass(TimeDelta::hours(1));
    }
    assert!(reports.last().is_some_and(Report::is_complete), "{reports:?}");
    sound.is_stored(&disk).await;
    sound.is_finished(&disk, &process.published()).await;
    store.history().len() as u64 - before
}
