//! `weft release list|rollback`: what a product served, and serving that again.

use weft_model::{Code, ProductRef};
use weft_wire::{Page, Release, RollBackRequest};

use super::arguments::{PlanFormat, Release as Arguments, Rollback};
use super::connection::Connection;
use super::products::json;
use super::{Exit, Failure, Look, block_on, terminal};
use crate::render::diagnostics::counted;
use crate::render::table;

pub(super) fn release(command: Arguments) -> Result<(), Failure> {
    match command {
        Arguments::List { product, format, server } => {
            let connection = Connection::new(&server)?;
            let page: Page<Release> = block_on(connection.get(&path(&product, "releases")))?;
            match format {
                PlanFormat::Text => {
                    terminal::print(&listed(&page.items, Look::of_stdout()))?;
                    terminal::note(&format!("{}.", counted(page.items.len(), "release")));
                    Ok(())
                }
                PlanFormat::Json => terminal::print(&json(&page.items)),
            }
        }
        Arguments::Rollback(arguments) => roll_back(arguments),
    }
}

fn roll_back(arguments: Rollback) -> Result<(), Failure> {
    let Rollback { product, to, reason, yes, server } = arguments;
    let connection = Connection::new(&server)?;
    let asked = |accept_breaking| {
        let request = RollBackRequest { to, reason: reason.clone(), accept_breaking };
        block_on(connection.post::<Release>(&path(&product, "rollback"), &request))
    };
    let made = match asked(yes) {
        Err(failure) if failure.code == Some(Code::ROLL_BACK_BREAKING) => {
            confirm(failure)?;
            asked(true)?
        }
        done => done?,
    };
    let to = made.rolled_back.as_ref().map_or(made.number, |back| back.to);
    terminal::print(&format!("{product} serves release {to} again, as release {}\n", made.number))?;
    terminal::note("It stays so until a commit changes the product; what reads it is made anew.");
    Ok(())
}

/// Shows what breaks, and asks the person at the terminal whether it may.
fn confirm(failure: Failure) -> Result<(), Failure> {
    if !terminal::is_watched() {
        return Err(failure.help("nothing has changed; `--yes` rolls back all the same"));
    }
    terminal::report(&failure);
    match terminal::says_yes("Roll back all the same?")? {
        Some(true) => Ok(()),
        _ => Err(Failure::new(Exit::Breaking, "nothing was rolled back")),
    }
}

fn path(product: &ProductRef, end: &str) -> String {
    format!("/api/v1/products/{}/{}/{end}", product.domain, product.product)
}

fn listed(releases: &[Release], look: Look) -> String {
    let row = |release: &Release| {
        let rows: Vec<u64> = release.ports.iter().filter_map(|port| port.rows).collect();
        let rows = if rows.is_empty() { "–".to_owned() } else { rows.iter().sum::<u64>().to_string() };
        vec![
            release.number.to_string(),
            release.at.format("%Y-%m-%d %H:%M").to_string(),
            release.revision.short().to_owned(),
            what(release),
            rows,
            release.rolled_back.as_ref().map_or_else(String::new, |back| back.reason.clone()),
        ]
    };
    let rows: Vec<Vec<String>> = releases.iter().map(row).collect();
    table::list(&["release", "when", "revision", "what", "rows", "reason"], &rows, look)
}

/// `published`, `rolled back to 3`, `retired`; and whether it is what readers see.
fn what(release: &Release) -> String {
    let what = match &release.rolled_back {
        Some(back) => format!("rolled back to {}", back.to),
        None if release.retired => "retired".to_owned(),
        None => "published".to_owned(),
    };
    if release.current { format!("{what}, served") } else { what }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use weft_model::Revision;
    use weft_wire::{ReleasedPort, RolledBack};

    use super::*;

    fn release(number: u64, rows: Option<u64>) -> Release {
        Release {
            product: "sales.orders".parse().unwrap(),
            number,
            revision: Revision::new("4f2c1aa0b5de4f2c1aa0b5de4f2c1aa0b5de0000"),
            plan: "plan".to_owned(),
            at: "2026-11-26T12:00:00Z".parse().unwrap(),
            version: None,
            current: false,
            retired: false,
            rolled_back: None,
            ports: vec![ReleasedPort { name: "lines".parse().unwrap(), table_version: Some(0), rows }],
        }
    }

    #[test]
    fn a_list_of_releases_says_what_each_did() {
        let back = RolledBack { to: 1, from: 2, by: None, reason: "half of the rows are missing".to_owned() };
        let releases = [
            Release { retired: true, ports: Vec::new(), ..release(4, None) },
            Release { rolled_back: Some(back), current: true, ..release(3, Some(10)) },
            release(2, None),
            release(1, Some(10)),
        ];
        let text: Vec<String> =
            listed(&releases, Look::PLAIN).lines().map(|line| format!("{}\n", line.trim_end())).collect();
        expect![[r#"
            RELEASE  WHEN              REVISION      WHAT                      ROWS  REASON
            4        2026-11-26 12:00  4f2c1aa0b5de  retired                   –
            3        2026-11-26 12:00  4f2c1aa0b5de  rolled back to 1, served  10    half of the rows are missing
            2        2026-11-26 12:00  4f2c1aa0b5de  published                 –
            1        2026-11-26 12:00  4f2c1aa0b5de  published                 10
        "#]]
        .assert_eq(&text.concat());
    }
}
