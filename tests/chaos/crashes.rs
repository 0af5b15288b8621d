//! Processes that die anywhere, and start again.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::TimeDelta;
use fastrand::Rng;
use weft_testkit::faults::{Fault, FaultStore, Operation, Outcome, Script};

use crate::disk::Disk;
use crate::process::Process;
use crate::scenario::{Expected, Scenario, decides, expected};
use crate::seeds::{for_each, seeds};
use crate::sound::Sound;

/// Runs of each scenario in `make test`; `make chaos` makes more.
const RUNS: u64 = 100;
/// How often a process that hears errors tries again before its trouble counts as one that does not pass.
const TRIES: usize = 4;

/// A death as often as any other fault.
const FAULTS: [Fault; 8] = [
    Fault::DieBefore,
    Fault::DieBefore,
    Fault::DieAfter,
    Fault::DieAfter,
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::Throttle,
    Fault::StaleList,
];

#[test]
fn after_any_crash_the_mesh_is_as_if_there_had_been_none() {
    holds_for(&Scenario::of_full_tables());
}

#[test]
fn after_any_crash_a_table_that_grows_has_each_row_once() {
    holds_for(&Scenario::of_a_table_that_grows());
}

fn holds_for(scenario: &Scenario) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let expected = runtime.block_on(expected(scenario));
    let seeds = seeds(RUNS);
    let (runs, deaths) = (seeds.end - seeds.start, Deaths::default());
    for_each(seeds, |seed| run(seed, scenario, &expected, &deaths));
    let deaths = deaths.0.into_inner().unwrap();
    #[expect(clippy::print_stdout, reason = "what `make chaos` tells")]
    {
        println!("deaths by the kind of object that was put: {deaths:?}");
    }
    let missing = KINDS.iter().find(|kind| !deaths.contains_key(**kind));
    assert!(runs < RUNS || missing.is_none(), "in {runs} runs no process died over {missing:?}");
}

/// What a process may be about to put, or have put, when it dies.
const KINDS: [&str; 4] = [".parquet", "_delta_log/", "_releases/", "_fence/"];

/// How many processes died over an object of each kind.
#[derive(Default)]
struct Deaths(Mutex<BTreeMap<&'static str, usize>>);

impl Deaths {
    fn note(&self, store: &FaultStore) {
        let history = store.history();
        let Some(death) = history.iter().find(|event| event.outcome == Outcome::Dead) else { return };
        if let Some(kind) = KINDS.iter().find(|kind| death.call.is(Operation::Put, kind)) {
            *self.0.lock().unwrap().entry(*kind).or_default() += 1;
        }
    }
}

/// One mesh, whose processes meet one fault each until the last comes to the end.
async fn run(seed: u64, scenario: &Scenario, expected: &[Expected], deaths: &Deaths) {
    let mut chance = Rng::with_seed(seed);
    let (disk, sound) = (Disk::new(), Sound(expected));
    let mut revision = 0;
    for _ in 0..chance.usize(1..=4) {
        let fault = *chance.choice(&FAULTS).unwrap();
        let of = &expected[revision];
        // Half of them where something is decided: that is where something can be lost or doubled.
        let script = match chance.bool() {
            true => Script::nth(chance.u64(1..=of.decisions), fault, decides),
            false => Script::at(chance.u64(1..=of.calls), fault),
        };
        let store = FaultStore::new(disk.store(), script);
        live(&disk, &store, scenario, revision, &sound).await;
        deaths.note(&store);
        sound.is_stored(&disk).await;
        if chance.u8(0..4) == 0 {
            disk.lose_catalog();
        }
        // The source may have moved on, whether or not the process came to the end.
        revision = scenario.last().min(revision + chance.usize(0..=1));
    }
    let store = FaultStore::new(disk.store(), Script::sound());
    let process = Process::start(&disk, &store, scenario.revisions[scenario.last()].path()).await.expect("it starts");
    sound.is_served_whole(&process.published());
    let report = process.reconcile().await.expect("nothing goes wrong any more");
    assert!(report.is_complete(), "{report:?}");
    sound.is_stored(&disk).await;
    sound.is_finished(&disk, &process.published()).await;
}

/// A process from its start until it has brought the mesh to the revision, or dies, or does not start.
async fn live(disk: &Disk, store: &FaultStore, scenario: &Scenario, revision: usize, sound: &Sound<'_>) {
    let mesh = scenario.revisions[revision].path();
    let started = tokio::select! {
        biased;
        () = store.died() => return,
        started = Process::start(disk, store, mesh) => started,
    };
    // One that hears an error while it starts ends.
    let Ok(process) = started else { return };
    sound.is_served_whole(&process.published());
    let mut last = None;
    for _ in 0..TRIES {
        let reader = |published: &_| sound.is_served_whole(published);
        match process.watched(process.controller().catch_up(&mut last), reader).await {
            None => return,
            Some(Ok(Some(report))) if report.is_complete() => return,
            // Trouble that passed. It is taken up again by itself: nobody commits anything meanwhile.
            Some(_) => process.pass(TimeDelta::hours(1)),
        }
    }
    panic!("one fault, and it never came to the end: {:?}", store.history());
}
