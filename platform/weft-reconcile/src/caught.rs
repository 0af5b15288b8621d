//! A panic of one port's work is that port's trouble: a damaged file can bring a decoder down, and the others go on.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use weft_catalog::CheckRecord;
use weft_model::{Code, PortRelease};

use crate::build::Unbuilt;

/// What a build comes to.
type Built = (Result<PortRelease, Unbuilt>, Vec<CheckRecord>);

/// What `build` comes to; a panic in it is a port that was not built, and a bug of ours. The work behind it holds
/// nothing that outlives it but locks that are freed.
pub(crate) async fn caught(build: impl Future<Output = Built>) -> Built {
    match AssertUnwindSafe(build).catch_unwind().await {
        Ok(built) => built,
        Err(panic) => {
            tracing::error!(panic = told(panic.as_ref()), "a build came down");
            let text = "the build came down by a bug of the platform's own, or over a damaged file; its log says more";
            (Err(Unbuilt::failed(Code::INTERNAL, text)), Vec::new())
        }
    }
}

fn told(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text")
}
