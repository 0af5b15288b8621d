//! Requests for access, and what is decided on them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::PortRef;

/// A request for access: the body of `POST /api/v1/access/requests`. Here, unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRequest {
    pub port: PortRef,
    /// Names of columns; none for the whole port.
    #[serde(default)]
    pub columns: Vec<String>,
    /// One that the product allows.
    #[serde(default)]
    pub purpose: Option<String>,
    /// When access ends; ninety days from now if absent.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    #[serde(default)]
    pub note: String,
    /// A role of the port's contract; the first one that lets read if absent.
    #[serde(default)]
    pub role: Option<String>,
    /// In an emergency: all rows too, for an hour at most, approved by two persons.
    #[serde(default)]
    pub break_glass: bool,
}

/// A decision: the body of `POST /api/v1/access/requests/{id}/…`. Here, unknown keys are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestDecision {
    /// Needed to decline and to revoke.
    #[serde(default)]
    pub note: String,
    /// With `approve`: fewer columns than were asked for.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// With `approve`: an earlier end. With `extend`: the later end that is asked for.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
}

/// A request as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// `REQ-7`.
    pub id: String,
    /// Who asks, as policies write it: `user:dana`.
    pub asker: String,
    pub at: DateTime<Utc>,
    /// `requested`, `approved`, `expired`, `declined`, `withdrawn` or `revoked`.
    pub state: String,
    pub port: PortRef,
    /// None for the whole port.
    pub columns: Vec<String>,
    pub purpose: Option<String>,
    pub until: DateTime<Utc>,
    pub note: String,
    pub role: Option<String>,
    pub break_glass: bool,
    /// Id of the request whose access it prolongs.
    pub extends: Option<String>,
    /// Names of groups and users any of whom may decide next; `null` where nothing is left to decide.
    pub waits_for: Option<Vec<String>>,
    /// In order.
    pub decisions: Vec<Decided>,
    /// What was granted.
    pub grant: Option<Granted>,
    /// What the caller may do about it: `approve`, `decline`, `withdraw`, `extend`, `revoke`, `export`.
    pub can: Vec<String>,
}

/// One decision on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// Who decided, or the rule that did, as `file:line: text`.
    pub by: String,
    pub at: DateTime<Utc>,
    /// `approved`, `declined`, `withdrawn` or `revoked`.
    pub what: String,
    pub note: String,
}

/// What was granted: from an instant to an instant, the latter not counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Granted {
    pub columns: Vec<String>,
    pub since: DateTime<Utc>,
    pub until: DateTime<Utc>,
}
