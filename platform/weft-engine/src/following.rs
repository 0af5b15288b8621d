//! Work that a query hands to other tasks stays in its span.

use std::any::Any;
use std::sync::Once;

use datafusion::common::runtime::{JoinSetTracer, set_join_set_tracer};
use futures::FutureExt;
use futures::future::BoxFuture;
use tracing::{Instrument, Span};

/// Has the tasks of DataFusion, of any engine of this process, go on in the span of whoever began them.
pub(crate) fn follow_tasks() {
    static FOLLOWED: Once = Once::new();
    // Refused only where somebody else follows them already.
    FOLLOWED.call_once(|| drop(set_join_set_tracer(&InSpan)));
}

struct InSpan;

impl JoinSetTracer for InSpan {
    fn trace_future(&self, task: BoxFuture<'static, Box<dyn Any + Send>>) -> BoxFuture<'static, Box<dyn Any + Send>> {
        task.instrument(Span::current()).boxed()
    }

    fn trace_block(
        &self,
        work: Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>,
    ) -> Box<dyn FnOnce() -> Box<dyn Any + Send> + Send> {
        let span = Span::current();
        Box::new(move || span.in_scope(work))
    }
}
