use std::collections::BTreeSet;

use super::*;

fn removed(column: &str) -> Change {
    let subject = Subject { table: Some("orders".to_owned()), column: Some(column.to_owned()), stored: None };
    Change::new(Rule::ColumnRemoved, Sign::Removed, subject)
}

fn readers_of(columns: &[&str]) -> Readership {
    Readership { columns: columns.iter().map(ToString::to_string).collect(), ..Readership::default() }
}

fn grade_for(readers: &Readership, change: Change) -> Grade {
    graded(&[change], readers)[0].grades.consumers
}

#[test]
fn a_removed_column_is_an_error_for_those_who_read_it_and_a_warning_for_others() {
    for (read, expected) in [
        (&["legacy_id"][..], Grade::Error),
        (&["amount", "legacy_id"], Grade::Error),
        (&["legacy_id_2"], Grade::Warning),
        (&["legacy"], Grade::Warning),
        (&[], Grade::Warning),
    ] {
        assert_eq!(grade_for(&readers_of(read), removed("legacy_id")), expected, "{read:?}");
    }
}

#[test]
fn a_reader_of_the_whole_reads_its_parts_and_the_other_way_round() {
    assert_eq!(grade_for(&readers_of(&["address"]), removed("address.city")), Grade::Error);
    assert_eq!(grade_for(&readers_of(&["address.city"]), removed("address")), Grade::Error);
    assert_eq!(grade_for(&readers_of(&["address.street"]), removed("address.city")), Grade::Warning);
}

#[test]
fn a_reader_of_every_column_is_hit_by_what_is_added_and_by_what_is_removed() {
    let readers = Readership { wildcard: true, ..Readership::default() };
    assert_eq!(grade_for(&readers, removed("legacy_id")), Grade::Error);
    let added = Change::new(Rule::OptionalColumnAdded, Sign::Added, Subject::default());
    assert_eq!(grade_for(&readers, added.clone()), Grade::Error);
    assert_eq!(grade_for(&readers_of(&["amount"]), added), Grade::Info);
}

#[test]
fn an_enum_that_grows_breaks_those_alone_who_name_every_value() {
    let grown = Change { rule: Rule::EnumGrown, hinge: Rule::EnumGrown.hinge(), ..removed("status") };
    let exhaustive = Readership { exhaustive: BTreeSet::from(["status".to_owned()]), ..readers_of(&["status"]) };
    assert_eq!(grade_for(&exhaustive, grown.clone()), Grade::Error);
    assert_eq!(grade_for(&readers_of(&["status"]), grown), Grade::Warning);
}

#[test]
fn grades_without_a_hinge_stay_whoever_reads() {
    for rule in Rule::ALL.iter().filter(|rule| rule.hinge().is_none()) {
        let change = Change::new(*rule, Sign::Changed, Subject::default());
        assert_eq!(graded(std::slice::from_ref(&change), &Readership::default()), [change]);
    }
}

#[test]
fn the_grade_before_anything_is_known_is_one_of_the_two_that_it_may_become() {
    for rule in Rule::ALL {
        let change = Change::new(*rule, Sign::Changed, Subject::default());
        if let Some(hinge) = change.hinge {
            assert!([hinge.then, hinge.otherwise].contains(&change.grades.consumers), "{rule:?}");
        }
    }
}

#[test]
fn the_bump_between_two_versions_is_the_highest_part_that_rises() {
    for (old, new, expected) in [
        ("1.2.3", "2.0.0", Some(Bump::Major)),
        ("1.2.3", "1.3.0", Some(Bump::Minor)),
        ("1.2.3", "1.2.4", Some(Bump::Patch)),
        ("1.2.3-rc.1", "1.2.3", Some(Bump::Patch)),
        ("1.2.3", "1.2.3", None),
        ("1.2.3", "1.2.3+7", None),
        ("2.0.0", "1.9.9", None),
    ] {
        let version = |text: &str| semver::Version::parse(text).unwrap();
        assert_eq!(Bump::between(&version(old), &version(new)), expected, "{old} to {new}");
    }
}
