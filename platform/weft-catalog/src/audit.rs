//! The record of decisions: added to alone, and each row vouches for those before it.

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, FromRow};

use crate::decisions::DecisionRecord;
use crate::error::{CatalogError, Doing};
use crate::moment;

/// What stands in the place of a hash before the first row.
const BEGINNING: &str = "";

/// How many rows are read at a time.
const ROWS_AT_A_TIME: i64 = 1_000;

/// What a look at the whole record of decisions found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row follows from the one before it. Rows missing at the end show only to someone who
    /// knows an earlier `hash`.
    Sound {
        rows: u64,
        /// Of the last row, hexadecimal; empty where there is none.
        hash: String,
    },
    /// Row `seq` is the first that does not follow: it was edited, or one before it is missing or
    /// stands elsewhere.
    Broken { seq: u64 },
}

/// A row of the record, as the database holds it.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) at: String,
    pub(crate) query: String,
    pub(crate) principal: String,
    pub(crate) door: Option<String>,
    pub(crate) action: String,
    pub(crate) object: String,
    pub(crate) purpose: Option<String>,
    /// 1 or 0: the databases have no boolean in common.
    pub(crate) allowed: i64,
    pub(crate) because: String,
    pub(crate) masks: String,
    pub(crate) filters: String,
    pub(crate) policy_revision: String,
    pub(crate) policy_epoch: i64,
    /// `None` where it was recorded before grants were.
    pub(crate) grants_epoch: Option<i64>,
    pub(crate) previous_hash: String,
    pub(crate) hash: String,
}

const COLUMNS: &str = "seq, at, query, principal, door, action, object, purpose, allowed, because, masks, filters, \
     policy_revision, policy_epoch, grants_epoch, previous_hash, hash";

impl Row {
    fn of(record: &DecisionRecord, seq: i64, previous_hash: String) -> Self {
        let mut row = Row {
            seq,
            at: moment::to_text(record.at),
            query: record.query.clone(),
            principal: record.principal.clone(),
            door: record.door.clone(),
            action: record.action.to_string(),
            object: record.object.clone(),
            purpose: record.purpose.clone(),
            allowed: i64::from(record.allowed),
            because: json!(record.because).to_string(),
            masks: json!(record.masks).to_string(),
            filters: json!(record.filters).to_string(),
            policy_revision: record.policy_revision.to_string(),
            policy_epoch: i64::try_from(record.policy_epoch).unwrap_or(i64::MAX),
            grants_epoch: Some(i64::try_from(record.grants_epoch).unwrap_or(i64::MAX)),
            previous_hash,
            hash: String::new(),
        };
        row.hash = row.own_hash();
        row
    }

    /// SHA-256 over the hash before and every value of the row, as JSON so that no two rows have the
    /// same text.
    fn own_hash(&self) -> String {
        let mut canonical = json!([
            self.previous_hash,
            self.seq,
            self.at,
            self.query,
            self.principal,
            self.door,
            self.action,
            self.object,
            self.purpose,
            self.allowed == 1,
            self.because,
            self.masks,
            self.filters,
            self.policy_revision,
            self.policy_epoch,
        ]);
        // Rows of before there were grants were hashed without.
        if let (Some(values), Some(epoch)) = (canonical.as_array_mut(), self.grants_epoch) {
            values.push(json!(epoch));
        }
        hex::encode(Sha256::digest(canonical.to_string().as_bytes()))
    }

    fn follows(&self, seq: i64, hash: &str) -> bool {
        self.seq == seq + 1 && self.previous_hash == hash && self.hash == self.own_hash()
    }
}

/// Adds `records` in the caller's transaction, which must hold the right to write already.
pub(crate) async fn add(connection: &mut AnyConnection, records: &[DecisionRecord]) -> Result<(), CatalogError> {
    let last: Option<(i64, String)> = sqlx::query_as("SELECT seq, hash FROM audit_decisions ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *connection)
        .await
        .doing("read the record of decisions")?;
    let (mut seq, mut hash) = last.unwrap_or((0, BEGINNING.to_owned()));
    for record in records {
        seq += 1;
        let row = Row::of(record, seq, hash);
        hash = insert(connection, row).await.doing("record decisions")?;
    }
    Ok(())
}

async fn insert(connection: &mut AnyConnection, row: Row) -> Result<String, sqlx::Error> {
    sqlx::query(
        "INSERT INTO audit_decisions (seq, at, query, principal, door, action, object, purpose, allowed, because, \
         masks, filters, policy_revision, policy_epoch, grants_epoch, previous_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(row.seq)
    .bind(row.at)
    .bind(row.query)
    .bind(row.principal)
    .bind(row.door)
    .bind(row.action)
    .bind(row.object)
    .bind(row.purpose)
    .bind(row.allowed)
    .bind(row.because)
    .bind(row.masks)
    .bind(row.filters)
    .bind(row.policy_revision)
    .bind(row.policy_epoch)
    .bind(row.grants_epoch)
    .bind(row.previous_hash)
    .bind(&row.hash)
    .execute(connection)
    .await?;
    Ok(row.hash)
}

/// Walks the whole record from its first row.
pub(crate) async fn verify(connection: &mut AnyConnection) -> Result<AuditVerdict, CatalogError> {
    let (mut seq, mut hash) = (0, BEGINNING.to_owned());
    loop {
        // By position and not by `seq`, so that a row with an impossible number is met too.
        let sql = format!("SELECT {COLUMNS} FROM audit_decisions ORDER BY seq LIMIT $1 OFFSET $2");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(ROWS_AT_A_TIME)
            .bind(seq)
            .fetch_all(&mut *connection)
            .await
            .doing("read the record of decisions")?;
        if rows.is_empty() {
            return Ok(AuditVerdict::Sound { rows: u64::try_from(seq).unwrap_or_default(), hash });
        }
        for row in rows {
            if !row.follows(seq, &hash) {
                return Ok(AuditVerdict::Broken { seq: u64::try_from(row.seq).unwrap_or_default() });
            }
            (seq, hash) = (row.seq, row.hash);
        }
    }
}

/// The rows of one query, in the order of the decisions: if it is `principal`'s, or whosever it is.
pub(crate) async fn of_query(
    connection: &mut AnyConnection,
    query: &str,
    principal: Option<&str>,
) -> Result<Vec<Row>, CatalogError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_decisions WHERE query = $1 AND ($2 IS NULL OR principal = $2) ORDER BY seq LIMIT 1000"
    );
    let rows = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(query.to_owned()).bind(principal.map(str::to_owned));
    rows.fetch_all(connection).await.doing("read the record of decisions")
}

/// The newest rows, newest first: those of `principal`, or all.
pub(crate) async fn newest(
    connection: &mut AnyConnection,
    principal: Option<&str>,
    limit: i64,
) -> Result<Vec<Row>, CatalogError> {
    let sql = match principal {
        Some(_) => format!("SELECT {COLUMNS} FROM audit_decisions WHERE principal = $1 ORDER BY seq DESC LIMIT $2"),
        None => format!("SELECT {COLUMNS} FROM audit_decisions ORDER BY seq DESC LIMIT $1"),
    };
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
    if let Some(principal) = principal {
        query = query.bind(principal.to_owned());
    }
    query.bind(limit).fetch_all(connection).await.doing("read the record of decisions")
}

#[cfg(test)]
mod tests;
