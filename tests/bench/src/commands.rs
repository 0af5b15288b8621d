//! How long the command line takes over a large mesh, and how much memory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use tempfile::TempDir;
use weft_catalog::Catalog;
use weft_manifest::source;
use weft_model::{Clock, PortRelease, Release};
use weft_reconcile::Known;
use weft_testkit::{FixedClock, Repository};

use crate::large_mesh::{self, PRODUCTS};
use crate::line;

const ROUNDS: usize = 5;
const MIB: f64 = 1024.0;

pub(crate) async fn measure() {
    let repository = Repository::of(large_mesh::write());
    let home = TempDir::new().unwrap();
    publish_all(&repository, home.path()).await;
    let (file, from, to) = large_mesh::a_leaf();
    repository.manifests().edit(&file, from, to);
    repository.commit("one product changes");

    let mesh = repository.path().to_str().unwrap();
    let validate = run(&["validate", mesh], "no problems in 1000 products");
    let plan = run(&["plan", mesh, "--home", home.path().to_str().unwrap()], "1 changed, 999 unchanged");
    for (what, measured) in
        [("weft validate, 1,000 products", validate), ("weft plan, one of 1,000 products changed", plan)]
    {
        line(&format!("{what}: time"), measured.time.as_secs_f64(), 1.0, "s");
        line(&format!("{what}: peak memory"), measured.peak_kib / MIB, 300.0, "MiB");
    }
    back_up_and_restore(home.path());
}

/// A catalog of 1,000 products with three objects each, into a folder and from there into an empty home.
fn back_up_and_restore(home: &Path) {
    fs::create_dir_all(home.join("keys")).unwrap();
    fs::write(home.join("keys/mask.key"), [7; 32]).unwrap();
    for n in 0..PRODUCTS {
        let product = home.join(format!("warehouse/d{}/p{n}", n % 50));
        fs::create_dir_all(product.join("rows/_delta_log")).unwrap();
        for object in ["rows/part-0.parquet", "rows/_delta_log/00000000000000000000.json", "1.json"] {
            fs::write(product.join(object), vec![b' '; 10_000]).unwrap();
        }
    }
    let elsewhere = TempDir::new().unwrap();
    let [folder, again] = ["backup", "home"].map(|name| elsewhere.path().join(name).display().to_string());
    let home = home.display().to_string();
    for arguments in [["backup", &folder, "--home", &home], ["restore", &folder, "--home", &again]] {
        let (took, _) = once(&arguments, "1000 products");
        line(&format!("weft {}, 1,000 products", arguments[0]), took.as_secs_f64(), 900.0, "s");
    }
}

struct Measured {
    time: Duration,
    peak_kib: f64,
}

/// Runs the binary beside this one and gives its median time and its highest peak. The first round fills the
/// system's caches.
fn run(arguments: &[&str], expected: &str) -> Measured {
    let (mut times, mut peak_kib) = (Vec::new(), 0.0_f64);
    for round in 0..=ROUNDS {
        let (took, peak) = once(arguments, expected);
        peak_kib = peak_kib.max(peak);
        if round > 0 {
            times.push(took);
        }
    }
    times.sort();
    Measured { time: times[times.len() / 2], peak_kib }
}

/// Runs the binary beside this one to its end, which must be good: how long it took, and its peak in KiB.
fn once(arguments: &[&str], expected: &str) -> (Duration, f64) {
    let weft = std::env::current_exe().unwrap().with_file_name("weft");
    let mut peak_kib = 0.0_f64;
    let said = TempDir::new().unwrap();
    let file = |name: &str| File::create(said.path().join(name)).unwrap();
    let began = Instant::now();
    let mut child = Command::new(&weft).args(arguments).stdout(file("1")).stderr(file("2")).spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let exit = loop {
        match child.try_wait().unwrap() {
            Some(exit) => break exit,
            None => peak_kib = peak_kib.max(resident_peak(&status)),
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let took = began.elapsed();
    let said = ["1", "2"].map(|name| fs::read_to_string(said.path().join(name)).unwrap()).concat();
    assert!(exit.success() && said.contains(expected), "{arguments:?} says: {said:.4000}");
    (took, peak_kib)
}

/// The most memory that a process held so far, in KiB; 0 where Linux does not tell.
fn resident_peak(status: &Path) -> f64 {
    let status = fs::read_to_string(status).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0.0)
}

/// Fills a home's catalog as if every product had been built from the repository's newest commit.
async fn publish_all(repository: &Repository, home: &Path) {
    let source = source::open(repository.path().to_str().unwrap(), &home.join("mirrors")).unwrap();
    let tree = source.newest().and_then(|revision| source.tree(&revision)).unwrap();
    let nothing = Known::nothing();
    let checked = weft_reconcile::check(&tree, &nothing).await;
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics.first());
    let plan = weft_reconcile::plan(&checked.declared, &nothing, &checked.reviews);
    assert_eq!(plan.steps.len(), PRODUCTS);
    let release = |product: &weft_model::DataProduct| Release {
        number: 1,
        revision: tree.revision.clone(),
        plan: plan.id(),
        at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        product: product.clone(),
        domain: checked.declared.domains[&product.name.domain].clone(),
        rolled_back: None,
        archived: Default::default(),
        ports: plan
            .steps
            .iter()
            .filter(|step| step.port.product_ref() == product.name)
            .map(|step| {
                let port = PortRelease {
                    location: Some(step.port.to_string().replace('.', "/")),
                    table_version: Some(0),
                    fingerprint: step.fingerprint.clone().unwrap(),
                    rows: Some(1),
                    bytes: Some(1_000),
                    inputs: std::collections::BTreeMap::new(),
                    refreshed_at: None,
                    lineage: weft_model::ColumnLineage::default(),
                };
                (step.port.port.clone(), port)
            })
            .collect(),
    };
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at("2026-06-01T12:00:00Z"));
    let catalog = Catalog::open(&home.join("catalog.db"), clock).await.unwrap();
    catalog.publish(checked.declared.products.iter().map(release).collect()).await.unwrap();
    catalog.set_revision(&tree.revision).await.unwrap();
    catalog.close().await;
}
