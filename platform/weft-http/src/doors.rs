//! What the handlers stand on.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Notify, watch};
use weft_catalog::{Catalog, CatalogView};
use weft_engine::Engine;
use weft_governance::Policies;
use weft_identity::{Authenticator, BrowserSessions, HookSecret, Oidc};
use weft_model::{Clock, Principal};
use weft_reconcile::Controller;
use weft_wire::DemoPrincipal;

use crate::site::Site;

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
    /// Browsers that are signed in.
    pub sessions: BrowserSessions,
    /// Where browsers may sign in besides.
    pub oidc: Option<Arc<Oidc>>,
    /// Where the catalog is served.
    pub site: Arc<Site>,
    pub started_at: DateTime<Utc>,
}

impl Doors {
    /// Principals as whom one may sign in by choosing them; none where this is no demo.
    pub(crate) fn demo_principals(&self) -> Vec<DemoPrincipal> {
        let principals = self.policies.principals();
        let offered = principals.demo().filter(|_| self.site.is_demo);
        offered.map(|(name, who)| DemoPrincipal { name: name.to_owned(), description: who.to_owned() }).collect()
    }

    /// The catalog as `principal` may see it at this moment.
    pub(crate) fn view(&self, principal: &Principal) -> CatalogView {
        // What is published first, policies after it: see `Catalog::view_of`.
        let published = self.catalog.published();
        self.catalog.view_of(published, self.policies.current(), principal, self.clock.now())
    }
}
