//! The catalog through one principal's eyes. Nothing that may not be discovered is in an answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use weft_model::{Column, DomainName, PortRef, Principal, ProductRef, Published, Release};

use crate::Catalog;
use crate::error::CatalogError;
use crate::sight::{Authorizer, Reading, Sight};
use crate::views::{ColumnView, DomainView, InputView, PortView, ProductView};

mod checks;
mod columns;
mod decisions;
mod ended;
mod events;
mod features;
mod foreign_keys;
mod home;
mod lineage;
mod releases;
mod requests;
mod runs;
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

#[cfg(test)]
mod tests;
