//! Every number at `/metrics`: what it is, in which unit, and where it begins, so that it is there before what it counts.

use metrics::{Label, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Where the buckets of times end, in seconds.
const SECONDS: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// Of which kind a number is, and what it is measured in.
enum Kind {
    Counter,
    Gauge,
    Bytes,
    Age,
    Times,
}

use Kind::{Age, Bytes, Counter, Gauge, Times};

type Labels = &'static [(&'static str, &'static str)];

/// One that begins at zero without labels.
const PLAIN: &[Labels] = &[&[]];
/// One that is there once there is something to tell: its labels are not known before.
const ON_EVENT: &[Labels] = &[];

/// Name, kind, help, and the labels of those that begin at zero. Labels hold no principal's name and no SQL, and a port's
/// only where it is called `port`: those are for who may know, at `/metrics/ports`.
const NUMBERS: [(&str, Kind, &str, &[Labels]); 56] = [
    ("weft_ready", Gauge, "1 once the first reconcile is done, until the end.", PLAIN),
    ("weft_process_resident_bytes", Bytes, "Memory that the process holds.", PLAIN),
    ("weft_http_requests_total", Counter, "Requests, by method, pattern of the path and status.", ON_EVENT),
    ("weft_http_request_seconds", Times, "From a request to the head of its answer.", ON_EVENT),
    ("weft_push_hooks_total", Counter, "Push hooks with a good signature.", PLAIN),
    (
        "weft_flight_requests_total",
        Counter,
        "Calls of Flight, by verb and outcome.",
        &[&[("verb", "do_get"), ("outcome", "ok")]],
    ),
    (
        "weft_flight_request_seconds",
        Times,
        "From a call of Flight to the head of its answer.",
        &[&[("verb", "do_get")]],
    ),
    (
        "weft_flight_streams_failed_total",
        Counter,
        "Answers of Flight that broke off, by code.",
        &[&[("code", "W0214")]],
    ),
    (
        "weft_flight_handles_pushed_out_total",
        Counter,
        "Tickets and prepared statements that gave way to newer ones.",
        PLAIN,
    ),
    ("weft_queries_total", Counter, "Queries that have ended, by `ok` or code.", &[&[("outcome", "ok")]]),
    ("weft_query_seconds", Times, "From a query's beginning to the end of its rows.", PLAIN),
    ("weft_port_queries_total", Counter, "Queries that read a port, by what became of them.", ON_EVENT),
    ("weft_port_rows_total", Counter, "Rows of answers that a port was read for.", ON_EVENT),
    (
        "weft_port_first_row_seconds",
        Times,
        "From a query that reads a port to its first row, or its failure.",
        ON_EVENT,
    ),
    ("weft_queries_running", Gauge, "Queries that run now.", PLAIN),
    ("weft_queries_bytes", Bytes, "What the pools of all queries hold for sorts, joins and groups.", PLAIN),
    ("weft_queries_shed_total", Counter, "Queries that were ended because memory was short.", PLAIN),
    ("weft_queries_again_total", Counter, "Queries that ran once more, with joins that spill.", PLAIN),
    (
        "weft_known_plans_total",
        Counter,
        "Look-ups of plans that were made before, by outcome.",
        &[&[("outcome", "hit")], &[("outcome", "miss")]],
    ),
    (
        "weft_kept_columns_total",
        Counter,
        "Look-ups of columns in memory, by outcome.",
        &[&[("outcome", "hit")], &[("outcome", "miss")]],
    ),
    ("weft_kept_columns_bytes", Bytes, "Columns that are kept in memory.", PLAIN),
    (
        "weft_barrier_refusals_total",
        Counter,
        "Plans that would have read past a barrier, which is a bug of ours.",
        PLAIN,
    ),
    (
        "weft_decisions_total",
        Counter,
        "Decisions about access, by action and outcome.",
        &[&[("action", "read"), ("outcome", "allowed")], &[("action", "read"), ("outcome", "denied")]],
    ),
    ("weft_masked_columns_total", Counter, "Columns that were masked in what was decided.", PLAIN),
    ("weft_policy_epoch", Gauge, "How many policies have been in force; it rises with each.", PLAIN),
    ("weft_policy_age_seconds", Age, "Since the policies in force were last known to be the newest.", PLAIN),
    ("weft_audit_failures_total", Counter, "Decisions that could not be recorded at once.", PLAIN),
    ("weft_audit_broken_total", Counter, "Times the record of decisions was found changed.", PLAIN),
    (
        "weft_usage_dropped_total",
        Counter,
        "Counts of reads and queries that were dropped.",
        &[&[("what", "reads")], &[("what", "queries")]],
    ),
    (
        "weft_reconciles_total",
        Counter,
        "Runs that have ended, by status.",
        &[&[("status", "succeeded")], &[("status", "partial")], &[("status", "refused")], &[("status", "failed")]],
    ),
    ("weft_reconcile_seconds", Times, "How long reconciles take, also those that find nothing to do.", PLAIN),
    ("weft_leads", Gauge, "1 while this process may write the warehouse.", PLAIN),
    (
        "weft_gate_verdicts_total",
        Counter,
        "Commits that the gate judged, by verdict.",
        &[&[("verdict", "passed")], &[("verdict", "refused")], &[("verdict", "unjudged")]],
    ),
    ("weft_gate_seconds", Times, "How long the gate looks at a commit.", PLAIN),
    ("weft_releases_total", Counter, "Releases that were published.", PLAIN),
    ("weft_roll_backs_total", Counter, "Products that were rolled back.", PLAIN),
    ("weft_erasures_total", Counter, "Erasures that were carried out.", PLAIN),
    ("weft_vacuumed_files_total", Counter, "Data files that were removed when tables were tidied.", PLAIN),
    ("weft_service_levels", Gauge, "Service levels that are watched.", PLAIN),
    ("weft_service_levels_missed", Gauge, "Service levels that are missed now.", PLAIN),
    (
        "weft_store_requests_total",
        Counter,
        "Requests to the object store, by operation and outcome.",
        &[&[("operation", "get"), ("outcome", "ok")], &[("operation", "get"), ("outcome", "failed")]],
    ),
    (
        "weft_store_request_seconds",
        Times,
        "From a call to the object store to the head of its answer, with the wait for its turn.",
        &[&[("operation", "get")]],
    ),
    (
        "weft_store_requests_under_way",
        Gauge,
        "Calls to the object store without an answer yet. A remote one is asked by 256 at a time; the others wait.",
        PLAIN,
    ),
    (
        "weft_trace_spans_total",
        Counter,
        "Spans for the collector of traces, by outcome.",
        &[&[("outcome", "sent")], &[("outcome", "lost")]],
    ),
    (
        "weft_circuit_open",
        Gauge,
        "1 while calls to the target are held back; for git, in how many repositories.",
        &[
            &[("target", "store")],
            &[("target", "git")],
            &[("target", "catalog")],
            &[("target", "catalog_reads")],
            &[("target", "oidc_keys")],
            &[("target", "oidc_sign_in")],
        ],
    ),
    ("weft_source_stale_seconds", Age, "For how long a repository could not be asked for newer revisions.", PLAIN),
    ("weft_identity_refused_total", Counter, "Credentials that did not hold.", PLAIN),
    (
        "weft_identity_limited_total",
        Counter,
        "Requests that came too fast, by what they are counted by.",
        &[&[("by", "principal")], &[("by", "address")]],
    ),
    (
        "weft_identity_key_fetches_total",
        Counter,
        "Times an identity provider was asked for its keys.",
        &[&[("outcome", "ok")], &[("outcome", "failed")]],
    ),
    ("weft_identity_keys", Gauge, "Keys of identity providers that are known.", PLAIN),
    ("weft_webhook_deliveries_total", Counter, "Attempts to deliver an event, by webhook and outcome.", ON_EVENT),
    ("weft_webhook_delivery_seconds", Times, "How long an attempt takes, by webhook.", ON_EVENT),
    ("weft_webhook_pending", Gauge, "Events that wait for a webhook.", ON_EVENT),
    ("weft_webhook_lag_seconds", Age, "How long the oldest of them has waited.", ON_EVENT),
    ("weft_webhook_dead_letters", Gauge, "Events that a webhook did not take in a day.", ON_EVENT),
    ("weft_webhook_disabled", Gauge, "1 where a webhook asked for nothing more.", ON_EVENT),
];

/// The numbers of this process. A second mesh in one process (tests) counts into the first's.
pub(crate) fn handle() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    let handle = HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().set_buckets(&SECONDS).unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        match metrics::set_global_recorder(recorder) {
            Ok(()) => begin(),
            Err(_) => tracing::warn!("numbers are counted by someone else in this process"),
        }
        handle
    });
    handle.clone()
}

/// Says what each number is, and sets those at zero that may be.
fn begin() {
    for (name, kind, help, zeros) in NUMBERS {
        match kind {
            Counter => metrics::describe_counter!(name, Unit::Count, help),
            Gauge => metrics::describe_gauge!(name, Unit::Count, help),
            Bytes => metrics::describe_gauge!(name, Unit::Bytes, help),
            Age => metrics::describe_gauge!(name, Unit::Seconds, help),
            Times => metrics::describe_histogram!(name, Unit::Seconds, help),
        }
        for labels in zeros {
            let labels: Vec<Label> = labels.iter().map(|(name, value)| Label::from_static_parts(name, value)).collect();
            match kind {
                Counter => metrics::counter!(name, labels).absolute(0),
                Gauge | Bytes | Age => metrics::gauge!(name, labels).set(0.0),
                // It is there with its first handle.
                Times => drop(metrics::histogram!(name, labels)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_number_is_told_once_and_named_for_what_it_is() {
        let names: BTreeSet<&str> = NUMBERS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(names.len(), NUMBERS.len());
        for (name, kind, help, _) in &NUMBERS {
            let fits = match kind {
                Counter => name.ends_with("_total"),
                Bytes => name.ends_with("_bytes"),
                Age | Times => name.ends_with("_seconds"),
                Gauge => !["_total", "_bytes", "_seconds"].iter().any(|end| name.ends_with(end)),
            };
            assert!(fits && help.ends_with('.'), "{name}");
        }
    }
}
