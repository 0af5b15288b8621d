//! A mesh as files, written by a test.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder of files that is gone with the value.
#[derive(Debug)]
pub struct Manifests {
    folder: TempDir,
}

impl Manifests {
    /// An empty folder.
    pub fn empty() -> Self {
        Manifests { folder: TempDir::new().expect("a temporary folder") }
    }

    /// A copy of another folder's `products/`, `governance/` and `mesh.yaml`, as far as they exist.
    pub fn copy_of(mesh: &Path) -> Self {
        let manifests = Manifests::empty();
        for name in ["products", "governance", "mesh.yaml"] {
            copy(&mesh.join(name), &manifests.path().join(name));
        }
        manifests
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders that it needs.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        let full = self.path().join(path);
        fs::create_dir_all(full.parent().expect("a file lies in a folder")).expect("a new folder");
        fs::write(full, content).expect("a new file");
        self
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
    }

    /// Replaces a part of a file's text, which must be there.
    pub fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.text(path);
        assert!(text.contains(from), "{path} holds no `{from}`");
        self.write(path, text.replacen(from, to, 1))
    }

    /// Removes a file or a folder.
    pub fn remove(&self, path: &str) -> &Self {
        let full: PathBuf = self.path().join(path);
        if full.is_dir() { fs::remove_dir_all(&full) } else { fs::remove_file(&full) }
            .expect("what is removed is there");
        self
    }
}

/// The smallest mesh that serves something: `sales.orders.lines`, three rows from a CSV file, which
/// `ana` reads and `nobody` does not know of.
pub fn minimal_mesh() -> Manifests {
    let manifests = Manifests::empty();
    manifests
        .write("governance/model.conf", include_str!("../../../governance/model.conf"))
        .write("governance/principals.yaml", include_str!("minimal/principals.yaml"))
        .write("products/sales/domain.yaml", include_str!("minimal/domain.yaml"))
        .write("products/sales/access.csv", include_str!("minimal/access.csv"))
        .write("products/sales/orders/product.odps.yaml", include_str!("minimal/product.odps.yaml"))
        .write("products/sales/orders/contracts/lines.odcs.yaml", include_str!("minimal/lines.odcs.yaml"))
        .write("products/sales/orders/data/lines.csv", "order_id,amount\n1,10.50\n2,20.00\n3,\n");
    manifests
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a new folder");
        for entry in fs::read_dir(from).expect("a folder that can be read") {
            let entry = entry.expect("an entry that can be read");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else if from.is_file() {
        fs::copy(from, to).expect("a file that can be copied");
    }
}
