use std::collections::BTreeMap;

use chrono::{DateTime, Duration};
use weft_model::{Domain, PortName, PortRelease, Revision, RolledBack};

use super::*;

/// Release `number` with these ports, each at the version that is the number.
fn release(number: u64, ports: &[&str]) -> Release {
    let port = |name: &&str| {
        let table = PortRelease { table_version: Some(number), ..PortRelease::of_view(format!("f{number}")) };
        (name.parse::<PortName>().unwrap(), table)
    };
    Release {
        number,
        revision: Revision::new(format!("r{number}")),
        plan: String::new(),
        at: DateTime::UNIX_EPOCH + Duration::days(i64::try_from(number).unwrap()),
        rolled_back: None,
        product: DataProduct {
            name: "sales.orders".parse().unwrap(),
            file: String::new(),
            id: String::new(),
            title: None,
            version: None,
            status: None,
            purpose: String::new(),
            tags: Vec::new(),
            purposes: Vec::new(),
            overrides: Vec::new(),
            features: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        },
        domain: Domain {
            name: "sales".parse().unwrap(),
            description: String::new(),
            owner: "owners".to_owned(),
            stewards: Vec::new(),
            service: None,
            contact: None,
        },
        ports: ports.iter().map(port).collect(),
        archived: BTreeMap::new(),
    }
}

/// Release `number`, which serves `to` again.
fn back(number: u64, to: &Release) -> Release {
    let back = RolledBack {
        to: to.number,
        from: number - 1,
        by: "user:olga".to_owned(),
        reason: String::new(),
        held: Some("d".to_owned()),
    };
    Release { number, rolled_back: Some(back), ..to.clone() }
}

/// What is served again where `history`, oldest first, is asked for `to`; or why nothing is.
#[track_caller]
fn check(history: &[Release], to: Option<u64>, expected: Result<u64, &str>) {
    let newest_first: Vec<Release> = history.iter().rev().cloned().collect();
    let found = find(&newest_first[0], &newest_first, to);
    let found = found.map(|release| release.number).map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(str::to_owned));
}

#[test]
fn without_a_number_the_last_release_that_served_something_else_is_served_again() {
    let (one, two) = (release(1, &["lines"]), release(2, &["lines"]));
    let redone = Release { number: 3, ..two.clone() };
    check(&[one.clone(), two.clone(), redone], None, Ok(1));
    // Rolled back once, the next roll-back goes further back and not forth again.
    let three = release(3, &["lines"]);
    check(&[one.clone(), two.clone(), three, back(4, &two)], None, Ok(1));
    check(&[one.clone(), two, back(3, &one)], None, Err("`sales.orders` served nothing else before release 1"));
    check(&[one], None, Err("`sales.orders` served nothing else before release 1"));
}

#[test]
fn a_roll_back_stands_for_what_it_serves() {
    let (one, two) = (release(1, &["lines"]), release(2, &["lines"]));
    let history = [one.clone(), two, back(3, &one), release(4, &["lines"])];
    check(&history, Some(3), Ok(1));
    check(&history, None, Ok(1));
}

#[test]
fn what_is_served_what_is_not_there_and_what_ended_the_product_are_refused() {
    let (one, end, three) = (release(1, &["lines"]), release(2, &[]), release(3, &["lines"]));
    let history = [one, end, three];
    check(&history, Some(3), Err("`sales.orders` serves what release 3 served already"));
    check(&history, Some(4), Err("`sales.orders` has no release 4"));
    check(&history, Some(2), Err("release 2 ended `sales.orders` and serves nothing"));
}

#[test]
fn a_port_that_a_later_commit_dropped_does_not_come_back() {
    let refused = |history: &[Release], to: u64| {
        let newest_first: Vec<Release> = history.iter().rev().cloned().collect();
        let target = find(&newest_first[0], &newest_first, Some(to)).unwrap();
        ensure_not_retired(target, &newest_first[0], &newest_first, None).err().map(|error| error.to_string())
    };
    let (one, two) = (release(1, &["lines", "refunds"]), release(2, &["lines"]));
    let told = Some("release 1 serves `refunds`, which was retired since".to_owned());
    assert_eq!(refused(&[one.clone(), two.clone()], 1), told);
    assert_eq!(refused(&[one, two.clone(), release(3, &["lines", "refunds"])], 1), told, "it is another one");
    assert_eq!(refused(&[two, release(3, &["lines", "refunds"])], 2), None);
}

#[test]
fn a_port_that_the_manifest_of_now_does_not_declare_does_not_come_back() {
    let (one, two) = (release(1, &["lines"]), release(2, &["lines"]));
    let history = [two.clone(), one.clone()];
    assert!(ensure_not_retired(&one, &two, &history, None).is_ok());
    assert!(ensure_not_retired(&one, &two, &history, Some(&two.product)).is_err());
}

#[test]
fn serving_the_newest_commits_release_again_holds_nothing() {
    let (one, two) = (release(1, &["lines"]), release(2, &["lines"]));
    let history = [back(3, &one), two.clone(), one.clone()];
    assert!(holds(&one, &history));
    assert!(!holds(&two, &history));
}
