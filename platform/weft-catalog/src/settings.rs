//! Small single values: the revision applied last, when ports were looked at, and the last good access file of each domain and
//! restrictions file of each product.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::AnyConnection;
use weft_model::{DomainName, PortRef, ProductRef, Revision};

use crate::error::{CatalogError, Doing};
use crate::moment;

const REVISION: &str = "revision";
/// A digest of the keys that every node of the mesh has.
const KEYS: &str = "keys";
/// What stands before the name of a port that was looked at.
const LOOKED: &str = "looked/";

/// The revision that was applied last.
pub(crate) async fn revision(connection: &mut AnyConnection) -> Result<Option<Revision>, CatalogError> {
    Ok(value(connection, REVISION).await?.map(Revision::new))
}

pub(crate) async fn set_revision(connection: &mut AnyConnection, revision: &Revision) -> Result<(), CatalogError> {
    set_value(connection, REVISION, revision.as_str()).await
}

/// The digest of the keys of whoever led last.
pub(crate) async fn keys(connection: &mut AnyConnection) -> Result<Option<String>, CatalogError> {
    value(connection, KEYS).await
}

pub(crate) async fn set_keys(connection: &mut AnyConnection, digest: &str) -> Result<(), CatalogError> {
    set_value(connection, KEYS, digest).await
}

async fn value(connection: &mut AnyConnection, name: &'static str) -> Result<Option<String>, CatalogError> {
    let found = sqlx::query_scalar("SELECT value FROM settings WHERE name = $1").bind(name).fetch_optional(connection);
    found.await.doing("read the settings")
}

async fn set_value(connection: &mut AnyConnection, name: &str, value: &str) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name.to_owned())
    .bind(value.to_owned())
    .execute(connection)
    .await
    .doing("change the settings")?;
    Ok(())
}

/// When each port was found to be up to date, of those of which that was ever noted.
pub(crate) async fn looked_at(
    connection: &mut AnyConnection,
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
    connection: &mut AnyConnection,
    ports: &[PortRef],
    at: DateTime<Utc>,
) -> Result<(), CatalogError> {
    for port in ports {
        set_value(&mut *connection, &format!("{LOOKED}{port}"), &moment::to_text(at)).await?;
    }
    Ok(())
}

/// The last good access file of every domain that has one.
pub(crate) async fn access_texts(connection: &mut AnyConnection) -> Result<BTreeMap<DomainName, String>, CatalogError> {
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
    connection: &mut AnyConnection,
    domain: &DomainName,
    text: &str,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO access_texts (domain, content, at) VALUES ($1, $2, $3) \
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
    connection: &mut AnyConnection,
    domain: &DomainName,
) -> Result<(), CatalogError> {
    sqlx::query("DELETE FROM access_texts WHERE domain = $1")
        .bind(domain.as_str())
        .execute(connection)
        .await
        .doing("forget an access file")?;
    Ok(())
}

/// The last good restrictions file of every product that has one.
pub(crate) async fn restrictions_texts(
    connection: &mut AnyConnection,
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
    connection: &mut AnyConnection,
    product: &ProductRef,
    text: &str,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    sqlx::query(
        "INSERT INTO restrictions_texts (product, content, at) VALUES ($1, $2, $3) \
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
