//! What greets a person: what waits for them, what they answer for, what they read, and what changed around them.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Utc};
use weft_model::{DomainName, PortRef, ProductRef};

use super::{CatalogView, unknown};
use crate::error::CatalogError;
use crate::run::CheckOutcome;
use crate::usage_views::ReadView;
use crate::views::{CheckView, DomainView, ProductView, ReleaseView};

/// How far back changes and queries are told.
const DAYS: u64 = 7;

/// Most things of each kind.
const SHOWN_MAX: usize = 10;

/// All of a person's first page.
#[derive(Clone, Debug, PartialEq)]
pub struct HomeView {
    /// The most pressing first.
    pub needs: Vec<Need>,
    /// Products that the principal answers for, in order of name.
    pub products: Vec<OwnProduct>,
    /// Ports that the principal read last, the newest first.
    pub recent: Vec<PortRef>,
    /// What was released of late, the newest first.
    pub changed: Vec<ReleaseView>,
    /// How much there is to discover.
    pub domains: usize,
    pub products_count: usize,
    pub ports: usize,
}

/// Something that waits for the principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// `request`, `freshness`, `check` or `run`.
    pub kind: &'static str,
    /// Id of the request, name of the port, or revision.
    pub subject: String,
    pub text: String,
    pub at: DateTime<Utc>,
}

/// A product, and how it fares.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnProduct {
    pub product: ProductView,
    /// What the last checks of its ports found out, those of the clock among them.
    pub checks: Vec<CheckView>,
    pub consumers: usize,
    /// Queries of each of the last days, the oldest first.
    pub queries: Vec<u64>,
}

impl CatalogView {
    /// All of the principal's first page.
    ///
    /// # Errors
    ///
    /// Trouble with the database.
    pub async fn home(&self) -> Result<HomeView, CatalogError> {
        let reads = self.reads().await?;
        let since = self.sight.at.checked_sub_days(Days::new(DAYS)).unwrap_or(self.sight.at);
        let mut products = Vec::new();
        let (mut domains, mut products_count, mut ports) = (0, 0, 0);
        let mut last_domain = None;
        for release in self.visible() {
            let name = &release.product.name;
            products_count += 1;
            ports += release.ports.keys().filter(|port| self.sees_port(&name.port(port))).count();
            if last_domain.replace(name.domain.clone()) != Some(name.domain.clone()) {
                domains += 1;
            }
            if self.answers_for(release) {
                products.push(self.own_product(name, &reads).await?);
            }
        }
        let mut changed = self.releases_since(since).await?;
        changed.truncate(SHOWN_MAX);
        let needs = self.needs(&products).await?;
        Ok(HomeView { needs, recent: self.recent(&reads), products, changed, domains, products_count, ports })
    }

    /// A domain with every product of it that the principal may discover, and how they fare.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where nothing of it is served or seen, or trouble with the database.
    pub async fn domain(&self, name: &DomainName) -> Result<(DomainView, Vec<OwnProduct>), CatalogError> {
        let domain = self.domains().into_iter().find(|domain| domain.name == *name);
        let domain = domain.ok_or_else(|| unknown("domain", name))?;
        let reads = self.reads().await?;
        let mut products = Vec::with_capacity(domain.products.len());
        for product in &domain.products {
            let name = ProductRef { domain: name.clone(), product: product.clone() };
            products.push(self.own_product(&name, &reads).await?);
        }
        Ok((domain, products))
    }

    async fn own_product(&self, name: &ProductRef, reads: &[ReadView]) -> Result<OwnProduct, CatalogError> {
        let product = self.product(name)?;
        let mut checks = Vec::new();
        for port in &product.ports {
            checks.extend(self.checks_of(&port.port).await?);
        }
        let today = self.sight.at.date_naive();
        let days = (0..DAYS).rev().filter_map(|back| today.checked_sub_days(Days::new(back)));
        let is_whole = |read: &&ReadView| read.column.is_none() && read.port.product_ref() == *name;
        let on = |day| reads.iter().filter(is_whole).filter(|read| read.day == day).map(|read| read.queries).sum();
        Ok(OwnProduct { consumers: self.feeds(name).len(), queries: days.map(on).collect(), product, checks })
    }

    /// Ports that the principal itself read, the newest first.
    fn recent(&self, reads: &[ReadView]) -> Vec<PortRef> {
        let subject = self.sight.principal.subject();
        let own = reads.iter().filter(|read| read.column.is_none() && read.principal == subject);
        let mut last: BTreeMap<&PortRef, DateTime<Utc>> = BTreeMap::new();
        for read in own.filter(|read| self.published.port(&read.port).is_some() && self.sees_port(&read.port)) {
            let at = last.entry(&read.port).or_insert(read.last_at);
            *at = (*at).max(read.last_at);
        }
        let mut ports: Vec<_> = last.into_iter().collect();
        ports.sort_by_key(|(port, at)| (std::cmp::Reverse(*at), (*port).clone()));
        ports.into_iter().take(SHOWN_MAX).map(|(port, _)| port.clone()).collect()
    }

    async fn needs(&self, products: &[OwnProduct]) -> Result<Vec<Need>, CatalogError> {
        let mut needs: Vec<Need> = Vec::new();
        for view in self.requests().into_iter().filter(|view| view.can.contains(&"approve")) {
            let request = view.request;
            let what = match request.asked.columns.as_slice() {
                [] => request.asked.port.to_string(),
                columns => format!("{} of {}", columns.join(", "), request.asked.port),
            };
            let text = format!("{} wants {what}", request.asker);
            needs.push(Need { kind: "request", subject: request.id, text, at: request.at });
        }
        for check in products.iter().flat_map(|own| &own.checks).filter(|check| check.outcome == CheckOutcome::Failed) {
            let is_aging = check.run.is_none() && !check.is_of_traffic();
            let kind = if is_aging { "freshness" } else { "check" };
            let text = match &check.message {
                Some(message) => format!("{}: {message}", check.name),
                None => format!("{} does not hold", check.name),
            };
            needs.push(Need { kind, subject: check.port.to_string(), text, at: check.at });
        }
        if let Some(run) = self.runs_after(None, 1).await?.items.pop()
            && (self.sight.mesh_runs() || self.answers_for_any())
            && !matches!(run.status, crate::RunStatus::Running | crate::RunStatus::Succeeded)
        {
            let text = format!("the newest commit, {}, is {}", run.revision.short(), run.status);
            needs.push(Need { kind: "run", subject: run.revision.to_string(), text, at: run.started_at });
        }
        needs.truncate(SHOWN_MAX * 2);
        Ok(needs)
    }
}
