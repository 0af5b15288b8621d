//! The few words of SQL that SQLite and Postgres do not share. Everything else is one text for both. Doubles that may be
//! missing are bound as texts and cast, since sqlx 0.9 takes a missing one for a shorter kind of number in Postgres.

use sqlx::AnyConnection;

/// Which database answers on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub(crate) fn of(connection: &AnyConnection) -> Dialect {
        match connection.backend_name() {
            "PostgreSQL" => Dialect::Postgres,
            _ => Dialect::Sqlite,
        }
    }
}

/// A query for the texts of the JSON list that is bound at `place`, such as `$2`.
pub(crate) fn each_of(connection: &AnyConnection, place: &str) -> String {
    match Dialect::of(connection) {
        Dialect::Sqlite => format!("SELECT value FROM json_each({place})"),
        Dialect::Postgres => format!("SELECT jsonb_array_elements_text(CAST({place} AS JSONB))"),
    }
}

/// The database's own clock, in milliseconds since 1970. Nodes whose clocks differ agree on it.
pub(crate) fn now_ms(connection: &AnyConnection) -> &'static str {
    match Dialect::of(connection) {
        Dialect::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        Dialect::Postgres => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    }
}

/// Whether there is a table of that name.
pub(crate) async fn has_table(connection: &mut AnyConnection, name: &str) -> Result<bool, sqlx::Error> {
    let sql = match Dialect::of(connection) {
        Dialect::Sqlite => "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1",
        Dialect::Postgres => "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1",
    };
    let found: i64 = sqlx::query_scalar(sql).bind(name.to_owned()).fetch_one(connection).await?;
    Ok(found > 0)
}

/// Lets statements of this transaction run for as long as they take, such as those that read a whole table.
pub(crate) async fn take_time(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    if Dialect::of(connection) == Dialect::Postgres {
        sqlx::raw_sql("SET LOCAL statement_timeout = 0").execute(connection).await?;
    }
    Ok(())
}

/// Lets the database count on from the greatest value of a column that it counts by itself, after rows were added with
/// values of their own. SQLite does so unasked.
pub(crate) async fn count_on(connection: &mut AnyConnection, table: &str, column: &str) -> Result<(), sqlx::Error> {
    if Dialect::of(connection) == Dialect::Postgres {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), \
             (SELECT coalesce(max({column}), 0) + 1 FROM {table}), false)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(connection).await?;
    }
    Ok(())
}
