//! How to reach a port from elsewhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weft_model::PortRef;

/// Texts that work when they are pasted, once `$WEFT_TOKEN` holds a token: `GET /api/v1/connect`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connections {
    pub port: Option<PortRef>,
    /// URL of the Flight SQL door: `grpc://127.0.0.1:8815`.
    pub flight: String,
    /// URL of this door.
    pub http: String,
    pub clients: Vec<Connection>,
}

/// One client's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// `python`, `duckdb`, `jdbc`, `curl`, `polars`, `weft`.
    pub client: String,
    pub title: String,
    /// What it is written in: `python`, `sql`, `shell`, `text`.
    pub language: String,
    pub text: String,
    /// What has to be installed; empty where nothing has.
    pub install: String,
}
