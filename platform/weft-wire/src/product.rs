//! Domains and products.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{DomainName, PortRef, ProductName, ProductRef, Revision};

use crate::{FeatureService, Port, PortSummary};

/// A domain in a list: `GET /api/v1/domains`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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
    /// Features of several views that are asked for together, in the order of the manifest.
    pub features: Vec<FeatureService>,
    /// Tables of other products that this one reads, as far as the asker may discover them.
    pub inputs: Vec<Input>,
    /// Products that read this one, as far as the asker may discover them, in order of name.
    pub feeds: Vec<ProductRef>,
    /// What the data may be asked for; empty where nothing is said.
    pub purposes: Vec<String>,
    /// Path of the ODPS document in the repository.
    pub file: String,
    /// How to reach who answers for the domain.
    pub contact: Option<String>,
    /// Whether the asker owns the domain, or is its steward.
    pub answers: bool,
}

/// A table that a product reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    pub name: String,
    pub port: PortRef,
    pub contract: ContractId,
}

/// Which contract: its id and its own version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractId {
    pub id: String,
    pub version: String,
}
