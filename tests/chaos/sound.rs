//! What must hold of a store whatever happened to the processes that wrote it.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::{PortRef, ProductRef, Published, Release, Revision};

use crate::disk::Disk;
use crate::scenario::Expected;

/// What a run is held against.
pub(crate) struct Sound<'a>(pub(crate) &'a [Expected]);

impl Sound<'_> {
    /// Each release that is served is one of a whole product, made from one revision.
    pub(crate) fn is_served_whole(&self, published: &Published) {
        for release in published.releases.values() {
            self.is_whole(release);
        }
    }

    /// The store as any reader finds it: versions and releases without gaps, each release whole and another than the one
    /// before, and the rows of each those of its revision.
    pub(crate) async fn is_stored(&self, disk: &Disk) {
        let releases = disk.releases().await;
        let mut numbers: BTreeMap<&ProductRef, Vec<u64>> = BTreeMap::new();
        let mut last: BTreeMap<&ProductRef, &Release> = BTreeMap::new();
        for release in &releases {
            self.is_whole(release);
            let before = last.insert(&release.product.name, release);
            assert!(!before.is_some_and(|before| before.repeats(release)), "{} is released again", release.number);
            numbers.entry(&release.product.name).or_default().push(release.number);
            for (name, port) in &release.ports {
                let rows = disk.rows_of(port).await;
                let expected = &self.at(&release.revision).rows[&release.product.name.port(name)];
                assert_eq!(&rows, expected, "{}.{name} in release {}", release.product.name, release.number);
                assert_eq!(port.rows, Some(rows.len() as u64), "rows that the release tells of {name}");
            }
        }
        for (product, numbers) in numbers {
            let gapless: Vec<u64> = (1..=numbers.len() as u64).collect();
            assert_eq!(numbers, gapless, "releases of {product}");
        }
        for port in self.ports() {
            log_is_sound(disk, port).await;
        }
    }

    /// The newest release of every product is of the newest revision's state, and is what the catalog serves.
    pub(crate) async fn is_finished(&self, disk: &Disk, published: &Published) {
        let last = self.0.last().expect("a revision");
        let releases = disk.releases().await;
        let newest: BTreeMap<_, _> = releases.iter().map(|release| (&release.product.name, release)).collect();
        for (product, ports) in &last.products {
            let release = newest.get(product).unwrap_or_else(|| panic!("{product} was never released"));
            assert_eq!(&made_from(release), ports, "{product} is released as it is declared");
            assert!(published.releases[product].same_state_as(release), "the catalog serves what is released");
        }
    }

    fn is_whole(&self, release: &Release) {
        let product = &release.product.name;
        let expected = &self.at(&release.revision).products[product];
        assert_eq!(&made_from(release), expected, "{product}, release {}, is not whole", release.number);
    }

    fn at(&self, revision: &Revision) -> &Expected {
        self.0.iter().find(|expected| expected.revision == *revision).expect("a revision of the scenario")
    }

    fn ports(&self) -> BTreeSet<&PortRef> {
        self.0.iter().flat_map(|expected| expected.rows.keys()).collect()
    }
}

fn made_from(release: &Release) -> BTreeMap<weft_model::PortName, String> {
    release.ports.iter().map(|(name, port)| (name.clone(), port.fingerprint.clone())).collect()
}

/// Versions without a gap, no operation twice, and writers in the order in which they took over.
async fn log_is_sound(disk: &Disk, port: &PortRef) {
    let table = disk.table(&weft_storage::Warehouse::location_of(port));
    let versions = table.versions().await;
    let gapless: Vec<u64> = (0..versions.len() as u64).collect();
    assert_eq!(versions, gapless, "versions of {port}");
    let (mut operations, mut fence) = (BTreeSet::new(), 0);
    for version in versions {
        let operation = table.note(version, "weft.operationId").await.to_string();
        assert!(operations.insert(operation.clone()), "operation {operation} was committed twice to {port}");
        let writer = table.note(version, "weft.fence").await.as_u64().expect("a fencing token");
        assert!(writer >= fence, "{port} {version} was written by {writer} after {fence}");
        fence = writer;
    }
}
