//! The catalog: one database file and, in memory, what it says is served now.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tracing::Instrument;
use weft_governance::GrantBook;
use weft_model::{Clock, ProductRef, Published, Release, Revision};

use crate::drawing::KnownLayouts;
use crate::error::{CatalogError, Doing};
use crate::flows::{Flows, KnownFlows};
use crate::requests::{AccessRequest, Book, Event, What};
use crate::search::{Indexed, SearchIndex, Seers};
use crate::store::Store;
use crate::tally::{self, Tally};
use crate::trail::Trail;
use crate::{outbox, releases, requests, settings};

mod copy;
mod last_good;
mod noted;
mod runs;
mod shared;
mod training_sets;
mod webhooks;

pub use copy::CopiedTable;
pub(crate) use copy::TABLES;
pub(crate) use shared::CONTROLLER;
pub use shared::Lead;
use shared::Seat;

/// What is published, by whom, from what, in which state.
///
/// Cheap to clone; clones are one catalog. A change is on disk when its method returns, and is
/// made to the end even if the caller stops waiting. Readers of [`Catalog::published`] never wait
/// and see a change only after it is on disk.
#[derive(Clone, Debug)]
pub struct Catalog {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    // INVARIANT: equals what the database says; replaced only by whoever holds the writing
    // connection, after its commit and before it lets go.
    published: ArcSwap<Published>,
    // INVARIANT: made of every event in the database; replaced as `published` is, with `grants` after it.
    requests: ArcSwap<Book>,
    grants: Arc<GrantBook>,
    clock: Arc<dyn Clock>,
    trail: Trail,
    tally: Tally,
    changed: watch::Sender<()>,
    search: SearchIndex,
    flows: KnownFlows,
    layouts: KnownLayouts,
    seat: shared::Seat,
}

impl Catalog {
    /// Opens the catalog at `path`, making it where there is none. The folder must exist.
    ///
    /// # Errors
    ///
    /// If the file is no catalog, is of a newer version, or cannot be read and written. A file
    /// that is lost or unreadable may be deleted: [`Catalog::restore`] fills an empty one.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, CatalogError> {
        Catalog::load(Store::open(path).await?, clock, Seat::of_one()).await
    }

    /// Opens the catalog in the Postgres database at `url`, which other processes may have open too, making its tables
    /// where there are none. The password is `password`, or else the URL's. This process is called `node`, as whoever
    /// [leads](Catalog::lead) is known to the others: no two may have the same name.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached, or is of a newer version. Neither the error nor a log holds the password.
    pub async fn connect(
        url: &str,
        password: Option<&str>,
        node: String,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CatalogError> {
        Catalog::load(Store::connect(url, password).await?, clock, Seat::among_others(node)).await
    }

    /// Opens the catalog at `path` for reading alone, also while another process writes to it.
    /// Every change is refused by the database.
    ///
    /// # Errors
    ///
    /// If there is no catalog, or it is of another version than this program reads.
    pub async fn open_read_only(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, CatalogError> {
        Catalog::load(Store::open_read_only(path).await?, clock, Seat::of_one()).await
    }

    /// Connects to the catalog in the Postgres database at `url` for reading alone, as [`open_read_only`](Self::open_read_only)
    /// opens a file. Its tables stay as they are, also where this version would change them.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached, or holds no catalog.
    pub async fn connect_read_only(
        url: &str,
        password: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CatalogError> {
        Catalog::load(Store::connect_read_only(url, password).await?, clock, Seat::of_one()).await
    }

    /// An empty catalog that is gone with its last clone.
    pub async fn open_in_memory(clock: Arc<dyn Clock>) -> Result<Self, CatalogError> {
        Catalog::load(Store::in_memory().await?, clock, Seat::of_one()).await
    }

    /// A file that others have open too: what Postgres is for, in tests.
    #[cfg(test)]
    async fn open_among_others(path: &Path, node: &str, clock: Arc<dyn Clock>) -> Result<Self, CatalogError> {
        Catalog::load(Store::open(path).await?, clock, Seat::among_others(node.to_owned())).await
    }

    async fn load(store: Store, clock: Arc<dyn Clock>, seat: Seat) -> Result<Self, CatalogError> {
        let mut transaction = store.read().await?;
        let published = Published {
            revision: settings::revision(&mut transaction).await?,
            releases: releases::served(&mut transaction).await?,
        };
        let mut requests = Book::default();
        for event in requests::load(&mut transaction, 0).await? {
            requests.apply(event);
        }
        drop(transaction);
        let grants = Arc::new(GrantBook::default());
        grants.replace(requests.grants());
        Ok(Catalog {
            inner: Arc::new(Inner {
                store,
                published: ArcSwap::from_pointee(published),
                requests: ArcSwap::from_pointee(requests),
                grants,
                clock,
                trail: Trail::default(),
                tally: Tally::default(),
                changed: watch::Sender::new(()),
                search: SearchIndex::default(),
                flows: KnownFlows::default(),
                layouts: KnownLayouts::default(),
                seat,
            }),
        })
    }

    /// What is served now, as one consistent whole. Never waits.
    pub fn published(&self) -> Arc<Published> {
        self.inner.published.load_full()
    }

    /// What is granted at run time, as it stands at each moment: for [`weft_governance::Policies::granting`].
    pub fn grants(&self) -> Arc<GrantBook> {
        Arc::clone(&self.inner.grants)
    }

    /// Every request for access, as one consistent whole. Never waits.
    pub(crate) fn requests(&self) -> Arc<Book> {
        self.inner.requests.load_full()
    }

    /// Lets `decide` say what happens next to requests, by what is known of them and the time, and records that. What
    /// it grants or takes away holds when this returns. Gives the request that the last of these events is about.
    ///
    /// # Errors
    ///
    /// Those of `decide`, which leave everything as it was, and trouble with the database.
    pub(crate) async fn change_requests<D>(&self, decide: D) -> Result<AccessRequest, CatalogError>
    where
        D: FnOnce(&Book, DateTime<Utc>) -> Result<Vec<(String, String, What)>, CatalogError> + Send + 'static,
    {
        self.to_the_end(|inner| async move { inner.change_requests(decide).await }).await
    }

    /// Serves all of `releases` from the same instant on; a product whose release is a tombstone is
    /// served no more.
    ///
    /// Idempotent: a release that is already there is not added again.
    ///
    /// # Errors
    ///
    /// If one of them neither follows its product's latest release by one nor is there already;
    /// then none of them is served.
    pub async fn publish(&self, releases: Vec<Release>) -> Result<(), CatalogError> {
        if releases.is_empty() {
            return Ok(());
        }
        self.to_the_end(|inner| async move {
            let done = inner.publish(releases).await;
            inner.follow_with_search();
            done
        })
        .await
    }

    /// Records that `revision` is the one that was applied last.
    pub async fn set_revision(&self, revision: &Revision) -> Result<(), CatalogError> {
        let revision = revision.clone();
        self.to_the_end(|inner| async move { inner.set_revision(revision).await }).await
    }

    /// The number that the next release of `product` must have, counting those of its earlier life
    /// and its tombstone where it was retired.
    pub async fn next_release_number(&self, product: &ProductRef) -> Result<u64, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        Ok(releases::latest(&mut transaction, product).await? + 1)
    }

    /// Whether no release is known: a new mesh, or a catalog that was lost and wants
    /// [`Catalog::restore`].
    pub async fn is_empty(&self) -> Result<bool, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        Ok(!releases::any(&mut transaction).await?)
    }

    /// Fills an empty catalog from release objects, in any order: all history, and each product
    /// served at its newest release, unless that is a tombstone.
    ///
    /// # Errors
    ///
    /// If the catalog holds releases already, or two objects of one number differ.
    pub async fn restore(&self, releases: Vec<Release>) -> Result<(), CatalogError> {
        self.to_the_end(|inner| async move {
            let done = inner.restore(releases).await;
            inner.follow_with_search();
            done
        })
        .await
    }

    /// Makes what is served ready to be searched. Whoever searches first does so otherwise, and waits. Takes processor
    /// time rather than waits.
    ///
    /// # Errors
    ///
    /// Trouble with the index alone.
    pub fn ready_search(&self) -> Result<(), CatalogError> {
        self.inner.search.follow(|| self.published()).map(drop)
    }

    pub(crate) fn search_index(&self) -> Result<Arc<Indexed>, CatalogError> {
        self.inner.search.current(|| self.published())
    }

    /// What goes into what in `published`.
    pub(crate) fn flows(&self, published: &Arc<Published>) -> Arc<Flows> {
        self.inner.flows.of(published)
    }

    /// Where graphs were drawn that were asked for before.
    pub(crate) fn layouts(&self) -> &KnownLayouts {
        &self.inner.layouts
    }

    pub(crate) fn seers(&self) -> &Seers {
        &self.inner.search.seers
    }

    /// Every release of `product`, newest first; empty where there is none.
    pub async fn releases(&self, product: &ProductRef) -> Result<Vec<Release>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        let history = releases::of(&mut transaction, product).await?;
        Ok(history.into_iter().map(|historic| historic.release).collect())
    }

    /// Everything that was ever released: by product, each in order of number.
    pub async fn every_release(&self) -> Result<Vec<Vec<Release>>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        releases::every(&mut transaction).await
    }

    /// Writes the decisions and the usage that wait to be written and ends all use of the file. Not
    /// calling it may lose what was noted in the last moments, and nothing else.
    pub async fn close(&self) {
        if let Err(error) = self.record_decisions(&[]).await {
            tracing::error!(%error, "decisions that wait to be recorded are lost");
        }
        if let Err(error) = tally::flush(self.inner.as_ref()).await {
            tracing::error!(%error, "usage that waits to be recorded is lost");
        }
        self.inner.store.close().await;
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Runs `work` as a task of its own: a caller that goes away between commit and swap would
    /// otherwise leave the snapshot behind the database.
    async fn to_the_end<W, T>(&self, work: impl FnOnce(Arc<Inner>) -> W) -> Result<T, CatalogError>
    where
        W: Future<Output = Result<T, CatalogError>> + Send + 'static,
        T: Send + 'static,
    {
        let done = tokio::spawn(work(self.inner.clone()).in_current_span()).await.unwrap_or(Err(CatalogError::Stopped));
        self.inner.changed.send_replace(());
        done
    }

    /// Turns whenever something may have changed that [`CatalogView::events_after`](crate::CatalogView::events_after)
    /// tells of.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.inner.changed.subscribe()
    }
}

impl Inner {
    async fn publish(&self, releases: Vec<Release>) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        let mut served = Vec::with_capacity(releases.len());
        for release in releases {
            if releases::publish(&mut transaction, &release, now).await? {
                served.push(release);
            }
        }
        transaction.commit().await.doing("publish releases")?;
        self.swap(|published| {
            for release in served {
                let name = release.product.name.clone();
                match release.is_tombstone() {
                    true => published.releases.remove(&name),
                    false => published.releases.insert(name, release),
                };
            }
        });
        Ok(())
    }

    async fn change_requests(
        &self,
        decide: impl FnOnce(&Book, DateTime<Utc>) -> Result<Vec<(String, String, What)>, CatalogError>,
    ) -> Result<AccessRequest, CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = writer.begin().await?;
        let mut book = Book::clone(&self.requests.load());
        // What another node has recorded since.
        for event in requests::load(&mut transaction, book.seq()).await? {
            book.apply(event);
        }
        let mut last = String::new();
        for (request, actor, what) in decide(&book, now)? {
            let event = Event { seq: book.seq() + 1, at: now, request, actor, what };
            requests::append(&mut transaction, &event).await?;
            outbox::add(&mut transaction, now, requests::told(&event, &book)).await?;
            last.clone_from(&event.request);
            book.apply(event);
        }
        transaction.commit().await.doing("record a request for access")?;
        let request = book.find(&last).cloned();
        let grants = book.grants();
        self.requests.store(Arc::new(book));
        self.grants.replace(grants);
        request.ok_or_else(|| CatalogError::corrupt("request", last))
    }

    /// Lets search follow what is served, behind whoever changed it.
    fn follow_with_search(self: Arc<Self>) {
        if self.search.is_used() && self.search.note_change() {
            drop(tokio::task::spawn_blocking(move || self.search.catch_up(|| self.published.load_full())));
        }
    }

    async fn set_revision(&self, revision: Revision) -> Result<(), CatalogError> {
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        settings::set_revision(&mut transaction, &revision).await?;
        transaction.commit().await.doing("record the revision")?;
        self.swap(|published| published.revision = Some(revision));
        Ok(())
    }

    async fn restore(&self, releases: Vec<Release>) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        if releases::any(&mut transaction).await? {
            return Err(CatalogError::NotEmpty);
        }
        releases::restore(&mut transaction, &releases, now).await?;
        let served = releases::served(&mut transaction).await?;
        transaction.commit().await.doing("restore the catalog")?;
        self.swap(|published| published.releases = served);
        Ok(())
    }

    /// Replaces the snapshot. The caller holds the writing connection, so swaps come in the order
    /// of commits.
    fn swap(&self, change: impl FnOnce(&mut Published)) {
        let mut published = Published::clone(&self.published.load());
        change(&mut published);
        self.published.store(Arc::new(published));
    }
}

#[cfg(test)]
mod tests;
