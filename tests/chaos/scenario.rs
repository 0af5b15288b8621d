//! What the runs build: a mesh in revisions, and what its tables hold at each.

use std::collections::BTreeMap;

use weft_manifest::source;
use weft_model::{PortName, PortRef, ProductRef, Revision};
use weft_testkit::faults::{Call, FaultStore, Operation, Script};
use weft_testkit::{Manifests, minimal_mesh};

use crate::disk::Disk;
use crate::process::Process;

const LINES: &str = "products/sales/orders/data/lines.csv";
const SUMMARY: &str = "products/sales/summary";

/// A mesh in revisions. Each is a folder of its own, and any may follow any earlier one: what a table holds at a
/// revision must not depend on which ones came before.
pub(crate) struct Scenario {
    pub(crate) revisions: Vec<Manifests>,
}

impl Scenario {
    /// `sales.orders.lines` from a file, and `sales.summary` with the ports `totals` and `large` made from it. All
    /// three change with the second revision, `large` alone with the third.
    pub(crate) fn of_full_tables() -> Self {
        Scenario { revisions: vec![mesh(30, 50), mesh(45, 50), mesh(45, 70)] }
    }

    /// The same ports, of which `large` gains the rows that `sales.orders.lines` gains with each revision, and is
    /// never made anew.
    pub(crate) fn of_a_table_that_grows() -> Self {
        let product = format!("{SUMMARY}/product.odps.yaml");
        let kind = "kind: full\n          sql: transforms/large.sql";
        let revisions = [30, 45, 60].map(|orders| mesh(orders, 50));
        for mesh in &revisions {
            mesh.edit(&product, kind, "kind: append\n          sql: transforms/large.sql");
        }
        Scenario { revisions: revisions.into() }
    }

    pub(crate) fn last(&self) -> usize {
        self.revisions.len() - 1
    }
}

/// The mesh with so many orders, whose large ones begin at that amount.
fn mesh(orders: u32, large_from: u32) -> Manifests {
    let mesh = minimal_mesh();
    let rows = (1..=orders).map(|n| format!("{n},{}.50\n", n * 17 % 97));
    mesh.write(LINES, format!("order_id,amount\n{}", rows.collect::<String>()))
        .write(&format!("{SUMMARY}/product.odps.yaml"), include_str!("mesh/product.odps.yaml"))
        .write(&format!("{SUMMARY}/contracts/totals.odcs.yaml"), include_str!("mesh/totals.odcs.yaml"))
        .write(&format!("{SUMMARY}/contracts/large.odcs.yaml"), include_str!("mesh/large.odcs.yaml"))
        .write(&format!("{SUMMARY}/transforms/totals.sql"), include_str!("mesh/totals.sql"))
        .write(
            &format!("{SUMMARY}/transforms/large.sql"),
            include_str!("mesh/large.sql").replace("50", &large_from.to_string()),
        );
    mesh
}

/// Whether an object decides something when it is put: a commit, a release or a fencing token.
pub(crate) fn decides(call: &Call) -> bool {
    ["_delta_log/", "_releases/", "_fence/"].iter().any(|folder| call.is(Operation::Put, folder))
}

/// What holds at one revision when nothing goes wrong.
pub(crate) struct Expected {
    pub(crate) revision: Revision,
    /// The rows of each table, in one order.
    pub(crate) rows: BTreeMap<PortRef, Vec<String>>,
    /// The ports of each product, and what each was made from.
    pub(crate) products: BTreeMap<ProductRef, BTreeMap<PortName, String>>,
    /// How many calls of the store a process makes that starts on what the revision before left.
    pub(crate) calls: u64,
    /// How many of them put something that decides.
    pub(crate) decisions: u64,
}

/// Brings a mesh to one revision after the other, and notes what it holds.
pub(crate) async fn expected(scenario: &Scenario) -> Vec<Expected> {
    let disk = Disk::new();
    let mut all = Vec::new();
    for manifests in &scenario.revisions {
        let store = FaultStore::new(disk.store(), Script::sound());
        let process = Process::start(&disk, &store, manifests.path()).await.expect("the process starts");
        let report = process.reconcile().await.expect("the platform has no trouble of its own");
        assert!(report.is_complete(), "{report:?}");
        let published = process.published();
        let mut rows = BTreeMap::new();
        for release in published.releases.values() {
            for (name, port) in &release.ports {
                rows.insert(release.product.name.port(name), disk.rows_of(port).await);
            }
        }
        let products = published.releases.values().map(|release| {
            let ports = release.ports.iter().map(|(name, port)| (name.clone(), port.fingerprint.clone()));
            (release.product.name.clone(), ports.collect())
        });
        let products = products.collect();
        let revision = source::open_directory(manifests.path()).unwrap().newest().unwrap();
        let history = store.history();
        let decisions = history.iter().filter(|event| decides(&event.call)).count() as u64;
        all.push(Expected { revision, rows, products, calls: history.len() as u64, decisions });
    }
    all
}
