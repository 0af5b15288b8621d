//! The catalog: one database file and, in memory, what it says is served now.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tracing::Instrument;
use weft_governance::GrantBook;
use weft_model::{Clock, DomainName, ObservedRead, PortRef, ProductRef, Published, Release, Revision};

use crate::audit::{self, AuditVerdict};
use crate::decisions::DecisionRecord;
use crate::drawing::KnownLayouts;
use crate::error::{CatalogError, Doing, in_time};
use crate::flows::{Flows, KnownFlows};
use crate::foretold::Foretold;
use crate::requests::{AccessRequest, Book, Event, What};
use crate::run::{CheckRecord, Run};
use crate::search::{Indexed, SearchIndex, Seers};
use crate::store::Store;
use crate::tally::{self, Ledger, QueryRecord, ReadRecord, Reads, Tally, Times};
use crate::traffic::Traffic;
use crate::trail::{self, Sink, Trail};
use crate::training_sets::{self, TrainingSet};
use crate::{answers, levels, outbox, releases, requests, runs, settings, usage};

mod copy;
mod shared;

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

/// Longest time that it may take to write some of what was decided and read; it is kept for later then.
const BATCH_TIME_MAX: Duration = Duration::from_secs(30);

/// Longest time that whoever looks at decisions or usage waits for what is not written yet.
const SETTLING_MAX: Duration = Duration::from_secs(2);

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

    /// Adds the run, or replaces what is known of the run of that id.
    pub async fn record_run(&self, run: &Run) -> Result<(), CatalogError> {
        let run = run.clone();
        self.to_the_end(|inner| async move { inner.record_run(run, Vec::new()).await }).await
    }

    /// As [`record_run`](Self::record_run), and tells the outbox what the run's revision does to readers: of each once,
    /// however often the revision is met.
    pub async fn record_run_telling(&self, run: &Run, foretold: Vec<Foretold>) -> Result<(), CatalogError> {
        let run = run.clone();
        self.to_the_end(|inner| async move { inner.record_run(run, foretold).await }).await
    }

    /// Notes a training set: the versions that it was made from stay until its hold ends.
    pub async fn hold(&self, set: &TrainingSet) -> Result<(), CatalogError> {
        let set = set.clone();
        self.to_the_end(|inner| async move { inner.hold(set).await }).await
    }

    /// The training sets of one principal, the newest first, whether or not they are held.
    pub async fn training_sets(&self, principal: &str) -> Result<Vec<TrainingSet>, CatalogError> {
        training_sets::of(&mut *self.inner.store.read().await?, principal).await
    }

    /// The training sets of everybody that are held at `now`.
    pub async fn held(&self, now: DateTime<Utc>) -> Result<Vec<TrainingSet>, CatalogError> {
        training_sets::held(&mut *self.inner.store.read().await?, now).await
    }

    /// Adds checks to a run that is recorded already, and tells the outbox of those that failed.
    pub async fn record_checks(&self, run: &str, checks: &[CheckRecord]) -> Result<(), CatalogError> {
        if checks.is_empty() {
            return Ok(());
        }
        let (run, checks) = (run.to_owned(), checks.to_vec());
        self.to_the_end(|inner| async move { inner.record_checks(run, checks).await }).await
    }

    /// What the clock found out about service levels, in order of port, name and column.
    pub async fn service_levels(&self) -> Result<Vec<CheckRecord>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        levels::all(&mut transaction).await
    }

    /// Lets each of `made` take the place of what was found out before about the same service level, and forgets
    /// `gone`. Tells the outbox of each that came out otherwise than before.
    pub async fn record_service_levels(&self, made: &[CheckRecord], gone: &[CheckRecord]) -> Result<(), CatalogError> {
        if made.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let (made, gone) = (made.to_vec(), gone.to_vec());
        self.to_the_end(|inner| async move { inner.record_service_levels(made, gone).await }).await
    }

    /// Forgets the rows that checks of `port` showed as wanting. What was counted stays.
    pub async fn forget_samples(&self, port: &PortRef) -> Result<(), CatalogError> {
        let port = port.to_string();
        self.to_the_end(|inner| async move {
            let mut writer = inner.store.writer().await?;
            runs::forget_samples(&mut writer, &port).await
        })
        .await
    }

    /// Ends, as failed, the runs that a process left running when it died. For the start of the
    /// one process that holds the home. Gives their number.
    pub async fn end_interrupted_runs(&self) -> Result<u64, CatalogError> {
        self.to_the_end(|inner| async move { inner.end_interrupted_runs().await }).await
    }

    /// When each port was last found to be up to date without anything being done to it.
    pub async fn looked_at(&self) -> Result<BTreeMap<PortRef, DateTime<Utc>>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        settings::looked_at(&mut transaction).await
    }

    /// Notes that `ports` were found to be up to date at `at`.
    pub async fn set_looked_at(&self, ports: &[PortRef], at: DateTime<Utc>) -> Result<(), CatalogError> {
        let ports = ports.to_vec();
        self.to_the_end(|inner| async move {
            let mut writer = inner.store.writer().await?;
            let mut transaction = inner.begin_as_leader(&mut writer).await?;
            settings::set_looked_at(&mut transaction, &ports, at).await?;
            transaction.commit().await.doing("note when ports were looked at")
        })
        .await
    }

    /// The last good access file of each domain.
    pub async fn access_texts(&self) -> Result<BTreeMap<DomainName, String>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        settings::access_texts(&mut transaction).await
    }

    /// Keeps `text` as the last good access file of `domain`.
    pub async fn keep_access_text(&self, domain: &DomainName, text: &str) -> Result<(), CatalogError> {
        let (domain, text) = (domain.clone(), text.to_owned());
        self.to_the_end(|inner| async move { inner.keep_access_text(domain, text).await }).await
    }

    /// Forgets the access file of a domain that is no more, or has no such file any more.
    pub async fn forget_access_text(&self, domain: &DomainName) -> Result<(), CatalogError> {
        let domain = domain.clone();
        self.to_the_end(|inner| async move { inner.forget_access_text(domain).await }).await
    }

    /// The last good restrictions file of each product.
    pub async fn restrictions_texts(&self) -> Result<BTreeMap<ProductRef, String>, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        settings::restrictions_texts(&mut transaction).await
    }

    /// Keeps `text` as the last good restrictions file of `product`.
    pub async fn keep_restrictions_text(&self, product: &ProductRef, text: &str) -> Result<(), CatalogError> {
        let (product, text) = (product.clone(), text.to_owned());
        self.to_the_end(|inner| async move { inner.keep_restrictions_text(product, text).await }).await
    }

    /// Adds `records` to the record of decisions and waits until they, and all noted before them, are
    /// on disk: five seconds at most.
    ///
    /// # Errors
    ///
    /// [`CatalogError::Unrecorded`]; then nothing that the decisions allow may be shown. The records
    /// may come to be written later all the same.
    pub async fn record_decisions(&self, records: &[DecisionRecord]) -> Result<(), CatalogError> {
        trail::write(&self.inner, records.to_vec()).await
    }

    /// Adds `records` to the record of decisions without waiting. Those that cannot be written now
    /// are kept for later, 10,000 at most; what comes on top is written to the log and counted in
    /// `weft_audit_failures_total`. To be called within a Tokio runtime.
    pub fn note_decisions(&self, records: Vec<DecisionRecord>) {
        trail::note(&self.inner, records);
    }

    /// Counts what a query reads, once for each query. Never waits: counts are written within seconds.
    /// Of those that cannot be, 20,000 are kept for later; what comes on top is dropped, and counted
    /// in `weft_usage_dropped_total`.
    pub fn note_reads(&self, record: ReadRecord) {
        tally::note_reads(&self.inner, record);
    }

    /// Adds a query that has ended to the record of queries, of which the newest are kept. Waits and
    /// drops as little or as much as [`Catalog::note_reads`].
    pub fn note_query(&self, record: QueryRecord) {
        tally::note_query(&self.inner, record);
    }

    /// Who was seen reading what since, in order of port, column and principal; the day of `since`
    /// counts whole. For the platform itself: what a principal may see of it, a [`CatalogView`] tells.
    ///
    /// [`CatalogView`]: crate::CatalogView
    ///
    /// # Errors
    ///
    /// Trouble with the database alone. A catalog of before the mesh observed reads holds none.
    pub async fn reads_since(&self, since: DateTime<Utc>) -> Result<Vec<ObservedRead>, CatalogError> {
        self.settle_usage().await;
        let mut transaction = self.inner.store.read().await?;
        usage::since(&mut transaction, since).await
    }

    /// How queries that began since went, of every port that had any, by one look at what is counted by the hour. For the
    /// platform itself, as [`Catalog::reads_since`] is. What has ended before this call is in it, unless on another node.
    pub async fn traffic_since(&self, since: DateTime<Utc>) -> Result<BTreeMap<PortRef, Traffic>, CatalogError> {
        self.settle_usage().await;
        answers::traffic(&mut *self.inner.store.read().await?, since).await
    }

    /// Whether the record of decisions is as it was written.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, CatalogError> {
        let mut transaction = self.inner.store.read().await?;
        audit::verify(&mut transaction).await
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

    /// Writes what was decided so far, so that whoever looks next sees it. Where that does not work soon, what is written
    /// already has to do.
    pub(crate) async fn settle_decisions(&self) {
        match tokio::time::timeout(SETTLING_MAX, self.record_decisions(&[])).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "what was decided cannot be recorded; it is kept for later"),
            Err(_) => tracing::warn!("what was decided is not recorded yet"),
        }
    }

    /// Writes what was read so far, so that whoever looks next sees it. Where that does not work soon,
    /// what is written already has to do.
    pub(crate) async fn settle_usage(&self) {
        let settled = self.to_the_end(|inner| async move { tally::flush(inner.as_ref()).await });
        match tokio::time::timeout(SETTLING_MAX, settled).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "what was read cannot be recorded; it is kept for later"),
            Err(_) => tracing::warn!("what was read is not recorded yet"),
        }
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

    async fn record_run(&self, run: Run, foretold: Vec<Foretold>) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        runs::record(&mut transaction, &run, now).await?;
        for foretold in foretold {
            outbox::add_once(&mut transaction, now, foretold.told(&run.revision)).await?;
        }
        transaction.commit().await.doing("record a run")
    }

    async fn hold(&self, set: TrainingSet) -> Result<(), CatalogError> {
        let mut writer = self.store.writer().await?;
        let mut transaction = writer.begin().await?;
        training_sets::add(&mut transaction, &set).await?;
        transaction.commit().await.doing("record a training set")
    }

    async fn record_checks(&self, run: String, checks: Vec<CheckRecord>) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        runs::record_checks(&mut transaction, &run, &checks, now).await?;
        transaction.commit().await.doing("record checks")
    }

    async fn record_service_levels(&self, made: Vec<CheckRecord>, gone: Vec<CheckRecord>) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        levels::forget(&mut transaction, &gone).await?;
        levels::record(&mut transaction, &made, now).await?;
        transaction.commit().await.doing("record service levels")
    }

    async fn end_interrupted_runs(&self) -> Result<u64, CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        let ended = runs::end_interrupted(&mut transaction, now).await?;
        transaction.commit().await.doing("end interrupted runs")?;
        Ok(ended)
    }

    async fn keep_access_text(&self, domain: DomainName, text: String) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        settings::keep_access_text(&mut transaction, &domain, &text, now).await?;
        transaction.commit().await.doing("keep an access file")
    }

    async fn forget_access_text(&self, domain: DomainName) -> Result<(), CatalogError> {
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        settings::forget_access_text(&mut transaction, &domain).await?;
        transaction.commit().await.doing("forget an access file")
    }

    async fn keep_restrictions_text(&self, product: ProductRef, text: String) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut writer = self.store.writer().await?;
        let mut transaction = self.begin_as_leader(&mut writer).await?;
        settings::keep_restrictions_text(&mut transaction, &product, &text, now).await?;
        transaction.commit().await.doing("keep a restrictions file")
    }

    /// Replaces the snapshot. The caller holds the writing connection, so swaps come in the order
    /// of commits.
    fn swap(&self, change: impl FnOnce(&mut Published)) {
        let mut published = Published::clone(&self.published.load());
        change(&mut published);
        self.published.store(Arc::new(published));
    }
}

impl Sink for Inner {
    async fn write(&self, records: &[DecisionRecord]) -> Result<(), CatalogError> {
        let written = async {
            let mut writer = self.store.writer().await?;
            let mut transaction = writer.begin().await?;
            audit::add(&mut transaction, records).await?;
            transaction.commit().await.doing("record decisions")
        };
        in_time(BATCH_TIME_MAX, written).await
    }

    fn trail(&self) -> &Trail {
        &self.trail
    }
}

impl Ledger for Inner {
    async fn write(&self, reads: &[(Reads, Times)], queries: &[QueryRecord]) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let written = async {
            let mut writer = self.store.writer().await?;
            let mut transaction = writer.begin().await?;
            usage::add_reads(&mut transaction, reads).await?;
            usage::add_queries(&mut transaction, queries).await?;
            answers::add(&mut transaction, queries).await?;
            usage::forget_before(&mut transaction, now.date_naive()).await?;
            answers::forget_before(&mut transaction, now).await?;
            transaction.commit().await.doing("record usage")
        };
        in_time(BATCH_TIME_MAX, written).await
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

mod webhooks;

#[cfg(test)]
mod tests;
