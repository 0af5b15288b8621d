//! Changes of state, told as they happen.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The data of one event of `GET /api/v1/events`. It says that something changed and not how: ask for the thing itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Also the event's `id`, which goes on with `Last-Event-ID`.
    pub id: u64,
    pub at: DateTime<Utc>,
    /// `release.published`, `release.rolled_back`, `product.retired`, `run.ended`, `service_level.turned`, or
    /// `request.` and what became of it.
    pub kind: String,
    /// Name of the product or port, id of the run or request.
    pub subject: String,
}
