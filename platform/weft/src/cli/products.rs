//! `weft products list|search|show`: the catalog as its principal sees it.

use weft_model::ProductRef;
use weft_wire::{Page, Port, PortSummary, Product, ProductSummary, SearchAnswer, SearchHit};

use super::arguments::{PlanFormat, Products};
use super::connection::Connection;
use super::{Failure, Look, block_on, terminal};
use crate::render::diagnostics::counted;
use crate::render::table;

/// How many reasons are told of why something was found.
const MATCHES_MAX: usize = 3;

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
        Products::Search { words, kind, limit, format, server } => {
            let connection = Connection::new(&server)?;
            let found = block_on(search(&connection, &words.join(" "), kind.as_deref(), limit))?;
            match format {
                PlanFormat::Text => {
                    terminal::print(&hits(&found, Look::of_stdout()))?;
                    terminal::note(&summary(&found));
                    Ok(())
                }
                PlanFormat::Json => terminal::print(&json(&found)),
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

async fn search(connection: &Connection, q: &str, kind: Option<&str>, limit: u8) -> Result<SearchAnswer, Failure> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", q).append_pair("kind", kind.unwrap_or_default()).append_pair("limit", &limit.to_string());
    connection.get(&format!("/api/v1/search?{}", query.finish())).await
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

fn hits(found: &SearchAnswer, look: Look) -> String {
    let row = |hit: &SearchHit| {
        let can_query = match (hit.kind.as_str(), hit.can_query) {
            ("person", _) => "–",
            (_, true) => "yes",
            (_, false) => "no",
        };
        vec![hit.id.clone(), hit.kind.clone(), can_query.to_owned(), why(hit)]
    };
    let rows: Vec<Vec<String>> = found.items.iter().map(row).collect();
    table::list(&["name", "kind", "you query", "matched"], &rows, look)
}

/// The best reasons why it was found, and how many more there are.
fn why(hit: &SearchHit) -> String {
    let told = hit.matched.iter().take(MATCHES_MAX).map(|matched| match &matched.of {
        Some(of) => format!("{} {of}", matched.field.trim_end_matches("Description").trim_end_matches("Tag")),
        None => matched.field.clone(),
    });
    let told: Vec<String> = told.collect();
    match (hit.matched.len() as u64 + hit.more_matches).saturating_sub(MATCHES_MAX as u64) {
        0 => told.join(", "),
        more => format!("{} +{more}", told.join(", ")),
    }
}

fn summary(found: &SearchAnswer) -> String {
    let shown = found.items.len() as u64;
    let total = match found.total {
        0 => "Nothing matches.".to_owned(),
        total if total > shown => format!("{shown} of {total} found."),
        total => format!("{total} found."),
    };
    match &found.did_you_mean {
        Some(words) => format!("{total} Did you mean `{words}`?"),
        None => total,
    }
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

#[cfg(test)]
mod tests {
    use weft_wire::{SearchFacets, SearchMatch};

    use super::*;

    #[test]
    fn what_is_found_says_why() {
        let matched = |field: &str, of: Option<&str>| SearchMatch {
            field: field.to_owned(),
            of: of.map(str::to_owned),
            text: "text".to_owned(),
            offsets: vec![[0, 4]],
        };
        let hit = |id: &str, kind: &str, matched: Vec<SearchMatch>, more_matches| SearchHit {
            kind: kind.to_owned(),
            id: id.to_owned(),
            title: None,
            description: String::new(),
            product: None,
            port: None,
            column: None,
            domain: "sales".to_owned(),
            owner: None,
            can_query: kind != "person",
            columns_readable: 0,
            columns_total: 0,
            matched,
            more_matches,
        };
        let columns = ["lines.amount", "lines.reason", "lines.status"];
        let of_columns = columns.iter().map(|of| matched("columnDescription", Some(*of)));
        let found = SearchAnswer {
            items: vec![
                hit("sales.refunds", "product", [matched("name", None)].into_iter().chain(of_columns).collect(), 4),
                hit("group:sales-owners", "person", vec![matched("name", None)], 0),
            ],
            total: 12,
            facets: SearchFacets { kinds: Vec::new(), domains: Vec::new(), can_query: 0 },
            did_you_mean: Some("refund".to_owned()),
            took_ms: None,
            next: None,
        };
        assert_eq!(why(&found.items[0]), "name, column lines.amount, column lines.reason +5");
        assert_eq!(why(&found.items[1]), "name");
        assert_eq!(summary(&found), "2 of 12 found. Did you mean `refund`?");
        let text = hits(&found, Look::PLAIN);
        let shown = ["sales.refunds", "product", "yes", "group:sales-owners", "person"];
        assert!(shown.iter().all(|part| text.contains(part)), "{text}");
        let nothing = SearchAnswer { items: Vec::new(), total: 0, did_you_mean: None, ..found };
        assert_eq!(summary(&nothing), "Nothing matches.");
    }
}
