//! The database: how it is opened, and who may write.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Any, AnyConnection, ConnectOptions, Connection, Transaction};
use tokio::time::timeout;

use crate::dialect::Dialect;
use crate::error::{CatalogError, Doing};
use crate::line::{Line, Place};

/// Connections for reading. In SQLite each is a thread of its own, and reads are short.
const READERS: u32 = 4;

/// How long to wait for another process that holds the right to write.
const BUSY: Duration = Duration::from_secs(10);

/// How long a connection to a file may take to come free, and how long one to a server may take to be made: a few attempts
/// where it is refused.
const FREE_MAX: Duration = Duration::from_secs(30);
const CONNECT_MAX: Duration = Duration::from_secs(4);

/// How long the server has for the first connection of all.
const FIRST_MAX: Duration = Duration::from_secs(20);

/// What the lines are called where it is shown whether they are asked.
const WRITES: &str = "catalog";
const READS: &str = "catalog_reads";

/// How transactions begin that write to SQLite, and that read.
const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";
const BEGIN_READING: &str = "BEGIN";
const BEGIN_READING_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// What each connection to SQLite is told. Opened by URL, it knows none of it.
const SQLITE: &str = "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";

/// What each connection to Postgres is told. A process that is stopped while it writes keeps others from writing for ten
/// seconds at most.
const POSTGRES: &str = "SET lock_timeout = '10s'; SET statement_timeout = '30s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET synchronous_commit = on; SET timezone = 'UTC'";

/// The same where nothing is to be written.
const POSTGRES_READ_ONLY: &str =
    "SET default_transaction_read_only = on; SET statement_timeout = '30s'; SET timezone = 'UTC'";

/// Which of the database's locks whoever writes to this catalog holds: "weft" in ASCII.
const WRITING: &str = "SELECT pg_advisory_xact_lock(2003133044)";

/// The changes that make the catalog's tables, in order.
pub(crate) static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");
pub(crate) static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");

/// A future into which the compiler need not look: those of sqlx are too much for it where they stand deep in others. For
/// the same reason migrations are `run_direct`.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, CatalogError>> + Send + 'a>>;

/// One connection that writes and a few that read.
///
/// A commit is on disk when it returns (`synchronous = FULL`, `synchronous_commit = on`): a release that was announced
/// survives the loss of power.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    writer: Line,
    reader: Line,
    dialect: Dialect,
}

impl Store {
    /// Opens the file, making it where there is none, and brings its tables up to date.
    pub(crate) fn open(path: &Path) -> Boxed<'_, Store> {
        Box::pin(async move {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(BUSY);
            let mut first = SqliteConnection::connect_with(&options).await.doing("open the catalog")?;
            migrated(SQLITE_MIGRATIONS.run_direct(None, &mut first, false).await)?;
            first.close().await.doing("open the catalog")?;
            let options = by_url(&options)?;
            let writer = pool(1, FREE_MAX, SQLITE).connect_with(options.clone()).await.doing("open the catalog")?;
            let reader = pool(READERS, FREE_MAX, "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON");
            Ok(Store {
                writer: Line::over(WRITES, writer, BEGIN_WRITING),
                reader: Line::over(READS, reader.connect_lazy_with(options), BEGIN_READING),
                dialect: Dialect::Sqlite,
            })
        })
    }

    /// Opens a file that is there, for reading alone, whoever else has it open.
    pub(crate) fn open_read_only(path: &Path) -> Boxed<'_, Store> {
        Box::pin(async move {
            let options = SqliteConnectOptions::new().filename(path).read_only(true);
            let only = pool(1, FREE_MAX, "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON");
            let only = only.connect_with(by_url(&options)?).await.doing("open the catalog")?;
            let only = Line::over(READS, only, BEGIN_READING);
            Ok(Store { writer: only.clone(), reader: only, dialect: Dialect::Sqlite })
        })
    }

    /// A database that lives as long as this value.
    pub(crate) fn in_memory() -> Boxed<'static, Store> {
        Box::pin(async move {
            install();
            let options = AnyConnectOptions::from_str("sqlite::memory:").doing("open the catalog")?;
            // The database is its one connection, which therefore must never be given up.
            let only = pool(1, FREE_MAX, SQLITE).min_connections(1);
            let only = only.connect_with(options).await.doing("open the catalog")?;
            migrated(SQLITE_MIGRATIONS.run(&only).await)?;
            let only = Line::over(WRITES, only, BEGIN_WRITING);
            Ok(Store { writer: only.clone(), reader: only, dialect: Dialect::Sqlite })
        })
    }

    /// Connects to a Postgres database, and brings the catalog's tables in it up to date: one process does, and others
    /// wait for it. The password is `password`, or else the URL's.
    pub(crate) fn connect<'a>(url: &'a str, password: Option<&'a str>) -> Boxed<'a, Store> {
        Box::pin(async move {
            let options = postgres(url, password)?;
            let first = timeout(FIRST_MAX, PgConnection::connect_with(&options)).await;
            let mut first = first.map_err(|_| CatalogError::Away)?.doing("connect to the catalog")?;
            migrated(POSTGRES_MIGRATIONS.run_direct(None, &mut first, false).await)?;
            first.close().await.doing("connect to the catalog")?;
            let options = by_url(&options)?;
            // A database that was started anew must be met by connections of its own.
            let made = |connections| pool(connections, CONNECT_MAX, POSTGRES).test_before_acquire(true);
            Ok(Store {
                writer: Line::lazy(WRITES, made(1), options.clone(), BEGIN_READING),
                reader: Line::lazy(READS, made(READERS), options, BEGIN_READING),
                dialect: Dialect::Postgres,
            })
        })
    }

    /// Connects to a Postgres database that has a catalog's tables, of whatever version, for reading alone.
    pub(crate) fn connect_read_only<'a>(url: &'a str, password: Option<&'a str>) -> Boxed<'a, Store> {
        Box::pin(async move {
            let only = pool(READERS, CONNECT_MAX, POSTGRES_READ_ONLY).test_before_acquire(true);
            let only = Line::lazy(READS, only, by_url(&postgres(url, password)?)?, BEGIN_READING);
            Ok(Store { writer: only.clone(), reader: only, dialect: Dialect::Postgres })
        })
    }

    /// The connection that writes. Whoever holds it is the only writer of this process.
    pub(crate) async fn writer(&self) -> Result<Writer, CatalogError> {
        let (connection, place) = self.writer.connection("write to the catalog").await?;
        Ok(Writer { connection, line: self.writer.clone(), place })
    }

    /// A view of the database at one instant.
    pub(crate) fn read(&self) -> Boxed<'_, Reading> {
        let begin = match self.dialect {
            Dialect::Sqlite => BEGIN_READING,
            Dialect::Postgres => BEGIN_READING_POSTGRES,
        };
        Box::pin(async move {
            let (transaction, place) = self.reader.transaction(begin, "read the catalog").await?;
            Ok(Reading { transaction, _place: place })
        })
    }

    /// Waits for the connections to end, which folds the write-ahead log of a file into it.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A view of the database at one instant.
#[derive(Debug)]
pub(crate) struct Reading {
    // INVARIANT: stands before the place, which is given back once it is dropped.
    transaction: Transaction<'static, Any>,
    _place: Place,
}

/// The connection that writes.
pub(crate) struct Writer {
    // INVARIANT: as that of `Reading`.
    connection: PoolConnection<Any>,
    line: Line,
    place: Place,
}

impl Writer {
    /// Begins a transaction as the only writer of the database: others wait until it ends.
    pub(crate) fn begin(&mut self) -> Boxed<'_, Transaction<'_, Any>> {
        let dialect = Dialect::of(&self.connection);
        Box::pin(async move {
            match dialect {
                Dialect::Sqlite => {
                    let begun = self.connection.begin_with(BEGIN_WRITING).await;
                    self.line.noted(&self.place, begun).doing("write to the catalog")
                }
                Dialect::Postgres => {
                    let mut transaction = self.connection.begin().await.doing("write to the catalog")?;
                    sqlx::query(WRITING).execute(&mut *transaction).await.doing("write to the catalog")?;
                    Ok(transaction)
                }
            }
        })
    }
}

impl Deref for Writer {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

impl Deref for Reading {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// Makes the databases known to connections that are opened by URL.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(sqlx::any::install_default_drivers);
}

/// How a server is connected to. The password is `password`, or else the URL's.
pub(crate) fn postgres(url: &str, password: Option<&str>) -> Result<PgConnectOptions, CatalogError> {
    let options = PgConnectOptions::from_str(url).doing("read the address of the catalog")?;
    let options = options.application_name("weft");
    Ok(password.iter().fold(options, |options, password| options.password(password)))
}

fn by_url(options: &impl ConnectOptions) -> Result<AnyConnectOptions, CatalogError> {
    install();
    AnyConnectOptions::from_str(options.to_url_lossy().as_str()).doing("open the catalog")
}

fn pool(connections: u32, acquire_max: Duration, told: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(acquire_max)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(told).execute(connection).await.map(drop) })
        })
}

fn migrated(done: Result<(), sqlx::migrate::MigrateError>) -> Result<(), CatalogError> {
    use sqlx::migrate::MigrateError;

    done.map_err(|source| match source {
        MigrateError::VersionMissing(_) => CatalogError::Newer { source },
        _ => CatalogError::Migration { source },
    })
}
