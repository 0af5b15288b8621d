//! Catalogs that are lost or damaged.

use std::fs;

use weft_model::Code;
use weft_testkit::faults::{FaultStore, Script};

use crate::disk::Disk;
use crate::process::Process;
use crate::scenario::Scenario;

async fn start(disk: &Disk, scenario: &Scenario, revision: usize) -> Process {
    let store = FaultStore::new(disk.store(), Script::sound());
    Process::start(disk, &store, scenario.revisions[revision].path()).await.expect("it starts")
}

#[tokio::test]
async fn a_lost_catalog_is_rebuilt_as_it_was() {
    let (scenario, disk) = (Scenario::of_full_tables(), Disk::new());
    for revision in 0..scenario.revisions.len() {
        let process = start(&disk, &scenario, revision).await;
        assert!(process.reconcile().await.unwrap().is_complete());
        let before = process.published();
        drop(process);
        disk.lose_catalog();
        let process = start(&disk, &scenario, revision).await;
        assert_eq!(process.published().releases, before.releases);
        let report = process.reconcile().await.unwrap();
        assert!(report.is_complete() && report.outcomes.is_empty(), "nothing is made anew: {report:?}");
        assert_eq!(process.published().releases, before.releases);
    }
}

#[tokio::test]
async fn a_catalog_that_is_none_any_more_is_an_error_that_says_so() {
    let (scenario, disk) = (Scenario::of_full_tables(), Disk::new());
    let process = start(&disk, &scenario, 0).await;
    assert!(process.reconcile().await.unwrap().is_complete());
    drop(process);
    disk.lose_catalog();
    fs::write(disk.catalog(), vec![0x5A; 64 << 10]).unwrap();
    let store = FaultStore::new(disk.store(), Script::sound());
    let error = match Process::start(&disk, &store, scenario.revisions[0].path()).await {
        Ok(_) => panic!("it must not start"),
        Err(error) => error,
    };
    assert_eq!(error.code(), Code::CATALOG_UNAVAILABLE, "{error}");
    assert!(error.to_string().contains("not a database"), "{error}");
}
