//! `weft access requests`: what was asked for, how far it is, and what one may do about it.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use weft_wire::{Page, Request};

use crate::cli::arguments::{RequestFormat, Requests};
use crate::cli::connection::Connection;
use crate::cli::products::json;
use crate::cli::{Failure, Look, block_on, terminal};
use crate::render::diagnostics::counted;
use crate::render::table;

pub(super) fn requests(arguments: &Requests) -> Result<(), Failure> {
    let connection = Connection::new(&arguments.server)?;
    match (&arguments.id, arguments.format) {
        (Some(id), RequestFormat::Table) => terminal::print(&told(&block_on(connection.get(&path(id)))?)),
        (Some(id), RequestFormat::Json) => terminal::print(&json(&block_on(connection.get::<Request>(&path(id)))?)),
        (Some(id), RequestFormat::Oaas) => {
            let path = format!("{}?format=oaas", path(id));
            terminal::print(&json(&block_on(connection.get::<serde_json::Value>(&path))?))
        }
        (None, RequestFormat::Oaas) => {
            Err(Failure::usage("a document is of one request")
                .help("name it: `weft access requests REQ-1 --format oaas`"))
        }
        (None, format) => {
            let page: Page<Request> = block_on(connection.get("/api/v1/access/requests"))?;
            if format == RequestFormat::Json {
                return terminal::print(&json(&page.items));
            }
            terminal::print(&listed(&page.items, Look::of_stdout()))?;
            terminal::note(&format!("{}.", counted(page.items.len(), "request")));
            Ok(())
        }
    }
}

/// Where the server has a request. What is no id gets the server's answer to one that is not there.
pub(super) fn path(id: &str) -> String {
    let plain: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("/api/v1/access/requests/{}", if plain.is_empty() { "-" } else { &plain })
}

fn listed(requests: &[Request], look: Look) -> String {
    let row = |request: &Request| {
        vec![
            request.id.clone(),
            request.state.clone(),
            request.asker.clone(),
            what(request),
            request.purpose.clone().unwrap_or_else(|| "–".to_owned()),
            day(end(request)),
            request.can.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = requests.iter().map(row).collect();
    table::list(&["request", "state", "who", "what", "for", "until", "you may"], &rows, look)
}

/// One request and its history.
pub(super) fn told(request: &Request) -> String {
    let purpose = request.purpose.as_ref().map_or_else(String::new, |purpose| format!(" for {purpose}"));
    let emergency = if request.break_glass { ", in an emergency" } else { "" };
    let mut text = format!(
        "{} {}: {} · {}{purpose} until {}{emergency}\n",
        request.id,
        request.state,
        request.asker,
        what(request),
        instant(end(request)),
    );
    // Writing to a string does not fail.
    let _ = writeln!(text, "  {}  requested{}", instant(request.at), said(&request.note));
    for decided in &request.decisions {
        let _ = writeln!(text, "  {}  {} by {}{}", instant(decided.at), decided.what, decided.by, said(&decided.note));
    }
    if let Some(waits_for) = &request.waits_for {
        let _ = writeln!(text, "  waits for {}", waits_for.join(" or "));
    }
    text
}

fn what(request: &Request) -> String {
    let columns = request.grant.as_ref().map_or(&request.columns, |grant| &grant.columns);
    match columns.as_slice() {
        [] => request.port.to_string(),
        columns => format!("{}.{{{}}}", request.port, columns.join(",")),
    }
}

/// When access ends, as it was given, else as it is asked for.
fn end(request: &Request) -> DateTime<Utc> {
    request.grant.as_ref().map_or(request.until, |grant| grant.until)
}

fn said(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(": {note}") }
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}
