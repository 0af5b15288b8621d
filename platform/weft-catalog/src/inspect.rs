//! What the database of a catalog says of itself, asked without changing anything in it.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use weft_model::Clock;

use crate::catalog::{CONTROLLER, TABLES};
use crate::error::{CatalogError, Doing};
use crate::store::{POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS, postgres};

/// Where the database notes which changes of its tables were made.
const APPLIED: &str = "SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version";
/// What holds a lease and no row that a copy would have.
const LEASES: &str = "leases";
const MIGRATIONS: &str = "_sqlx_migrations";

/// How the tables of a catalog compare with those that this program works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableState {
    /// There are none yet: the first start makes them.
    Missing,
    Current,
    /// The next start makes so many changes to them.
    Behind {
        changes: usize,
    },
    /// A newer version of the program made so many changes that this one does not know.
    Newer {
        changes: usize,
    },
    /// The change of that number was broken off half-way, or was another than this program's.
    Unsound {
        change: i64,
    },
}

/// What a Postgres database says that is to hold the catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedState {
    /// The server's version as it writes it, such as `15.9`.
    pub version: String,
    /// The same as a number: 150009.
    pub version_number: i64,
    /// As whom this program is let in.
    pub role: String,
    /// `None` where the role may not look.
    pub tables: Option<TableState>,
    /// What the role may not do although it must, the first thing to mend first; empty where it may do all.
    pub lacks: Vec<Lack>,
    /// How much the clock of this machine is ahead of the database's, to half of `within`.
    pub ahead: TimeDelta,
    /// How long the question for the database's clock took.
    pub within: Duration,
    /// Who leads the mesh, and for how long unless it asks again. `None` where nobody does.
    pub leader: Option<(String, Duration)>,
}

/// What a role lacks to work with the tables of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The database is a copy of another, or lets nobody write.
    Writable,
    /// No schema of the role's `search_path` is there and may be used.
    Schema,
    /// Making tables in that schema, which each start asks for.
    Create { schema: String },
    /// Reading and writing the rows of tables.
    Rows { tables: Vec<String> },
    /// Changing tables that another role owns, which a newer version must.
    Owner { tables: Vec<String> },
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lack::Writable => {
                f.write_str("write here, for the database is a copy of another or is set to be read alone")
            }
            Lack::Schema => f.write_str("use any schema of its `search_path`"),
            Lack::Create { schema } => write!(f, "make tables in the schema `{schema}`"),
            Lack::Rows { tables } => write!(f, "read and write the rows of {}", tables.join(", ")),
            Lack::Owner { tables } => write!(f, "change {}, whose owner is another", tables.join(", ")),
        }
    }
}

/// Compares the tables in the file at `path`, which must be there.
///
/// # Errors
///
/// If the file is no database, or cannot be read.
pub async fn inspect_file(path: &Path) -> Result<TableState, CatalogError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_secs(10));
    let mut connection = options.connect().await.doing("open the catalog")?;
    let state = of_file(&mut connection).await;
    // Nothing was written, so nothing is lost with a connection that does not end well.
    let _ = connection.close().await;
    state
}

async fn of_file(connection: &mut SqliteConnection) -> Result<TableState, CatalogError> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1";
    let tables: i64 =
        sqlx::query_scalar(sql).bind(MIGRATIONS).fetch_one(&mut *connection).await.doing("read the catalog")?;
    if tables == 0 {
        return Ok(TableState::Missing);
    }
    let applied: Vec<Applied> = sqlx::query_as(APPLIED).fetch_all(connection).await.doing("read the catalog")?;
    Ok(compared(&SQLITE_MIGRATIONS, &applied))
}

/// Asks the Postgres database at `url`. The password is `password`, or else the URL's; `clock` is that of this machine.
/// Waits for as long as the database lets it.
///
/// # Errors
///
/// If the database cannot be reached; [`CatalogError::unreached`] tells why. Neither the error nor a log holds the password.
pub async fn inspect_shared(url: &str, password: Option<&str>, clock: &dyn Clock) -> Result<SharedState, CatalogError> {
    let mut connection = postgres(url, password)?.connect().await.doing("connect to the catalog")?;
    let state = of_shared(&mut connection, clock).await.doing("look into the catalog");
    let _ = connection.close().await;
    state
}

async fn of_shared(connection: &mut PgConnection, clock: &dyn Clock) -> Result<SharedState, sqlx::Error> {
    let sql = "SELECT current_setting('server_version'), CAST(current_setting('server_version_num') AS BIGINT), \
         CAST(current_user AS TEXT), CAST(current_schema() AS TEXT), \
         pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', \
         coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)";
    let (version, version_number, role, schema, only_read, may_create): (
        String,
        i64,
        String,
        Option<String>,
        bool,
        bool,
    ) = sqlx::query_as(sql).fetch_one(&mut *connection).await?;
    let found = found(&mut *connection).await?;

    let tables = match found.iter().find(|table| table.name == MIGRATIONS) {
        None => Some(TableState::Missing),
        Some(table) if !table.is_readable => None,
        Some(_) => Some(compared(&POSTGRES_MIGRATIONS, &sqlx::query_as(APPLIED).fetch_all(&mut *connection).await?)),
    };
    let before = clock.now();
    let now_ms = now_ms(&mut *connection).await?;
    let after = clock.now();
    let between = before + (after - before) / 2;
    let ahead = DateTime::from_timestamp_millis(now_ms).map_or(TimeDelta::zero(), |theirs| between - theirs);

    let leader = match found.iter().any(|table| table.name == LEASES && table.is_readable) {
        true => leader(&mut *connection).await?,
        false => None,
    };
    Ok(SharedState {
        version,
        version_number,
        role,
        tables,
        lacks: lacks(only_read, schema, may_create, tables, &found),
        ahead,
        within: (after - before).to_std().unwrap_or_default(),
        leader,
    })
}

/// A table of the catalog as the role may use it.
#[derive(Debug, sqlx::FromRow)]
struct Found {
    name: String,
    is_own: bool,
    is_readable: bool,
    is_writable: bool,
}

async fn found(connection: &mut PgConnection) -> Result<Vec<Found>, sqlx::Error> {
    let names: Vec<&str> = TABLES.iter().map(|(name, _)| *name).chain([LEASES, MIGRATIONS]).collect();
    let sql = "SELECT CAST(c.relname AS TEXT) AS name, pg_has_role(c.relowner, 'USAGE') AS is_own, \
         has_table_privilege(c.oid, 'SELECT') AS is_readable, \
         has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') \
         AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') AS is_writable \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND CAST(c.relname AS TEXT) = ANY($1) ORDER BY 1";
    sqlx::query_as(sql).bind(names).fetch_all(connection).await
}

async fn now_ms(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)")
        .fetch_one(connection)
        .await
}

/// Who has the lease, and how long it is good for by the database's clock.
async fn leader(connection: &mut PgConnection) -> Result<Option<(String, Duration)>, sqlx::Error> {
    let sql = "SELECT holder, until_ms - CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) \
         FROM leases WHERE name = $1";
    let held: Option<(String, i64)> = sqlx::query_as(sql).bind(CONTROLLER).fetch_optional(connection).await?;
    // A lease that has ended has no time left, which is no length of time.
    Ok(held.and_then(|(holder, left_ms)| Some((holder, Duration::from_millis(u64::try_from(left_ms).ok()?)))))
}

fn lacks(
    only_read: bool,
    schema: Option<String>,
    may_create: bool,
    tables: Option<TableState>,
    found: &[Found],
) -> Vec<Lack> {
    let names = |is_amiss: fn(&Found) -> bool| -> Vec<String> {
        found.iter().filter(|table| is_amiss(table)).map(|table| table.name.clone()).collect()
    };
    let mut lacks = Vec::new();
    if only_read {
        lacks.push(Lack::Writable);
    }
    match schema {
        None => lacks.push(Lack::Schema),
        Some(schema) if !may_create => lacks.push(Lack::Create { schema }),
        Some(_) => {}
    }
    let closed = names(|table| !table.is_writable);
    if !closed.is_empty() {
        lacks.push(Lack::Rows { tables: closed });
    }
    let of_others = names(|table| !table.is_own);
    if matches!(tables, Some(TableState::Behind { .. })) && !of_others.is_empty() {
        lacks.push(Lack::Owner { tables: of_others });
    }
    lacks
}

/// A change of the tables that was made: its number, whether to its end, and the digest of its text.
type Applied = (i64, bool, Vec<u8>);

fn compared(known: &Migrator, applied: &[Applied]) -> TableState {
    let of = |number: i64| known.iter().find(|known| known.version == number);
    if let Some((change, ..)) = applied.iter().find(|(number, is_whole, digest)| {
        !is_whole || of(*number).is_some_and(|known| known.checksum.as_ref() != digest.as_slice())
    }) {
        return TableState::Unsound { change: *change };
    }
    let newer = applied.iter().filter(|(number, ..)| of(*number).is_none()).count();
    if newer > 0 {
        return TableState::Newer { changes: newer };
    }
    match known.iter().filter(|known| !applied.iter().any(|(number, ..)| *number == known.version)).count() {
        0 => TableState::Current,
        all if applied.is_empty() && all > 0 => TableState::Missing,
        changes => TableState::Behind { changes },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;
    use crate::sample::clock;

    fn made() -> Vec<Applied> {
        SQLITE_MIGRATIONS.iter().map(|known| (known.version, true, known.checksum.to_vec())).collect()
    }

    #[test]
    fn tables_are_compared_by_what_was_done_to_them() {
        let all = made();
        let state = |applied: &[Applied]| compared(&SQLITE_MIGRATIONS, applied);
        assert_eq!(state(&all), TableState::Current);
        assert_eq!(state(&[]), TableState::Missing);
        assert_eq!(state(&all[..all.len() - 2]), TableState::Behind { changes: 2 });
        let newer = [all.clone(), vec![(9_001, true, vec![1]), (9_002, true, vec![2])]].concat();
        assert_eq!(state(&newer), TableState::Newer { changes: 2 });
        let mut broken = all.clone();
        broken[2].1 = false;
        assert_eq!(state(&broken), TableState::Unsound { change: broken[2].0 });
        let mut another = all;
        another[0].2 = vec![0];
        assert_eq!(state(&another), TableState::Unsound { change: another[0].0 });
    }

    #[test]
    fn what_a_role_lacks_is_told_in_the_order_in_which_to_mend_it() {
        let table =
            |name: &str, is_own, is_writable| Found { name: name.into(), is_own, is_readable: true, is_writable };
        let found = [table("leases", true, true), table("outbox", false, false), table("runs", false, true)];
        let told = |tables, schema: Option<&str>, may_create| {
            let lacks = lacks(false, schema.map(Into::into), may_create, tables, &found);
            lacks.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(told(Some(TableState::Current), Some("public"), true), ["read and write the rows of outbox"]);
        assert_eq!(
            told(Some(TableState::Behind { changes: 1 }), Some("public"), false),
            [
                "make tables in the schema `public`",
                "read and write the rows of outbox",
                "change outbox, runs, whose owner is another"
            ]
        );
        assert_eq!(told(None, None, false)[0], "use any schema of its `search_path`");
        assert!(lacks(false, Some("public".into()), true, Some(TableState::Missing), &[]).is_empty());
        assert_eq!(lacks(true, Some("public".into()), true, Some(TableState::Current), &[]), [Lack::Writable]);
    }

    #[tokio::test]
    async fn a_file_is_looked_into_while_it_is_open_elsewhere() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("catalog.db");
        let catalog = Catalog::open(&path, clock()).await.unwrap();
        assert_eq!(inspect_file(&path).await.unwrap(), TableState::Current);
        catalog.close().await;
        let other = home.path().join("other.db");
        std::fs::write(&other, "").unwrap();
        assert_eq!(inspect_file(&other).await.unwrap(), TableState::Missing);
        std::fs::write(&other, "no database at all, and long enough to be taken for the head of one, which it is not")
            .unwrap();
        assert!(inspect_file(&other).await.is_err());
    }
}
