//! An upload in parts, whose last step may go wrong.

use std::sync::Arc;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::script::Operation;
use super::state::State;

/// Parts pass as they come; completing is a call of its own.
#[derive(Debug)]
pub(super) struct FaultUpload {
    inner: Box<dyn MultipartUpload>,
    state: Arc<State>,
    path: Path,
}

impl FaultUpload {
    pub(super) fn new(inner: Box<dyn MultipartUpload>, state: Arc<State>, path: Path) -> Self {
        FaultUpload { inner, state, path }
    }
}

#[async_trait]
impl MultipartUpload for FaultUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (call, fault) = self.state.enter(Operation::Upload, &self.path).await?;
        let result = self.inner.complete().await;
        self.state.leave(call, fault, result).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
