//! Everything that the catalog holds, as files that need no database: for backups, and for the way from one database to
//! another.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::migrate::MigrateError;
use sqlx::{AnyConnection, Column, Row, ValueRef};

use super::{Catalog, Inner};
use crate::dialect::{self, Dialect};
use crate::error::{CatalogError, Doing};
use crate::store::{POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS};

/// Every table that is worth a copy, those that others refer to first, and the order of its rows. Who leads at the moment
/// is not.
pub(crate) const TABLES: [(&str, &str); 19] = [
    ("releases", "product, number"),
    ("products", "product"),
    ("runs", "id"),
    ("run_steps", "run, position"),
    ("run_diagnostics", "run, position"),
    ("checks", "run, port, name, column_name"),
    ("service_levels", "port, name, column_name"),
    ("outbox", "id"),
    ("access_texts", "domain"),
    ("restrictions_texts", "product"),
    ("settings", "name"),
    ("access_events", "seq"),
    ("audit_decisions", "seq"),
    ("usage_reads", "port, column_name, principal, purpose, day"),
    ("usage_queries", "seq"),
    ("usage_answers", "hour, port, within_ms"),
    ("training_sets", "id"),
    ("webhooks", "name"),
    ("webhook_deliveries", "webhook, event"),
];

/// Columns of which the database counts by itself.
const COUNTED: [(&str, &str); 2] = [("outbox", "id"), ("usage_queries", "seq")];

/// How many rows there are of a table in a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedTable {
    pub name: String,
    pub rows: u64,
}

impl Catalog {
    /// Writes a copy of everything that the catalog holds at one instant into `folder`, a file `TABLE.jsonl` for each table
    /// with a row a line. The folder must exist. Others may go on reading and writing meanwhile.
    ///
    /// # Errors
    ///
    /// [`CatalogError::Newer`] where a later version made tables of which this one knows nothing; trouble with the database or
    /// the folder, which may hold a part then.
    pub async fn copy_out(&self, folder: &Path) -> Result<Vec<CopiedTable>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        dialect::take_time(&mut transaction).await.doing("copy the catalog")?;
        ensure_known(&mut transaction).await?;
        let mut copied = Vec::with_capacity(TABLES.len());
        for (table, order) in TABLES {
            let rows = write_rows(&mut transaction, table, order, &file_of(folder, table)).await?;
            copied.push(CopiedTable { name: table.to_owned(), rows });
        }
        Ok(copied)
    }

    /// Fills this catalog, which must hold nothing yet, with what [`copy_out`](Self::copy_out) wrote into `folder`, and said
    /// to be `copied`: all of it, or on an error nothing. The copy may be of the other kind of database, and of an earlier
    /// version, which had fewer tables.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotEmpty`]; [`CatalogError::Corrupt`] where the files are not what was said, or there is a table that
    /// this version does not know.
    pub async fn copy_in(&self, folder: &Path, copied: &[CopiedTable]) -> Result<(), CatalogError> {
        let (folder, copied) = (folder.to_owned(), copied.to_vec());
        self.to_the_end(|inner| async move { inner.copy_in(&folder, &copied).await }).await
    }
}

impl Inner {
    async fn copy_in(&self, folder: &Path, copied: &[CopiedTable]) -> Result<(), CatalogError> {
        if let Some(odd) = copied.iter().find(|copied| TABLES.iter().all(|(table, _)| *table != copied.name)) {
            return Err(CatalogError::corrupt("table of a copy", &odd.name));
        }
        let mut writer = self.store.writer().await?;
        let mut transaction = writer.begin().await?;
        for (table, _) in TABLES {
            let held: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
                .fetch_one(&mut *transaction)
                .await
                .doing("look what the catalog holds")?;
            if held > 0 {
                return Err(CatalogError::NotEmpty);
            }
            let rows = read_rows(&mut transaction, table, &file_of(folder, table)).await?;
            let said = copied.iter().find(|copied| copied.name == table).map_or(0, |copied| copied.rows);
            if rows != said {
                return Err(CatalogError::corrupt("copy", format!("{rows} rows of `{table}` instead of {said}")));
            }
        }
        for (table, column) in COUNTED {
            dialect::count_on(&mut transaction, table, column).await.doing("fill the catalog")?;
        }
        transaction.commit().await.doing("fill the catalog")
    }
}

/// Makes sure that the database holds nothing of a later version, which a copy would lose.
async fn ensure_known(connection: &mut AnyConnection) -> Result<(), CatalogError> {
    let known = match Dialect::of(connection) {
        Dialect::Sqlite => &SQLITE_MIGRATIONS,
        Dialect::Postgres => &POSTGRES_MIGRATIONS,
    };
    let made: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations ORDER BY version")
        .fetch_all(connection)
        .await
        .doing("copy the catalog")?;
    match made.into_iter().find(|version| !known.version_exists(*version)) {
        Some(version) => Err(CatalogError::Newer { source: MigrateError::VersionMissing(version) }),
        None => Ok(()),
    }
}

fn file_of(folder: &Path, table: &str) -> PathBuf {
    folder.join(format!("{table}.jsonl"))
}

async fn write_rows(
    connection: &mut AnyConnection,
    table: &'static str,
    order: &str,
    file: &Path,
) -> Result<u64, CatalogError> {
    let failed = |source| CatalogError::Copy { file: file.to_owned(), source };
    let mut out = BufWriter::new(File::create(file).map_err(failed)?);
    // A catalog that is only read may be of a version before the table.
    if !dialect::has_table(&mut *connection, table).await.doing("copy the catalog")? {
        return Ok(0);
    }
    let sql = sqlx::AssertSqlSafe(format!("SELECT * FROM {table} ORDER BY {order}"));
    let mut rows = sqlx::query(sql).fetch(connection);
    let mut written = 0;
    while let Some(row) = rows.try_next().await.doing("copy the catalog")? {
        let values = values(&row).doing("copy the catalog")?;
        writeln!(out, "{}", Value::Object(values)).map_err(failed)?;
        written += 1;
    }
    out.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|file| file.sync_all()).map_err(failed)?;
    Ok(written)
}

/// What a row holds by name of column, without what is NULL.
fn values(row: &AnyRow) -> Result<Map<String, Value>, sqlx::Error> {
    let mut values = Map::new();
    for column in row.columns() {
        let place = column.ordinal();
        let raw = row.try_get_raw(place)?;
        if raw.is_null() {
            continue;
        }
        let value = match raw.type_info().kind() {
            AnyTypeInfoKind::Real | AnyTypeInfoKind::Double => Value::from(row.try_get::<f64, _>(place)?),
            AnyTypeInfoKind::Text => Value::from(row.try_get::<String, _>(place)?),
            _ => Value::from(row.try_get::<i64, _>(place)?),
        };
        values.insert(column.name().to_owned(), value);
    }
    Ok(values)
}

async fn read_rows(connection: &mut AnyConnection, table: &'static str, file: &Path) -> Result<u64, CatalogError> {
    let failed = |source| CatalogError::Copy { file: file.to_owned(), source };
    let lines = match File::open(file) {
        Ok(file) => BufReader::new(file).lines(),
        // A copy of a version before the table.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(failed(error)),
    };
    let mut read = 0;
    for line in lines {
        let line = line.map_err(failed)?;
        let values: Map<String, Value> =
            serde_json::from_str(&line).map_err(|_| CatalogError::corrupt("row of a copy", line.clone()))?;
        insert(&mut *connection, table, values).await?;
        read += 1;
    }
    Ok(read)
}

async fn insert(
    connection: &mut AnyConnection,
    table: &'static str,
    values: Map<String, Value>,
) -> Result<(), CatalogError> {
    let is_name = |name: &String| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if let Some(odd) = values.keys().find(|name| !is_name(name)) {
        return Err(CatalogError::corrupt("column of a copy", odd));
    }
    let names = values.keys().cloned().collect::<Vec<_>>().join(", ");
    let places = (1..=values.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    let sql = sqlx::AssertSqlSafe(format!("INSERT INTO {table} ({names}) VALUES ({places})"));
    let mut query = sqlx::query(sql);
    for value in values.into_values() {
        query = match value {
            Value::String(text) => query.bind(text),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => query.bind(whole),
                None => query.bind(number.as_f64().unwrap_or_default()),
            },
            other => return Err(CatalogError::corrupt("value of a copy", other.to_string())),
        };
    }
    query.execute(connection).await.doing("fill the catalog")?;
    Ok(())
}

#[cfg(test)]
mod tests;
