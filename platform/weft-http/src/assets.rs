//! The pages of the catalog: files that were built with the binary, and one page for every path that is none of the API's.

use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::Doors;
use crate::problem::{self, Problem};

/// What `npm run build` made of `catalog-ui`; nothing where it was not run before the binary was compiled.
#[derive(RustEmbed)]
#[folder = "../../catalog-ui/dist"]
#[allow_missing = true]
#[exclude = ".vite/*"]
struct Built;

/// The page that is every page.
const PAGE: &str = "index.html";

/// What the page holds in the place of the nonce of an answer, and of the path below which all paths are.
const NONCE: &str = "__WEFT_NONCE__";
const BASE: &str = "__WEFT_BASE__";

/// Encodings in which files are kept beside themselves, the better first, and how those are called.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Below it the names of files tell their content.
const HASHED: &str = "assets/";

/// Gives a file of the pages, or, to a browser that wants a page, the page.
pub(crate) async fn get_asset(
    State(doors): State<Doors>,
    method: Method,
    uri: Uri,
    OriginalUri(original): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let path = uri.path().trim_start_matches('/');
    if !matches!(method, Method::GET | Method::HEAD) || path.starts_with("api/") {
        return Err(problem::no_page(OriginalUri(original)).await);
    }
    if let Some(file) = Built::get(path).filter(|_| path != PAGE) {
        return Ok(file_of(path, file, &headers));
    }
    match Built::get(PAGE) {
        Some(page) if wants_a_page(path, &headers) => page_of(&page, &doors),
        _ => Err(problem::no_page(OriginalUri(original)).await),
    }
}

fn wants_a_page(path: &str, headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    !path.starts_with(HASHED) && accepts.is_some_and(|accept| accept.contains("text/html"))
}

fn file_of(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let cache = match path.starts_with(HASHED) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let mut response = if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (encoding, bytes) = encoded(path, file.data, headers);
        let mut response = Body::from(bytes).into_response();
        if let Some(encoding) = encoding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let kept = [(CONTENT_TYPE, media_type(path)), (CACHE_CONTROL, cache), (VARY, "accept-encoding")];
    response.headers_mut().extend(kept.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response.headers_mut().extend(HeaderValue::from_str(&tag).ok().map(|tag| (ETAG, tag)));
    response
}

type Bytes = std::borrow::Cow<'static, [u8]>;

/// The file in the best encoding that the browser takes and that there is.
fn encoded(path: &str, plain: Bytes, headers: &HeaderMap) -> (Option<&'static str>, Bytes) {
    let accepts = headers.get(ACCEPT_ENCODING).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let takes = |encoding: &str| accepts.split(',').any(|part| part.split(';').next().map(str::trim) == Some(encoding));
    let mut found = ENCODINGS.iter().filter(|(encoding, _)| takes(encoding));
    let found = found.find_map(|(encoding, end)| Some((*encoding, Built::get(&format!("{path}{end}"))?)));
    match found {
        Some((encoding, file)) => (Some(encoding), file.data),
        None => (None, plain),
    }
}

/// The page for this answer alone: scripts and styles run that bear its nonce or come from here, and nothing else.
fn page_of(page: &EmbeddedFile, doors: &Doors) -> Result<Response, Problem> {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let page = String::from_utf8_lossy(&page.data).replace(NONCE, &nonce).replace(BASE, &doors.site.path());
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).map_err(|_| Problem::internal())?;
    let fixed: [(HeaderName, &str); 2] = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    let mut response = Body::from(page).into_response();
    response.headers_mut().extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("webmanifest") => "application/manifest+json",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
