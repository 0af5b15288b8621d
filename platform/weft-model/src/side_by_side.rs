//! Major versions of one port that are offered side by side, and the names under which each is served.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Declared, PortName};

/// Which port a table is a major version of, where several stand side by side or a day is written for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MajorVersion {
    /// What the manifest calls the port, whatever the version.
    pub of: PortName,
    pub number: u64,
    /// From this day on `of` serves this version, unless a later version's day has come too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch: Option<NaiveDate>,
}

impl MajorVersion {
    /// The version's own name: `departures_v2`. `None` where that is too long for a name.
    pub fn own_name(&self) -> Option<PortName> {
        format!("{}_v{}", self.of, self.number).parse().ok()
    }

    /// Whether rules that name the port `name` mean this version.
    pub fn is_called(&self, name: &PortName) -> bool {
        self.of == *name || self.own_name().is_some_and(|own| own == *name)
    }
}

/// The names that each of a product's ports has on `today`, in order.
///
/// Of the versions of one port, the highest whose day has come has the port's name, else the lowest. Every other
/// one has its own name, and so has one with a day, as long as that is written: whoever reads it by its own name
/// goes on. Such a one can have both, its own name first. Total: never without a name but where it is too long.
pub fn names_on(versions: &[MajorVersion], today: NaiveDate) -> Vec<Vec<PortName>> {
    let mut holders: BTreeMap<&PortName, (bool, u64)> = BTreeMap::new();
    for version in versions {
        let mine = (version.switch.is_some_and(|day| day <= today), version.number);
        let holder = holders.entry(&version.of).or_insert(mine);
        *holder = match (holder.0, mine.0) {
            (true, true) => (*holder).max(mine),
            (false, false) => (*holder).min(mine),
            (true, false) => *holder,
            (false, true) => mine,
        };
    }
    let names = |version: &MajorVersion| {
        let holds = holders.get(&version.of).is_some_and(|(_, number)| *number == version.number);
        let own = version.own_name().filter(|_| !holds || version.switch.is_some());
        own.into_iter().chain(holds.then(|| version.of.clone())).collect()
    };
    versions.iter().map(names).collect()
}

impl Declared {
    /// The first day after `today` on which a version takes the name of its port; `None` where no day is written.
    pub fn next_switch(&self, today: NaiveDate) -> Option<NaiveDate> {
        let versions = self.products.iter().flat_map(|product| &product.outputs).filter_map(|port| port.major.as_ref());
        versions.filter_map(|version| version.switch).filter(|day| *day > today).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions are written `2` or `2 from 2027-03-01`.
    #[track_caller]
    fn check(versions: &[&str], today: &str, expected: &[&str]) {
        let version = |text: &&str| {
            let (number, switch) = text.split_once(" from ").map_or((*text, None), |(n, day)| (n, Some(day)));
            let switch = switch.map(|day| day.parse().unwrap());
            MajorVersion { of: "a".parse().unwrap(), number: number.parse().unwrap(), switch }
        };
        let versions: Vec<MajorVersion> = versions.iter().map(version).collect();
        let names = names_on(&versions, today.parse().unwrap());
        let names: Vec<String> =
            names.iter().map(|names| names.iter().map(PortName::as_str).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(names, expected, "on {today}");
    }

    #[test]
    fn a_later_version_has_a_name_of_its_own_until_its_day_and_the_earlier_one_afterwards() {
        check(&["1", "2 from 2027-03-01"], "2027-02-28", &["a", "a_v2"]);
        check(&["1", "2 from 2027-03-01"], "2027-03-01", &["a_v1", "a_v2 a"]);
    }

    #[test]
    fn the_last_version_keeps_its_own_name_as_long_as_its_day_is_written() {
        check(&["2 from 2027-03-01"], "2026-01-01", &["a_v2 a"]);
        check(&["2"], "2028-01-01", &["a"]);
    }

    #[test]
    fn without_a_day_the_lowest_version_stays_and_of_two_days_the_higher_version_counts() {
        check(&["2", "1"], "2030-01-01", &["a_v2", "a"]);
        let three = ["1", "2 from 2027-01-01", "3 from 2028-01-01"];
        check(&three, "2027-06-01", &["a_v1", "a_v2 a", "a_v3"]);
        check(&three, "2028-06-01", &["a_v1", "a_v2", "a_v3 a"]);
    }
}
