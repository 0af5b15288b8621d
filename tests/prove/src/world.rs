//! One world: a mesh over generated manifests, built by the controller and asked through the engine.

use std::collections::HashMap;
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
use weft_testkit::{FixedClock, Manifests};

/// A mesh that serves. Gone with the value, files and all.
pub(crate) struct World {
    engine: Arc<Engine>,
    policies: Arc<Policies>,
    _folders: (Manifests, TempDir),
}

impl World {
    /// Builds the mesh of `manifests`. Its tables lie in files of at most `file_bytes`.
    ///
    /// Panics where a product is not published: then there would be nothing to prove.
    pub(crate) async fn build(manifests: Manifests, file_bytes: Option<u64>) -> Self {
        let home = TempDir::new().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::at("2020-06-01T12:00:00Z"));
        let source: Arc<dyn RevisionSource> = source::open_directory(manifests.path()).unwrap().into();
        let url: String = Url::from_directory_path(home.path()).unwrap().into();
        let warehouse = Warehouse::open(&url, &HashMap::new()).unwrap();
        let warehouse = match file_bytes {
            Some(bytes) => warehouse.with_file_bytes(bytes),
            None => warehouse,
        };
        let catalog = Arc::new(Catalog::open(&home.path().join("catalog.db"), Arc::clone(&clock)).await.unwrap());
        let policies = Arc::new(Policies::granting(catalog.grants()));
        let engine = Engine::new(weft_engine::Parts {
            catalog: Arc::clone(&catalog),
            policies: Arc::clone(&policies),
            warehouse: warehouse.clone(),
            clock: Arc::clone(&clock),
            limits: Limits { memory_bytes_max: 256 << 20, ..Limits::default() },
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
            sources: SourceLimits { local_files: true, options: HashMap::new() },
        });
        let report = controller.reconcile(&source.newest().unwrap()).await.unwrap();
        let products = catalog.published().releases.len();
        assert_eq!(products, 3, "the generated mesh is not served: {report:#?}");
        World { engine, policies, _folders: (manifests, home) }
    }

    pub(crate) fn session(&self, who: &str) -> Session {
        let principal = self.policies.principals().find(who).unwrap();
        self.engine.session(principal, SessionOptions::default())
    }
}
