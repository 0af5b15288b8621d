//! Who read what, as the database keeps it: counts a day, and the newest queries one by one.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use weft_model::ObservedRead;

use crate::error::{CatalogError, Doing};
use crate::moment;

/// What was read since, in order of port, column and principal. The day of `since` counts whole.
pub(crate) async fn since(
    connection: &mut SqliteConnection,
    since: DateTime<Utc>,
) -> Result<Vec<ObservedRead>, CatalogError> {
    // A catalog that is only read may be of a version that observed nothing yet.
    let observes: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'usage_reads')")
            .fetch_one(&mut *connection)
            .await
            .doing("read what was read")?;
    if !observes {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, String, String, String, i64)> = sqlx::query_as(
        "SELECT port, column_name, principal, max(last_at), sum(queries) FROM usage_reads WHERE last_at >= ? \
         GROUP BY port, column_name, principal",
    )
    .bind(moment::to_text(since))
    .fetch_all(connection)
    .await
    .doing("read what was read")?;
    let reads = rows.into_iter().map(|(port, column, principal, last_at, count)| {
        Ok(ObservedRead {
            port: port.parse().map_err(|_| CatalogError::corrupt("port name", port))?,
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
