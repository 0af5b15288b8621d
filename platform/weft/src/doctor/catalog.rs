//! The catalog: a file of the home, or a Postgres database.

use std::sync::Arc;

use url::Url;
use weft_catalog::{Catalog, Lack, SharedState, TableState, inspect_file, inspect_shared};
use weft_model::{Clock, Code};

use super::{ANSWER_MAX, Found, Looked, Trouble};
use crate::home::Home;
use crate::settings::SharedCatalog;
use crate::start_error::StartError;

/// What Weft is tried with, as the server counts its versions.
const TRIED: i64 = 150_000;

/// The file of a home, where that holds the catalog.
pub(super) async fn file(home: &Home, clock: Arc<dyn Clock>) -> Looked {
    let file = home.catalog();
    if !file.exists() {
        return Ok(Found::NotAsked("there is none yet: the first start makes it".to_owned()));
    }
    let trouble = |error| Trouble::from(StartError::Catalog(error));
    let shown = format!("`{}`", file.display());
    let state = inspect_file(&file).await.map_err(trouble)?;
    if state != TableState::Current {
        return tables(&shown, state);
    }
    let catalog = Catalog::open_read_only(&file, clock).await.map_err(trouble)?;
    let served = catalog.published().releases.len();
    catalog.close().await;
    Ok(Found::Well(format!("{shown} serves {served} products")))
}

/// Asks the database that `shared` names.
pub(super) async fn ask(shared: &SharedCatalog, clock: &dyn Clock) -> Result<SharedState, Trouble> {
    let asked = inspect_shared(&shared.url, shared.password.as_deref(), clock);
    match tokio::time::timeout(ANSWER_MAX, asked).await {
        Ok(Ok(state)) => Ok(state),
        Ok(Err(error)) => {
            let trouble = Trouble::from(StartError::Catalog(error));
            Err(Trouble { message: format!("{}: {}", place(shared), trouble.message), ..trouble })
        }
        Err(_) => Err(Trouble::new(
            format!("{} gave no answer within {} s", place(shared), ANSWER_MAX.as_secs()),
            "see whether the address in `catalog` is right, and whether this machine may reach it",
        )),
    }
}

/// What the database is, and how its tables compare.
pub(super) fn database(shared: &SharedCatalog, state: &SharedState) -> Looked {
    let tried = if state.version_number < TRIED { ", which is older than Weft is tried with" } else { "" };
    let shown = format!("{}, PostgreSQL {}{tried},", place(shared), state.version);
    match state.tables {
        Some(found) => tables(&shown, found),
        None => Ok(Found::NotAsked(format!("{shown} does not let `{}` see its tables", state.role))),
    }
}

fn tables(shown: &str, state: TableState) -> Looked {
    let changes = |changes: usize| if changes == 1 { "one change".to_owned() } else { format!("{changes} changes") };
    match state {
        TableState::Missing => {
            Ok(Found::Well(format!("{shown} has no tables of Weft yet: the first start makes them")))
        }
        TableState::Current => Ok(Found::Well(format!("{shown} has the tables of this version"))),
        TableState::Behind { changes: behind } => Ok(Found::Well(format!(
            "{shown} has the tables of an earlier version: the next start makes {} to them, so take a backup first",
            changes(behind)
        ))),
        TableState::Newer { changes: newer } => Err(Trouble {
            code: Some(Code::CATALOG_UNAVAILABLE),
            ..Trouble::new(
                format!(
                    "{shown} has the tables of a newer version, with {} that this one does not know",
                    changes(newer)
                ),
                "start that version, or restore a backup of this one",
            )
        }),
        TableState::Unsound { change } => Err(Trouble {
            code: Some(Code::CATALOG_UNAVAILABLE),
            ..Trouble::new(
                format!("{shown} has tables whose change {change} was broken off, or was another than this program's"),
                "restore a backup into an empty database, or start from an empty one: it is filled from the warehouse",
            )
        }),
    }
}

/// Whether the role may do all that a node does.
pub(super) fn rights(state: &SharedState) -> Looked {
    let Some(first) = state.lacks.first() else {
        return Ok(Found::Well(format!("`{}` may make tables, and read and write them", state.role)));
    };
    let lacks: Vec<String> = state.lacks.iter().map(ToString::to_string).collect();
    Err(Trouble {
        code: Some(Code::CATALOG_UNAVAILABLE),
        ..Trouble::new(format!("`{}` may not {}", state.role, lacks.join("; nor ")), mend(first, &state.role))
    })
}

/// What takes away the first thing that is lacking.
fn mend(lack: &Lack, role: &str) -> String {
    let role = quoted(role);
    let each = |tables: &[String]| tables.iter().map(|table| quoted(table)).collect::<Vec<_>>().join(", ");
    match lack {
        Lack::Writable => {
            "name the database that others copy in `catalog`, or take `default_transaction_read_only` from it"
                .to_owned()
        }
        Lack::Schema => {
            format!(
                "as who owns the database: `CREATE SCHEMA weft AUTHORIZATION {role}; ALTER ROLE {role} SET search_path = weft`"
            )
        }
        Lack::Create { schema } => {
            format!("as who owns the schema: `GRANT USAGE, CREATE ON SCHEMA {} TO {role}`", quoted(schema))
        }
        Lack::Rows { tables } => {
            format!("as who owns them: `GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {role}`", each(tables))
        }
        Lack::Owner { tables } => {
            let each: Vec<String> =
                tables.iter().map(|table| format!("ALTER TABLE {} OWNER TO {role}", quoted(table))).collect();
            format!("as who owns them: `{}`", each.join("; "))
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Who leads the mesh.
pub(super) fn lead(state: &SharedState) -> Found {
    match &state.leader {
        Some((leader, left)) => {
            let seconds = left.as_millis().div_ceil(1_000);
            Found::Well(format!("`{leader}` leads the mesh, for another {seconds} s unless it asks again"))
        }
        None => Found::Well("no node leads the mesh: the first to start does".to_owned()),
    }
}

/// Where the database is, without what a URL holds besides.
fn place(shared: &SharedCatalog) -> String {
    let url = Url::parse(&shared.url).ok();
    let of = |url: &Url| {
        Some(format!(
            "`{}:{}{}`",
            url.host_str().filter(|host| !host.is_empty())?,
            url.port().unwrap_or(5_432),
            url.path()
        ))
    };
    url.as_ref().and_then(of).unwrap_or_else(|| "the database".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> String {
        place(&SharedCatalog { url: url.to_owned(), password: None })
    }

    #[test]
    fn a_database_is_called_by_its_place_and_nothing_secret() {
        assert_eq!(at("postgres://weft:secret@db.example.org/weft?sslmode=require"), "`db.example.org:5432/weft`");
        assert_eq!(at("postgres://weft@[::1]:5433/weft"), "`[::1]:5433/weft`");
        assert_eq!(at("postgres:///weft?host=/run/postgresql&password=secret"), "the database");
    }

    #[test]
    fn what_a_role_lacks_is_mended_by_a_statement() {
        let told = |lack: Lack| mend(&lack, "we\"ft");
        assert_eq!(
            told(Lack::Create { schema: "public".into() }),
            "as who owns the schema: `GRANT USAGE, CREATE ON SCHEMA \"public\" TO \"we\"\"ft\"`"
        );
        assert_eq!(
            told(Lack::Rows { tables: vec!["outbox".into(), "runs".into()] }),
            "as who owns them: `GRANT SELECT, INSERT, UPDATE, DELETE ON \"outbox\", \"runs\" TO \"we\"\"ft\"`"
        );
    }

    #[test]
    fn tables_of_a_newer_version_are_trouble_and_those_of_an_earlier_one_are_not() {
        assert!(
            matches!(tables("it", TableState::Behind { changes: 1 }), Ok(Found::Well(told)) if told.contains("one change"))
        );
        let Err(trouble) = tables("it", TableState::Newer { changes: 2 }) else { panic!("no trouble") };
        assert_eq!(trouble.code, Some(Code::CATALOG_UNAVAILABLE));
        assert_eq!(trouble.message, "it has the tables of a newer version, with 2 changes that this one does not know");
    }
}
