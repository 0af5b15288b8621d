//! The map: which path leads to which handler, and what every request passes on its way.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::{
    Doors, access, backfill, caller, checks, erase, health, hooks, lineage, me, problem, products, releases, runs, sql,
    trace,
};

/// Longest request body that is read.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Everything that is served over HTTP. All below `/api` wants a bearer token, but for the signed push hook.
pub fn router(doors: Doors) -> Router {
    let api = Router::new()
        .route("/v1/me", get(me::get_me))
        .route("/v1/domains", get(products::list_domains))
        .route("/v1/products", get(products::list_products))
        .route("/v1/products/{domain}/{product}", get(products::get_product))
        .route("/v1/products/{domain}/{product}/releases", get(releases::list_releases))
        .route("/v1/products/{domain}/{product}/rollback", post(releases::roll_back))
        .route("/v1/ports/{domain}/{product}/{port}", get(products::get_port))
        .route("/v1/ports/{domain}/{product}/{port}/checks", get(checks::list_checks))
        .route("/v1/ports/{domain}/{product}/{port}/releases", get(products::list_releases))
        .route("/v1/ports/{domain}/{product}/{port}/usage", get(products::get_usage))
        .route("/v1/ports/{domain}/{product}/{port}/backfill", post(backfill::backfill))
        .route("/v1/ports/{domain}/{product}/{port}/erase", post(erase::erase))
        .route("/v1/access/explain", post(access::explain))
        .route("/v1/access/requests", get(access::list_requests).post(access::post_request))
        .route("/v1/access/requests/{id}", get(access::get_request))
        .route("/v1/access/requests/{id}/export", get(access::export_request))
        .route("/v1/access/requests/{id}/{verb}", post(access::decide_request))
        .route("/v1/access/roster", post(access::roster))
        .route("/v1/access/simulate", post(access::simulate))
        .route("/v1/lineage", get(lineage::get_lineage))
        .route("/v1/runs", get(runs::list_runs))
        .route("/v1/runs/{id}", get(runs::get_run))
        .route("/v1/sql", post(sql::post_sql))
        .route("/v1/sql/{id}", delete(sql::delete_sql))
        .fallback(problem::no_page)
        .layer(from_fn_with_state(doors.clone(), caller::authenticate))
        // Its signature takes the place of a token.
        .route("/v1/hooks/git", post(hooks::git));

    let paths = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .nest("/api", api)
        .fallback(problem::no_page)
        .with_state(doors);
    surrounded(paths)
}

/// What every request passes, from the inside out.
pub(crate) fn surrounded(paths: Router) -> Router {
    paths
        .layer(CatchPanicLayer::custom(problem::of_panic))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(from_fn(trace::follow))
}
