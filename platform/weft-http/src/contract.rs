//! The contract of a port, and a few of its rows.

use axum::Extension;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use weft_engine::{Parameters, SessionOptions};
use weft_model::PortRef;
use weft_wire as wire;

use crate::Doors;
use crate::asked::Named;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::sql;
use crate::sql_format::SqlFormat;
use crate::sql_rows::SqlRows;
use crate::sql_terms;
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
    query: Result<Query<SampleQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(asked)) = query else { return Err(Problem::malformed("the query string is not well-formed")) };
    let limit = match asked.limit.as_deref().map(str::parse) {
        None => SAMPLE_ROWS,
        Some(Ok(limit)) if (1..=SAMPLE_ROWS_MAX).contains(&limit) => limit,
        Some(_) => return Err(Problem::malformed(format!("`limit` is not a number from 1 to {SAMPLE_ROWS_MAX}"))),
    };
    let purpose = asked.purpose.filter(|purpose| !purpose.is_empty());
    let purpose = purpose.as_deref().map(SessionOptions::read_purpose).transpose().map_err(Problem::malformed)?;
    let view = doors.view(&principal);
    view.port(&port)?;

    let id = uuid::Uuid::new_v4().simple().to_string();
    let (trace_id, query) = (Some(trace.to_string()), Some(id.clone()));
    let options = SessionOptions { purpose, trace: trace_id, query, door: Some("http"), ..SessionOptions::default() };
    let session = doors.engine.session(principal, options);
    // Names of ports never need quoting.
    let rows = format!("SELECT * FROM {port} LIMIT {limit}");
    let answer = session.query(&rows, Parameters::default()).await;
    let answer = answer.map_err(|error| Problem::from(error).explained(&id))?;
    let (is_on_terms, terms) = (answer.is_on_terms(), sql_terms::told(&view, answer.terms()));
    let rows = SqlRows::begin(answer, SqlFormat::Json, None, &terms, trace)?;
    sql::respond(SqlFormat::Json, &id, is_on_terms, rows.into_body().await?)
}
