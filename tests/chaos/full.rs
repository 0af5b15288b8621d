//! Disks that are full.

use weft_model::Code;
use weft_testkit::faults::{Fault, FaultStore, Operation, Script};

use crate::disk::Disk;
use crate::process::Process;
use crate::scenario::{Scenario, expected};
use crate::sound::Sound;

#[tokio::test]
async fn a_full_disk_is_told_and_the_same_process_goes_on_when_there_is_room_again() {
    let scenario = Scenario::of_full_tables();
    let expected = expected(&scenario).await;
    let sound = Sound(&expected);
    for part in [".parquet", "_delta_log/", "_releases/"] {
        let disk = Disk::new();
        let store = FaultStore::new(disk.store(), Script::sound());
        let process = Process::start(&disk, &store, scenario.revisions[0].path()).await.unwrap();
        assert!(process.reconcile().await.unwrap().is_complete());
        let served = process.published();
        drop(process);

        let process = Process::start(&disk, &store, scenario.revisions[1].path()).await.unwrap();
        store.follow(Script::each(Operation::Put, part, Fault::Full));
        let (code, text) = match process.reconcile().await {
            Ok(report) => {
                let outcome = report.outcomes.first().cloned().expect("a step");
                (outcome.code, outcome.message.unwrap_or_default())
            }
            Err(error) => (Some(error.code()), error.to_string()),
        };
        assert_eq!(code, Some(Code::STORE_UNAVAILABLE), "{part}: {text}");
        assert!(text.contains("no space left"), "{part}: {text}");
        assert_eq!(process.published().releases, served.releases, "{part}: readers see what they saw");
        assert_eq!(process.ask("select count(*) from sales.orders.lines").await.unwrap(), ["30"]);
        sound.is_stored(&disk).await;

        store.follow(Script::sound());
        assert!(process.reconcile().await.unwrap().is_complete(), "{part}");
        sound.is_stored(&disk).await;
        assert_eq!(process.ask("select count(*) from sales.orders.lines").await.unwrap(), ["45"]);
    }
}
