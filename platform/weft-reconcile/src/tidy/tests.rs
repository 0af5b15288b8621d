use weft_catalog::{HeldTable, Made};
use weft_model::{ArchivedPort, InputRelease};

use super::*;

fn at(day: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(day)
}

fn table(version: u64) -> PortRelease {
    PortRelease {
        location: Some("d/a/out".to_owned()),
        table_version: Some(version),
        ..PortRelease::of_view(version.to_string())
    }
}

/// A release of `d.a` without anything in it.
fn nothing() -> Release {
    serde_json::from_value(serde_json::json!({
        "number": 1, "revision": "r1", "plan": "p1", "at": at(0), "ports": {},
        "product": {
            "name": "d.a", "file": "p.odps.yaml", "id": "a", "title": null, "version": null, "status": null,
            "purpose": "", "tags": [], "inputs": [], "outputs": []
        },
        "domain": {
            "name": "d", "description": "", "owner": "owners", "stewards": [], "service": null, "contact": null
        }
    }))
    .unwrap()
}

/// Release `number` of `d.a`, which serves a version of its table from `day` on.
fn release(number: u64, day: i64, version: u64) -> Release {
    let ports = [("out".parse().unwrap(), table(version))].into();
    Release { number, at: at(day), ports, archived: BTreeMap::new(), ..nothing() }
}

/// The versions of `d/a/out` that stay on `day`.
#[track_caller]
fn check(releases: Vec<Release>, day: i64, versions: &[u64], expired: bool) {
    let holds = holds(&[releases], at(day));
    let kept = holds.versions.get("d/a/out").into_iter().flatten().copied().collect::<Vec<_>>();
    assert_eq!((kept.as_slice(), holds.expired.contains("d/a/out")), (versions, expired), "on day {day}");
}

#[test]
fn a_version_stays_while_it_is_served_and_thirty_days_after() {
    let releases = || vec![release(1, 0, 0), release(2, 10, 1), release(3, 50, 2)];
    check(releases(), 40, &[0, 1, 2], false);
    check(releases(), 41, &[1, 2], false);
    check(releases(), 81, &[2], false);
    check(releases(), 1_000, &[2], false);
    // Served again under another number.
    check(vec![release(1, 0, 0), release(2, 10, 1), release(3, 20, 0)], 1_000, &[0], false);
}

#[test]
fn what_a_table_was_made_from_stays_as_long_as_it() {
    let input = InputRelease { release: 1, location: Some("d/a/out".to_owned()), table_version: Some(7) };
    let mut reader = release(1, 0, 0);
    let port = PortRelease { location: Some("d/b/out".to_owned()), ..table(0) };
    let port = PortRelease { inputs: [("d.a.out".parse().unwrap(), input)].into(), ..port };
    reader.ports = [("out".parse().unwrap(), port)].into();
    let holds = holds(&[vec![release(1, 0, 7), release(2, 1, 8)], vec![reader]], at(500));
    assert_eq!(holds.versions["d/a/out"], [7, 8].into());
}

#[test]
fn a_table_goes_when_nobody_is_promised_it_any_longer() {
    let retired = |until: Option<i64>| {
        let archived = ArchivedPort {
            table: table(3),
            contract_version: semver::Version::new(1, 0, 0),
            kept_until: until.map(at),
        };
        let tombstone = Release {
            ports: BTreeMap::new(),
            archived: [("out".parse().unwrap(), archived)].into(),
            ..release(2, 10, 3)
        };
        vec![release(1, 0, 3), tombstone]
    };
    check(retired(Some(100)), 99, &[3], false);
    check(retired(Some(100)), 101, &[], true);
    check(retired(Some(15)), 20, &[3], false);
    check(retired(None), 10_000, &[3], false);
    // Offered again: the table is in use.
    let again = [retired(Some(100)), vec![release(3, 50, 4)]].concat();
    check(again, 500, &[4], false);
}

#[test]
fn what_a_training_set_was_made_from_stays_until_its_hold_ends() {
    let held = TrainingSet {
        id: "s".to_owned(),
        at: at(0),
        principal: "user:dana".to_owned(),
        held_until: at(365),
        made: Made {
            as_of: at(0),
            features: Vec::new(),
            tables: vec![HeldTable {
                port: "d.a.out".parse().unwrap(),
                release: 1,
                table: Some("d/a/out".to_owned()),
                table_version: Some(0),
            }],
            rows: 1,
            content_hash: String::new(),
        },
    };
    let mut holds = holds(&[vec![release(1, 0, 0), release(2, 10, 1)]], at(100));
    assert_eq!(holds.versions["d/a/out"], [1].into());
    holds.keep_for(&[held]);
    assert_eq!(holds.versions["d/a/out"], [0, 1].into());
}
