//! What greets a person: what waits for them, what they answer for, what they used and what changed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{DomainName, PortRef, ProductRef};

use crate::{ProductSummary, Quality};

/// All of the first page: `GET /api/v1/home`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Home {
    /// The most pressing first.
    pub needs: Vec<Need>,
    /// Products that the asker answers for, in order of name.
    pub products: Vec<OwnProduct>,
    /// Ports that the asker read last, the newest first.
    pub recent: Vec<PortRef>,
    /// What was released in the last seven days, the newest first.
    pub changed: Vec<ChangeNear>,
    /// How much there is that the asker may discover.
    pub domains: u64,
    pub products_count: u64,
    pub ports: u64,
}

/// Something that waits for the asker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Need {
    /// `request` to decide, `freshness` that is not kept, `check` that failed, or `run` that did not succeed.
    pub kind: String,
    /// Id of the request, name of the port, or revision.
    pub subject: String,
    /// In one sentence.
    pub text: String,
    pub at: DateTime<Utc>,
}

/// A product, and how it fares as far as the asker is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnProduct {
    pub product: ProductSummary,
    pub quality: Quality,
    /// Whether a promise on freshness is not kept; `null` where none is measured.
    pub late: Option<bool>,
    /// How many products read it.
    pub consumers: u64,
    /// Queries of each of the last seven days, the oldest first: everyone's where the asker answers for it, else the
    /// asker's own.
    pub queries: Vec<u64>,
}

/// A release of the last days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeNear {
    pub product: ProductRef,
    /// Number of the release.
    pub release: u64,
    pub at: DateTime<Utc>,
    /// `new`, `changed`, `rolled_back` or `retired`.
    pub what: String,
}

/// A domain with its products: `GET /api/v1/domains/{domain}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    pub name: DomainName,
    pub description: String,
    /// A group of principals.
    pub owner: String,
    pub contact: Option<String>,
    /// Those that the asker may discover, in order of name.
    pub products: Vec<OwnProduct>,
}
