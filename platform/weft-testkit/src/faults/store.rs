//! The store itself.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::watch;

use super::bodies::damaged;
use super::script::{Fault, Operation, Script};
use super::state::{Event, State};
use super::upload::FaultUpload;

/// A store over another that goes wrong as its script says. Clones are one store, with one history.
///
/// Of a process that dies there is nothing left: from then on no call reaches the store below, and each gets an
/// error, after whoever awaits [`died`](Self::died) was told.
#[derive(Clone)]
pub struct FaultStore {
    inner: Arc<dyn ObjectStore>,
    state: Arc<State>,
}

impl FaultStore {
    /// A store over `inner`.
    pub fn new(inner: Arc<dyn ObjectStore>, script: Script) -> Self {
        FaultStore { inner, state: Arc::new(State::new(script)) }
    }

    /// Follows another script from the next call on. The count of calls goes on.
    pub fn follow(&self, script: Script) {
        self.state.follow(script);
    }

    /// Every call that ended, in order of their ends.
    pub fn history(&self) -> Vec<Event> {
        self.state.history()
    }

    /// How many calls there were: changes with each.
    pub fn calls(&self) -> watch::Receiver<u64> {
        self.state.calls()
    }

    /// Waits until the script lets the process die.
    pub async fn died(&self) {
        // The sender lives as long as this store.
        let _ = self.state.death().wait_for(|dead| *dead).await;
    }
}

impl fmt::Debug for FaultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultStore({})", self.inner)
    }
}

impl fmt::Display for FaultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for FaultStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let (call, fault) = self.state.enter(Operation::Put, location).await?;
        let result = self.inner.put_opts(location, payload, options).await;
        self.state.leave(call, fault, result).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let (call, fault) = self.state.enter(Operation::Upload, location).await?;
        let result = self.inner.put_multipart_opts(location, options).await;
        let inner = self.state.leave(call, fault, result).await?;
        Ok(Box::new(FaultUpload::new(inner, Arc::clone(&self.state), location.clone())))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (call, fault) = self.state.enter(Operation::Get, location).await?;
        let is_head = options.head;
        let got = match self.inner.get_opts(location, options).await {
            Ok(got) if !is_head => damaged(got, fault).await,
            other => other,
        };
        self.state.leave(call, fault, got).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let deleted = locations.and_then(move |location| {
            let store = store.clone();
            async move {
                let (call, fault) = store.state.enter(Operation::Delete, &location).await?;
                let result = store.inner.delete(&location).await.map(|()| location);
                store.state.leave(call, fault, result).await
            }
        });
        deleted.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            let (call, fault) = store.state.enter(Operation::List, &prefix.clone().unwrap_or_default()).await?;
            let mut all: Result<Vec<ObjectMeta>> = store.inner.list(prefix.as_ref()).try_collect().await;
            if let (Ok(all), Some(Fault::StaleList), Some(last)) = (&mut all, fault, store.state.last_put()) {
                all.retain(|object| object.location != last);
            }
            let all = store.state.leave(call, fault, all).await?;
            Ok::<_, Error>(futures::stream::iter(all.into_iter().map(Ok)))
        };
        futures::stream::once(listed).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let path = prefix.cloned().unwrap_or_default();
        let (call, fault) = self.state.enter(Operation::List, &path).await?;
        let mut listed = self.inner.list_with_delimiter(prefix).await;
        if let (Ok(listed), Some(Fault::StaleList), Some(last)) = (&mut listed, fault, self.state.last_put()) {
            listed.objects.retain(|object| object.location != last);
        }
        self.state.leave(call, fault, listed).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let (call, fault) = self.state.enter(Operation::Copy, to).await?;
        let result = self.inner.copy_opts(from, to, options).await;
        self.state.leave(call, fault, result).await
    }
}
