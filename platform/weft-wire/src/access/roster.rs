//! Who sees what of one port.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::{PortRef, PrincipalKind, Revision};

/// Of which port, or of which of its columns, it is asked who sees it: `POST /api/v1/access/roster`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RosterRequest {
    pub port: PortRef,
    #[serde(default)]
    pub column: Option<String>,
    /// As if everyone asked for this purpose.
    #[serde(default)]
    pub purpose: Option<String>,
    /// Now, where nothing is said.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
}

/// Everyone who is known, by how they see the port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Roster {
    pub port: PortRef,
    pub column: Option<String>,
    pub purpose: Option<String>,
    pub at: DateTime<Utc>,
    pub policy_revision: Revision,
    pub groups: Vec<RosterGroup>,
}

/// Principals that see it alike, by the same rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterGroup {
    /// `all`, `some` or `none`.
    pub rows: String,
    /// The row filters that hide the rest.
    pub filters: Vec<RuleLine>,
    /// Those asked about, in the order of the port.
    pub columns: Vec<RosterColumn>,
    /// The lines that allow it, or the one that denies it; none where nothing allows it.
    pub because: Vec<RuleLine>,
    pub members: Vec<RosterMember>,
}

/// How a column is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterColumn {
    pub name: String,
    /// `clear`, `masked`, `hidden` or `denied`.
    pub sees: String,
    /// The masks in words, where it is masked.
    pub masks: Option<String>,
}

/// A principal, and what leads from it to the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterMember {
    pub name: String,
    pub kind: PrincipalKind,
    pub paths: Vec<RosterPath>,
}

/// How a principal comes to be whom a line speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterPath {
    pub rule: RuleLine,
    /// `role:analyst`, `group:owners`, `user:ana`.
    pub subject: String,
    /// From the principal to that subject.
    pub chain: Vec<RosterMembership>,
}

/// One step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RosterMembership {
    pub member: String,
    pub holds: String,
    /// The row that says so; none for a group, which comes with the principal.
    pub by: Option<RuleLine>,
}

/// A line of a rule. Grants and the platform's own words stand in no file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleLine {
    pub file: Option<String>,
    pub line: Option<u32>,
    pub text: String,
}
