//! `weft products list|show`: the catalog as its principal sees it.

use weft_model::ProductRef;
use weft_wire::{Page, Port, PortSummary, Product, ProductSummary};

use super::arguments::{PlanFormat, Products};
use super::connection::Connection;
use super::{Failure, Look, block_on, terminal};
use crate::render::diagnostics::counted;
use crate::render::table;

pub(super) fn products(command: Products) -> Result<(), Failure> {
    match command {
        Products::List { format, server } => {
            let products = block_on(list(&Connection::new(&server)?))?;
            match format {
                PlanFormat::Text => {
                    terminal::print(&listed(&products, Look::of_stdout()))?;
                    terminal::note(&format!("{}.", counted(products.len(), "product")));
                    Ok(())
                }
                PlanFormat::Json => terminal::print(&json(&products)),
            }
        }
        Products::Show { product, format, server } => {
            let product = block_on(show(&Connection::new(&server)?, &product))?;
            match format {
                PlanFormat::Text => terminal::print(&shown(&product, Look::of_stdout())),
                PlanFormat::Json => terminal::print(&json(&product)),
            }
        }
    }
}

async fn list(connection: &Connection) -> Result<Vec<ProductSummary>, Failure> {
    let mut products = Vec::new();
    let mut path = "/api/v1/products".to_owned();
    loop {
        let page: Page<ProductSummary> = connection.get(&path).await?;
        products.extend(page.items);
        let Some(next) = page.next else { return Ok(products) };
        let after: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        path = format!("/api/v1/products?after={after}");
    }
}

async fn show(connection: &Connection, product: &ProductRef) -> Result<Product, Failure> {
    connection.get(&format!("/api/v1/products/{}/{}", product.domain, product.product)).await
}

/// A value of the wire for programs.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    // Wire types are structs of plain fields, which always have a JSON form.
    format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default())
}

fn listed(products: &[ProductSummary], look: Look) -> String {
    let dash = || "–".to_owned();
    let row = |product: &ProductSummary| {
        let readable = product.ports.iter().filter(|port| port.readable).count();
        vec![
            product.name.to_string(),
            product.version.clone().unwrap_or_else(dash),
            reading(readable, product.ports.len()),
            rows_of(&product.ports).map_or_else(dash, |rows| rows.to_string()),
            product.owner.clone(),
            product.at.format("%Y-%m-%d %H:%M").to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = products.iter().map(row).collect();
    table::list(&["product", "version", "you read", "rows", "owner", "published"], &rows, look)
}

fn reading(readable: usize, ports: usize) -> String {
    match (readable, ports) {
        (0, _) => "nothing".to_owned(),
        (readable, ports) if readable == ports => "all".to_owned(),
        (readable, ports) => format!("{readable} of {ports} ports"),
    }
}

fn rows_of(ports: &[PortSummary]) -> Option<u64> {
    let known: Vec<u64> = ports.iter().filter_map(|port| port.rows).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}

fn shown(product: &Product, look: Look) -> String {
    let mut text = format!("{}", product.name);
    if let Some(version) = &product.version {
        text.push_str(&format!("  {version}"));
    }
    text.push_str(&format!("  release {} of {}\n", product.release, product.at.format("%Y-%m-%d %H:%M UTC")));
    if let Some(title) = &product.title {
        text.push_str(&format!("{title}\n"));
    }
    text.push_str(&format!("{}\nowner {}\n", product.purpose.trim(), product.owner));
    for input in &product.inputs {
        text.push_str(&format!("reads {} (contract {} {})\n", input.port, input.contract.id, input.contract.version));
    }
    for port in &product.ports {
        text.push('\n');
        text.push_str(&port_shown(port, look));
    }
    text
}

fn port_shown(port: &Port, look: Look) -> String {
    let rows = port.rows.map_or_else(String::new, |rows| format!(", {rows} rows"));
    let readable = if port.readable { "" } else { ", you may not read it" };
    let mut text = format!("{} ({}{rows}{readable})\n  {}\n", port.name, port.kind, port.description.trim());
    let cells = |column: &weft_wire::Column| {
        let key = if port.primary_key.contains(&column.name) { "key" } else { "" };
        let required = if column.required { "required" } else { "" };
        let classification = column.classification.clone().unwrap_or_default();
        vec![
            format!("  {}", column.name),
            column.data_type.clone(),
            key.to_owned(),
            required.to_owned(),
            classification,
        ]
    };
    let rows: Vec<Vec<String>> = port.columns.iter().map(cells).collect();
    text.push_str(&table::list(&["  column", "type", "", "", "class"], &rows, look));
    text
}
