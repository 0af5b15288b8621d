//! Small single values: the revision applied last, when ports were looked at, and the last good access file of each domain and
//! restrictions file of each product.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use weft_model::{DomainName, PortRef, ProductRef, Revision};

use crate::error::{CatalogError, Doing};
use crate::moment;

const REVISION: &str = "revision";
/// What stands before the name of a port that was looked at.
const LOOKED: &str = "looked/";

/// The revision that was applied last.
pub(crate) async fn revision(connection: &mut SqliteConnection) -> Result<Option<Revision>, CatalogError> {
    let text: Option<String> = sqlx::query_scalar("SELECT value FROM settings WHERE name = ?")
        .bind(REVISION)
        .fetch_optional(connection)
        .await
        .doing("read the settings")?;
    Ok(text.map(Revision::new))
}

pub(crate) async fn set_revision(connection: &mut SqliteConnection, revision: &Revision) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(REVISION)
    .bind(revision.as_str())
    .execute(connection)
    .await
    .doing("record the revision")?;
    Ok(())
}

/// When each port was found to be up to date, of those of which that was ever noted.
pub(crate) async fn looked_at(
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<PortRef, DateTime<Utc>>, CatalogError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT substr(name, 8), value FROM settings WHERE name LIKE 'looked/%'")
            .fetch_all(connection)
            .await
            .doing("read when ports were looked at")?;
    let named = rows.into_iter().map(|(port, at)| match port.parse() {
        Ok(port) => Ok((port, moment::from_text(&at)?)),
        Err(_) => Err(CatalogError::corrupt("port name", port)),
    });
    named.collect()
}

pub(crate) async fn set_looked_at(
    connection: &mut SqliteConnection,
    ports: &[PortRef],
    at: DateTime<Utc>,
) -> Result<(), CatalogError> {
    for port in ports {
        sqlx::query(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(format!("{LOOKED}{port}"))
        .bind(moment::to_text(at))
        .execute(&mut *connection)
        .await
        .doing("note when ports were looked at")?;
    }
    Ok(())
}

/// The last good access file of every domain that has one.
pub(crate) async fn access_texts(
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<DomainName, String>, CatalogError> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT domain, content FROM access_texts")
        .fetch_all(connection)
        .await
        .doing("read the access files")?;
    let named = rows.into_iter().map(|(domain, content)| match domain.parse() {
        Ok(domain) => Ok((domain, content)),
        Err(_) => Err(CatalogError::corrupt("domain name", domain)),
    });
    named.collect()
}

pub(crate) async fn keep_access_text(
    connection: &mut SqliteConnection,
    domain: &DomainName,
    text: &str,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO access_texts (domain, content, at) VALUES (?, ?, ?) \
         ON CONFLICT (domain) DO UPDATE SET content = excluded.content, at = excluded.at \
         WHERE access_texts.content <> excluded.content",
    )
    .bind(domain.as_str())
    .bind(text)
    .bind(moment::to_text(now))
    .execute(connection)
    .await
    .doing("keep an access file")?;
    Ok(())
}

pub(crate) async fn forget_access_text(
    connection: &mut SqliteConnection,
    domain: &DomainName,
) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM access_texts WHERE domain = ?")
        .bind(domain.as_str())
        .execute(connection)
        .await
        .doing("forget an access file")?;
    Ok(())
}

/// The last good restrictions file of every product that has one.
pub(crate) async fn restrictions_texts(
    connection: &mut SqliteConnection,
) -> Result<BTreeMap<ProductRef, String>, CatalogError> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT product, content FROM restrictions_texts")
        .fetch_all(connection)
        .await
        .doing("read the restrictions files")?;
    let named = rows.into_iter().map(|(product, content)| match product.parse() {
        Ok(product) => Ok((product, content)),
        Err(_) => Err(CatalogError::corrupt("product name", product)),
    });
    named.collect()
}

pub(crate) async fn keep_restrictions_text(
    connection: &mut SqliteConnection,
    product: &ProductRef,
    text: &str,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO restrictions_texts (product, content, at) VALUES (?, ?, ?) \
         ON CONFLICT (product) DO UPDATE SET content = excluded.content, at = excluded.at \
         WHERE restrictions_texts.content <> excluded.content",
    )
    .bind(product.to_string())
    .bind(text)
    .bind(moment::to_text(now))
    .execute(connection)
    .await
    .doing("keep a restrictions file")?;
    Ok(())
}
