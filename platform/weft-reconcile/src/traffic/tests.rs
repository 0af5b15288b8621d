use weft_catalog::Served;

use super::*;

fn answers(count: u64, first_ms: u64) -> impl Iterator<Item = (Served, u64)> {
    (0..count).map(move |_| (Served::Answered { first_ms, busy_ms: 500 }, Traffic::LONG_ROWS))
}

fn failures(count: u64) -> impl Iterator<Item = (Served, u64)> {
    (0..count).map(|_| (Served::Failed { after_ms: 1 }, 0))
}

/// What is recorded of a level: the verdict, what was measured, and the threshold or what it says.
#[track_caller]
fn check(level: TrafficLevel, queries: impl Iterator<Item = (Served, u64)>, expected: &str) {
    let now = DateTime::UNIX_EPOCH;
    let record = verdict("d.a.out".parse().unwrap(), &level, &queries.collect(), now);
    assert_eq!((record.column.as_ref(), record.severity), (None, Some(CheckSeverity::Warns)));
    assert!(record.is_of_traffic());
    assert_eq!(record.message.is_none(), record.outcome == CheckOutcome::Passed, "{record:?}");
    let measured = record.measured.map_or_else(|| "-".to_owned(), |measured| measured.to_string());
    let threshold = record.threshold.unwrap_or_default();
    let told = format!("{} {} {measured} {threshold}", record.name, record.outcome);
    assert_eq!(record.message.map_or(told.clone(), |message| format!("{told}: {message}")), expected);
}

#[test]
fn a_port_is_available_while_the_platform_fails_no_more_of_its_queries_than_it_may() {
    let level = || TrafficLevel::Availability { least: 990_000 };
    check(level(), answers(99, 5).chain(failures(1)), "availability passed 99 must be at least 99 %");
    check(
        level(),
        answers(98, 5).chain(failures(2)),
        "availability failed 98 must be at least 99 %: within the last 24 h the platform failed too many queries",
    );
    check(
        level(),
        answers(0, 5).chain(failures(20)),
        "availability failed 0 must be at least 99 %: within the last 24 h the platform failed too many queries",
    );
}

#[test]
fn the_rate_of_errors_is_what_is_left_of_availability() {
    for bad in 0..40 {
        let queries = || answers(400, 5).chain(failures(bad)).collect::<Traffic>();
        for least in [0, 900_000, 950_000, 999_000, 1_000_000] {
            let most = TrafficLevel::WHOLE - least;
            let judged = [TrafficLevel::Availability { least }, TrafficLevel::ErrorRate { most }]
                .map(|level| matches!(judge(&level, &queries()), Judged::Kept(_)));
            assert_eq!(judged[0], judged[1], "{bad} failures, {least} millionths");
        }
    }
    check(
        TrafficLevel::ErrorRate { most: 500 },
        answers(99, 5).chain(failures(1)),
        "errorRate failed 1 must be at most 0.05 %: within the last 24 h the platform failed too many queries",
    );
}

#[test]
fn answers_begin_in_time_while_the_percentile_does() {
    let level = || TrafficLevel::Latency { percentile: 950_000, most_ms: 500 };
    let slow = |count| answers(100 - count, 10).chain(answers(count, 2_000));
    check(level(), slow(5), "latency p95 passed 0.01 must be at most 0.5 s");
    check(
        level(),
        slow(6),
        "latency p95 failed 2.047 must be at most 0.5 s: within the last 24 h too many answers began too late",
    );
    // What failed did not begin, however soon.
    check(
        level(),
        answers(19, 10).chain(failures(100)),
        "latency p95 unknown - must be at most 0.5 s: within the last 24 h there were fewer than 20 answers",
    );
    check(
        TrafficLevel::Latency { percentile: 999_000, most_ms: 500 },
        answers(999, 10),
        "latency p99.9 unknown - must be at most 0.5 s: within the last 24 h there were fewer than 1000 answers",
    );
}

#[test]
fn rows_come_as_fast_as_long_answers_bring_them() {
    let level = |a_second: u64| TrafficLevel::Throughput { least_rows_a_day: Some(a_second * 86_400) };
    check(level(2_000), answers(20, 5), "throughput passed 2000 must be at least 2000 rows/s");
    check(
        level(2_001),
        answers(20, 5),
        "throughput failed 2000 must be at least 2001 rows/s: within the last 24 h rows came too slowly",
    );
    check(
        level(1),
        answers(19, 5),
        "throughput unknown - must be at least 1 rows/s: within the last 24 h there were fewer than 20 answers of 1000 \
         rows and more",
    );
    check(
        TrafficLevel::Throughput { least_rows_a_day: None },
        answers(100, 5),
        "throughput unknown - must be measured in rows: throughput is measured in rows: promise it with a unit such as \
         `rows/s`",
    );
}

#[test]
fn a_port_that_nobody_asks_is_neither_good_nor_bad() {
    for level in [TrafficLevel::Availability { least: 0 }, TrafficLevel::ErrorRate { most: 1_000_000 }] {
        let judged = judge(&level, &Traffic::default());
        assert_eq!(judged, Judged::Untold("within the last 24 h there were fewer than 20 queries".to_owned()));
    }
}
