//! What single ports are asked, as numbers: how often, how soon they answer, and how many rows they give.

use weft_catalog::{QueryRecord, Served};

/// Counts a query that has ended, once for each port that it read. What says nothing of how ports are served is left out,
/// as in their service levels.
pub(crate) fn count(query: &QueryRecord) {
    let (outcome, ms) = match query.served {
        Served::Answered { first_ms, .. } => ("answered", first_ms),
        Served::Failed { after_ms } => ("failed", after_ms),
        Served::Aside => return,
    };
    for port in &query.ports {
        let port = port.to_string();
        metrics::counter!("weft_port_queries_total", "port" => port.clone(), "outcome" => outcome).increment(1);
        metrics::counter!("weft_port_rows_total", "port" => port.clone()).increment(query.rows);
        metrics::histogram!("weft_port_first_row_seconds", "port" => port).record(ms as f64 / 1000.0);
    }
}
