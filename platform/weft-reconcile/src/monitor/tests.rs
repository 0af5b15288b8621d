use super::*;

const HOUR: u64 = 3_600_000;

/// So many hours after a certain instant.
fn at(hour: u64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(hour.cast_signed())
}

fn level(of: Aging, column: Option<&str>, hours: u64) -> ServiceLevel {
    ServiceLevel { of, column: column.map(str::to_owned), below: hours * HOUR }
}

/// Rows of two times, the first and the last of a table.
fn rows(first: u64, last: u64) -> Seen {
    let times = TimeRange { from: at(first).timestamp_millis(), to: at(last).timestamp_millis() + 1 };
    Seen::of_column("placed_at", Some(times))
}

#[track_caller]
fn check(level: &ServiceLevel, seen: &Seen, hour: u64, outcome: CheckOutcome, measured: Option<f64>) -> CheckRecord {
    let record = verdict("d.a.out".parse().unwrap(), level, seen, at(hour));
    assert_eq!((record.outcome, record.measured.map(|s| s / 3600.0)), (outcome, measured), "{record:?}");
    assert_eq!(record.message.is_none(), outcome == CheckOutcome::Passed, "{record:?}");
    record
}

#[test]
fn rows_are_fresh_until_the_newest_is_as_old_as_the_limit() {
    let level = level(Aging::Freshness, Some("placed_at"), 4);
    check(&level, &rows(0, 10), 13, CheckOutcome::Passed, Some(3.0));
    let late = check(&level, &rows(0, 10), 14, CheckOutcome::Failed, Some(4.0));
    assert_eq!(late.message.as_deref(), Some("no row has a `placed_at` within the last 14400 s"));
    assert_eq!(late.threshold.as_deref(), Some("must be below 14400 s"));
    assert_eq!((late.name.as_str(), late.severity), ("freshness", Some(CheckSeverity::Warns)));
    check(&level, &rows(0, 15), 14, CheckOutcome::Passed, Some(-1.0));
}

#[test]
fn rows_are_kept_for_less_than_the_limit() {
    let level = level(Aging::Retention, Some("placed_at"), 48);
    check(&level, &rows(0, 40), 47, CheckOutcome::Passed, Some(47.0));
    let old = check(&level, &rows(0, 40), 48, CheckOutcome::Failed, Some(48.0));
    assert_eq!(old.message.as_deref(), Some("there are rows whose `placed_at` is 172800 s ago or more"));
}

#[test]
fn where_no_row_has_a_time_nothing_is_fresh_and_nothing_too_old() {
    let empty = || Seen::of_column("placed_at", Some(TimeRange { from: 0, to: 0 }));
    check(&level(Aging::Freshness, Some("placed_at"), 4), &empty(), 1, CheckOutcome::Failed, None);
    check(&level(Aging::Retention, Some("placed_at"), 4), &empty(), 1, CheckOutcome::Passed, None);
}

#[test]
fn what_the_log_does_not_tell_is_unknown() {
    let untold = Seen::of_column("placed_at", None);
    for of in [Aging::Freshness, Aging::Retention] {
        let unknown = check(&level(of, Some("placed_at"), 4), &untold, 1, CheckOutcome::Unknown, None);
        assert_eq!(unknown.message.as_deref(), Some("the log does not tell the times in `placed_at`"));
    }
}

/// A release of `d.a` at hour 2, whose port promises `levels` and is served as `served`.
fn release(levels: &[ServiceLevel], served: &PortRelease) -> Release {
    let contract = serde_json::json!({
        "key": { "id": "c", "version": "1.0.0" }, "file": "", "status": null, "purpose": "", "columns": [],
        "service_levels": levels,
    });
    serde_json::from_value(serde_json::json!({
        "number": 1, "revision": "r1", "plan": "p1", "at": at(2), "ports": { "out": served },
        "product": {
            "name": "d.a", "file": "p.odps.yaml", "id": "a", "title": null, "version": null, "status": null,
            "purpose": "", "tags": [], "inputs": [],
            "outputs": [{
                "name": "out", "description": "", "contract": contract,
                "transform": { "kind": "full", "file": "out.sql", "sql": "select 1" },
            }],
        },
        "domain": {
            "name": "d", "description": "", "owner": "owners", "stewards": [], "service": null, "contact": null
        }
    }))
    .unwrap()
}

/// When the port of [`release`] was brought up to date, for each freshness that it promises.
fn refreshed(levels: &[ServiceLevel], served: &PortRelease, looked: Option<DateTime<Utc>>) -> Vec<Seen> {
    let release = release(levels, served);
    let published = Published { releases: [(release.product.name.clone(), release)].into(), ..Published::default() };
    promises(&published).map(|promise| promise.refreshed(looked)).collect()
}

#[test]
fn without_a_column_a_port_is_fresh_since_it_was_brought_up_to_date_or_found_to_be() {
    let levels = [level(Aging::Freshness, None, 4)];
    let view = PortRelease::of_view("f".to_owned());
    let table = PortRelease { table_version: Some(0), location: Some("d/a/out".to_owned()), ..view.clone() };
    let hour = |hour: u64| vec![Seen::Times(at(hour).timestamp_millis(), at(hour).timestamp_millis())];
    assert_eq!(refreshed(&levels, &table, None), hour(2));
    let table = PortRelease { refreshed_at: Some(at(3)), ..table };
    assert_eq!(refreshed(&levels, &table, None), hour(3));
    assert_eq!(refreshed(&levels, &table, Some(at(1))), hour(3));
    assert_eq!(refreshed(&levels, &table, Some(at(5))), hour(5));
    assert_eq!(refreshed(&[], &table, None), []);

    let late = check(&levels[0], &hour(5)[0], 9, CheckOutcome::Failed, Some(4.0));
    assert_eq!(late.message.as_deref(), Some("it was not brought up to date within 14400 s"));
    assert_eq!(late.column, None);

    let both = [level(Aging::Freshness, None, 4), level(Aging::Retention, Some("placed_at"), 4)];
    assert_eq!(refreshed(&both, &view, Some(at(5))), [Seen::of_view()]);
}

#[test]
fn a_verdict_is_recorded_where_it_turns_and_every_ten_minutes() {
    let freshness = level(Aging::Freshness, Some("placed_at"), 4);
    let of = |hours: u64, minute: i64| {
        let level = ServiceLevel { below: hours * HOUR, ..freshness.clone() };
        verdict("d.a.out".parse().unwrap(), &level, &rows(0, 10), at(13) + TimeDelta::minutes(minute))
    };
    assert!(is_due(None, &of(4, 0)));
    assert!(!is_due(Some(&of(4, 0)), &of(4, 9)));
    assert!(is_due(Some(&of(4, 0)), &of(4, 10)));
    assert!(is_due(Some(&of(4, 59)), &of(4, 60)), "it turned");
    assert!(is_due(Some(&of(4, 0)), &of(5, 1)), "something else is promised");
    assert!(is_due(Some(&of(4, 20)), &of(4, 0)), "the clock was put back");
}
