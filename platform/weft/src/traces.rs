//! Traces: which one the work at hand belongs to, and their way to whoever collects them, by OTLP.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};
use tokio::runtime::Runtime;
use tracing::dispatcher;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;
use weft_model::TraceContext;

/// Most spans that wait to be sent; what comes on top is dropped.
const WAITING_MAX: usize = 8_192;
/// Most spans of one message.
const BATCH_MAX: usize = 512;
/// How long spans gather before they are sent.
const GATHERED_FOR: Duration = Duration::from_secs(1);
/// How long a collector has to take a message.
const SENDING_MAX: Duration = Duration::from_secs(5);
/// How long the end of the process waits for the last spans.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where traces are sent.
#[derive(Clone)]
pub struct TraceSettings {
    /// URL of a collector that takes OTLP as Protobuf over HTTP, with the path.
    pub endpoint: String,
    /// Which part of the traces that begin here is kept, from 0 to 1. Those that others began are kept as these say.
    pub sampled: f64,
    /// What is sent with each message, such as a token; secret.
    pub headers: HashMap<String, String>,
}

impl fmt::Debug for TraceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TraceSettings { endpoint, sampled, .. } = self;
        f.debug_struct("TraceSettings").field("endpoint", endpoint).field("sampled", sampled).finish_non_exhaustive()
    }
}

/// Gives spans their ids, and sends those that are kept. What waits to be sent is sent when it is dropped, within two
/// seconds.
pub(crate) struct Tracing {
    provider: SdkTracerProvider,
}

impl Tracing {
    /// Spans with ids that go nowhere, or to the collector that `settings` name. Asks nothing of it yet: one that is not
    /// there is no error, now or later, and costs whoever works no time.
    ///
    /// # Errors
    ///
    /// If the endpoint is no URL.
    pub(crate) fn open(settings: Option<&TraceSettings>) -> io::Result<Self> {
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder_empty().with_service_name("weft").with_attribute(version).build();
        let builder = SdkTracerProvider::builder().with_resource(resource);
        let Some(settings) = settings else {
            let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOff));
            return Ok(Tracing { provider: builder.with_sampler(sampler).build() });
        };
        let sending = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING_MAX)
            .with_max_export_batch_size(BATCH_MAX)
            .with_scheduled_delay(GATHERED_FOR)
            .build();
        let processor = BatchSpanProcessor::builder(Outlet::to(settings)?).with_batch_config(sending).build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sampled)));
        Ok(Tracing { provider: builder.with_sampler(sampler).with_span_processor(processor).build() })
    }

    /// What spans begin with.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.provider.tracer("weft")
    }
}

impl Drop for Tracing {
    fn drop(&mut self) {
        // Whatever the collector has not taken by then is lost.
        let _ = self.provider.shutdown_with_timeout(FAREWELL);
    }
}

/// Sends spans from the thread of the batch, on a runtime of its own, so that a collector holds up nobody else. What it
/// does itself is in no span, and no span of the libraries that it uses is kept: it does not trace itself.
struct Outlet {
    exporter: opentelemetry_otlp::SpanExporter,
    runtime: Runtime,
    /// Whether the last message did not arrive.
    is_down: AtomicBool,
}

impl Outlet {
    fn to(settings: &TraceSettings) -> io::Result<Self> {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&settings.endpoint)
            .with_headers(settings.headers.clone())
            .with_timeout(SENDING_MAX)
            .build()
            .map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Outlet { exporter, runtime, is_down: AtomicBool::new(false) })
    }

    fn send(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        let count = spans.len() as u64;
        let sent = self.runtime.block_on(self.exporter.export(spans));
        let outcome = if sent.is_ok() { "sent" } else { "lost" };
        metrics::counter!("weft_trace_spans_total", "outcome" => outcome).increment(count);
        // Said once: a collector may be away for long.
        match (self.is_down.swap(sent.is_err(), Ordering::Relaxed), &sent) {
            (false, Err(_)) => tracing::warn!("traces cannot be sent: the collector does not take them"),
            (true, Ok(())) => tracing::info!("traces are sent again"),
            _ => {}
        }
        sent
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}

impl SpanExporter for Outlet {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.send(batch)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Where spans are, by what the process's own subscriber knows of them.
pub(crate) struct OfSpans;

impl weft_model::trace::Traces for OfSpans {
    fn current(&self) -> Option<TraceContext> {
        dispatcher::get_default(|dispatch| {
            let current = dispatch.current_span();
            let registry = dispatch.downcast_ref::<Registry>()?;
            // Spans of libraries are in no trace; the one around them is.
            let around = registry.span(current.id()?)?.scope().map(|span| span.id()).collect::<Vec<_>>();
            around.iter().find_map(|span| context_of(span, dispatch))
        })
    }

    fn within(&self, parent: &TraceContext, begin: &mut dyn FnMut()) {
        let (trace, span) = parent.ids();
        let flags = TraceFlags::default().with_sampled(parent.is_sampled());
        let parent = SpanContext::new(trace.into(), span.into(), flags, true, TraceState::default());
        let _attached = Context::new().with_remote_span_context(parent).attach();
        begin();
    }
}

/// Where a span is, if it is in a trace.
pub(crate) fn context_of(span: &tracing::span::Id, dispatch: &dispatcher::Dispatch) -> Option<TraceContext> {
    let context = tracing_opentelemetry::get_otel_context(span, dispatch)?;
    let (span, of) = (context.span(), |bytes: TraceId| u128::from_be_bytes(bytes.to_bytes()));
    let at = span.span_context();
    let id = |span: SpanId| u64::from_be_bytes(span.to_bytes());
    TraceContext::new(of(at.trace_id()), id(at.span_id()), at.is_sampled())
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use weft_model::trace::Traces;

    #[test]
    fn a_span_goes_on_from_the_trace_that_was_given_and_else_begins_one() {
        let tracing = Tracing::open(None).unwrap();
        let layer = tracing_opentelemetry::layer().with_tracer(tracing.tracer()).with_context_activation(false);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let given = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
            let mut span = tracing::Span::none();
            OfSpans.within(&given, &mut || span = tracing::info_span!("answered"));
            let within = span.in_scope(|| tracing::info_span!("inner").in_scope(|| OfSpans.current())).unwrap();
            assert_eq!((within.trace_id(), within.is_sampled()), (given.trace_id(), true));
            assert_ne!(within.span_id(), given.span_id());
            let alone = tracing::info_span!("alone").in_scope(|| OfSpans.current()).unwrap();
            assert!(alone.trace_id() != given.trace_id() && !alone.is_sampled());
            assert_eq!(OfSpans.current(), None);
        });
    }

    #[test]
    fn settings_do_not_show_what_is_sent_along() {
        let headers = HashMap::from([("authorization".to_owned(), "Bearer hidden".to_owned())]);
        let settings = TraceSettings { endpoint: "http://127.0.0.1:4318/v1/traces".to_owned(), sampled: 0.1, headers };
        assert!(!format!("{settings:?}").contains("hidden"));
    }
}
