use std::collections::BTreeMap;
use std::path::Path;

use expect_test::{Expect, expect};
use weft_model::{Code, DomainName, RolledBack};

use super::*;
use crate::run::{CheckOutcome, CheckRecord, CheckSeverity, Run, StepStatus};
use crate::runs;
use crate::sample::{at, clock, release, revision, run, tombstone};

async fn open(path: &Path) -> Catalog {
    Catalog::open(path, clock()).await.unwrap()
}

async fn memory() -> Catalog {
    Catalog::open_in_memory(clock()).await.unwrap()
}

fn flights(number: u64) -> Release {
    release(number, &["aviation.flights.departures"], &[])
}

fn planes(number: u64) -> Release {
    release(number, &["fleet.aircraft.planes"], &[])
}

fn served(catalog: &Catalog) -> String {
    let published = catalog.published();
    let releases = published.releases.iter();
    releases.map(|(name, release)| format!("{name}@{}", release.number)).collect::<Vec<_>>().join(" ")
}

async fn told(catalog: &Catalog, expected: Expect) {
    let mut reader = catalog.store().read().await.unwrap();
    let rows: Vec<(String, String, String)> =
        sqlx::query_as("SELECT kind, subject, payload FROM outbox ORDER BY id").fetch_all(&mut *reader).await.unwrap();
    let lines = rows.into_iter().map(|(kind, subject, payload)| format!("{kind} {subject} {payload}\n"));
    expected.assert_eq(&lines.collect::<String>());
}

#[tokio::test]
async fn what_was_published_is_there_after_opening_again() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let catalog = open(&path).await;
    assert!(catalog.is_empty().await.unwrap());
    catalog.publish(vec![flights(1), planes(1)]).await.unwrap();
    catalog.publish(vec![flights(2)]).await.unwrap();
    catalog.set_revision(&revision("rev2")).await.unwrap();
    let before = catalog.published();
    catalog.close().await;

    let catalog = open(&path).await;
    assert_eq!(catalog.published(), before);
    assert_eq!(served(&catalog), "aviation.flights@2 fleet.aircraft@1");
    assert!(!catalog.is_empty().await.unwrap());
    let flights_ref = "aviation.flights".parse().unwrap();
    assert_eq!(catalog.releases(&flights_ref).await.unwrap(), [flights(2), flights(1)]);
}

/// The files as a process leaves them that is killed: no connection has been closed.
#[tokio::test]
async fn what_was_published_survives_the_death_of_the_process() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let catalog = open(&path).await;
    catalog.publish(vec![flights(1)]).await.unwrap();
    let mut writer = catalog.store().writer().await.unwrap();
    let mut half_done = sqlx::Connection::begin(&mut *writer).await.unwrap();
    releases::publish(&mut half_done, &planes(1), at(1)).await.unwrap();

    let after = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(home.path()).unwrap() {
        let file = file.unwrap();
        if file.file_name() != "catalog.db-shm" {
            std::fs::copy(file.path(), after.path().join(file.file_name())).unwrap();
        }
    }
    assert!(std::fs::metadata(after.path().join("catalog.db-wal")).unwrap().len() > 0);

    let catalog = open(&after.path().join("catalog.db")).await;
    assert_eq!(served(&catalog), "aviation.flights@1");
    told(
        &catalog,
        expect![[r#"
            release.published aviation.flights {"product":"aviation.flights","number":1,"revision":"rev1","plan":"plan1","ports":{"departures":{"tableVersion":1}}}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_release_follows_the_one_before_it_or_none_of_the_batch_is_served() {
    let catalog = memory().await;
    catalog.publish(vec![flights(1)]).await.unwrap();
    let error = catalog.publish(vec![planes(1), flights(3)]).await.unwrap_err();
    assert_eq!(error.to_string(), "release 3 of `aviation.flights` cannot follow release 1");
    assert_eq!(error.code(), Code::INTERNAL);
    assert_eq!(served(&catalog), "aviation.flights@1");
    assert_eq!(catalog.next_release_number(&"fleet.aircraft".parse().unwrap()).await.unwrap(), 1);
    catalog.publish(vec![planes(1), flights(2), flights(3)]).await.unwrap();
    assert_eq!(served(&catalog), "aviation.flights@3 fleet.aircraft@1");
}

#[tokio::test]
async fn publishing_twice_is_publishing_once() {
    let catalog = memory().await;
    catalog.publish(vec![flights(1)]).await.unwrap();
    catalog.publish(vec![flights(1)]).await.unwrap();
    catalog.publish(vec![flights(2)]).await.unwrap();
    catalog.publish(vec![flights(1)]).await.unwrap();
    assert_eq!(served(&catalog), "aviation.flights@2");
    told(
        &catalog,
        expect![[r#"
            release.published aviation.flights {"product":"aviation.flights","number":1,"revision":"rev1","plan":"plan1","ports":{"departures":{"tableVersion":1}}}
            release.published aviation.flights {"product":"aviation.flights","number":2,"revision":"rev2","plan":"plan2","ports":{"departures":{"tableVersion":2}}}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_published_never_changes() {
    let catalog = memory().await;
    catalog.publish(vec![flights(1)]).await.unwrap();
    let mut other = flights(1);
    other.plan = "other".to_owned();
    let error = catalog.publish(vec![other]).await.unwrap_err();
    assert_eq!(error.to_string(), "release 1 of `aviation.flights` is already published and differs");
    assert_eq!(catalog.published().releases.values().next(), Some(&flights(1)));
}

#[tokio::test]
async fn a_retired_product_is_not_served_keeps_its_history_and_goes_on_counting() {
    let catalog = memory().await;
    let product = "aviation.flights".parse().unwrap();
    catalog.publish(vec![flights(1)]).await.unwrap();
    let end = tombstone(&flights(1));
    catalog.publish(vec![end.clone()]).await.unwrap();
    catalog.publish(vec![end.clone()]).await.unwrap();
    assert_eq!(served(&catalog), "");
    assert!(!catalog.is_empty().await.unwrap());
    assert_eq!(catalog.releases(&product).await.unwrap(), [end, flights(1)]);
    assert_eq!(catalog.next_release_number(&product).await.unwrap(), 3);
    catalog.publish(vec![flights(3)]).await.unwrap();
    assert_eq!(served(&catalog), "aviation.flights@3");
    told(
        &catalog,
        expect![[r#"
            release.published aviation.flights {"product":"aviation.flights","number":1,"revision":"rev1","plan":"plan1","ports":{"departures":{"tableVersion":1}}}
            product.retired aviation.flights {"product":"aviation.flights","revision":"rev2","number":2,"archived":{"departures":{"location":"tables/a","tableVersion":1,"fingerprint":"f1","rows":101,"bytes":4096,"contractVersion":"1.0.0","keptUntil":"2026-03-01T12:16:40.000001Z"}}}
            release.published aviation.flights {"product":"aviation.flights","number":3,"revision":"rev3","plan":"plan3","ports":{"departures":{"tableVersion":3}}}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_roll_back_is_told_as_one_and_served_by_a_restored_catalog_too() {
    let catalog = memory().await;
    let back = RolledBack {
        to: 1,
        from: 2,
        by: "user:omar".to_owned(),
        reason: "half of the rows are missing".to_owned(),
        held: Some("digest".to_owned()),
    };
    let back = Release { number: 3, rolled_back: Some(back), ..flights(1) };
    let history = vec![flights(1), flights(2), back.clone()];
    for release in &history {
        catalog.publish(vec![release.clone()]).await.unwrap();
    }
    assert_eq!(served(&catalog), "aviation.flights@3");
    told(
        &catalog,
        expect![[r#"
            release.published aviation.flights {"product":"aviation.flights","number":1,"revision":"rev1","plan":"plan1","ports":{"departures":{"tableVersion":1}}}
            release.published aviation.flights {"product":"aviation.flights","number":2,"revision":"rev2","plan":"plan2","ports":{"departures":{"tableVersion":2}}}
            release.rolled_back aviation.flights {"product":"aviation.flights","number":3,"revision":"rev1","plan":"plan1","ports":{"departures":{"tableVersion":1}},"rolledBack":{"to":1,"from":2,"by":"user:omar","reason":"half of the rows are missing"}}
        "#]],
    )
    .await;
    let restored = memory().await;
    restored.restore(history).await.unwrap();
    assert_eq!(restored.published().releases.values().next(), Some(&back));
}

#[tokio::test]
async fn a_catalog_restored_from_release_objects_does_not_serve_what_was_retired() {
    let lost = memory().await;
    let history = [flights(1), tombstone(&flights(1)), planes(1), tombstone(&planes(1)), planes(3)];
    lost.publish(history.to_vec()).await.unwrap();
    assert_eq!(served(&lost), "fleet.aircraft@3");

    let restored = memory().await;
    restored.restore(history.into_iter().rev().collect()).await.unwrap();
    assert_eq!(restored.published(), lost.published());
    restored.publish(vec![flights(3)]).await.unwrap();
    assert_eq!(served(&restored), "aviation.flights@3 fleet.aircraft@3");
}

#[tokio::test]
async fn a_catalog_restored_from_release_objects_equals_the_lost_one() {
    let lost = memory().await;
    lost.publish(vec![flights(1), planes(1)]).await.unwrap();
    lost.publish(vec![flights(2)]).await.unwrap();

    let restored = memory().await;
    restored.restore(vec![flights(2), planes(1), flights(1), flights(1)]).await.unwrap();
    assert_eq!(restored.published(), lost.published());
    for product in ["aviation.flights", "fleet.aircraft"] {
        let product = product.parse().unwrap();
        assert_eq!(restored.releases(&product).await.unwrap(), lost.releases(&product).await.unwrap());
    }
    told(&restored, expect![""]).await;
    restored.publish(vec![flights(3)]).await.unwrap();
    assert_eq!(served(&restored), "aviation.flights@3 fleet.aircraft@1");

    let error = restored.restore(vec![planes(2)]).await.unwrap_err();
    assert_eq!(error.to_string(), "the catalog already holds releases, so it cannot be restored over");
}

#[tokio::test]
async fn a_run_is_replaced_by_what_is_known_later_and_its_end_is_told_once() {
    let catalog = memory().await;
    let done = run("r1", 5, &[("aviation.flights.departures", StepStatus::Succeeded)], &["governance/x.yaml"]);
    let mut going = Run { ended_at: None, status: crate::RunStatus::Running, ..done.clone() };
    going.steps[0].status = StepStatus::Running;
    for state in [&going, &done, &done] {
        catalog.record_run(state).await.unwrap();
        let mut reader = catalog.store().read().await.unwrap();
        assert_eq!(runs::find(&mut reader, "r1").await.unwrap().as_ref(), Some(state));
    }
    told(
        &catalog,
        expect![[r#"
            run.began r1 {"run":"r1","revision":"rev1"}
            run.ended r1 {"run":"r1","revision":"rev1","status":"partial"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn runs_that_a_dead_process_left_are_ended_as_failed() {
    let catalog = memory().await;
    let mut left = run(
        "r1",
        5,
        &[
            ("a.b.done", StepStatus::Succeeded),
            ("a.b.going", StepStatus::Running),
            ("a.b.waiting", StepStatus::Pending),
        ],
        &[],
    );
    (left.ended_at, left.status) = (None, crate::RunStatus::Running);
    catalog.record_run(&left).await.unwrap();
    assert_eq!(catalog.end_interrupted_runs().await.unwrap(), 1);
    assert_eq!(catalog.end_interrupted_runs().await.unwrap(), 0);
    let mut reader = catalog.store().read().await.unwrap();
    let ended = runs::find(&mut reader, "r1").await.unwrap().unwrap();
    assert_eq!((ended.status, ended.ended_at), (crate::RunStatus::Failed, Some(crate::sample::noon())));
    let steps: Vec<_> = ended.steps.iter().map(|step| step.status.as_str()).collect();
    assert_eq!(steps, ["succeeded", "failed", "skipped"]);
}

#[tokio::test]
async fn the_last_good_access_file_of_a_domain_is_kept() {
    let catalog = memory().await;
    let domain: DomainName = "fleet".parse().unwrap();
    catalog.keep_access_text(&domain, "p, a").await.unwrap();
    catalog.keep_access_text(&domain, "p, b").await.unwrap();
    assert_eq!(catalog.access_texts().await.unwrap(), [(domain.clone(), "p, b".to_owned())].into());
    catalog.forget_access_text(&domain).await.unwrap();
    assert_eq!(catalog.access_texts().await.unwrap(), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_and_readers_see_every_release_once_and_never_half_a_batch() {
    let home = tempfile::tempdir().unwrap();
    let catalog = open(&home.path().join("catalog.db")).await;
    let pair = |writer: usize, number| {
        ["a", "b"].map(|side| release(number, &[&format!("d{writer}.{side}.rows")], &[])).to_vec()
    };
    let writers = (0..4).map(|writer| {
        let catalog = catalog.clone();
        tokio::spawn(async move {
            for number in 1..=10 {
                catalog.publish(pair(writer, number)).await.unwrap();
                assert_eq!(catalog.published().releases[&format!("d{writer}.a").parse().unwrap()].number, number);
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    while !writers.iter().all(|writer| writer.is_finished()) {
        let published = catalog.published();
        for writer in 0..4 {
            let number = |side| {
                let product: ProductRef = format!("d{writer}.{side}").parse().unwrap();
                published.releases.get(&product).map(|release| release.number)
            };
            assert_eq!(number("a"), number("b"));
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let mut reader = catalog.store().read().await.unwrap();
    assert_eq!(catalog.published().releases, releases::served(&mut reader).await.unwrap());
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(&mut *reader).await.unwrap();
    assert_eq!(events, 80);
}

#[tokio::test]
async fn a_caller_that_stops_waiting_does_not_part_memory_from_disk() {
    let home = tempfile::tempdir().unwrap();
    let catalog = open(&home.path().join("catalog.db")).await;
    {
        let mut publishing = Box::pin(catalog.publish(vec![flights(1)]));
        // One poll starts the work; the caller then goes away.
        let _ = futures_poll(publishing.as_mut());
    }
    // The next writer waits for the one before it.
    catalog.set_revision(&revision("rev1")).await.unwrap();
    let mut reader = catalog.store().read().await.unwrap();
    assert_eq!(catalog.published().releases, releases::served(&mut reader).await.unwrap());
    assert_eq!(served(&catalog), "aviation.flights@1");
}

fn futures_poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> std::task::Poll<T> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[tokio::test]
async fn a_file_that_is_no_catalog_is_refused_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    std::fs::write(&path, "this is no database, and long enough to be taken for one if nobody looked".repeat(30))
        .unwrap();
    let error = Catalog::open(&path, clock()).await.unwrap_err();
    assert_eq!(error.code(), Code::CATALOG_UNAVAILABLE);
}

#[tokio::test]
async fn a_catalog_of_a_newer_version_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("catalog.db");
    let catalog = open(&path).await;
    let mut writer = catalog.store().writer().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'of tomorrow', 1, x'00', 0)",
    )
    .execute(&mut *writer)
    .await
    .unwrap();
    drop(writer);
    catalog.close().await;
    let error = Catalog::open(&path, clock()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the catalog was written by a newer version of weft; start that version, or restore a backup"
    );
}

#[tokio::test]
async fn commits_wait_for_the_disk_and_the_log_is_written_ahead() {
    let home = tempfile::tempdir().unwrap();
    let catalog = open(&home.path().join("catalog.db")).await;
    let mut writer = catalog.store().writer().await.unwrap();
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *writer).await.unwrap();
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *writer).await.unwrap();
    let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *writer).await.unwrap();
    assert_eq!((synchronous, journal.as_str(), foreign_keys), (2, "wal", 1));
    let mut reader = catalog.store().read().await.unwrap();
    assert!(sqlx::query("DELETE FROM settings").execute(&mut *reader).await.is_err());
}

fn level(column: Option<&str>, outcome: CheckOutcome, second: u64) -> CheckRecord {
    CheckRecord {
        port: "aviation.flights.departures".parse().unwrap(),
        name: "freshness".into(),
        column: column.map(str::to_owned),
        outcome,
        failing_rows: None,
        message: (outcome == CheckOutcome::Failed).then(|| "late".to_owned()),
        at: at(second),
        measured: Some(second as f64),
        threshold: Some("must be below 5 s".into()),
        severity: Some(CheckSeverity::Warns),
        scanned_bytes: Some(0),
        duration_ms: None,
        sample: None,
    }
}

#[tokio::test]
async fn one_verdict_on_a_service_level_stands_and_the_outbox_hears_where_it_turns() {
    let catalog = memory().await;
    let (fresh, late) = (CheckOutcome::Passed, CheckOutcome::Failed);
    let first = [level(None, fresh, 1), level(Some("left"), fresh, 1)];
    catalog.record_service_levels(&first, &[]).await.unwrap();
    assert_eq!(catalog.service_levels().await.unwrap(), first);
    for (outcome, second) in [(late, 6), (late, 7), (fresh, 8)] {
        catalog.record_service_levels(&[level(Some("left"), outcome, second)], &[]).await.unwrap();
    }
    let stand = [level(None, fresh, 1), level(Some("left"), fresh, 8)];
    assert_eq!(catalog.service_levels().await.unwrap(), stand);
    catalog.record_service_levels(&[], &stand[1..]).await.unwrap();
    assert_eq!(catalog.service_levels().await.unwrap(), stand[..1]);
    catalog.record_service_levels(&[level(Some("left"), late, 9)], &[]).await.unwrap();
    told(
        &catalog,
        expect![[r#"
            service_level.turned aviation.flights.departures {"port":"aviation.flights.departures","level":"freshness","column":"left","outcome":"failed","threshold":"must be below 5 s"}
            service_level.turned aviation.flights.departures {"port":"aviation.flights.departures","level":"freshness","column":"left","outcome":"passed","threshold":"must be below 5 s"}
            service_level.turned aviation.flights.departures {"port":"aviation.flights.departures","level":"freshness","column":"left","outcome":"failed","threshold":"must be below 5 s"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn too_few_queries_to_tell_are_no_news_and_a_promise_that_is_missed_is() {
    let catalog = memory().await;
    let (kept, missed, untold) = (CheckOutcome::Passed, CheckOutcome::Failed, CheckOutcome::Unknown);
    for (second, outcome) in (1..).zip([untold, kept, untold, missed, missed, untold, kept]) {
        let level = CheckRecord { name: "availability".into(), ..level(None, outcome, second) };
        catalog.record_service_levels(&[level], &[]).await.unwrap();
    }
    told(
        &catalog,
        expect![[r#"
            service_level.turned aviation.flights.departures {"port":"aviation.flights.departures","level":"availability","column":null,"outcome":"failed","threshold":"must be below 5 s"}
            service_level.turned aviation.flights.departures {"port":"aviation.flights.departures","level":"availability","column":null,"outcome":"unknown","threshold":"must be below 5 s"}
        "#]],
    )
    .await;
}
