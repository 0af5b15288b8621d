//! Logs of the mesh's own tables that are damaged, lie, or were written to by somebody else.

use bytes::Bytes;
use object_store::path::Path;
use weft_reconcile::OutcomeStatus;
use weft_testkit::Manifests;
use weft_testkit::faults::{FaultStore, Script};

use crate::disk::Disk;
use crate::process::Process;
use crate::scenario::Scenario;

const LOG: &str = "orders/lines/_delta_log";
const ROWS: &str = "select * from sales.orders.lines order by order_id";
/// Commits until the log was summed up, and two more.
const COMMITS: u32 = 27;
const SUMMED_UP: u64 = 24;

/// What an object of the log is made into; `None` where it goes.
type Spoil = fn(&[u8]) -> Option<Vec<u8>>;

/// What is spoilt, which object of the log that is, how, and whether nothing can be read then. Else what is read must be
/// right.
const CASES: [(&str, &str, Spoil, bool); 11] = [
    ("the served commit is gone", "00026.json", |_| None, true),
    ("a commit since the checkpoint is gone", "00025.json", |_| None, true),
    ("a commit from before the checkpoint is gone", "00003.json", |_| None, false),
    ("a commit is cut off", "00025.json", |whole| Some(whole[..whole.len() / 2].to_vec()), true),
    ("a commit is other bytes", "00026.json", |_| Some(b"PAR1 and \xff\xfe".to_vec()), true),
    ("the checkpoint is cut off", ".checkpoint", |whole| Some(whole[..whole.len() / 2].to_vec()), true),
    ("the checkpoint is no Parquet", ".checkpoint", |_| Some(b"no Parquet at all".to_vec()), true),
    ("the checkpoint is empty", ".checkpoint", |_| Some(Vec::new()), true),
    ("the checkpoint is gone", ".checkpoint.parquet", |_| None, true),
    (
        "the last checkpoint is said to be one to come",
        "_last_checkpoint",
        |_| Some(br#"{"version":99,"size":3}"#.to_vec()),
        false,
    ),
    ("the last checkpoint is said in words", "_last_checkpoint", |_| Some(b"the newest".to_vec()), false),
];

/// A mesh whose table has a log with a checkpoint.
async fn grown(disk: &Disk) -> (Manifests, Vec<String>) {
    let scenario = Scenario::of_full_tables();
    let mesh = Manifests::copy_of(scenario.revisions[0].path());
    let file = "products/sales/orders/data/lines.csv";
    let (store, begun) = (FaultStore::new(disk.store(), Script::sound()), mesh.text(file));
    let process = Process::start(disk, &store, mesh.path()).await.unwrap();
    for n in 0..COMMITS {
        mesh.write(file, format!("{begun}{},1.00\n", 1_000 + n));
        assert!(process.reconcile().await.unwrap().is_complete());
    }
    let rows = process.ask(ROWS).await.unwrap();
    assert_eq!(disk.table("sales/orders/lines").versions().await.len(), COMMITS as usize);
    assert_eq!(disk.objects(&format!("{LOG}/{SUMMED_UP:020}.checkpoint")).await.len(), 1);
    (mesh, rows)
}

/// A process that knows nothing from before, on what the disk holds now.
async fn started(disk: &Disk, mesh: &Manifests) -> Process {
    let store = FaultStore::new(disk.store(), Script::sound());
    Process::start(disk, &store, mesh.path()).await.unwrap()
}

#[tokio::test]
async fn what_cannot_be_read_right_is_an_error_and_other_tables_are_fine() {
    let disk = Disk::new();
    let (mesh, sound) = grown(&disk).await;
    for (name, object, spoil, is_fatal) in CASES {
        let objects = disk.objects(LOG).await;
        let path: Vec<&Path> = objects.iter().filter(|path| path.as_ref().contains(object)).collect();
        assert_eq!(path.len(), 1, "{name}: {objects:?}");
        let body: Bytes = disk.get(path[0]).await;
        match spoil(&body) {
            Some(other) => disk.put(path[0], other).await,
            None => disk.delete(path[0]).await,
        }
        let process = started(&disk, &mesh).await;
        process.reconcile().await.unwrap();
        match process.ask(ROWS).await {
            Ok(rows) => assert!(!is_fatal && rows == sound, "{name}: {} rows", rows.len()),
            Err(error) => assert!(is_fatal && error.contains("`sales.orders.lines` cannot be read"), "{name}: {error}"),
        }
        assert_eq!(process.ask("select orders from sales.summary.totals").await.unwrap(), ["31"], "{name}");
        disk.put(path[0], body).await;
    }
}

#[tokio::test]
async fn what_another_wrote_that_nobody_knows_is_neither_served_nor_written_upon() {
    let disk = Disk::new();
    let (mesh, sound) = grown(&disk).await;
    let (begin, next) =
        (r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7"#, format!("{LOG}/{COMMITS:020}.json"));
    let line = format!(r#"{begin},"readerFeatures":["undoneTomorrow"],"writerFeatures":["undoneTomorrow"]}}}}"#);
    disk.put(&Path::from(format!("mesh/sales/{next}")), line + "\n").await;
    let process = started(&disk, &mesh).await;
    process.reconcile().await.unwrap();
    assert_eq!(process.ask(ROWS).await.unwrap(), sound);

    mesh.write("products/sales/orders/data/lines.csv", "order_id,amount\n1,1.00\n");
    let report = process.reconcile().await.unwrap();
    let outcome = report.outcomes.iter().find(|outcome| outcome.port.port.as_str() == "lines").expect("a step");
    assert_eq!(outcome.status, OutcomeStatus::Failed, "{report:?}");
    assert!(format!("{report:?}").contains("undoneTomorrow"), "{report:?}");
    assert_eq!(process.ask(ROWS).await.unwrap(), sound);
}
