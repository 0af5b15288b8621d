//! `weft access explain`: the answer in a sentence, then why, what nearly changed it, and what would.

use std::fmt::Write as _;

use weft_wire::{Change, Evidence, ExplainRequest, Explanation, Explanations, NewRequest, RuleLine};

use super::{place, port_and_column};
use crate::cli::arguments::{ExplainAccess, PlanFormat};
use crate::cli::connection::Connection;
use crate::cli::products::json;
use crate::cli::{Failure, block_on, terminal};

/// Digits of an id by which a query is explained.
const ID_DIGITS: usize = 32;

pub(super) fn explain(arguments: ExplainAccess) -> Result<(), Failure> {
    let connection = Connection::new(&arguments.server)?;
    let format = arguments.format;
    let request = request(arguments)?;
    let explained: Explanations = block_on(connection.post("/api/v1/access/explain", &request))?;
    match format {
        PlanFormat::Json => terminal::print(&json(&explained.items)),
        PlanFormat::Text => {
            let texts: Vec<String> = explained.items.iter().map(text).collect();
            terminal::print(&texts.join("\n"))
        }
    }
}

fn request(arguments: ExplainAccess) -> Result<ExplainRequest, Failure> {
    let ExplainAccess { what, column, who, purpose, at, .. } = arguments;
    let what = what.or(column).unwrap_or_default();
    if what.len() == ID_DIGITS && what.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        if who.is_some() || purpose.is_some() || at.is_some() {
            return Err(Failure::usage("an id says already who asked, what for and when"));
        }
        return Ok(ExplainRequest { explain_id: Some(what), ..ExplainRequest::default() });
    }
    let (port, column) = port_and_column(&what)?;
    Ok(ExplainRequest { explain_id: None, who, port: Some(port), column, purpose, at })
}

/// Everything that is known, for people.
fn text(explained: &Explanation) -> String {
    let rows = explained.percent_of_rows.map_or_else(String::new, |percent| format!(" These are {percent} % of them."));
    let mut text = format!("{}{rows}\n\n", explained.sentence);
    let width = explained.evidence.iter().map(|link| link.line.text.chars().count()).max().unwrap_or(0).min(72);
    for (number, link) in (1..).zip(&explained.evidence) {
        let Evidence { kind, line, decides, .. } = link;
        let mark = if *decides { "  ◀ decides" } else { "" };
        let row = format!("{number:>3} {kind:<9} {:<width$}  {}{mark}", line.text, place(line).unwrap_or_default());
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", row.trim_end());
    }
    if !explained.near.is_empty() {
        text.push_str("\nAlmost:\n");
    }
    for miss in &explained.near {
        let _ = writeln!(text, "  {} would let {}: {}", place_of(&miss.line), miss.would, miss.failed.join("; "));
    }
    if let Some(change) = &explained.change {
        let _ = writeln!(text, "\nSmallest change: {}", told(change));
    }
    let recorded = if explained.recorded { " · as recorded" } else { "" };
    let at = explained.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let _ = writeln!(
        text,
        "policy {} · grants {} · {at}{recorded}",
        explained.policy_revision.short(),
        explained.grants_epoch
    );
    text
}

fn place_of(line: &RuleLine) -> String {
    place(line).unwrap_or_else(|| line.text.clone())
}

fn told(change: &Change) -> String {
    match change {
        Change::Purpose { purpose } => format!("say that it is for {purpose}, with `--purpose {purpose}`"),
        Change::Request { request } => format!("`{}`", command(request)),
        Change::Rule { text } => text.clone(),
    }
}

fn command(request: &NewRequest) -> String {
    let mut command = format!("weft access request {}", request.port);
    if !request.columns.is_empty() {
        let _ = write!(command, " --columns {}", request.columns.join(","));
    }
    if let Some(purpose) = &request.purpose {
        let _ = write!(command, " --purpose {purpose}");
    }
    command
}
