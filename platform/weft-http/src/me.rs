//! Who the caller is, and where the other door is.

use axum::Json;
use axum::extract::State;
use weft_wire as wire;

use crate::caller::Caller;
use crate::{Doors, to_wire};

/// Tells callers what the server knows of them.
#[utoipa::path(get, path = "/v1/me", tag = "session", responses((status = 200, body = wire::Me)))]
pub(crate) async fn get_me(State(doors): State<Doors>, Caller(principal): Caller) -> Json<wire::Me> {
    Json(to_wire::me(principal, doors.flight))
}
