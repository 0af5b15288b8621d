//! What becomes of files that nobody needs any more, and of tables in many small ones.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use weft::Settings;
use weft::clock::SystemClock;
use weft_model::Clock;
use weft_testkit::{FixedClock, TestMesh, minimal_mesh};

use crate::asking::ask;

const SEED: &str = "products/sales/orders/data/lines.csv";
const SUM: &str = "select count(*), sum(amount) from sales.orders.lines";

fn data_files(home: &Path, table: &str) -> usize {
    let table = home.join("warehouse").join(table);
    let names = std::fs::read_dir(table).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".parquet")).count()
}

#[tokio::test]
async fn files_of_releases_go_thirty_days_after_another_took_their_place() {
    let manifests = minimal_mesh();
    let home = TempDir::new().unwrap();
    // Files are dated by the machine's own clock.
    let clock = Arc::new(FixedClock::at(&SystemClock.now().to_rfc3339()));
    let settings = Settings::local(manifests.path().display().to_string(), home.path());
    let mesh = TestMesh::start_with(settings, home, Arc::clone(&clock) as _).await.unwrap();
    for amount in [1, 2] {
        clock.advance(chrono::Duration::days(1));
        manifests.write(SEED, format!("order_id,amount\n1,{amount}\n"));
        assert!(mesh.reconcile().await.is_complete());
    }
    let files = || data_files(mesh.home(), "sales/orders/lines");
    assert_eq!((mesh.tidy().await, files()), (0, 3));
    clock.advance(chrono::Duration::days(30));
    assert_eq!((mesh.tidy().await, files()), (1, 2));
    clock.advance(chrono::Duration::days(2));
    assert_eq!((mesh.tidy().await, files()), (1, 1));
    assert_eq!(ask(&mesh, "ana", SUM).await.unwrap(), "1,2.00");
    mesh.stop().await;
}
