//! The log: JSON lines in a file of the home, for operators and for whoever has a trace id.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::dispatcher::{self, Dispatch, WeakDispatch};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, filter};

use crate::traces::{self, OfSpans, TraceSettings, Tracing};

const FILE_NAME: &str = "weft.log";
const FILTER: &str =
    "info,buoyant_kernel=warn,datafusion=warn,deltalake=warn,deltalake_core=warn,sqlx=warn,hyper=warn,h2=warn";

/// Sends everything that is logged in this process to a file in `folder`, behind what is there, and its spans to where
/// `settings` say. Drop what it gives at the end of the process, so that the last spans are sent.
///
/// # Errors
///
/// If the file cannot be written, or the endpoint for traces is no URL.
pub(crate) fn to_file(folder: &Path, settings: Option<&TraceSettings>) -> io::Result<Tracing> {
    fs::create_dir_all(folder)?;
    let file = OpenOptions::new().create(true).append(true).open(folder.join(FILE_NAME))?;
    let tracing = Tracing::open(settings)?;
    // Spans of our own, and no events: what is told in words stays in the log.
    let own = filter::filter_fn(|about| about.is_span() && about.target().starts_with("weft"));
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracing.tracer())
        .with_context_activation(false)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    let lines = Traced::default();
    let dispatch = Arc::clone(&lines.dispatch);
    let lines = tracing_subscriber::fmt::layer().json().event_format(lines).with_writer(Mutex::new(file));
    let all = tracing_subscriber::registry().with(EnvFilter::new(FILTER)).with(spans.with_filter(own)).with(lines);
    // Whoever traces already (a test) goes on doing so.
    if all.try_init().is_err() {
        tracing::debug!("someone else keeps the log of this process");
    } else {
        let _ = dispatch.set(dispatcher::get_default(Dispatch::downgrade));
        weft_model::trace::follow_traces(Box::new(OfSpans));
    }
    Ok(tracing)
}

/// Lines that begin with the ids of the trace and of the span in which they are told.
struct Traced {
    json: Format<Json>,
    /// Who knows the spans, from when there is one: it cannot be asked for while it handles an event.
    dispatch: Arc<OnceLock<WeakDispatch>>,
}

impl Default for Traced {
    fn default() -> Self {
        let json = Format::default().json().flatten_event(true).with_span_list(false);
        Traced { json, dispatch: Arc::default() }
    }
}

impl<S, N> FormatEvent<S, N> for Traced
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let around = context.event_scope().into_iter().flatten().map(|span| span.id()).collect::<Vec<_>>();
        let dispatch = self.dispatch.get().and_then(WeakDispatch::upgrade);
        let trace = dispatch.and_then(|dispatch| around.iter().find_map(|span| traces::context_of(span, &dispatch)));
        let mut line = String::new();
        self.json.format_event(context, Writer::new(&mut line), event)?;
        match (trace, line.strip_prefix('{')) {
            (Some(trace), Some(rest)) => {
                let (trace, span) = (trace.trace_id(), trace.span_id());
                write!(out, "{{\"trace_id\":\"{trace}\",\"span_id\":\"{span}\",{rest}")
            }
            _ => out.write_str(&line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_names_the_trace_and_the_span_that_it_is_told_in() {
        let (tracing, written) = (Tracing::open(None).unwrap(), Written::default());
        let (writer, traced) = (written.clone(), Traced::default());
        let known = Arc::clone(&traced.dispatch);
        let lines = tracing_subscriber::fmt::layer().json().event_format(traced).with_writer(move || writer.clone());
        let spans = tracing_opentelemetry::layer().with_tracer(tracing.tracer()).with_context_activation(false);
        let all = Dispatch::new(tracing_subscriber::registry().with(spans).with(lines));
        known.set(all.downgrade()).unwrap();
        dispatcher::with_default(&all, || {
            tracing::info!("outside");
            tracing::info_span!("outer").in_scope(|| {
                tracing::info!("at first");
                tracing::info_span!("inner", door = "http").in_scope(|| tracing::info!(rows = 3, "then"));
            });
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [outside, first, then] = &lines[..] else { unreachable!("three lines: {text}") };
        assert_eq!(outside.get("trace_id"), None);
        assert_eq!(first["trace_id"], then["trace_id"]);
        assert_ne!(first["span_id"], then["span_id"]);
        assert_eq!((then["trace_id"].as_str().unwrap().len(), then["rows"].as_u64()), (32, Some(3)));
        assert_eq!(then["span"]["door"], "http");
    }
}
