//! Training sets: what they were made from is kept for as long as whoever made them wants.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use weft_catalog::{Made, TrainingSet};
use weft_engine::SessionOptions;
use weft_wire as wire;

use crate::Doors;
use crate::asked;
use crate::caller::Caller;
use crate::problem::Problem;

const DAYS: u32 = 365;
const DAYS_MAX: u32 = 5 * 365;
const FEATURES_MAX: usize = 1_000;

/// Notes a training set and keeps what it was made from. Which versions those are is worked out from the query anew,
/// with the rights of whoever asks.
#[utoipa::path(post, path = "/v1/training-sets", tag = "query",
    request_body = wire::TrainingSetRequest,
    responses((status = 200, body = wire::TrainingSet)))]
pub(crate) async fn hold(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    body: Bytes,
) -> Result<Json<wire::TrainingSet>, Problem> {
    let request: wire::TrainingSetRequest = asked::body(&body, "training set")?;
    let days = request.days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(Problem::malformed(format!("`days` is a number from 1 to {DAYS_MAX}")));
    }
    let is_hash = request.content_hash.len() == 32 && request.content_hash.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hash {
        return Err(Problem::malformed("`contentHash` is 32 hexadecimal digits"));
    }
    if request.features.len() > FEATURES_MAX {
        return Err(Problem::malformed(format!("`features` are {FEATURES_MAX} at most")));
    }
    let as_of = SessionOptions::read_as_of(&request.as_of).map_err(Problem::malformed)?;
    let purpose = request.purpose.as_deref().map(SessionOptions::read_purpose).transpose();
    let purpose = purpose.map_err(Problem::malformed)?;
    let options = SessionOptions { purpose, as_of: Some(as_of), door: Some("http"), ..SessionOptions::default() };
    let pinned = doors.engine.session(principal.clone(), options).pinned(&request.sql).await?;
    let now = doors.clock.now();
    let set = TrainingSet {
        id: uuid::Uuid::new_v4().simple().to_string(),
        at: now,
        principal: principal.subject(),
        held_until: now + TimeDelta::days(i64::from(days)),
        made: Made {
            as_of,
            features: request.features,
            tables: pinned.tables,
            rows: request.rows,
            content_hash: request.content_hash.to_ascii_lowercase(),
        },
    };
    doors.catalog.hold(&set).await?;
    Ok(Json(told(set)))
}

/// The caller's own training sets, the newest first.
#[utoipa::path(get, path = "/v1/training-sets", tag = "query",
    responses((status = 200, body = Vec<wire::TrainingSet>)))]
pub(crate) async fn training_sets(
    State(doors): State<Doors>,
    Caller(principal): Caller,
) -> Result<Json<Vec<wire::TrainingSet>>, Problem> {
    let sets = doors.catalog.training_sets(&principal.subject()).await?;
    Ok(Json(sets.into_iter().map(told).collect()))
}

fn told(set: TrainingSet) -> wire::TrainingSet {
    let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let tables = set.made.tables.into_iter().map(|table| wire::HeldTable {
        port: table.port.to_string(),
        release: table.release,
        table_version: table.table_version,
    });
    wire::TrainingSet {
        id: set.id,
        at: instant(set.at),
        held_until: instant(set.held_until),
        as_of: instant(set.made.as_of),
        features: set.made.features,
        tables: tables.collect(),
        rows: set.made.rows,
        content_hash: set.made.content_hash,
    }
}
