//! What a webhook wants to hear of, and what of it comes in order.

use weft_catalog::{EVENT_KINDS, OutboxEvent};
use weft_model::{DomainName, ProductRef};

/// What a webhook wants to hear of. The default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Kinds of events, or what they begin with up to a dot: `release` is `release.published` and what else happens to
    /// releases. Empty for all.
    pub kinds: Vec<String>,
    /// With `products`, what it wants to hear of alone; if both are empty, of the whole mesh, runs among it.
    pub domains: Vec<DomainName>,
    pub products: Vec<ProductRef>,
}

impl Interest {
    /// Whether there are events of that kind, or of kinds that begin so.
    pub fn is_kind(word: &str) -> bool {
        EVENT_KINDS.iter().any(|kind| is_of(kind, word))
    }

    pub(crate) fn concerns(&self, event: &OutboxEvent) -> bool {
        let is_kind = self.kinds.is_empty() || self.kinds.iter().any(|word| is_of(&event.kind, word));
        if !is_kind || (self.domains.is_empty() && self.products.is_empty()) {
            return is_kind;
        }
        event
            .product()
            .is_some_and(|product| self.domains.contains(&product.domain) || self.products.contains(&product))
    }
}

fn is_of(kind: &str, word: &str) -> bool {
    kind.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What an event comes in order with: all of its product, or else of its run or request.
pub(crate) fn lane(event: &OutboxEvent) -> String {
    event.product().map_or_else(|| event.subject.clone(), |product| product.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::noon;

    fn event(kind: &str, subject: &str, port: Option<&str>) -> OutboxEvent {
        let payload = json!({ "port": port });
        OutboxEvent { id: 1, at: noon(), kind: kind.into(), subject: subject.into(), payload }
    }

    #[test]
    fn an_event_is_of_concern_by_kind_and_by_product() {
        let release = event("release.published", "sales.orders", None);
        let level = event("service_level.turned", "sales.orders.lines", Some("sales.orders.lines"));
        let request = event("request.opened", "REQ-7", Some("sea.ports.calls"));
        let run = event("run.ended", "01978", None);
        let heard = |kinds: &[&str], domains: &[&str], products: &[&str]| {
            let interest = Interest {
                kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
                domains: domains.iter().map(|domain| domain.parse().unwrap()).collect(),
                products: products.iter().map(|product| product.parse().unwrap()).collect(),
            };
            [&release, &level, &request, &run].map(|event| interest.concerns(event))
        };
        assert_eq!(heard(&[], &[], &[]), [true, true, true, true]);
        assert_eq!(heard(&["release", "run.ended"], &[], &[]), [true, false, false, true]);
        assert_eq!(heard(&["rel"], &[], &[]), [false; 4]);
        assert_eq!(heard(&[], &["sea"], &["sales.orders"]), [true, true, true, false]);
        assert_eq!(heard(&[], &[], &["sales.returns"]), [false; 4]);
    }

    #[test]
    fn whatever_happens_to_a_product_comes_in_order() {
        assert_eq!(lane(&event("release.published", "sales.orders", None)), "sales.orders");
        assert_eq!(lane(&event("check.failed", "sales.orders.lines", None)), "sales.orders");
        assert_eq!(lane(&event("request.opened", "REQ-7", Some("sales.orders.lines"))), "sales.orders");
        assert_eq!(lane(&event("run.ended", "01978", None)), "01978");
    }

    #[test]
    fn kinds_are_known_whole_or_up_to_a_dot() {
        let known =
            ["release", "release.published", "check", "releases", "release.", "order", ""].map(Interest::is_kind);
        assert_eq!(known, [true, true, true, false, false, false, false]);
    }
}
