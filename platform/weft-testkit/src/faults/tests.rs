use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use super::*;

/// A store that holds `a`, and then follows the script.
async fn store(script: Script) -> FaultStore {
    let inner = Arc::new(InMemory::new());
    inner.put(&Path::from("a"), PutPayload::from_static(b"12345678")).await.unwrap();
    FaultStore::new(inner, script)
}

async fn got(store: &FaultStore, path: &str) -> object_store::Result<Bytes> {
    store.get(&Path::from(path)).await?.bytes().await
}

async fn put(store: &FaultStore, path: &str) -> bool {
    store.put(&Path::from(path), PutPayload::from_static(b"new")).await.is_ok()
}

async fn listed(store: &FaultStore) -> Vec<String> {
    let all: Vec<_> = store.list(None).try_collect().await.unwrap();
    all.into_iter().map(|object| object.location.to_string()).collect()
}

#[tokio::test]
async fn what_fails_before_did_not_happen_and_what_fails_after_did() {
    for (fault, is_there) in
        [(Fault::ErrorBefore, false), (Fault::Throttle, false), (Fault::Full, false), (Fault::ErrorAfter, true)]
    {
        let store = store(Script::first(Operation::Put, "b", fault)).await;
        assert!(!put(&store, "b").await, "{fault:?}");
        assert_eq!(got(&store, "b").await.is_ok(), is_there, "{fault:?}");
        assert!(put(&store, "b").await, "only the first: {fault:?}");
        assert_eq!(store.history()[0].outcome, Outcome::Faulted(fault));
    }
}

#[tokio::test]
async fn bodies_come_back_cut_off_or_with_another_bit() {
    let cut = store(Script::at(1, Fault::Truncate)).await;
    assert_eq!(got(&cut, "a").await.unwrap(), "1234");
    assert_eq!(got(&cut, "a").await.unwrap(), "12345678");
    let flipped = store(Script::at(1, Fault::Flip(8))).await;
    assert_eq!(got(&flipped, "a").await.unwrap(), "13345678");
}

#[tokio::test]
async fn a_stale_list_lacks_what_was_put_last() {
    let store = store(Script::at(2, Fault::StaleList)).await;
    assert!(put(&store, "b").await);
    assert_eq!(listed(&store).await, ["a"]);
    assert_eq!(listed(&store).await, ["a", "b"]);
}

#[tokio::test]
async fn of_a_process_that_died_nothing_reaches_the_store() {
    for (fault, is_there) in [(Fault::DieBefore, false), (Fault::DieAfter, true)] {
        let inner: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let store = FaultStore::new(Arc::clone(&inner), Script::at(1, fault));
        let told = tokio::select! {
            biased;
            () = store.died() => "died",
            _ = put(&store, "b") => "answered",
        };
        assert_eq!(told, "died");
        assert!(!put(&store, "c").await);
        assert_eq!(inner.head(&Path::from("b")).await.is_ok(), is_there);
        assert!(inner.head(&Path::from("c")).await.is_err());
        assert!(store.history().iter().all(|event| event.outcome == Outcome::Dead));
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    const FAULTS: &[Fault] = &[Fault::ErrorBefore, Fault::Throttle];
    let run = async |seed| {
        let store = store(Script::seeded(seed, 30, 1..=40, FAULTS)).await;
        for _ in 0..50 {
            put(&store, "b").await;
        }
        store.history().into_iter().map(|event| event.outcome).collect::<Vec<_>>()
    };
    let (one, again, other) = (run(1).await, run(1).await, run(2).await);
    assert_eq!(one, again);
    assert_ne!(one, other);
    assert!(one[40..].iter().all(|outcome| *outcome == Outcome::Done));
    assert!(one.contains(&Outcome::Faulted(Fault::Throttle)) && one.contains(&Outcome::Done));
}
