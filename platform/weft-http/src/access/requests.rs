//! Asking for access, and deciding on it.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use weft_catalog::{CatalogError, Given, RequestView, WantedAccess};
use weft_wire as wire;

use crate::Doors;
use crate::asked::{self, Id, Wanted, WantedQuery};
use crate::caller::Caller;
use crate::problem::Problem;

/// Lists the requests that concern the caller, newest first.
#[utoipa::path(get, path = "/v1/access/requests", tag = "access",
    params(WantedQuery),
    responses((status = 200, body = wire::Page<wire::Request>)))]
pub(crate) async fn list_requests(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    wanted: Wanted,
) -> Json<wire::Page<wire::Request>> {
    let requests = doors.view(&principal).requests().into_iter().map(request);
    let mut requests: Vec<wire::Request> = match &wanted.after {
        None => requests.collect(),
        Some(after) => requests.skip_while(|request| request.id != *after).skip(1).collect(),
    };
    let more = requests.len() > wanted.limit;
    requests.truncate(wanted.limit);
    let next = requests.last().filter(|_| more).map(|request| request.id.clone());
    Json(wire::Page { items: requests, next })
}

/// Asks for access as the caller.
#[utoipa::path(post, path = "/v1/access/requests", tag = "access",
    request_body = wire::NewRequest,
    responses((status = 201, body = wire::Request)))]
pub(crate) async fn post_request(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    body: Bytes,
) -> Result<(StatusCode, Json<wire::Request>), Problem> {
    let wire::NewRequest { port, columns, purpose, until, note, role, break_glass } =
        asked::body(&body, "request for access")?;
    let wanted = WantedAccess { port, columns, purpose, until, note, role, break_glass };
    let made = doors.view(&principal).request_access(wanted).await?;
    Ok((StatusCode::CREATED, Json(request(made))))
}

/// In which form a request is wanted.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RequestForm {
    /// A document of the Open Access Agreement Standard.
    Oaas,
}

/// A request in the form that was asked for, as the description tells.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes JSON; either form is written as it is")]
enum RequestInForm {
    Request(Box<wire::Request>),
    Agreement(AccessAgreement),
}

/// A document of the Open Access Agreement Standard 1.0, which says what the other members are.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes JSON; the catalog writes it")]
struct AccessAgreement {
    api_version: String,
    kind: String,
    id: String,
    status: String,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Form {
    /// The request in the words of this API where nobody says.
    #[param(inline)]
    format: Option<RequestForm>,
}

/// Shows one request: in the words of this API, or with `format=oaas` as an access agreement.
#[utoipa::path(get, path = "/v1/access/requests/{id}", tag = "access",
    params(Form),
    responses((status = 200, body = RequestInForm)))]
pub(crate) async fn get_request(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Id(id): Id,
    form: Result<Query<Form>, QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(Form { format })) = form else {
        return Err(Problem::malformed("`format` is `oaas`, or is not given"));
    };
    let view = doors.view(&principal);
    match format {
        None => Ok(Json(request(view.request(&id)?)).into_response()),
        Some(RequestForm::Oaas) => Ok(Json(view.agreement(&id)?).into_response()),
    }
}

/// Gives what was granted as a commit, which `git am` takes.
#[utoipa::path(get, path = "/v1/access/requests/{id}/export", tag = "access",
    responses((status = 200, body = String, content_type = "text/x-patch")))]
pub(crate) async fn export_request(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    let patch = doors.view(&principal).exported(&id).await?;
    Ok(([(CONTENT_TYPE, "text/x-patch; charset=utf-8")], patch).into_response())
}

/// Decides on a request, or takes one back, as the caller.
#[utoipa::path(post, path = "/v1/access/requests/{id}/{verb}", tag = "access",
    request_body = wire::RequestDecision,
    responses((status = 200, body = wire::Request)))]
pub(crate) async fn decide_request(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Path((id, verb)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<wire::Request>, Problem> {
    let wire::RequestDecision { note, columns, until } =
        if body.is_empty() { wire::RequestDecision::default() } else { asked::body(&body, "decision")? };
    if columns.is_some() && verb != "approve" {
        return Err(Problem::malformed("`columns` goes with `approve` alone"));
    }
    if until.is_some() && !matches!(verb.as_str(), "approve" | "extend") {
        return Err(Problem::malformed("`until` goes with `approve` and `extend` alone"));
    }
    let view = doors.view(&principal);
    let decided = match verb.as_str() {
        "approve" => view.approve(&id, Given { columns, until, note }).await,
        "decline" => view.decline(&id, note).await,
        "withdraw" => view.withdraw(&id, note).await,
        "revoke" => view.revoke(&id, note).await,
        "extend" => view.extend(&id, until, note).await,
        _ => Err(CatalogError::NotFound { kind: "page", name: format!("/api/v1/access/requests/{id}/{verb}") }),
    };
    Ok(Json(request(decided?)))
}

fn request(view: RequestView) -> wire::Request {
    let RequestView { request, state, can } = view;
    let waits_for = request.waits_for().map(<[String]>::to_vec);
    let asked = request.asked;
    let decided = request.decided.into_iter();
    wire::Request {
        id: request.id,
        asker: request.asker,
        at: request.at,
        state: state.to_owned(),
        port: asked.port,
        columns: asked.columns,
        purpose: asked.purpose,
        until: asked.until,
        note: asked.note,
        role: asked.role,
        break_glass: asked.break_glass,
        extends: asked.extends,
        waits_for,
        decisions: decided
            .map(|verdict| wire::Decided {
                by: verdict.by,
                at: verdict.at,
                what: verdict.what.to_owned(),
                note: verdict.note,
            })
            .collect(),
        grant: request.grant.map(|grant| wire::Granted {
            columns: grant.columns,
            since: grant.since,
            until: grant.until,
        }),
        can: can.into_iter().map(str::to_owned).collect(),
    }
}
