use std::collections::BTreeMap;

use weft_model::{Action, Code};

use super::*;
use crate::Catalog;
use crate::sample::{at, clock, revision};

fn record(query: &str, principal: &str) -> DecisionRecord {
    DecisionRecord {
        at: at(1),
        query: query.to_owned(),
        principal: principal.to_owned(),
        door: None,
        action: Action::Read,
        object: "aviation.flights.departures".to_owned(),
        purpose: Some("reporting".to_owned()),
        allowed: true,
        because: vec!["governance/policies/a.csv:3: p, …".to_owned()],
        masks: BTreeMap::from([("tailnum".to_owned(), "null".to_owned())]),
        filters: vec!["governance/restrictions.yaml:2: carrier = $principal.carrier".to_owned()],
        policy_revision: revision("rev1"),
        policy_epoch: 7,
        grants_epoch: 0,
    }
}

/// A catalog with five decisions, of which the third is `q3`.
async fn recorded() -> Catalog {
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    let records: Vec<_> = (1..=5).map(|n| record(&format!("q{n}"), "user:ana")).collect();
    catalog.record_decisions(&records[..2]).await.unwrap();
    catalog.record_decisions(&records[2..]).await.unwrap();
    catalog
}

async fn execute(catalog: &Catalog, sql: &'static str) -> Result<(), sqlx::Error> {
    let mut writer = catalog.store().writer().await.unwrap();
    sqlx::query(sql).execute(&mut *writer).await.map(|_| ())
}

/// What the record says after someone with the file in hand has had his way with it.
async fn after(tampering: &[&'static str]) -> AuditVerdict {
    let catalog = recorded().await;
    for trigger in [
        "DROP TRIGGER audit_decisions_are_not_edited",
        "DROP TRIGGER audit_decisions_are_not_deleted",
        "DROP TRIGGER audit_decisions_come_in_order",
    ] {
        execute(&catalog, trigger).await.unwrap();
    }
    for sql in tampering {
        execute(&catalog, sql).await.unwrap();
    }
    catalog.verify_audit().await.unwrap()
}

#[tokio::test]
async fn a_record_that_is_as_it_was_written_is_sound() {
    let catalog = recorded().await;
    let AuditVerdict::Sound { rows: 5, hash } = catalog.verify_audit().await.unwrap() else { panic!("not sound") };
    assert_eq!(hash.len(), 64);
    catalog.record_decisions(&[record("q6", "user:omar")]).await.unwrap();
    let longer = catalog.verify_audit().await.unwrap();
    assert!(matches!(&longer, AuditVerdict::Sound { rows: 6, hash: last } if *last != hash), "{longer:?}");
    let empty = Catalog::open_in_memory(clock()).await.unwrap();
    assert_eq!(empty.verify_audit().await.unwrap(), AuditVerdict::Sound { rows: 0, hash: String::new() });
}

#[tokio::test]
async fn a_row_that_is_edited_shows_whatever_is_edited() {
    for column in ["at", "query", "principal", "action", "object", "because", "masks", "filters", "policy_revision"] {
        let sql: &'static str =
            Box::leak(format!("UPDATE audit_decisions SET {column} = '[]' WHERE seq = 3").into_boxed_str());
        assert_eq!(after(&[sql]).await, AuditVerdict::Broken { seq: 3 }, "{column}");
    }
    for sql in [
        "UPDATE audit_decisions SET allowed = 0 WHERE seq = 3",
        "UPDATE audit_decisions SET policy_epoch = 8 WHERE seq = 3",
        "UPDATE audit_decisions SET purpose = NULL WHERE seq = 3",
        "UPDATE audit_decisions SET door = 'http' WHERE seq = 3",
        "UPDATE audit_decisions SET hash = previous_hash WHERE seq = 3",
    ] {
        assert_eq!(after(&[sql]).await, AuditVerdict::Broken { seq: 3 }, "{sql}");
    }
}

#[tokio::test]
async fn a_row_that_is_taken_out_or_moved_shows() {
    assert_eq!(after(&["DELETE FROM audit_decisions WHERE seq = 3"]).await, AuditVerdict::Broken { seq: 4 });
    assert_eq!(after(&["DELETE FROM audit_decisions WHERE seq = 1"]).await, AuditVerdict::Broken { seq: 2 });
    let closed_up = [
        "DELETE FROM audit_decisions WHERE seq = 3",
        "UPDATE audit_decisions SET seq = 3 WHERE seq = 4",
        "UPDATE audit_decisions SET seq = 4 WHERE seq = 5",
    ];
    assert_eq!(after(&closed_up).await, AuditVerdict::Broken { seq: 3 });
    let swapped = [
        "UPDATE audit_decisions SET seq = 9 WHERE seq = 2",
        "UPDATE audit_decisions SET seq = 2 WHERE seq = 3",
        "UPDATE audit_decisions SET seq = 3 WHERE seq = 9",
    ];
    assert_eq!(after(&swapped).await, AuditVerdict::Broken { seq: 2 });
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_record() {
    let catalog = recorded().await;
    for sql in [
        "UPDATE audit_decisions SET principal = 'user:omar' WHERE seq = 3",
        "DELETE FROM audit_decisions WHERE seq = 5",
        "INSERT OR REPLACE INTO audit_decisions SELECT * FROM audit_decisions WHERE seq = 3",
        "INSERT INTO audit_decisions SELECT 9, at, query, principal, door, action, object, purpose, allowed, because, \
         masks, filters, policy_revision, policy_epoch, previous_hash, hash, grants_epoch FROM audit_decisions WHERE seq = 3",
    ] {
        let refused = execute(&catalog, sql).await.unwrap_err().to_string();
        assert!(refused.contains("only added to"), "{sql}: {refused}");
    }
    assert!(matches!(catalog.verify_audit().await.unwrap(), AuditVerdict::Sound { rows: 5, .. }));
}

#[tokio::test]
async fn noted_decisions_are_written_in_order_and_at_the_latest_when_the_catalog_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let catalog = Catalog::open(&path, clock()).await.unwrap();
    for n in 0..2_500 {
        catalog.note_decisions(vec![record(&format!("q{n}"), "user:ana")]);
    }
    catalog.close().await;
    let catalog = Catalog::open(&path, clock()).await.unwrap();
    assert!(matches!(catalog.verify_audit().await.unwrap(), AuditVerdict::Sound { rows: 2_500, .. }));
    let newest = newest(&mut catalog.store().read().await.unwrap(), None, 2).await.unwrap();
    assert_eq!(newest.iter().map(|row| row.query.as_str()).collect::<Vec<_>>(), ["q2499", "q2498"]);
    catalog.close().await;
}

#[tokio::test]
async fn who_must_wait_hears_that_nothing_can_be_written_and_what_was_noted_is_kept() {
    let catalog = recorded().await;
    // As if the disk were full: the record can be read and not written.
    execute(&catalog, "PRAGMA query_only = ON").await.unwrap();
    catalog.note_decisions(vec![record("kept", "user:ana")]);
    let error = catalog.record_decisions(&[record("waited", "user:ana")]).await.unwrap_err();
    assert_eq!(error.code(), Code::AUDIT_UNAVAILABLE);
    assert!(matches!(catalog.verify_audit().await.unwrap(), AuditVerdict::Sound { rows: 5, .. }));

    execute(&catalog, "PRAGMA query_only = OFF").await.unwrap();
    catalog.record_decisions(&[record("later", "user:ana")]).await.unwrap();
    assert!(matches!(catalog.verify_audit().await.unwrap(), AuditVerdict::Sound { rows: 8, .. }));
    let newest = newest(&mut catalog.store().read().await.unwrap(), None, 3).await.unwrap();
    assert_eq!(newest.iter().map(|row| row.query.as_str()).collect::<Vec<_>>(), ["later", "waited", "kept"]);
}

#[tokio::test]
async fn beyond_ten_thousand_that_wait_a_record_is_refused_at_once() {
    let catalog = Catalog::open_in_memory(clock()).await.unwrap();
    execute(&catalog, "PRAGMA query_only = ON").await.unwrap();
    catalog.note_decisions((0..10_000).map(|n| record(&format!("q{n}"), "user:ana")).collect());
    catalog.note_decisions(vec![record("too many", "user:ana")]);
    assert!(catalog.record_decisions(&[record("waited", "user:ana")]).await.is_err());
    execute(&catalog, "PRAGMA query_only = OFF").await.unwrap();
    catalog.record_decisions(&[]).await.unwrap();
    assert!(matches!(catalog.verify_audit().await.unwrap(), AuditVerdict::Sound { rows: 10_000, .. }));
}

#[tokio::test]
async fn a_catalog_that_is_only_read_or_closed_records_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let catalog = Catalog::open(&path, clock()).await.unwrap();
    let reader = Catalog::open_read_only(&path, clock()).await.unwrap();
    assert_eq!(reader.record_decisions(&[record("q", "user:ana")]).await.unwrap_err().code(), Code::AUDIT_UNAVAILABLE);
    catalog.close().await;
    assert_eq!(catalog.record_decisions(&[record("q", "user:ana")]).await.unwrap_err().code(), Code::AUDIT_UNAVAILABLE);
}
