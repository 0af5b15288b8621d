//! Why a request was not answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Media type of a [`Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was not answered, as RFC 9457 has it. The body of every answer with a status of
/// 400 or more.
///
/// What is unknown and what the asker may not know of are one problem: the two differ in nothing
/// but the name that was asked and the trace id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem: `urn:weft:W0905`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few words; the same for every problem of one code and status.
    pub title: String,
    pub status: u16,
    /// This problem in one sentence, for people.
    pub detail: String,
    /// The stable code: `W0905`.
    pub code: String,
    /// Finds the request in the server's log; 32 hex digits.
    pub trace_id: String,
    /// Says why, in answer to `POST /api/v1/access/explain`; absent where it is not a matter of access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explain_id: Option<String>,
}
