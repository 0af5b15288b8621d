//! Uploads that failed, which deltalake tries to take back.

use std::panic::PanicHookInfo;

/// Whether that is the panic by which an upload that had begun to end says that it cannot be taken back. deltalake provokes
/// it where a store gave no answer, catches it, and warns of it; it is nobody's bug.
pub fn is_of_failed_upload(panic: &PanicHookInfo<'_>) -> bool {
    let is_there = |file: &str| file.contains("object_store") && file.ends_with("buffered.rs");
    let is_there = panic.location().is_some_and(|place| is_there(place.file()));
    is_there && panic.payload().downcast_ref::<&str>() == Some(&"Already shut down")
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
    use std::sync::Arc;

    use futures::FutureExt;
    use object_store::buffered::BufWriter;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use parking_lot::Mutex;
    use tokio::io::AsyncWriteExt;

    use super::*;

    static SEEN: Mutex<Vec<bool>> = Mutex::new(Vec::new());

    #[tokio::test]
    async fn it_is_told_from_panics_that_are_bugs() {
        set_hook(Box::new(|panic| SEEN.lock().push(is_of_failed_upload(panic))));
        let mut upload = BufWriter::new(Arc::new(InMemory::new()), Path::from("a"));
        upload.shutdown().await.unwrap();
        let aborted = AssertUnwindSafe(upload.abort()).catch_unwind().await;
        let other = catch_unwind(|| panic!("Already shut down"));
        drop(take_hook());
        assert!(aborted.is_err() && other.is_err());
        assert_eq!(*SEEN.lock(), [true, false]);
    }
}
