//! Training sets that can be made again: what they were made from stays until their hold ends.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use weft_model::PortRef;

use crate::error::{CatalogError, Doing};
use crate::moment;

/// A training set, and until when it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingSet {
    /// Unlike every other.
    pub id: String,
    pub at: DateTime<Utc>,
    /// Who made it, as policies write it: `user:dana`.
    pub principal: String,
    /// The versions that it was made from are not deleted before.
    pub held_until: DateTime<Utc>,
    pub made: Made,
}

/// What a training set was made from, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    pub as_of: DateTime<Utc>,
    pub features: Vec<String>,
    pub tables: Vec<HeldTable>,
    pub rows: u64,
    /// As `platform/docs/features/content-hash.md` reckons it.
    pub content_hash: String,
}

/// A version of a table that a query reads, and that a training set was made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldTable {
    pub port: PortRef,
    /// Number of the product's release.
    pub release: u64,
    /// Where the table lies in the warehouse; absent for a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_version: Option<u64>,
}

type Row = (String, String, String, String, String);

pub(crate) async fn add(connection: &mut AnyConnection, set: &TrainingSet) -> Result<(), CatalogError> {
    let document =
        serde_json::to_string(&set.made).map_err(|error| CatalogError::corrupt("training set", error.to_string()))?;
    sqlx::query("INSERT INTO training_sets (id, at, principal, held_until, document) VALUES ($1, $2, $3, $4, $5)")
        .bind(&set.id)
        .bind(moment::to_text(set.at))
        .bind(&set.principal)
        .bind(moment::to_text(set.held_until))
        .bind(document)
        .execute(connection)
        .await
        .doing("record a training set")?;
    Ok(())
}

/// Those of one principal, the newest first.
pub(crate) async fn of(connection: &mut AnyConnection, principal: &str) -> Result<Vec<TrainingSet>, CatalogError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, at, principal, held_until, document FROM training_sets WHERE principal = $1 ORDER BY at DESC, id",
    )
    .bind(principal)
    .fetch_all(connection)
    .await
    .doing("read training sets")?;
    rows.into_iter().map(read).collect()
}

/// Those of everybody whose hold has not ended at `now`.
pub(crate) async fn held(connection: &mut AnyConnection, now: DateTime<Utc>) -> Result<Vec<TrainingSet>, CatalogError> {
    let rows: Vec<Row> =
        sqlx::query_as("SELECT id, at, principal, held_until, document FROM training_sets WHERE held_until >= $1")
            .bind(moment::to_text(now))
            .fetch_all(connection)
            .await
            .doing("read training sets")?;
    rows.into_iter().map(read).collect()
}

fn read((id, at, principal, held_until, document): Row) -> Result<TrainingSet, CatalogError> {
    let made = serde_json::from_str(&document).map_err(|_| CatalogError::corrupt("training set", id.clone()))?;
    Ok(TrainingSet { id, at: moment::from_text(&at)?, principal, held_until: moment::from_text(&held_until)?, made })
}
