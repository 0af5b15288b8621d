//! Data files that come back damaged.

use fastrand::Rng;
use weft_model::Code;
use weft_reconcile::OutcomeStatus;
use weft_testkit::Manifests;
use weft_testkit::faults::{Fault, FaultStore, Operation, Script};

use crate::disk::Disk;
use crate::process::Process;
use crate::scenario::{Scenario, expected};
use crate::sound::Sound;

/// Data files of `sales.orders.lines`.
const FILES: &str = "orders/lines/part-";
const ROWS: &str = "select * from sales.orders.lines order by order_id";
const FLIPS: usize = 200;

/// A mesh whose first revision is served.
async fn served(scenario: &Scenario, disk: &Disk) -> (FaultStore, Manifests, Process) {
    let store = FaultStore::new(disk.store(), Script::sound());
    let mesh = Manifests::copy_of(scenario.revisions[0].path());
    let process = Process::start(disk, &store, mesh.path()).await.unwrap();
    assert!(process.reconcile().await.unwrap().is_complete());
    (store, mesh, process)
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_an_error_and_other_products_are_fine() {
    let (scenario, disk) = (Scenario::of_full_tables(), Disk::new());
    let (store, mesh, process) = served(&scenario, &disk).await;
    let sound = process.ask(ROWS).await.unwrap();
    store.follow(Script::each(Operation::Get, FILES, Fault::Truncate));
    process.forget_files();
    for sql in
        [ROWS, "select sum(amount) from sales.orders.lines", "select count(distinct order_id) from sales.orders.lines"]
    {
        assert!(process.ask(sql).await.is_err(), "{sql}");
    }
    assert_eq!(process.ask("select orders from sales.summary.totals").await.unwrap(), ["30"]);

    // Nor is anything made from it.
    mesh.edit("products/sales/summary/transforms/large.sql", "50", "60");
    let before = process.published();
    let report = process.reconcile().await.unwrap();
    let outcome = report.outcomes.iter().find(|outcome| outcome.port.port.as_str() == "large").expect("a step");
    assert_eq!(outcome.status, OutcomeStatus::Failed, "{report:?}");
    assert_eq!(process.published().releases, before.releases);

    store.follow(Script::sound());
    process.forget_files();
    assert_eq!(process.ask(ROWS).await.unwrap(), sound);
    assert!(process.reconcile().await.unwrap().is_complete());
}

/// What is read of a bit that decompresses all the same is not known to be wrong: see `platform/docs/gaps.md`.
#[tokio::test]
async fn a_bit_that_is_another_brings_nothing_down_and_leaves_nothing_behind() {
    let (scenario, disk) = (Scenario::of_full_tables(), Disk::new());
    let (_, _mesh, process) = served(&scenario, &disk).await;
    let sound = process.ask(ROWS).await.unwrap();
    let files = disk.objects(FILES).await;
    let mut chance = Rng::with_seed(1);
    let mut errors = 0;
    for _ in 0..FLIPS {
        let file = chance.choice(&files).unwrap();
        let body = disk.get(file).await;
        let mut damaged = body.to_vec();
        let bit = chance.usize(..damaged.len() * 8);
        damaged[bit / 8] ^= 1 << (bit % 8);
        disk.put(file, damaged).await;
        process.forget_files();
        errors += usize::from(process.ask(ROWS).await.is_err());
        assert_eq!(process.ask("select orders from sales.summary.totals").await.unwrap(), ["30"]);
        disk.put(file, body).await;
        process.forget_files();
        assert_eq!(process.ask(ROWS).await.unwrap(), sound, "bit {bit} of {file}");
    }
    assert!(errors > FLIPS / 4, "most bits are noticed: {errors} of {FLIPS}");
}

#[tokio::test]
async fn a_log_that_is_cut_off_is_an_error_and_is_never_written_to() {
    let scenario = Scenario::of_full_tables();
    let expected = expected(&scenario).await;
    let disk = Disk::new();
    let (_, _, process) = served(&scenario, &disk).await;
    drop(process);
    let store = FaultStore::new(disk.store(), Script::each(Operation::Get, "lines/_delta_log/0", Fault::Truncate));
    let process = Process::start(&disk, &store, scenario.revisions[1].path()).await.unwrap();
    let report = process.reconcile().await.unwrap();
    let outcome = report.outcomes.first().expect("a step");
    assert_eq!((outcome.status, outcome.code), (OutcomeStatus::Failed, Some(Code::STORE_UNAVAILABLE)), "{report:?}");
    assert_eq!(disk.table("sales/orders/lines").versions().await, [0]);
    Sound(&expected).is_stored(&disk).await;
}
