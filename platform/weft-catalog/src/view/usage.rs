//! Who reads what, through one principal's eyes: its own reads, those of ports it answers for, or all.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;
use weft_model::{PortRef, PrincipalKind, ProductRef, Release};

use super::{CatalogView, HISTORY_MAX};
use crate::error::CatalogError;
use crate::moment;
use crate::usage::{self, QueryRow, ReadRow, Whose};
use crate::usage_views::{ColumnUsage, DayUsage, PortUsage, QueryView, ReadView};

/// Objects of the platform that stand for what everyone reads and asks.
const READS: &str = "system.usage.reads";
const QUERIES: &str = "system.usage.queries";

/// How many days a port's usage goes back.
const DAYS: Days = Days::new(90);

impl CatalogView {
    /// How often ports and their columns were read, the newest day first: by everyone for who may
    /// read the platform's own `system.usage.reads`; else by the principal itself, and by everyone
    /// where it answers for the port, as a member of the group that owns the domain or as a steward.
    /// Of ports that may be discovered, and columns that are not hidden, alone.
    ///
    /// What queries that began before this call have read is in it.
    pub async fn reads(&self) -> Result<Vec<ReadView>, CatalogError> {
        let sees_all = self.sight.reads_platform(READS);
        let whose = if sees_all { Whose::Everyone } else { self.own(self.answered_for()) };
        self.catalog.settle_usage().await;
        let mut transaction = self.catalog.store().read().await?;
        let rows = usage::reads(&mut transaction, &whose, HISTORY_MAX).await?;
        let views = rows.into_iter().map(read_view);
        let mut views = views.collect::<Result<Vec<_>, CatalogError>>()?;
        views.retain(|read| sees_all || self.shows(&read.port, read.column.as_deref()));
        Ok(views)
    }

    /// The newest queries that have ended, newest first: everyone's for who may read the platform's
    /// own `system.usage.queries`, else the principal's own.
    pub async fn queries(&self) -> Result<Vec<QueryView>, CatalogError> {
        let sees_all = self.sight.reads_platform(QUERIES);
        let subject = self.sight.principal.subject();
        self.catalog.settle_usage().await;
        let mut transaction = self.catalog.store().read().await?;
        let own = (!sees_all).then_some(subject.as_str());
        let mut views = Vec::new();
        for row in usage::queries(&mut transaction, own, HISTORY_MAX).await? {
            let mut view = query_view(row)?;
            // A view's reader may not know of the tables below it.
            view.ports.retain(|port| sees_all || self.sees_port(port));
            views.push(view);
        }
        Ok(views)
    }

    /// How often one port was read on each of the last ninety days, and each of its columns: by
    /// everyone for who answers for the port or sees all usage, else by the principal itself.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotFound`] where the port is not served or not seen, or trouble with the
    /// database.
    pub async fn usage_of(&self, port: &PortRef) -> Result<PortUsage, CatalogError> {
        self.port(port)?;
        let sees_all = self.sight.reads_platform(READS);
        let by_everyone = sees_all || self.answers_for_port(port);
        let whose = if by_everyone { Whose::Everyone } else { self.own(Vec::new()) };
        let today = self.sight.at.date_naive();
        let since = today.checked_sub_days(DAYS).unwrap_or(today);
        self.catalog.settle_usage().await;
        let mut transaction = self.catalog.store().read().await?;
        let rows = usage::reads_of(&mut transaction, port, &whose, since).await?;
        let reads = rows.into_iter().map(read_view).collect::<Result<Vec<_>, CatalogError>>()?;
        let shown = reads.iter().filter(|read| sees_all || self.shows(&read.port, read.column.as_deref()));
        Ok(summed(port, by_everyone, shown))
    }

    fn own(&self, ports: Vec<PortRef>) -> Whose {
        Whose::Own { principal: self.sight.principal.subject(), ports }
    }

    /// The ports served now that the principal answers for.
    fn answered_for(&self) -> Vec<PortRef> {
        let releases = self.published.releases.values().filter(|release| self.answers_for(release));
        releases.flat_map(|release| release.ports.keys().map(|port| release.product.name.port(port))).collect()
    }

    fn answers_for_port(&self, port: &PortRef) -> bool {
        self.answers_for_product(&port.product_ref())
    }

    /// Whether the principal answers for the product as it is served: it is a member of the group that owns the
    /// domain, or a steward of it.
    pub fn answers_for_product(&self, product: &ProductRef) -> bool {
        self.published.releases.get(product).is_some_and(|release| self.answers_for(release))
    }

    pub(super) fn answers_for(&self, release: &Release) -> bool {
        let (principal, domain) = (&self.sight.principal, &release.domain);
        let is_steward = principal.kind == PrincipalKind::User && domain.stewards.contains(&principal.name);
        is_steward || principal.groups.contains(&domain.owner)
    }

    /// Whether the principal may know of the port, and of the column where one is named.
    fn shows(&self, port: &PortRef, column: Option<&str>) -> bool {
        let Some(column) = column else { return self.sees_port(port) };
        // Which columns of a port that is served no more are hidden, nobody says any more.
        self.published.port(port).is_some() && self.sees_port(port) && !self.reading(port).hidden.contains(column)
    }
}

fn summed<'a>(port: &PortRef, by_everyone: bool, reads: impl Iterator<Item = &'a ReadView>) -> PortUsage {
    let mut days: BTreeMap<_, (u64, BTreeSet<&str>)> = BTreeMap::new();
    let mut columns: BTreeMap<&str, ColumnUsage> = BTreeMap::new();
    for read in reads {
        match read.column.as_deref() {
            None => {
                let day = days.entry(read.day).or_default();
                day.0 += read.queries;
                day.1.insert(&read.principal);
            }
            Some(name) => {
                let first = || ColumnUsage { column: name.to_owned(), queries: 0, last_at: read.last_at };
                let column = columns.entry(name).or_insert_with(first);
                column.queries += read.queries;
                column.last_at = column.last_at.max(read.last_at);
            }
        }
    }
    let days = days.into_iter();
    PortUsage {
        port: port.clone(),
        by_everyone,
        days: days.map(|(day, (queries, who))| DayUsage { day, queries, principals: who.len() as u64 }).collect(),
        columns: columns.into_values().collect(),
    }
}

fn read_view(row: ReadRow) -> Result<ReadView, CatalogError> {
    Ok(ReadView {
        port: usage::port_of(&row.port)?,
        column: Some(row.column_name).filter(|column| !column.is_empty()),
        principal: row.principal,
        purpose: Some(row.purpose).filter(|purpose| !purpose.is_empty()),
        day: row.day.parse().map_err(|_| CatalogError::corrupt("day", row.day))?,
        queries: u64::try_from(row.queries).unwrap_or_default(),
        first_at: moment::from_text(&row.first_at)?,
        last_at: moment::from_text(&row.last_at)?,
    })
}

fn query_view(row: QueryRow) -> Result<QueryView, CatalogError> {
    let names: Vec<String> =
        serde_json::from_str(&row.ports).map_err(|_| CatalogError::corrupt("list of ports", &*row.ports))?;
    Ok(QueryView {
        query: row.query,
        at: moment::from_text(&row.at)?,
        principal: row.principal,
        purpose: row.purpose,
        door: row.door,
        trace: row.trace,
        outcome: row.outcome,
        duration_ms: u64::try_from(row.duration_ms).unwrap_or_default(),
        rows: u64::try_from(row.rows).unwrap_or_default(),
        ports: names.iter().map(|name| usage::port_of(name)).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests;
