//! How well ports are served, through one principal's eyes.

use chrono::{DateTime, Utc};
use weft_model::PortRef;

use super::CatalogView;
use crate::answers;
use crate::error::CatalogError;
use crate::traffic::Traffic;
use crate::usage_views::TrafficView;

/// The object of the platform that stands for what everyone reads.
const READS: &str = "system.usage.reads";

const P50: u32 = 500_000;
const P95: u32 = 950_000;
const P99: u32 = 990_000;

impl CatalogView {
    /// How well each port that is served, and that may be discovered, was served within the last day, in order of name.
    /// How many queries there were is for who answers for the port or sees all usage; others are told of a port once
    /// there are enough for none of them to be known by it.
    ///
    /// What queries that ended before this call add is in it, unless they ran on another node.
    pub async fn traffic(&self) -> Result<Vec<TrafficView>, CatalogError> {
        let since = Traffic::since(self.sight.at);
        self.catalog.settle_usage().await;
        let ports = answers::traffic(&mut *self.catalog.store().read().await?, since).await?;
        let is_seen = |port: &PortRef| {
            self.published.port(port).is_some() && (self.sees_queries_of(port) || self.sees_port(port))
        };
        let views = ports.into_iter().filter(|(port, _)| is_seen(port)).map(|(port, traffic)| {
            let is_told_all = self.sees_queries_of(&port);
            told(port, since, &traffic, is_told_all)
        });
        Ok(views.filter(|view| view.queries.is_some() || view.availability.is_some()).collect())
    }

    /// Whether single queries of the port may be told of: to who answers for it, or sees all usage.
    pub fn sees_queries_of(&self, port: &PortRef) -> bool {
        self.sight.reads_platform(READS) || self.answers_for_product(&port.product_ref())
    }
}

fn told(port: PortRef, since: DateTime<Utc>, traffic: &Traffic, is_told_all: bool) -> TrafficView {
    let are_enough = |queries: u64, least: u64| is_told_all || queries >= least;
    let shares = are_enough(traffic.queries(), Traffic::QUERIES_MIN);
    let latency = |percentile| {
        let are_enough = are_enough(traffic.answered(), Traffic::answers_min(percentile));
        traffic.latency_ms(percentile).filter(|_| are_enough)
    };
    TrafficView {
        port,
        since,
        availability: traffic.availability().filter(|_| shares),
        error_rate: traffic.error_rate().filter(|_| shares),
        latency_p50_ms: latency(P50),
        latency_p95_ms: latency(P95),
        latency_p99_ms: latency(P99),
        rows_a_second: traffic.rows_a_second().filter(|_| are_enough(traffic.long_answers(), Traffic::QUERIES_MIN)),
        queries: is_told_all.then(|| traffic.queries()),
        failed: is_told_all.then(|| traffic.failed()),
    }
}
