//! Events of the outbox as CloudEvents 1.0, structured, in JSON.

use chrono::SecondsFormat;
use serde_json::{Value, json};
use weft_catalog::OutboxEvent;

/// What the body of a message is.
pub(crate) const MEDIA_TYPE: &str = "application/cloudevents+json";

/// What the types of all events begin with; the kind in the outbox follows.
const TYPE_PREFIX: &str = "org.weft.";

/// One event, ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CloudEvent {
    /// The same at each try, and of no other event of the mesh: also where the catalog was lost and counts anew.
    pub(crate) id: String,
    /// The trace in which it happened, as W3C has it.
    pub(crate) traceparent: Option<String>,
    /// The whole as JSON.
    pub(crate) body: String,
}

impl CloudEvent {
    /// `event` as the mesh at `source` tells it.
    pub(crate) fn of(event: OutboxEvent, source: &str) -> Self {
        let id = format!("{}-{}", event.id, event.at.timestamp_millis());
        let mut data = event.payload;
        let traceparent = data.as_object_mut().and_then(|data| data.remove("traceparent"));
        let traceparent = traceparent.as_ref().and_then(Value::as_str).filter(|text| is_traceparent(text));
        let mut whole = json!({
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": format!("{TYPE_PREFIX}{}", event.kind),
            "subject": event.subject,
            "time": event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "datacontenttype": "application/json",
            "data": data,
        });
        if let (Some(whole), Some(traceparent)) = (whole.as_object_mut(), traceparent) {
            whole.insert("traceparent".to_owned(), json!(traceparent));
        }
        CloudEvent { id, traceparent: traceparent.map(str::to_owned), body: whole.to_string() }
    }
}

/// Whether it may be a header: `00-<32 hex>-<16 hex>-<2 hex>`.
fn is_traceparent(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([2, 32, 16, 2]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::noon;

    #[test]
    fn an_event_has_the_attributes_that_the_specification_asks_for() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let payload = json!({ "product": "sales.orders", "number": 3, "traceparent": trace });
        let event = OutboxEvent {
            id: 7,
            at: noon(),
            kind: "release.published".into(),
            subject: "sales.orders".into(),
            payload,
        };
        let told = CloudEvent::of(event.clone(), "https://mesh.example.org");
        assert_eq!((told.id.as_str(), told.traceparent.as_deref()), ("7-1772366400000", Some(trace)));
        let whole: Value = serde_json::from_str(&told.body).unwrap();
        let expected = json!({
            "specversion": "1.0", "id": "7-1772366400000", "source": "https://mesh.example.org",
            "type": "org.weft.release.published", "subject": "sales.orders", "time": "2026-03-01T12:00:00.000000Z",
            "datacontenttype": "application/json", "traceparent": trace,
            "data": { "product": "sales.orders", "number": 3 },
        });
        assert_eq!(whole, expected);
        let forged = OutboxEvent { payload: json!({ "traceparent": "a\r\nb: c" }), ..event };
        assert_eq!(CloudEvent::of(forged, "m").traceparent, None);
    }
}
