//! Why a request was not answered: RFC 9457, one form for every error.

use std::any::Any;

use axum::body::Body;
use axum::extract::OriginalUri;
use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use weft_catalog::CatalogError;
use weft_engine::QueryError;
use weft_model::{Code, PortRef, ProductRef};
use weft_reconcile::ReconcileError;
use weft_wire::PROBLEM_JSON;

use crate::trace::TraceId;

/// Why a request was not answered. Its text is safe for the caller to see.
///
/// A handler does not know the trace id; [`finish`] writes the body once the response is back at
/// the layer that does.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: Code,
    detail: String,
    explain_id: Option<String>,
    /// After how many seconds to ask again, where that is known.
    retry_seconds: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, code: Code, detail: impl Into<String>) -> Self {
        Problem { status, code, detail: detail.into(), explain_id: None, retry_seconds: None }
    }

    /// The same, with the id of the query that was refused where it can be explained by it.
    pub(crate) fn explained(mut self, query: &str) -> Self {
        self.explain_id = self.code.is_about_access().then(|| query.to_owned());
        self
    }

    /// The one answer to credentials that are missing or wrong in whatever way.
    pub(crate) fn unauthenticated() -> Self {
        Problem::new(StatusCode::UNAUTHORIZED, Code::UNAUTHENTICATED, weft_identity::REFUSED)
    }

    /// More was asked than the limits on rates allow; in `seconds` there is room again.
    pub(crate) fn too_many(detail: impl Into<String>, seconds: u64) -> Self {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, Code::TOO_MANY_REQUESTS, detail);
        Problem { retry_seconds: Some(seconds), ..problem }
    }

    /// A browser's request that was perhaps not made by a page of this server.
    pub(crate) fn forged() -> Self {
        let detail = "the request does not prove that a page of this server made it; load the page again";
        Problem::new(StatusCode::FORBIDDEN, Code::REQUEST_FORGED, detail)
    }

    /// The one answer to a push hook whose signature is missing or wrong in whatever way.
    pub(crate) fn unproven_hook() -> Self {
        let detail = "the push hook is not signed with the secret of this mesh";
        Problem::new(StatusCode::UNAUTHORIZED, Code::HOOK_UNPROVEN, detail)
    }

    /// The request itself is wrong; `detail` says how and what would be right.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, Code::REQUEST_INVALID, detail)
    }

    /// The first reconcile is not done.
    pub(crate) fn not_ready() -> Self {
        let detail = "the first reconcile is not done yet; ask again";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, Code::NOT_READY, detail)
    }

    /// No form of answer that is asked for is on offer.
    pub(crate) fn not_acceptable() -> Self {
        let detail = format!("rows are on offer as `application/json` and `{}`", weft_wire::ARROW_STREAM);
        Problem::new(StatusCode::NOT_ACCEPTABLE, Code::REQUEST_INVALID, detail)
    }

    /// A query's parameters are wrong; `detail` says how.
    pub(crate) fn parameters(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, Code::QUERY_PARAMETERS, detail)
    }

    /// What the caller may not do, and is told so.
    pub(crate) fn refused(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// Somebody else answers for the product, as the caller may know.
    pub(crate) fn not_theirs(product: &ProductRef) -> Self {
        let detail = format!("only who owns the domain of `{product}`, or is its steward, may do this");
        Problem::new(StatusCode::FORBIDDEN, Code::ACCESS_DENIED, detail)
    }

    /// Who else sees a port, which the caller may know of, is not for the caller to know.
    pub(crate) fn not_told_of_others(port: &PortRef) -> Self {
        let detail =
            format!("who sees `{port}` is told to who owns its domain, is its steward, or is let do `explain` on it");
        Problem::new(StatusCode::FORBIDDEN, Code::ACCESS_DENIED, detail)
    }

    /// What is asked for does not fit what is served; `detail` says why.
    pub(crate) fn conflict(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::CONFLICT, code, detail)
    }

    /// The store of tables, or whatever else the code says, cannot be used just now.
    pub(crate) fn unavailable(code: Code) -> Self {
        let detail = "nothing was changed, since a part of the platform cannot be used just now; the log has more";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
    }

    /// Another node carries out changes; `told` names it.
    pub(crate) fn not_leading(told: &ReconcileError) -> Self {
        let detail = format!("{told}: nothing was changed, so ask that node");
        Problem::new(StatusCode::MISDIRECTED_REQUEST, Code::NOT_LEADING, detail)
    }

    /// The same in the midst of what is completed by asking for it again.
    pub(crate) fn unfinished(code: Code) -> Self {
        let detail = "this may be half done, since a part of the platform cannot be used just now: ask for the same \
                      again, which completes it; the log has more";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
    }

    /// A bug of ours.
    pub(crate) fn internal() -> Self {
        Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The answer took too long.
    pub(crate) fn late() -> Self {
        let detail = "the answer took too long and was given up; ask again";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, Code::CATALOG_UNAVAILABLE, detail)
    }

    /// The problem of a response that something other than a handler made.
    fn of_status(status: StatusCode) -> Self {
        let detail = match status {
            StatusCode::METHOD_NOT_ALLOWED => "this is not answered for that method; see the header `allow`",
            StatusCode::PAYLOAD_TOO_LARGE => "the request's body is longer than 1 MiB",
            _ if status.is_client_error() => "the request is not one that is answered here",
            _ => "something went wrong; the log has more under the trace id",
        };
        let code = if status.is_client_error() { Code::REQUEST_INVALID } else { Code::INTERNAL };
        Problem::new(status, code, detail)
    }

    /// The problem as it is told, under the request's trace id.
    pub(crate) fn to_wire(&self, trace_id: &TraceId) -> weft_wire::Problem {
        weft_wire::Problem {
            kind: format!("urn:weft:{}", self.code),
            title: self.title().to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.to_string(),
            trace_id: trace_id.to_string(),
            explain_id: self.explain_id.clone(),
        }
    }

    fn title(&self) -> &'static str {
        match self.code {
            Code::UNAUTHENTICATED | Code::HOOK_UNPROVEN | Code::SIGN_IN_FAILED => "not authenticated",
            Code::REQUEST_FORGED => "not proven",
            Code::TOO_MANY_REQUESTS => "too many requests",
            Code::NOT_FOUND => "not found",
            Code::PRODUCT_RETIRED => "retired",
            Code::REQUEST_INVALID if self.status == StatusCode::METHOD_NOT_ALLOWED => "method not allowed",
            Code::REQUEST_INVALID => "request not valid",
            Code::NOT_READY => "not ready",
            Code::CATALOG_UNAVAILABLE => "catalog unavailable",
            Code::TABLE_UNKNOWN => "no such table",
            Code::ACCESS_DENIED | Code::STATEMENT_NOT_ALLOWED | Code::SERVICE_RESTRICTED => "not allowed",
            Code::ROLL_BACK_TARGET | Code::RELEASE_INCOMPLETE | Code::ROLL_BACK_BREAKING => "not rolled back",
            Code::ACCESS_REQUEST_INVALID => "not asked for",
            Code::ACCESS_REQUEST_DECIDED => "decided already",
            Code::APPROVER_REFUSED => "not yours to decide",
            Code::BACKFILL_INVALID => "not backfilled",
            Code::ERASURE_INVALID => "not erased",
            Code::QUERY_CANCELLED => "query cancelled",
            Code::QUERY_DEADLINE => "query took too long",
            Code::QUERY_BOUNDS | Code::QUERY_MEMORY | Code::QUERY_TOO_MANY | Code::RESULT_BOUNDS => {
                "query over a limit"
            }
            Code::STORE_UNAVAILABLE | Code::AUDIT_UNAVAILABLE => "unavailable for now",
            _ if self.status.is_client_error() => "query not valid",
            _ => "internal error",
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self.status {
            StatusCode::UNAUTHORIZED if self.code == Code::HOOK_UNPROVEN => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("HMAC-SHA256")))
            }
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                Some((RETRY_AFTER, HeaderValue::from(self.retry_seconds.unwrap_or(1))))
            }
            _ => None,
        }
    }
}

impl From<CatalogError> for Problem {
    fn from(error: CatalogError) -> Self {
        let code = error.code();
        match error {
            CatalogError::NotFound { .. } => Problem::new(StatusCode::NOT_FOUND, code, error.to_string()),
            CatalogError::Retired { .. } => Problem::new(StatusCode::GONE, code, error.to_string()),
            CatalogError::SearchInvalid { .. } => Problem::malformed(error.to_string()),
            CatalogError::RequestInvalid { .. } => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string())
            }
            CatalogError::RequestDecided { .. } => Problem::new(StatusCode::CONFLICT, code, error.to_string()),
            CatalogError::ApproverRefused { .. } => Problem::new(StatusCode::FORBIDDEN, code, error.to_string()),
            _ if code == Code::CATALOG_UNAVAILABLE => {
                log(code, &error);
                let detail = "the catalog cannot be read just now; ask again";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
            }
            _ => {
                log(code, &error);
                Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

impl From<QueryError> for Problem {
    /// What the engine itself said is never part of it: see [`QueryError`].
    fn from(error: QueryError) -> Self {
        if let QueryError::Internal { invariant } = &error {
            tracing::error!(%invariant, "a query was refused because of a bug");
            return Problem::internal();
        }
        let code = error.code();
        let status = match code {
            Code::TABLE_UNKNOWN => StatusCode::NOT_FOUND,
            Code::ACCESS_DENIED | Code::STATEMENT_NOT_ALLOWED | Code::SERVICE_RESTRICTED => StatusCode::FORBIDDEN,
            Code::QUERY_TOO_MANY => StatusCode::TOO_MANY_REQUESTS,
            Code::QUERY_BOUNDS | Code::QUERY_MEMORY | Code::RESULT_BOUNDS => StatusCode::UNPROCESSABLE_ENTITY,
            Code::QUERY_DEADLINE => StatusCode::GATEWAY_TIMEOUT,
            Code::QUERY_CANCELLED => StatusCode::CONFLICT,
            Code::STORE_UNAVAILABLE | Code::CATALOG_UNAVAILABLE | Code::AUDIT_UNAVAILABLE => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, code, error.to_string())
    }
}

fn log(code: Code, error: &CatalogError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%code, %error, cause, "the catalog failed");
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.header());
        response.extensions_mut().insert(self);
        response
    }
}

/// Answers for a path that leads nowhere, as for an object that is not there.
pub(crate) async fn no_page(OriginalUri(uri): OriginalUri) -> Problem {
    CatalogError::NotFound { kind: "page", name: uri.path().to_owned() }.into()
}

/// Answers for a handler that panicked: one request fails, the process and the others live.
pub(crate) fn of_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!(code = %Code::INTERNAL, "a request's handler panicked");
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Writes the body of a response that is an error. What other hands made (no such method, body too
/// long) becomes a problem too; the router adds `allow` after this.
pub(crate) fn finish(mut response: Response, trace_id: &TraceId) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| Problem::of_status(status));
    let body = problem.to_wire(trace_id);
    let headers = response.headers_mut();
    let kept = [WWW_AUTHENTICATE, RETRY_AFTER].map(|name| (name.clone(), headers.remove(name)));
    headers.clear();
    headers.extend(kept.into_iter().filter_map(|(name, value)| Some((name, value?))));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    // A value of strings and a number always has a JSON form.
    *response.body_mut() = Body::from(serde_json::to_vec(&body).unwrap_or_default());
    response
}
