//! Who read what, as the database keeps it: counts by the day, and the newest queries one by one.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::json;
use sqlx::{AnyConnection, FromRow};
use weft_model::{ObservedRead, PortRef};

use crate::dialect;
use crate::error::{CatalogError, Doing};
use crate::moment;
use crate::tally::{QueryRecord, Reads, Times};

/// How many queries are kept one by one; older ones are forgotten.
const QUERIES_KEPT: i64 = 100_000;

/// For how many days counts of reads are kept.
const DAYS_KEPT: Days = Days::new(400);

/// Whose rows are wanted: all of them, or those of one principal and of some ports.
#[derive(Clone, Debug)]
pub(crate) enum Whose {
    Everyone,
    Own { principal: String, ports: Vec<PortRef> },
}

impl Whose {
    /// As parameters of a query: whether all (1 or 0), the principal, and the ports as a JSON list.
    fn bound(&self) -> (i64, &str, String) {
        match self {
            Whose::Everyone => (1, "", "[]".to_owned()),
            Whose::Own { principal, ports } => (0, principal, names(ports.iter())),
        }
    }
}

/// How often one principal's queries read a port, or a column of it, on one day and for one purpose.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct ReadRow {
    pub(crate) port: String,
    /// Empty for the port as a whole.
    pub(crate) column_name: String,
    pub(crate) principal: String,
    /// Empty where none was said.
    pub(crate) purpose: String,
    pub(crate) day: String,
    pub(crate) queries: i64,
    pub(crate) first_at: String,
    pub(crate) last_at: String,
}

/// A query, as the database holds it.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct QueryRow {
    pub(crate) query: String,
    pub(crate) at: String,
    pub(crate) principal: String,
    pub(crate) purpose: Option<String>,
    pub(crate) door: Option<String>,
    pub(crate) trace: Option<String>,
    pub(crate) outcome: String,
    pub(crate) duration_ms: i64,
    pub(crate) rows: i64,
    /// A JSON list of names.
    pub(crate) ports: String,
}

/// What was read since, in order of port, column and principal. The day of `since` counts whole.
pub(crate) async fn since(
    connection: &mut AnyConnection,
    since: DateTime<Utc>,
) -> Result<Vec<ObservedRead>, CatalogError> {
    // A catalog that is only read may be of a version that observed nothing yet.
    if !dialect::has_table(&mut *connection, "usage_reads").await.doing("read what was read")? {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, String, String, String, i64)> = sqlx::query_as(
        "SELECT port, column_name, principal, max(last_at), CAST(sum(queries) AS BIGINT) FROM usage_reads WHERE last_at >= $1 \
         GROUP BY port, column_name, principal",
    )
    .bind(moment::to_text(since))
    .fetch_all(connection)
    .await
    .doing("read what was read")?;
    let reads = rows.into_iter().map(|(port, column, principal, last_at, count)| {
        Ok(ObservedRead {
            port: port_of(&port)?,
            column: Some(column).filter(|column| !column.is_empty()),
            principal,
            last_at: moment::from_text(&last_at)?,
            count: u64::try_from(count).unwrap_or_default(),
        })
    });
    let mut reads = reads.collect::<Result<Vec<_>, CatalogError>>()?;
    // As names compare, part by part, which is not how their texts do.
    reads.sort_by(|a, b| (&a.port, &a.column, &a.principal).cmp(&(&b.port, &b.column, &b.principal)));
    Ok(reads)
}

/// Adds to the counts.
pub(crate) async fn add_reads(connection: &mut AnyConnection, reads: &[(Reads, Times)]) -> Result<(), CatalogError> {
    for (reads, times) in reads {
        sqlx::query(
            "INSERT INTO usage_reads (port, column_name, principal, purpose, day, queries, first_at, last_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (port, column_name, principal, purpose, day) DO UPDATE SET \
             queries = usage_reads.queries + excluded.queries, \
             first_at = CASE WHEN excluded.first_at < usage_reads.first_at THEN excluded.first_at ELSE usage_reads.first_at END, \
             last_at = CASE WHEN excluded.last_at > usage_reads.last_at THEN excluded.last_at ELSE usage_reads.last_at END",
        )
        .bind(reads.port.to_string())
        .bind(reads.column.as_deref().unwrap_or_default())
        .bind(reads.principal.as_ref())
        .bind(reads.purpose.as_deref().unwrap_or_default())
        .bind(reads.day.to_string())
        .bind(i64::try_from(times.queries).unwrap_or(i64::MAX))
        .bind(moment::to_text(times.first_at))
        .bind(moment::to_text(times.last_at))
        .execute(&mut *connection)
        .await
        .doing("record what was read")?;
    }
    Ok(())
}

/// Adds queries, and forgets the oldest where there are too many.
pub(crate) async fn add_queries(connection: &mut AnyConnection, queries: &[QueryRecord]) -> Result<(), CatalogError> {
    for query in queries {
        sqlx::query(
            "INSERT INTO usage_queries (query, at, principal, purpose, door, trace, outcome, duration_ms, rows, ports) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&query.query)
        .bind(moment::to_text(query.at))
        .bind(&query.principal)
        .bind(query.purpose.as_deref())
        .bind(query.door)
        .bind(query.trace.as_deref())
        .bind(query.outcome)
        .bind(i64::try_from(query.duration_ms).unwrap_or(i64::MAX))
        .bind(i64::try_from(query.rows).unwrap_or(i64::MAX))
        .bind(names(query.ports.iter()))
        .execute(&mut *connection)
        .await
        .doing("record queries")?;
    }
    sqlx::query("DELETE FROM usage_queries WHERE seq <= (SELECT max(seq) FROM usage_queries) - $1")
        .bind(QUERIES_KEPT)
        .execute(connection)
        .await
        .doing("forget old queries")?;
    Ok(())
}

/// Forgets counts of days that are long past on `day`.
pub(crate) async fn forget_before(connection: &mut AnyConnection, day: NaiveDate) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM usage_reads WHERE day < $1")
        .bind(day.checked_sub_days(DAYS_KEPT).unwrap_or(day).to_string())
        .execute(connection)
        .await
        .doing("forget old reads")?;
    Ok(())
}

/// Counts, the newest day first.
pub(crate) async fn reads(
    connection: &mut AnyConnection,
    whose: &Whose,
    limit: i64,
) -> Result<Vec<ReadRow>, CatalogError> {
    let (all, principal, ports) = whose.bound();
    let each = dialect::each_of(connection, "$3");
    let sql = format!(
        "SELECT port, column_name, principal, purpose, day, queries, first_at, last_at FROM usage_reads \
         WHERE $1 = 1 OR principal = $2 OR port IN ({each}) \
         ORDER BY day DESC, port, column_name, principal, purpose LIMIT $4"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(all)
        .bind(principal.to_owned())
        .bind(ports)
        .bind(limit)
        .fetch_all(connection)
        .await
        .doing("read what was read")
}

/// Counts of one port from `day` on, in order of day, then column with the port as a whole first.
pub(crate) async fn reads_of(
    connection: &mut AnyConnection,
    port: &PortRef,
    whose: &Whose,
    day: NaiveDate,
) -> Result<Vec<ReadRow>, CatalogError> {
    let (all, principal, _) = whose.bound();
    sqlx::query_as(
        "SELECT port, column_name, principal, purpose, day, queries, first_at, last_at FROM usage_reads \
         WHERE port = $1 AND day >= $2 AND ($3 = 1 OR principal = $4) ORDER BY day, column_name, principal, purpose",
    )
    .bind(port.to_string())
    .bind(day.to_string())
    .bind(all)
    .bind(principal)
    .fetch_all(connection)
    .await
    .doing("read what was read")
}

/// Queries, the newest first: those of `principal`, or all.
pub(crate) async fn queries(
    connection: &mut AnyConnection,
    principal: Option<&str>,
    limit: i64,
) -> Result<Vec<QueryRow>, CatalogError> {
    sqlx::query_as(
        "SELECT query, at, principal, purpose, door, trace, outcome, duration_ms, rows, ports FROM usage_queries \
         WHERE $1 IS NULL OR principal = $1 ORDER BY seq DESC LIMIT $2",
    )
    .bind(principal)
    .bind(limit)
    .fetch_all(connection)
    .await
    .doing("read the record of queries")
}

/// A port's name as it stands in a row.
pub(crate) fn port_of(text: &str) -> Result<PortRef, CatalogError> {
    text.parse().map_err(|_| CatalogError::corrupt("port name", text))
}

fn names<'a>(ports: impl Iterator<Item = &'a PortRef>) -> String {
    json!(ports.map(ToString::to_string).collect::<Vec<_>>()).to_string()
}
