//! What the catalog tells of a product or port besides its view, for pages that show all of it in one answer.

use weft_catalog::{CatalogError, CatalogView, ProductView};
use weft_model::PortRef;

use crate::to_wire::{PortSeen, ProductSeen};

pub(crate) async fn of_product(view: &CatalogView, product: &ProductView) -> Result<ProductSeen, CatalogError> {
    let mut ports = Vec::with_capacity(product.ports.len());
    for port in &product.ports {
        ports.push(of_port(view, &port.port).await?);
    }
    let answers = view.answers_for_product(&product.name);
    Ok(ProductSeen { ports, feeds: view.feeds(&product.name), answers })
}

pub(crate) async fn of_port(view: &CatalogView, port: &PortRef) -> Result<PortSeen, CatalogError> {
    Ok(PortSeen { columns: view.known_columns(port)?, checks: view.checks_of(port).await? })
}
