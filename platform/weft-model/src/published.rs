//! What the mesh serves now: releases, each one consistent instant of one product.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{ColumnLineage, DataProduct, Domain, DomainName, PortName, PortRef, ProductRef, Revision};

/// What stands behind the fingerprint of a table from which rows were erased, before the version without them.
const ERASED: &str = "+erased:";

/// One port within a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortRelease {
    /// Where the Delta table lies, relative to the warehouse; `None` for a view.
    pub location: Option<String>,
    /// The Delta version that readers see; `None` for a view.
    pub table_version: Option<u64>,
    /// What the table was made from: contract, transform and versions of its inputs, hashed. Where rows were erased from
    /// it since, with what [`without_rows`](Self::without_rows) adds.
    pub fingerprint: String,
    /// Rows in the table; `None` for a view.
    pub rows: Option<u64>,
    /// Bytes in the table's files; `None` for a view.
    pub bytes: Option<u64>,
    /// What its query read: the release of each input that it was made from. Empty for views and for files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<PortRef, InputRelease>,
    /// When what it is made from was looked at last for the sake of its rows; `None` for a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshed_at: Option<DateTime<Utc>>,
    /// What its columns depend on, as planned when it was released.
    #[serde(default, skip_serializing_if = "ColumnLineage::is_empty")]
    pub lineage: ColumnLineage,
}

impl PortRelease {
    /// A port without a table, made from what `fingerprint` says.
    pub fn of_view(fingerprint: String) -> Self {
        PortRelease {
            location: None,
            table_version: None,
            fingerprint,
            rows: None,
            bytes: None,
            inputs: BTreeMap::new(),
            refreshed_at: None,
            lineage: ColumnLineage::default(),
        }
    }

    /// What the table was made from, whatever was erased from it since: by this it is known to be up to date.
    pub fn made_from(&self) -> &str {
        self.fingerprint.split_once(ERASED).map_or(&self.fingerprint, |(made_from, _)| made_from)
    }

    /// The same port at `version`, which lacks rows that were erased. Its fingerprint differs for whoever reads it.
    #[must_use]
    pub fn without_rows(&self, version: u64, rows: Option<u64>, bytes: u64) -> Self {
        let fingerprint = format!("{}{ERASED}{version}", self.made_from());
        PortRelease { table_version: Some(version), rows, bytes: Some(bytes), fingerprint, ..self.clone() }
    }
}

/// A port as another one read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InputRelease {
    /// Number of the release of its product.
    pub release: u64,
    /// Where the table lay, relative to the warehouse, and at which version; `None` for a view.
    pub location: Option<String>,
    pub table_version: Option<u64>,
}

/// A port that is no longer served, as it was served last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedPort {
    #[serde(flatten)]
    pub table: PortRelease,
    pub contract_version: Version,
    /// Its data stay until then at least; for ever where the contract states no retention. A table
    /// that another port serves on stays as long as that.
    pub kept_until: Option<DateTime<Utc>>,
}

/// Which earlier release a release serves again, and who wanted that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolledBack {
    /// Number of the release that is served again.
    pub to: u64,
    /// Number of the release that was served until then.
    pub from: u64,
    /// Who did it, as policies write it: `user:omar`.
    pub by: String,
    pub reason: String,
    /// Digest of the product as it was declared then: as long as it is declared just so, what is served
    /// stays. `None` where the newest release that a commit made is served again, so that nothing is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// One consistent instant of one product: which version of each of its tables readers see.
///
/// The JSON form of this value is the release object in storage, from which a lost catalog is
/// rebuilt. A product that is no longer declared ends with a release without ports, its tombstone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// Counts from 1 for each product, without gaps.
    pub number: u64,
    pub revision: Revision,
    pub plan: String,
    pub at: DateTime<Utc>,
    /// Set where it serves an earlier release again: its ports, its manifest and its revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<RolledBack>,
    /// The manifest as published, contracts and transforms within.
    pub product: DataProduct,
    /// The domain as it was then, for its service and owner.
    pub domain: Domain,
    /// Empty for a tombstone alone, since a product offers at least one.
    pub ports: BTreeMap<PortName, PortRelease>,
    /// Ports that the release before this one served and that are served no more from this one on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub archived: BTreeMap<PortName, ArchivedPort>,
}

/// Everything that is served now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// The revision that was applied last; `None` before the first.
    pub revision: Option<Revision>,
    pub releases: BTreeMap<ProductRef, Release>,
}

impl Published {
    /// The release that serves `port`, and the port within it.
    pub fn port(&self, port: &PortRef) -> Option<(&Release, &PortRelease)> {
        let release = self.releases.get(&port.product_ref())?;
        Some((release, release.ports.get(&port.port)?))
    }

    /// Every domain that serves something, with its products, in order of name.
    pub fn domains(&self) -> BTreeMap<&DomainName, Vec<&Release>> {
        let mut domains: BTreeMap<&DomainName, Vec<&Release>> = BTreeMap::new();
        for (name, release) in &self.releases {
            domains.entry(&name.domain).or_default().push(release);
        }
        domains
    }
}

impl Release {
    /// The port, of whatever name, whose table was made from just this.
    pub fn table_made_from(&self, fingerprint: &str) -> Option<&PortRelease> {
        self.ports.values().find(|port| port.fingerprint == fingerprint || port.made_from() == fingerprint)
    }

    /// Whether it ends its product: from then on nothing of it is served. What its manifest says is
    /// what it said last.
    pub fn is_tombstone(&self) -> bool {
        self.ports.is_empty()
    }

    /// Number of the release that made what this one serves: its own, unless it is a roll-back.
    pub fn made_by(&self) -> u64 {
        self.rolled_back.as_ref().map_or(self.number, |back| back.to)
    }

    /// Whether readers of both see the same: the same tables under the same words.
    pub fn serves_as(&self, other: &Release) -> bool {
        self.product == other.product && self.ports == other.ports
    }

    /// Whether both say what one revision makes of the product, of the same tables, whenever these were looked at.
    pub fn repeats(&self, other: &Release) -> bool {
        let tables = |release: &Release| -> Vec<_> {
            let ports = release.ports.iter();
            ports.map(|(name, t)| (name.clone(), t.location.clone(), t.table_version, t.fingerprint.clone())).collect()
        };
        (&self.revision, &self.product, &self.domain) == (&other.revision, &other.product, &other.domain)
            && tables(self) == tables(other)
            && self.rolled_back == other.rolled_back
    }

    /// Whether the other release publishes the same thing, whenever and by whichever run it was made.
    pub fn same_state_as(&self, other: &Release) -> bool {
        self.number == other.number
            && self.revision == other.revision
            && self.serves_as(other)
            && self.rolled_back == other.rolled_back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_rows_is_made_from_the_same_and_is_another_to_readers() {
        let whole = PortRelease::of_view("f".to_owned());
        let once = whole.without_rows(3, Some(1), 9);
        let twice = once.without_rows(4, Some(0), 0);
        assert_eq!((whole.made_from(), once.made_from(), twice.made_from()), ("f", "f", "f"));
        assert_eq!((once.fingerprint.as_str(), twice.fingerprint.as_str()), ("f+erased:3", "f+erased:4"));
        assert_eq!((twice.table_version, twice.rows, twice.bytes), (Some(4), Some(0), Some(0)));
    }
}
