//! What one principal gets to see: values in which everything else is left out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use weft_model::{
    Column, ContractKey, Dependence, DomainName, FeatureService, FeatureView, InputRelease, PortName, PortRef,
    ProductName, ProductRef, Revision, TrafficLevel,
};

use crate::OffendingRows;
use crate::run::{CheckOutcome, CheckSeverity, RunDiagnostic, RunStatus, RunStep};

/// A domain with at least one product that the principal may discover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainView {
    pub name: DomainName,
    pub description: String,
    /// A group of principals.
    pub owner: String,
    pub contact: Option<String>,
    /// Those that may be discovered, in order of name. Not empty.
    pub products: Vec<ProductName>,
}

/// A product as it is served now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductView {
    pub name: ProductRef,
    pub title: Option<String>,
    pub version: Option<String>,
    pub status: Option<String>,
    pub purpose: String,
    pub tags: Vec<String>,
    /// The group that owns the product's domain.
    pub owner: String,
    /// Number of the release that is served.
    pub release: u64,
    pub revision: Revision,
    /// When that release was made.
    pub at: DateTime<Utc>,
    /// What the data may be asked for.
    pub purposes: Vec<String>,
    /// Path of the ODPS document in the repository.
    pub file: String,
    /// How to reach who answers for the domain.
    pub contact: Option<String>,
    /// Those that may be discovered, in the order of the manifest. Empty where only the product
    /// itself may be.
    pub ports: Vec<PortView>,
    /// Features that are asked for together, in the order of the manifest; each part names those that the principal may
    /// know of.
    pub features: Vec<FeatureService>,
    /// Those whose upstream port is served and may be discovered, in the order of the manifest.
    pub inputs: Vec<InputView>,
}

/// A table that a product reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputView {
    pub name: String,
    pub contract: ContractKey,
    pub port: PortRef,
}

/// A port as it is served now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortView {
    pub port: PortRef,
    pub description: String,
    /// How its rows come about: `seed`, `source`, `full` or `view`.
    pub kind: &'static str,
    pub contract: ContractKey,
    /// In the order of the contract; without those that are hidden from the principal, and promising
    /// nothing that a mask breaks.
    pub columns: Vec<Column>,
    /// Names of those whose values, or parts of them, are masked for the principal.
    pub masked: BTreeSet<String>,
    /// In the order of the contract; of those between columns that the principal is told of alone.
    pub foreign_keys: Vec<ForeignKey>,
    /// Set where its rows are features of entities, and the principal may know how they are found.
    pub feature_view: Option<FeatureView>,
    /// `None` for a view, and where the principal may not read every row: a count tells of rows.
    pub rows: Option<u64>,
    /// As with `rows`, and `None` also where columns are masked or hidden.
    pub bytes: Option<u64>,
    /// `None` for a view.
    pub table_version: Option<u64>,
    /// Whether the principal may read it, if perhaps not every row or column.
    pub readable: bool,
    /// Whether it may be read, but not every row.
    pub hides_rows: bool,
    /// Path of the ODCS document in the repository.
    pub file: String,
    /// Number of the product's release that serves it, and when that was made.
    pub release: u64,
    pub at: DateTime<Utc>,
}

impl PortView {
    /// Names of the primary key's columns in key order; empty where no key is declared.
    pub fn primary_key(&self) -> Vec<&str> {
        weft_model::contract::primary_key(&self.columns)
    }
}

/// Columns of a port whose values are those of another's, or of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// Unique within the contract.
    pub name: String,
    /// Never empty.
    pub columns: Vec<String>,
    pub target: PortRef,
    /// As many as `columns`, in that order.
    pub target_columns: Vec<String>,
}

/// One column of a port, for lists of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnView {
    pub port: PortRef,
    /// Counts from 1 in the order of the contract.
    pub position: u32,
    /// Whether the principal finds masks in the place of some of its values.
    pub masked: bool,
    pub column: Column,
}

/// A release, past or present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseView {
    pub product: ProductRef,
    pub number: u64,
    pub revision: Revision,
    pub plan: String,
    pub at: DateTime<Utc>,
    /// The product's own version in its manifest.
    pub version: Option<String>,
    /// Whether this is the release that readers see.
    pub current: bool,
    /// Whether it ended its product.
    pub retired: bool,
    /// Set where it serves an earlier release again.
    pub rolled_back: Option<RolledBackView>,
    /// Those that may be discovered, in order of name. Empty for a tombstone, which ends its product.
    pub ports: Vec<PortVersionView>,
    /// Ports that are served no more from this release on, in order of name, for who is told of them:
    /// whoever answers for their domain, or may read all releases by policy.
    pub archived: Vec<ArchivedPortView>,
}

/// Which earlier release a release serves again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolledBackView {
    /// Number of the release that is served again, and of the one that was served until then.
    pub to: u64,
    pub from: u64,
    /// Who did it; `None` for whoever is not told what became of releases.
    pub by: Option<String>,
    pub reason: String,
}

/// Which version of a table a release serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortVersionView {
    pub port: PortName,
    /// `None` for a view.
    pub table_version: Option<u64>,
    /// `None` for a view, and where the principal may not read every row.
    pub rows: Option<u64>,
    /// What it was made from, as far as the principal may discover it.
    pub inputs: BTreeMap<PortRef, InputRelease>,
}

/// What is left of a port that is no longer served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedPortView {
    pub port: PortName,
    /// The version that was served last; `None` for a view, of which no data are left.
    pub table_version: Option<u64>,
    /// Until when its data are kept at least; `None` for ever.
    pub kept_until: Option<DateTime<Utc>>,
}

/// A run, as far as it concerns what the principal may discover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunView {
    pub id: String,
    pub revision: Revision,
    /// Who made the revision, when, and how that was signed, as its commit says; `None` where it is no
    /// commit, and for who may not see the mesh's own runs.
    pub author: Option<String>,
    pub committed_at: Option<DateTime<Utc>>,
    pub signature: Option<String>,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    /// For who may not see the mesh's own runs: how the steps and diagnostics shown here came out.
    pub status: RunStatus,
    /// `None` for who may not see the mesh's own runs.
    pub plan: Option<String>,
    pub diagnostics: Vec<RunDiagnostic>,
    /// A step has `rows` only where the principal may read every row, and of a message about rows or
    /// columns that are hidden from the principal the code alone.
    pub steps: Vec<RunStep>,
}

/// What one check of a contract found out.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckView {
    /// The run in which the gate made it; `None` for what the clock found out.
    pub run: Option<String>,
    pub port: PortRef,
    pub name: String,
    pub column: Option<String>,
    pub outcome: CheckOutcome,
    /// `None` also where the principal may not read every row, or finds the column masked.
    pub failing_rows: Option<u64>,
    /// As with `failing_rows`, since it counts rows too.
    pub message: Option<String>,
    pub at: DateTime<Utc>,
    /// As with `failing_rows`.
    pub measured: Option<f64>,
    /// What the number had to be, in words.
    pub threshold: Option<String>,
    pub severity: Option<CheckSeverity>,
    /// As with `failing_rows`, since they depend on rows.
    pub scanned_bytes: Option<u64>,
    pub duration_ms: Option<u64>,
    /// Some of the rows that are not as they must be, with those of their columns that the principal reads in clear;
    /// `None` also as with `failing_rows`, where the port is served no more, and where it has no such column.
    pub sample: Option<OffendingRows>,
}

impl CheckView {
    /// Whether it is about the queries that read the port, and not about its rows.
    pub fn is_of_traffic(&self) -> bool {
        self.run.is_none() && TrafficLevel::is_name(&self.name)
    }
}

/// A decision from the record, as its own principal or an auditor may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionView {
    /// Place in the record, and the hash that vouches for it; `None` for who sees only its own
    /// decisions, since they tell of those of others.
    pub seq: Option<u64>,
    pub hash: Option<String>,
    pub at: DateTime<Utc>,
    pub query: String,
    pub principal: String,
    pub action: String,
    pub object: String,
    pub purpose: Option<String>,
    pub allowed: bool,
    /// Empty on a denied `discover` for who is no auditor: a reason would tell that the object is there.
    pub because: Vec<String>,
    pub masks: BTreeMap<String, String>,
    pub filters: Vec<String>,
    pub policy_revision: Revision,
    pub policy_epoch: u64,
    /// Which grants counted; 0 before the first.
    pub grants_epoch: u64,
}

/// Rows of `from` go into `to`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineageEdge {
    pub from: PortRef,
    pub to: PortRef,
    /// Number of the release of the product that `to` is of.
    pub release: u64,
}

/// Values of a column go into those of another, or decide on them, or on the rows of a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnEdge {
    pub from: PortRef,
    pub from_column: String,
    pub to: PortRef,
    /// `None` for what decides which rows there are.
    pub to_column: Option<String>,
    /// Never empty.
    pub how: BTreeSet<Dependence>,
    /// Number of the release of the product that `to` is of.
    pub release: u64,
}

/// Part of a list, newest first, and how to ask for the next part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<T> {
    pub items: Vec<T>,
    /// What to pass as `after` for what comes next; `None` at the end.
    pub next: Option<String>,
}
