//! What the handlers stand on.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Notify, watch};
use weft_catalog::{Catalog, CatalogView};
use weft_engine::Engine;
use weft_governance::Policies;
use weft_identity::{Authenticator, HookSecret};
use weft_model::{Clock, Principal};
use weft_reconcile::Controller;

/// What the handlers stand on. Cheap to clone.
#[derive(Clone)]
pub struct Doors {
    pub catalog: Arc<Catalog>,
    pub policies: Arc<Policies>,
    /// Answers SQL.
    pub engine: Arc<Engine>,
    pub authenticator: Arc<Authenticator>,
    pub clock: Arc<dyn Clock>,
    /// True from the end of the first reconcile on.
    pub ready: watch::Receiver<bool>,
    /// What the git host of the mesh signs its push hooks with.
    pub hook: HookSecret,
    /// Told when somebody pushed, by whoever could prove it.
    pub pushed: Arc<Notify>,
    /// Rolls products back.
    pub controller: Arc<Controller>,
    /// URL of the Flight SQL door, which clients are told.
    pub flight: String,
    pub metrics: PrometheusHandle,
}

impl Doors {
    /// The catalog as `principal` may see it at this moment.
    pub(crate) fn view(&self, principal: &Principal) -> CatalogView {
        // What is published first, policies after it: see `Catalog::view_of`.
        let published = self.catalog.published();
        self.catalog.view_of(published, self.policies.current(), principal, self.clock.now())
    }
}
