//! Answers that are not sent again to who has them already.

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// Bytes of a digest that tell one answer from another.
const TAG_BYTES: usize = 16;

/// Gives each answer to a `GET` that is there as a whole a tag of its content, and says only that nothing changed to who
/// brings that tag. What streams has none.
pub(crate) async fn tag(request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|media| media.as_bytes() == b"application/json");
    if !is_get || !is_json || response.status() != StatusCode::OK || response.body().size_hint().exact().is_none() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else { return Problem::internal().into_response() };
    let digest = Sha256::digest(&bytes);
    let tag = format!("\"{}\"", hex::encode(digest.get(..TAG_BYTES).unwrap_or(&digest)));
    let Ok(value) = HeaderValue::from_str(&tag) else { return Problem::internal().into_response() };
    let is_known = known.is_some_and(|known| brings(&known, &tag));
    parts.headers.insert(ETAG, value);
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Whether the tag is among those of the header.
fn brings(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or("");
    known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
}
