//! Where a mesh keeps its tables.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use datafusion::execution::object_store::{ObjectStoreRegistry, ObjectStoreUrl};
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use moka::future::Cache;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreScheme, RetryConfig};
use tokio::sync::{Mutex, Semaphore};
use url::Url;
use weft_model::PortRef;

use crate::around::{Around, AroundStore, Request};
use crate::circuit::Circuit;
use crate::kept::Kept;
use crate::newest::Known;
use crate::seen::Seen;
use crate::whole::WholeBodies;
use crate::{StorageError, TableVersion};

const TABLE_VERSIONS_CACHED: u64 = 2_000;
const TABLES_CACHED: u64 = 500;
/// Most calls that ask a remote store at a time. One that reads parts of a file asks for up to ten of them at once.
const CALLS_MAX: usize = 256;

/// One object store and a prefix in it, below which every table and release object lies.
///
/// Cheap to clone; clones share the cache of table versions and the fencing token.
#[derive(Clone)]
pub struct Warehouse {
    url: Url,
    pub(crate) root: Arc<dyn ObjectStore>,
    pub(crate) prefix: Path,
    pub(crate) versions: Cache<(String, u64), Arc<TableVersion>>,
    /// The newest state of each table, as this process met it last.
    pub(crate) newest: Cache<String, Known>,
    /// How large data files get; the writer's own choice if absent.
    pub(crate) file_bytes: Option<NonZeroU64>,
    /// What is kept in memory of data files.
    pub(crate) kept: Kept,
    /// The same for versions that are not served any more.
    pub(crate) kept_of_past: Kept,
    /// The fencing token, once one was taken.
    pub(crate) fence: Arc<Mutex<Option<u64>>>,
}

impl fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warehouse").field("url", &self.url.as_str()).finish()
    }
}

impl Warehouse {
    /// Opens the warehouse at `url` without touching it. `options` are the store's own
    /// (`aws_endpoint`, `aws_access_key_id`, …); unknown ones are ignored.
    ///
    /// # Errors
    ///
    /// [`StorageError::Url`] for a scheme that is not known or a URL that lacks a bucket.
    pub fn open(url: &str, options: &HashMap<String, String>) -> Result<Self, StorageError> {
        let url = folder_url(url)?;
        let (store, prefix) = open_store(&url, options)?;
        let store = match ["file", "memory"].contains(&url.scheme()) {
            true => store,
            false => bounded(store, &prefix),
        };
        Ok(Warehouse::of(url, store, prefix))
    }

    /// The warehouse that `url` names, over a store that the caller opened: such as one that fails on purpose.
    /// Everything goes through `store`; `url` says where in it the warehouse lies, and names it.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn over(store: Arc<dyn ObjectStore>, url: &str) -> Result<Self, StorageError> {
        let url = folder_url(url)?;
        let (_, prefix) = ObjectStoreScheme::parse(&url)
            .map_err(|e| StorageError::Url { url: url.to_string(), problem: e.to_string() })?;
        Ok(Warehouse::of(url, store, prefix))
    }

    fn of(url: Url, root: Arc<dyn ObjectStore>, prefix: Path) -> Self {
        let versions = Cache::new(TABLE_VERSIONS_CACHED);
        let newest = Cache::new(TABLES_CACHED);
        let root = WholeBodies::over(Seen::over(root));
        let (kept, kept_of_past, fence) = (Kept::new(0), Kept::none(), Arc::default());
        Warehouse { url, root, prefix, versions, newest, file_bytes: None, kept, kept_of_past, fence }
    }

    /// The same warehouse with data files of about `bytes` from now on, instead of the writer's own
    /// choice. 0 changes nothing.
    pub fn with_file_bytes(self, bytes: u64) -> Self {
        Warehouse { file_bytes: NonZeroU64::new(bytes), ..self }
    }

    /// The same warehouse, which keeps columns of data files in memory as Arrow once they are read again and again: at
    /// most `bytes`, those that are asked for most. To be called before anything is read.
    pub fn with_kept_bytes(self, bytes: u64) -> Self {
        Warehouse { kept: Kept::new(bytes), ..self }
    }

    /// Forgets what is kept in memory of data files, so that all of them are read anew; how many bytes of columns it was.
    pub fn forget_kept(&self) -> u64 {
        let bytes = self.kept.bytes();
        self.kept.forget();
        bytes
    }

    /// The warehouse's URL, ending in `/`.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where the table of a port lies, relative to the warehouse.
    pub fn location_of(port: &PortRef) -> String {
        format!("{}/{}/{}", port.domain, port.product, port.port)
    }

    /// The URL under which an engine's sessions know this warehouse's store. It names no path, and
    /// only scans built here use it.
    pub fn engine_url() -> ObjectStoreUrl {
        ObjectStoreUrl::parse("weft://warehouse").unwrap_or_else(|_| ObjectStoreUrl::local_filesystem())
    }

    /// Makes this warehouse's store known to the sessions that use `registry`.
    pub fn register_in(&self, registry: &dyn ObjectStoreRegistry) {
        registry.register_store(Warehouse::engine_url().as_ref(), Arc::clone(&self.root));
    }

    /// The full URL of a table.
    pub(crate) fn table_url(&self, location: &str) -> Result<Url, StorageError> {
        self.url
            .join(&format!("{location}/"))
            .map_err(|e| StorageError::Url { url: location.to_owned(), problem: e.to_string() })
    }

    /// Path of an object of the warehouse within its store.
    pub(crate) fn path(&self, relative: &str) -> Path {
        let mut path = self.prefix.clone();
        for part in relative.split('/').filter(|part| !part.is_empty()) {
            path = path.join(part);
        }
        path
    }

    /// A log store that reads and, being deltalake's own, would write without the gate. It never
    /// leaves this crate.
    pub(crate) fn log_store(&self, location: &str) -> Result<LogStoreRef, StorageError> {
        let url = self.table_url(location)?;
        let prefixed = Arc::new(PrefixStore::new(Arc::clone(&self.root), self.path(location)));
        Ok(default_logstore(prefixed, Arc::clone(&self.root), &url, &StorageConfig::default()))
    }

    pub(crate) fn store_error(&self, source: object_store::Error) -> StorageError {
        StorageError::Store { url: self.url.to_string(), source }
    }
}

/// The URL of a folder: it ends in `/`.
fn folder_url(url: &str) -> Result<Url, StorageError> {
    let mut parsed = Url::parse(url).map_err(|e| StorageError::Url { url: url.to_owned(), problem: e.to_string() })?;
    if !parsed.path().ends_with('/') {
        parsed.set_path(&format!("{}/", parsed.path()));
    }
    Ok(parsed)
}

/// How often and for how long a remote store is asked again, with pauses of random length that double, where it does not
/// answer or is overloaded. The store's own default is ten times in three minutes, longer than anybody waits for a query.
fn patience() -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(1), base: 2.0 };
    RetryConfig { backoff, max_retries: 4, retry_timeout: Duration::from_secs(10) }
}

/// A remote store as callers ask it: so many at a time while the others wait, and not while it does not answer, which ends
/// the wait too.
fn bounded(store: Arc<dyn ObjectStore>, prefix: &Path) -> Arc<dyn ObjectStore> {
    AroundStore::over(Circuit::over(store, prefix), AtMost(Semaphore::new(CALLS_MAX)))
}

/// So many calls at a time. A body that is still to be read has no place: readers may hold many of them in an order of their
/// own, and would wait for each other.
#[derive(Debug)]
struct AtMost(Semaphore);

impl Around for AtMost {
    async fn around<T: Send>(
        &self,
        _: Request,
        answer: impl Future<Output = object_store::Result<T>> + Send,
    ) -> object_store::Result<T> {
        let _place = self.0.acquire().await;
        answer.await
    }
}

/// The store that serves `url` and the path that the URL names within it.
pub(crate) fn open_store(
    url: &Url,
    options: &HashMap<String, String>,
) -> Result<(Arc<dyn ObjectStore>, Path), StorageError> {
    let refuse = |problem: String| StorageError::Url { url: url.to_string(), problem };
    let (scheme, prefix) = ObjectStoreScheme::parse(url).map_err(|e| refuse(e.to_string()))?;
    if matches!(scheme, ObjectStoreScheme::Http) {
        return Err(refuse("plain web servers hold no tables".to_owned()));
    }
    // The builders have no trait in common.
    macro_rules! of {
        ($builder:ty) => {{
            let builder = <$builder>::new().with_url(url.as_str()).with_retry(patience());
            let known = options.iter().filter_map(|(key, value)| Some((key.to_ascii_lowercase().parse().ok()?, value)));
            let builder = known.fold(builder, |builder, (key, value)| builder.with_config(key, value));
            builder.build().map(|store| Arc::new(store) as _)
        }};
    }
    let built: object_store::Result<Arc<dyn ObjectStore>> = match scheme {
        ObjectStoreScheme::AmazonS3 => of!(AmazonS3Builder),
        ObjectStoreScheme::MicrosoftAzure => of!(MicrosoftAzureBuilder),
        ObjectStoreScheme::GoogleCloudStorage => of!(GoogleCloudStorageBuilder),
        _ => object_store::parse_url_opts(url, options).map(|(store, _)| Arc::from(store)),
    };
    Ok((built.map_err(|e| refuse(e.to_string()))?, prefix))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use object_store::memory::InMemory;
    use object_store::{Error, ObjectStoreExt};

    use super::*;

    /// Holds each request until it is let through, and answers or not.
    #[derive(Clone, Debug)]
    struct Held {
        let_through: Arc<Semaphore>,
        asked: Arc<AtomicUsize>,
        answers: bool,
    }

    impl Around for Held {
        async fn around<T: Send>(
            &self,
            _: Request,
            answer: impl Future<Output = object_store::Result<T>> + Send,
        ) -> object_store::Result<T> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let _pass = self.let_through.acquire().await;
            match self.answers {
                true => answer.await,
                false => Err(Error::Generic { store: "held", source: "connection reset".into() }),
            }
        }
    }

    /// How many of 1,000 readers at once had asked when none had an answer yet, how many in the end, and what came of it.
    async fn asked_by_many(answers: bool) -> (usize, usize, Vec<object_store::Result<()>>) {
        let held = Held { let_through: Arc::new(Semaphore::new(0)), asked: Arc::default(), answers };
        let store = bounded(AroundStore::over(Arc::new(InMemory::new()), held.clone()), &Path::default());
        let missing = Path::from("missing");
        let all = futures::future::join_all((0..1_000).map(|_| store.head(&missing)));
        let mut all = Box::pin(tokio::task::unconstrained(all));
        assert!(futures::poll!(&mut all).is_pending());
        let before = held.asked.load(Ordering::SeqCst);
        held.let_through.add_permits(1);
        let came = all.await.into_iter().map(|answer| answer.map(|_| ())).collect();
        (before, held.asked.load(Ordering::SeqCst), came)
    }

    #[tokio::test]
    async fn so_many_requests_are_under_way_at_a_time_and_the_others_follow() {
        let (before, asked, came) = asked_by_many(true).await;
        assert_eq!((before, asked), (CALLS_MAX, 1_000));
        assert!(came.iter().all(|answer| matches!(answer, Err(Error::NotFound { .. }))), "which is an answer");
    }

    #[tokio::test]
    async fn whoever_waits_for_a_store_that_stops_to_answer_is_refused_without_asking_it() {
        let (before, asked, came) = asked_by_many(false).await;
        let refused = came.iter().filter(|answer| format!("{answer:?}").contains("asked again each second")).count();
        assert_eq!(before, CALLS_MAX);
        // Those that had begun are waited for, and a few come in before it counts as down.
        assert!(asked < CALLS_MAX + 10, "{asked}");
        assert!(refused > 1_000 - CALLS_MAX - 10, "{refused}");
    }

    #[tokio::test]
    async fn bodies_that_are_still_to_be_read_hold_nobody_up() {
        let (store, path) = (bounded(Arc::new(InMemory::new()), &Path::default()), Path::from("a"));
        store.put(&path, "some bytes".into()).await.unwrap();
        let bodies = futures::future::join_all((0..2 * CALLS_MAX).map(|_| store.get(&path))).await;
        assert!(bodies.iter().all(Result::is_ok));
        assert_eq!(store.head(&path).await.unwrap().size, 10);
    }
}
