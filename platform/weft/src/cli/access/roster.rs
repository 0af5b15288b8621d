//! `weft access roster`: who sees a port or a column, and through which path.

use std::collections::BTreeMap;

use weft_model::PrincipalKind;
use weft_wire::{Roster, RosterGroup, RosterMember, RosterRequest, RuleLine};

use super::{place, port_and_column};
use crate::cli::arguments::{Roster as Arguments, RosterFormat};
use crate::cli::connection::Connection;
use crate::cli::products::json;
use crate::cli::{Failure, Look, block_on, terminal};
use crate::render::diagnostics::counted;
use crate::render::table;

/// Most names that a line of the table shows.
const NAMES_MAX: usize = 6;

pub(super) fn roster(arguments: &Arguments) -> Result<(), Failure> {
    let (port, column) = port_and_column(&arguments.what)?;
    let connection = Connection::new(&arguments.server)?;
    let request = RosterRequest { port, column, purpose: arguments.purpose.clone(), at: arguments.at };
    let roster: Roster = block_on(connection.post("/api/v1/access/roster", &request))?;
    match arguments.format {
        RosterFormat::Json => terminal::print(&json(&roster)),
        RosterFormat::Csv => terminal::print(&csv(&roster)),
        RosterFormat::Table => {
            terminal::print(&shown(&roster, Look::of_stdout()))?;
            terminal::note("`--format csv` has everyone with their paths.");
            Ok(())
        }
    }
}

/// How something is seen, in words, and by whom.
fn shown(roster: &Roster, look: Look) -> String {
    let mut seen: BTreeMap<(u8, String), Vec<&RosterMember>> = BTreeMap::new();
    let mut nobody_else = 0;
    for group in &roster.groups {
        match words(roster, group) {
            Some(words) => seen.entry(words).or_default().extend(&group.members),
            None => nobody_else += group.members.len(),
        }
    }
    let seers: usize = seen.values().map(Vec::len).sum();
    let rows: Vec<Vec<String>> = seen
        .into_iter()
        .map(|((_, words), mut members)| {
            members.sort_by_key(|member| &member.name);
            vec![words, members.len().to_string(), paths(&members), names(&members)]
        })
        .collect();
    let mut text = String::new();
    if rows.is_empty() {
        text.push_str("nobody sees it\n");
    } else {
        text.push_str(&table::list(&["sees", "who", "through", "names"], &rows, look));
        text.push_str(&format!("nobody else; {} in all\n", counted(nobody_else + seers, "principal")));
    }
    text
}

/// `in clear`, `masked (null)`, `9 of 12 columns in clear, some rows`; clear first. Nothing where nothing is seen.
fn words(roster: &Roster, group: &RosterGroup) -> Option<(u8, String)> {
    let rows = match group.rows.as_str() {
        "none" => return None,
        "some" => ", some rows",
        _ => "",
    };
    if let (Some(_), [column]) = (&roster.column, group.columns.as_slice()) {
        return match (column.sees.as_str(), &column.masks) {
            ("clear", _) => Some((0, format!("in clear{rows}"))),
            ("masked", masks) => Some((1, format!("masked ({}){rows}", masks.as_deref().unwrap_or_default()))),
            _ => None,
        };
    }
    let count = |sees: &str| group.columns.iter().filter(|column| column.sees == sees).count();
    let (clear, all) = (count("clear"), group.columns.len());
    let clear_of = if clear == all { "every column in clear".to_owned() } else { format!("{clear} of {all} in clear") };
    let masked = match count("masked") {
        0 => String::new(),
        masked => format!(", {masked} masked"),
    };
    Some((u8::from(clear < all || !rows.is_empty()), format!("{clear_of}{masked}{rows}")))
}

/// `role:reader 3 · user:lena`: of whom the rules speak that let them in.
fn paths(members: &[&RosterMember]) -> String {
    let mut subjects: BTreeMap<&str, usize> = BTreeMap::new();
    for member in members {
        let mut own: Vec<&str> = member.paths.iter().map(|path| path.subject.as_str()).collect();
        own.sort_unstable();
        own.dedup();
        own.into_iter().for_each(|subject| *subjects.entry(subject).or_default() += 1);
    }
    let told = subjects.into_iter().map(|(subject, count)| match count {
        1 => subject.to_owned(),
        _ => format!("{subject} {count}"),
    });
    told.collect::<Vec<_>>().join(" · ")
}

fn names(members: &[&RosterMember]) -> String {
    let names: Vec<&str> = members.iter().take(NAMES_MAX).map(|member| member.name.as_str()).collect();
    match members.len().saturating_sub(NAMES_MAX) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A line for each principal and column, with every path that leads to what decides.
fn csv(roster: &Roster) -> String {
    let mut lines = vec!["principal,kind,column,sees,masks,rows,rules,paths\n".to_owned()];
    for group in &roster.groups {
        for member in &group.members {
            let rules: Vec<String> = group.because.iter().map(told).collect();
            let paths: Vec<String> = member.paths.iter().map(|path| path_of(member, path)).collect();
            for column in &group.columns {
                let cells = [
                    member.name.as_str(),
                    kind_of(member),
                    &column.name,
                    &column.sees,
                    column.masks.as_deref().unwrap_or_default(),
                    &group.rows,
                    &rules.join("; "),
                    &paths.join("; "),
                ]
                .map(quoted);
                lines.push(format!("{}\n", cells.join(",")));
            }
        }
    }
    lines.concat()
}

fn kind_of(member: &RosterMember) -> &'static str {
    match member.kind {
        PrincipalKind::User => "user",
        PrincipalKind::Service => "service",
    }
}

/// `ana > group:analysts > role:analyst (governance/policies/roles.csv:4)`.
fn path_of(member: &RosterMember, path: &weft_wire::RosterPath) -> String {
    let steps = path.chain.iter().map(|step| {
        let place = step.by.as_ref().and_then(place).map(|place| format!(" ({place})")).unwrap_or_default();
        format!(" > {}{place}", step.holds)
    });
    format!("{}{}", member.name, steps.collect::<String>())
}

fn told(line: &RuleLine) -> String {
    match place(line) {
        Some(place) => format!("{place}: {}", line.text),
        None => line.text.clone(),
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests;
