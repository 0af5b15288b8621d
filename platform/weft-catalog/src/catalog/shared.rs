//! A catalog that several processes have open: one of them leads, and each learns what the others changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::{Any, AnyConnection, Transaction};
use weft_model::Published;

use super::{Catalog, Inner};
use crate::dialect;
use crate::error::{CatalogError, Doing, in_time};
use crate::store::Writer;
use crate::{outbox, releases, requests, settings};

/// The lease that whoever brings the mesh to revisions holds.
pub(crate) const CONTROLLER: &str = "controller";

/// How long it may take to ask who leads, and to take in what others changed.
const LEAD_MAX: Duration = Duration::from_secs(10);
const REFRESH_MAX: Duration = Duration::from_secs(30);

/// Whether this process leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// It does, for a term of that number, which no other process has had or will have. `is_new` where it did not at the
    /// last question.
    Ours { term: u64, is_new: bool },
    /// Another process does, of that name.
    Theirs { leader: String },
}

/// This process among those that have the catalog open.
#[derive(Debug)]
pub(super) struct Seat {
    /// `None` where no other process can have it open.
    node: Option<String>,
    /// The term for which this process leads; 0 for none.
    term: AtomicI64,
    seen: Mutex<Option<Seen>>,
}

impl Seat {
    pub(super) fn of_one() -> Seat {
        Seat { node: None, term: AtomicI64::new(0), seen: Mutex::default() }
    }

    pub(super) fn among_others(node: String) -> Seat {
        Seat { node: Some(node), ..Seat::of_one() }
    }
}

/// What tells that something has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    event: i64,
    products: i64,
    revision: Option<weft_model::Revision>,
}

impl Catalog {
    /// Whether other processes may have this catalog open too, so that one must [lead](Catalog::lead).
    pub fn is_shared(&self) -> bool {
        self.inner.seat.node.is_some()
    }

    /// Whether this process leads, as far as it knows without asking. Never waits.
    pub fn leads(&self) -> bool {
        !self.is_shared() || self.inner.seat.term.load(Ordering::SeqCst) != 0
    }

    /// Takes the lead for `time` from now on, or keeps it for as long, unless another process has it. To be asked again
    /// well before that time is over: what only a leader may change is refused to whoever lost the lead, in the very
    /// transaction that would change it. Times are the database's. A catalog that nobody shares is always led.
    ///
    /// # Errors
    ///
    /// Trouble with the database; whether this process leads is not known then.
    pub async fn lead(&self, time: Duration) -> Result<Lead, CatalogError> {
        self.to_the_end(move |inner| async move { in_time(LEAD_MAX, inner.lead(time)).await }).await
    }

    /// Lets go of the lead, so that another process need not wait for its end. Does nothing where there is none.
    ///
    /// # Errors
    ///
    /// Trouble with the database; the lead ends by itself then.
    pub async fn resign(&self) -> Result<(), CatalogError> {
        self.to_the_end(|inner| async move { in_time(LEAD_MAX, inner.resign()).await }).await
    }

    /// Fails where this process does not lead.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotLeading`], and trouble with the database.
    pub async fn ensure_leads(&self) -> Result<(), CatalogError> {
        if !self.is_shared() {
            return Ok(());
        }
        let mut transaction = self.inner.store.read().await?;
        self.inner.ensure_leads(&mut transaction).await
    }

    /// Notes the digest of this node's keys, which the others must have too.
    ///
    /// # Errors
    ///
    /// [`CatalogError::NotLeading`], and trouble with the database.
    pub async fn set_keys(&self, digest: &str) -> Result<(), CatalogError> {
        let digest = digest.to_owned();
        self.to_the_end(|inner| async move {
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            settings::set_keys(&mut transaction, &digest).await?;
            transaction.commit().await.doing("note the keys")
        })
        .await
    }

    /// The digest of the keys of whoever led last; `None` where nobody has noted one.
    ///
    /// # Errors
    ///
    /// Trouble with the database.
    pub async fn keys(&self) -> Result<Option<String>, CatalogError> {
        settings::keys(&mut *self.inner.store.read().await?).await
    }

    /// Takes in what other processes changed: what is served, what is granted. Says whether that was anything.
    ///
    /// # Errors
    ///
    /// Trouble with the database; everything stays as it was then.
    pub async fn refresh(&self) -> Result<bool, CatalogError> {
        if !self.is_shared() {
            return Ok(false);
        }
        let before = self.inner.seat.seen.lock().clone();
        let seen = in_time(REFRESH_MAX, async { seen(&mut *self.inner.store.read().await?).await }).await?;
        if before.as_ref() == Some(&seen) {
            return Ok(false);
        }
        self.to_the_end(move |inner| async move {
            in_time(REFRESH_MAX, inner.refresh()).await?;
            inner.follow_with_search();
            Ok(true)
        })
        .await
    }
}

impl Inner {
    /// Begins a transaction that only whoever leads may make.
    pub(super) async fn begin_as_leader<'a>(
        &self,
        writer: &'a mut Writer,
    ) -> Result<Transaction<'a, Any>, CatalogError> {
        let mut transaction = writer.begin().await?;
        self.ensure_leads(&mut transaction).await?;
        Ok(transaction)
    }

    async fn ensure_leads(&self, connection: &mut AnyConnection) -> Result<(), CatalogError> {
        let Some(node) = &self.seat.node else { return Ok(()) };
        let term = self.seat.term.load(Ordering::SeqCst);
        let held: Option<(String, i64)> = sqlx::query_as("SELECT holder, term FROM leases WHERE name = $1")
            .bind(CONTROLLER)
            .fetch_optional(connection)
            .await
            .doing("look who leads")?;
        match held {
            Some((holder, held)) if holder == *node && held == term => Ok(()),
            Some((leader, _)) => Err(CatalogError::NotLeading { leader: Some(leader).filter(|leader| leader != node) }),
            None => Err(CatalogError::NotLeading { leader: None }),
        }
    }

    async fn lead(&self, time: Duration) -> Result<Lead, CatalogError> {
        let Some(node) = &self.seat.node else { return Ok(Lead::Ours { term: 0, is_new: false }) };
        let mut writer = self.store.writer().await?;
        let now = dialect::now_ms(&writer);
        let before = self.seat.term.load(Ordering::SeqCst);
        // A term goes on while its holder asks in time. Whoever lost track of its own begins another.
        let sql = format!(
            "INSERT INTO leases (name, holder, term, until_ms) VALUES ($1, $2, 1, {now} + $3) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms, \
             term = CASE WHEN leases.holder = excluded.holder AND leases.term = $4 THEN leases.term \
             ELSE leases.term + 1 END \
             WHERE leases.holder = excluded.holder OR leases.until_ms < {now} RETURNING term"
        );
        let taken: Option<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(CONTROLLER)
            .bind(node.clone())
            .bind(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
            .bind(before)
            .fetch_optional(&mut *writer)
            .await
            .doing("take the lead")?;
        self.seat.term.store(taken.unwrap_or(0), Ordering::SeqCst);
        if let Some(term) = taken {
            return Ok(Lead::Ours { term: u64::try_from(term).unwrap_or_default(), is_new: term != before });
        }
        let leader: Option<String> = sqlx::query_scalar("SELECT holder FROM leases WHERE name = $1")
            .bind(CONTROLLER)
            .fetch_optional(&mut *writer)
            .await
            .doing("look who leads")?;
        Ok(Lead::Theirs { leader: leader.unwrap_or_default() })
    }

    async fn resign(&self) -> Result<(), CatalogError> {
        let Some(node) = &self.seat.node else { return Ok(()) };
        let term = self.seat.term.swap(0, Ordering::SeqCst);
        let mut writer = self.store.writer().await?;
        sqlx::query("UPDATE leases SET until_ms = 0 WHERE name = $1 AND holder = $2 AND term = $3")
            .bind(CONTROLLER)
            .bind(node.clone())
            .bind(term)
            .execute(&mut *writer)
            .await
            .doing("let go of the lead")?;
        Ok(())
    }

    async fn refresh(&self) -> Result<(), CatalogError> {
        // Held although nothing is written, so that no change of this process's own comes between.
        let _writer = self.store.writer().await?;
        let mut transaction = self.store.read().await?;
        let now = seen(&mut transaction).await?;
        let published =
            Published { revision: now.revision.clone(), releases: releases::served(&mut transaction).await? };
        let mut book = requests::Book::clone(&self.requests.load());
        for event in requests::load(&mut transaction, book.seq()).await? {
            book.apply(event);
        }
        let grants = book.grants();
        self.published.store(Arc::new(published));
        self.requests.store(Arc::new(book));
        self.grants.replace(grants);
        *self.seat.seen.lock() = Some(now);
        Ok(())
    }
}

async fn seen(connection: &mut AnyConnection) -> Result<Seen, CatalogError> {
    let products: i64 = sqlx::query_scalar("SELECT count(*) FROM products")
        .fetch_one(&mut *connection)
        .await
        .doing("read what is published")?;
    Ok(Seen {
        event: outbox::newest(&mut *connection).await?,
        products,
        revision: settings::revision(connection).await?,
    })
}

#[cfg(test)]
mod tests;
