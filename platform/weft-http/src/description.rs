//! Where the API describes itself.

use std::sync::Arc;

use axum::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// The description as JSON.
#[derive(Clone)]
pub(crate) struct Description(pub(crate) Arc<str>);

/// Describes all of this API after OpenAPI 3.1.
#[utoipa::path(get, path = "/openapi.json", tag = "description", responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn get_openapi(Extension(Description(text)): Extension<Description>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text.to_string())
}
