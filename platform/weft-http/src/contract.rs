//! The contract of a port, and a few of its rows.

use axum::Extension;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use weft_engine::{Parameters, SessionOptions};
use weft_model::PortRef;
use weft_wire as wire;

use crate::Doors;
use crate::asked::{self, Named, Queried};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::sql;
use crate::sql_format::SqlFormat;
use crate::trace::TraceId;

/// How many rows a sample has where nobody says, and at most.
const SAMPLE_ROWS: u64 = 20;
const SAMPLE_ROWS_MAX: u64 = 100;

/// Shows the contract of a port as it is committed.
#[utoipa::path(get, path = "/v1/ports/{domain}/{product}/{port}/contract", tag = "catalog",
    responses((status = 200, body = wire::Contract)))]
pub(crate) async fn get_contract(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(port): Named<PortRef>,
) -> Result<Json<wire::Contract>, Problem> {
    let view = doors.view(&principal);
    let contract = view.contract_of(&port)?;
    let revision = view.product(&port.product_ref())?.revision;
    let role = |(name, access, approvers)| wire::ContractRole { name, access, approvers };
    Ok(Json(wire::Contract {
        port,
        id: contract.key.id,
        version: contract.key.version.to_string(),
        status: contract.status,
        purpose: contract.purpose,
        file: contract.file,
        revision,
        document: contract.document,
        roles: contract.roles.into_iter().map(role).collect(),
    }))
}

/// What of a port is wanted, as text: what is no number gets an answer that says so.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SampleQuery {
    /// How many rows; 20 where nobody says.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// What the rows are for.
    #[param(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    purpose: Option<String>,
}

/// Shows a few rows of a port, in no order, as the caller sees them: the answer of a query.
#[utoipa::path(get, path = "/v1/ports/{domain}/{product}/{port}/sample", tag = "query", params(SampleQuery),
    responses((status = 200, body = wire::SqlAnswer)))]
pub(crate) async fn get_sample(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(port): Named<PortRef>,
    Extension(trace): Extension<TraceId>,
    Queried(asked): Queried<SampleQuery>,
) -> Result<Response, Problem> {
    let limit = asked::number("limit", asked.limit.as_deref(), SAMPLE_ROWS, 1..=SAMPLE_ROWS_MAX)?;
    let purpose = asked.purpose.filter(|purpose| !purpose.is_empty());
    let purpose = purpose.as_deref().map(SessionOptions::read_purpose).transpose().map_err(Problem::malformed)?;
    doors.view(&principal).port(&port)?;

    // Names of ports never need quoting.
    let sql = format!("SELECT * FROM {port} LIMIT {limit}");
    let options = SessionOptions { purpose, door: Some("http"), ..SessionOptions::default() };
    let query = sql::Query { sql: &sql, parameters: Parameters::default(), options, limit: None };
    sql::answered(&doors, principal, query, SqlFormat::Json, trace).await
}
