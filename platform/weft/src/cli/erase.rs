//! `weft erase`: rows of a port, erased for good by the server, and the certificate of that.

use std::fmt::Write as _;

use weft_model::{DerivedPort, Erasure};
use weft_wire::ErasureRequest;

use super::arguments::Erase as Arguments;
use super::connection::Connection;
use super::products::json;
use super::{Exit, Failure, block_on, terminal};
use crate::render::diagnostics::counted;

/// Most files that are named where a person reads.
const NAMED_MAX: usize = 10;

pub(super) fn erase(arguments: &Arguments) -> Result<(), Failure> {
    let connection = Connection::new(&arguments.server)?;
    let port = &arguments.port;
    let path = format!("/api/v1/ports/{}/{}/{}/erase", port.domain, port.product, port.port);
    let asked = |dry_run| {
        let request = ErasureRequest { condition: arguments.condition.clone(), dry_run };
        block_on(async { connection.post::<Erasure>(&path, &request).await })
    };
    if arguments.dry_run {
        return terminal::print(&told(&asked(true)?));
    }
    if !arguments.yes {
        confirm(&asked(true)?)?;
    }
    let erasure = asked(false)?;
    terminal::note(&done(&erasure));
    terminal::print(&json(&erasure))
}

/// Shows what would go, and asks the person at the terminal whether it shall.
fn confirm(erasure: &Erasure) -> Result<(), Failure> {
    terminal::note(told(erasure).trim_end());
    match terminal::says_yes("Erase for good?")? {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::new(Exit::Problems, "nothing was erased")),
        None => Err(Failure::usage("nobody is here to say yes").help("nothing was erased; `--yes` erases")),
    }
}

fn done(erasure: &Erasure) -> String {
    let (rows, files) = (counted(erasure.rows_erased as usize, "row"), counted(erasure.files_removed.len(), "file"));
    let served = match (erasure.rows_erased, erasure.release) {
        (0, _) | (_, None) => String::new(),
        (_, Some(release)) => format!(", release {release} serves the others"),
    };
    let mut text = format!("{}: {rows} erased{served}, {files} deleted", erasure.port);
    text += &beyond(erasure);
    text
}

/// What would go, as a person reads it. Ends in a line break.
fn told(erasure: &Erasure) -> String {
    let rows = counted(erasure.rows_erased as usize, "row");
    let mut text = format!("{}: {rows} would be erased where `{}`\n", erasure.port, erasure.condition);
    let files = &erasure.files_removed;
    let _ = writeln!(text, "  {} would be deleted at once{}", counted(files.len(), "file"), colon(files.is_empty()));
    for file in files.iter().take(NAMED_MAX) {
        let _ = writeln!(text, "    {file}");
    }
    if files.len() > NAMED_MAX {
        let _ = writeln!(text, "    and {} more", files.len() - NAMED_MAX);
    }
    let releases: Vec<String> = erasure.releases_unreadable.iter().map(u64::to_string).collect();
    if !releases.is_empty() {
        let _ = writeln!(text, "  releases that could not be read or rolled back to any more: {}", releases.join(", "));
    }
    format!("{}\n", (text + beyond(erasure).trim_start_matches('\n')).trim_end())
}

/// Where such rows may lie besides. Begins with a line break where there is something to tell.
fn beyond(erasure: &Erasure) -> String {
    let mut text = String::new();
    if !erasure.made_from.is_empty() {
        let from = erasure.made_from.join(", ");
        let _ = write!(text, "\n  made from {from}: rows that still stand there come back when the table is made anew");
    }
    for derived in &erasure.derived_ports {
        let DerivedPort { port, kind, keeps_rows, .. } = derived;
        let what = match keeps_rows {
            true => "keeps the rows that it took: erase them there too",
            false if kind == "view" => "shows the change at once",
            false => "takes the change in with its next run",
        };
        let _ = write!(text, "\n  read by {port} ({kind}), which {what}");
    }
    if erasure.derived_ports_unnamed > 0 {
        let _ = write!(text, "\n  read by {} more that you may not know of", erasure.derived_ports_unnamed);
    }
    text
}

fn colon(is_end: bool) -> &'static str {
    if is_end { "" } else { ":" }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn erasure() -> Erasure {
        let derived = |port: &str, kind: &str, keeps_rows| DerivedPort {
            port: port.parse().unwrap(),
            kind: kind.to_owned(),
            reads: Vec::new(),
            keeps_rows,
        };
        Erasure {
            port: "sales.orders.lines".parse().unwrap(),
            condition: "order_id = 2".to_owned(),
            at: "2026-11-26T12:00:00Z".parse().unwrap(),
            by: "user:olga".to_owned(),
            rows_erased: 1,
            version_before: 4,
            version_after: None,
            release: None,
            files_removed: vec!["sales/orders/lines/a.parquet".to_owned()],
            files_written: Vec::new(),
            releases_unreadable: vec![1, 2],
            served_also_as: Vec::new(),
            made_from: vec!["data/lines.csv".to_owned()],
            derived_ports: vec![
                derived("sales.copies.lines", "append", true),
                derived("sales.totals.overall", "full", false),
                derived("sales.shown.lines", "view", false),
            ],
            derived_ports_unnamed: 1,
            sha256: None,
        }
    }

    #[test]
    fn what_would_go_and_what_went_is_told_to_a_person() {
        expect![[r#"
            sales.orders.lines: 1 row would be erased where `order_id = 2`
              1 file would be deleted at once:
                sales/orders/lines/a.parquet
              releases that could not be read or rolled back to any more: 1, 2
              made from data/lines.csv: rows that still stand there come back when the table is made anew
              read by sales.copies.lines (append), which keeps the rows that it took: erase them there too
              read by sales.totals.overall (full), which takes the change in with its next run
              read by sales.shown.lines (view), which shows the change at once
              read by 1 more that you may not know of
        "#]]
        .assert_eq(&told(&erasure()));
        let bare = Erasure { made_from: Vec::new(), derived_ports: Vec::new(), derived_ports_unnamed: 0, ..erasure() };
        expect!["sales.orders.lines: 1 row erased, release 7 serves the others, 1 file deleted"]
            .assert_eq(&done(&Erasure { release: Some(7), ..bare.clone() }));
        let nothing = Erasure { rows_erased: 0, files_removed: Vec::new(), release: Some(7), ..bare };
        expect!["sales.orders.lines: 0 rows erased, 0 files deleted"].assert_eq(&done(&nothing));
    }
}
