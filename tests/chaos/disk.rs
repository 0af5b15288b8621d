//! What outlives a process: the store, and the home with its catalog.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tempfile::TempDir;
use weft_model::{PortRelease, Release};
use weft_storage::Warehouse;

use crate::delta::Table;

pub(crate) const WAREHOUSE: &str = "memory:///mesh";

/// A store in memory, and a home folder. Gone with the value.
pub(crate) struct Disk {
    store: Arc<InMemory>,
    home: TempDir,
    /// How many catalogs were lost.
    lost: AtomicU64,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Disk::over(Arc::new(InMemory::new()))
    }

    /// The same store, seen from another home.
    pub(crate) fn other_home(&self) -> Self {
        Disk::over(Arc::clone(&self.store))
    }

    fn over(store: Arc<InMemory>) -> Self {
        Disk { store, home: TempDir::new().expect("a temporary home"), lost: AtomicU64::new(0) }
    }

    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store) as Arc<dyn ObjectStore>
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    pub(crate) fn catalog(&self) -> PathBuf {
        self.home.path().join(format!("catalog-{}.db", self.lost.load(Ordering::SeqCst)))
    }

    /// Goes on without the catalog, as if its disk were lost. It stays where it is under its name: unlike a process
    /// that is killed, one that is dropped here may still be closing it.
    pub(crate) fn lose_catalog(&self) {
        self.lost.fetch_add(1, Ordering::SeqCst);
    }

    /// The table below that location, as somebody else's reader finds it.
    pub(crate) fn table(&self, location: &str) -> Table {
        Table::new(self.store(), &format!("mesh/{location}"))
    }

    /// The objects whose paths hold `fragment`.
    pub(crate) async fn objects(&self, fragment: &str) -> Vec<Path> {
        let all: Vec<_> = self.store.list(None).try_collect().await.expect("a list");
        all.into_iter().map(|object| object.location).filter(|path| path.as_ref().contains(fragment)).collect()
    }

    pub(crate) async fn get(&self, path: &Path) -> Bytes {
        self.store.get(path).await.expect("an object").bytes().await.expect("its body")
    }

    /// Puts an object in the place of another.
    pub(crate) async fn put(&self, path: &Path, body: impl Into<Bytes>) {
        self.store.put(path, PutPayload::from(body.into())).await.expect("a put");
    }

    pub(crate) async fn delete(&self, path: &Path) {
        self.store.delete(path).await.expect("it goes");
    }

    /// The rows of a port as a release serves it, in one order.
    pub(crate) async fn rows_of(&self, port: &PortRelease) -> Vec<String> {
        let location = port.location.as_deref().expect("a table, not a view");
        self.table(location).rows(port.table_version.expect("a version")).await
    }

    /// Every release object, by product and number.
    pub(crate) async fn releases(&self) -> Vec<Release> {
        let warehouse = Warehouse::over(self.store(), WAREHOUSE).expect("a warehouse");
        warehouse.releases().await.expect("release objects that can be read")
    }
}
