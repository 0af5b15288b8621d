//! The rules that decide.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{DomainName, Revision};

use crate::RuleLine;

/// The rules in force, as far as the asker may know them: `GET /api/v1/policies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policies {
    /// In which the rules stand.
    pub revision: Revision,
    /// Rises whenever other rules come into force.
    pub epoch: u64,
    /// Which grants count: the number of the last event that made them.
    pub grants_epoch: u64,
    /// In order of file and line, then what was granted on request.
    pub rules: Vec<PolicyRule>,
    /// Whether that is all there are.
    pub complete: bool,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRule {
    #[serde(flatten)]
    pub line: RuleLine,
    /// `allow`, `deny`, `role`, `tag`, `mask`, `filter` or `grant`.
    pub kind: String,
    /// Whom it speaks of: `group:analysts`, `role:reader`, `user:ana`; a column for `tag`.
    pub who: String,
    /// Of what: `sales.*`, `tag:personal`; a role for `role`.
    pub what: String,
    /// What it lets one do, or keeps one from; `null` where that is not the question.
    pub action: Option<String>,
    /// When it holds; `null` for always.
    pub when: Option<String>,
    /// The domain in whose rules it stands; `null` for the mesh's own.
    pub domain: Option<DomainName>,
    /// In one sentence.
    pub sentence: String,
}

/// One file of the revision in force: `GET /api/v1/files?path=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileText {
    pub path: String,
    pub revision: Revision,
    pub text: String,
}
