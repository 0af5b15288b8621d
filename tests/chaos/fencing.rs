//! Of two controllers on one warehouse, the one that came last writes.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use futures::FutureExt;
use futures::future::{Either, join, select};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use weft_model::Code;
use weft_reconcile::OutcomeStatus;
use weft_testkit::faults::{Fault, FaultStore, Operation, Script};

use crate::disk::Disk;
use crate::process::Process;
use crate::scenario::{Expected, Scenario, expected};
use crate::seeds::{for_each, seeds};
use crate::sound::Sound;

fn sound_store(disk: &Disk) -> FaultStore {
    FaultStore::new(disk.store(), Script::sound())
}

#[tokio::test]
async fn a_controller_that_was_overtaken_writes_nothing_and_serves_on() {
    let scenario = Scenario::of_full_tables();
    let expected = expected(&scenario).await;
    let one = Disk::new();
    let other = one.other_home();
    let (store, meant) = (sound_store(&one), weft_testkit::Manifests::copy_of(scenario.revisions[0].path()));
    let older = Process::start(&one, &store, meant.path()).await.unwrap();
    assert!(older.reconcile().await.unwrap().is_complete());
    let newer = Process::start(&other, &sound_store(&other), scenario.revisions[1].path()).await.unwrap();
    assert_eq!(newer.published().releases, older.published().releases, "it is rebuilt from the release objects");
    assert!(newer.reconcile().await.unwrap().is_complete());
    let left = objects(&other).await;

    for file in ["orders/data/lines.csv", "summary/transforms/large.sql"] {
        let path = format!("products/sales/{file}");
        meant.write(&path, scenario.revisions[2].text(&path));
    }
    let error = older.reconcile().await.unwrap_err();
    assert_eq!(error.code(), Code::STORE_FENCED, "{error}");
    // It is not asked again and again: following ends, and says why.
    let ended = older.controller().follow(None, |_| panic!("nothing is reconciled")).await;
    assert_eq!(ended.code(), Code::STORE_FENCED);
    assert_eq!(objects(&other).await, left, "nothing was written");
    assert_eq!(older.ask("select count(*) from sales.orders.lines").await.unwrap(), ["30"]);
    assert_eq!(newer.ask("select count(*) from sales.orders.lines").await.unwrap(), ["45"]);
    Sound(&expected).is_stored(&other).await;
}

#[tokio::test]
async fn a_commit_is_refused_to_who_was_overtaken_while_it_staged_the_rows() {
    let scenario = Scenario::of_full_tables();
    let disk = Disk::new();
    let store = overtaken_at(&disk, ".parquet");
    let process = Process::start(&disk, &store, scenario.revisions[0].path()).await.unwrap();
    let report = process.reconcile().await.unwrap();
    let outcome = report.outcomes.first().expect("a step");
    assert_eq!((outcome.status, outcome.code), (OutcomeStatus::Failed, Some(Code::STORE_FENCED)), "{report:?}");
    assert!(disk.table("sales/orders/lines").versions().await.is_empty());
    assert!(process.published().releases.is_empty());
}

#[tokio::test]
async fn a_release_is_refused_to_who_was_overtaken_after_the_commit() {
    let scenario = Scenario::of_full_tables();
    let disk = Disk::new();
    let store = overtaken_at(&disk, "_delta_log/");
    let process = Process::start(&disk, &store, scenario.revisions[0].path()).await.unwrap();
    let error = process.reconcile().await.unwrap_err();
    assert_eq!(error.code(), Code::STORE_FENCED, "{error}");
    assert_eq!(disk.table("sales/orders/lines").versions().await, [0]);
    assert!(disk.releases().await.is_empty() && process.published().releases.is_empty());
    // Whoever took over finds the commit, and releases it.
    let next = Process::start(&disk, &sound_store(&disk), scenario.revisions[0].path()).await.unwrap();
    assert!(next.reconcile().await.unwrap().is_complete());
    assert_eq!(disk.table("sales/orders/lines").versions().await, [0]);
}

const RUNS: u64 = 60;
const DELAYS: &[Fault] = &[Fault::Delay(1), Fault::Delay(4), Fault::Delay(16)];

#[test]
fn whoever_takes_over_amid_the_work_of_another_finds_and_leaves_a_sound_store() {
    let scenario = Scenario::of_full_tables();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let expected = runtime.block_on(expected(&scenario));
    let (seeds, refused) = (seeds(RUNS), AtomicU64::new(0));
    let runs = seeds.end - seeds.start;
    for_each(seeds, |seed| take_over(seed, &scenario, &expected[..2], &refused));
    assert!(runs < RUNS || refused.into_inner() > 0, "in {runs} runs nobody was refused");
}

/// One controller at work on the first revision; at a call of its store another starts, on the second.
async fn take_over(seed: u64, scenario: &Scenario, expected: &[Expected], refused: &AtomicU64) {
    let (disk, sound) = (Disk::new(), Sound(expected));
    let other = disk.other_home();
    let store = |seed| FaultStore::new(disk.store(), Script::seeded(seed, 50, 1..=u64::MAX, DELAYS));
    let (older_store, newer_store) = (store(seed), store(!seed));
    let at = Rng::with_seed(seed).u64(1..=expected[0].calls);
    let older = async {
        let process = Process::start(&disk, &older_store, scenario.revisions[0].path()).await.expect("it starts");
        let refused_with = match process.reconcile().await {
            Ok(report) => report.outcomes.iter().find_map(|outcome| outcome.code),
            Err(error) => Some(error.code()),
        };
        if refused_with == Some(Code::STORE_FENCED) {
            refused.fetch_add(1, Ordering::SeqCst);
        }
    };
    let mut calls = older_store.calls();
    let newer = async {
        let process = Process::start(&other, &newer_store, scenario.revisions[1].path()).await.expect("it starts");
        for _ in 0..TRIES {
            // What the older one put last may be in the way once: then it is found.
            if process.reconcile().await.is_ok_and(|report| report.is_complete()) {
                return process;
            }
        }
        panic!("who took over did not come to the end: {:?}", newer_store.history());
    };
    // What is waited for is let go at once, since the store writes its count there.
    let reached = pin!(async { drop(calls.wait_for(|calls| *calls >= at).await.expect("a store")) });
    let newer = match select(pin!(older), reached).await {
        Either::Left(((), _)) => newer.await,
        // Every second one that has its token stands still, as a stopped process does, until the other is done.
        Either::Right(((), older)) if seed % 2 == 1 && disk.store().head(&Path::from(FIRST_TOKEN)).await.is_ok() => {
            let newer = newer.await;
            older.await;
            newer
        }
        Either::Right(((), older)) => join(older, newer).await.1,
    };
    sound.is_stored(&disk).await;
    sound.is_finished(&disk, &newer.published()).await;
}

/// What shows that the older one is through with its start.
const FIRST_TOKEN: &str = "mesh/_fence/1.json";

/// How often who took over may find itself in the way of what was under way.
const TRIES: usize = 4;

/// A store in which another controller takes the next token at the moment of the first put of such an object.
fn overtaken_at(disk: &Disk, fragment: &'static str) -> FaultStore {
    let below = disk.store();
    let script = Script::of(move |call| {
        if call.is(Operation::Put, fragment) {
            let token = Path::from("mesh/_fence/2.json");
            let put = below.put(&token, PutPayload::from_static(b"{}"));
            put.now_or_never().expect("memory answers at once").unwrap();
        }
        None
    });
    FaultStore::new(disk.store(), script)
}

/// Everything in the store but tokens and the objects that prove it.
async fn objects(disk: &Disk) -> HashMap<String, usize> {
    use futures::TryStreamExt;
    let all: Vec<_> = disk.store().list(None).try_collect().await.unwrap();
    let all = all.into_iter().map(|object| (object.location.to_string(), object.size as usize));
    all.filter(|(path, _)| !path.contains("_fence") && !path.contains("_probe")).collect()
}
