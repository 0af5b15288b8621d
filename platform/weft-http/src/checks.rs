//! What the gate and the clock found out about a port, as the caller may see it: for people, and as reports for other tools.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use weft_model::PortRef;
use weft_wire as wire;

use crate::asked::Named;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Doors, check_reports, to_wire};

/// In which form the checks are wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Form {
    #[default]
    Json,
    /// An Open Observability Results document.
    Oors,
    Junit,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormQuery {
    /// JSON where nobody says.
    #[serde(default)]
    #[param(inline)]
    format: Form,
}

/// Lists the checks of the run that judged the port last, and those of the clock.
#[utoipa::path(get, path = "/v1/ports/{domain}/{product}/{port}/checks", tag = "catalog",
    params(FormQuery),
    responses((status = 200, content((wire::Page<wire::Check> = "application/json"), (String = "application/xml")))))]
pub(crate) async fn list_checks(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(port): Named<PortRef>,
    query: Result<Query<FormQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Ok(Query(FormQuery { format })) = query else {
        return Err(Problem::malformed("`format` is none of json, oors and junit"));
    };
    let view = doors.view(&principal);
    let checks = view.checks_of(&port).await?;
    Ok(match format {
        Form::Json => {
            Json(wire::Page { items: checks.into_iter().map(to_wire::check).collect(), next: None }).into_response()
        }
        Form::Oors => {
            let contract = view.port(&port)?.contract;
            Json(check_reports::oors(&port, &contract.id, doors.clock.now(), &checks)).into_response()
        }
        Form::Junit => ([(CONTENT_TYPE, "application/xml")], check_reports::junit(&port, &checks)).into_response(),
    })
}
