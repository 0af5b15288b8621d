//! Releases and the pointer to the one of each product that is served.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::AnyConnection;
use weft_model::{ProductRef, Release, parallel};

use crate::error::{CatalogError, Doing};
use crate::moment;
use crate::outbox::{self, Event};

/// A release of the history, and whether its product is served at all now.
#[derive(Clone, Debug)]
pub(crate) struct Historic {
    pub(crate) release: Release,
    pub(crate) retired: bool,
}

/// Every product's release that is served.
pub(crate) async fn served(connection: &mut AnyConnection) -> Result<BTreeMap<ProductRef, Release>, CatalogError> {
    let documents: Vec<String> = sqlx::query_scalar(
        "SELECT r.document FROM products p JOIN releases r ON r.product = p.product AND r.number = p.number \
         WHERE p.served = 1",
    )
    .fetch_all(connection)
    .await
    .doing("read what is published")?;
    let releases = parallel::map(&documents, |document| parse(document)).into_iter();
    releases.map(|release| release.map(|release| (release.product.name.clone(), release))).collect()
}

/// The number of the newest release of `product`, 0 where there is none.
pub(crate) async fn latest(connection: &mut AnyConnection, product: &ProductRef) -> Result<u64, CatalogError> {
    let number: Option<i64> = sqlx::query_scalar("SELECT max(number) FROM releases WHERE product = $1")
        .bind(product.to_string())
        .fetch_one(connection)
        .await
        .doing("read the releases of a product")?;
    Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
}

/// Whether there is any release at all, served or not.
pub(crate) async fn any(connection: &mut AnyConnection) -> Result<bool, CatalogError> {
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM (SELECT 1 FROM releases LIMIT 1) first")
        .fetch_one(connection)
        .await
        .doing("read the releases")?;
    Ok(there != 0)
}

/// The releases of one product, newest first.
pub(crate) async fn of(connection: &mut AnyConnection, product: &ProductRef) -> Result<Vec<Historic>, CatalogError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT r.document, p.served FROM releases r JOIN products p ON p.product = r.product \
         WHERE r.product = $1 ORDER BY r.number DESC",
    )
    .bind(product.to_string())
    .fetch_all(connection)
    .await
    .doing("read the releases of a product")?;
    historic(rows)
}

/// Everything that was ever released: by product, each in order of number.
pub(crate) async fn every(connection: &mut AnyConnection) -> Result<Vec<Vec<Release>>, CatalogError> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT product, document FROM releases ORDER BY product, number")
        .fetch_all(connection)
        .await
        .doing("read every release")?;
    let mut products: Vec<Vec<Release>> = Vec::new();
    for of_product in rows.chunk_by(|(one, _), (other, _)| one == other) {
        products.push(of_product.iter().map(|(_, document)| parse(document)).collect::<Result<_, _>>()?);
    }
    Ok(products)
}

/// The newest `limit` releases of the mesh, newest first.
pub(crate) async fn newest(connection: &mut AnyConnection, limit: i64) -> Result<Vec<Historic>, CatalogError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT r.document, p.served FROM releases r JOIN products p ON p.product = r.product \
         ORDER BY r.at DESC, r.product, r.number DESC LIMIT $1",
    )
    .bind(limit)
    .fetch_all(connection)
    .await
    .doing("read the releases")?;
    historic(rows)
}

/// The tombstone of `product`, where that is what its newest release is.
pub(crate) async fn tombstone(
    connection: &mut AnyConnection,
    product: &ProductRef,
) -> Result<Option<Release>, CatalogError> {
    let document: Option<String> = sqlx::query_scalar(
        "SELECT r.document FROM products p JOIN releases r ON r.product = p.product AND r.number = p.number \
         WHERE p.product = $1 AND p.served = 0",
    )
    .bind(product.to_string())
    .fetch_optional(connection)
    .await
    .doing("read how a product ended")?;
    Ok(document.as_deref().map(parse).transpose()?.filter(Release::is_tombstone))
}

/// Makes `release` the one that readers of its product see, or none where it is a tombstone. Says
/// whether that changed anything.
///
/// The newest release may come again, which serves it; an older one may too, which does nothing.
pub(crate) async fn publish(
    connection: &mut AnyConnection,
    release: &Release,
    at: DateTime<Utc>,
) -> Result<bool, CatalogError> {
    let product = &release.product.name;
    let latest = latest(&mut *connection, product).await?;
    if release.number > latest {
        if release.number != latest + 1 {
            return Err(CatalogError::OutOfOrder { product: product.clone(), number: release.number, latest });
        }
        insert(&mut *connection, release).await?;
    } else {
        ensure_same(&mut *connection, release).await?;
        if release.number < latest {
            return Ok(false);
        }
    }
    let changed = point(&mut *connection, release, at).await?;
    if changed {
        outbox::add(connection, at, told(release)).await?;
    }
    Ok(changed)
}

fn told(release: &Release) -> Event {
    let subject = release.product.name.to_string();
    if release.is_tombstone() {
        let payload = json!({
            "product": release.product.name,
            "revision": release.revision,
            "number": release.number,
            "archived": release.archived,
        });
        return Event { kind: "product.retired", subject, payload };
    }
    let ports = release.ports.iter();
    let mut payload = json!({
        "product": release.product.name,
        "number": release.number,
        "revision": release.revision,
        "plan": release.plan,
        "ports": ports
            .map(|(port, table)| (port.to_string(), json!({ "tableVersion": table.table_version })))
            .collect::<serde_json::Map<_, _>>(),
    });
    let Some(back) = &release.rolled_back else { return Event { kind: "release.published", subject, payload } };
    payload["rolledBack"] = json!({ "to": back.to, "from": back.from, "by": back.by, "reason": back.reason });
    Event { kind: "release.rolled_back", subject, payload }
}

/// Adds history and pointers from release objects; tells nobody, since nothing changes state.
pub(crate) async fn restore(
    connection: &mut AnyConnection,
    releases: &[Release],
    at: DateTime<Utc>,
) -> Result<(), CatalogError> {
    let mut newest: BTreeMap<&ProductRef, &Release> = BTreeMap::new();
    let mut seen: BTreeMap<(&ProductRef, u64), &Release> = BTreeMap::new();
    for release in releases {
        let product = &release.product.name;
        match seen.insert((product, release.number), release) {
            Some(other) if other != release => {
                return Err(CatalogError::Differs { product: product.clone(), number: release.number });
            }
            Some(_) => continue,
            None => insert(&mut *connection, release).await?,
        }
        let last = newest.entry(product).or_insert(release);
        if release.number > last.number {
            *last = release;
        }
    }
    for release in newest.into_values() {
        point(&mut *connection, release, at).await?;
    }
    Ok(())
}

async fn insert(connection: &mut AnyConnection, release: &Release) -> Result<(), CatalogError> {
    let name = release.product.name.to_string();
    let number = i64::try_from(release.number)
        .map_err(|_| CatalogError::corrupt("release number", release.number.to_string()))?;
    let document = serde_json::to_string(release).map_err(|_| CatalogError::corrupt("release", name.clone()))?;
    sqlx::query("INSERT INTO releases (product, number, revision, plan, at, document) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(name)
        .bind(number)
        .bind(release.revision.as_str())
        .bind(&release.plan)
        .bind(moment::to_text(release.at))
        .bind(document)
        .execute(connection)
        .await
        .doing("add a release")?;
    Ok(())
}

async fn ensure_same(connection: &mut AnyConnection, release: &Release) -> Result<(), CatalogError> {
    let product = &release.product.name;
    let document: Option<String> =
        sqlx::query_scalar("SELECT document FROM releases WHERE product = $1 AND number = $2")
            .bind(product.to_string())
            .bind(i64::try_from(release.number).unwrap_or(i64::MAX))
            .fetch_optional(connection)
            .await
            .doing("read a release")?;
    match document.as_deref().map(parse).transpose()? {
        Some(there) if there == *release => Ok(()),
        _ => Err(CatalogError::Differs { product: product.clone(), number: release.number }),
    }
}

async fn point(connection: &mut AnyConnection, release: &Release, at: DateTime<Utc>) -> Result<bool, CatalogError> {
    let done = sqlx::query(
        "INSERT INTO products (product, number, served, changed_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (product) DO UPDATE SET \
         number = excluded.number, served = excluded.served, changed_at = excluded.changed_at \
         WHERE products.number <> excluded.number OR products.served <> excluded.served",
    )
    .bind(release.product.name.to_string())
    .bind(i64::try_from(release.number).unwrap_or(i64::MAX))
    .bind(i64::from(!release.is_tombstone()))
    .bind(moment::to_text(at))
    .execute(connection)
    .await
    .doing("point a product at a release")?;
    Ok(done.rows_affected() > 0)
}

fn historic(rows: Vec<(String, i64)>) -> Result<Vec<Historic>, CatalogError> {
    let rows = rows.into_iter();
    rows.map(|(document, served)| Ok(Historic { release: parse(&document)?, retired: served == 0 })).collect()
}

fn parse(document: &str) -> Result<Release, CatalogError> {
    serde_json::from_str(document).map_err(|_| {
        let start = document.chars().take(80).collect::<String>();
        CatalogError::corrupt("release", start)
    })
}
