//! SQL: the other door into the engine.

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use weft_catalog::CatalogError;
use weft_engine::{Parameters, SessionOptions};
use weft_model::Principal;
use weft_wire as wire;

use crate::Doors;
use crate::asked::{self, Id};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::sql_format::SqlFormat;
use crate::sql_rows::SqlRows;
use crate::sql_terms;
use crate::sql_values;
use crate::trace::TraceId;

/// Answers a query as the caller. Rows leave as they come; whoever hangs up cancels.
#[utoipa::path(post, path = "/v1/sql", tag = "query",
    request_body = wire::SqlRequest,
    responses((status = 200, content((wire::SqlAnswer = "application/json"), (Vec<u8> = "application/vnd.apache.arrow.stream")))))]
pub(crate) async fn post_sql(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Extension(trace): Extension<TraceId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let format = SqlFormat::wanted(&headers)?;
    let request: wire::SqlRequest = asked::body(&body, "query")?;
    let options = options(&headers, &request)?;
    let parameters: Parameters = sql_values::read(&request.parameters)?;
    let query = Query { sql: &request.sql, parameters, options, limit: request.limit };
    answered(&doors, principal, query, format, trace).await
}

/// A query, and what comes beside it.
pub(crate) struct Query<'q> {
    pub(crate) sql: &'q str,
    pub(crate) parameters: Parameters,
    pub(crate) options: SessionOptions,
    /// Most rows of the answer, which is cut after them.
    pub(crate) limit: Option<u64>,
}

/// The answer to a query under an id of its own, with the terms on which it read what it read.
pub(crate) async fn answered(
    doors: &Doors,
    principal: Principal,
    query: Query<'_>,
    format: SqlFormat,
    trace: TraceId,
) -> Result<Response, Problem> {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let options = SessionOptions { trace: Some(trace.to_string()), query: Some(id.clone()), ..query.options };
    let view = doors.view(&principal).for_purpose(options.purpose.clone());
    let session = doors.engine.session(principal, options);
    let answer = session.query(query.sql, query.parameters).await;
    let answer = answer.map_err(|error| Problem::from(error).explained(&id))?;
    let (is_on_terms, terms) = (answer.is_on_terms(), sql_terms::told(&view, answer.terms()));
    let rows = SqlRows::begin(answer, format, query.limit, &terms, trace)?;
    respond(format, &id, is_on_terms, rows.into_body().await?)
}

/// Ends a query of the caller's own.
#[utoipa::path(delete, path = "/v1/sql/{id}", tag = "query", responses((status = 204)))]
pub(crate) async fn delete_sql(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    if doors.engine.cancel(&id, &principal) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(CatalogError::NotFound { kind: "query", name: id }.into())
    }
}

fn respond(format: SqlFormat, id: &str, is_on_terms: bool, body: Body) -> Result<Response, Problem> {
    let id = HeaderValue::from_str(id).map_err(|_| Problem::internal())?;
    let explained = is_on_terms.then(|| (HeaderName::from_static(wire::EXPLAIN_ID_HEADER), id.clone()));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (HeaderName::from_static(wire::QUERY_ID_HEADER), id),
    ];
    let mut response = (headers, body).into_response();
    response.headers_mut().extend(explained);
    Ok(response)
}

/// What comes beside the SQL: from a header or the body, but not from both in two ways.
fn options(headers: &HeaderMap, request: &wire::SqlRequest) -> Result<SessionOptions, Problem> {
    let said = |header: &'static str, member: &str, in_body: Option<&String>| {
        let in_header = one_of(headers, header)?;
        match (in_header, in_body.map(String::as_str).filter(|text| !text.is_empty())) {
            (Some(a), Some(b)) if a != b => {
                Err(Problem::malformed(format!("the header `{header}` and `{member}` of the body say two things")))
            }
            (a, b) => Ok(a.or(b).map(str::to_owned)),
        }
    };
    let purpose = said(SessionOptions::PURPOSE_HEADER, "purpose", request.purpose.as_ref())?;
    let as_of = said(SessionOptions::AS_OF_HEADER, "asOf", request.as_of.as_ref())?;
    Ok(SessionOptions {
        purpose: purpose.as_deref().map(SessionOptions::read_purpose).transpose().map_err(Problem::malformed)?,
        as_of: as_of.as_deref().map(SessionOptions::read_as_of).transpose().map_err(Problem::malformed)?,
        door: Some("http"),
        ..SessionOptions::default()
    })
}

/// The text of a header that may stand once; none where it is empty.
fn one_of<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let mut all = headers.get_all(name).iter();
    let (first, None) = (all.next(), all.next()) else {
        return Err(Problem::malformed(format!("the header `{name}` stands more than once")));
    };
    let text = first.map(HeaderValue::to_str).transpose();
    let text = text.map_err(|_| Problem::malformed(format!("the header `{name}` is not ASCII text")))?;
    Ok(text.filter(|text| !text.is_empty()))
}
