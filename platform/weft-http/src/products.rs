//! The catalog's pages: domains, products, ports, their releases and usage, each as the caller may see it.

use axum::Json;
use axum::extract::State;
use weft_model::{DomainName, PortRef, ProductRef};
use weft_wire as wire;

use crate::asked::{Named, Wanted, WantedQuery};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{Doors, seen, to_wire};

/// Lists the domains in which the caller may discover something.
#[utoipa::path(get, path = "/v1/domains", tag = "catalog",
    params(WantedQuery),
    responses((status = 200, body = wire::Page<wire::DomainSummary>)))]
pub(crate) async fn list_domains(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    wanted: Wanted,
) -> Json<wire::Page<wire::DomainSummary>> {
    let domains = doors.view(&principal).domains().into_iter().map(to_wire::domain_summary).collect();
    Json(wanted.part_of(domains, |domain| domain.name.to_string()))
}

/// Shows a domain with its products, and how they fare.
#[utoipa::path(get, path = "/v1/domains/{domain}", tag = "catalog", responses((status = 200, body = wire::Domain)))]
pub(crate) async fn get_domain(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(domain): Named<DomainName>,
) -> Result<Json<wire::Domain>, Problem> {
    let (domain, products) = doors.view(&principal).domain(&domain).await?;
    Ok(Json(to_wire::domain(domain, products)))
}

/// Lists the products that the caller may discover, and that match the words of `q`.
#[utoipa::path(get, path = "/v1/products", tag = "catalog",
    params(WantedQuery),
    responses((status = 200, body = wire::Page<wire::ProductSummary>)))]
pub(crate) async fn list_products(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    wanted: Wanted,
) -> Json<wire::Page<wire::ProductSummary>> {
    let products = doors.view(&principal).products(wanted.q.as_deref());
    let products = products.into_iter().map(to_wire::product_summary).collect();
    Json(wanted.part_of(products, |product| product.name.to_string()))
}

/// Shows one product to one person: the whole of "a catalog page view" on the server.
#[utoipa::path(get, path = "/v1/products/{domain}/{product}", tag = "catalog",
    responses((status = 200, body = wire::Product)))]
pub(crate) async fn get_product(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(product): Named<ProductRef>,
) -> Result<Json<wire::Product>, Problem> {
    let view = doors.view(&principal);
    let product = view.product_or_end(&product).await?;
    let seen = seen::of_product(&view, &product).await?;
    Ok(Json(to_wire::product(product, seen)))
}

/// Shows one port to one person.
#[utoipa::path(get, path = "/v1/ports/{domain}/{product}/{port}", tag = "catalog",
    responses((status = 200, body = wire::Port)))]
pub(crate) async fn get_port(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(port): Named<PortRef>,
) -> Result<Json<wire::Port>, Problem> {
    let view = doors.view(&principal);
    let (port, seen) = (view.port(&port)?, seen::of_port(&view, &port).await?);
    Ok(Json(to_wire::port(port, seen)))
}

/// Lists the releases in which the port is, newest first.
#[utoipa::path(get, path = "/v1/ports/{domain}/{product}/{port}/releases", tag = "catalog",
    responses((status = 200, body = wire::Page<wire::Release>)))]
pub(crate) async fn list_port_releases(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(port): Named<PortRef>,
) -> Result<Json<wire::Page<wire::Release>>, Problem> {
    let releases = doors.view(&principal).releases_of_port(&port).await?;
    Ok(Json(wire::Page { items: releases.into_iter().map(to_wire::release).collect(), next: None }))
}

/// Says how often the port was read, and which columns of it.
#[utoipa::path(get, path = "/v1/ports/{domain}/{product}/{port}/usage", tag = "catalog",
    responses((status = 200, body = wire::Usage)))]
pub(crate) async fn get_usage(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Named(port): Named<PortRef>,
) -> Result<Json<wire::Usage>, Problem> {
    let usage = doors.view(&principal).usage_of(&port).await?;
    Ok(Json(to_wire::usage(usage)))
}
