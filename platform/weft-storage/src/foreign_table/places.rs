//! Where the objects lie that a log names.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use url::Url;
use uuid::Uuid;

use crate::StorageError;
use crate::whole::WholeBodies;

/// One object: its store as a session knows it, and the path in that store.
pub(super) struct Place {
    pub(super) store: ObjectStoreUrl,
    pub(super) path: Path,
}

/// The stores that a table's log names objects of; the table's own is the first.
pub(super) struct Places {
    folder: Path,
    stores: Vec<Known>,
}

struct Known {
    /// Scheme and host.
    base: String,
    name: ObjectStoreUrl,
    url: Option<Url>,
    store: Arc<dyn ObjectStore>,
}

impl Places {
    pub(super) fn new(table: &Url, folder: &Path, store: Arc<dyn ObjectStore>) -> Self {
        let mut places = Places { folder: folder.clone(), stores: Vec::new() };
        places.add(base_of(table), store);
        places
    }

    fn add(&mut self, base: String, store: Arc<dyn ObjectStore>) {
        // A name of its own, since what one table may read another may not.
        let url = Url::parse(&format!("delta://{}/", Uuid::new_v4().simple())).ok();
        let name = url.as_ref().and_then(|url| ObjectStoreUrl::parse(url.as_str()).ok());
        let name = name.unwrap_or_else(ObjectStoreUrl::local_filesystem);
        self.stores.push(Known { base, name, url, store: WholeBodies::over(store) });
    }

    /// Makes the stores known to whoever runs a plan there.
    pub(super) fn register_in(&self, runtime: &RuntimeEnv) {
        for known in &self.stores {
            if let Some(url) = &known.url {
                runtime.register_object_store(url, Arc::clone(&known.store));
            }
        }
    }

    /// Of a path as the log has it, decoded: below the table's folder, or a URL of its own.
    pub(super) fn of(
        &mut self,
        named: &str,
        open: &impl Fn(&Url) -> Result<Arc<dyn ObjectStore>, StorageError>,
    ) -> Result<Place, String> {
        let Some((scheme, rest)) = named.split_once(":/").filter(|(scheme, _)| is_scheme(scheme)) else {
            let below = parsed(named)?;
            let path = self.folder.parts().chain(below.parts()).collect();
            return Ok(Place { store: self.stores.first().ok_or("no store")?.name.clone(), path });
        };
        let rest = rest.strip_prefix('/').map_or_else(|| format!("/{rest}"), str::to_owned);
        let (host, path) = rest.split_once('/').ok_or("its address names no object")?;
        let path = parsed(path)?;
        let base = format!("{scheme}://{host}");
        if let Some(known) = self.stores.iter().find(|known| known.base == base) {
            return Ok(Place { store: known.name.clone(), path });
        }
        let url = Url::parse(&format!("{base}/")).map_err(|error| error.to_string())?;
        let store = open(&url).map_err(|error| error.to_string())?;
        self.add(base, store);
        Ok(Place { store: self.stores.last().ok_or("no store")?.name.clone(), path })
    }

    /// The bytes of a whole object.
    pub(super) async fn read(&self, place: &Place) -> Result<Bytes, String> {
        let known = self.stores.iter().find(|known| known.name == place.store).ok_or("no store")?;
        let got = known.store.get(&place.path).await.map_err(|error| error.to_string())?;
        got.bytes().await.map_err(|error| error.to_string())
    }
}

fn base_of(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Whether what stands before `:/` is what addresses begin with, and no part of a file's name.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn parsed(path: &str) -> Result<Path, String> {
    Path::parse(path).map_err(|error| error.to_string())
}
