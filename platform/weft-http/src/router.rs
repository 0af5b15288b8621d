//! The map: which path leads to which handler, and what every request passes on its way.

use std::sync::Arc;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::description::{self, Description};
use crate::{
    Doors, access, assets, backfill, caller, checks, connect, contract, erase, etag, events, files, health, home,
    hooks, lineage, me, oidc, openapi, ops, plan, policies, problem, products, releases, revisions, runs, search,
    sign_in, sql, trace, training_sets,
};

/// Longest request body that is read.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Everything that is served over HTTP, below the base path of the site. All below `/api` wants a token or the cookie of a
/// browser that is signed in, but for signing in and the signed push hook.
pub fn router(doors: Doors) -> Router {
    let (paths, description) = described(&doors).split_for_parts();
    let text: Arc<str> = openapi::completed(description).to_json().unwrap_or_default().into();
    let base = doors.site.base().to_owned();
    let front = Router::new().route(&format!("{base}/"), get(assets::get_asset)).with_state(doors.clone());
    let paths = paths.fallback(assets::get_asset).layer(Extension(Description(text))).with_state(doors);
    // Nesting leaves out the path that is the base and a slash: the first page.
    let paths = match base.is_empty() {
        true => paths,
        false => Router::new().nest(&base, paths).merge(front).fallback(problem::no_page),
    };
    surrounded(paths)
}

fn described(doors: &Doors) -> OpenApiRouter<Doors> {
    let api = OpenApiRouter::new()
        .routes(routes!(home::get_home))
        .routes(routes!(me::get_me))
        .routes(routes!(products::list_domains))
        .routes(routes!(products::get_domain))
        .routes(routes!(products::list_products))
        .routes(routes!(products::get_product))
        .routes(routes!(releases::list_releases))
        .routes(routes!(releases::roll_back))
        .routes(routes!(products::get_port))
        .routes(routes!(contract::get_contract))
        .routes(routes!(contract::get_sample))
        .routes(routes!(checks::list_checks))
        .routes(routes!(products::list_port_releases))
        .routes(routes!(products::get_usage))
        .routes(routes!(backfill::backfill))
        .routes(routes!(erase::erase))
        .routes(routes!(access::explain::explain))
        .routes(routes!(access::requests::list_requests, access::requests::post_request))
        .routes(routes!(access::requests::get_request))
        .routes(routes!(access::requests::export_request))
        .routes(routes!(access::requests::decide_request))
        .routes(routes!(access::roster::roster))
        .routes(routes!(access::simulate::simulate))
        .routes(routes!(policies::get_policies))
        .routes(routes!(files::get_file))
        .routes(routes!(search::get_search))
        .routes(routes!(lineage::get_lineage))
        .routes(routes!(runs::list_runs))
        .routes(routes!(runs::get_run))
        .routes(routes!(revisions::get_revision))
        .routes(routes!(plan::post_plan))
        .routes(routes!(ops::get_ops))
        .routes(routes!(events::get_events))
        .routes(routes!(sql::post_sql))
        .routes(routes!(sql::delete_sql))
        .routes(routes!(training_sets::hold, training_sets::training_sets))
        .routes(routes!(connect::get_connect))
        .routes(routes!(sign_in::post_token))
        .fallback(problem::no_page)
        .layer(from_fn(etag::tag))
        .layer(from_fn_with_state(doors.clone(), caller::authenticate));
    // Signing in asks for no token, and a hook has its signature in the place of one.
    let open = OpenApiRouter::new()
        // The page that shows the description.
        .route("/", get(assets::get_asset))
        .routes(routes!(sign_in::get_session, sign_in::post_session))
        .routes(routes!(hooks::git));
    let signed_in = OpenApiRouter::new()
        .routes(routes!(sign_in::delete_session))
        .layer(from_fn_with_state(doors.clone(), caller::authenticate));
    let port_metrics = OpenApiRouter::new()
        .routes(routes!(health::port_metrics))
        .layer(from_fn_with_state(doors.clone(), caller::authenticate));

    OpenApiRouter::with_openapi(openapi::empty())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(description::get_openapi))
        .routes(routes!(oidc::get_login))
        .routes(routes!(oidc::get_callback))
        .merge(port_metrics)
        .nest("/api", open.merge(signed_in).merge(api))
}

/// What every request passes, from the inside out.
pub(crate) fn surrounded(paths: Router) -> Router {
    paths
        .layer(CatchPanicLayer::custom(problem::of_panic))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(from_fn(trace::follow))
}
