//! Fencing tokens: of the controllers that write one warehouse, only the one that came last goes on.

use bytes::Bytes;
use futures::TryStreamExt;
use serde_json::json;
use uuid::Uuid;

use crate::create::{Created, create, is_there};
use crate::{StorageError, Warehouse};

/// Under which commits name their writer's token.
pub(crate) const FENCE: &str = "weft.fence";
/// Tokens are never removed: whoever holds one learns from the next that it was overtaken.
const FENCES: &str = "_fence";
const HOLDER: &str = "holder";

impl Warehouse {
    /// Takes the next fencing token, from which on every holder of an earlier one is refused; or gives the one that
    /// this warehouse, or a clone of it, holds already. Whoever only reads needs none.
    ///
    /// # Errors
    ///
    /// [`StorageError::Store`] if the store cannot be reached; no token is taken then, or one that nobody holds.
    pub async fn take_fence(&self) -> Result<u64, StorageError> {
        let mut held = self.fence.lock().await;
        match *held {
            Some(token) => Ok(token),
            None => Ok(*held.insert(self.next_fence().await?)),
        }
    }

    /// Takes the next fencing token even where this warehouse holds one already: for a controller that takes the lead,
    /// perhaps not for the first time.
    ///
    /// # Errors
    ///
    /// As [`take_fence`](Self::take_fence); the token that was held is kept then.
    pub async fn take_next_fence(&self) -> Result<u64, StorageError> {
        let mut held = self.fence.lock().await;
        Ok(*held.insert(self.next_fence().await?))
    }

    /// The token held, if none is newer; one is taken where none is held yet.
    ///
    /// # Errors
    ///
    /// [`StorageError::Fenced`] if there is a newer one; [`StorageError::Store`] if that cannot be told.
    pub async fn ensure_newest(&self) -> Result<u64, StorageError> {
        let token = self.take_fence().await?;
        match is_there(self.root.as_ref(), &self.path(&object(token.saturating_add(1)))).await {
            Ok(false) => Ok(token),
            Ok(true) => Err(StorageError::Fenced { url: self.url().to_string(), token }),
            Err(error) => Err(self.store_error(error)),
        }
    }

    async fn next_fence(&self) -> Result<u64, StorageError> {
        let holder = Uuid::new_v4().to_string();
        let mut token = self.last_fence().await?.saturating_add(1);
        loop {
            let body = Bytes::from(format!("{}\n", json!({"token": token, HOLDER: holder})));
            let created = create(self.root.as_ref(), &self.path(&object(token)), &body, |there| there == body).await;
            match created.map_err(|e| self.store_error(e))? {
                Created::Ours => return Ok(token),
                // Another controller starts at this moment, or the list was an old one.
                Created::Theirs(_) => token = token.saturating_add(1),
            }
        }
    }

    /// The greatest token that the store lists; 0 where there is none.
    async fn last_fence(&self) -> Result<u64, StorageError> {
        let listed = self.root.list(Some(&self.path(FENCES)));
        let tokens = listed.map_ok(|object| token_of(object.location.filename().unwrap_or_default()));
        let greatest = tokens.try_fold(0, |greatest, token| async move { Ok(greatest.max(token)) });
        greatest.await.map_err(|e| self.store_error(e))
    }
}

fn object(token: u64) -> String {
    format!("{FENCES}/{token}.json")
}

fn token_of(file: &str) -> u64 {
    file.strip_suffix(".json").and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use object_store::{ObjectStoreExt, PutPayload};

    use super::*;

    fn two() -> (Warehouse, Warehouse) {
        let store = Arc::new(InMemory::new());
        let over = || Warehouse::over(store.clone(), "memory:///mesh").unwrap();
        (over(), over())
    }

    #[tokio::test]
    async fn whoever_was_overtaken_may_take_over_again() {
        let (first, second) = two();
        assert_eq!(first.take_next_fence().await.unwrap(), 1);
        assert_eq!(second.take_next_fence().await.unwrap(), 2);
        assert_eq!(first.clone().take_next_fence().await.unwrap(), 3);
        assert_eq!(first.ensure_newest().await.unwrap(), 3);
        assert!(matches!(second.ensure_newest().await, Err(StorageError::Fenced { token: 2, .. })));
    }

    #[tokio::test]
    async fn each_holder_has_a_token_of_its_own_and_only_the_newest_is_good() {
        let (first, second) = two();
        assert_eq!(first.ensure_newest().await.unwrap(), 1);
        assert_eq!(first.clone().take_fence().await.unwrap(), 1);
        assert_eq!(second.take_fence().await.unwrap(), 2);
        assert!(matches!(first.ensure_newest().await, Err(StorageError::Fenced { token: 1, .. })));
        assert_eq!(second.ensure_newest().await.unwrap(), 2);
    }

    #[tokio::test]
    async fn who_starts_at_the_same_moment_takes_the_token_after() {
        let (first, second) = two();
        let (a, b) = tokio::join!(first.take_fence(), second.take_fence());
        let mut tokens = [a.unwrap(), b.unwrap()];
        tokens.sort_unstable();
        assert_eq!(tokens, [1, 2]);
    }

    #[tokio::test]
    async fn what_lies_beside_the_tokens_is_none() {
        let (first, _) = two();
        first.root.put(&first.path("_fence/readme.txt"), PutPayload::from_static(b"?")).await.unwrap();
        assert_eq!(first.take_fence().await.unwrap(), 1);
    }
}
