//! Texts of the revision in force, for who may know the rules in them.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use weft_catalog::CatalogError;
use weft_wire as wire;

use crate::Doors;
use crate::caller::Caller;
use crate::policies::Known;
use crate::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// Path in the repository: `products/sales/access.csv`.
    #[param(value_type = String, required = true)]
    path: Option<String>,
}

/// Shows one file of the revision in force: any for who may have everything explained, those of their own domains for
/// others.
#[utoipa::path(get, path = "/v1/files", tag = "access", params(FileQuery),
    responses((status = 200, body = wire::FileText)))]
pub(crate) async fn get_file(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    query: Result<Query<FileQuery>, QueryRejection>,
) -> Result<Json<wire::FileText>, Problem> {
    let path = query.ok().and_then(|Query(query)| query.path);
    let path = path.ok_or_else(|| Problem::malformed("`path` names a file of the repository"))?;
    let unknown = || Problem::from(CatalogError::NotFound { kind: "file", name: path.clone() });
    if !Known::of(&doors, &principal).tells_file(&path) {
        return Err(unknown());
    }
    let found = doors.controller.text_in_force(&path).await.map_err(|error| {
        tracing::error!(%error, "a file of the revision in force cannot be read");
        Problem::unavailable(error.code())
    })?;
    let (revision, text) = found.ok_or_else(unknown)?;
    Ok(Json(wire::FileText { path, revision, text }))
}
