//! What a git host calls when somebody pushed.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use weft_identity::HookProof;

use crate::Doors;
use crate::problem::Problem;

/// Headers with an HMAC-SHA256 of the body, and what stands before its hex.
const SIGNATURES: [(&str, &str); 3] =
    [("x-hub-signature-256", "sha256="), ("x-gitea-signature", ""), ("x-forgejo-signature", "")];
/// Header with the secret itself, as GitLab sends it.
const TOKEN: &str = "x-gitlab-token";

/// Has the source of revisions looked at now. What the body says is not even read: the signature proves that there is
/// something to look for, and the repository says what it is.
#[utoipa::path(post, path = "/v1/hooks/git", tag = "publish",
    request_body(content = serde_json::Value, description = "Whatever the git host sends; what it says is not read."),
    responses((status = 202)))]
pub(crate) async fn git(State(doors): State<Doors>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, Problem> {
    let proven = proof(&headers).is_some_and(|proof| doors.hook.is_proven(proof, &body));
    if !proven {
        tracing::debug!("refused a push hook");
        return Err(Problem::unproven_hook());
    }
    metrics::counter!("weft_push_hooks_total").increment(1);
    doors.pushed.notify_one();
    Ok(StatusCode::ACCEPTED)
}

/// The first proof among the headers; none where its header stands there twice.
fn proof(headers: &HeaderMap) -> Option<HookProof<'_>> {
    let signed = SIGNATURES.iter().find(|(name, _)| headers.contains_key(*name));
    match signed {
        Some((name, before)) => only(headers, name)?.strip_prefix(before).map(HookProof::Signature),
        None => only(headers, TOKEN).map(HookProof::Token),
    }
}

fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(only), None) => only.to_str().ok(),
        _ => None,
    }
}
