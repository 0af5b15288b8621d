//! A mesh that is published and asked within this process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use url::Url;
use weft_catalog::Catalog;
use weft_engine::{Engine, Limits, MaskKey, Session, SessionOptions};
use weft_governance::Policies;
use weft_manifest::source::{self, RevisionSource};
use weft_model::Clock;
use weft_reconcile::{Controller, Parts, Silent};
use weft_storage::{SourceLimits, Warehouse};
use weft_testkit::FixedClock;

/// What asks, the folder of its tables, and the folder of both, which is removed when it is dropped.
pub(crate) struct Running {
    pub(crate) session: Session,
    pub(crate) tables: PathBuf,
    _home: TempDir,
}

/// Publishes the mesh in a folder, and gives a session of one of its users.
pub(crate) async fn start(mesh: &Path, user: &str) -> Running {
    let home = TempDir::new().unwrap();
    let tables = home.path().join("warehouse");
    std::fs::create_dir_all(&tables).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at("2020-06-01T12:00:00Z"));
    let source: Arc<dyn RevisionSource> = source::open_directory(mesh).unwrap().into();
    let url: String = Url::from_directory_path(&tables).unwrap().into();
    let warehouse = Warehouse::open(&url, &HashMap::new()).unwrap();
    let catalog = Arc::new(Catalog::open(&home.path().join("catalog.db"), Arc::clone(&clock)).await.unwrap());
    let policies = Arc::new(Policies::granting(catalog.grants()));
    let engine = Engine::new(weft_engine::Parts {
        catalog: Arc::clone(&catalog),
        policies: Arc::clone(&policies),
        warehouse: warehouse.clone(),
        clock: Arc::clone(&clock),
        limits: Limits::default(),
        spill: home.path().join("spill"),
        mask_key: MaskKey::new([9; 32]),
    });
    let controller = Controller::new(Parts {
        source: Arc::clone(&source),
        catalog: Arc::clone(&catalog),
        policies: Arc::clone(&policies),
        warehouse,
        engine: Arc::clone(&engine),
        clock,
        progress: Arc::new(Silent),
        sources: SourceLimits { local_files: true, ..SourceLimits::default() },
    });
    let report = controller.reconcile(&source.newest().unwrap()).await.unwrap();
    assert!(report.is_complete(), "{report:#?}");
    let user = policies.principals().find(user).unwrap();
    Running { session: engine.session(user, SessionOptions::default()), tables, _home: home }
}
