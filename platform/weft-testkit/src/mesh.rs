//! A mesh that runs in the test's own process, on free ports.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use weft::clock::SystemClock;
use weft::home::Home;
use weft::{Mesh, Settings, StartError};
use weft_catalog::Catalog;
use weft_identity::TokenSigner;
use weft_model::Clock;
use weft_reconcile::{Report, Silent};

/// A mesh over a folder or repository, with a home that is gone with the value.
pub struct TestMesh {
    mesh: Mesh,
    clock: Arc<dyn Clock>,
    home: TempDir,
    /// What the first reconcile came to.
    pub first: Report,
}

impl TestMesh {
    /// Starts a mesh and waits for its first reconcile. It does not follow later revisions by
    /// itself: see [`TestMesh::reconcile`].
    pub async fn start(mesh: &Path) -> Self {
        let home = TempDir::new().expect("a temporary home");
        let settings = Settings::local(mesh.display().to_string(), home.path());
        TestMesh::start_with(settings, home, Arc::new(SystemClock)).await.expect("the mesh starts")
    }

    /// Starts a mesh on a home that an earlier one has left, or with settings of the test's own.
    ///
    /// # Errors
    ///
    /// If it does not start, or its first reconcile meets trouble of the platform's own.
    pub async fn start_with(settings: Settings, home: TempDir, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let mut mesh = Mesh::start(settings, Arc::clone(&clock), Arc::new(Silent)).await?;
        let first = mesh.first_reconcile().await?;
        Ok(TestMesh { mesh, clock, home, first })
    }

    /// Brings the mesh to the newest revision of its source.
    pub async fn reconcile(&self) -> Report {
        self.mesh.reconcile().await.expect("the platform has no trouble of its own")
    }

    /// Puts the mesh's tables in order; gives how many files went.
    pub async fn tidy(&self) -> u64 {
        self.mesh.tidy().await.expect("the platform has no trouble of its own").files
    }

    /// Measures what is served against its service levels, as a mesh that follows its source does every minute.
    pub async fn monitor(&self) {
        self.mesh.monitor().await.expect("the platform has no trouble of its own");
    }

    /// Reconciles if a mesh that follows its source would, now.
    pub async fn catch_up(&self) -> Option<Report> {
        self.mesh.catch_up().await.expect("the warehouse is this mesh's own")
    }

    /// What is served, and what became of each revision.
    pub fn catalog(&self) -> &Catalog {
        self.mesh.catalog()
    }

    /// URL of the HTTP door.
    pub fn http(&self) -> &str {
        &self.mesh.address().http
    }

    /// URL of the Flight SQL door.
    pub fn flight(&self) -> &str {
        &self.mesh.address().flight
    }

    /// The mesh's home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A token for `name`, good for an hour.
    pub fn token(&self, name: &str) -> String {
        let signer = TokenSigner::open_or_create(&Home::at(self.home()).keys()).expect("the mesh's key");
        signer.mint(name, chrono::Duration::hours(1), self.clock.now()).expect("a token")
    }

    /// Ends the mesh and hands over its home, for a later start on it.
    pub async fn stop(self) -> TempDir {
        self.mesh.stop().await;
        self.home
    }
}
