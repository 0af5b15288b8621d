//! Domains, products, ports and their releases.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use weft_model::{DomainName, PortName, PortRef, ProductName, ProductRef, Revision};

/// A domain in a list: `GET /api/v1/domains`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DomainSummary {
    pub name: DomainName,
    pub description: String,
    /// A group of principals.
    pub owner: String,
    pub contact: Option<String>,
    /// Those that the asker may discover.
    pub products: Vec<ProductName>,
}

/// A product in a list: `GET /api/v1/products`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductSummary {
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
    /// When that release was made.
    pub at: DateTime<Utc>,
    /// Those that the asker may discover.
    pub ports: Vec<PortSummary>,
}

/// A product: `GET /api/v1/products/{domain}/{product}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
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
    /// Those that the asker may discover, in the order of the manifest.
    pub ports: Vec<Port>,
    /// Tables of other products that this one reads, as far as the asker may discover them.
    pub inputs: Vec<Input>,
}

/// A table that a product reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    pub name: String,
    pub port: PortRef,
    pub contract: ContractId,
}

/// Which contract: its id and its own version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContractId {
    pub id: String,
    pub version: String,
}

/// A port in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortSummary {
    pub name: PortRef,
    pub description: String,
    /// How its rows come about: `seed`, `source`, `full` or `view`.
    pub kind: String,
    /// Whether the asker may read it, if perhaps not every row or column.
    pub readable: bool,
    /// `null` for a view, and where the asker may not read every row.
    pub rows: Option<u64>,
}

/// A port: `GET /api/v1/ports/{domain}/{product}/{port}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    pub name: PortRef,
    pub description: String,
    /// How its rows come about: `seed`, `source`, `full` or `view`.
    pub kind: String,
    pub contract: ContractId,
    /// In the order of the contract.
    pub columns: Vec<Column>,
    /// Names of the key's columns in key order; empty where no key is declared.
    pub primary_key: Vec<String>,
    /// Whether the asker may read it, if perhaps not every row or column.
    pub readable: bool,
    /// `null` for a view, and where the asker may not read every row.
    pub rows: Option<u64>,
    /// As with `rows`.
    pub bytes: Option<u64>,
    /// Version of the Delta table; `null` for a view.
    pub table_version: Option<u64>,
    /// Number of the product's release that serves it.
    pub release: u64,
    /// When that release was made.
    pub at: DateTime<Utc>,
}

/// A column of a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    pub name: String,
    pub description: String,
    /// The word that SQL uses: `string`, `bigint`, `decimal(12,2)`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Never NULL.
    pub required: bool,
    /// No value occurs twice.
    pub unique: bool,
    /// Place in the primary key, counted from 1.
    pub primary_key_position: Option<u32>,
    pub classification: Option<String>,
    pub tags: Vec<String>,
}

/// A release of a product: `GET /api/v1/products/{domain}/{product}/releases`, and of one of its ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
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
    #[serde(default)]
    pub retired: bool,
    /// Set where it serves an earlier release again.
    #[serde(default)]
    pub rolled_back: Option<RolledBack>,
    /// Those that the asker may discover.
    pub ports: Vec<ReleasedPort>,
}

/// Which earlier release a release serves again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolledBack {
    /// Number of the release that is served again.
    pub to: u64,
    /// Number of the release that was served until then.
    pub from: u64,
    /// Who did it; `null` for who does not answer for the product.
    pub by: Option<String>,
    pub reason: String,
}

/// What is asked of a roll-back: the body of `POST /api/v1/products/{domain}/{product}/rollback`. Here, unknown keys
/// are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollBackRequest {
    /// Number of the release to serve again; without it, the last that served something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// For who reads the history of releases; may be empty.
    pub reason: String,
    /// Whether it may break who reads the product today.
    #[serde(default)]
    pub accept_breaking: bool,
}

/// Which version of a table a release serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedPort {
    pub name: PortName,
    /// Version of the Delta table; `null` for a view.
    pub table_version: Option<u64>,
    /// `null` for a view, and where the asker may not read every row.
    pub rows: Option<u64>,
}
