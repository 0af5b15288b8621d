//! From the names in a query to tables that the principal may read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider, TableProvider,
};
use datafusion::execution::SessionState;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use weft_catalog::CatalogView;
use weft_governance::{AccessRequest, Authorizer, Decision, ObjectRef, PolicySnapshot};
use weft_model::{Action, Column, FeaturePart, FeatureView, PortRef, Principal, Published, Transform};

use crate::audit::Decided;
use crate::barrier::{Below, Seal};
use crate::entitlement::Entitlements;
use crate::features::FeatureViews;
use crate::governed::{GovernedTable, Noted};
use crate::plans::Basis;
use crate::read::Read;
use crate::statement::{self, QueryText};
use crate::terms::{Terms, unreadable};
use crate::{Engine, Gained, Limits, QueryError, gained, system, view};

/// Where the planner looks for names of one part.
const DEFAULT_CATALOG: &str = "datafusion";
const DEFAULT_SCHEMA: &str = "public";
/// How deep views may stand on views.
const VIEWS_DEEP_MAX: usize = 8;

/// Everything that decides which tables one query sees: fixed when the query begins, so that a
/// release or a change of policy meanwhile cannot mix two states.
pub(crate) struct Namespace {
    pub(crate) engine: Arc<Engine>,
    pub(crate) principal: Principal,
    pub(crate) purpose: Option<String>,
    pub(crate) at: chrono::DateTime<chrono::Utc>,
    pub(crate) policies: Arc<PolicySnapshot>,
    pub(crate) published: Arc<Published>,
    /// What is served now, whatever is read: who is entitled is never a matter of the past.
    pub(crate) entitling: Arc<Published>,
    /// Whether a table that may be read on terms only is refused.
    pub(crate) unrestricted: bool,
    /// Inputs of which only what came is read.
    pub(crate) gained: BTreeMap<PortRef, Gained>,
    /// Of uploaded tables, those that count; all of the principal's if absent.
    pub(crate) uploads: Option<BTreeMap<String, String>>,
    pub(crate) view: CatalogView,
    pub(crate) limits: Limits,
    /// What is decided on the way, for the record.
    pub(crate) decided: Decided,
    /// What its plan turns out to read.
    pub(crate) read: Read,
    /// What its tables are opened upon.
    pub(crate) opened: Mutex<Opened>,
}

/// What decided how the tables of a query were opened.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    pub(crate) decided: Vec<(Action, PortRef, Decision)>,
    /// Feature services that it names, each with the number of the release that says what they are.
    pub(crate) services: BTreeSet<(PortRef, u64)>,
    /// Uploaded tables that it reads, by name, the id of each.
    pub(crate) uploads: BTreeMap<String, String>,
    /// Whether one is the platform's own, which is made for each query.
    pub(crate) is_fleeting: bool,
}

impl Namespace {
    /// What every barrier of this query must carry.
    pub(crate) fn seal(&self) -> Seal {
        Seal { subject: self.principal.subject(), purpose: self.purpose.clone(), policy_epoch: self.policies.epoch() }
    }

    /// The gate, then names to governed tables, then a state that knows these tables only.
    pub(crate) async fn open(&self, sql: &str, depth: usize) -> Result<(QueryText, SessionState), QueryError> {
        // What a view says is a query and nothing else.
        let query = match depth {
            0 => statement::parse_asked(sql, &self.limits, self)?,
            _ => statement::parse(sql, &self.limits)?,
        };
        let names = statement::tables_of(self.engine.base(), &query)?;
        let catalogs = self.catalogs(&names, depth).await?;
        Ok((query, self.engine.state(catalogs, &self.limits)?))
    }

    /// Catalogs that hold the named tables and nothing else.
    fn catalogs<'a>(
        &'a self,
        names: &'a BTreeSet<String>,
        depth: usize,
    ) -> BoxFuture<'a, Result<Arc<dyn CatalogProviderList>, QueryError>> {
        Box::pin(async move {
            let catalogs = MemoryCatalogProviderList::new();
            for name in names {
                if let Some(table) = self.uploaded(name, depth)? {
                    let parts = (DEFAULT_CATALOG, DEFAULT_SCHEMA, name.as_str());
                    put_at(&catalogs, parts, table).map_err(|error| QueryError::from_planning(&error))?;
                    continue;
                }
                let port: PortRef = name.parse().map_err(|_| unknown(name))?;
                let table = self.table(&port, depth).await?;
                put(&catalogs, &port, table).map_err(|error| QueryError::from_planning(&error))?;
            }
            Ok(Arc::new(catalogs) as Arc<dyn CatalogProviderList>)
        })
    }

    /// A table that the principal has uploaded. What a view says is nothing that an asker brings along.
    fn uploaded(&self, name: &str, depth: usize) -> Result<Option<Arc<dyn TableProvider>>, QueryError> {
        if depth > 0 || name.contains('.') {
            return Ok(None);
        }
        let upload = self.engine.uploads.get(&self.principal, name, self.at);
        let counts = |id: &String| self.uploads.as_ref().is_none_or(|uploads| uploads.get(name) == Some(id));
        let Some(upload) = upload.filter(|upload| counts(&upload.id)) else { return Ok(None) };
        let mut opened = self.opened.lock();
        opened.is_fleeting = true;
        opened.uploads.insert(name.to_owned(), upload.id.clone());
        upload.table().map(Some)
    }

    /// The table as this principal may read it. A port that may not be discovered and one that is
    /// not there give the same answer.
    async fn table(&self, port: &PortRef, depth: usize) -> Result<Arc<dyn TableProvider>, QueryError> {
        let name = port.to_string();
        if port.domain.is_reserved() {
            self.opened.lock().is_fleeting = true;
            let table = system::table(port, &self.view).await?.ok_or_else(|| unknown(&name))?;
            return self.governed(port, table, &Terms::of_platform_table(), Below::Table).await;
        }
        let discover = self.decide(Action::Discover, port);
        let Some((release, released)) = self.published.port(port).filter(|_| discover.is_allowed()) else {
            return Err(unknown(&name));
        };
        self.decided.note_opened(&release.product, &port.port, self.policies.is_restricted(port));
        let gone = || QueryError::Storage { table: name.clone() };
        let output = release.product.output(&port.port).ok_or_else(gone)?;
        let columns = &output.contract.columns;
        let decision = self.decide_read(port, columns);
        let terms = Terms::of(&name, &decision, columns)?;
        let gained = self.gained.get(port);
        // Rows are compared as they are stored, so a part of a table is only for whoever sees it whole.
        if (self.unrestricted || gained.is_some()) && !decision.obligations().is_empty() {
            return Err(QueryError::Restricted { table: name });
        }
        if let Some(gained) = gained {
            return self.part(port, gained, &terms).await;
        }
        match (&released.location, released.table_version) {
            (Some(location), Some(version)) => {
                let (warehouse, served) = (&self.engine.parts.warehouse, self.entitling.port(port));
                let is_past = served.is_some_and(|(_, served)| served.table_version > Some(version));
                let table = match is_past {
                    true => warehouse.past_table(location, version).await,
                    false => warehouse.table(location, version).await,
                };
                let table = table.map_err(|error| {
                    tracing::error!(%port, %error, "a released table cannot be opened");
                    gone()
                })?;
                self.governed(port, weft_storage::scan(table), &terms, Below::Table).await
            }
            _ => {
                let Transform::View { sql, .. } = &output.transform else { return Err(gone()) };
                if depth >= VIEWS_DEEP_MAX {
                    let problem = format!("views stand more than {VIEWS_DEEP_MAX} deep on each other");
                    return Err(QueryError::Invalid { problem });
                }
                let plan = view::plan(self, &name, sql, depth + 1).await?;
                self.governed(port, plan, &terms, Below::View).await
            }
        }
    }

    /// The rows that the table gained, each part of it behind a barrier of its own.
    async fn part(&self, port: &PortRef, gained: &Gained, terms: &Terms) -> Result<Arc<dyn TableProvider>, QueryError> {
        let came = self.governed(port, weft_storage::scan(gained.came()), terms, Below::Table).await?;
        let Some(went) = gained.went() else { return Ok(came) };
        let went = self.governed(port, weft_storage::scan(went), terms, Below::Table).await?;
        let difference = gained::difference(came, went).map_err(|error| QueryError::from_planning(&error))?;
        self.governed(port, difference, terms, Below::View).await
    }

    /// What was decided so far, and upon what.
    pub(crate) fn basis(&self) -> Basis {
        let opened = std::mem::take(&mut *self.opened.lock());
        Basis {
            published: Arc::clone(&self.published),
            policy_epoch: self.policies.epoch(),
            decided: opened.decided,
            services: opened.services,
            uploads: opened.uploads,
            is_fleeting: opened.is_fleeting,
        }
    }

    /// Whether all would be decided now as it was in `basis`, upon the same releases. It is decided and noted anew.
    pub(crate) fn stands(&self, basis: &Basis) -> bool {
        let is_same = Arc::ptr_eq(&basis.published, &self.published)
            && Arc::ptr_eq(&self.entitling, &self.published)
            && basis.policy_epoch == self.policies.epoch();
        is_same
            && basis.decided.iter().all(|(action, port, before)| self.decides(*action, port).as_ref() == Some(before))
    }

    /// Decides again what a table that is open already was opened upon.
    fn decides(&self, action: Action, port: &PortRef) -> Option<Decision> {
        if action != Action::Read {
            return Some(self.decide(action, port));
        }
        let (release, _) = self.published.port(port)?;
        self.decided.note_opened(&release.product, &port.port, self.policies.is_restricted(port));
        Some(self.decide_read(port, &release.product.output(&port.port)?.contract.columns))
    }

    fn decide(&self, action: Action, port: &PortRef) -> Decision {
        let request = self.request(action, port);
        self.noted(&request, port, self.policies.decide(&request))
    }

    fn decide_read(&self, port: &PortRef, columns: &[Column]) -> Decision {
        let request = self.request(Action::Read, port);
        self.noted(&request, port, self.policies.decide_read(&request, columns))
    }

    fn request(&self, action: Action, port: &PortRef) -> AccessRequest<'_> {
        AccessRequest {
            principal: &self.principal,
            action,
            object: ObjectRef::Port(port.clone()),
            purpose: self.purpose.as_deref(),
            at: self.at,
        }
    }

    fn noted(&self, request: &AccessRequest<'_>, port: &PortRef, decision: Decision) -> Decision {
        self.decided.note(request, port, &self.policies, &decision);
        self.opened.lock().decided.push((request.action, port.clone(), decision.clone()));
        decision
    }

    /// The table with its terms applied. Where they cannot be, it may not be read.
    async fn governed(
        &self,
        port: &PortRef,
        inner: Arc<dyn TableProvider>,
        terms: &Terms,
        below: Below,
    ) -> Result<Arc<dyn TableProvider>, QueryError> {
        let name = port.to_string();
        let closed = |why: String| unreadable(&name, &why);
        let entitled =
            Entitlements::read(&self.engine, &self.entitling, terms.conditions().iter()).await.map_err(closed)?;
        let fitted = terms.fit(&inner.schema(), &entitled, &self.engine.parts.mask_key).map_err(closed)?;
        // Who looks at the platform's own tables is nobody's concern.
        let noted = (!port.domain.is_reserved()).then(|| Noted { port: port.clone(), read: self.read.clone() });
        Ok(Arc::new(GovernedTable::new(name, inner, fitted, below, self.seal()).noted(noted)))
    }
}

impl FeatureViews for Namespace {
    fn service(&self, name: &PortRef) -> Option<Vec<FeaturePart>> {
        let release = self.published.releases.get(&name.product_ref())?;
        let service = release.product.features.iter().find(|service| service.name == name.port)?;
        if !service.parts.iter().all(|part| self.view(&part.view).is_some()) {
            return None;
        }
        self.opened.lock().services.insert((name.clone(), release.number));
        Some(service.parts.clone())
    }

    fn view(&self, port: &PortRef) -> Option<FeatureView> {
        let (release, _) = self.published.port(port)?;
        let view = release.product.output(&port.port)?.feature_view.as_ref()?;
        self.decide(Action::Discover, port).is_allowed().then(|| view.clone())
    }
}

fn unknown(name: &str) -> QueryError {
    QueryError::UnknownTable { table: name.to_owned() }
}

/// Puts a table under its three names.
pub(crate) fn put(
    catalogs: &MemoryCatalogProviderList,
    port: &PortRef,
    table: Arc<dyn TableProvider>,
) -> datafusion::error::Result<()> {
    put_at(catalogs, (port.domain.as_str(), port.product.as_str(), port.port.as_str()), table)
}

/// Puts a table under a catalog's, a schema's and its own name.
pub(crate) fn put_at(
    catalogs: &MemoryCatalogProviderList,
    (catalog, schema, name): (&str, &str, &str),
    table: Arc<dyn TableProvider>,
) -> datafusion::error::Result<()> {
    let catalog = catalogs.catalog(catalog).unwrap_or_else(|| {
        let fresh: Arc<dyn CatalogProvider> = Arc::new(MemoryCatalogProvider::new());
        catalogs.register_catalog(catalog.to_owned(), Arc::clone(&fresh));
        fresh
    });
    let schema = match catalog.schema(schema) {
        Some(schema) => schema,
        None => {
            let fresh: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
            catalog.register_schema(schema, Arc::clone(&fresh))?;
            fresh
        }
    };
    schema.register_table(name.to_owned(), table)?;
    Ok(())
}
