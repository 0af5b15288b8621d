//! Puts whose answers are lost, and puts that fail.

use chrono::TimeDelta;
use weft_model::Code;
use weft_testkit::faults::{Fault, FaultStore, Operation, Outcome, Script};

use crate::disk::Disk;
use crate::process::Process;
use crate::scenario::{Expected, Scenario, decides, expected};
use crate::seeds::{for_each, seeds};
use crate::sound::Sound;

const RUNS: u64 = 40;

/// Brings a mesh to each revision under `script`, with one process a revision. Nothing may be left to try again.
async fn at_once(scenario: &Scenario, expected: &[Expected], script: impl Fn() -> Script) -> Disk {
    let (disk, sound) = (Disk::new(), Sound(expected));
    for manifests in &scenario.revisions {
        let store = FaultStore::new(disk.store(), script());
        let process = Process::start(&disk, &store, manifests.path()).await.expect("it starts");
        let report = process.reconcile().await.expect("no trouble is left");
        assert!(report.is_complete(), "{report:?}");
        sound.is_stored(&disk).await;
    }
    disk
}

#[test]
fn puts_that_happened_and_seemed_to_fail_are_found_again() {
    let scenario = Scenario::of_full_tables();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let expected = runtime.block_on(expected(&scenario));
    for_each(seeds(RUNS), async |seed| {
        let script = || {
            let lost = Script::seeded(seed, 50, 1..=u64::MAX, &[Fault::ErrorAfter]);
            Script::of(move |call| if decides(call) { lost.fault(call) } else { None })
        };
        let disk = at_once(&scenario, &expected, script).await;
        // Not one commit, release or token more than without faults.
        assert_eq!(disk.table("sales/orders/lines").versions().await, [0, 1], "seed {seed}");
        assert_eq!(disk.table("sales/summary/large").versions().await, [0, 1, 2], "seed {seed}");
        assert_eq!(disk.releases().await.len(), 5, "seed {seed}");
    });
}

#[tokio::test]
async fn puts_whose_answers_are_always_lost_are_found_again() {
    let scenario = Scenario::of_full_tables();
    let expected = expected(&scenario).await;
    let script = || Script::of(|call| decides(call).then_some(Fault::ErrorAfter));
    let disk = at_once(&scenario, &expected, script).await;
    assert_eq!(disk.table("sales/summary/totals").versions().await, [0, 1]);
}

#[tokio::test]
async fn puts_that_fail_for_a_while_are_tried_again() {
    let scenario = Scenario::of_full_tables();
    let expected = expected(&scenario).await;
    for fault in [Fault::ErrorBefore, Fault::Throttle] {
        // Every other put of an object that decides fails.
        let script = || {
            let puts = std::sync::atomic::AtomicU64::new(0);
            Script::of(move |call| {
                let is_even = || puts.fetch_add(1, std::sync::atomic::Ordering::SeqCst).is_multiple_of(2);
                (decides(call) && is_even()).then_some(fault)
            })
        };
        at_once(&scenario, &expected, script).await;
    }
}

#[tokio::test]
async fn trouble_that_stays_is_told_and_not_tried_again() {
    let scenario = Scenario::of_full_tables();
    let disk = Disk::new();
    let store = FaultStore::new(disk.store(), Script::each(Operation::Put, "_delta_log/", Fault::Full));
    let process = Process::start(&disk, &store, scenario.revisions[0].path()).await.unwrap();
    let report = process.reconcile().await.unwrap();
    let outcome = report.outcomes.first().expect("a step");
    assert_eq!(outcome.code, Some(Code::STORE_UNAVAILABLE));
    assert!(outcome.message.as_ref().is_some_and(|text| text.contains("no space left")), "{outcome:?}");
    let tries = store.history().iter().filter(|event| event.outcome == Outcome::Faulted(Fault::Full)).count();
    assert_eq!(tries, 1);
}

#[tokio::test]
async fn what_failed_for_the_store_is_tried_again_soon_whatever_became_of_revisions_before() {
    let scenario = Scenario::of_full_tables();
    let (disk, meant) = (Disk::new(), weft_testkit::Manifests::copy_of(scenario.revisions[0].path()));
    let store = FaultStore::new(disk.store(), Script::sound());
    let process = Process::start(&disk, &store, meant.path()).await.unwrap();
    let mut last = None;
    for (number, revision) in scenario.revisions.iter().enumerate() {
        for file in ["orders/data/lines.csv", "summary/transforms/large.sql"] {
            let path = format!("products/sales/{file}");
            meant.write(&path, revision.text(&path));
        }
        store.follow(Script::each(Operation::Put, "_delta_log/", Fault::Full));
        // Each time it waits for twice as long, and for the first time of a revision for two seconds.
        for wait in [0, 2, 4] {
            if wait > 0 {
                process.pass(TimeDelta::milliseconds(wait * 1_000 - 1));
                assert!(process.controller().catch_up(&mut last).await.unwrap().is_none(), "{number}: before {wait} s");
                process.pass(TimeDelta::milliseconds(1));
            }
            let report = process.controller().catch_up(&mut last).await.unwrap().expect("a report");
            let is_of_the_store = report.outcomes.iter().any(|outcome| outcome.code == Some(Code::STORE_UNAVAILABLE));
            assert!(is_of_the_store, "{number}, {wait} s: {report:?}");
        }
        if number > 0 {
            store.follow(Script::sound());
            process.pass(TimeDelta::seconds(8));
            assert!(process.controller().catch_up(&mut last).await.unwrap().expect("a report").is_complete());
        }
    }
}

#[tokio::test]
async fn a_delayed_store_changes_nothing() {
    let scenario = Scenario::of_full_tables();
    let expected = expected(&scenario).await;
    at_once(&scenario, &expected, || Script::of(|call| Some(Fault::Delay((call.number % 7) as u32)))).await;
}

#[tokio::test]
async fn a_port_that_asks_for_it_is_tried_again_within_the_run() {
    for (asks, is_complete) in [(true, true), (false, false)] {
        let scenario = Scenario::of_full_tables();
        let manifests = &scenario.revisions[0];
        if asks {
            let transform = "          kind: full\n          sql: transforms/totals.sql\n";
            let resources = "      - {property: resources, vendor: weft, value: {memory: 1 GiB, retries: 2}}\n";
            let product = "products/sales/summary/product.odps.yaml";
            manifests.edit(product, transform, &format!("{transform}{resources}"));
        }
        // Data files of one table cannot be put twice, then they can.
        let failed = std::sync::atomic::AtomicU64::new(0);
        let script = Script::of(move |call| {
            let is_rows = call.is(Operation::Put, "sales/summary/totals/part-");
            let is_early = is_rows && failed.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2;
            is_early.then_some(Fault::ErrorBefore)
        });
        let disk = Disk::new();
        let store = FaultStore::new(disk.store(), script);
        let process = Process::start(&disk, &store, manifests.path()).await.unwrap();
        let report = process.reconcile().await.unwrap();
        assert_eq!(report.is_complete(), is_complete, "{report:?}");
    }
}
