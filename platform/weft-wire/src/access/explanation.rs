//! Why somebody sees a column, or does not.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortRef, Revision};

use super::RuleLine;

/// What is to be explained: the body of `POST /api/v1/access/explain`. Either what an `explainId` stands for, or a
/// question of one's own. Here, unknown keys are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainRequest {
    /// As a refusal, or an answer of which something is masked, told it.
    #[serde(default)]
    pub explain_id: Option<String>,
    /// Name of a principal; the caller if absent.
    #[serde(default)]
    pub who: Option<String>,
    #[serde(default)]
    pub port: Option<PortRef>,
    #[serde(default)]
    pub column: Option<String>,
    #[serde(default)]
    pub purpose: Option<String>,
    /// Now if absent.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
}

/// Answers to an [`ExplainRequest`]: one for each port that a query asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanations {
    pub items: Vec<Explanation>,
}

/// Why one principal sees a port or a column as it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// As policies write it: `user:dana`.
    pub principal: String,
    pub port: PortRef,
    pub column: Option<String>,
    pub purpose: Option<String>,
    pub at: DateTime<Utc>,
    pub policy_revision: Revision,
    /// Which grants counted: the number of the last event that made them.
    pub grants_epoch: u64,
    /// `clear`, `masked`, `hidden` or `denied` for a column; `readable` or `denied` for a port.
    pub sees: String,
    pub hides_rows: bool,
    /// How many of a hundred rows are seen, rounded down; told to whoever sees them all.
    pub percent_of_rows: Option<u8>,
    /// The answer in one sentence.
    pub sentence: String,
    /// From who asks to what decides.
    pub evidence: Vec<Evidence>,
    /// The nearest first.
    pub near: Vec<NearMiss>,
    pub change: Option<Change>,
    /// Whether this is what was recorded then, under policies that are no more in force: without what nearly changed it.
    pub recorded: bool,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// `identity`, `purpose`, `group`, `role`, `grant`, `tag`, `rule`, `exemption`, `mask`, `filter` or `platform`.
    pub kind: String,
    #[serde(flatten)]
    pub line: RuleLine,
    /// In which the line stands.
    pub revision: Option<Revision>,
    /// Whether the answer is as it is because of it.
    pub decides: bool,
}

/// A rule that would show more and does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NearMiss {
    #[serde(flatten)]
    pub line: RuleLine,
    /// `read` or `unmask`.
    pub would: String,
    pub met: Vec<String>,
    /// Not empty.
    pub failed: Vec<String>,
}

/// The least that would show all of what was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Change {
    /// Ask again for this purpose.
    Purpose { purpose: String },
    /// Ask for access: the body of `POST /api/v1/access/requests`.
    Request { request: super::NewRequest },
    /// A rule stands against it, which its owner alone can change.
    Rule { text: String },
}
