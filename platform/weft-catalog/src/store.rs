//! The database file: how it is opened, and who may write.

use std::path::Path;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

use crate::error::{CatalogError, Doing};

/// Connections for reading. Each is a thread of its own, and reads are short.
const READERS: u32 = 4;

/// How long to wait for another process that holds the file's write lock.
const BUSY: Duration = Duration::from_secs(10);

/// How long a caller waits for a connection before it is told that the catalog is busy.
const ACQUIRE: Duration = Duration::from_secs(30);

/// One connection that writes and a few that read.
///
/// A commit is on disk when it returns (`synchronous = FULL`): a release that was announced
/// survives the loss of power.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Store {
    /// Opens the file, making it where there is none, and brings its tables up to date.
    pub(crate) async fn open(path: &Path) -> Result<Store, CatalogError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let writer = pool(1).connect_with(options.clone()).await.doing("open the catalog")?;
        migrate(&writer).await?;
        let reader = pool(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Store { writer, reader })
    }

    /// Opens a file that is there, for reading alone, whoever else has it open.
    pub(crate) async fn open_read_only(path: &Path) -> Result<Store, CatalogError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY);
        let only = pool(1).connect_with(options).await.doing("open the catalog")?;
        Ok(Store { writer: only.clone(), reader: only })
    }

    /// A database that lives as long as this value.
    pub(crate) async fn in_memory() -> Result<Store, CatalogError> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        // The database is its one connection, which therefore must never be given up.
        let only = pool(1).min_connections(1).connect_with(options).await.doing("open the catalog")?;
        migrate(&only).await?;
        Ok(Store { writer: only.clone(), reader: only })
    }

    /// The connection that writes. Whoever holds it is the only writer of this process.
    pub(crate) async fn writer(&self) -> Result<PoolConnection<Sqlite>, CatalogError> {
        self.writer.acquire().await.doing("write to the catalog")
    }

    /// A view of the database at one instant.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>, CatalogError> {
        self.reader.begin().await.doing("read the catalog")
    }

    /// Waits for the connections to end, which folds the write-ahead log into the file.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

async fn migrate(pool: &SqlitePool) -> Result<(), CatalogError> {
    use sqlx::migrate::MigrateError;

    sqlx::migrate!("./migrations").run(pool).await.map_err(|source| match source {
        MigrateError::VersionMissing(_) => CatalogError::Newer { source },
        _ => CatalogError::Migration { source },
    })
}
