//! Which trace the work at hand belongs to, as W3C trace context says it.

use std::fmt;
use std::sync::OnceLock;

/// A place in a trace: what `traceparent` says. Neither id is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    is_sampled: bool,
}

/// Knows which trace each piece of work belongs to. The binary has one; the crates below it ask through
/// [`TraceContext::current`], so that they need not know who traces.
pub trait Traces: Send + Sync {
    /// Where the work of this thread is at this moment; `None` outside of any trace.
    fn current(&self) -> Option<TraceContext>;

    /// Calls `begin` once. Spans that begin in it and have no other parent go on from `parent`.
    fn within(&self, parent: &TraceContext, begin: &mut dyn FnMut());
}

static TRACES: OnceLock<Box<dyn Traces>> = OnceLock::new();

/// Has [`TraceContext::current`] ask `traces` from now on, for as long as the process lives. Whether it was the first
/// to say so: later ones are not asked.
pub fn follow_traces(traces: Box<dyn Traces>) -> bool {
    TRACES.set(traces).is_ok()
}

impl TraceContext {
    /// The header of HTTP, and key of gRPC metadata, in which it travels.
    pub const HEADER: &str = "traceparent";

    /// A place by its ids; `None` where one of them is zero.
    pub fn new(trace: u128, span: u64, is_sampled: bool) -> Option<Self> {
        (trace != 0 && span != 0).then_some(TraceContext { trace, span, is_sampled })
    }

    /// Reads `00-<trace id>-<parent id>-<flags>`. Versions to come may add parts at the end.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let [version, trace, parent, flags, rest @ ..] = parts.as_slice() else { return None };
        let well_formed = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
        let allowed = *version != "ff" && (*version != "00" || rest.is_empty());
        if !well_formed || !allowed {
            return None;
        }
        let flags = u8::from_str_radix(flags, 16).ok()?;
        TraceContext::new(u128::from_str_radix(trace, 16).ok()?, u64::from_str_radix(parent, 16).ok()?, flags & 1 == 1)
    }

    /// Where the work of this thread is at this moment; `None` outside of any trace, and in a process that follows none.
    pub fn current() -> Option<Self> {
        TRACES.get()?.current()
    }

    /// What `begin` gives, which begins a span and is called once. The span goes on from `parent` if it has no other, and without one is the
    /// first of a new trace.
    pub fn within<T>(parent: Option<&TraceContext>, begin: impl Fn() -> T) -> T {
        let (Some(parent), Some(traces)) = (parent, TRACES.get()) else { return begin() };
        let mut begun = None;
        traces.within(parent, &mut || begun = Some(begin()));
        begun.unwrap_or_else(begin)
    }

    /// The trace's id, under which errors, the log and records of queries know it: 32 hex digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The id of the span, 16 hex digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// The same ids as numbers: of the trace, and of the span.
    pub fn ids(&self) -> (u128, u64) {
        (self.trace, self.span)
    }

    /// Whether whoever began the trace keeps it.
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.is_sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn only_a_valid_traceparent_is_taken_over() {
        let of = |text: String| TraceContext::parse(&text).map(|trace| trace.trace_id());
        assert_eq!(of(format!("00-{ID}-b7ad6b7169203331-01")), Some(ID.to_owned()));
        assert_eq!(of(format!("cc-{ID}-b7ad6b7169203331-01-tomorrow")), Some(ID.to_owned()));
        for text in [
            format!("00-{ID}-b7ad6b7169203331-01-more"),
            format!("ff-{ID}-b7ad6b7169203331-01"),
            format!("00-{ID}-0000000000000000-01"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{}-b7ad6b7169203331-01", ID.to_uppercase()),
            format!("00-{ID}-b7ad6b7169203331"),
            String::new(),
        ] {
            assert_eq!(of(text.clone()), None, "{text}");
        }
    }

    #[test]
    fn a_context_is_written_as_it_was_read() {
        for text in [format!("00-{ID}-b7ad6b7169203331-01"), format!("00-{ID}-00ad6b7169203331-00")] {
            assert_eq!(TraceContext::parse(&text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn where_nobody_traces_a_span_begins_all_the_same() {
        let parent = TraceContext::new(1, 2, true);
        assert_eq!((TraceContext::within(parent.as_ref(), || 7), TraceContext::current()), (7, None));
    }
}
