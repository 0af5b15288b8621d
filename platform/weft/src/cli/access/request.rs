//! `weft access request|approve|decline|withdraw|extend|revoke|export`: one request, one step further.

use weft_wire::{NewRequest, Request, RequestDecision};

use super::requests::{path, told};
use crate::cli::arguments::{Approve, Decide, ExportRequest, Extend, RequestAccess, ServerArguments};
use crate::cli::connection::Connection;
use crate::cli::{Failure, block_on, terminal};

pub(super) fn ask(arguments: RequestAccess) -> Result<(), Failure> {
    let RequestAccess { port, columns, purpose, until, note, role, break_glass, server } = arguments;
    let connection = Connection::new(&server)?;
    let wanted = NewRequest { port, columns, purpose, until, note, role, break_glass };
    let request: Request = block_on(connection.post("/api/v1/access/requests", &wanted))?;
    show(&request)
}

pub(super) fn approve(arguments: Approve) -> Result<(), Failure> {
    let Approve { id, columns, until, note, server } = arguments;
    take(&server, &id, "approve", &RequestDecision { note, columns, until })
}

pub(super) fn decide(arguments: Decide, verb: &str) -> Result<(), Failure> {
    let Decide { id, note, server } = arguments;
    take(&server, &id, verb, &RequestDecision { note, ..RequestDecision::default() })
}

pub(super) fn extend(arguments: Extend) -> Result<(), Failure> {
    let Extend { id, until, note, server } = arguments;
    take(&server, &id, "extend", &RequestDecision { note, columns: None, until })
}

pub(super) fn export(arguments: &ExportRequest) -> Result<(), Failure> {
    let connection = Connection::new(&arguments.server)?;
    let patch = block_on(connection.text(&format!("{}/export", path(&arguments.id))))?;
    terminal::print(&patch)
}

fn take(server: &ServerArguments, id: &str, verb: &str, decision: &RequestDecision) -> Result<(), Failure> {
    let connection = Connection::new(server)?;
    let request: Request = block_on(connection.post(&format!("{}/{verb}", path(id)), decision))?;
    show(&request)
}

/// What became of it, and the next thing to do.
fn show(request: &Request) -> Result<(), Failure> {
    terminal::print(&told(request))?;
    match (request.state.as_str(), &request.purpose) {
        ("approved", Some(purpose)) => terminal::note(&format!("Queries for {purpose} show it from now on.")),
        ("approved", None) => terminal::note("Queries show it from now on."),
        _ => {}
    }
    Ok(())
}
