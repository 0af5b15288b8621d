//! `weft backfill`: a stretch of time of a port, made anew by the server.

use weft_wire::{Backfill, BackfillRequest};

use super::arguments::{Backfill as Arguments, PlanFormat};
use super::connection::Connection;
use super::{Failure, block_on, terminal};
use crate::render::diagnostics::counted;

pub(super) fn backfill(arguments: &Arguments) -> Result<(), Failure> {
    let connection = Connection::new(&arguments.server)?;
    let request = BackfillRequest { from: arguments.from.clone(), to: arguments.to.clone() };
    let port = &arguments.port;
    let path = format!("/api/v1/ports/{}/{}/{}/backfill", port.domain, port.product, port.port);
    let made: Backfill = block_on(async { connection.post(&path, &request).await })?;
    match arguments.format {
        PlanFormat::Text => terminal::print(&format!("{}\n", told(&arguments.port.to_string(), &made))),
        // Wire types are structs of plain fields, which always have a JSON form.
        PlanFormat::Json => terminal::print(&format!("{}\n", serde_json::to_string_pretty(&made).unwrap_or_default())),
    }
}

fn told(port: &str, made: &Backfill) -> String {
    let before = match made.done_before {
        0 => String::new(),
        before => format!(", {before} of them by an attempt before"),
    };
    let (intervals, commits) = (made.intervals as usize, made.commits as usize);
    format!(
        "{port}: {} made anew in {}{before}; release {} serves {}",
        counted(intervals, "interval"),
        counted(commits, "commit"),
        made.release,
        made.range,
    )
}
