//! The catalog through one principal's eyes. Nothing that may not be discovered is in an answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use weft_model::{
    Action, Code, Column, DomainName, InputRelease, PortRef, Principal, ProductRef, Published, Release, Revision,
    RolledBack, Severity,
};

use crate::decisions::HIDDEN;
use crate::error::CatalogError;
use crate::run::{Run, RunStatus, RunStep, StepStatus};
use crate::sight::{Authorizer, Reading, Sight};
use crate::views::{
    ColumnView, DecisionView, DomainView, InputView, Part, PortVersionView, PortView, ProductView, ReleaseView,
    RolledBackView, RunView,
};
use crate::{Catalog, audit, moment, releases, runs};

mod checks;
mod columns;
mod ended;
mod events;
mod features;
mod foreign_keys;
mod home;
mod lineage;
mod requests;
mod states;
mod story;
mod traffic;
mod usage;

pub use columns::{ContractView, KnownColumn};
pub use events::EventView;
pub use home::{HomeView, Need, OwnProduct};
pub use requests::{Given, RequestView, WantedAccess};
pub use states::PortState;
pub use story::{Story, StoryStep};

/// How many rows of history a list goes back where it is not asked in parts.
const HISTORY_MAX: i64 = 10_000;

/// How many releases are looked through for recent ones.
const RECENT_MAX: i64 = 100;

/// How many runs are read at a time while looking for those that may be seen.
const RUNS_AT_A_TIME: i64 = 100;

/// Object of the platform that stands for the decisions about everyone.
const DECISIONS: &str = "system.audit.decisions";

/// How the codes of problems in rows begin; their texts hold numbers of rows.
const DATA_CODES: &str = "W06";

/// How the step is called that ends a port.
const RETIRE: &str = "retire";

/// How a row filter is called where a decision names it.
const FILTER: &str = "row filter ";

impl Catalog {
    /// What `principal` may see of what is served now.
    ///
    /// Where policies may be replaced at the same time, use [`Catalog::view_of`].
    pub fn view(&self, policies: Arc<dyn Authorizer>, principal: &Principal, at: DateTime<Utc>) -> CatalogView {
        self.view_of(self.published(), policies, principal, at)
    }

    /// What `principal` may see of `published`.
    ///
    /// Take `published` first and the policies after it: new policies come into force before the
    /// data that they are for, so in that order no release is seen under older policies.
    pub fn view_of(
        &self,
        published: Arc<Published>,
        policies: Arc<dyn Authorizer>,
        principal: &Principal,
        at: DateTime<Utc>,
    ) -> CatalogView {
        let sight = Sight { policies, principal: principal.clone(), purpose: None, at };
        CatalogView { catalog: self.clone(), published, sight, readings: Arc::default(), discovered: Arc::default() }
    }
}

/// The catalog through one principal's eyes, at one instant.
///
/// What is unknown and what may not be discovered get the same answer. What is served comes from
/// memory, so those methods never wait or fail; history is read from the database.
#[derive(Clone, Debug)]
pub struct CatalogView {
    pub(crate) catalog: Catalog,
    pub(crate) published: Arc<Published>,
    pub(crate) sight: Sight,
    /// What was decided of served ports already: one view decides once.
    readings: Arc<Mutex<HashMap<PortRef, Arc<Reading>>>>,
    discovered: Arc<Mutex<HashMap<PortRef, bool>>>,
}

impl CatalogView {
    /// The same view for someone who says what the answers are for.
    #[must_use]
    pub fn for_purpose(mut self, purpose: Option<String>) -> Self {
        self.sight.purpose = purpose;
        self.readings = Arc::default();
        self.discovered = Arc::default();
        self
    }

    /// Domains in order of name.
    pub fn domains(&self) -> Vec<DomainView> {
        let mut domains: BTreeMap<&DomainName, Vec<&Release>> = BTreeMap::new();
        for release in self.visible() {
            domains.entry(&release.product.name.domain).or_default().push(release);
        }
        domains.into_iter().filter_map(|(name, releases)| domain_view(name, &releases)).collect()
    }

    /// Products in order of name. With `q`, those in which each of its words occurs: in names,
    /// title, purpose, tags, owner, or in the names and descriptions of ports and columns.
    pub fn products(&self, q: Option<&str>) -> Vec<ProductView> {
        let words: Vec<String> = q.unwrap_or("").split_whitespace().map(str::to_lowercase).collect();
        let views = self.visible().map(|release| self.product_view(release));
        views.filter(|product| words.is_empty() || matches(product, &words)).collect()
    }

    /// The product of that name.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] alone.
    pub fn product(&self, name: &ProductRef) -> Result<ProductView, CatalogError> {
        let release = self.published.releases.get(name).filter(|release| self.sight.product(release));
        release.map(|release| self.product_view(release)).ok_or_else(|| unknown("product", name))
    }

    /// Every port, in order of name.
    pub fn ports(&self) -> Vec<PortView> {
        let mut ports: Vec<_> = self.visible().flat_map(|release| self.port_views(release)).collect();
        ports.sort_by(|a, b| a.port.cmp(&b.port));
        ports
    }

    /// The port of that name.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] alone.
    pub fn port(&self, name: &PortRef) -> Result<PortView, CatalogError> {
        let release = self.published.releases.get(&name.product_ref());
        let view = release.filter(|_| self.sees_port(name)).and_then(|release| self.port_view(release, name));
        view.ok_or_else(|| unknown("port", name))
    }

    /// Every column of every port, in order of port, then position.
    pub fn columns(&self) -> Vec<ColumnView> {
        let ports = self.ports().into_iter();
        ports
            .flat_map(|port| {
                let (name, masked) = (port.port, port.masked);
                let columns = (1..).zip(port.columns);
                columns.map(move |(position, column)| ColumnView {
                    port: name.clone(),
                    position,
                    masked: masked.contains(&column.name),
                    column,
                })
            })
            .collect()
    }

    /// Releases of all products, those retired among them, newest first.
    pub async fn releases(&self) -> Result<Vec<ReleaseView>, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let history = releases::newest(&mut transaction, HISTORY_MAX).await?;
        Ok(history.iter().filter_map(|historic| self.release_view(historic)).collect())
    }

    /// Releases of all products since that instant, newest first.
    ///
    /// # Errors
    ///
    /// Trouble with the database.
    pub async fn releases_since(&self, since: DateTime<Utc>) -> Result<Vec<ReleaseView>, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let history = releases::newest(&mut transaction, RECENT_MAX).await?;
        let recent = history.iter().filter(|historic| historic.release.at >= since);
        Ok(recent.filter_map(|historic| self.release_view(historic)).collect())
    }

    /// Releases of one product, newest first.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where the product is not served or not seen, or trouble with the
    /// database.
    pub async fn releases_of(&self, product: &ProductRef) -> Result<Vec<ReleaseView>, CatalogError> {
        self.product(product)?;
        let mut transaction = self.catalog.store().read().await?;
        let history = releases::of(&mut transaction, product).await?;
        Ok(history.iter().filter_map(|historic| self.release_view(historic)).collect())
    }

    /// Releases in which the port is, newest first.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where the port is not served or not seen, or trouble with the
    /// database.
    pub async fn releases_of_port(&self, port: &PortRef) -> Result<Vec<ReleaseView>, CatalogError> {
        self.port(port)?;
        let mut releases = self.releases_of(&port.product_ref()).await?;
        releases.retain(|release| release.ports.iter().any(|released| released.port == port.port));
        Ok(releases)
    }

    /// The newest runs, newest first.
    pub async fn runs(&self) -> Result<Vec<RunView>, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let newest = runs::newest(&mut transaction, None, HISTORY_MAX).await?;
        Ok(newest.into_iter().filter_map(|run| self.run_view(run)).collect())
    }

    /// At most `limit` (at least one) runs that began before the run `after`, newest first; from
    /// the newest on without `after`, and none after a run that is unknown or not seen.
    pub async fn runs_after(&self, after: Option<&str>, limit: usize) -> Result<Part<RunView>, CatalogError> {
        let limit = limit.max(1);
        let mut transaction = self.catalog.store().read().await?;
        let mut before = None;
        if let Some(id) = after {
            let run = runs::find(&mut transaction, id).await?;
            match run.and_then(|run| self.run_view(run)) {
                Some(run) => before = Some((run.started_at, run.id)),
                None => return Ok(Part { items: Vec::new(), next: None }),
            }
        }
        let mut items: Vec<RunView> = Vec::new();
        loop {
            let batch = runs::newest(&mut transaction, before.as_ref(), RUNS_AT_A_TIME).await?;
            let Some(last) = batch.last() else { return Ok(Part { items, next: None }) };
            before = Some((last.started_at, last.id.clone()));
            for run in batch.into_iter().filter_map(|run| self.run_view(run)) {
                if items.len() == limit {
                    let next = items.last().map(|run| run.id.clone());
                    return Ok(Part { items, next });
                }
                items.push(run);
            }
        }
    }

    /// The run of that id.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where it is unknown or nothing of it is seen, or trouble with
    /// the database.
    pub async fn run(&self, id: &str) -> Result<RunView, CatalogError> {
        let mut transaction = self.catalog.store().read().await?;
        let run = runs::find(&mut transaction, id).await?;
        run.and_then(|run| self.run_view(run)).ok_or_else(|| unknown("run", id))
    }

    /// The newest decisions, newest first: all of them for who may read the platform's own
    /// `system.audit.decisions`, else those about the principal itself.
    pub async fn decisions(&self) -> Result<Vec<DecisionView>, CatalogError> {
        let is_auditor = self.sight.reads_platform(DECISIONS);
        let subject = self.sight.principal.subject();
        self.catalog.settle_decisions().await;
        let mut transaction = self.catalog.store().read().await?;
        let own = (!is_auditor).then_some(subject.as_str());
        let newest = audit::newest(&mut transaction, own, HISTORY_MAX).await?;
        let is_shown = |row: &audit::Row| {
            // A view's reader may not know of the tables below it.
            is_auditor || row.object.parse::<PortRef>().is_ok_and(|port| self.sees_port(&port))
        };
        newest.into_iter().filter(is_shown).map(|row| decision_view(row, is_auditor)).collect()
    }

    /// What was decided for the query of that id, in order, as [`decisions`](Self::decisions) shows it. None where
    /// nobody asked such a query, or somebody else did.
    pub async fn decisions_of(&self, query: &str) -> Result<Vec<DecisionView>, CatalogError> {
        let is_auditor = self.sight.reads_platform(DECISIONS);
        let subject = self.sight.principal.subject();
        self.catalog.settle_decisions().await;
        let mut transaction = self.catalog.store().read().await?;
        let own = (!is_auditor).then_some(subject.as_str());
        let rows = audit::of_query(&mut transaction, query, own).await?;
        let is_known = |row: &audit::Row| row.object.parse::<PortRef>().is_ok_and(|port| self.sees_port(&port));
        rows.into_iter().filter(is_known).map(|row| decision_view(row, is_auditor)).collect()
    }

    fn visible(&self) -> impl Iterator<Item = &Release> {
        self.published.releases.values().filter(|release| self.sight.product(release))
    }

    fn product_view(&self, release: &Release) -> ProductView {
        let product = &release.product;
        let inputs = product.inputs.iter();
        ProductView {
            name: product.name.clone(),
            title: product.title.clone(),
            version: product.version.clone(),
            status: product.status.clone(),
            purpose: product.purpose.clone(),
            tags: product.tags.clone(),
            owner: release.domain.owner.clone(),
            release: release.number,
            revision: release.revision.clone(),
            at: release.at,
            purposes: product.purposes.clone(),
            file: product.file.clone(),
            contact: release.domain.contact.clone(),
            ports: self.port_views(release),
            features: self.feature_services(release),
            inputs: inputs
                .filter(|input| self.published.port(&input.port).is_some() && self.sees_port(&input.port))
                .map(|input| InputView {
                    name: input.name.clone(),
                    contract: input.contract.clone(),
                    port: input.port.clone(),
                })
                .collect(),
        }
    }

    fn port_views(&self, release: &Release) -> Vec<PortView> {
        let ports = release.product.outputs.iter().map(|output| release.product.port_ref(output));
        ports.filter(|port| self.sees_port(port)).filter_map(|port| self.port_view(release, &port)).collect()
    }

    /// The caller has made sure that the port may be discovered.
    fn port_view(&self, release: &Release, name: &PortRef) -> Option<PortView> {
        let output = release.product.output(&name.port)?;
        let table = release.ports.get(&name.port)?;
        let reading = self.reading_of(name, &output.contract.columns);
        let columns = reading.columns(&output.contract.columns);
        Some(PortView {
            port: name.clone(),
            description: output.description.clone(),
            kind: output.transform.kind(),
            contract: output.contract.key.clone(),
            masked: columns.iter().filter(|c| reading.masks(&c.name)).map(|c| c.name.clone()).collect(),
            foreign_keys: self.foreign_keys(name, &output.contract, &columns),
            feature_view: self.feature_view(name, output),
            columns,
            rows: table.rows.filter(|_| reading.every_row),
            bytes: table.bytes.filter(|_| reading.is_whole()),
            table_version: table.table_version,
            readable: reading.readable,
            hides_rows: reading.readable && !reading.every_row,
            file: output.contract.file.clone(),
            release: release.number,
            at: release.at,
        })
    }

    fn release_view(&self, historic: &releases::Historic) -> Option<ReleaseView> {
        let release = &historic.release;
        let product = &release.product.name;
        let served = self.published.releases.get(product).map(|served| served.number);
        // A release that came after `published` was taken may be under policies that came after
        // those in hand.
        let in_time = served.map_or(historic.retired, |served| release.number <= served);
        let archived = self.archived(release);
        let is_seen = !archived.is_empty() || (!release.is_tombstone() && self.sight.product(release));
        if !in_time || !is_seen {
            return None;
        }
        let ports = release.ports.iter().map(|(port, table)| (product.port(port), table));
        let seen = |inputs: &BTreeMap<PortRef, InputRelease>| {
            let seen = inputs.iter().filter(|(port, _)| self.sees_port(port));
            seen.map(|(port, input)| (port.clone(), input.clone())).collect()
        };
        let ports = ports.filter(|(port, _)| self.sees_port(port)).map(|(name, table)| PortVersionView {
            table_version: table.table_version,
            rows: table.rows.filter(|_| self.every_row_then_and_now(release, &name)),
            inputs: seen(&table.inputs),
            port: name.port,
        });
        Some(ReleaseView {
            product: product.clone(),
            number: release.number,
            revision: release.revision.clone(),
            plan: release.plan.clone(),
            at: release.at,
            version: release.product.version.clone(),
            current: served == Some(release.number),
            retired: release.is_tombstone(),
            rolled_back: release.rolled_back.as_ref().map(|back| self.rolled_back(release, back)),
            ports: ports.collect(),
            archived,
        })
    }

    fn rolled_back(&self, release: &Release, back: &RolledBack) -> RolledBackView {
        let is_told = self.is_told_of_ends(&release.domain.name, Some(release));
        let by = is_told.then(|| back.by.clone());
        RolledBackView { to: back.to, from: back.from, by, reason: back.reason.clone() }
    }

    fn run_view(&self, mut run: Run) -> Option<RunView> {
        let whole = self.sight.mesh_runs();
        let is_told = |step: &RunStep| step.change == RETIRE && self.is_told_of_ends(&step.port.domain, None);
        run.steps.retain(|step| self.sees_port(&step.port) || is_told(step));
        run.diagnostics.retain(|diagnostic| match &diagnostic.product {
            Some(product) => self.sight.product_itself(product) && (whole || self.shows_every_column(product)),
            None => whole,
        });
        if !whole && run.steps.is_empty() && run.diagnostics.is_empty() {
            return None;
        }
        for step in &mut run.steps {
            let reading = self.reading(&step.port);
            step.rows = step.rows.filter(|_| reading.every_row);
            let knows_others = whole || self.knows_inputs(&step.port.product_ref());
            step.message = step.message.take().map(|message| told(message, &reading, whole, knows_others));
        }
        for diagnostic in &mut run.diagnostics {
            let is_told = whole || diagnostic.product.as_ref().is_some_and(|product| self.knows_inputs(product));
            if !is_told && names_others(&diagnostic.code) {
                (diagnostic.message, diagnostic.help) = (diagnostic.code.clone(), None);
            }
        }
        Some(RunView {
            status: if whole { run.status } else { status_of_seen(&run) },
            plan: run.plan.filter(|_| whole),
            author: run.author.filter(|_| whole),
            committed_at: run.committed_at.filter(|_| whole),
            signature: run.signature.filter(|_| whole),
            id: run.id,
            revision: run.revision,
            started_at: run.started_at,
            ended_at: run.ended_at,
            diagnostics: run.diagnostics,
            steps: run.steps,
        })
    }

    /// What may be seen of a port as it is served now; nothing where it is not served.
    fn reading(&self, port: &PortRef) -> Arc<Reading> {
        let served = self.published.releases.get(&port.product_ref());
        match served.and_then(|release| release.product.output(&port.port)) {
            Some(output) => self.reading_of(port, &output.contract.columns),
            None => Arc::default(),
        }
    }

    /// Whether the principal may discover the port, served or not.
    fn sees_port(&self, port: &PortRef) -> bool {
        if let Some(known) = self.discovered.lock().get(port) {
            return *known;
        }
        let is_seen = self.sight.port(port);
        self.discovered.lock().insert(port.clone(), is_seen);
        is_seen
    }

    /// As [`reading`](Self::reading), for a port that is served with these columns.
    pub(crate) fn reading_of(&self, port: &PortRef, columns: &[Column]) -> Arc<Reading> {
        if let Some(known) = self.readings.lock().get(port) {
            return Arc::clone(known);
        }
        let reading = Arc::new(self.sight.reading(port, columns));
        self.readings.lock().insert(port.clone(), Arc::clone(&reading));
        reading
    }

    /// Whether no row of the port is hidden, neither by its contract of that release nor by that of now:
    /// words may have come since that restrict it. Of a port that is served no more, nobody says any more.
    fn every_row_then_and_now(&self, then: &Release, port: &PortRef) -> bool {
        let output = then.product.output(&port.port);
        let every_row_then =
            || output.is_some_and(|output| self.sight.reading(port, &output.contract.columns).every_row);
        self.published.port(port).is_some() && self.reading(port).every_row && every_row_then()
    }

    /// Whether every port that the product is made from may be discovered: what went wrong with it may
    /// name them.
    fn knows_inputs(&self, product: &ProductRef) -> bool {
        let served = self.published.releases.get(product);
        served.is_some_and(|release| release.product.inputs.iter().all(|input| self.sees_port(&input.port)))
    }

    /// Whether no column of the product's ports is hidden: problems in its files name columns.
    fn shows_every_column(&self, product: &ProductRef) -> bool {
        let served = self.published.releases.get(product);
        let mut ports = served.into_iter().flat_map(|release| release.ports.keys()).map(|port| product.port(port));
        ports.all(|port| self.reading(&port).shows_every_column())
    }
}

/// A step's message as far as `reading` allows: its code alone where the words may tell of rows,
/// columns or other products' ports that are not for this principal.
fn told(message: String, reading: &Reading, oversees: bool, knows_others: bool) -> String {
    let code = message.split(' ').next().unwrap_or_default();
    let tells_of_rows = code.starts_with(DATA_CODES);
    let allows = reading.is_whole() || (oversees && !tells_of_rows);
    if allows && (knows_others || !names_others(code)) { message } else { code.to_owned() }
}

/// Whether the words of a problem with this code may name ports of other products.
fn names_others(code: &str) -> bool {
    const CODES: [Code; 11] = [
        Code::TABLE_UNKNOWN,
        Code::SQL_INVALID,
        Code::SQL_INPUT_UNDECLARED,
        Code::ACCESS_DENIED,
        Code::POLICY_CASE_FAILED,
        Code::RESTRICTION_TARGET,
        Code::RESTRICTION_TYPE,
        Code::SERVICE_RESTRICTED,
        Code::INPUT_UNKNOWN,
        Code::PRODUCT_CYCLE,
        Code::INPUT_BROKEN,
    ];
    CODES.iter().any(|known| known.as_str() == code)
}

/// Which row filter it is and where it stands, without what it compares with what.
fn without_condition(filter: &str) -> String {
    match filter.split_once(FILTER) {
        Some((place, rest)) => format!("{place}{FILTER}{}", rest.split(':').next().unwrap_or_default()),
        None => filter.to_owned(),
    }
}

fn decision_view(row: audit::Row, is_auditor: bool) -> Result<DecisionView, CatalogError> {
    fn list<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, CatalogError> {
        serde_json::from_str(text).map_err(|_| CatalogError::corrupt("decision", text))
    }
    let is_unknown = row.allowed == 0 && row.action == Action::Discover.as_str();
    let (mut masks, mut filters): (BTreeMap<String, String>, Vec<String>) = (list(&row.masks)?, list(&row.filters)?);
    if !is_auditor {
        masks.retain(|_, mask| mask != HIDDEN);
        filters.iter_mut().for_each(|filter| *filter = without_condition(filter));
    }
    let because = if is_unknown && !is_auditor { Vec::new() } else { list(&row.because)? };
    Ok(DecisionView {
        seq: u64::try_from(row.seq).ok().filter(|_| is_auditor),
        hash: Some(row.hash).filter(|_| is_auditor),
        at: moment::from_text(&row.at)?,
        query: row.query,
        principal: row.principal,
        action: row.action,
        object: row.object,
        purpose: row.purpose,
        allowed: row.allowed == 1,
        because,
        masks,
        filters,
        policy_revision: Revision::new(row.policy_revision),
        policy_epoch: u64::try_from(row.policy_epoch).unwrap_or_default(),
        grants_epoch: row.grants_epoch.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or_default(),
    })
}

fn unknown(kind: &'static str, name: impl ToString) -> CatalogError {
    CatalogError::NotFound { kind, name: name.to_string() }
}

/// The domain as its newest release among `releases` tells of it.
fn domain_view(name: &DomainName, releases: &[&Release]) -> Option<DomainView> {
    let newest = releases.iter().max_by_key(|release| release.at)?;
    Some(DomainView {
        name: name.clone(),
        description: newest.domain.description.clone(),
        owner: newest.domain.owner.clone(),
        contact: newest.domain.contact.clone(),
        products: releases.iter().map(|release| release.product.name.product.clone()).collect(),
    })
}

fn matches(product: &ProductView, words: &[String]) -> bool {
    let mut text = vec![product.name.to_string(), product.purpose.clone(), product.owner.clone()];
    text.extend(product.title.clone());
    text.extend(product.tags.iter().cloned());
    for port in &product.ports {
        text.extend([port.port.to_string(), port.description.clone()]);
        text.extend(port.columns.iter().flat_map(|column| [column.name.clone(), column.description.clone()]));
    }
    let text = text.join("\n").to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

/// How a run came out for someone who sees only these of its steps and diagnostics: the run's own
/// status would tell of the others.
fn status_of_seen(run: &Run) -> RunStatus {
    if run.ended_at.is_none() {
        return RunStatus::Running;
    }
    let well = |step: &RunStep| step.status == StepStatus::Succeeded;
    let errors = run.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    match (errors || !run.steps.iter().all(well), run.steps.iter().any(well)) {
        (false, _) => RunStatus::Succeeded,
        (true, true) => RunStatus::Partial,
        (true, false) => RunStatus::Failed,
    }
}

#[cfg(test)]
mod tests;
